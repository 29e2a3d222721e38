// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how KernelShark 2 describes a session: its streams, plots, markers and view. */
#include "io/libs/kshark_session.h"

#ifndef VMS_HAVE_KSHARK

int kshark_session_text(char **text, size_t *size, const struct kshark_session *session,
			struct vms_err *err)
{
	(void)text;
	(void)size;
	(void)session;
	return vms_fail(err, VMS_EUNSUP, "this program was built without libkshark");
}

#else

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/base/util.h"
#include "io/files/files.h"
#include "io/libs/kshark_lib.h"
#include "io/libs/probe.h"

#define TEXT_MAX ((size_t)64 << 20)
#define WALL_MS 600000u
#define CPU_S 295u
#define BYTES_LEAST ((uint64_t)512 << 20)
#define BYTES_A_BYTE 64

/* What KernelShark loads when it starts, and the streams say that they use; and our own. */
#define PLUGINS "[\"sched_events\",true],[\"missed_events\",true],[\"vmsync\",true]"
#define PLUGINS_HOST ",[\"kvm_combo\",true]"
#define COMBO_GUEST (KSHARK_CPU_DRAW | KSHARK_GUEST_DRAW)
#define COMBO_HOST (KSHARK_TASK_DRAW | KSHARK_HOST_DRAW)

struct making {
	const struct kshark_session *session;
	const char *path;
	const struct kshark_lib *lib;
	struct kshark_context *ctx;
	struct kshark_entry **rows;
	ssize_t rows_nr;
	int *sd; /* of each file */
};

