// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The journal: decisions come back after a kill, taken back ones too; one process a recording; a
 * torn end costs a line.
 */
#include "io/anchors/journal.h"
#include "folder.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <vmsync/io/open.h>

#include "io/files/files.h"
#include "core/base/util.h"

static struct vms_trace *trace;

static int trace_load(void **state)
{
	struct vms_err err = { 0 };
	char buf[600];
	const char *path = unit_recording("01-demo.dat", buf, sizeof(buf));

	(void)state;
	if (!path)
		return 0;
	if (vms_trace_open(&trace, &path, 1, NULL, NULL, &err)) {
		print_error("%s\n", err.msg);
		return 1;
	}
	return 0;
}

static int trace_unload(void **state)
{
	(void)state;
	vms_trace_free(trace);
	return 0;
}

static struct vms_session *session_open(void)
{
	static const struct vms_session_opts o = { .align = { .drift_max = 500e-6 } };
	struct vms_session *s = NULL;
	struct vms_err err = { 0 };

	if (!trace)
		skip();
	if (vms_session_new(&s, trace, &o, &err))
		fail_msg("%s", err.msg);
	return s;
}

static struct vms_journal *journal_open(void)
{
	struct vms_journal *j = NULL;
	struct vms_err err = { 0 };

	if (!trace)
		skip();
	if (vms_journal_open(&j, folder, trace, &err))
		fail_msg("%s", err.msg);
	return j;
}

/* What the application does: each change goes to the journal. */
struct link {
	struct vms_session *s;
	struct vms_journal *j;
};

static void observer(void *user, const struct vms_session *s, const struct vms_change *c)
{
	const struct link *l = user;

	assert_int_equal(vms_journal_append(l->j, s, c, NULL), 0);
}

/* A line of the candidate as it is now. */
static int append(struct vms_journal *j, const struct vms_session *s, uint32_t i,
		  struct vms_err *err)
{
	struct vms_decided of = { .id = vms_session_candidate(s, i)->id };
	const struct vms_change c = { .kind = VMS_CHANGE_PAIRS, .pairs = { &of, 1 } };

	return vms_journal_append(j, s, &c, err);
}

static uint32_t id_at(const struct vms_session *s, uint32_t i)
{
	return vms_session_candidate(s, i)->id;
}

static void decide(struct vms_session *s, uint32_t i, enum vms_state state)
{
	const uint32_t id = id_at(s, i);

	assert_int_equal(vms_session_decide(s, &id, 1, state, false, NULL, NULL), 0);
}

/* A session of its own that decides, takes back, notes. Five pairs are touched. */
static void work(struct link *l)
{
	uint32_t many[2] = { id_at(l->s, 30), id_at(l->s, 31) };

	vms_session_observe(l->s, observer, l);
	decide(l->s, 10, VMS_ACCEPTED);
	decide(l->s, 20, VMS_ACCEPTED);
	assert_int_equal(vms_session_undo(l->s, NULL, NULL), 0);
	decide(l->s, 11, VMS_REJECTED);
	decide(l->s, 11, VMS_ACCEPTED);
	assert_int_equal(vms_session_set_tag(l->s, id_at(l->s, 10), "a\tnote\n", NULL), 0);
	assert_int_equal(vms_session_decide(l->s, many, 2, VMS_REJECTED, false, NULL, NULL), 0);
	assert_int_equal(vms_session_undo(l->s, NULL, NULL), 0);
	assert_int_equal(vms_session_redo(l->s, NULL, NULL), 0);
	vms_session_observe(l->s, NULL, NULL);
}

static void assert_same(const struct vms_session *a, const struct vms_session *b)
{
	uint32_t i;

	assert_int_equal(vms_session_candidates_nr(a), vms_session_candidates_nr(b));
	for (i = 0; i < vms_session_candidates_nr(a); i++) {
		const struct vms_candidate *x = vms_session_candidate(a, i),
					   *y = vms_session_candidate(b, i);

		assert_int_equal(vms_session_state(a, x), vms_session_state(b, y));
		assert_string_equal(vms_session_note(a, x), vms_session_note(b, y));
	}
}

