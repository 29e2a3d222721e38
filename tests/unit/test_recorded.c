// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Values of trace-cmd's correction, from an evaluation of doc/METHOD.md 3.3 in integers without
 * limit, modulo 2^64.
 */
#include "unit.h"

#include <math.h>

#include <stdlib.h>
#include <string.h>

#include <vmsync/defects.h>
#include <vmsync/model.h>

#include "core/base/util.h"

#define SAMPLES(...)                                                                               \
	{                                                                                          \
		.samples = (struct vms_shift_sample[]){ __VA_ARGS__ },                             \
		.samples_nr = sizeof((struct vms_shift_sample[]){ __VA_ARGS__ }) /                 \
			      sizeof(struct vms_shift_sample)                                      \
	}

/* 0.8 with 48 and with 32 bits of fraction, as KVM holds a ratio on VMX and on SVM. */
#define RATIO_VMX UINT64_C(225179981368524)
#define RATIO_SVM UINT64_C(3435973836)

static struct vms_shift_cpu ptp[] = { SAMPLES({ 1000000000, 5000000000123, 1, 0 },
					      { 1500000000, 4999999999023, 1, 0 },
					      { 2100000000, 5000000000777, 1, 0 }) };
static struct vms_shift_cpu big[] = { SAMPLES({ 0x10000000000, -0x7000000000000000, 1, 0 },
					      { 0x1f000000000, 0x7000000000000000, 1, 0 }) };
static struct vms_shift_cpu kvm[] = { SAMPLES({ 1000, -77, 1, 0 }, { 2000, -50, 1, 0 },
					      { 3000, 12345, 1, 0 }) };
static struct vms_shift_cpu two[] = { SAMPLES({ 1000, -77, 1, 0 }, { 2000, -50, 1, 0 }) };
static struct vms_shift_cpu vmx[] = { SAMPLES({ 1000000, 0, RATIO_VMX, 48 },
					      { 1000000000, 0, RATIO_VMX, 48 }) };
static struct vms_shift_cpu svm[] = { SAMPLES({ 1000000, 0, RATIO_SVM, 32 },
					      { 1000000000, 0, RATIO_SVM, 32 }) };
static struct vms_shift_cpu one[] = { SAMPLES({ 1000000, -400, RATIO_SVM, 32 }) };

static struct vms_time_shift shift_of(struct vms_shift_cpu *cpus, uint32_t flags)
{
	return (struct vms_time_shift){ .flags = flags, .cpus_nr = 1, .cpus = cpus };
}

static const struct {
	struct vms_shift_cpu *cpu;
	uint32_t flags;
	uint64_t raw, corrected;
} table[] = {
	{ ptp, 1, UINT64_C(0), UINT64_C(5000000002323) },
	{ ptp, 1, UINT64_C(1), UINT64_C(5000000002324) },
	{ ptp, 1, UINT64_C(999999999), UINT64_C(5001000000122) },
	{ ptp, 1, UINT64_C(1000000000), UINT64_C(5001000000123) },
	{ ptp, 1, UINT64_C(1000000001), UINT64_C(5001000000124) },
	{ ptp, 1, UINT64_C(1499999999), UINT64_C(5001499999023) },
	{ ptp, 1, UINT64_C(1500000000), UINT64_C(5001499999023) },
	{ ptp, 1, UINT64_C(1777777777), UINT64_C(5001777777612) },
	{ ptp, 1, UINT64_C(2099999999), UINT64_C(5002100000776) },
	{ ptp, 1, UINT64_C(2100000000), UINT64_C(5002100000777) },
	{ ptp, 1, UINT64_C(9000000000), UINT64_C(5009000020948) },
	{ big, 1, UINT64_C(0), UINT64_C(10376293541461622784) },
	{ big, 1, UINT64_C(1099511627777), UINT64_C(10376294640971013600) },
	{ big, 1, UINT64_C(1649267441663), UINT64_C(10376295190731301409) },
	{ big, 1, UINT64_C(2199023255552), UINT64_C(10376295740484878336) },
	{ big, 1, UINT64_C(18446744073709551615), UINT64_C(10376293541463859745) },
	{ kvm, 0, UINT64_C(0), UINT64_C(18446744073709551539) },
	{ kvm, 0, UINT64_C(1000), UINT64_C(923) },
	{ kvm, 0, UINT64_C(1999), UINT64_C(1922) },
	{ kvm, 0, UINT64_C(2000), UINT64_C(1950) },
	{ kvm, 0, UINT64_C(2999), UINT64_C(2949) },
	{ kvm, 0, UINT64_C(3000), UINT64_C(2950) },
	{ kvm, 0, UINT64_C(99999), UINT64_C(99949) },
	{ two, 0, UINT64_C(0), UINT64_C(18446744073709551539) },
	{ two, 0, UINT64_C(1500), UINT64_C(1423) },
	{ two, 0, UINT64_C(5000), UINT64_C(4923) },
	{ vmx, 0, UINT64_C(8640000000000), UINT64_C(65535) },
	{ svm, 0, UINT64_C(8640000000000), UINT64_C(1397619126) },
	{ one, 0, UINT64_C(8640000000000), UINT64_C(8639999999600) },
};

