// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading through libkshark: what KernelShark and its input plugins open, as KernelShark sees it.
 */
#include <vmsync/io/source.h>

#include "io/libs/sources.h"

#ifndef VMS_HAVE_KSHARK

static int kshark_load(struct vms_stream **out, const char *path, const struct vms_progress *p,
		       struct vms_err *err)
{
	(void)out;
	(void)p;
	return vms_fail(err, VMS_EUNSUP, "%s: this program was built without libkshark", path);
}

#else

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/libs/kshark_lib.h"
#include "io/libs/tepload.h"
#include "io/libs/tepstream.h"
#include "core/base/util.h"

#define STREAMS_MAX 256
#define INPUTS_MAX 16

/* libkshark's streams of one file: one a buffer instance, the top one first. */
struct kshark_streams {
	int sd[STREAMS_MAX];
	unsigned int nr;
};

/* libkshark has one context for the whole process; it ends with the last stream. */
static void streams_close(void *p)
{
	struct kshark_context *ctx = NULL;
	struct kshark_streams *k = p;

	if (!k)
		return;
	if (kshark_lib()->instance(&ctx)) {
		while (k->nr)
			(void)kshark_lib()->close(ctx, k->sd[--k->nr]);
		if (!ctx->n_streams)
			kshark_lib()->free(ctx);
	}
	free(k);
}

/* Input plugins */

/*
 * KernelShark's plugins are registered as KernelShark does it, but without its own function for
 * that, which prints.
 * VMSYNC_KSHARK_PLUGINS names their files, separated by colons.
 */
static void input_register(struct kshark_context *ctx, const char *file)
{
	static struct kshark_dri dri[INPUTS_MAX];
	static unsigned int dri_nr;
	void *lib = dri_nr < INPUTS_MAX ? dlopen(file, RTLD_NOW | RTLD_GLOBAL) : NULL;
	struct kshark_dri *kshark_dri = &dri[dri_nr];
	kshark_format_func format;

	if (!lib)
		return;
	/* POSIX wants a function's address taken out of dlsym() like this */
	*(void **)&kshark_dri->init = dlsym(lib, KSHARK_INPUT_INITIALIZER_NAME);
	*(void **)&kshark_dri->close = dlsym(lib, KSHARK_INPUT_DEINITIALIZER_NAME);
	*(void **)&kshark_dri->check_data = dlsym(lib, KSHARK_INPUT_CHECK_NAME);
	*(void **)&format = dlsym(lib, KSHARK_INPUT_FORMAT_NAME);
	kshark_dri->name = vms_strdup(file);
	if (!kshark_dri->init || !kshark_dri->close || !kshark_dri->check_data || !format ||
	    !kshark_dri->name) {
		free(kshark_dri->name);
		(void)dlclose(lib);
		return;
	}
	(void)snprintf(kshark_dri->data_format, sizeof(kshark_dri->data_format), "%s", format());
	if (kshark_lib()->register_input(ctx, kshark_dri))
		dri_nr++;
}

static void inputs_register(struct kshark_context *ctx)
{
	const char *list = getenv("VMSYNC_KSHARK_PLUGINS");
	char *copy = list && !ctx->inputs ? vms_strdup(list) : NULL, *save = NULL, *file;

	for (file = copy ? strtok_r(copy, ":", &save) : NULL; file;
	     file = strtok_r(NULL, ":", &save))
		input_register(ctx, file);
	free(copy);
}

/* Events */

/* Where reading of one stream's payloads stands, per CPU. */
struct kshark_cpu {
	bool started;
	bool lost;
	uint64_t lost_nr;
};

struct kshark_read {
	struct tep_stream *b;
	struct kshark_data_stream *ks;
	struct tracecmd_input *in; /* NULL: not a trace.dat, no payloads */
	struct kshark_cpu *cpus;
	uint32_t cpus_nr;
	struct tep_pace *pace;
};

/* Entries of a CPU come in the order of its records; the offset shows when they do not. */
static struct tep_record *record_of(struct kshark_read *kshark_read,
				    const struct kshark_entry *entry)
{
	struct kshark_cpu *c = &kshark_read->cpus[entry->cpu];
	struct tep_record *rec;

	rec = c->started ? tracecmd_read_data(kshark_read->in, entry->cpu)
			 : tracecmd_read_cpu_first(kshark_read->in, entry->cpu);
	c->started = true;
	if (rec && (int64_t)rec->offset == entry->offset)
		return rec;
	if (rec)
		tracecmd_free_record(rec);
	return tracecmd_read_at(kshark_read->in, (unsigned long long)entry->offset, NULL);
}

