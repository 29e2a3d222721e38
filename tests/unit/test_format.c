// SPDX-License-Identifier: LGPL-2.1-or-later
/* Number formats and foreign text against values worked out by hand. */
#include "unit.h"

#include <locale.h>
#include <math.h>

#include "app/words/format.h"
#include "core/base/printable.h"

static const struct vms_clock ns_clock = {
	.name = "local", .counts_ns = true, .ns_per_unit = 1.0, .rate_from = VMS_RATE_NS
};
/* 2.4 GHz as a file would say it: ns = ticks * 13981013 >> 25 (0.41666665...) */
static const struct vms_clock tsc_clock = { .name = "x86-tsc",
					    .mult = 13981013,
					    .shift = 25,
					    .ns_per_unit = 13981013.0 / 33554432.0,
					    .rate_from = VMS_RATE_TSC2NSEC };
static const struct vms_clock raw_clock = { .name = "counter" };

TEST(deltas_have_one_width)
{
	static const struct {
		double ns;
		const char *text;
	} rows[] = {
		{ 212, "    +212 ns" },
		{ -1930, "  -1.930 us" },
		{ 31204, " +31.204 us" },
		{ -999999, "-999.999 us" },
		{ 0, "      +0 ns" },
		{ -0.3, "      +0 ns" },
		{ 999.4, "    +999 ns" },
		/* The unit is picked after rounding. */
		{ 999.6, "  +1.000 us" },
		{ 999999.6, "  +1.000 ms" },
		{ -999999.4e3, "-999.999 ms" },
		{ 1e9, "   +1.000 s" },
		{ -12345.678e9, "-12345.68 s" },
		{ NAN, "          -" },
		{ HUGE_VAL, "          -" },
		{ 9.3e18, "+9.3e+09 s" },
	};
	char buf[FMT_SIZE];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)fmt_delta(&ns_clock, rows[i].ns, buf, sizeof(buf));
		assert_int_equal(strlen(buf), FMT_WIDTH);
		assert_string_equal(buf + strspn(buf, " "),
				    rows[i].text + strspn(rows[i].text, " "));
	}
	assert_string_equal(fmt_delta(&ns_clock, 212, buf, sizeof(buf)), "    +212 ns");
	assert_string_equal(fmt_delta(&raw_clock, -999990, buf, sizeof(buf)), "-999.99 ktk");
	assert_string_equal(fmt_delta(&raw_clock, 77, buf, sizeof(buf)), "     +77 tk");
}

TEST(sentences)
{
	char buf[FMT_SIZE];

	assert_string_equal(fmt_signed(&ns_clock, -61, buf, sizeof(buf)), "-61 ns");
	assert_string_equal(fmt_span(&ns_clock, 1862, buf, sizeof(buf)), "1.862 us");
	assert_string_equal(fmt_span(&ns_clock, -1862, buf, sizeof(buf)), "1.862 us");
	assert_string_equal(fmt_change(&ns_clock, 59, 57, buf, sizeof(buf)), "59 -> 57 ns");
	assert_string_equal(fmt_change(&ns_clock, 1862, 900, buf, sizeof(buf)),
			    "1.862 us -> 900 ns");
	assert_string_equal(fmt_ppm(-0.021e-6, buf, sizeof(buf)), "-0.021 ppm");
	assert_string_equal(fmt_ppm(80e-6, buf, sizeof(buf)), "+80.000 ppm");
	assert_string_equal(fmt_ppm(-1e-12, buf, sizeof(buf)), "+0.000 ppm");
	assert_string_equal(fmt_grouped(1234567, buf, sizeof(buf)), "1 234 567");
	assert_string_equal(fmt_grouped(0, buf, sizeof(buf)), "0");
	assert_string_equal(fmt_grouped(UINT64_MAX, buf, sizeof(buf)),
			    "18 446 744 073 709 551 615");
	assert_string_equal(fmt_count(229, buf, sizeof(buf)), "229");
	assert_string_equal(fmt_count(2100000, buf, sizeof(buf)), "2.1 M");
	assert_string_equal(fmt_count(999950000, buf, sizeof(buf)), "1.0 G");
}

