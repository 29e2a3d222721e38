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
	struct vms_fft *f;
	size_t k;

	if (log2_nr > VMS_FFT_LOG2_MAX)
		return -VMS_ERANGE;
	f = vms_calloc(1, sizeof(*f));
	if (!f)
		return -VMS_ENOMEM;
	f->nr = (size_t)1 << log2_nr;
	f->w = vms_calloc(f->nr / 2, sizeof(*f->w));
	if (!f->w) {
		vms_fft_free(f);
		return -VMS_ENOMEM;
	}
	for (k = 0; k < f->nr / 2; k++) {
		double phi = -2.0 * PI * (double)k / (double)f->nr;

		f->w[k].re = cos(phi);
		f->w[k].im = sin(phi);
	}
	*out = f;
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

void vms_fft_forward(const struct vms_fft *f, struct vms_cpx *a)
{
	size_t half, base, k;

	for (half = f->nr / 2; half; half /= 2) {
		size_t stride = f->nr / (2 * half);

		for (base = 0; base < f->nr; base += 2 * half) {
			struct vms_cpx *p = a + base;
			struct vms_cpx *q = p + half;

			for (k = 0; k < half; k++) {
				struct vms_cpx w = f->w[k * stride];
				struct vms_cpx d = { p[k].re - q[k].re, p[k].im - q[k].im };

				p[k].re += q[k].re;
				p[k].im += q[k].im;
				q[k].re = d.re * w.re - d.im * w.im;
				q[k].im = d.re * w.im + d.im * w.re;
			}
		}
	}
}

void vms_fft_inverse(const struct vms_fft *f, struct vms_cpx *a)
{
	double scale = 1.0 / (double)f->nr;
	size_t half, base, k;

	for (half = 1; half < f->nr; half *= 2) {
		size_t stride = f->nr / (2 * half);

		for (base = 0; base < f->nr; base += 2 * half) {
			struct vms_cpx *p = a + base;
			struct vms_cpx *q = p + half;

			for (k = 0; k < half; k++) {
				struct vms_cpx w = f->w[k * stride];
				/* the factors of the way back are the conjugates */
				struct vms_cpx t = { q[k].re * w.re + q[k].im * w.im,
						     q[k].im * w.re - q[k].re * w.im };

				q[k].re = p[k].re - t.re;
				q[k].im = p[k].im - t.im;
				p[k].re += t.re;
				p[k].im += t.im;
			}
		}
	}
	for (k = 0; k < f->nr; k++) {
		a[k].re *= scale;
		a[k].im *= scale;
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
