// SPDX-License-Identifier: LGPL-2.1-or-later
/* Clock models: exact at any size of the times, pieces by event and by time, and the way back. */
#include "unit.h"

#include <math.h>

#include <vmsync/model.h>

#include "core/base/util.h"

static struct vms_shift_sample samples[] = {
	{ 1000000000, 5000000000123, 1, 0 },
	{ 1500000000, 4999999999023, 1, 0 },
	{ 2100000000, 5000000000777, 1, 0 },
};
static struct vms_shift_sample scaled[] = { { 1000000, -99000000, UINT64_C(225179981368524), 48 } };
static struct vms_shift_cpu shift_cpus[] = { { samples, 3 }, { scaled, 1 } };
static struct vms_time_shift shift = { .flags = 1, .cpus_nr = 2, .cpus = shift_cpus };
static struct vms_cpu cpus[] = { { .cpu = 0 }, { .cpu = 1 } };
static const struct vms_stream guest = { .cpus = cpus, .cpus_nr = 2, .shift = &shift };

static struct vms_model *model_of(enum vms_model_kind kind)
{
	struct vms_model *m = NULL;

	assert_int_equal(vms_model_new(&m, kind, &guest, NULL), 0);
	return m;
}

static struct vms_model *lines_of(const struct vms_piece *p, unsigned int nr)
{
	struct vms_model *m = model_of(VMS_MODEL_PIECES);

	assert_int_equal(vms_model_set(m, 0, p, nr, NULL), 0);
	return m;
}

TEST(test_new_is_identity)
{
	struct vms_model *m = model_of(VMS_MODEL_PIECES);

	assert_int_equal(vms_model_event(m, 1, 7, -5), -5);
	assert_int_equal(vms_model_time(m, 1, INT64_MAX), INT64_MAX);
	assert_int_equal(vms_model_inverse(m, 1, INT64_MIN), INT64_MIN);
	assert_int_equal(vms_model_event(m, 9, 7, 3), 3);
	vms_model_free(m);
}

/* A double has 53 bits: a time of 2^61 with a unit's difference is lost in one. */
TEST(test_line_is_exact_for_great_times)
{
	const int64_t ref = INT64_C(1) << 61;
	const struct vms_piece p = { .line = { .ref_raw = ref,
					       .offset_raw = -ref + 12345,
					       .offset_frac = 0.25,
					       .drift = 0x1p-20 } };
	struct vms_model *m = lines_of(&p, 1);
	int64_t d;

	assert_int_equal(vms_model_time(m, 0, ref), 12345);
	assert_int_equal(vms_model_time(m, 0, ref + 1), 12346);
	/* 0.25 + 0.25: half goes up */
	assert_int_equal(vms_model_time(m, 0, ref + (1 << 18)), 12346 + (1 << 18));
	assert_int_equal(vms_model_time(m, 0, ref + (1 << 18) - 1), 12344 + (1 << 18));
	for (d = INT64_C(-3000000000007); d < INT64_C(3000000000007); d += INT64_C(99999999989)) {
		/* floor(0.25 + d / 2^20 + 0.5) in integers */
		const int64_t n = 4 * d + (3 << 20), q = n / (1 << 22) - (n % (1 << 22) < 0);
		const int64_t host = vms_model_time(m, 0, ref + d);

		assert_int_equal(host, 12345 + d + q);
		assert_int_equal(vms_model_inverse(m, 0, host), ref + d);
	}
	vms_model_free(m);
}

TEST(test_line_clamps)
{
	const struct vms_piece p = {
		.line = { .ref_raw = INT64_MIN, .offset_raw = INT64_MAX, .drift = 0.5 }
	};
	const struct vms_piece bad = { .line = { .offset_raw = 3, .drift = (double)INFINITY } };
	struct vms_model *m = lines_of(&p, 1);

	assert_int_equal(vms_model_time(m, 0, INT64_MAX), INT64_MAX);
	assert_int_equal(vms_model_inverse(m, 0, INT64_MIN), INT64_MIN);
	assert_int_equal(vms_model_set(m, 0, &bad, 1, NULL), 0);
	assert_int_equal(vms_model_time(m, 0, 4), 7);
	(void)vms_model_inverse(m, 0, 4);
	vms_model_free(m);
}

static const struct vms_piece steps[] = {
	{ .from_idx = 0, .from_raw = 100, .line = { .offset_raw = 5000 } },
	/* guest jumped ahead by 500 */
	{ .from_idx = 10, .from_raw = 900, .line = { .offset_raw = 4500 } },
	/* guest stood still for 300 */
	{ .from_idx = 20, .from_raw = 2000, .line = { .offset_raw = 4800 } },
};

TEST(test_pieces_by_event_and_by_time)
{
	struct vms_model *m = lines_of(steps, 3);

	assert_int_equal(vms_model_event(m, 0, 9, 950), 5950);
	assert_int_equal(vms_model_event(m, 0, 10, 890), 5390);
	assert_int_equal(vms_model_event(m, 0, 2000000, 3000), 7800);
	assert_int_equal(vms_model_time(m, 0, 50), 5050);
	assert_int_equal(vms_model_time(m, 0, 899), 5899);
	assert_int_equal(vms_model_time(m, 0, 900), 5400);
	assert_int_equal(vms_model_time(m, 0, 2000), 6800);
	vms_model_free(m);
}

