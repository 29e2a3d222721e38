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
} rows[] = {
	{ "kernelshark", export_kernelshark, false },
	{ "perfetto", export_perfetto, false },
	{ "tsv", export_tsv, true },
	{ "svg", export_svg, false },
};

#define ROWS_NR ((int)(sizeof(rows) / sizeof(rows[0])))

struct export_of export_all(struct vms_session *session)
{
	return (struct export_of){ session,	INT64_MIN, INT64_MAX, vms_session_model(session),
				   VMS_ID_NONE, NULL,	   false,     NULL };
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
	const int ret = vms_recording_spare(vms_session_trace(of->session), path, err);

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
		ret = trace_unchanged(vms_session_trace(of->session), err);
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
