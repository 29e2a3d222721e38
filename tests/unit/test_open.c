// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Opening recordings: which file is what, what is found beside it, and refusals that say what to
 * record.
 */
#include "folder.h"

#include <math.h>

#include <vmsync/io/open.h>

#include "io/open/siblings.h"
#include "core/base/util.h"

static const char *path_of(const char *name, char *buf, size_t size)
{
	const char *p = unit_recording(name, buf, size);

	if (!p)
		skip();
	return p;
}

static struct vms_trace *open_files(const char *a, const char *b)
{
	char buf[2][512];
	const char *paths[2];
	struct vms_trace *t = NULL;
	struct vms_err err = { 0 };

	paths[0] = path_of(a, buf[0], sizeof(buf[0]));
	paths[1] = b ? path_of(b, buf[1], sizeof(buf[1])) : NULL;
	if (vms_trace_open(&t, paths, b ? 2 : 1, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	return t;
}

static void refuse_path(const char *path, int code, const char *word)
{
	struct vms_trace *t = NULL;
	struct vms_err err = { 0 };

	assert_int_equal(vms_trace_open(&t, &path, 1, NULL, NULL, &err), -code);
	assert_null(t);
	if (!strstr(err.msg, word))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, word);
	assert_null(strchr(err.msg, '\n'));
}

TEST(any_file_opens_the_recording)
{
	static const char *const ways[][2] = {
		{ "01-demo.dat", NULL },
		{ "01-demo-vm1.dat", NULL },
		{ "01-demo.dat", "01-demo-vm1.dat" },
		{ "01-demo-vm1.dat", "01-demo.dat" },
	};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct vms_trace *t = open_files(ways[i][0], ways[i][1]);

		assert_int_equal(t->host->events_nr, 31373);
		assert_int_equal(t->guests_nr, 1);
		assert_int_equal(t->guests[0].stream->events_nr, 7822);
		assert_string_equal(t->guests[0].stream->name, "vm1");
		assert_true(t->guests[0].ids_match);
		assert_ptr_equal(t->guests[0].decl, &t->host->decls[0]);
		vms_trace_free(t);
	}
}

/* conversions keep the ids: of several files with them the one of the same name is taken */
TEST(conversions_are_told_apart)
{
	struct vms_trace *t = open_files("10-zlib.dat", NULL);

	assert_int_equal(t->guests_nr, 1);
	assert_string_equal(t->guests[0].stream->compression, "zlib");
	vms_trace_free(t);
}

TEST(names_link_where_ids_do_not)
{
	static const char *const ways[][2] = {
		{ "03-nosync.dat", NULL },
		{ "03-nosync-vm1.dat", NULL },
		{ "03-nosync-vm1.dat", "03-nosync.dat" },
	};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct vms_trace *t = open_files(ways[i][0], ways[i][1]);

		assert_int_equal(t->host->events_nr, 94965);
		assert_int_equal(t->guests_nr, 1);
		assert_string_equal(t->guests[0].stream->name, "vm1");
		assert_false(t->guests[0].ids_match);
		vms_trace_free(t);
	}
}

TEST(guest_without_a_name_takes_the_files)
{
	struct vms_trace *t = open_files("90-intel.dat", NULL);

	assert_string_equal(t->guests[0].stream->name, "Salamander4");
	assert_true(t->guests[0].ids_match);
	assert_int_equal(t->host->clock.rate_from, VMS_RATE_TSC2NSEC);
	vms_trace_free(t);
}

TEST(a_host_alone_is_a_recording_without_guests)
{
	struct vms_trace *t = open_files("15-host-only.dat", NULL);

	assert_int_equal(t->guests_nr, 0);
	assert_true(t->host->events_nr > 0);
	vms_trace_free(t);
}

