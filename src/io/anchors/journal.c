// SPDX-License-Identifier: LGPL-2.1-or-later
/* The journal on disk: what its lines mean, which of them wait, what a torn end costs. */
#include "io/anchors/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "io/anchors/anchors_impl.h"
#include "io/anchors/journal_file.h"
#include "io/files/files.h"
#include "core/base/util.h"

#define JOURNAL_BYTES_MAX ((size_t)4 << 30)
/* A line: so many bytes of the file, which an interrupted run had left, were forgotten. */
#define FORGOTTEN "# forgotten "

/*
 * A journal is an anchors file to which lines are only ever added: a later line of the same pair
 * wins, and "undecided" says that a decision was taken back. So undo needs no replay of steps,
 * only of states.
 */
struct vms_journal {
	char *path;
	int fd;
	bool mine;	       /* nobody else's lines are in it: it may go when empty */
	bool unsynced;	       /* written, and not yet certain to outlive a power cut */
	struct timespec since; /* for so long */
	bool named;	       /* its name outlives a power cut too */
	int failed; /* errno: what it holds is not certain, and nothing is added, until it is cut */
	off_t size; /* [bytes] up to the last whole line */
	off_t left_size;	  /* [bytes] of it that hold what waits */
	char *aside;		  /* where a damaged one was copied to; NULL = it was none */
	struct vms_anchors *cols; /* without rows: the columns of the lines that are added */
	/* what an interrupted run left, until it is replayed or cleared */
	struct vms_anchors *waiting;
	uint32_t waiting_nr;	     /* pairs in it */
	struct anchors_index *index; /* of the recording; made when first needed */
};

static int row_order(const void *a, const void *b)
{
	const struct vms_anchor *left = *(const struct vms_anchor *const *)a,
				*right = *(const struct vms_anchor *const *)b;
	int r = strcmp(left->guest, right->guest);

	if (r || (r = strcmp(left->sequence, right->sequence)))
		return r;
	if (left->guest_raw != right->guest_raw)
		return left->guest_raw < right->guest_raw ? -1 : 1;
	if (left->host_raw != right->host_raw)
		return left->host_raw < right->host_raw ? -1 : 1;
	if (left->guest_cpu != right->guest_cpu)
		return left->guest_cpu < right->guest_cpu ? -1 : 1;
	if (left->host_cpu != right->host_cpu)
		return left->host_cpu < right->host_cpu ? -1 : 1;
	if (left->guest_nth != right->guest_nth)
		return left->guest_nth < right->guest_nth ? -1 : 1;
	return (left->host_nth > right->host_nth) - (left->host_nth < right->host_nth);
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

/* [bytes] of the head that all lines need: the first lines up to the names of the columns. */
static size_t head_size(const char *text, size_t size)
{
	size_t at = 0;

	while (at < size && text[at] == '#')
		at = (size_t)((const char *)memchr(text + at, '\n', size - at) - text) + 1;
	return at < size ? (size_t)((const char *)memchr(text + at, '\n', size - at) - text) + 1
			 : at;
}

/* Takes away what was forgotten, for whoever reads the lines. Return: [bytes] that are left. */
static size_t forgotten_drop(char *text, size_t size)
{
	const size_t head = head_size(text, size);
	size_t at = head, forgotten = head;

	while (at < size) {
		if (!strncmp(text + at, FORGOTTEN, strlen(FORGOTTEN)))
			forgotten = strtoul(text + at + strlen(FORGOTTEN), NULL, 10);
		at = (size_t)((const char *)memchr(text + at, '\n', size - at) - text) + 1;
	}
	if (forgotten <= head || forgotten > size)
		return size;
	memmove(text + head, text + forgotten, size - forgotten);
	return head + size - forgotten;
}

/*
 * Parses whole lines. Zero bytes are what a power cut leaves behind the last line that reached the
 * disk: what stands before them counts.
 */
static int lines_take(struct vms_journal *journal, char *text, size_t size, struct vms_err *err)
{
	const char *zero = size ? memchr(text, 0, size) : NULL;
	size_t good = zero ? (size_t)(zero - text) : size;
	int ret = 0;

	while (good && text[good - 1] != '\n')
		good--; /* the line that was being written when the end came */
	journal->size = (off_t)good;
	if (good) {
		char *copy = vms_calloc(1, good + 1);

		if (!copy)
			return vms_fail(err, VMS_ENOMEM, "out of memory");
		memcpy(copy, text, good);
		ret = vms_anchors_parse(&journal->waiting, copy, forgotten_drop(copy, good), err);
		free(copy);
	}
	if (ret == -VMS_EFORMAT)
		journal->size = 0;
	/* what cannot be taken for another reason stays as it is: nothing may be added to it */
	if ((zero && !ret) || ret == -VMS_EFORMAT)
		ret = journal_copy_aside(&journal->aside, journal->path, text, size, err);
	return ret;
}

static int read_left(struct vms_journal *journal, struct vms_err *err)
{
	char *text = NULL;
	size_t size = 0;
	unsigned int i;
	int ret = file_read(&text, &size, journal->path, JOURNAL_BYTES_MAX, err);

	if (ret)
		return ret == -VMS_ENODATA ? -VMS_EIO : ret;
	ret = lines_take(journal, text, size, err);
	free(text);
	if (ret == -VMS_EUNSUP)
		return vms_fail(err, VMS_EUNSUP,
				"the journal %s is of a later vmsync-tui and stays as it is",
				journal->path);
	if (!ret && (off_t)size != journal->size && ftruncate(journal->fd, journal->size))
		ret = vms_fail(err, VMS_EIO, "cannot cut the journal %s: %s", journal->path,
			       strerror(errno));
	if (!ret && journal->waiting && pairs_count(&journal->waiting_nr, journal->waiting))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; !ret && journal->waiting && i < journal->waiting->header_nr; i++)
		journal->waiting_nr += anchors_line_holds(journal->waiting, i);
	journal->left_size = journal->size;
	journal->unsynced = journal->size > 0; /* who was killed may not have come to it */
	return ret;
}

