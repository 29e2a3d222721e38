// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a radix-2 Fourier transform is done without ever putting bit-reversed numbers back in order.
 */
#include "core/base/fft.h"

#include <math.h>
#include <stdlib.h>

#include <vmsync/err.h>

#include "core/base/util.h"

#define PI 3.14159265358979323846

struct vms_fft {
	size_t nr;
	struct vms_cpx *w; /* nr / 2 factors exp(-2 pi i k / nr) */
};

int vms_fft_new(struct vms_fft **out, unsigned int log2_nr)
{
	struct vms_fft *fft;
	size_t k;

	if (log2_nr > VMS_FFT_LOG2_MAX)
		return -VMS_ERANGE;
	fft = vms_calloc(1, sizeof(*fft));
	if (!fft)
		return -VMS_ENOMEM;
	fft->nr = (size_t)1 << log2_nr;
	fft->w = vms_calloc(fft->nr / 2, sizeof(*fft->w));
	if (!fft->w) {
		vms_fft_free(fft);
		return -VMS_ENOMEM;
	}
	for (k = 0; k < fft->nr / 2; k++) {
		double phi = -2.0 * PI * (double)k / (double)fft->nr;

		fft->w[k].re = cos(phi);
		fft->w[k].im = sin(phi);
	}
	*out = fft;
	return 0;
}

void vms_fft_free(struct vms_fft *f)
{
	if (!f)
		return;
	free(f->w);
	free(f);
}

size_t vms_fft_nr(const struct vms_fft *f)
{
	return f->nr;
}

void vms_fft_forward(const struct vms_fft *fft, struct vms_cpx *a)
{
	size_t half, base, k;

	for (half = fft->nr / 2; half; half /= 2) {
		size_t stride = fft->nr / (2 * half);

		for (base = 0; base < fft->nr; base += 2 * half) {
			struct vms_cpx *p = a + base;
			struct vms_cpx *q = p + half;

			for (k = 0; k < half; k++) {
				struct vms_cpx w = fft->w[k * stride];
				struct vms_cpx d = { p[k].re - q[k].re, p[k].im - q[k].im };

				p[k].re += q[k].re;
				p[k].im += q[k].im;
				q[k].re = d.re * w.re - d.im * w.im;
				q[k].im = d.re * w.im + d.im * w.re;
			}
		}
	}
}

void vms_fft_inverse(const struct vms_fft *fft, struct vms_cpx *values)
{
	double scale = 1.0 / (double)fft->nr;
	size_t half, base, k;

	for (half = 1; half < fft->nr; half *= 2) {
		size_t stride = fft->nr / (2 * half);

		for (base = 0; base < fft->nr; base += 2 * half) {
			struct vms_cpx *low = values + base;
			struct vms_cpx *high = low + half;

			for (k = 0; k < half; k++) {
				struct vms_cpx w = fft->w[k * stride];
				/* the factors of the way back are the conjugates */
				struct vms_cpx t = { high[k].re * w.re + high[k].im * w.im,
						     high[k].im * w.re - high[k].re * w.im };

				high[k].re = low[k].re - t.re;
				high[k].im = low[k].im - t.im;
				low[k].re += t.re;
				low[k].im += t.im;
			}
		}
	}
	for (k = 0; k < fft->nr; k++) {
		values[k].re *= scale;
		values[k].im *= scale;
	}
}

void vms_fft_correlate(const struct vms_fft *f, struct vms_cpx *a, const struct vms_cpx *b)
{
	size_t k;

	for (k = 0; k < f->nr; k++) {
		struct vms_cpx x = a[k];

		a[k].re = x.re * b[k].re + x.im * b[k].im;
		a[k].im = x.im * b[k].re - x.re * b[k].im;
	}
}
