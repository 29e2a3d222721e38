// SPDX-License-Identifier: LGPL-2.1-or-later
/* The journal on disk: where it lies, who may write to it, what a torn end means. */
#include "io/anchors/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "io/anchors/anchors_impl.h"
#include "io/files/files.h"
#include "core/base/util.h"

#define JOURNAL_BYTES_MAX ((size_t)4 << 30)
#define OPEN_TRIES 8

/*
 * A journal is an anchors file to which lines are only ever added: a later line of the same pair
 * wins, and "undecided" says that a decision was taken back. So undo needs no replay of steps,
 * only of states.
 */
struct vms_journal {
	char *path;
	int fd;
	off_t size;		  /* [bytes] up to the last whole line */
	struct vms_anchors *cols; /* without rows: the columns of the lines that are added */
	/* what an interrupted run left, until it is replayed or cleared */
	struct vms_anchors *waiting;
	uint32_t waiting_nr;	     /* pairs in it */
	struct anchors_index *index; /* of the recording; made when first needed */
};

static uint64_t hash_bytes(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

/* A host without a trace id is known by where its file lies. */
static char *path_make(const char *dir, const struct vms_stream *host)
{
	char *p = NULL, *real;
	int n;

	if (host->trace_id) {
		n = asprintf(&p, "%s/%016" PRIx64 ".journal", dir, host->trace_id);
		return n < 0 ? NULL : p;
	}
	real = realpath(host->path, NULL);
	n = asprintf(&p, "%s/path-%016" PRIx64 ".journal", dir,
		     hash_bytes(UINT64_C(0xcbf29ce484222325), real ? real : host->path));
	free(real);
	return n < 0 ? NULL : p;
}

/* Another process may have removed the file between our open and our lock. */
static bool is_still_there(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int open_locked(struct vms_journal *j, struct vms_err *err)
{
	struct stat st;
	int tries;

	for (tries = 0; tries < OPEN_TRIES; tries++) {
		j->fd = open(j->path,
			     O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			     0600);
		if (j->fd < 0)
			return vms_fail(err, VMS_EIO, "cannot open the journal %s: %s", j->path,
					strerror(errno));
		if (fstat(j->fd, &st) || !S_ISREG(st.st_mode))
			return vms_fail(err, VMS_EIO, "the journal %s is not a regular file",
					j->path);
		if (flock(j->fd, LOCK_EX | LOCK_NB)) {
			if (errno == EWOULDBLOCK)
				return vms_fail(
					err, VMS_EUSAGE,
					"this recording is open in another vmsync-tui: "
					"decisions made here are not kept in a journal (%s)",
					j->path);
			return vms_fail(err, VMS_EIO, "cannot lock the journal %s: %s", j->path,
					strerror(errno));
		}
		if (is_still_there(j->fd, j->path))
			return 0;
		(void)close(j->fd);
		j->fd = -1;
	}
	return vms_fail(err, VMS_EIO, "the journal %s comes and goes", j->path);
}

/* What is not ours is moved aside: never overwritten, never in the way. */
static int set_aside(struct vms_journal *j, struct vms_err *err)
{
	char *aside = NULL;
	int ret = 0;

	if (asprintf(&aside, "%s.damaged", j->path) < 0)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	if (rename(j->path, aside))
		ret = vms_fail(err, VMS_EIO, "cannot rename the damaged journal %s: %s", j->path,
			       strerror(errno));
	if (!ret)
		vms_log(VMS_LOG_WARN, "journal", "%s is damaged and now %s", j->path, aside);
	free(aside);
	if (ret)
		return ret;
	(void)close(j->fd);
	j->fd = -1;
	return open_locked(j, err);
}

static int row_order(const void *a, const void *b)
{
	const struct vms_anchor *x = *(const struct vms_anchor *const *)a,
				*y = *(const struct vms_anchor *const *)b;
	int r = strcmp(x->guest, y->guest);

	if (r || (r = strcmp(x->sequence, y->sequence)))
		return r;
	if (x->guest_raw != y->guest_raw)
		return x->guest_raw < y->guest_raw ? -1 : 1;
	if (x->host_raw != y->host_raw)
		return x->host_raw < y->host_raw ? -1 : 1;
	if (x->guest_cpu != y->guest_cpu)
		return x->guest_cpu < y->guest_cpu ? -1 : 1;
	if (x->host_cpu != y->host_cpu)
		return x->host_cpu < y->host_cpu ? -1 : 1;
	if (x->guest_nth != y->guest_nth)
		return x->guest_nth < y->guest_nth ? -1 : 1;
	return (x->host_nth > y->host_nth) - (x->host_nth < y->host_nth);
}

/* Pairs, not lines: accepting and taking back a pair a hundred times is one decision. */
static int pairs_count(uint32_t *out, const struct vms_anchors *a)
{
	const struct vms_anchor **anchor = vms_calloc(a->rows_nr, sizeof(struct vms_anchor *));
	uint32_t i, nr = 0, pairs = 0;

	if (!anchor)
		return -VMS_ENOMEM;
	for (i = 0; i < a->rows_nr; i++)
		if (!a->rows[i].verbatim)
			anchor[nr++] = &a->rows[i];
	qsort(anchor, nr, sizeof(*anchor), row_order);
	for (i = 0; i < nr; i++)
		pairs += !i || row_order(&anchor[i - 1], &anchor[i]);
	free(anchor);
	*out = pairs;
	return 0;
}

static int read_left(struct vms_journal *j, struct vms_err *err)
{
	char *text = NULL;
	size_t size = 0;
	unsigned int i;
	int ret;

	ret = file_read(&text, &size, j->path, JOURNAL_BYTES_MAX, err);
	if (ret)
		return ret == -VMS_ENODATA ? -VMS_EIO : ret;
	while (size && text[size - 1] != '\n')
		size--; /* the line that was being written when the end came */
	j->size = (off_t)size;
	if (ftruncate(j->fd, j->size)) {
		free(text);
		return vms_fail(err, VMS_EIO, "cannot cut the journal %s: %s", j->path,
				strerror(errno));
	}
	ret = size ? vms_anchors_parse(&j->waiting, text, size, err) : 0;
	free(text);
	if (ret == -VMS_EFORMAT) {
		j->size = 0;
		return set_aside(j, err);
	}
	if (!ret && j->waiting && pairs_count(&j->waiting_nr, j->waiting))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; !ret && j->waiting && i < j->waiting->header_nr; i++)
		j->waiting_nr += anchors_line_holds(j->waiting, i);
	return ret;
}

/* Columns of an older program stay those of its file: lines are added to it in its order. */
static int cols_choose(struct vms_journal *j)
{
	unsigned int i;
	int ret = 0;

	if (!j->waiting) {
		j->cols = anchors_new();
		if (!j->cols)
			return -VMS_ENOMEM;
		ret = anchors_col_add(j->cols, "guest_nth");
		return ret ? ret : anchors_col_add(j->cols, "host_nth");
	}
	j->cols = vms_calloc(1, sizeof(*j->cols));
	for (i = 0; j->cols && !ret && i < j->waiting->cols_nr; i++)
		ret = anchors_col_add(j->cols, j->waiting->cols[i]);
	return j->cols ? ret : -VMS_ENOMEM;
}

int vms_journal_open(struct vms_journal **out, const char *dir, const struct vms_trace *t,
		     struct vms_err *err)
{
	struct vms_journal *j = vms_calloc(1, sizeof(*j));
	char *own = NULL;
	int ret = 0;

	if (!j)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	j->fd = -1;
	if (!dir) {
		own = file_user_dir("XDG_STATE_HOME", ".local/state");
		dir = own;
	}
	if (!dir)
		ret = vms_fail(err, VMS_EIO, "there is no home folder to keep a journal in");
	if (!ret)
		ret = file_make_folders(dir, err);
	if (!ret) {
		j->path = path_make(dir, t->host);
		j->index = anchors_index_new(t);
		if (!j->path || !j->index)
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	free(own);
	if (!ret)
		ret = open_locked(j, err);
	if (!ret)
		ret = read_left(j, err);
	if (!ret && cols_choose(j))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret)
		vms_log(VMS_LOG_INFO, "journal", "%s: %lld bytes, %u decisions left", j->path,
			(long long)j->size, j->waiting_nr);
	if (ret)
		vms_journal_close(j);
	else
		*out = j;
	return ret;
}

const char *vms_journal_path(const struct vms_journal *j)
{
	return j->path;
}

uint32_t vms_journal_pending(const struct vms_journal *j)
{
	return j->waiting_nr;
}

static void waiting_drop(struct vms_journal *j)
{
	vms_anchors_free(j->waiting);
	j->waiting = NULL;
	j->waiting_nr = 0;
}

int vms_journal_replay(struct vms_journal *j, struct vms_session *s, struct vms_anchors_report *r,
		       struct vms_err *err)
{
	int ret;

	if (r)
		memset(r, 0, sizeof(*r));
	if (!j->waiting)
		return 0;
	ret = vms_anchors_apply(s, j->waiting, r, err);
	if (!ret)
		waiting_drop(j);
	return ret;
}

static int write_text(struct vms_journal *j, const char *text, size_t size, struct vms_err *err)
{
	if (!file_write_all(j->fd, text, size)) {
		const int why = errno;

		(void)!ftruncate(j->fd, j->size); /* a torn line is cut off at the next start too */
		return vms_fail(err, VMS_EIO, "cannot write the journal %s: %s", j->path,
				strerror(why));
	}
	j->size += (off_t)size;
	vms_log(VMS_LOG_DEBUG, "journal", "%s: %zu bytes added, %lld now", j->path, size,
		(long long)j->size);
	return 0;
}

/*
 * An empty journal gets its first lines with its first decision, so that looking around leaves no
 * trace.
 */
static int write_head(struct vms_journal *j, struct vms_err *err)
{
	char *text = NULL;
	size_t size;
	int ret;

	if (j->size)
		return 0;
	ret = vms_anchors_format(j->cols, &text, &size, err);
	if (!ret)
		ret = write_text(j, text, size, err);
	free(text);
	return ret;
}

int vms_journal_append(struct vms_journal *j, const struct vms_session *s,
		       const struct vms_change *c, struct vms_err *err)
{
	struct text text = { 0 };
	uint32_t at = 0;
	int more, ret;

	do {
		text.nr = 0;
		more = anchors_change_text(&text, j->cols, s, c, &at, j->index);
		ret = more < 0 || text.bad
			      ? vms_fail(err, VMS_ENOMEM, "out of memory for the journal")
			      : 0;
		if (!ret && text.nr)
			ret = write_head(j, err);
		if (!ret && text.nr)
			ret = write_text(j, text.p, text.nr, err);
	} while (more > 0 && !ret);
	free(text.p);
	return ret;
}

int vms_journal_clear(struct vms_journal *j, struct vms_err *err)
{
	waiting_drop(j);
	if (ftruncate(j->fd, 0))
		return vms_fail(err, VMS_EIO, "cannot empty the journal %s: %s", j->path,
				strerror(errno));
	j->size = 0;
	vms_log(VMS_LOG_INFO, "journal", "%s: emptied", j->path);
	return 0;
}

void vms_journal_close(struct vms_journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0) {
		if (!j->size && is_still_there(j->fd, j->path))
			(void)unlink(j->path); /* nothing in it */
		(void)close(j->fd);
	}
	waiting_drop(j);
	vms_anchors_free(j->cols);
	anchors_index_free(j->index);
	free(j->path);
	free(j);
}

void vms_journal_close_clean(struct vms_journal *j)
{
	if (j && j->fd >= 0)
		(void)vms_journal_clear(j, NULL);
	vms_journal_close(j);
}