TEST(test_inverse_of_pieces)
{
	struct vms_model *m = lines_of(steps, 3);
	int64_t h;

	assert_int_equal(vms_model_inverse(m, 0, 5000), 0);
	assert_int_equal(vms_model_inverse(m, 0, 5399), 399);
	assert_int_equal(vms_model_inverse(m, 0, 5400), 900); /* not the piece before running on */
	assert_int_equal(vms_model_inverse(m, 0, 6499), 1999);
	/* no guest time there: the nearest before */
	assert_int_equal(vms_model_inverse(m, 0, 6700), 1999);
	assert_int_equal(vms_model_inverse(m, 0, 6800), 2000);
	for (h = 4000; h < 9000; h++)
		assert_true(vms_model_time(m, 0, vms_model_inverse(m, 0, h)) <= h);
	vms_model_free(m);
}

static void inverse_brackets(const struct vms_model *m, unsigned int cpu_idx, int64_t from,
			     int64_t to, int64_t step)
{
	int64_t g;

	for (g = from; g < to; g += step) {
		const int64_t h = vms_model_time(m, cpu_idx, g);
		const int64_t back = vms_model_inverse(m, cpu_idx, h);

		assert_int_equal(vms_model_time(m, cpu_idx, back), h);
		assert_true(vms_model_time(m, cpu_idx, back + 1) > h);
	}
}

TEST(test_inverse_of_recorded)
{
	struct vms_model *m = model_of(VMS_MODEL_RECORDED);
	struct vms_model *x = model_of(VMS_MODEL_RECORDED_EXACT);

	inverse_brackets(m, 0, 0, 4000000000, 9999991);
	inverse_brackets(x, 0, 0, 4000000000, 9999991);
	/* The true inverse of a ratio of 0.8: every tick of the guest is 1.25 of the host. */
	assert_int_equal(vms_model_time(x, 1, 179000000), 100000000);
	inverse_brackets(x, 1, 99000000, 99001000, 1);
	m->moved_raw = x->moved_raw = -5192224000;
	assert_int_equal(vms_model_time(x, 1, 179000000), 100000000 - 5192224000);
	inverse_brackets(m, 0, 0, 4000000000, 9999991);
	inverse_brackets(x, 1, 99000000, 99001000, 1);
	vms_model_free(x);
	vms_model_free(m);
}

/* The files with what trace-cmd does beside TIME_SHIFT, and one event in an instance. */
TEST(test_recorded_is_what_is_shown)
{
	static const uint8_t buffer[] = { 0, 1 };
	static struct vms_buffer buffers[] = { { .name = "" }, { .name = "irq" } };
	static const int64_t times[] = { 1999999999, 2000000001 };
	struct vms_cpu own[] = { { .cpu = 0, .nr = 2, .time_raw = times, .buffer = buffer } };
	const uint32_t factors[][2] = { { 0, 0 }, { 827189033, 31 }, { 827189999, 31 } };
	struct vms_stream g = { .cpus = own,
				.cpus_nr = 1,
				.shift = &shift,
				.buffers = buffers,
				.buffers_nr = 2,
				.ts_offset = 7777 };
	struct vms_stream host = { .ts_offset = -1234567 };
	struct vms_model *m = NULL, *x = NULL;
	unsigned int i, k;
	uint32_t e;

	assert_int_equal(vms_model_new(&m, VMS_MODEL_RECORDED, &g, NULL), 0);
	assert_int_equal(vms_model_new(&x, VMS_MODEL_RECORDED_EXACT, &g, NULL), 0);
	for (i = 0; i < 3; i++)
		for (k = 0; k < 3; k++) {
			g.clock =
				(struct vms_clock){ .mult = factors[i][0], .shift = factors[i][1] };
			host.clock =
				(struct vms_clock){ .mult = factors[k][0], .shift = factors[k][1] };
			vms_model_beside(m, &host);
			for (e = 0; e < 2; e++) {
				const uint64_t at = (uint64_t)vms_model_event(m, 0, e, times[e]);
				const int64_t apart =
					(int64_t)(vms_recorded_final(&host, 0, at, false) -
						  vms_recorded_final(&g, 0, (uint64_t)times[e],
								     buffer[e]));

				assert_in_range(llabs(apart), 0, 1);
			}
			assert_false(vms_model_ascends(m, 0, own));
		}
	assert_true(vms_model_event(m, 0, 0, times[0]) - vms_model_event(m, 0, 1, times[1]) >
		    4000000000000);
	assert_true(vms_model_event(x, 0, 1, times[1]) > vms_model_event(x, 0, 0, times[0]));
	inverse_brackets(m, 0, 0, 4000000000, 9999991);
	vms_model_free(m);
	vms_model_free(x);
}

TEST(test_dup_shares_nothing)
{
	struct vms_model *m = lines_of(steps, 3), *d = NULL;

	assert_int_equal(vms_model_dup(&d, m, NULL), 0);
	assert_int_equal(vms_model_set(m, 0, steps, 0, NULL), 0);
	assert_int_equal(vms_model_event(m, 0, 0, 1), 1);
	assert_int_equal(vms_model_event(d, 0, 0, 1), 5001);
	assert_int_equal(vms_model_set(m, 2, steps, 1, NULL), -VMS_EUSAGE);
	vms_model_free(m);
	vms_model_free(d);
	vms_model_free(NULL);
}

TEST(test_out_of_memory)
{
	struct vms_model *full = lines_of(steps, 3), *m = NULL;
	unsigned long n;

	for (n = 1; n <= 3; n++) {
		vms_alloc_fail_at(n);
		assert_int_equal(vms_model_dup(&m, full, NULL), -VMS_ENOMEM);
		vms_alloc_fail_at(0);
		assert_null(m);
	}
	vms_alloc_fail_at(2);
	assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, &guest, NULL), -VMS_ENOMEM);
	vms_alloc_fail_at(0);
	vms_model_free(full);
}

UNIT_MAIN(NULL, NULL)
