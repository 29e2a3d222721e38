// SPDX-License-Identifier: LGPL-2.1-or-later
/* How trace-cmd names the files of a recording, and a quick look at many of them. */
#include "io/open/siblings.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/util.h"

#define FOLDER_MAX ((size_t)20000) /* files kept of those beside a trace */
#define FOLDER_BYTES ((uint64_t)256 << 20)

static int peek_at(struct peek *peek, const char *path, bool look)
{
	const struct direct_opts *opts = &peek->file.opts;
	struct stat st;

	memset(peek, 0, sizeof(*peek));
	peek->path = vms_strdup(path);
	if (!peek->path)
		return -VMS_ENOMEM;
	if (stat(path, &st)) {
		peek->ret = vms_fail(&peek->err, VMS_EIO, "%s: %s", path, strerror(errno));
		return 0;
	}
	peek->dev = st.st_dev;
	peek->ino = st.st_ino;
	peek->ret = (look ? direct_file_look : direct_file_open)(&peek->file, path, &peek->err);
	peek->trace_id = opts->trace_id;
	if (peek->ret)
		return peek->ret == -VMS_ENOMEM ? peek->ret : 0;
	peek->has_shift = opts->shift_opt;
	peek->peer_id = peek->has_shift ? opts->shift_opt->peer_id : 0;
	peek->decls = opts->decls;
	peek->decls_nr = opts->decls_nr;
	return 0;
}

int peek_file(struct peek *peek, const char *path)
{
	return peek_at(peek, path, false);
}

int peek_look(struct peek *peek, const char *path)
{
	return peek_at(peek, path, true);
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

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct peek *)a)->path, ((const struct peek *)b)->path);
}

/* what is asked of each file of a folder */
struct looking {
	const struct peek *beside;
	bool (*fits)(const void *arg, struct peek *p);
	const void *arg;
	uint64_t taken; /* [bytes] of memory for all of them, one after the other */
};

static int folder_add(struct peek_folder *folder, const char *path, struct looking *l)
{
	struct peek peek;
	int ret;

	ret = peek_at(&peek, path, true);
	l->taken += VMS_MAX(peek.file.taken[DIRECT_HEAD], peek.file.took);
	if (!ret && !peek_same(&peek, l->beside) && l->fits(l->arg, &peek)) {
		ret = vms_grow(&folder->all, &folder->cap, folder->nr + 1, sizeof(*folder->all),
			       FOLDER_MAX);
		if (!ret) {
			folder->all[folder->nr++] = peek;
			return 0;
		}
	}
	if (!ret && peek.ret == -VMS_EIO && !folder->unread_nr++)
		folder->unread = peek.err;
	peek_clear(&peek);
	return ret;
}

int peek_folder(struct peek_folder *folder, const struct peek *beside,
		bool (*fits)(const void *arg, struct peek *p), const void *arg)
{
	struct looking looking = { .beside = beside, .fits = fits, .arg = arg };
	const char *slash = strrchr(beside->path, '/');
	const int dir_len = slash ? (int)(slash - beside->path) + 1 : 0;
	struct dirent **names = NULL;
	int found, i, pass, ret = 0;
	char path[4096];
	size_t len;

	memset(folder, 0, sizeof(*folder));
	if (snprintf(path, sizeof(path), "%.*s.", dir_len, beside->path) >= (int)sizeof(path))
		return 0;
	found = scandir(path, &names, is_trace_name, alphasort);
	if (found < 0 && errno == ENOMEM)
		return -VMS_ENOMEM;
	if (found < 0) {
		folder->unread_nr = 1;
		(void)vms_fail(&folder->unread, VMS_EIO, "the folder %s: %s", path,
			       strerror(errno));
	}
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < found && !ret; i++) {
			if ((trace_suffix(beside->path, names[i]->d_name, &len) == NULL) != pass ||
			    snprintf(path, sizeof(path), "%.*s%s", dir_len, beside->path,
				     names[i]->d_name) >= (int)sizeof(path))
				continue;
			if (looking.taken > FOLDER_BYTES || folder->nr == FOLDER_MAX)
				folder->unseen_nr++;
			else
				ret = folder_add(folder, path, &looking);
		}
	for (i = 0; i < found; i++)
		free(names[i]);
	free(names);
	if (ret)
		peek_folder_clear(folder);
	else if (folder->nr)
		qsort(folder->all, folder->nr, sizeof(*folder->all), by_path);
	return ret;
}

void peek_folder_clear(struct peek_folder *f)
{
	size_t i;

	for (i = 0; i < f->nr; i++)
		peek_clear(&f->all[i]);
	free(f->all);
	memset(f, 0, sizeof(*f));
}