TEST(refusals)
{
	char buf[512];

	refuse_path(path_of("14-no-kvm-events.dat", buf, sizeof(buf)), VMS_ENODATA,
		    "record -e kvm");
	refuse_path(path_of("16-guest-only-vm1.dat", buf, sizeof(buf)), VMS_ENODATA, "record -A");
	refuse_path("/", VMS_EFORMAT, "directory");
	refuse_path("/dev/null", VMS_EFORMAT, "regular file");
	refuse_path("/no/such/file.dat", VMS_EIO, "No such file");
	refuse_path(__FILE__, access(__FILE__, R_OK) ? VMS_EIO : VMS_EUNSUP, "");
}

/* A guest whose host's file is there but cannot be read: nobody is told to record again. */
TEST_IN(a_host_that_cannot_be_read_is_named, folder_make, folder_remove)
{
	char from[512];
	const char *to = in_folder("r-vm1.dat"), *host = in_folder("r.dat");

	/* what may not be read looks the same to who may read everything */
	assert_int_equal(symlink(path_of("01-demo-vm1.dat", from, sizeof(from)), to), 0);
	assert_int_equal(symlink("r.dat", host), 0);
	refuse_path(to, VMS_EIO, "r.dat: Too many");
	assert_int_equal(unlink(host), 0);
	refuse_path(to, VMS_ENODATA, "not beside it");
}

/* The first bytes of a recording, as of a copy that broke off. */
static void copy_cut(const char *name, const char *to)
{
	char from[512], bytes[30000];
	FILE *stream = fopen(path_of(name, from, sizeof(from)), "rb");

	assert_non_null(stream);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), stream), sizeof(bytes));
	assert_int_equal(fclose(stream), 0);
	stream = fopen(to, "wbe");
	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, sizeof(bytes), stream), sizeof(bytes));
	assert_int_equal(fclose(stream), 0);
}

/* A damaged file that is a guest's by its name, or by the id that is left of it, is named. */
TEST_IN(a_guest_that_cannot_be_read_is_named, folder_make, folder_remove)
{
	static const char *const names[] = { "r-vm1.dat", "by-id.dat" };
	char from[512];
	const char *host;
	size_t i;

	(void)put_file("r-notes.dat", "no recording");
	host = in_folder("r.dat");
	assert_int_equal(symlink(path_of("01-demo.dat", from, sizeof(from)), host), 0);
	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		const char *const guest = in_folder(names[i]);
		struct vms_trace *trace = NULL;

		copy_cut("01-demo-vm1.dat", guest);
		assert_int_equal(vms_trace_open(&trace, &host, 1, NULL, NULL, NULL), 0);
		assert_int_equal(trace->guests_nr, 0);
		assert_int_equal(trace->unread_nr, 1);
		assert_non_null(strstr(trace->unread[0], names[i]));
		assert_non_null(strstr(trace->unread[0], "cut short"));
		vms_trace_free(trace);
		assert_int_equal(unlink(guest), 0);
	}
}

/* Only where it is the host's own guest by its name: of another one nothing is missing. */
TEST_IN(a_damaged_copy_of_a_whole_guest_is_noted, folder_make, folder_remove)
{
	static const char *const names[] = { "r-vm1.dat", "by-id.dat" };
	char from[512];
	unsigned int i;

	assert_int_equal(symlink(path_of("01-demo.dat", from, sizeof(from)), in_folder("r.dat")),
			 0);
	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		const char *const host = in_folder("r.dat"), *const whole = in_folder(names[i]),
				  *const cut = in_folder(names[!i]);
		struct vms_trace *trace = NULL;

		assert_int_equal(symlink(path_of("01-demo-vm1.dat", from, sizeof(from)), whole), 0);
		copy_cut("01-demo-vm1.dat", cut);
		assert_int_equal(vms_trace_open(&trace, &host, 1, NULL, NULL, NULL), 0);
		assert_int_equal(trace->guests_nr, 1);
		assert_int_equal(trace->unread_nr, i);
		vms_trace_free(trace);
		assert_int_equal(unlink(whole), 0);
		assert_int_equal(unlink(cut), 0);
	}
}