/* The real thing: the process is killed in the middle. */
TEST_IN(decisions_survive_a_kill, folder_make, folder_remove)
{
	struct vms_session *s = session_open(), *other;
	struct vms_anchors_report r;
	struct vms_journal *j;
	struct link l;
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		l = (struct link){ .s = s, .j = journal_open() };
		work(&l);
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));

	other = session_open();
	j = journal_open();
	assert_int_equal(vms_journal_pending(j), 5);
	assert_int_equal(vms_journal_replay(j, other, NULL, &r, NULL), 0);
	assert_int_equal(r.unmatched, 0);
	assert_int_equal(vms_journal_pending(j), 0);
	vms_journal_close(j);
	/* the same work without journal or kill */
	j = journal_open();
	l = (struct link){ .s = s, .j = j };
	work(&l);
	assert_same(s, other);
	assert_int_equal(vms_session_state(other, vms_session_candidate(other, 20)), VMS_UNDECIDED);
	assert_int_equal(vms_session_state(other, vms_session_candidate(other, 11)), VMS_ACCEPTED);
	vms_journal_close_clean(j);
	vms_session_free(s);
	vms_session_free(other);
}

TEST_IN(a_clean_quit_leaves_nothing, folder_make, folder_remove)
{
	struct vms_session *s = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };
	char path[300];

	(void)snprintf(path, sizeof(path), "%s", vms_journal_path(j));
	assert_int_equal(vms_journal_pending(j), 0);
	work(&l);
	assert_int_equal(access(path, F_OK), 0);
	vms_journal_close_clean(j);
	assert_int_equal(access(path, F_OK), -1);
	vms_journal_close(journal_open()); /* nor does one that only looked */
	assert_int_equal(access(path, F_OK), -1);
	vms_session_free(s);
}

TEST_IN(a_save_empties_it, folder_make, folder_remove)
{
	struct vms_session *s = session_open(), *other = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };

	work(&l);
	assert_int_equal(vms_journal_clear(j, NULL), 0);
	vms_session_observe(s, observer, &l);
	decide(s, 40, VMS_REJECTED);
	vms_journal_close(j);
	j = journal_open();
	assert_int_equal(vms_journal_pending(j), 1);
	assert_int_equal(vms_journal_replay(j, other, NULL, NULL, NULL), 0);
	assert_int_equal(vms_session_state(other, vms_session_candidate(other, 40)), VMS_REJECTED);
	assert_int_equal(vms_session_state(other, vms_session_candidate(other, 10)), VMS_UNDECIDED);
	vms_journal_close_clean(j);
	vms_session_free(s);
	vms_session_free(other);
}

/* The last word of each sequence holds, and counts once. */
TEST_IN(a_muted_sequence_is_remembered, folder_make, folder_remove)
{
	struct vms_session *s = session_open(), *other = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };
	const unsigned int seq = vms_session_candidate(s, 0)->pair.seq;
	unsigned int k = 0;
	uint32_t i = 0;

	while (vms_session_candidate(s, i)->pair.seq == seq)
		i++;
	k = vms_session_candidate(s, i)->pair.seq;
	vms_session_observe(s, observer, &l);
	assert_int_equal(vms_session_mute(s, seq, true, NULL), 0);
	assert_int_equal(vms_session_mute(s, k, true, NULL), 0);
	assert_int_equal(vms_session_undo(s, NULL, NULL), 0);
	vms_journal_close(j);
	j = journal_open();
	assert_int_equal(vms_journal_pending(j), 2);
	assert_int_equal(vms_journal_replay(j, other, NULL, NULL, NULL), 0);
	assert_false(vms_session_catalogue(other)->seqs[seq].enabled);
	assert_true(vms_session_catalogue(other)->seqs[k].enabled);
	assert_same(s, other);
	vms_journal_close_clean(j);
	vms_session_free(s);
	vms_session_free(other);
}

static const char own[] = "sequence own\n\thelp of \"a\" person\n\tdirection guest-to-host\n"
			  "\ttake last\n\tguest hrtimer_start\n\thost kvm_exit isa=svm\n";
