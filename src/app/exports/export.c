// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which ways out there are, and that none goes over a file that is to be spared. */
#include "app/exports/export_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <vmsync/io/apply.h>

#include "app/reports/pictures.h"
#include "core/base/assert.h"
#include "core/base/printable.h"
#include "core/base/util.h"
#include "io/files/files.h"
#include "io/files/unchanged.h"

/* The pictures of a page. */
static int export_svg(struct export_files *out, const struct export_of *of, struct vms_err *err)
{
	(void)err;
	report_pictures(export_file(out, NULL), of->session);
	return 0;
}

static const struct {
	const char *name;
	int (*make)(struct export_files *out, const struct export_of *of, struct vms_err *err);
	bool folder;
	const char *no_host; /* why there is none of a host alone; NULL: there is */
} rows[] = {
	{ "kernelshark", export_kernelshark, false,
	  "KernelShark opens the file as it is, there are no vCPUs to draw over it" },
	{ "perfetto", export_perfetto, false, NULL },
	{ "tsv", export_tsv, true,
	  "tables are of pairs under a clock model; --report json has the bands" },
	{ "svg", export_svg, false,
	  "pictures show models against a band; --report html has the bands" },
};

#define ROWS_NR ((int)(sizeof(rows) / sizeof(rows[0])))

struct export_of export_all(struct vms_session *session)
{
	return (struct export_of){ .session = session,
				   .trace = vms_session_trace(session),
				   .stretches = vms_session_stretches(session),
				   .from_raw = INT64_MIN,
				   .to_raw = INT64_MAX,
				   .by = vms_session_model(session),
				   .pair = VMS_ID_NONE };
}

struct export_of export_host(const struct vms_trace *trace, const struct vms_host_only *host)
{
	return (struct export_of){ .trace = trace,
				   .stretches = host->st,
				   .from_raw = INT64_MIN,
				   .to_raw = INT64_MAX,
				   .pair = VMS_ID_NONE };
}

static int row_of(const char *name, size_t len, struct vms_err *err)
{
	char list[128] = "";
	int i;

	for (i = 0; i < ROWS_NR; i++) {
		if (strlen(rows[i].name) == len && !strncmp(rows[i].name, name, len))
			return i;
		strncat(list, i ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, rows[i].name, sizeof(list) - strlen(list) - 1);
	}
	return vms_fail(err, VMS_EUSAGE, "an export is one of %s, not '%.*s'", list, (int)len,
			name);
}

int export_known(const char *name, size_t len, struct vms_err *err)
{
	const int row = row_of(name, len, err);

	return row < 0 ? row : 0;
}

struct text *export_file(struct export_files *files, const char *name)
{
	VMS_ASSERT(files->nr < EXPORT_FILES_MAX);
	files->file[files->nr].name = name;
	return &files->file[files->nr++].text;
}

static int spare(const struct export_of *of, const char *path, struct vms_err *err)
{
	const int ret = vms_recording_spare(of->trace, path, err);

	return ret ? ret : file_spare(path, of->force, err);
}

/* All of them are looked at before the first is written. */
static int write_all(const struct export_files *files, const char *const *paths,
		     const struct export_of *of, struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < files->nr; i++) {
		ret = spare(of, paths[i], err);
		if (!ret && (files->file[i].text.bad || vms_alloc_missed()))
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	if (!ret)
		ret = trace_unchanged(of->trace, err);
	for (i = 0; !ret && i < files->nr; i++) {
		ret = file_replace(paths[i], files->file[i].text.p, files->file[i].text.nr, true,
				   err);
		if (!ret && of->wrote)
			of->wrote(paths[i], files->file[i].text.nr);
	}
	return ret;
}

static int folder_make(const char *path, struct vms_err *err)
{
	struct stat st;

	if (!mkdir(path, 0777) || (errno == EEXIST && !stat(path, &st) && S_ISDIR(st.st_mode)))
		return 0;
	return vms_fail(err, VMS_EIO, "cannot make the folder %s: %s", path, strerror(errno));
}

static int write_files(const struct export_files *files, const struct export_of *of,
		       struct vms_err *err)
{
	char *below[EXPORT_FILES_MAX] = { NULL };
	unsigned int i;
	int ret = 0;

	if (!files->file[0].name)
		return write_all(files, &of->path, of, err);
	for (i = 0; !ret && i < files->nr; i++)
		if (asprintf(&below[i], "%s/%s", of->path, files->file[i].name) < 0) {
			below[i] = NULL;
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		}
	if (!ret)
		ret = folder_make(of->path, err);
	if (!ret)
		ret = write_all(files, (const char *const *)below, of, err);
	for (i = 0; i < files->nr; i++)
		free(below[i]);
	return ret;
}

int export_write(const char *name, const char *path, const struct export_of *of, bool force,
		 struct vms_err *err)
{
	const int row = row_of(name, strlen(name), err);
	struct export_files files = { .nr = 0 };
	struct export_of to = *of;
	unsigned int i;
	int ret;

	if (row < 0)
		return row;
	if (!of->session && rows[row].no_host)
		return vms_fail(err, VMS_ENODATA, "%s: %s: %s", of->trace->host->path,
				vms_trace_no_guest(of->trace), rows[row].no_host);
	to.path = path;
	to.force = force;
	/* before anything is computed, or written beside it */
	ret = rows[row].folder ? 0 : spare(&to, path, err);
	if (!ret)
		ret = rows[row].make(&files, &to, err);
	if (!ret)
		ret = write_files(&files, &to, err);
	for (i = 0; i < files.nr; i++)
		free(files.file[i].text.p);
	return ret;
}
