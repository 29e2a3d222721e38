// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Opening recordings: which file is what, what is found beside it, and refusals that say what to
 * record.
 */
#include "unit.h"

#include <math.h>

#include <vmsync/io/open.h>

#include "io/open/siblings.h"

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

TEST(unknown_reader)
{
	const char *path = "x.dat";
	struct vms_trace *t = NULL;
	struct vms_err err = { 0 };

	assert_int_equal(vms_trace_open(&t, &path, 1, "nix", NULL, &err), -VMS_EUSAGE);
	assert_non_null(strstr(err.msg, "nix"));
}

TEST(cancel_ends_loading)
{
	atomic_bool cancel = true;
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

/* The simulator's host has kvm and scheduler events only, at 2.6 GHz; its guest has timers. */
TEST(rate_of_a_host_without_timers)
{
	char folder[] = "/tmp/vmsync-open-XXXXXX", line[600], path[64];
	const char *sim = getenv("VMSYNC_SIM"), *paths[1] = { path };
	struct vms_trace *t = NULL;
	struct vms_err err = { 0 };

	if (!sim || !mkdtemp(folder))
		skip();
	(void)snprintf(line, sizeof(line), "'%s' seconds=0.1 %s/s", sim, folder);
	assert_int_equal(system(line), 0);
	(void)snprintf(path, sizeof(path), "%s/s.dat", folder);
	if (vms_trace_open(&t, paths, 1, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(t->host->clock.rate_from, VMS_RATE_ESTIMATED);
	assert_true(fabs(t->host->clock.ns_per_unit * 2.6 - 1.0) < 1e-3);
	vms_trace_free(t);
	(void)snprintf(line, sizeof(line), "rm -r '%s'", folder);
	assert_int_equal(system(line), 0);
}

UNIT_MAIN(NULL, NULL)