static int add_foreign(struct kshark_read *kshark_read, const struct kshark_entry *entry,
		       struct tep_event_in *in, struct vms_err *err)
{
	struct {
		uint16_t type, pad;
		int32_t pid;
	} payload = { (uint16_t)entry->event_id, 0, entry->pid };
	char *name;
	int ret = 0;

	if (!tep_stream_has_type(kshark_read->b, in->id)) {
		name = kshark_lib()->get_event_name(entry);
		ret = tep_stream_type(kshark_read->b, in->id, kshark_read->ks->data_format,
				      name ? name : "unknown", err);
		free(name);
	}
	in->data = &payload;
	in->size = sizeof(payload);
	return ret ? ret : tep_stream_add(kshark_read->b, in, err);
}

static int add_entry(struct kshark_read *kshark_read, const struct kshark_entry *entry,
		     struct vms_err *err)
{
	struct tep_event_in in = { .cpu = (uint32_t)entry->cpu,
				   .id = (uint16_t)entry->event_id,
				   .time = entry->ts };
	struct kshark_cpu *c = &kshark_read->cpus[entry->cpu];
	struct tep_record *rec;
	int ret;

	in.lost = c->lost;
	in.lost_nr = c->lost_nr;
	c->lost = false;
	if (!kshark_read->in)
		return add_foreign(kshark_read, entry, &in, err);
	rec = record_of(kshark_read, entry);
	if (!rec)
		return vms_fail(err, VMS_EFORMAT, "it shows an event that cannot be read back");
	in.data = rec->data;
	in.size = (uint32_t)(rec->size < 0 ? 0 : rec->size);
	ret = tep_stream_add(kshark_read->b, &in, err);
	tracecmd_free_record(rec);
	return ret;
}

static int read_entries(struct kshark_read *kshark_read, struct kshark_entry **rows, size_t nr,
			struct vms_err *err)
{
	const uint32_t nr_32 = (uint32_t)VMS_MIN(nr, UINT32_MAX);
	size_t i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		const struct kshark_entry *e = rows[i];

		if (e->cpu < 0 || (uint32_t)e->cpu >= kshark_read->cpus_nr)
			continue;
		if (e->event_id == KS_EVENT_OVERFLOW) {
			kshark_read->cpus[e->cpu].lost = true;
			kshark_read->cpus[e->cpu].lost_nr = e->offset > 0 ? (uint64_t)e->offset : 0;
			continue;
		}
		ret = add_entry(kshark_read, e, err);
		if (!ret)
			ret = tep_pace_tick(kshark_read->pace, (uint32_t)VMS_MIN(i, nr_32), nr_32,
					    tep_stream_events(kshark_read->b), err);
	}
	return ret;
}

static int read_stream(struct tep_stream *tep_stream, struct kshark_context *ctx, int sd, bool top,
		       struct tep_pace *pace, struct vms_err *err)
{
	struct kshark_data_stream *ks = kshark_lib()->get_data_stream(ctx, sd);
	struct kshark_read kshark_read = { .b = tep_stream, .ks = ks, .pace = pace };
	struct kshark_entry **rows = NULL;
	ssize_t nr, i;
	int ret;

	if (!ks)
		return vms_fail(err, VMS_EFORMAT, "it lost a stream");
	ret = tep_stream_buffer(tep_stream, top || !ks->name ? "" : ks->name, err);
	if (!ret && ks->n_cpus > 0)
		ret = tep_stream_cpus(tep_stream, (uint32_t)ks->n_cpus, err);
	if (ret)
		return ret;
	nr = kshark_lib()->load_entries(ctx, sd, &rows);
	if (nr < 0)
		return vms_fail(err, VMS_EFORMAT, "it cannot read the events");
	kshark_read.in = kshark_is_tep(ks) ? kshark_lib()->get_tep_input(ks) : NULL;
	kshark_read.cpus_nr = ks->n_cpus > 0 ? (uint32_t)ks->n_cpus : 0;
	kshark_read.cpus = vms_calloc(kshark_read.cpus_nr, sizeof(*kshark_read.cpus));
	ret = kshark_read.cpus ? read_entries(&kshark_read, rows, (size_t)nr, err)
			       : vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < nr; i++)
		free(rows[i]);
	free(rows);
	free(kshark_read.cpus);
	return ret;
}