TEST(full_times_are_exact)
{
	char buf[FMT_SIZE];

	assert_string_equal(fmt_time(&ns_clock, 12345659694, buf, sizeof(buf)), "12.345 659 694 s");
	assert_string_equal(fmt_time(&ns_clock, INT64_MAX, buf, sizeof(buf)),
			    "9223372036.854 775 807 s");
	assert_string_equal(fmt_offset(&ns_clock, 3141592653, buf, sizeof(buf)),
			    "+3.141 592 653 s");
	assert_string_equal(fmt_offset(&ns_clock, -1, buf, sizeof(buf)), "-0.000 000 001 s");
	assert_string_equal(fmt_time(&raw_clock, 12345, buf, sizeof(buf)), "12 345 tk");
	/* floor(240e9 * 13981013 / 2^25), worked out with unlimited integers. */
	assert_int_equal(fmt_raw_ns(&tsc_clock, 240000000000), 99999997615);
	assert_int_equal(fmt_raw_ns(&tsc_clock, -1), -1); /* floor of -0.4 */
}

TEST(raw_and_ns_are_inverse)
{
	const struct vms_clock *clocks[] = { &ns_clock, &tsc_clock, &raw_clock };
	int64_t ns, raw,
		t[] = { 0, 1, -1, 7, 1000000007, -99999999999, INT64_MAX / 4, INT64_MIN / 4 };
	size_t i, j;

	for (i = 0; i < 3; i++) {
		for (j = 0; j < sizeof(t) / sizeof(t[0]); j++) {
			ns = t[j];
			raw = fmt_ns_raw(clocks[i], ns);
			assert_true(fmt_raw_ns(clocks[i], raw) >= ns);
			assert_true(fmt_raw_ns(clocks[i], raw - 1) < ns);
		}
	}
	/* saturates, does not wrap */
	assert_int_equal(fmt_ns_raw(&tsc_clock, INT64_MAX), INT64_MAX);
}

TEST(hostile_text)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "swapper/0", "swapper/0" },
		{ "\x1b[31m", "^[[31m" },
		{ "a\tb\n", "a^Ib^J" },
		{ "\x7f", "^?" },
		{ "\x9b"
		  "31m",
		  "\\x9b31m" },
		{ "\xc2\x9b", "<U+009B>" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xe2\x80\xae"
		  "evil",
		  "<U+202E>evil" },
		{ "\xe2\x81\xa6x", "<U+2066>x" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\xc3", "\\xc3" },
		{ "\xe6\xbc\xa2", "\xe6\xbc\xa2" },
		{ "\xc0\xaf", "\\xc0\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xef\xbb\xbf", "<U+FEFF>" },
		/* A mark with nothing to stand on would join what is left of the text. */
		{ "\xcc\x81"
		  "e",
		  "<U+0301>e" },
		{ "e\xcc\x81", "e\xcc\x81" },
	};
	char buf[64];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(fmt_clean(rows[i].in, buf, sizeof(buf)), rows[i].out);
	/* A full buffer is cut between pieces, never inside one. */
	assert_string_equal(fmt_clean("ab\x1b", buf, 4), "ab");
	assert_string_equal(fmt_clean("ab\x1b", buf, 5), "ab^[");
}

TEST(clean_text_is_printable_whatever_comes_in)
{
	unsigned int seed = 1, i, round;
	char in[33], out[600], again[600];

	for (round = 0; round < 2000; round++) {
		for (i = 0; i < 32; i++) {
			seed = seed * 1103515245u + 12345u;
			in[i] = (char)(seed >> 16);
		}
		in[32] = '\0';
		(void)fmt_clean(in, out, sizeof(out));
		for (i = 0; out[i]; i++) {
			unsigned char c = (unsigned char)out[i];

			assert_true(c >= 32 && c != 127);
			/* U+0080 to U+009F are C2 80 to C2 9F. */
			assert_false(c == 0xc2 && (unsigned char)out[i + 1] < 0xa0);
		}
		assert_string_equal(fmt_clean(out, again, sizeof(again)), out);
	}
}

TEST(wide_characters_are_never_halved)
{
	char buf[32];

	assert_string_equal(fmt_cut("\xe6\xbc\xa2\xe6\xbc\xa2", 3, buf, sizeof(buf)),
			    "\xe6\xbc\xa2");
	assert_string_equal(fmt_cut("abc", 2, buf, sizeof(buf)), "ab");
	assert_string_equal(fmt_cut("abc", 0, buf, sizeof(buf)), "");
	assert_string_equal(fmt_cut("abc", 9, buf, sizeof(buf)), "abc");
}