TEST_IN(a_damaged_host_is_named, folder_make, folder_remove)
{
	char from[512];
	const char *guest = in_folder("r-vm1.dat");

	copy_cut("01-demo.dat", in_folder("r.dat"));
	assert_int_equal(symlink(path_of("01-demo-vm1.dat", from, sizeof(from)), guest), 0);
	refuse_path(guest, VMS_EIO, "r.dat is cut short");
}

TEST(unknown_reader)
{
	const char *path = "x.dat";
	struct vms_trace *t = NULL;
	struct vms_err err = { 0 };
	const struct vms_open_how how = { .reader = "nix" };

	assert_int_equal(vms_trace_open(&t, &path, 1, &how, NULL, &err), -VMS_EUSAGE);
	assert_non_null(strstr(err.msg, "nix"));
}

TEST(cancel_ends_loading)
{
	bool cancel = true;
	const struct vms_progress p = { .cancel = &cancel };
	char buf[512];
	const char *path = path_of("01-demo.dat", buf, sizeof(buf));
	struct vms_trace *t = NULL;
	struct vms_err err = { 0 };

	assert_int_equal(vms_trace_open(&t, &path, 1, NULL, &p, &err), -VMS_ECANCEL);
}

TEST(suffixes)
{
	size_t len = 0;

	assert_memory_equal(trace_suffix("/a/trace.dat", "b/trace-vm1.dat", &len), "vm1", 3);
	assert_int_equal(len, 3);
	assert_null(trace_suffix("trace.dat", "trace.dat", &len));
	assert_null(trace_suffix("trace.dat", "trace-.dat", &len));
	assert_null(trace_suffix("trace.dat", "tracer-vm1.dat", &len));
}

/* tsc_hz of truth.json, as the host kernel calibrated it: good to about 1e-5 */
TEST(rate_of_the_tsc)
{
	struct vms_trace *t = open_files("01-demo.dat", NULL);

	assert_int_equal(t->host->clock.rate_from, VMS_RATE_ESTIMATED);
	assert_true(fabs(t->host->clock.ns_per_unit * 2.596112 - 1.0) < 1e-4);
	assert_true(fabs(t->guests[0].stream->clock.ns_per_unit * 2.596112 - 1.0) < 1e-4);
	vms_trace_free(t);
}