static const char renamed[] = "sequence renamed\n\tdirection guest-to-host\n\ttake outermost\n"
			      "\tguest hrtimer_start\n\tguest cpu_idle\n\thost kvm_exit\n";

/* So is what sequences are, whatever they were called, and that one is there no more. */
TEST_IN(own_sequences_are_remembered, folder_make, folder_remove)
{
	struct vms_session *s = session_open(), *other = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };
	const unsigned int begun_nr = vms_session_catalogue(s)->seqs_nr;
	uint32_t id;

	vms_session_observe(s, observer, &l);
	assert_int_equal(vms_session_set_sequence(s, VMS_SEQUENCE_NEW, own, NULL), 0);
	assert_int_equal(vms_session_set_sequence(s, 3, NULL, NULL), 0);
	assert_int_equal(vms_session_set_sequence(s, begun_nr, renamed, NULL), 0);
	for (id = 0; vms_session_candidate(s, id)->pair.seq != begun_nr; id++)
		;
	id = vms_session_candidate(s, id)->id;
	assert_int_equal(vms_session_decide(s, &id, 1, VMS_ACCEPTED, false, NULL, NULL), 0);
	vms_journal_close(j);
	j = journal_open();
	assert_int_equal(vms_journal_replay(j, other, NULL, NULL, NULL), 0);
	assert_same(s, other);
	assert_true(vms_session_catalogue(other)->seqs[3].removed);
	assert_string_equal(vms_session_catalogue(other)->seqs[begun_nr].name, "renamed");
	assert_string_equal(vms_session_sequence_key(s, begun_nr), "own");
	vms_journal_close_clean(j);
	vms_session_free(s);
	vms_session_free(other);
}

/* So are cuts of the offset, and that they were taken back. */
TEST_IN(cuts_are_remembered, folder_make, folder_remove)
{
	struct vms_session *s = session_open(), *other = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };
	struct vms_cuts cuts = { .nr = 1, .estimator = VMS_EST_MIDPOINT };
	int way;

	cuts.at_raw[0] = vms_session_candidate(s, vms_session_candidates_nr(s) / 2)->pair.host_raw;
	vms_session_observe(s, observer, &l);
	assert_int_equal(vms_session_set_cuts(s, &cuts, NULL), 0);
	for (way = 0; way < 2; way++) {
		vms_journal_close(j);
		j = journal_open();
		l.j = j;
		assert_int_equal(vms_journal_pending(j), 1);
		assert_int_equal(vms_journal_replay(j, other, NULL, NULL, NULL), 0);
		assert_int_equal(vms_session_cuts(other)->nr, way ? 0 : 1);
		if (!way) {
			assert_int_equal(vms_session_cuts(other)->at_raw[0], cuts.at_raw[0]);
			assert_int_equal(vms_session_undo(s, NULL, NULL), 0);
		}
	}
	vms_journal_close_clean(j);
	vms_session_free(s);
	vms_session_free(other);
}

/* Cut anywhere: as many decisions as whole lines, and later ones go on behind a whole line. */
TEST_IN(a_torn_end_costs_one_line, folder_make, folder_remove)
{
	struct vms_session *s = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };
	char path[300], *text = NULL, *again = NULL;
	size_t size, cut, again_size;
	uint32_t last = 0;

	(void)snprintf(path, sizeof(path), "%s", vms_journal_path(j));
	work(&l);
	vms_journal_close(j);
	assert_int_equal(file_read(&text, &size, path, 1 << 20, NULL), 0);
	for (cut = 0; cut <= size; cut += 7) {
		assert_int_equal(file_replace(path, text, cut, false, NULL), 0);
		j = journal_open();
		assert_in_range(vms_journal_pending(j), last, 5);
		last = vms_journal_pending(j);
		assert_int_equal(append(j, s, 10, NULL), 0);
		vms_journal_close(j);
		j = journal_open();
		assert_in_range(vms_journal_pending(j), last ? last : 1, last + 1);
		vms_journal_close(j);
		assert_int_equal(file_read(&again, &again_size, path, 1 << 20, NULL), 0);
		assert_int_equal(again[again_size - 1], '\n');
		free(again);
	}
	free(text);
	vms_session_free(s);
}