TEST(test_apply_is_that_of_libtracecmd)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct vms_time_shift s = shift_of(table[i].cpu, table[i].flags);

		assert_int_equal(vms_recorded_apply(&s, 0, table[i].raw), table[i].corrected);
		assert_int_equal(vms_recorded_apply(&s, 1, table[i].raw), table[i].raw);
	}
	assert_int_equal(vms_recorded_apply(NULL, 0, 42), 42);
}

TEST(test_damaged_samples_do_no_harm)
{
	struct vms_shift_cpu same[] = { SAMPLES({ 5, 7, 1, 0 }, { 5, 9, 1, 64 }) };
	struct vms_shift_cpu back[] = { SAMPLES({ 9, INT64_MIN, 1, 0 }, { 8, INT64_MAX, 1, 200 },
						{ 3, 0, 0, 0 }) };
	struct vms_shift_cpu none[] = { { NULL, 0 } };
	const uint64_t times[] = { 0, 3, 5, 8, 9, INT64_MAX, UINT64_MAX };
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct vms_time_shift s = shift_of(same, 1);

		assert_int_equal(vms_recorded_apply(&s, 0, times[i]), times[i] + 7);
		s = shift_of(back, 1);
		(void)vms_recorded_apply(&s, 0, times[i]);
		(void)vms_recorded_exact(&s, 0, (int64_t)times[i]);
		s = shift_of(none, 1);
		assert_int_equal(vms_recorded_apply(&s, 0, times[i]), times[i]);
		assert_int_equal(vms_recorded_exact(&s, 0, (int64_t)times[i]), (int64_t)times[i]);
	}
}

TEST(test_exact_uses_the_newest_sample)
{
	struct vms_time_shift s = shift_of(two, 0);

	assert_int_equal(vms_recorded_exact(&s, 0, 0), -77);
	assert_int_equal(vms_recorded_exact(&s, 0, 1999), 1922);
	assert_int_equal(vms_recorded_exact(&s, 0, 2000), 1950);
	assert_int_equal(vms_recorded_exact(&s, 0, 5000), 4950);
	s = shift_of(kvm, 0);
	assert_int_equal(vms_recorded_exact(&s, 0, 3000), 15345);
}

/*
 * T4: one hour at 2.4 GHz, ratio 0.8, is 1.08e13; forward through KVM's formula it comes back.
 */
TEST(test_exact_divides_by_the_ratio)
{
	static struct vms_shift_cpu *const cpus[] = { vmx, svm, one };
	const int64_t guest = 8640000000000;
	size_t i;

	for (i = 0; i < 3; i++) {
		const struct vms_time_shift s = shift_of(cpus[i], 0);
		const int64_t host = vms_recorded_exact(&s, 0, guest);
		const struct vms_shift_sample *a = &cpus[i]->samples[0];
		const double back =
			(double)host * ((double)a->scaling / pow(2, (double)a->fraction));

		assert_true(llabs(host - 10800000000000) <= 10800000000000 / 3000000000 + 1000);
		assert_true(fabs(back - (double)a->offset - (double)guest) < 2);
	}
}

