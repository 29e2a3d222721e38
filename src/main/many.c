// SPDX-License-Identifier: LGPL-2.1-or-later
/* How many recordings are opened: one after another, and what is none is named in the end. */
#include "main/many.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/words/format.h"
#include "core/base/util.h"
#include "io/files/unchanged.h"
#include "io/open/open.h"

/* Looked at together: each is mapped while it is. */
#define PAIRED_MAX 4096u

#define FILES_MAX ((size_t)1 << 24)

/** struct files - what became of each */
struct files {
	struct vms_err *why;	    /* of each that is named: "" unless it could not be opened */
	struct vms_file_id *opened; /* by what was named, and beside that */
	size_t opened_nr, opened_cap;
	long *host_of; /* of each that is named: whose guest's it is, of these; -1: none's */
	bool watched;  /* a person sees how far it is */
};

/* On a line of its own, which the next one replaces; "" at the end. */
static void tell(const struct many *many, const struct files *files,
		 const struct app_options *options, unsigned int i)
{
	if (!files->watched)
		return;
	if (i < options->paths_nr)
		(void)fprintf(stderr, "\r\033[K%s %u of %u: %s", many->doing, i + 1,
			      options->paths_nr, fmt_cut(options->paths[i], 50, BUF(256)));
	else
		(void)fputs("\r\033[K", stderr);
	(void)fflush(stderr);
}

static int keep(struct files *files, const struct vms_stream *stream)
{
	if (vms_grow(&files->opened, &files->opened_cap, files->opened_nr + 1,
		     sizeof(*files->opened), FILES_MAX))
		return -VMS_ENOMEM;
	files->opened[files->opened_nr++] = stream->file;
	return 0;
}

/* A pattern names guests beside their host: each of them opens the same recording. */
static bool is_opened(const struct files *files, const char *path)
{
	struct stat st;
	size_t i;

	if (stat(path, &st))
		return false;
	for (i = 0; i < files->opened_nr; i++)
		if (files->opened[i].ino == st.st_ino && files->opened[i].dev == st.st_dev)
			return true;
	return false;
}

static int take_loaded(const struct many *many, struct files *files,
		       const struct app_loaded *loaded, struct vms_err *err)
{
	const struct vms_trace *trace = loaded->trace;
	unsigned int i;
	int ret = keep(files, trace->host);

	for (i = 0; i < trace->guests_nr && !ret; i++)
		ret = keep(files, trace->guests[i].stream);
	if (ret)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	if (loaded->host)
		return trace->unread_nr ? vms_fail(err, VMS_ENODATA, "%s", trace->unread[0])
					: vms_fail(err, VMS_ENODATA, "%s: %s", trace->host->path,
						   vms_trace_no_guest(trace));
	ret = many->take(many->user, loaded, err);
	if (!ret)
		ret = trace_unchanged(trace, err);
	/* of the guests that could be read all is said; that one could not is said in the end */
	return ret || !trace->unread_nr ? ret : vms_fail(err, VMS_ENODATA, "%s", trace->unread[0]);
}

/* Return: 0, also of one that is no recording; else all ends. Guests are taken with their host. */
static int take_one(const struct many *many, struct files *files, const struct app_options *options,
		    unsigned int i, struct vms_err *err)
{
	struct app_options one = *options;
	struct app_loaded loaded = { 0 };
	unsigned int k;
	int ret;

	if (files->host_of[i] >= 0 || is_opened(files, options->paths[i]))
		return 0;
	one.paths = vms_calloc(options->paths_nr, sizeof(*one.paths));
	if (!one.paths)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	one.paths[0] = options->paths[i];
	one.paths_nr = 1;
	for (k = 0; k < options->paths_nr; k++)
		if (files->host_of[k] == (long)i)
			one.paths[one.paths_nr++] = options->paths[k];
	ret = app_load(&loaded, &one, false, NULL, err);
	if (!ret)
		ret = take_loaded(many, files, &loaded, err);
	app_loaded_free(&loaded);
	free(one.paths);
	if (app_exit_status(ret) != 2)
		return ret;
	files->why[i] = *err;
	return 0;
}

/* Host and guest of a recording say the same, and it names one of them. */
static bool said_before(const struct files *files, const struct app_options *options,
			unsigned int i)
{
	const char *why = files->why[i].msg;
	unsigned int k;

	for (k = 0; k < i; k++)
		if (!strcmp(files->why[k].msg, why) &&
		    (strstr(why, options->paths[k]) || strstr(why, options->paths[i])))
			return true;
	return false;
}

/* Each with its name, which not every reason has. */
static unsigned int say_skipped(const struct many *many, const struct files *files,
				const struct app_options *options)
{
	struct vms_err named;
	unsigned int i, nr = 0;

	for (i = 0; i < options->paths_nr; i++) {
		if (!*files->why[i].msg || said_before(files, options, i))
			continue;
		nr++;
		named = files->why[i];
		if (!strstr(named.msg, options->paths[i]))
			(void)vms_fail_at(&named, -named.code, "%s", options->paths[i]);
		many->skip(many->user, options->paths[i], named.msg);
		(void)fprintf(stderr, "vmsync-tui: skipped: %s\n",
			      fmt_clean(named.msg, BUF(sizeof(named.msg) * 8)));
	}
	return nr;
}

/* By its name a guest of another one: "trace-vm1.dat" beside "trace.dat". Those come last. */
static bool after_another(const struct app_options *options, unsigned int i)
{
	const char *path = options->paths[i], *dot;
	unsigned int k;

	for (k = 0; k < options->paths_nr; k++) {
		dot = strrchr(options->paths[k], '.');
		if (dot && !strncmp(path, options->paths[k], (size_t)(dot - options->paths[k])) &&
		    path[dot - options->paths[k]] == '-')
			return true;
	}
	return false;
}

int many_each(const struct many *many, const struct app_options *options, unsigned int *skipped_nr,
	      struct vms_err *err)
{
	struct files files = { .why = vms_calloc(options->paths_nr, sizeof(*files.why)),
			       .host_of = vms_calloc(options->paths_nr, sizeof(*files.host_of)),
			       .watched = isatty(STDERR_FILENO) > 0 };
	unsigned int i;
	int ret = files.why && files.host_of ? 0 : -VMS_ENOMEM;

	for (i = 0; i < options->paths_nr && !ret; i++)
		files.host_of[i] = -1;
	if (!ret && options->paths_nr > 1 && options->paths_nr <= PAIRED_MAX)
		ret = open_hosts_of(files.host_of, options->paths, options->paths_nr);
	if (ret)
		(void)vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < options->paths_nr * 2 && !ret; i++) {
		const unsigned int at = i % options->paths_nr;

		if (after_another(options, at) != (i >= options->paths_nr))
			continue;
		tell(many, &files, options, at);
		ret = take_one(many, &files, options, at, err);
	}
	tell(many, &files, options, options->paths_nr);
	if (!ret)
		*skipped_nr = say_skipped(many, &files, options);
	free(files.why);
	free(files.host_of);
	free(files.opened);
	return ret;
}