/* Bytes of the journal as it is, without its process; owned by the caller. */
static char *bytes_of(const char *path, size_t *size)
{
	char *text = NULL;

	assert_int_equal(file_read(&text, size, path, 1 << 20, NULL), 0);
	return text;
}

/* Puts bytes where the journal of the recording is. Return: its path */
static const char *put_journal(const char *text, size_t size)
{
	static char path[300];
	struct vms_journal *j = journal_open();

	(void)snprintf(path, sizeof(path), "%s", vms_journal_path(j));
	vms_journal_close(j);
	assert_int_equal(file_replace(path, text, size, false, NULL), 0);
	return path;
}

/* What is there stays byte by byte, whatever kept it from being opened. */
static void assert_refused(int code, const char *path, const char *why)
{
	struct vms_journal *j = NULL;
	struct vms_err err = { 0 };
	struct stat before, after;

	assert_int_equal(lstat(path, &before), 0);
	assert_int_equal(vms_journal_open(&j, folder, trace, &err), code);
	assert_null(j);
	if (!strstr(err.msg, why))
		fail_msg("'%s' does not say '%s'", err.msg, why);
	assert_int_equal(lstat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_size, before.st_size);
}

TEST_IN(a_second_process_leaves_it_alone, folder_make, folder_remove)
{
	struct vms_session *s = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };

	/* a lock belongs to the open file: a second open of this process is as another one's */
	assert_refused(-VMS_EUSAGE, vms_journal_path(j), "another vmsync-tui");
	work(&l);
	assert_refused(-VMS_EUSAGE, vms_journal_path(j), "another vmsync-tui");
	vms_journal_close(j);
	j = journal_open();
	assert_int_equal(vms_journal_pending(j), 5);
	vms_journal_close(j);
	vms_session_free(s);
}

TEST_IN(what_is_no_file_stays, folder_make, folder_remove)
{
	const char *path = put_journal("", 0);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(-VMS_EIO, path, "not a regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_refused(-VMS_EIO, path, "cannot open");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(-VMS_EIO, path, "cannot open");
}

/* Also with zeros behind it, as a power cut leaves them. */
TEST_IN(one_of_a_later_version_stays, folder_make, folder_remove)
{
	static const char later[64] = "# vmsync-anchors 2\nwhatever\n";
	const size_t sizes[] = { strlen(later), sizeof(later) };
	const char *path;
	size_t i, size;
	char *text;

	for (i = 0; i < 2; i++) {
		path = put_journal(later, sizes[i]);
		assert_refused(-VMS_EUNSUP, path, "later");
		text = bytes_of(path, &size);
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(text, later, size);
		free(text);
		assert_int_equal(unlink(path), 0);
	}
}

/* Also a second time: neither of the two is lost. */
TEST_IN(a_damaged_one_is_copied_aside, folder_make, folder_remove)
{
	static const char *const damaged[] = { "\x7f"
					       "ELF\nxyz\n",
					       "not this either\n" };
	struct vms_session *s = session_open();
	struct vms_journal *j;
	char aside[400];
	size_t i, size;
	char *text;

	for (i = 0; i < 2; i++) {
		(void)put_journal(damaged[i], strlen(damaged[i]));
		j = journal_open();
		assert_int_equal(vms_journal_pending(j), 0);
		assert_int_equal(append(j, s, 0, NULL), 0);
		(void)snprintf(aside, sizeof(aside), "%s.damaged%s", vms_journal_path(j),
			       i ? "-2" : "");
		assert_string_equal(vms_journal_aside(j), aside);
		vms_journal_close(j);
		text = bytes_of(aside, &size);
		assert_string_equal(text, damaged[i]);
		free(text);
		j = journal_open();
		assert_null(vms_journal_aside(j));
		assert_int_equal(vms_journal_pending(j), 1);
		vms_journal_close_clean(j);
	}
	vms_session_free(s);
}

/* As power cuts leave files: what reached the disk before the zeros counts. */
TEST_IN(zeros_at_the_end_cost_what_they_cover, folder_make, folder_remove)
{
	static const char zeros[512];
	struct vms_session *s = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };
	char path[300], both[8192];
	size_t size;
	char *text;

	(void)snprintf(path, sizeof(path), "%s", vms_journal_path(j));
	work(&l);
	vms_journal_close(j);
	text = bytes_of(path, &size);
	assert_true(size + sizeof(zeros) < sizeof(both));
	memcpy(both, text, size);
	memcpy(both + size, zeros, sizeof(zeros));
	free(text);
	(void)put_journal(both, size + sizeof(zeros));
	j = journal_open();
	assert_int_equal(vms_journal_pending(j), 5);
	assert_non_null(vms_journal_aside(j));
	vms_journal_close(j);
	vms_session_free(s);
}