static int compare_offsets(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Records of a CPU lie in the file in the order in which they were written. */
static bool is_of(const struct making *m, const struct kshark_entry *entry,
		  const struct kshark_mark *mark)
{
	return entry->stream_id == m->sd[mark->file] && entry->event_id >= 0 &&
	       entry->cpu == (int)mark->cpu;
}

static ssize_t row_of(const struct making *m, const struct kshark_mark *mark)
{
	int64_t *offsets =
		mark->file < 0 ? NULL : vms_calloc((size_t)m->rows_nr + 1, sizeof(*offsets));
	ssize_t i, row = -1;
	size_t nr = 0;

	for (i = 0; offsets && i < m->rows_nr; i++)
		if (is_of(m, m->rows[i], mark))
			offsets[nr++] = m->rows[i]->offset;
	if (nr)
		qsort(offsets, nr, sizeof(*offsets), compare_offsets);
	for (i = 0; mark->nth < nr && row < 0 && i < m->rows_nr; i++)
		if (is_of(m, m->rows[i], mark) && m->rows[i]->offset == offsets[mark->nth])
			row = i;
	free(offsets);
	return row;
}

/* Takes the text; false: out of memory. */
static bool add(const struct making *m, struct json_object *to, const char *key, struct text *text)
{
	struct json_object *value = text->bad || !text->p ? NULL : m->lib->tokener_parse(text->p);

	free(text->p);
	memset(text, 0, sizeof(*text));
	return value && !m->lib->object_object_add(to, key, value);
}

static bool put_markers(const struct making *m, struct json_object *to)
{
	struct text text = { 0 };
	int i;

	text_printf(&text, "{\"type\":\"kshark.config.markers\"");
	for (i = 0; i < 2; i++) {
		const ssize_t row = row_of(m, &m->session->mark[i]);

		text_printf(&text, ",\"mark%c\":{\"isSet\":%s", "AB"[i],
			    row < 0 ? "false" : "true");
		if (row >= 0)
			text_printf(&text, ",\"row\":%zd", row);
		text_printf(&text, "}");
	}
	text_printf(&text, ",\"Active\":\"A\"}");
	return add(m, to, "Markers", &text);
}

static bool put_combos(const struct making *m, struct json_object *to)
{
	struct text text = { 0 };
	unsigned int i;

	for (i = 0; i < m->session->combos_nr; i++) {
		const struct kshark_combo *combo = &m->session->combos[i];

		text_printf(&text, "%c[[%d,%d,%u],[%d,%d,%d]]", i ? ',' : '[', m->sd[combo->file],
			    COMBO_GUEST, combo->cpu, m->sd[0], COMBO_HOST, combo->tid);
	}
	text_printf(&text, "%s]", i ? "" : "[");
	return add(m, to, "ComboPlots", &text);
}

static bool put_stream(const struct making *m, unsigned int file, struct json_object *stream)
{
	struct json_object *plugins = NULL;
	struct text text = { 0 };
	unsigned int i;
	bool good;

	for (i = 0; i < m->session->cpus_nr[file]; i++)
		text_printf(&text, "%c%u", i ? ',' : '[', m->session->cpus[file][i]);
	text_printf(&text, "%s]", i ? "" : "[");
	good = add(m, stream, "CPUPlots", &text);
	text_printf(&text, "[" PLUGINS "%s]", file ? "" : PLUGINS_HOST);
	return m->lib->object_object_get_ex(stream, "plugins", &plugins) &&
	       add(m, plugins, "registered", &text) && good;
}

/* Nothing where it is not installed: KernelShark then does without. */
static bool put_plugin(const struct making *m, struct json_object *to)
{
	const char *asked = getenv("VMSYNC_KSHARK_PLUGIN");
	const char *file = asked ? asked : VMSYNC_KSHARK_PLUGIN;
	struct kshark_plugin_list plugin = { .name = (char[]){ "vmsync" } };
	struct kshark_config_doc *doc;
	struct text text = { 0 };

	if (access(file, R_OK))
		return true;
	plugin.file = vms_strdup(file);
	doc = plugin.file ? m->lib->export_plugin_file(&plugin, KS_CONFIG_JSON) : NULL;
	free(plugin.file);
	if (!doc)
		return false;
	text_printf(&text, "{\"type\":\"kshark.config.plugins\",\"obj. files\":[%s]}",
		    m->lib->object_to_json_string(doc->conf_doc));
	return add(m, to, "User Plugins", &text);
}

static bool put_all(const struct making *m, struct json_object *to)
{
	struct json_object *streams = NULL, *stream, *id;
	struct text text = { 0 };
	bool good = put_markers(m, to) && put_combos(m, to) && put_plugin(m, to) &&
		    m->lib->object_object_get_ex(to, "data streams", &streams);
	size_t i, nr = good ? m->lib->object_array_length(streams) : 0;
	unsigned int file;

	for (i = 0; i < nr; i++) {
		stream = m->lib->object_array_get_idx(streams, i);
		for (file = 0; file < m->session->files_nr && good; file++)
			if (m->lib->object_object_get_ex(stream, "stream id", &id) &&
			    m->lib->object_get_int(id) == m->sd[file])
				good = put_stream(m, file, stream);
	}
	text_printf(&text,
		    "{\"type\":\"kshark.config.model\",\"range\":[%" PRId64 ",%" PRId64
		    "],\"bins\":1024}",
		    m->session->from, m->session->to);
	good = add(m, to, "Model", &text) && good;
	text_printf(&text, "[3,2]");
	good = add(m, to, "Splitter", &text) && good;
	text_printf(&text, "[1400,1000]");
	return add(m, to, "MainWindow", &text) && good;
}

static int files_open(struct making *m, struct vms_err *err)
{
	unsigned int i;

	for (i = 0; i < m->session->files_nr; i++) {
		m->sd[i] = m->lib->open(m->ctx, m->session->files[i]);
		if (m->sd[i] < 0 || m->lib->tep_init_all_buffers(m->ctx, m->sd[i]) < 0)
			return vms_fail(err, VMS_EFORMAT, "libkshark cannot open %s",
					m->session->files[i]);
	}
	m->rows_nr = m->lib->load_all_entries(m->ctx, &m->rows);
	return m->rows_nr > 0 ? 0
			      : vms_fail(err, VMS_EFORMAT, "libkshark cannot read the events of %s",
					 m->session->files[0]);
}

/* In the child, which ends: nothing is freed. */
static int make(void *arg, struct vms_err *err)
{
	struct making *m = arg;
	struct kshark_config_doc *doc = NULL;
	int ret;

	m->sd = vms_calloc(m->session->files_nr, sizeof(*m->sd));
	if (!m->sd || !m->lib->instance(&m->ctx))
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	ret = files_open(m, err);
	if (ret)
		return ret;
	if (!m->lib->export_all_dstreams(m->ctx, &doc) || !put_all(m, doc->conf_doc))
		return vms_fail(err, VMS_ENOMEM, "libkshark cannot describe the session");
	return m->lib->save_config_file(m->path, doc)
		       ? 0
		       : vms_fail(err, VMS_EIO, "libkshark cannot write the session");
}

int kshark_session_text(char **text, size_t *size, const struct kshark_session *session,
			struct vms_err *err)
{
	const struct probe_limit limit = {
		.wall_ms = WALL_MS,
		.cpu_s = CPU_S,
		.bytes = BYTES_LEAST + VMS_MIN(session->bytes, UINT64_MAX / 1024) * BYTES_A_BYTE
	};
	char path[40];
	struct making making = { .session = session, .path = path, .lib = kshark_lib() };
	int fd, ret;

	if (!making.lib)
		return vms_fail(err, VMS_EUNSUP,
				"a session of KernelShark is made by libkshark 2.2, which comes "
				"with KernelShark and is not installed");
	fd = memfd_create("session", MFD_CLOEXEC);
	if (fd < 0)
		return vms_fail(err, VMS_EIO, "no file in memory for the session");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = probe_run(make, &making, &limit, NULL, err);
	if (!ret)
		ret = file_read(text, size, path, TEXT_MAX, err);
	(void)close(fd);
	return ret;
}

#endif