static bool is_among(const int *ids, int nr, int id)
{
	int i;

	for (i = 0; i < nr; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* The instances of a trace.dat become streams of their own: those that were not there before. */
static int instances_open(struct kshark_streams *streams, struct kshark_context *ctx,
			  const char *path, struct vms_err *err)
{
	const int before_nr = ctx->n_streams;
	int *before = kshark_lib()->all_streams(ctx), *after = NULL, i, ret = 0;

	if (kshark_lib()->tep_init_all_buffers(ctx, streams->sd[0]) < 0)
		ret = vms_fail(err, VMS_EFORMAT, "it cannot open the buffer instances of %s", path);
	after = kshark_lib()->all_streams(ctx);
	if (!before || !after)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; before && after && i < ctx->n_streams; i++)
		if (!is_among(before, before_nr, after[i]) && streams->nr < STREAMS_MAX)
			streams->sd[streams->nr++] = after[i];
	free(before);
	free(after);
	return ret;
}

static bool suffixed(const char *path)
{
	const size_t n = strlen(path);

	return n > 4 && !strcmp(path + n - 4, ".dat");
}

static int read_file(struct tep_stream **tep_stream, struct kshark_streams *streams,
		     struct kshark_context *ctx, const struct tep_load *tep_load,
		     struct vms_err *err)
{
	struct tep_pace pace = { .p = tep_load->p, .total = tep_load->size };
	const int sd = kshark_lib()->open(ctx, tep_load->path);
	struct kshark_data_stream *ks = sd < 0 ? NULL : kshark_lib()->get_data_stream(ctx, sd);
	struct tracecmd_input *in =
		ks && kshark_is_tep(ks) ? kshark_lib()->get_tep_input(ks) : NULL;
	unsigned int i;
	int ret;

	if (sd < 0 && !suffixed(tep_load->path))
		return vms_fail(err, VMS_EFORMAT,
				"no input of it opens %s (trace files must be called *.dat)",
				tep_load->path);
	if (sd < 0)
		return tep_cannot_open(tep_load->path, err);
	streams->sd[streams->nr++] = sd;
	ret = tep_stream_new(tep_stream, in ? tracecmd_get_tep(in) : NULL, tep_load->path, err);
	if (!ret && in) {
		tep_stream_raw(*tep_stream, in);
		ret = instances_open(streams, ctx, tep_load->path, err);
	}
	for (i = 0; i < streams->nr && !ret; i++)
		ret = read_stream(*tep_stream, ctx, streams->sd[i], !i, &pace, err);
	return ret;
}

static int load(struct vms_stream **out, const struct tep_load *tep_load, struct vms_err *err)
{
	struct kshark_streams *streams = vms_calloc(1, sizeof(*streams));
	struct kshark_context *ctx = NULL;
	struct tep_stream *tep_stream = NULL;
	int ret;

	if (!streams || !kshark_lib()->instance(&ctx)) {
		free(streams);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	inputs_register(ctx);
	ret = read_file(&tep_stream, streams, ctx, tep_load, err);
	if (!ret)
		ret = tep_stream_finish(tep_stream, out, "libkshark", streams_close, streams, err);
	if (!ret)
		return 0;
	tep_stream_free(tep_stream);
	streams_close(streams);
	return ret;
}

static int kshark_load(struct vms_stream **out, const char *path, const struct vms_progress *p,
		       struct vms_err *err)
{
	static const struct tep_reader reader = { .name = "libkshark",
						  .load = load,
						  .bytes_a_ms = 1000 };

	if (!kshark_lib())
		return vms_fail(err, VMS_EUNSUP,
				"%s: libkshark 2.2, which comes with KernelShark, is not installed",
				path);
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	return tep_load(out, &reader, path, p, err);
}

#endif

const struct vms_source vms_source_kshark = {
	.name = "libkshark",
	.help = "KernelShark's library and its input plugins",
	.load = kshark_load,
};
