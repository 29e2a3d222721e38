// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The anchors file: what is written comes back, what is not understood stays, what is hostile does
 * no harm.
 */
#include "folder.h"

#include <math.h>
#include <sys/stat.h>
#include <time.h>

#include <vmsync/io/anchors.h>
#include <vmsync/io/open.h>

#include "io/anchors/anchors_impl.h"
#include "io/files/files.h"
#include "core/base/util.h"

#define COLS                                                                                       \
	"state\tguest\tvcpu\tsequence\tguest_time\tguest_cpu\tguest_event\thost_time\thost_"       \
	"cpu\thost_event\t"                                                                        \
	"host_tid\tdelay_ns\ttag"
#define ROW "accepted\tvm1\t0\tidle\t100\t0\tcpu_idle\t200\t1\tkvm_exit\t77\t12.5\tgood one"

static int row_of(struct vms_anchor *out, const struct vms_session *s,
		  const struct vms_candidate *c)
{
	struct anchors_index *x = anchors_index_new(vms_session_trace(s));
	const int ret = anchors_row_of(out, s, c, x);

	anchors_index_free(x);
	return ret;
}

static struct vms_anchors *parse(const char *text)
{
	struct vms_anchors *a = NULL;
	struct vms_err err = { 0 };

	if (vms_anchors_parse(&a, text, strlen(text), &err))
		fail_msg("%s", err.msg);
	return a;
}

static void assert_text(const struct vms_anchors *a, const char *expected)
{
	char *text = NULL;
	size_t size = 0;

	assert_int_equal(vms_anchors_format(a, &text, &size, NULL), 0);
	assert_int_equal(size, strlen(text));
	assert_string_equal(text, expected);
	free(text);
}

static void assert_refused_as(int code, const char *text, const char *why)
{
	struct vms_anchors *a = NULL;
	struct vms_err err = { 0 };

	assert_int_equal(vms_anchors_parse(&a, text, strlen(text), &err), code);
	assert_null(a);
	if (!strstr(err.msg, why))
		fail_msg("'%s' does not say '%s'", err.msg, why);
}

static void assert_refused(const char *text, const char *why)
{
	assert_refused_as(-VMS_EFORMAT, text, why);
}

TEST(a_row_is_read)
{
	struct vms_anchors *a = parse("# vmsync-anchors 1\n" COLS "\n" ROW "\n");
	const struct vms_anchor *r = a->rows;

	assert_int_equal(a->rows_nr, 1);
	assert_null(r->verbatim);
	assert_int_equal(r->state, VMS_ACCEPTED);
	assert_string_equal(r->guest, "vm1");
	assert_string_equal(r->sequence, "idle");
	assert_int_equal(r->guest_raw, 100);
	assert_int_equal(r->host_raw, 200);
	assert_int_equal(r->host_cpu, 1);
	assert_string_equal(r->guest_event, "cpu_idle");
	assert_string_equal(r->host_event, "kvm_exit");
	assert_int_equal(r->host_tid, 77);
	assert_true(r->delay_ns == 12.5);
	assert_string_equal(r->tag, "good one");
	assert_int_equal(r->line_nr, 3);
	vms_anchors_free(a);
}

TEST(whole_range_of_times_is_kept)
{
	static const char text[] = "# vmsync-anchors 1\n" COLS "\n"
				   "rejected\tvm1\t4294967295\tidle\t9223372036854775807\t429496729"
				   "5\ta\t-9223372036854775808\t0\tb\t-1\n";
	/* as earlier versions wrote it */
	static const char tabs[] = "# vmsync-anchors 1\n" COLS "\n"
				   "rejected\tvm1\t4294967295\tidle\t9223372036854775807\t429496729"
				   "5\ta\t-9223372036854775808\t0\tb\t-1\t\t\n";
	struct vms_anchors *a = parse(text), *old = parse(tabs);

	assert_true(a->rows[0].guest_raw == INT64_MAX && a->rows[0].host_raw == INT64_MIN);
	assert_true(isnan(a->rows[0].delay_ns));
	assert_text(a, text);
	assert_text(old, text);
	vms_anchors_free(old);
	vms_anchors_free(a);
}