/* A simulated recording, at 2.6 GHz: so long is a tick of it. */
static void rate_of_simulated(const char *options)
{
	const char *sim = getenv("VMSYNC_SIM"), *paths[1] = { in_folder("s.dat") };
	char line[600];
	struct vms_trace *t = NULL;
	struct vms_err err = { 0 };

	if (!sim)
		skip();
	(void)snprintf(line, sizeof(line), "'%s' %s %s/s", sim, options, folder);
	assert_int_equal(system(line), 0);
	if (vms_trace_open(&t, paths, 1, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(t->host->clock.rate_from, VMS_RATE_ESTIMATED);
	assert_true(fabs(t->host->clock.ns_per_unit * 2.6 - 1.0) < 1e-3);
	vms_trace_free(t);
}

/* The simulator's host has kvm and scheduler events only; its guest has timers. */
TEST_IN(rate_of_a_host_without_timers, folder_make, folder_remove)
{
	rate_of_simulated("seconds=0.1");
}

/* vCPUs whose TSCs lie 10 ms apart: samples of one are not held against those of another. */
TEST_IN(rate_of_vcpus_that_differ, folder_make, folder_remove)
{
	rate_of_simulated("seed=741638920 pcpus=4 vcpus=4 guests=2 seconds=0.25 stretch_us=20 "
			  "idle_us=3000 quiet_share=0 isa=vmx swapped=0.02 tsc_reads=0.1 clock=tsc "
			  "vcpu_skew=-26000000");
}

static int64_t wanted_from, wanted_to, pages_from, pages_to;

static int take_wanted(void *user, const struct vms_clock *clock, int64_t first_raw,
		       int64_t last_raw, int64_t *from_raw, int64_t *to_raw, struct vms_err *err)
{
	(void)user;
	(void)clock;
	(void)err;
	pages_from = first_raw;
	pages_to = last_raw;
	*from_raw = wanted_from;
	*to_raw = wanted_to;
	return 0;
}

static uint64_t lost_within(const struct vms_cpu *cpu, uint32_t from, uint32_t to)
{
	uint64_t nr = 0;
	uint32_t i;

	for (i = 0; i < cpu->lost_nr; i++)
		if (cpu->lost[i].idx > from && cpu->lost[i].idx < to)
			nr += cpu->lost[i].count + 1;
	return nr;
}

/* Those events of the whole, in its order, and the losses between them. */
static void check_part(const struct vms_stream *whole, const struct vms_stream *part, int64_t from,
		       int64_t to)
{
	uint32_t c, i, k, first;

	assert_int_equal(part->cpus_nr, whole->cpus_nr);
	for (c = 0; c < whole->cpus_nr; c++) {
		const struct vms_cpu *all = &whole->cpus[c], *some = &part->cpus[c];

		for (i = k = 0, first = UINT32_MAX; i < all->nr; i++) {
			if (all->time_raw[i] < from || all->time_raw[i] > to)
				continue;
			first = VMS_MIN(first, i);
			assert_true(k < some->nr);
			assert_int_equal(some->time_raw[k], all->time_raw[i]);
			assert_int_equal(some->type[k], all->type[i]);
			assert_memory_equal(vms_payload(some, k), vms_payload(all, i), 8);
			k++;
		}
		assert_int_equal(some->nr, k);
		if (k && all->sorted)
			assert_int_equal(lost_within(some, 0, k),
					 lost_within(all, first, first + k));
	}
}

/* Plain, zstd, zlib, losses, and a clock that was set back. */
TEST(a_range_is_those_events_of_the_whole)
{
	static const char *const names[] = { "01-demo.dat", "10-zlib.dat", "08-lost.dat",
					     "12a-tsc-step-all.dat", "06b-wrong-2s.dat" };
	const struct vms_open_how how = { .range = take_wanted };
	unsigned int i, k;

	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		struct vms_trace *whole = open_files(names[i], NULL);
		const int64_t first = whole->host->first_raw, last = whole->host->last_raw;

		for (k = 0; k < 5; k++) {
			struct vms_trace *part = NULL;
			struct vms_err err = { 0 };

			wanted_from = first + (last - first) / 7 * k;
			wanted_to = wanted_from + (last - first) / 5;
			if (vms_trace_open(&part, (const char *const *)&whole->host->path, 1, &how,
					   NULL, &err))
				fail_msg("%s", err.msg);
			assert_true(part->is_part);
			assert_int_equal(pages_from, first);
			assert_true(pages_to <= last && pages_to > first);
			check_part(whole->host, part->host, wanted_from, wanted_to);
			vms_trace_free(part);
		}
		vms_trace_free(whole);
	}
}

/* What the recorded synchronisation puts into the range comes with it. */
TEST(guests_come_with_their_part)
{
	const struct vms_open_how how = { .range = take_wanted };
	struct vms_trace *whole = open_files("01-demo.dat", NULL), *part = NULL;
	const struct vms_stream *guest = whole->guests[0].stream;
	const int64_t span = whole->host->last_raw - whole->host->first_raw;
	const int64_t offset = guest->shift->cpus[0].samples[0].offset;
	struct vms_err err = { 0 };

	wanted_from = whole->host->first_raw + span / 3;
	wanted_to = wanted_from + span / 10;
	if (vms_trace_open(&part, (const char *const *)&whole->host->path, 1, &how, NULL, &err))
		fail_msg("%s", err.msg);
	assert_true(part->guests[0].stream->events_nr * 2 < guest->events_nr);
	assert_true(part->guests[0].stream->first_raw + offset < wanted_from);
	assert_true(part->guests[0].stream->last_raw + offset > wanted_to);
	vms_trace_free(part);
	vms_trace_free(whole);
}

UNIT_MAIN(NULL, NULL)