/* Host ticks through KVM's formula and back: never later, by less than a tick of either side. */
TEST(test_a_ratio_is_undone_and_redone)
{
	static const struct vms_ratio ratios[] = { { UINT64_C(225179981368524), 48 },
						   { UINT64_C(4080218931), 32 },
						   { UINT64_C(4509715661), 32 },
						   { UINT64_C(562949953421312), 48 } };
	size_t i;
	int k;

	for (i = 0; i < VMS_ARRAY_NR(ratios); i++) {
		const struct vms_ratio *r = &ratios[i];

		for (k = -200; k < 200; k++) {
			const int64_t host = INT64_C(987654321987654321) / 100 * k + 17 * k;
			const int64_t guest = (int64_t)((host * (vms_i128)r->mult) >> r->frac);
			const int64_t back = vms_ratio_undo(r, guest);
			const int64_t least = vms_ratio_redo(r, back);

			assert_true(back <= host && host <= back + vms_ratio_slack(r));
			assert_true(vms_ratio_undo(r, guest + 1) >= back);
			assert_int_equal(vms_ratio_undo(r, least), back);
			assert_true(vms_ratio_undo(r, least - 1) < back);
			assert_true(vms_ratio_value(r) > 1.0 || least == guest);
		}
	}
}

TEST(test_times_are_unscaled_where_all_samples_agree)
{
	struct vms_shift_cpu cpus[] = { vmx[0], vmx[0] };
	struct vms_time_shift shift = { .cpus_nr = 2, .cpus = cpus };
	const int64_t time[] = { 1000, 2000 };
	struct vms_cpu cpu = { .nr = 2, .time_raw = time };
	struct vms_stream s = { .shift = &shift, .cpus = &cpu, .cpus_nr = 1 };

	assert_int_equal(vms_stream_unscale(&s), 0);
	assert_int_equal(cpu.time_raw[1], 2500);
	assert_int_equal(vms_event_stored(&s, (struct vms_ref){ 0, 1 }), 2000);
	free(s.unscaled_raw);
	s = (struct vms_stream){ .shift = &shift, .cpus = &cpu, .cpus_nr = 1 };
	cpu = (struct vms_cpu){ .nr = 2, .time_raw = time };
	cpus[1] = svm[0];
	assert_int_equal(vms_stream_unscale(&s), 0);
	assert_int_equal(cpu.time_raw[1], 2000);
	assert_int_equal(s.ratio.mult, 0);
}

TEST(test_exact_interpolates_without_wrapping)
{
	/* 1 ppm over 55 minutes: the product leaves 63 bits; -5.6 ms at nine tenths. */
	const int64_t span = INT64_C(55) * 60 * 1000000000;
	struct vms_shift_cpu c[] = { SAMPLES({ 1000000000, 0, 1, 0 }, { 0, 0, 1, 0 }) };
	const struct vms_time_shift s = shift_of(c, 1);
	const int64_t t = 1000000000 + span / 10 * 9;
	int64_t got;

	c[0].samples[1].time = (uint64_t)(1000000000 + span);
	c[0].samples[1].offset = span / 1000000;
	assert_int_equal(vms_recorded_exact(&s, 0, t), t + span / 10 * 9 / 1000000);
	got = (int64_t)vms_recorded_apply(&s, 0, (uint64_t)t);
	assert_int_equal(got - t - span / 10 * 9 / 1000000, -5589921);
}

TEST(test_tsc2nsec)
{
	struct vms_clock c = { .mult = 1789569706, .shift = 32 };

	assert_int_equal(vms_tsc2nsec(&c, UINT64_C(12345678901234567)), UINT64_C(5144032873598101));
	c.shift = 31;
	assert_int_equal(vms_tsc2nsec(&c, UINT64_C(9223372036854775825)),
			 UINT64_C(7686143361182334990));
	c.mult = 3000000000; /* does not fit libtracecmd's int */
	assert_int_equal(vms_tsc2nsec(&c, UINT64_C(1000000000000)), UINT64_C(18446743479283348131));
	assert_int_equal(vms_tsc2nsec(&c, 5), UINT64_C(8589934588));
	c.shift = 200;
	(void)vms_tsc2nsec(&c, UINT64_MAX);
}

TEST(test_final_adds_the_file_offset_last)
{
	struct vms_time_shift shift = shift_of(one, 0);
	struct vms_stream s = { .shift = &shift,
				.clock = { .mult = 1u << 30, .shift = 31 },
				.ts_offset = -3 };

	assert_int_equal(vms_recorded_final(&s, 0, 2400, false), 997);
	assert_int_equal(vms_recorded_final(&s, 7, 2400, false), 1197);
	s.clock.mult = 0;
	assert_int_equal(vms_recorded_final(&s, 0, 2400, false), 1997);
	s.times_corrected = true;
	assert_int_equal(vms_recorded_final(&s, 0, 2400, false), 2400);
}