TEST(what_is_unknown_stays)
{
	/*
	 * other order, unknown columns in it, a comment between rows, a line nobody understands, CR
	 * and an empty line
	 */
	struct vms_anchors *a =
		parse("# vmsync-anchors 1\r\n# my note\tx\ncolour\t" COLS "\tscore\n"
		      "red\\q\t" ROW "\t5\n# later\n\nwhatever this is\nblue\t" ROW);

	assert_int_equal(a->extra_nr, 2);
	assert_int_equal(a->rows_nr, 3);
	assert_non_null(a->rows[1].verbatim);
	assert_true(a->rows[1].unmatched && a->rows[1].why[0]);
	assert_text(a, "# vmsync-anchors 1\n# my note\tx\n# later\ncolour\t" COLS "\tscore\n"
		       "red\\q\t" ROW "\t5\nwhatever this is\nblue\t" ROW "\n");
	vms_anchors_free(a);
}

TEST(bad_values_are_kept_as_they_stand)
{
	static const char *const bad[] = {
		"perhaps\tvm1\t0\tidle\t100\t0\tcpu_idle\t200\t1\tkvm_exit\t77\t1\t",
		"accepted\tvm1\t-1\tidle\t100\t0\tcpu_idle\t200\t1\tkvm_exit\t77\t1\t",
		"accepted\tvm1\t0\tidle\t9223372036854775808\t0\tcpu_idle\t200\t1\tkvm_"
		"exit\t77\t1\t",
		"accepted\tvm1\t0\tidle\t0x10\t0\tcpu_idle\t200\t1\tkvm_exit\t77\t1\t",
		"accepted\tvm1\t0\tidle\t100\t0\tcpu_idle\t 200\t1\tkvm_exit\t77\t1\t",
		"accepted\tvm1\t0\tidle\t100\t0\tcpu_idle\t200\t1\tkvm_exit\tx\t1\t",
		"accepted\tvm1\t0\tidle\t100\t0\tcpu_idle\t20",
		"accepted\tvm1\t0\tidle\t100\t0\tcpu_idle\t200\t1\tkvm_exit\t77\t1\ttag\tmore",
	};
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(bad); i++) {
		char text[600];
		struct vms_anchors *a;

		(void)snprintf(text, sizeof(text), "# vmsync-anchors 1\n" COLS "\n%s\n", bad[i]);
		a = parse(text);
		assert_int_equal(a->rows_nr, 1);
		assert_non_null(a->rows[0].verbatim);
		assert_text(a, text);
		vms_anchors_free(a);
	}
}

TEST(other_files_are_refused_by_name)
{
	assert_refused("", "empty");
	assert_refused("hello\n", "not an anchors file");
	assert_refused("# vmsync-anchors x\n" COLS "\n", "not a number");
	assert_refused_as(-VMS_EUNSUP, "# vmsync-anchors 2\n" COLS "\n", "version 2");
	assert_refused("# vmsync-anchors 1\n# nothing else\n", "columns");
	assert_refused("# vmsync-anchors 1\nstate\tguest\n", "sequence");
	assert_refused("# vmsync-anchors 1\n" COLS "\ttag\n", "'tag' is there 2 times");
}

TEST(any_text_survives_a_field)
{
	struct vms_anchors *a = anchors_new(), *b;
	char tag[300], *text = NULL;
	size_t size = 0, i;
	unsigned int c;

	for (c = 1; c < 256; c++)
		tag[c - 1] = (char)c;
	(void)snprintf(tag + 255, sizeof(tag) - 255, "%s",
		       "\xc3\xa9\xf0\x9f\x98\x80\xe2\x80\xae\xc2\x9b#\\x41\\");
	a->rows = vms_calloc(1, sizeof(*a->rows));
	a->rows_nr = 1;
	a->rows[0] = (struct vms_anchor){ .guest = strdup("#vm\t1"),
					  .sequence = strdup("a\nb"),
					  .guest_event = strdup(""),
					  .host_event = strdup("\x1b[2J"),
					  .tag = strdup(tag) };
	assert_int_equal(vms_anchors_format(a, &text, &size, NULL), 0);
	/* nothing but text, tabs between fields and newlines behind lines */
	for (i = 0; i < size; i++)
		assert_true((unsigned char)text[i] >= 0x20 || text[i] == '\t' || text[i] == '\n');
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_non_null(strstr(text, "\xc3\xa9\xf0\x9f\x98\x80"));
	b = parse(text);
	assert_int_equal(b->rows_nr, 1);
	assert_string_equal(b->rows[0].guest, "#vm\t1");
	assert_string_equal(b->rows[0].sequence, "a\nb");
	assert_string_equal(b->rows[0].host_event, "\x1b[2J");
	assert_string_equal(b->rows[0].tag, tag);
	assert_text(b, text);
	free(text);
	vms_anchors_free(a);
	vms_anchors_free(b);
}