/* Asked and put off: neither a save nor a quit takes it, and it is offered again. */
TEST_IN(what_is_put_off_stays, folder_make, folder_remove)
{
	struct vms_session *s = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };

	work(&l);
	vms_journal_close(j);
	l.j = j = journal_open();
	vms_session_observe(s, observer, &l);
	decide(s, 50, VMS_ACCEPTED);
	assert_int_equal(vms_journal_clear(j, NULL), 0); /* saved */
	decide(s, 51, VMS_ACCEPTED);
	assert_int_equal(vms_journal_pending(j), 5);
	vms_journal_close_clean(j);
	j = journal_open();
	assert_int_equal(vms_journal_pending(j), 5);
	vms_journal_close(j);
	vms_session_free(s);
}

/* Forgotten by name: what was decided since is not. */
TEST_IN(what_is_forgotten_goes_alone, folder_make, folder_remove)
{
	struct vms_session *s = session_open(), *other = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = s, .j = j };

	work(&l);
	vms_journal_close(j);
	l.j = j = journal_open();
	vms_session_observe(s, observer, &l);
	decide(s, 50, VMS_ACCEPTED);
	assert_int_equal(vms_journal_forget(j, NULL), 0);
	assert_int_equal(vms_journal_pending(j), 0);
	decide(s, 51, VMS_REJECTED);
	vms_journal_close(j); /* killed */
	j = journal_open();
	assert_int_equal(vms_journal_pending(j), 2);
	assert_int_equal(vms_journal_replay(j, other, NULL, NULL, NULL), 0);
	assert_int_equal(vms_session_state(other, vms_session_candidate(other, 50)), VMS_ACCEPTED);
	assert_int_equal(vms_session_state(other, vms_session_candidate(other, 51)), VMS_REJECTED);
	assert_int_equal(vms_session_state(other, vms_session_candidate(other, 10)), VMS_UNDECIDED);
	vms_journal_close_clean(j);
	assert_int_equal(access(folder, F_OK), 0);
	vms_session_free(s);
	vms_session_free(other);
}

/* A copy with the same trace id that was patched is another recording. */
TEST_IN(a_patched_copy_has_its_own, folder_make, folder_remove)
{
	struct vms_journal *j = journal_open(), *of_copy = NULL;
	struct vms_trace patched = *trace;
	struct vms_stream host = *trace->host;
	size_t size;
	char *text = NULL;

	assert_int_equal(file_read(&text, &size, host.path, 1 << 24, NULL), 0);
	text[200] ^= 1;
	assert_int_equal(file_replace(in_folder("copy.dat"), text, size, false, NULL), 0);
	free(text);
	host.path = (char *)in_folder("copy.dat");
	patched.host = &host;
	assert_int_equal(vms_journal_open(&of_copy, folder, &patched, NULL), 0);
	assert_string_not_equal(vms_journal_path(of_copy), vms_journal_path(j));
	vms_journal_close(of_copy);
	vms_journal_close(j);
}

TEST_IN(the_folder_is_made_and_its_absence_said, folder_make, folder_remove)
{
	struct vms_session *s = session_open();
	struct vms_journal *j = NULL;
	struct vms_err err = { 0 };
	char deep[sizeof(folder) + 16];

	assert_int_equal(vms_journal_open(&j, "/proc/none", trace, &err), -VMS_EIO);
	assert_non_null(strstr(err.msg, "/proc/none"));
	(void)snprintf(deep, sizeof(deep), "%s/a/b", folder);
	assert_int_equal(vms_journal_open(&j, deep, trace, &err), 0);
	vms_journal_close_clean(j);
	(void)snprintf(deep, sizeof(deep), "%s/c", folder);
	assert_int_equal(setenv("XDG_STATE_HOME", deep, 1), 0);
	assert_int_equal(vms_journal_open(&j, NULL, trace, &err), 0);
	assert_memory_equal(vms_journal_path(j), deep, strlen(deep));
	assert_non_null(strstr(vms_journal_path(j), "/vmsync-tui/"));
	vms_journal_close_clean(j);
	vms_session_free(s);
}

