// SPDX-License-Identifier: LGPL-2.1-or-later
/* The transform against the sums that define it. */
#include "unit.h"

#include <math.h>
#include <vmsync/err.h>

#include "core/base/fft.h"
#include "core/base/util.h"

static uint32_t seed = 12345;

static double noise(void)
{
	seed = seed * 1664525u + 1013904223u;
	return (double)(seed >> 8) / 16777216.0 - 0.5;
}

TEST(there_and_back)
{
	unsigned int lg;

	for (lg = 0; lg <= 12; lg++) {
		size_t n = (size_t)1 << lg, i;
		struct vms_cpx *a = calloc(n, sizeof(*a)), *b = calloc(n, sizeof(*b));
		struct vms_fft *f = NULL;

		assert_int_equal(vms_fft_new(&f, lg), 0);
		assert_int_equal(vms_fft_nr(f), n);
		for (i = 0; i < n; i++) {
			a[i].re = b[i].re = noise();
			a[i].im = b[i].im = noise();
		}
		vms_fft_forward(f, a);
		vms_fft_inverse(f, a);
		for (i = 0; i < n; i++) {
			assert_true(fabs(a[i].re - b[i].re) < 1e-12);
			assert_true(fabs(a[i].im - b[i].im) < 1e-12);
		}
		vms_fft_free(f);
		free(a);
		free(b);
	}
}

/* the real part and the imaginary part of the longer signal are correlated at the same time */
TEST(correlation_is_the_sum)
{
	enum { N = 256 };
	struct vms_cpx a[N], b[N], x[N];
	struct vms_fft *f = NULL;
	size_t i, j;

	assert_int_equal(vms_fft_new(&f, 8), 0);
	for (i = 0; i < N; i++) {
		a[i] = x[i] = (struct vms_cpx){ noise(), noise() };
		b[i] = (struct vms_cpx){ i < 100 ? noise() : 0.0, 0.0 };
	}
	struct vms_cpx y[N];

	memcpy(y, b, sizeof(y));
	vms_fft_forward(f, a);
	vms_fft_forward(f, b);
	vms_fft_correlate(f, a, b);
	vms_fft_inverse(f, a);
	for (j = 0; j < N; j++) {
		double re = 0.0, im = 0.0;

		for (i = 0; i < N; i++) {
			re += x[(i + j) % N].re * y[i].re;
			im += x[(i + j) % N].im * y[i].re;
		}
		assert_true(fabs(a[j].re - re) < 1e-11);
		assert_true(fabs(a[j].im - im) < 1e-11);
	}
	vms_fft_free(f);
}

TEST(a_pure_tone_is_one_line)
{
	enum { N = 64 };
	struct vms_cpx a[N];
	struct vms_fft *f = NULL;
	size_t i;
	int lines = 0;

	assert_int_equal(vms_fft_new(&f, 6), 0);
	for (i = 0; i < N; i++)
		a[i] = (struct vms_cpx){ cos(2.0 * acos(-1.0) * 5.0 * (double)i / N),
					 sin(2.0 * acos(-1.0) * 5.0 * (double)i / N) };
	vms_fft_forward(f, a);
	for (i = 0; i < N; i++) {
		double m = hypot(a[i].re, a[i].im);

		assert_true(m < 1e-9 || fabs(m - N) < 1e-9);
		lines += m > 1.0;
	}
	assert_int_equal(lines, 1);
	vms_fft_free(f);
}

TEST(failures)
{
	struct vms_fft *f = NULL;

	assert_int_equal(vms_fft_new(&f, VMS_FFT_LOG2_MAX + 1), -VMS_ERANGE);
	vms_alloc_fail_at(1);
	assert_int_equal(vms_fft_new(&f, 4), -VMS_ENOMEM);
	vms_alloc_fail_at(2);
	assert_int_equal(vms_fft_new(&f, 4), -VMS_ENOMEM);
	vms_alloc_fail_at(0);
	assert_null(f);
	vms_fft_free(NULL);
}

UNIT_MAIN(NULL, NULL)