/* A line that begins with a field of '#' would be a comment when it is read again. */
TEST(a_leading_number_sign_is_no_comment)
{
	static const char text[] =
		"# vmsync-anchors "
		"1\nguest\tstate\tsequence\tguest_time\tguest_cpu\thost_time\thost_cpu"
		"\tvcpu\tguest_event\thost_event\thost_tid\tdelay_ns\ttag\n"
		"\\x23 1\taccepted\tidle\t1\t0\t2\t0\t0\ta\tb\t1\n";
	struct vms_anchors *a = parse(text);

	assert_string_equal(a->rows[0].guest, "# 1");
	assert_text(a, text);
	vms_anchors_free(a);
}

/* Cut at any byte: refused, or it reads; and what was read and written twice is the same. */
TEST(any_bytes_do_no_harm)
{
	static const char good[] =
		"# vmsync-anchors 1\n# host trace.dat id=0x1\n" COLS "\tx\n" ROW "\ty\n" ROW "\t\n";
	uint32_t seed = 99, i, k;

	for (i = 0; i < 6000; i++) {
		struct vms_anchors *a = NULL, *b = NULL;
		char text[sizeof(good)], *one = NULL, *two = NULL;
		size_t size = i < sizeof(good) ? i : sizeof(good) - 1, one_size, two_size;

		memcpy(text, good, sizeof(good));
		for (k = 0; i >= sizeof(good) && k < 1 + i % 5; k++) {
			static const char nasty[] = "\t\n\\#\r-9x\x01\xff";

			seed = seed * 1664525 + 1013904223;
			text[(seed >> 8) % size] = i % 2 ? nasty[(seed >> 3) % (sizeof(nasty) - 1)]
							 : (char)(seed >> 24);
		}
		if (vms_anchors_parse(&a, text, size, NULL))
			continue;
		assert_int_equal(vms_anchors_format(a, &one, &one_size, NULL), 0);
		assert_int_equal(vms_anchors_parse(&b, one, one_size, NULL), 0);
		assert_int_equal(a->rows_nr, b->rows_nr);
		assert_int_equal(vms_anchors_format(b, &two, &two_size, NULL), 0);
		assert_string_equal(one, two);
		free(one);
		free(two);
		vms_anchors_free(a);
		vms_anchors_free(b);
	}
}

TEST(running_out_of_memory_is_an_error)
{
	static const char text[] =
		"# vmsync-anchors 1\n# note\n" COLS "\tx\n" ROW "\ty\nbad line\n";
	unsigned long n;

	for (n = 1;; n++) {
		struct vms_anchors *a = NULL;
		char *out = NULL;
		size_t size;
		int ret;

		vms_alloc_fail_at(n);
		ret = vms_anchors_parse(&a, text, sizeof(text) - 1, NULL);
		if (!ret)
			ret = vms_anchors_format(a, &out, &size, NULL);
		vms_alloc_fail_at(0);
		assert_true(!ret || ret == -VMS_ENOMEM);
		free(out);
		vms_anchors_free(a);
		if (!ret)
			break;
	}
	assert_true(n > 20);
}

/* Files */

static void assert_file(const char *path, const char *expected)
{
	char *text = NULL;
	size_t size;

	assert_int_equal(file_read(&text, &size, path, 1 << 20, NULL), 0);
	assert_string_equal(text, expected);
	free(text);
}