TEST(test_options_of_both_files_move)
{
	struct vms_stream guest = { .ts_offset = 2000000000 }, host = { .ts_offset = 500 };

	assert_int_equal(vms_recorded_moved(&guest, &host), 1999999500);
	host.clock = (struct vms_clock){ .mult = 1u << 30, .shift = 31 }; /* half a ns a tick */
	assert_int_equal(vms_recorded_moved(&guest, &host), 3999999000);
	host.ts_offset = guest.ts_offset;
	assert_int_equal(vms_recorded_moved(&guest, &host), 0);
	guest.ts_offset = INT64_MIN;
	assert_int_equal(vms_recorded_moved(&guest, &host), INT64_MIN);
}

/* The names of the defects that two guest CPUs show, with events at four times each. */
static const char *defects_of(struct vms_shift_cpu *cpus, uint32_t cpus_nr, uint32_t flags,
			      int64_t last_raw)
{
	static struct vms_defect found[VMS_DEFECTS_MAX];
	static char names[80];
	const int64_t times[] = { 1000, 1500, last_raw / 4 * 3, last_raw };
	struct vms_time_shift shift = { .flags = flags, .cpus_nr = cpus_nr, .cpus = cpus };
	struct vms_cpu events[2] = { { .cpu = 0, .nr = 4, .time_raw = times },
				     { .cpu = 1, .nr = 4, .time_raw = times } };
	const struct vms_stream s = {
		.shift = &shift, .cpus = events, .cpus_nr = 2, .clock = { .ns_per_unit = 0.5 }
	};
	const unsigned int nr = vms_defects_find(found, &s, &s);
	unsigned int i;

	names[0] = '\0';
	for (i = 0; i < nr; i++) {
		assert_true(strlen(found[i].text) > 40);
		assert_int_equal(found[i].slight, !strcmp(found[i].id, "T13"));
		(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			       i ? " " : "", found[i].id);
	}
	return names;
}

#define HELD(...) SAMPLES({ 1000, 5, 1, 0 }, __VA_ARGS__)