TEST(durations)
{
	static const struct {
		const char *text;
		int64_t ns;
		size_t used;
	} good[] = {
		{ "2us", 2000, 3 },
		{ "1.5 ms", 1500000, 6 },
		{ "-40ns", -40, 5 },
		{ "12.345 659 694 s", 12345659694, 16 },
		{ "12", 12000000000, 2 },
		{ "0.000000001", 1, 11 },
		{ "1min", 60000000000, 4 },
		{ "+3\xc2\xb5s", 3000, 5 },
		{ "2us && x", 2000, 3 },
		{ ".5us", 500, 4 },
		{ "9223372036.854775807", INT64_MAX, 20 },
	};
	static const char *const bad[] = { "",
					   "us",
					   "2 parsecs",
					   "2xs",
					   "9223372036.854775808",
					   "99999999999999999999",
					   "--2us",
					   "1e5",
					   "200000000min" };
	struct vms_err err;
	int64_t raw;
	size_t i, used;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_duration(&ns_clock, good[i].text, false, &raw, &used, &err),
				 0);
		assert_int_equal(raw, good[i].ns);
		assert_int_equal(used, good[i].used);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!parse_duration(&ns_clock, bad[i], false, &raw, &used, &err))
			assert_true(bad[i][used] != '\0');
	/* 1 us at 2.4 GHz is 2400 ticks; the file's multiplier gives 2400.00006, nearest 2400. */
	assert_int_equal(parse_duration(&tsc_clock, "1us", false, &raw, &used, &err), 0);
	assert_int_equal(raw, 2400);
	assert_int_equal(parse_duration(&tsc_clock, "7788tk", false, &raw, &used, &err), 0);
	assert_int_equal(raw, 7788);
	assert_int_equal(parse_duration(&raw_clock, "1us", false, &raw, &used, &err), -VMS_EUSAGE);
	assert_int_equal(parse_duration(&raw_clock, "5", false, &raw, &used, &err), 0);
	assert_int_equal(raw, 5);
}

/*
 * What is typed is what is shown, for every whole number of ns that some tick of the clock shows.
 */
TEST(a_typed_time_is_shown_as_typed)
{
	const struct vms_clock slow = { .ns_per_unit = 40.0 };
	char text[48], shown[FMT_SIZE];
	struct vms_err err;
	int64_t raw, ns, from;
	size_t used;
	int i;

	for (i = 0; i < 2000; i++) {
		ns = 228700000000 + i * 104729LL;
		(void)snprintf(text, sizeof(text), "%lld.%09llds", (long long)(ns / 1000000000),
			       (long long)(ns % 1000000000));
		assert_int_equal(parse_time(&tsc_clock, text, 0, &raw, &used, &err), 0);
		assert_int_equal(fmt_raw_ns(&tsc_clock, raw), ns);
		assert_true(fabs((double)raw * tsc_clock.mult / ldexp(1.0, (int)tsc_clock.shift) -
				 (double)ns) < 1.0);
		from = raw;
		assert_int_equal(parse_time(&tsc_clock, i % 2 ? "+2ms" : "-2ms", from, &raw, &used,
					    &err),
				 0);
		assert_int_equal(fmt_raw_ns(&tsc_clock, raw), ns + (i % 2 ? 2000000 : -2000000));
	}
	/* Between two ticks nothing shows what was typed: the nearest tick it is. */
	assert_int_equal(parse_time(&slow, "1.000000039s", 0, &raw, &used, &err), 0);
	assert_string_equal(fmt_time(&slow, raw, shown, sizeof(shown)), "1.000 000 040 s");
	assert_int_equal(parse_time(&tsc_clock, "77tk", 0, &raw, &used, &err), 0);
	assert_int_equal(raw, 77);
	assert_int_equal(parse_time(&ns_clock, "+9223372036s", INT64_MAX - 1, &raw, &used, &err),
			 0);
	assert_int_equal(raw, INT64_MAX); /* saturates, does not wrap */
}

static int utf8(void **state)
{
	(void)state;
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return 0;
}

/* A path of any length, and why: what does not fit loses its middle, and no character a part. */
TEST(long_messages_keep_whole_characters_and_their_end)
{
	char path[1200], shown[1200];
	struct vms_err err = { 0 };
	size_t pad, nr;

	for (pad = 0; pad < 4; pad++)
		for (nr = 1; nr < 300; nr++) {
			size_t i, at = pad;

			memset(path, 'x', pad);
			for (i = 0; i < nr; i++, at += 3)
				memcpy(path + at, "\xe2\x82\xac", 3);
			path[at] = '\0';
			(void)vms_fail(&err, VMS_EIO, "%s: no such file", path);
			(void)vms_fail_at(&err, -VMS_EIO, "reading %s", path);
			assert_string_equal(fmt_clean(err.msg, shown, sizeof(shown)), err.msg);
			assert_non_null(strstr(err.msg, "file"));
			assert_memory_equal(err.msg, "reading ", 8);
		}
}

UNIT_MAIN(utf8, NULL)
