// SPDX-License-Identifier: LGPL-2.1-or-later
/* V(o) on a grid against counting event by event at each offset. */
#include "unit.h"

#include <vmsync/band.h>

#include "core/base/util.h"

static struct vms_stretch stretches[] = {
	{ .enter_raw = 100, .leave_raw = 200 },
	{ .enter_raw = 200, .leave_raw = 220 },
	{ .enter_raw = 300, .leave_raw = 310 },
	{ .enter_raw = 400, .leave_raw = 450, .flags = VMS_STRETCH_UNKNOWN },
	{ .enter_raw = 700, .leave_raw = 900 },
};
static struct vms_thread thread = {
	.tid = 7, .vcpu_id = 0, .stretches = stretches, .stretches_nr = 5
};
static const int64_t times[] = { 1110, 1150, 1205, 1305, 1420, 1790, 1795, 1250 };
static struct vms_cpu cpu = { .nr = 8, .time_raw = times };
static const struct vms_stream guest = { .cpus = &cpu, .cpus_nr = 1 };

static struct vms_model *shifted(void)
{
	const struct vms_piece p = { .line = { .offset_raw = -1000 } };
	struct vms_model *m = NULL;

	assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, &guest, NULL), 0);
	assert_int_equal(vms_model_set(m, 0, &p, 1, NULL), 0);
	return m;
}

static uint32_t count(int64_t offset)
{
	uint32_t n = 0, i, k;

	for (i = 0; i < cpu.nr; i++) {
		const int64_t h = times[i] - 1000 + offset;
		bool in = h < 100 || h > 900;

		for (k = 0; k < thread.stretches_nr; k++)
			in = in || (h >= stretches[k].enter_raw && h <= stretches[k].leave_raw);
		n += !in;
	}
	return n;
}

static void check(int64_t from, int64_t to, uint32_t nr)
{
	struct vms_model *m = shifted();
	struct vms_sweep *s = NULL;
	uint32_t i;

	assert_int_equal(vms_sweep_build(&s, &cpu, &thread, m, 0, from, to, nr, NULL), 0);
	assert_int_equal(s->nr, nr);
	assert_int_equal(s->from_raw, from);
	for (i = 0; i < nr; i++)
		assert_int_equal(s->outside[i], count(from + (int64_t)i * s->step_raw));
	vms_sweep_free(s);
	vms_model_free(m);
}

TEST(test_against_counting)
{
	check(-1000, 1000, 2001);
	check(-1000, 1000, 101);
	check(-37, 55, 2);
	check(3, 4, 5);		       /* more points than units: a step of one */
	assert_int_equal(count(0), 1); /* 250 lies in no stretch: the test's own truth */
}

TEST(test_no_stretch_and_bad_ranges)
{
	struct vms_thread none = { .tid = 1 };
	struct vms_model *m = shifted();
	struct vms_sweep *s = NULL;
	struct vms_err err;

	assert_int_equal(vms_sweep_build(&s, &cpu, &none, m, 0, -5, 5, 11, NULL), 0);
	assert_int_equal(s->outside[5], 0);
	assert_int_equal(s->checkable_nr, 0);
	vms_sweep_free(s);
	s = NULL;
	assert_int_equal(vms_sweep_build(&s, &cpu, &thread, m, 0, 5, 5, 11, &err), -VMS_EUSAGE);
	assert_int_equal(vms_sweep_build(&s, &cpu, &thread, m, 0, 0, 5, 1, &err), -VMS_EUSAGE);
	assert_int_equal(vms_sweep_build(&s, &cpu, &thread, m, 0, INT64_MIN, INT64_MAX, 9, &err),
			 -VMS_EUSAGE);
	vms_alloc_fail_at(2);
	assert_int_equal(vms_sweep_build(&s, &cpu, &thread, m, 0, 0, 5, 3, &err), -VMS_ENOMEM);
	vms_alloc_fail_at(0);
	assert_null(s);
	vms_sweep_free(NULL);
	vms_model_free(m);
}

UNIT_MAIN(NULL, NULL)