TEST(test_defects_are_named)
{
	static const int64_t hour = 3600000000000;
	struct vms_shift_cpu clean = HELD({ 2000, 5, 1, 0 }), none = { 0 };
	struct vms_shift_cpu newest = HELD({ 2000, 9, 1, 0 }), late = HELD({ 9000, 9, 1, 0 });
	struct vms_shift_cpu jump = HELD({ 2000, 9, 1, 0 }, { 2500, 9, 1, 0 });
	struct vms_shift_cpu odd = HELD({ 2000, 5, 1, 64 }), other = SAMPLES({ 1000, 7, 1, 0 });
	struct vms_shift_cpu wraps = SAMPLES({ 0, 0, 1, 0 }, { 3600000000000, 3600000, 1, 0 });
	struct vms_shift_cpu falls = SAMPLES({ 0, 100, 1, 0 }, { 3000, 0, 1, 0 });
	struct vms_shift_cpu rises = SAMPLES({ 0, 0, 1, 0 }, { 3000, 100, 1, 0 });
	const struct {
		struct vms_shift_cpu cpus[2];
		uint32_t cpus_nr, flags;
		int64_t last_raw;
		const char *names;
	} cases[] = {
		{ { clean, clean }, 2, 0, 3000, "" },
		{ { clean, clean }, 2, 1, 3000, "" },
		{ { clean, other }, 2, 0, 3000, "" }, /* vCPUs may have offsets of their own */
		{ { wraps, clean }, 2, 1, hour, "T1" },
		{ { rises, clean }, 2, 1, 3000, "" },
		{ { clean, falls }, 2, 1, 3000, "T13" },
		{ { falls, wraps }, 2, 1, hour, "T1 T13" },
		{ { newest, clean }, 2, 0, 3000, "T2" },
		{ { late, clean }, 2, 0, 900, "" }, /* no event that it could have been for */
		{ { newest, clean }, 2, 1, 3000, "" },
		{ { vmx[0], vmx[0] }, 2, 0, 2000, "T3" },
		{ { vmx[0], vmx[0] }, 2, 0, 8640000000000, "T3 T4" },
		{ { one[0], one[0] }, 2, 0, 3000, "T5" },
		{ { vmx[0], one[0] }, 2, 0, 2000, "T3 T5 T6" },
		{ { clean, odd }, 2, 0, 3000, "T6" },
		{ { clean, none }, 2, 0, 3000, "T8" },
		{ { clean }, 1, 0, 3000, "T12" },
		{ { clean, jump }, 2, 0, 3000, "T14" },
		{ { jump, newest }, 2, 0, 3000, "T2 T14" },
		{ { jump, jump }, 2, 0, 1600, "" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vms_shift_cpu cpus[2] = { cases[i].cpus[0], cases[i].cpus[1] };

		assert_string_equal(defects_of(cpus, cases[i].cpus_nr, cases[i].flags,
					       cases[i].last_raw),
				    cases[i].names);
	}
}

/* What is wrong with a guest's file of two events, one of them in an instance. */
static const char *defects_beside(struct vms_time_shift *s, struct vms_clock guest,
				  struct vms_clock host)
{
	static struct vms_defect found[VMS_DEFECTS_MAX];
	static const uint8_t buffer[] = { 0, 1 };
	struct vms_buffer buffers[] = { { .name = "" }, { .name = "irq" } };
	const int64_t times[] = { 1000, 2000000000000 };
	struct vms_cpu events = { .nr = 2, .time_raw = times, .buffer = buffer };
	const struct vms_stream h = { .clock = host };
	const struct vms_stream g = { .shift = s,
				      .cpus = &events,
				      .cpus_nr = 1,
				      .events_nr = 2,
				      .buffers = buffers,
				      .buffers_nr = 2,
				      .clock = guest };
	const unsigned int nr = vms_defects_find(found, &g, &h);

	assert_true(nr <= 1);
	return nr ? found[0].text : "";
}

TEST(test_defects_beside_the_samples)
{
	const struct vms_clock none = { 0 }, a = { .mult = 827189033, .shift = 31 },
			       b = { .mult = 827189034, .shift = 31 };
	struct vms_shift_cpu held = HELD({ 2000, 5, 1, 0 }), zero = SAMPLES({ 1000, 0, 1, 0 });
	struct vms_time_shift s = shift_of(&zero, 0);

	assert_string_equal(defects_beside(&s, none, none), "");
	assert_string_equal(defects_beside(NULL, a, a), "");
	assert_non_null(strstr(defects_beside(NULL, a, b), "2418 units apart"));
	assert_non_null(strstr(defects_beside(NULL, a, none), "guest's file alone"));
	assert_non_null(strstr(defects_beside(NULL, none, a), "host's file alone"));
	s = shift_of(&held, 0);
	assert_non_null(strstr(defects_beside(&s, none, none), "1 of 2 events"));
	s.cpus_nr = 0;
	assert_non_null(strstr(defects_beside(&s, none, none), "no CPU at all"));
	s.refused = true;
	assert_non_null(strstr(defects_beside(&s, none, none), "opens this guest's file"));
}

/*
 * Samples near each other, so that every time can be tried: what is said to ascend does, and most
 * of what does is said to.
 */
TEST(test_ascending_is_true)
{
	unsigned int round, said = 0, ascending = 0;
	uint64_t seed = 1;

	for (round = 0; round < 4000; round++) {
		struct vms_shift_sample s[4];
		struct vms_shift_cpu cpu = { .samples = s, .samples_nr = 1 + round % 4 };
		struct vms_time_shift shift = shift_of(&cpu, round / 4 % 2);
		int64_t t, from, before;
		bool ascends = true;
		uint32_t i;

		for (i = 0; i < 4; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			s[i] = (struct vms_shift_sample){
				.time = (i ? s[i - 1].time : 10) + 1 + (seed >> 40) % 30,
				.scaling = 1,
				.offset = (int64_t)(seed >> 50 & 31) - 16 +
					  (round % 7 ? 0 : INT64_MAX - 100)
			};
		}
		from = (int64_t)(seed >> 33 & 31);
		before = (int64_t)vms_recorded_apply(&shift, 0, (uint64_t)from);
		for (t = from + 1; t <= from + 80; t++) {
			const int64_t at = (int64_t)vms_recorded_apply(&shift, 0, (uint64_t)t);

			ascends &= at >= before;
			before = at;
		}
		if (vms_recorded_ascends(&shift, 0, from, from + 80)) {
			assert_true(ascends);
			said++;
		}
		ascending += ascends;
	}
	assert_true(said > 500);
	assert_true(said * 10 > ascending * 9);
}

UNIT_MAIN(NULL, NULL)