TEST_IN(only_a_file_gives_way_to_the_version_before, folder_make, folder_remove)
{
	struct stat st;

	assert_int_equal(file_replace(in_folder("a"), "one\n", 4, true, NULL), 0);
	assert_int_equal(mkfifo(in_folder("a~"), 0600), 0);
	assert_int_equal(file_replace(in_folder("a"), "two\n", 4, true, NULL), -VMS_EIO);
	assert_file(in_folder("a"), "one\n");
	assert_int_equal(lstat(in_folder("a~"), &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	/* decisions go by no other command, under no name */
	assert_int_equal(unlink(in_folder("a~")), 0);
	assert_int_equal(file_spare(in_folder("a"), true, NULL), 0);
	assert_int_equal(file_replace(in_folder("a~"), "# vmsync-anchors 1\n", 19, true, NULL), 0);
	assert_int_equal(symlink("a", in_folder("link")), 0);
	assert_int_equal(file_spare(in_folder("a"), true, NULL), -VMS_EUSAGE);
	assert_int_equal(file_spare(in_folder("link"), true, NULL), -VMS_EUSAGE);
}

TEST_IN(a_file_that_is_too_large_is_not_read, folder_make, folder_remove)
{
	struct vms_err err = { 0 };
	const time_t begin = time(NULL);
	char *text = NULL;
	size_t size;

	assert_int_equal(file_replace(in_folder("a"), "one\n", 4, true, NULL), 0);
	assert_int_equal(truncate(in_folder("a"), (off_t)1 << 40), 0);
	assert_int_equal(file_read(&text, &size, in_folder("a"), (size_t)1 << 32, &err),
			 -VMS_EFORMAT);
	assert_non_null(strstr(err.msg, "is larger than"));
	assert_in_range((unsigned long)(time(NULL) - begin), 0, 2);
}

TEST_IN(the_version_before_is_kept_once, folder_make, folder_remove)
{
	struct stat st;

	assert_int_equal(file_replace(in_folder("a"), "one\n", 4, true, NULL), 0);
	assert_int_equal(access(in_folder("a~"), F_OK), -1);
	assert_int_equal(chmod(in_folder("a"), 0640), 0);
	assert_int_equal(file_replace(in_folder("a"), "two\n", 4, true, NULL), 0);
	assert_int_equal(file_replace(in_folder("a"), "three\n", 6, true, NULL), 0);
	assert_file(in_folder("a"), "three\n");
	assert_file(in_folder("a~"), "two\n");
	assert_int_equal(stat(in_folder("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	/* a symbolic link stays one */
	assert_int_equal(symlink("a", in_folder("link")), 0);
	assert_int_equal(file_replace(in_folder("link"), "four\n", 5, true, NULL), 0);
	assert_int_equal(lstat(in_folder("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_file(in_folder("a"), "four\n");
}

TEST_IN(a_failed_save_leaves_the_old_file, folder_make, folder_remove)
{
	struct vms_anchors *a = parse("# vmsync-anchors 1\n" COLS "\n" ROW "\n"), *b = NULL;
	struct vms_err err = { 0 };

	assert_int_equal(vms_anchors_save(a, in_folder("none/a"), &err), -VMS_EIO);
	assert_non_null(strstr(err.msg, "none/a"));
	assert_int_equal(vms_anchors_save(a, folder, &err), -VMS_EIO);
	assert_int_equal(vms_anchors_load(&b, in_folder("b"), &err), -VMS_EIO);
	assert_int_equal(vms_anchors_load(&b, folder, &err), -VMS_EFORMAT);
	assert_int_equal(vms_anchors_save(a, in_folder("b"), &err), 0);
	assert_int_equal(vms_anchors_load(&b, in_folder("b"), &err), 0);
	assert_text(b, "# vmsync-anchors 1\n" COLS "\n" ROW "\n");
	vms_anchors_free(a);
	vms_anchors_free(b);
}

/* With a session */

static struct vms_trace *trace_open(const char *host)
{
	struct vms_trace *t = NULL;
	struct vms_err err = { 0 };
	char buf[600];
	const char *path = unit_recording(host, buf, sizeof(buf));

	if (!path)
		skip();
	if (vms_trace_open(&t, &path, 1, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	return t;
}

static struct vms_session *session_open(const struct vms_trace *t)
{
	static const struct vms_session_opts o = { .align = { .drift_max = 500e-6 } };
	struct vms_session *s = NULL;
	struct vms_err err = { 0 };

	if (vms_session_new(&s, t, &o, &err))
		fail_msg("%s", err.msg);
	return s;
}

/* Every third pair accepted, every fifth rejected, some with a note. */
static void decide_some(struct vms_session *s, uint32_t *decided)
{
	const uint32_t nr = vms_session_candidates_nr(s);
	uint32_t *yes = malloc((nr + 1) * sizeof(*yes)), *no = malloc((nr + 1) * sizeof(*no)),
		 yes_nr = 0, no_nr = 0, i;
	uint32_t noted = 0;

	assert_true(nr > 20);
	for (i = 0; i < nr; i++) {
		if (!(i % 3))
			yes[yes_nr++] = vms_session_candidate(s, i)->id;
		else if (!(i % 5))
			no[no_nr++] = vms_session_candidate(s, i)->id;
		else if (!(i % 101))
			noted += !vms_session_set_tag(s, vms_session_candidate(s, i)->id,
						      "why\t\x1b[2J?", NULL);
	}
	assert_int_equal(vms_session_decide(s, yes, yes_nr, VMS_ACCEPTED, false, NULL, NULL), 0);
	assert_int_equal(vms_session_decide(s, no, no_nr, VMS_REJECTED, false, NULL, NULL), 0);
	free(yes);
	free(no);
	*decided = yes_nr + no_nr + noted;
}

static void assert_same_decisions(const struct vms_session *a, const struct vms_session *b)
{
	uint32_t i;

	assert_int_equal(vms_session_candidates_nr(a), vms_session_candidates_nr(b));
	for (i = 0; i < vms_session_candidates_nr(a); i++) {
		const struct vms_candidate *x = vms_session_candidate(a, i),
					   *y = vms_session_candidate(b, i);

		assert_int_equal(vms_session_state(a, x), vms_session_state(b, y));
		assert_int_equal(x->pair.stretch, y->pair.stretch);
		assert_string_equal(vms_session_note(a, x), vms_session_note(b, y));
	}
}

static void saved_and_loaded(const char *host)
{
	struct vms_trace *t = trace_open(host);
	struct vms_session *s = session_open(t), *other = session_open(t);
	struct vms_anchors *a = NULL, *b = NULL, *c = NULL, *with = NULL;
	struct vms_anchors_report r;
	char *one = NULL, *two = NULL;
	size_t size;
	uint32_t decided, i;

	decide_some(s, &decided);
	assert_int_equal(vms_anchors_from_session(&a, s, NULL, false, NULL), 0);
	assert_int_equal(a->rows_nr, decided);
	assert_int_equal(vms_anchors_format(a, &one, &size, NULL), 0);
	assert_non_null(strstr(one, "\n# program vmsync-tui "));
	assert_null(strstr(one, "\n# result "));
	assert_null(strstr(one, "\t\n"));
	assert_int_equal(vms_anchors_from_session(&with, s, NULL, true, NULL), 0);
	assert_true(with->header_nr > a->header_nr);
	assert_memory_equal(with->header[with->header_nr - 1], "# result ", 9);
	vms_anchors_free(with);
	b = parse(one);
	assert_int_equal(vms_anchors_apply(other, b, &r, NULL), 0);
	for (i = 0; i < b->rows_nr; i++)
		if (b->rows[i].unmatched)
			fail_msg("%s line %u: %s", host, b->rows[i].line_nr, b->rows[i].why);
	assert_int_equal(r.applied, decided);
	assert_int_equal(r.unmatched, 0);
	assert_false(r.other_host);
	assert_same_decisions(s, other);
	/* and written again it is the same file */
	assert_int_equal(vms_anchors_from_session(&c, other, b, false, NULL), 0);
	assert_int_equal(vms_anchors_format(c, &two, &size, NULL), 0);
	assert_string_equal(one, two);
	print_message("# %s: %u decisions\n", host, decided);
	free(one);
	free(two);
	vms_anchors_free(a);
	vms_anchors_free(b);
	vms_anchors_free(c);
	vms_session_free(s);
	vms_session_free(other);
	vms_trace_free(t);
}

TEST(decisions_come_back_from_a_file)
{
	saved_and_loaded("01-demo.dat");
}

/* Two guests with names of their own; times that go back in the middle of a CPU. */
TEST(decisions_come_back_in_odd_recordings)
{
	saved_and_loaded("05-two-guests.dat");
	saved_and_loaded("12c-tsc-step-and-back.dat");
	saved_and_loaded("30-arm64.dat");
}

TEST(what_matches_nothing_is_said_and_kept)
{
	struct vms_trace *t = trace_open("01-demo.dat");
	struct vms_session *s = session_open(t);
	static const char text[] =
		"# vmsync-anchors 1\n# host x id=0x1 clock=local\n# by hand\n" COLS "\tscore\n"
		"accepted\tnobody\t0\tidle\t100\t0\tcpu_idle\t200\t1\tkvm_exit\t77\t12.5\tgood "
		"one\t5\n"
		"accepted\tvm1\t0\tno-such\t100\t0\tcpu_idle\t200\t1\tkvm_exit\t77\t12.5\t\t6\n"
		"accepted\tvm1\t0\tidle\t100\t0\tcpu_idle\t200\t1\tkvm_exit\t77\t12.5\t\t7\n"
		"accepted\tvm1\t0\tidle\t100\t9\tcpu_idle\t200\t1\tkvm_exit\t77\t12."
		"5\t\t8\nnonsense\n";
	struct vms_anchors *a = parse(text), *b = NULL;
	struct vms_anchors_report r;
	struct vms_anchor row;
	struct text line = { 0 };
	char *out = NULL;
	size_t size;
	uint32_t i;

	/* one row that does match, with a value in the unknown column */
	assert_int_equal(row_of(&row, s, vms_session_candidate(s, 3)), 0);
	row.state = VMS_REJECTED;
	a->rows = realloc(a->rows, (a->rows_nr + 1) * sizeof(row));
	row.extra = calloc(1, sizeof(char *));
	row.extra[0] = strdup("9");
	a->rows[a->rows_nr++] = row;
	assert_int_equal(vms_anchors_apply(s, a, &r, NULL), 0);
	assert_int_equal(r.applied, 1);
	assert_int_equal(r.unmatched, 5);
	assert_true(r.other_host);
	for (i = 0; i < 5; i++)
		assert_true(a->rows[i].unmatched && a->rows[i].why[0]);
	assert_non_null(strstr(a->rows[0].why, "nobody"));
	assert_non_null(strstr(a->rows[1].why, "no-such"));
	assert_int_equal(vms_session_state(s, vms_session_candidate(s, 3)), VMS_REJECTED);

	assert_int_equal(vms_anchors_from_session(&b, s, a, false, NULL), 0);
	assert_int_equal(vms_anchors_format(b, &out, &size, NULL), 0);
	assert_non_null(strstr(out, "\n# by hand\n"));
	assert_null(strstr(out, "# host x"));
	assert_non_null(strstr(out, "\tgood one\t5\n"));
	assert_non_null(strstr(out, "\t8\nnonsense\n"));
	anchors_row_text(&line, a, &a->rows[5]);
	assert_non_null(strstr(out, line.p));
	free(line.p);
	free(out);
	vms_anchors_free(a);
	vms_anchors_free(b);
	vms_session_free(s);
	vms_trace_free(t);
}

/* The trace id in the header finds a guest that was given another name since. */
TEST(a_renamed_guest_is_found_by_its_id)
{
	struct vms_trace *t = trace_open("01-demo.dat");
	struct vms_session *s = session_open(t);
	struct vms_anchors *a;
	struct vms_anchor row;
	struct vms_pair pair;
	char text[200];

	(void)snprintf(text, sizeof(text),
		       "# vmsync-anchors 1\n# guest old\\x20name id=0x%llx\n" COLS "\n",
		       (unsigned long long)t->guests[0].stream->trace_id);
	a = parse(text);
	assert_int_equal(row_of(&row, s, vms_session_candidate(s, 0)), 0);
	free(row.guest);
	row.guest = strdup("old name");
	assert_int_equal(vms_anchor_pair(&pair, &row, a, s, NULL), 0);
	assert_true(vms_ref_same(pair.guest_ev, vms_session_candidate(s, 0)->pair.guest_ev));
	assert_true(vms_ref_same(pair.host_ev, vms_session_candidate(s, 0)->pair.host_ev));
	assert_int_equal(vms_anchor_pair(&pair, &row, NULL, s, NULL), -VMS_ENODATA);
	row.guest_nth = 1; /* there is one such event at this time, not two */
	assert_int_equal(vms_anchor_pair(&pair, &row, a, s, NULL), -VMS_ENODATA);
	vms_anchor_clear(&row);
	vms_anchors_free(a);
	vms_session_free(s);
	vms_trace_free(t);
}

UNIT_MAIN(NULL, NULL)