TEST_IN(a_full_disk_is_an_error_and_leaves_whole_lines, folder_make, folder_remove)
{
	struct vms_session *s = session_open();
	struct vms_err err = { 0 };
	struct vms_anchors_report r;
	struct vms_journal *j;
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		struct rlimit full = { 1500, RLIM_INFINITY };
		uint32_t i;
		int ret = 0;

		(void)signal(SIGXFSZ, SIG_IGN);
		(void)setrlimit(RLIMIT_FSIZE, &full);
		j = journal_open();
		for (i = 0; i < 100 && !ret; i++)
			ret = append(j, s, i, &err);
		if (ret != -VMS_EIO || !strstr(err.msg, "journal"))
			_exit(1);
		/* room was made: what follows begins on a line of its own */
		full.rlim_cur = RLIM_INFINITY;
		(void)setrlimit(RLIMIT_FSIZE, &full);
		_exit(append(j, s, 200, &err) ? 2 : 42);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	j = journal_open();
	assert_in_range(vms_journal_pending(j), 2, 99);
	assert_int_equal(vms_journal_replay(j, s, NULL, &r, NULL), 0);
	assert_int_equal(r.unmatched, 0);
	vms_journal_close_clean(j);
	vms_session_free(s);
}

static int first_half(void *user, const struct vms_clock *clock, int64_t first_raw,
		      int64_t last_raw, int64_t *from_raw, int64_t *to_raw, struct vms_err *err)
{
	(void)user;
	(void)clock;
	(void)err;
	*from_raw = first_raw;
	*to_raw = first_raw + (last_raw - first_raw) / 2;
	return 0;
}

/* Decisions on what lies beyond the part that is open wait in what is saved of it. */
TEST_IN(a_part_keeps_what_lies_beyond_it, folder_make, folder_remove)
{
	const struct vms_open_how how = { .range = first_half };
	struct vms_session *whole = session_open(), *part = NULL, *again = session_open();
	struct vms_journal *j = journal_open();
	struct link l = { .s = whole, .j = j };
	struct vms_anchors *rest = NULL, *out = NULL;
	struct vms_trace *half = NULL;
	struct vms_anchors_report r;
	const uint32_t nr = vms_session_candidates_nr(whole);
	const char *path = trace->host->path;
	uint32_t i;

	vms_session_observe(whole, observer, &l);
	for (i = 0; i < nr; i += nr / 40) {
		decide(whole, i, i % 3 ? VMS_ACCEPTED : VMS_REJECTED);
		decide(whole, i, VMS_ACCEPTED);
	}
	vms_session_observe(whole, NULL, NULL);
	vms_journal_close(j);
	assert_int_equal(vms_trace_open(&half, &path, 1, &how, NULL, NULL), 0);
	assert_int_equal(vms_session_new(&part, half, NULL, NULL), 0);
	assert_int_equal(vms_journal_open(&j, folder, half, NULL), 0);
	assert_int_equal(vms_journal_replay(j, part, &rest, &r, NULL), 0);
	assert_true(r.applied > 10 && r.unmatched > 10);
	assert_int_equal(vms_anchors_from_session(&out, part, rest, false, NULL), 0);
	assert_int_equal(vms_anchors_apply(again, out, &r, NULL), 0);
	assert_int_equal(r.unmatched, 0);
	assert_same(whole, again);
	vms_journal_close_clean(j);
	vms_anchors_free(rest);
	vms_anchors_free(out);
	vms_session_free(again);
	vms_session_free(part);
	vms_session_free(whole);
	vms_trace_free(half);
}

UNIT_MAIN(trace_load, trace_unload)
