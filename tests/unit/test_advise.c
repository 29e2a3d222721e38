// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Advice against what recordings came to: what it promises of another clock holds where that clock
 * was recorded, and what is complete gets none.
 */
#include "unit.h"

#include <math.h>

#include <vmsync/advise.h>
#include <vmsync/io/open.h>

#include "app/words/advise.h"

struct opened {
	struct vms_trace *trace;
	struct vms_session *session;
	struct vms_fitness_list *fitness;
	struct vms_advise *advise;
};

static void open_trace(struct opened *o, const char *name)
{
	char path[512];
	const char *paths[1] = { unit_recording(name, path, sizeof(path)) };

	memset(o, 0, sizeof(*o));
	assert_non_null(paths[0]);
	assert_int_equal(
		vms_trace_open(&o->trace, paths, 1, &(struct vms_open_how){ 0 }, NULL, NULL), 0);
}

static void judge(struct opened *o)
{
	assert_int_equal(
		vms_session_new(&o->session, o->trace, &(struct vms_session_opts){ 0 }, NULL), 0);
	assert_int_equal(vms_fitness_session(&o->fitness, o->session, false, NULL, NULL), 0);
	assert_int_equal(vms_advise(&o->advise, o->trace, vms_session_stretches(o->session),
				    o->session, o->fitness, NULL),
			 0);
}

static void close_all(struct opened *o)
{
	vms_advise_free(o->advise);
	vms_fitness_list_free(o->fitness);
	vms_session_free(o->session);
	vms_trace_free(o->trace);
}

static const struct vms_advice *of_kind(const struct opened *o, enum vms_advice_kind kind)
{
	unsigned int i;

	for (i = 0; i < o->advise->nr; i++)
		if (o->advise->advice[i].kind == kind)
			return &o->advise->advice[i];
	return NULL;
}

static double widest_ns(const struct opened *o)
{
	double lo, hi, most = 0;
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(o->session); i++) {
		assert_true(vms_session_bias(o->session, vms_session_track(o->session, i),
					     vms_session_result(o->session, i, VMS_BY_BAND,
								VMS_OVER_NOT_REJECTED),
					     &lo, &hi));
		most = fmax(most, hi - lo);
	}
	return most;
}

/*
 * A recording by the TSC, taken for one by another clock: the width that is promised for the TSC is
 * kept by the recording as it is, and is no idle promise.
 */
TEST(promise_of_clock_is_kept)
{
	static const char *const names[] = { "01-demo.dat", "10-zlib.dat", "13-per-vcpu-offset.dat",
					     "18-buffers.dat", "11-nocompress.dat" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct opened as_is, other;
		const struct vms_advice *clock;
		char path[512];

		if (!unit_recording(names[i], path, sizeof(path)))
			continue;
		open_trace(&as_is, names[i]);
		judge(&as_is);
		assert_null(of_kind(&as_is, VMS_ADVICE_CLOCK));
		assert_null(of_kind(&as_is, VMS_ADVICE_FACTS));
		open_trace(&other, names[i]);
		(void)strcpy(other.trace->host->clock.name, "local");
		(void)strcpy(other.trace->guests[0].stream->clock.name, "local");
		judge(&other);
		clock = of_kind(&other, VMS_ADVICE_CLOCK);
		assert_non_null(clock);
		assert_string_equal(clock->what, "x86-tsc");
		assert_true(clock->nr > 50);
		assert_true(widest_ns(&as_is) <= clock->ns * 1.01);
		assert_true(widest_ns(&as_is) * 2 > clock->ns);
		assert_true(widest_ns(&other) > clock->ns);
		close_all(&as_is);
		close_all(&other);
	}
}

TEST(losses_and_filters_are_named)
{
	const struct vms_advice *advice;
	struct opened o;

	open_trace(&o, "08-lost.dat");
	judge(&o);
	advice = of_kind(&o, VMS_ADVICE_LOST);
	assert_non_null(advice);
	assert_int_equal(advice->nr, o.trace->host->lost_nr);
	assert_true(strtoull(advice->what, NULL, 10) >= 4096);
	close_all(&o);
	open_trace(&o, "n08e-exit-vcpu0.dat");
	judge(&o);
	advice = of_kind(&o, VMS_ADVICE_HOLE);
	assert_non_null(advice);
	assert_int_equal(advice->hole->kind, VMS_HOLE_EXITS);
	/* the host recorded no kvm_msr, which the pairs of a written deadline need */
	advice = of_kind(&o, VMS_ADVICE_ANCHORS);
	assert_non_null(advice);
	assert_non_null(strstr(advice->what, "kvm:kvm_msr"));
	assert_int_equal(advice->guest, -1);
	close_all(&o);
}

/* What belongs to a guest stands behind its -A, the command last. */
TEST(words_stand_in_order)
{
	static const char *const options[] = { "-o", "my file.dat" }, *const command[] = { "sleep",
											   "3" };
	const struct vms_record_side guests[] = { { .name = "vm1" },
						  { .name = "vm2", .kib = 4096 } };
	const struct vms_record record = { .isa = VMS_ISA_SVM,
					   .clock = "x86-tsc",
					   .host = { .kib = 8192 },
					   .guests = guests,
					   .guests_nr = 2,
					   .options = options,
					   .options_nr = 2,
					   .command = command,
					   .command_nr = 2 };
	char **argv, *line;
	unsigned int argc;

	assert_int_equal(vms_record_line(&argv, &argc, &record, NULL), 0);
	line = advise_line(argv, argc);
	assert_non_null(line);
	assert_int_equal(strncmp(line, "trace-cmd record -C x86-tsc -b 8192 -e kvm ", 43), 0);
	assert_non_null(strstr(line, "-o 'my file.dat' -A vm1 -e sched:sched_switch "));
	assert_non_null(strstr(line, " -e msr -A vm2 -b 4096 -e "));
	assert_string_equal(strrchr(line, 'm'), "msr sleep 3");
	assert_true(strstr(line, "-e kvm") < strstr(line, "-A vm1"));
	assert_null(strstr(line, "-e ipi"));
	free(line);
	vms_record_free(argv, argc);
}

UNIT_MAIN(NULL, NULL)
