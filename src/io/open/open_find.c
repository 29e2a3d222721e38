// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which files make a recording: by the ids in their options first, by the names trace-cmd gives
 * them second.
 */
#include "io/open/open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

#define FILES_MAX ((size_t)4096)

/* how sure it is that a file is a guest of a host; less is surer */
enum rank {
	RANK_ID_DECL_NAME,
	RANK_ID_SUFFIX,
	RANK_ID_TRACE_NAME,
	RANK_ID,
	RANK_SUFFIX,
	RANK_TRACE_NAME,
	RANK_NONE
};

static const char *base_text(const char *path)
{
	size_t len;

	return trace_base(path, &len);
}

static const struct vms_guest_decl *decl_by_id(const struct peek *host, uint64_t id)
{
	size_t i;

	for (i = 0; i < host->decls_nr && id; i++)
		if (host->decls[i].trace_id == id)
			return &host->decls[i];
	return NULL;
}

bool open_ids_both(const struct peek *host, const struct peek *guest)
{
	return host->trace_id && guest->peer_id == host->trace_id &&
	       decl_by_id(host, guest->trace_id);
}

bool open_ids_match(const struct peek *host, const struct peek *guest)
{
	return (host->trace_id && guest->peer_id == host->trace_id) ||
	       decl_by_id(host, guest->trace_id);
}

/* the ids say that they belong to different recordings */
static bool ids_conflict(const struct peek *host, const struct peek *guest)
{
	if (open_ids_match(host, guest))
		return false;
	return (host->trace_id && guest->peer_id) || (host->decls_nr && guest->trace_id);
}

static bool decl_named(const struct peek *host, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < host->decls_nr; i++)
		if (strlen(host->decls[i].name) == len && !memcmp(host->decls[i].name, name, len))
			return true;
	return false;
}

static enum rank guest_rank(const struct peek *host, const struct peek *peek)
{
	const bool ids = open_ids_match(host, peek);
	size_t len, trace_len;
	const char *suffix = trace_suffix(host->path, peek->path, &len);
	const char *trace = trace_suffix("trace", peek->path, &trace_len);
	const bool trace_name = trace && decl_named(host, trace, trace_len);

	if (ids) {
		if (suffix)
			return decl_named(host, suffix, len) ? RANK_ID_DECL_NAME : RANK_ID_SUFFIX;
		return trace_name ? RANK_ID_TRACE_NAME : RANK_ID;
	}
	if (ids_conflict(host, peek))
		return RANK_NONE;
	if (suffix && (!host->decls_nr || decl_named(host, suffix, len)))
		return RANK_SUFFIX;
	return trace_name ? RANK_TRACE_NAME : RANK_NONE;
}

static int files_add(struct open_files *of, struct peek *p)
{
	int ret = vms_grow(&of->all, &of->cap, of->nr + 1, sizeof(*of->all), FILES_MAX);

	if (ret)
		return ret;
	of->all[of->nr++] = *p;
	memset(p, 0, sizeof(*p)); /* its memory belongs to the list now */
	return 0;
}

/* How well the name alone fits, whatever the ids say. */
static int name_rank(const struct peek *peek)
{
	return peek->rank == RANK_SUFFIX       ? RANK_ID_SUFFIX
	       : peek->rank == RANK_TRACE_NAME ? RANK_ID_TRACE_NAME
					       : peek->rank;
}

/* Less than 0: the first fits better. Corrected copies have a synchronisation, and longer names. */
static int fit_cmp(const struct peek *a, const struct peek *b)
{
	const size_t a_len = strlen(a->path), b_len = strlen(b->path);

	if (name_rank(a) != name_rank(b))
		return name_rank(a) - name_rank(b);
	if (a->has_shift != b->has_shift)
		return a->has_shift - b->has_shift;
	return (a_len > b_len) - (a_len < b_len);
}

/*
 * A better copy of the same guest lies in the folder: conversions of a file keep its trace id, and
 * so do corrected copies. Those name the host even where what they were made of does not.
 */
