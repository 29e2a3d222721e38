// SPDX-License-Identifier: LGPL-2.1-or-later
/* How trace-cmd names the files of a recording, and a quick look at many of them. */
#include "io/open/siblings.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/util.h"

#define FOLDER_MAX ((size_t)20000) /* files looked at beside a trace */

int peek_file(struct peek *peek, const char *path)
{
	const struct direct_opts *opts = &peek->file.opts;
	struct stat st;

	memset(peek, 0, sizeof(*peek));
	peek->path = vms_strdup(path);
	if (!peek->path)
		return -VMS_ENOMEM;
	if (!stat(path, &st)) {
		peek->dev = st.st_dev;
		peek->ino = st.st_ino;
	}
	peek->ret = direct_file_open(&peek->file, path, &peek->err);
	if (peek->ret)
		return peek->ret == -VMS_ENOMEM ? peek->ret : 0;
	peek->trace_id = opts->trace_id;
	peek->has_shift = opts->shift_opt;
	peek->peer_id = peek->has_shift ? opts->shift_opt->peer_id : 0;
	peek->decls = opts->decls;
	peek->decls_nr = opts->decls_nr;
	return 0;
}

void peek_clear(struct peek *p)
{
	free(p->path);
	direct_file_close(&p->file);
	memset(p, 0, sizeof(*p));
}

bool peek_same(const struct peek *a, const struct peek *b)
{
	return a->ino && a->ino == b->ino && a->dev == b->dev;
}

const char *trace_base(const char *path, size_t *len)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t n = strlen(base);

	if (n > 4 && !strcmp(base + n - 4, ".dat"))
		n -= 4;
	*len = n;
	return base;
}

const char *trace_suffix(const char *host_path, const char *path, size_t *len)
{
	size_t host_len, file_len;
	const char *host = trace_base(host_path, &host_len);
	const char *file = trace_base(path, &file_len);

	if (file_len < host_len + 2 || memcmp(host, file, host_len) || file[host_len] != '-')
		return NULL;
	*len = file_len - host_len - 1;
	return file + host_len + 1;
}

static int is_trace_name(const struct dirent *e)
{
	const size_t n = strlen(e->d_name);

	return n > 4 && !strcmp(e->d_name + n - 4, ".dat");
}

static int folder_add(struct peek **all, size_t *cap, size_t *nr, const char *path,
		      const struct peek *beside)
{
	struct peek *p;
	int ret;

	ret = vms_grow(all, cap, *nr + 1, sizeof(**all), FOLDER_MAX);
	if (ret)
		return ret;
	p = &(*all)[*nr];
	ret = peek_file(p, path);
	if (ret || p->ret || peek_same(p, beside))
		peek_clear(p);
	else
		++*nr;
	return ret;
}

int peek_folder(struct peek **out, size_t *nr, const struct peek *beside)
{
	const char *slash = strrchr(beside->path, '/');
	const int dir_len = slash ? (int)(slash - beside->path) + 1 : 0;
	struct dirent **names = NULL;
	struct peek *all = NULL;
	size_t cap = 0, n = 0;
	int found, i, ret = 0;
	char path[4096];

	if (snprintf(path, sizeof(path), "%.*s.", dir_len, beside->path) >= (int)sizeof(path))
		return 0;
	found = scandir(path, &names, is_trace_name, alphasort);
	for (i = 0; i < found; i++) {
		const int len = snprintf(path, sizeof(path), "%.*s%s", dir_len, beside->path,
					 names[i]->d_name);

		if (!ret && len < (int)sizeof(path) && n < FOLDER_MAX)
			ret = folder_add(&all, &cap, &n, path, beside);
		free(names[i]);
	}
	free(names);
	if (ret) {
		peek_folder_free(all, n);
		return ret;
	}
	*out = all;
	*nr = n;
	return 0;
}

void peek_folder_free(struct peek *all, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		peek_clear(&all[i]);
	free(all);
}