/* Columns of an older program stay those of its file: lines are added to it in its order. */
static int cols_choose(struct vms_journal *journal)
{
	unsigned int i;
	int ret = 0;

	if (!journal->waiting) {
		journal->cols = anchors_new();
		if (!journal->cols)
			return -VMS_ENOMEM;
		ret = anchors_col_add(journal->cols, "guest_nth");
		return ret ? ret : anchors_col_add(journal->cols, "host_nth");
	}
	journal->cols = vms_calloc(1, sizeof(*journal->cols));
	for (i = 0; journal->cols && !ret && i < journal->waiting->cols_nr; i++)
		ret = anchors_col_add(journal->cols, journal->waiting->cols[i]);
	return journal->cols ? ret : -VMS_ENOMEM;
}

int vms_journal_open(struct vms_journal **out, const char *dir, const struct vms_trace *trace,
		     struct vms_err *err)
{
	struct vms_journal *journal = vms_calloc(1, sizeof(*journal));
	char *own = NULL;
	int ret = 0;

	if (!journal)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	journal->fd = -1;
	if (!dir) {
		own = file_user_dir("XDG_STATE_HOME", ".local/state");
		dir = own;
	}
	if (!dir)
		ret = vms_fail(err, VMS_EIO, "there is no home folder to keep a journal in");
	if (!ret)
		ret = file_make_folders(dir, err);
	if (!ret)
		ret = journal_path_make(&journal->path, dir, trace->host, err);
	if (!ret) {
		journal->index = anchors_index_new(trace);
		if (!journal->index)
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	free(own);
	if (!ret)
		ret = journal_open_locked(&journal->fd, &journal->mine, journal->path, err);
	if (!ret)
		ret = read_left(journal, err);
	if (!ret && cols_choose(journal))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret)
		vms_log(VMS_LOG_INFO, "journal", "%s: %lld bytes, %u decisions left", journal->path,
			(long long)journal->size, journal->waiting_nr);
	if (ret)
		vms_journal_close(journal);
	else
		*out = journal;
	return ret;
}

const char *vms_journal_path(const struct vms_journal *j)
{
	return j->path;
}

bool vms_journal_found_again(const struct vms_journal *journal, const struct vms_trace *trace)
{
	const char *slash = strrchr(journal->path, '/');
	char *folder = strndup(journal->path, (size_t)(slash - journal->path)), *path = NULL;
	const bool found = folder && !journal_path_make(&path, folder, trace->host, NULL) &&
			   !strcmp(path, journal->path);

	free(folder);
	free(path);
	return found;
}