static bool has_better(const struct peek *folder, size_t nr, size_t i)
{
	size_t k;

	for (k = 0; k < nr && folder[i].trace_id; k++) {
		int cmp;

		if (k == i || folder[k].trace_id != folder[i].trace_id || folder[k].ret ||
		    folder[k].rank == RANK_NONE)
			continue;
		cmp = fit_cmp(&folder[k], &folder[i]);
		if (cmp < 0 || (!cmp && (k < i || folder[i].ret)))
			return true;
	}
	return false;
}

static bool fits_as_guest(const void *arg, struct peek *p)
{
	const struct open_files *of = arg;

	p->rank = (int)guest_rank(&of->all[0], p);
	return p->rank != RANK_NONE;
}

/* the guests of of->all[0] in its folder */
static int find_guests(struct open_files *of, struct vms_trace *trace, struct peek *folder,
		       size_t nr)
{
	int best = RANK_NONE;
	size_t i;
	int ret;

	for (i = 0; i < nr; i++)
		if (folder[i].rank > RANK_ID || !has_better(folder, nr, i))
			best = VMS_MIN(best, folder[i].rank);
	if (best == RANK_NONE)
		return 0;
	/* chosen first, taken later: taking empties an entry that the choice compares with */
	for (i = 0; i < nr; i++) {
		const bool ids = folder[i].rank <= RANK_ID;

		if (ids && has_better(folder, nr, i)) {
			trace_log(trace,
				  "%s has the ids of a guest too: left out, another file's name "
				  "fits better",
				  base_text(folder[i].path));
			continue;
		}
		if (ids != (best <= RANK_ID))
			continue;
		folder[i].ino = 0; /* marks it as taken */
		trace_log(trace, "%s found beside the host's file by its %s",
			  base_text(folder[i].path),
			  ids ? "trace id" : "name alone: nothing in the files links them");
	}
	for (i = 0; i < nr; i++) {
		if (folder[i].ino || !folder[i].path)
			continue;
		ret = files_add(of, &folder[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/* how well a file fits as the host of all given guests; 0 = not */
static unsigned int host_fits(const struct open_files *of, const struct peek *peek)
{
	unsigned int least = 4;
	size_t i, len;

	for (i = 0; i < of->nr; i++) {
		const bool ids = open_ids_match(peek, &of->all[i]);
		const bool name = trace_suffix(peek->path, of->all[i].path, &len);
		unsigned int fit = ids ? (name ? 3 : 2) : 0;

		if (!ids && name && !ids_conflict(peek, &of->all[i]) && !peek->has_shift)
			fit = 1;
		least = VMS_MIN(least, fit);
	}
	return least;
}

static bool fits_as_host(const void *arg, struct peek *p)
{
	const struct open_files *of = arg;
	size_t k;

	for (k = 0; k < of->nr; k++)
		if (peek_same(&of->all[k], p))
			return false;
	p->rank = -(int)host_fits(of, p);
	return p->rank;
}

/* the host of the given guests in their folder; it becomes the last file */
static int find_host(struct open_files *of, struct vms_trace *trace, struct peek *folder, size_t nr)
{
	size_t i, best = 0;
	int ret;

	if (!nr)
		return 0;
	/* of equal names the longest is nearest: a-b.dat before a.dat for a-b-vm1.dat */
	for (i = 1; i < nr; i++)
		if (folder[i].rank < folder[best].rank ||
		    (folder[i].rank == folder[best].rank && folder[i].rank != -2 &&
		     strlen(folder[i].path) > strlen(folder[best].path)))
			best = i;
	trace_log(trace, "%s found beside the guest's file by its %s", base_text(folder[best].path),
		  folder[best].rank < -1 ? "trace id"
					 : "name alone: nothing in the files links them");
	ret = files_add(of, &folder[best]);
	if (!ret)
		of->host = (long)of->nr - 1;
	return ret;
}

static void log_unseen(struct vms_trace *trace, const struct peek_folder *folder)
{
	if (folder->unseen_nr)
		trace_log(trace,
			  "%zu files of the folder are not looked at, there are so many: name the "
			  "guest's file too if it is one of them",
			  folder->unseen_nr);
	if (folder->unread_nr == 1)
		trace_log(trace, "cannot be read, and may be part of the recording: %s",
			  folder->unread.msg);
	else if (folder->unread_nr)
		trace_log(trace,
			  "%zu files beside it cannot be read, and may be part of the recording: "
			  "%s",
			  folder->unread_nr, folder->unread.msg);
}

/*
 * What looks like a guest of the host and cannot be read is said, and cannot be taken. Nothing is
 * missing where a better file of that guest can be read.
 */
static int leave_guests(struct vms_trace *trace, struct peek_folder *folder)
{
	size_t cap = 0, i, nr = 0;
	int ret = 0;

	for (i = 0; i < folder->nr; i++) {
		struct peek *const peek = &folder->all[i];

		if (!peek->ret) {
			folder->all[nr++] = *peek;
			continue;
		}
		if (has_better(folder->all, folder->nr, i)) {
			trace_log(trace,
				  "cannot be read, and is a copy of another file beside it: %s",
				  peek->err.msg);
			peek_clear(peek);
			continue;
		}
		if (!ret)
			ret = vms_grow(&trace->unread, &cap, (size_t)trace->unread_nr + 1,
				       sizeof(*trace->unread), FILES_MAX);
		if (!ret) {
			char *const why = vms_strdup(peek->err.msg);

			ret = why ? 0 : -VMS_ENOMEM;
			if (why)
				trace->unread[trace->unread_nr++] = why;
			trace_log(trace, "looks like its guest's file and cannot be read: %s",
				  peek->err.msg);
		}
		peek_clear(peek);
	}
	folder->nr = nr;
	return ret;
}

/* Nor can a host; the first is named where no other one is found. */
static void leave_hosts(struct peek_folder *folder)
{
	size_t i, nr = 0;

	for (i = 0; i < folder->nr; i++) {
		struct peek *const peek = &folder->all[i];

		if (!peek->ret) {
			folder->all[nr++] = *peek;
			continue;
		}
		if (!folder->unread_nr++)
			folder->unread = peek->err;
		peek_clear(peek);
	}
	folder->nr = nr;
}

/* one file: a host whose guests lie beside it, or a guest whose host does */
static int find_beside(struct open_files *of, struct vms_trace *trace, struct vms_err *err)
{
	const bool may_be_host = of->nr == 1 && (!of->all[0].has_shift || of->all[0].decls_nr);
	struct vms_err unread = { 0 };
	struct peek_folder folder;
	int ret = 0;

	if (may_be_host) {
		ret = peek_folder(&folder, &of->all[0], fits_as_guest, of);
		if (!ret)
			ret = leave_guests(trace, &folder);
		log_unseen(trace, &folder);
		if (!ret)
			ret = find_guests(of, trace, folder.all, folder.nr);
		peek_folder_clear(&folder);
		if (of->nr > 1)
			of->host = 0;
	}
	if (!ret && of->host < 0 &&
	    (!may_be_host || !of->all[0].decls_nr || of->all[0].has_shift)) {
		ret = peek_folder(&folder, &of->all[0], fits_as_host, of);
		if (!ret)
			leave_hosts(&folder);
		log_unseen(trace, &folder);
		if (folder.unread_nr)
			unread = folder.unread;
		if (!ret)
			ret = find_host(of, trace, folder.all, folder.nr);
		peek_folder_clear(&folder);
	}
	if (ret == -VMS_ERANGE)
		return vms_fail(err, VMS_ERANGE,
				"more than %zu files beside %s are guests of its host: name those "
				"that are wanted",
				FILES_MAX, of->all[0].path);
	if (ret)
		return vms_fail(err, -ret, "out of memory looking for the files of the recording");
	if (of->host >= 0)
		return 0;
	if (of->all[0].ret) {
		if (err)
			*err = of->all[0].err;
		return of->all[0].ret;
	}
	if (may_be_host) {
		of->host = 0; /* by itself it may tell something, too */
		return 0;
	}
	if (unread.code)
		return vms_fail(err, VMS_EIO,
				"%s is a guest's trace, and what may be the host's cannot be "
				"read: %s",
				of->all[0].path, unread.msg);
	return vms_fail(
		err, VMS_ENODATA,
		"%s is a guest's trace and the host's is not beside it: record host and guest "
		"together with trace-cmd record -A, or name the host's file too",
		of->all[0].path);
}

/* the one given file that another one names as its host */
static long host_by_ids(const struct open_files *of)
{
	size_t i, k;

	for (i = 0; i < of->nr; i++)
		for (k = 0; k < of->nr; k++)
			if (i != k && open_ids_match(&of->all[i], &of->all[k]))
				return (long)i;
	return -1;
}

int open_files_find(struct open_files *of, struct vms_trace *trace, struct vms_err *err)
{
	size_t i, hosts_nr = 0, decls_nr = 0;
	long host = -1, decls_host = -1;

	of->host = -1;
	if (of->nr == 1)
		return find_beside(of, trace, err);
	for (i = 0; i < of->nr; i++) {
		if (!of->all[i].has_shift) {
			hosts_nr++;
			host = (long)i;
		}
		if (!of->all[i].has_shift && of->all[i].decls_nr) {
			decls_nr++;
			decls_host = (long)i;
		}
	}
	if (decls_nr > 1)
		return vms_fail(
			err, VMS_EUSAGE,
			"several of the files are hosts' traces (%s is one): open one recording at "
			"a time",
			base_text(of->all[decls_host].path));
	if (decls_nr == 1)
		of->host = decls_host;
	else if (hosts_nr == 1)
		of->host = host;
	else
		of->host = host_by_ids(of);
	if (of->host < 0 && !hosts_nr)
		return find_beside(of, trace, err);
	return 0;
}

void open_files_clear(struct open_files *of)
{
	size_t i;

	for (i = 0; i < of->nr; i++)
		peek_clear(&of->all[i]);
	free(of->all);
	memset(of, 0, sizeof(*of));
}

static bool same_folder(const char *a, const char *b)
{
	const size_t a_len = (size_t)(base_text(a) - a), b_len = (size_t)(base_text(b) - b);

	return a_len == b_len && !memcmp(a, b, a_len);
}

/* The surest of them, and of several the one of the same folder: a recording may be there twice. */
static long host_of(const struct peek *peeks, size_t nr, const struct peek *guest)
{
	unsigned int least = RANK_NONE * 2;
	long best = -1;
	size_t i;

	for (i = 0; i < nr; i++) {
		const struct peek *const host = &peeks[i];
		const bool near = same_folder(host->path, guest->path);
		enum rank rank;

		if (host == guest || host->ret || (host->has_shift && !host->decls_nr))
			continue;
		rank = guest_rank(host, guest);
		if ((rank > RANK_ID && !near) || rank * 2u + !near >= least)
			continue;
		least = rank * 2u + !near;
		best = (long)i;
	}
	return best;
}

int open_hosts_of(long *hosts, const char *const *paths, size_t nr)
{
	struct peek *peeks = vms_calloc(nr, sizeof(*peeks));
	size_t i, looked_nr = 0;
	int ret = peeks ? 0 : -VMS_ENOMEM;

	for (; !ret && looked_nr < nr; looked_nr++)
		ret = peek_look(&peeks[looked_nr], paths[looked_nr]);
	for (i = 0; i < nr && !ret; i++)
		hosts[i] = peeks[i].ret || !peeks[i].has_shift ? -1 : host_of(peeks, nr, &peeks[i]);
	for (i = 0; i < looked_nr; i++)
		peek_clear(&peeks[i]);
	free(peeks);
	return ret;
}