const char *vms_journal_aside(const struct vms_journal *j)
{
	return j->aside;
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

int vms_journal_replay(struct vms_journal *journal, struct vms_session *s,
		       struct vms_anchors **rest, struct vms_anchors_report *r, struct vms_err *err)
{
	int ret;

	if (r)
		memset(r, 0, sizeof(*r));
	if (!journal->waiting)
		return 0;
	ret = vms_anchors_apply(s, journal->waiting, r, err);
	if (!ret && rest && vms_anchors_join(rest, journal->waiting))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the journal");
	if (!ret)
		waiting_drop(journal);
	return ret;
}

static int write_fail(const struct vms_journal *j, int why, struct vms_err *err)
{
	return vms_fail(err, VMS_EIO, "cannot write the journal %s: %s", j->path, strerror(why));
}

static int write_text(struct vms_journal *journal, const char *text, size_t size,
		      struct vms_err *err)
{
	if (!journal->failed && !file_write_all(journal->fd, text, size)) {
		const int why = errno;

		/* a torn line is cut off at the next start too, but no other may follow it */
		if (ftruncate(journal->fd, journal->size))
			journal->failed = why;
		return write_fail(journal, why, err);
	}
	if (journal->failed)
		return write_fail(journal, journal->failed, err);
	journal->size += (off_t)size;
	if (!journal->unsynced)
		(void)clock_gettime(CLOCK_MONOTONIC, &journal->since);
	journal->unsynced = true;
	vms_log(VMS_LOG_DEBUG, "journal", "%s: %zu bytes added, %lld now", journal->path, size,
		(long long)journal->size);
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

int vms_journal_append(struct vms_journal *journal, const struct vms_session *s,
		       const struct vms_change *c, struct vms_err *err)
{
	struct text text = { 0 };
	uint32_t at = 0;
	/* what waits for the disk comes first, however long this takes */
	int more = 1, ret = vms_journal_sync(journal, false, err);

	while (more > 0 && !ret) {
		text.nr = 0;
		more = anchors_change_text(&text, journal->cols, s, c, &at, journal->index);
		ret = more < 0 || text.bad
			      ? vms_fail(err, VMS_ENOMEM, "out of memory for the journal")
			      : 0;
		if (!ret && text.nr)
			ret = write_head(journal, err);
		if (!ret && text.nr)
			ret = write_text(journal, text.p, text.nr, err);
	}
	free(text.p);
	return ret;
}

int vms_journal_sync(struct vms_journal *journal, bool now, struct vms_err *err)
{
	struct timespec time;

	if (!journal->unsynced)
		return 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	if (!now && time.tv_sec - journal->since.tv_sec <= (time.tv_nsec < journal->since.tv_nsec))
		return 0;
	journal->unsynced = false;
	/* what the system could not write once it does not try again: the next time it says good */
	if (fdatasync(journal->fd) || (!journal->named && !file_sync_folder(journal->path)))
		journal->failed = errno;
	journal->named = !journal->failed;
	return journal->failed ? write_fail(journal, journal->failed, err) : 0;
}

static int cut(struct vms_journal *j, off_t size, struct vms_err *err)
{
	int why = ftruncate(j->fd, size) ? errno : 0;

	if (!why) {
		/* on the disk too: what was saved or forgotten must not be offered again */
		j->size = size;
		j->failed = why = fdatasync(j->fd) ? errno : 0;
	}
	if (why)
		return vms_fail(err, VMS_EIO, "cannot empty the journal %s: %s", j->path,
				strerror(why));
	j->mine = j->mine || !size;
	vms_log(VMS_LOG_INFO, "journal", "%s: cut to %lld bytes", j->path, (long long)size);
	return 0;
}

int vms_journal_clear(struct vms_journal *j, struct vms_err *err)
{
	return cut(j, j->waiting ? j->left_size : 0, err);
}

int vms_journal_forget(struct vms_journal *j, struct vms_err *err)
{
	char line[64];
	int ret;

	(void)snprintf(line, sizeof(line), FORGOTTEN "%lld\n", (long long)j->left_size);
	ret = j->size == j->left_size ? cut(j, 0, err) : write_text(j, line, strlen(line), err);
	if (!ret)
		waiting_drop(j);
	return ret;
}

void vms_journal_close(struct vms_journal *journal)
{
	if (!journal)
		return;
	if (journal->fd >= 0) {
		if (journal->mine && !journal->size && journal_is_at(journal->fd, journal->path))
			(void)unlink(journal->path);
		(void)close(journal->fd);
	}
	waiting_drop(journal);
	vms_anchors_free(journal->cols);
	anchors_index_free(journal->index);
	free(journal->aside);
	free(journal->path);
	free(journal);
}

void vms_journal_close_clean(struct vms_journal *j)
{
	if (j && j->fd >= 0)
		(void)vms_journal_clear(j, NULL);
	vms_journal_close(j);
}
