// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a Fourier transform is done without ever putting bit-reversed numbers back in order, and what
 * of it stays in the caches.
 */
#include "core/base/fft.h"

#include <math.h>
#include <stdlib.h>

#include <vmsync/err.h>

#include "core/base/util.h"

#define PI 3.14159265358979323846

struct vms_fft {
	size_t nr;
	/* at [half]: exp(-pi i k / half) for k below half, for each half = 1, 2, 4 ... nr / 2 */
	struct vms_cpx *w;
};

int vms_fft_new(struct vms_fft **out, unsigned int log2_nr)
{
	struct vms_fft *fft;
	size_t half, k;

	if (log2_nr > VMS_FFT_LOG2_MAX)
		return -VMS_ERANGE;
	fft = vms_calloc(1, sizeof(*fft));
	if (!fft)
		return -VMS_ENOMEM;
	fft->nr = (size_t)1 << log2_nr;
	fft->w = vms_calloc(fft->nr, sizeof(*fft->w));
	if (!fft->w) {
		vms_fft_free(fft);
		return -VMS_ENOMEM;
	}
	half = fft->nr / 2;
	for (k = 0; k < half; k++) {
		double phi = -2.0 * PI * (double)k / (double)fft->nr;

		fft->w[half + k].re = cos(phi);
		fft->w[half + k].im = sin(phi);
	}
	for (half /= 2; half; half /= 2)
		for (k = 0; k < half; k++)
			fft->w[half + k] = fft->w[2 * (half + k)];
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

static struct vms_cpx add(struct vms_cpx a, struct vms_cpx b)
{
	return (struct vms_cpx){ a.re + b.re, a.im + b.im };
}

static struct vms_cpx sub(struct vms_cpx a, struct vms_cpx b)
{
	return (struct vms_cpx){ a.re - b.re, a.im - b.im };
}

static struct vms_cpx mul(struct vms_cpx a, struct vms_cpx w)
{
	return (struct vms_cpx){ a.re * w.re - a.im * w.im, a.re * w.im + a.im * w.re };
}

/* The factors of the way back are the conjugates. */
static struct vms_cpx mul_conjugate(struct vms_cpx a, struct vms_cpx w)
{
	return (struct vms_cpx){ a.re * w.re + a.im * w.im, a.im * w.re - a.re * w.im };
}

/*
 * Two halvings in one walk over the values, then each quarter to its end before the next: what fits
 * into a cache is done there.
 */
static void forward(const struct vms_fft *fft, struct vms_cpx *a, size_t nr)
{
	const size_t quarter = nr / 4;
	const struct vms_cpx *w = fft->w + nr / 2, *w_half = fft->w + quarter;
	struct vms_cpx *b = a + quarter, *c = b + quarter, *d = c + quarter;
	size_t k;

	if (nr < 4) {
		if (nr == 2) {
			const struct vms_cpx first = a[0];

			a[0] = add(first, a[1]);
			a[1] = sub(first, a[1]);
		}
		return;
	}
	for (k = 0; k < quarter; k++) {
		const struct vms_cpx ac = add(a[k], c[k]), ca = mul(sub(a[k], c[k]), w[k]);
		const struct vms_cpx bd = add(b[k], d[k]);
		const struct vms_cpx db = mul(sub(b[k], d[k]), w[quarter + k]);

		a[k] = add(ac, bd);
		b[k] = mul(sub(ac, bd), w_half[k]);
		c[k] = add(ca, db);
		d[k] = mul(sub(ca, db), w_half[k]);
	}
	for (k = 0; k < nr && quarter > 1; k += quarter)
		forward(fft, a + k, quarter);
}

void vms_fft_forward(const struct vms_fft *fft, struct vms_cpx *a)
{
	forward(fft, a, fft->nr);
}

/* forward(), from its end to its begin */
static void inverse(const struct vms_fft *fft, struct vms_cpx *a, size_t nr)
{
	const size_t quarter = nr / 4;
	const struct vms_cpx *w = fft->w + nr / 2, *w_half = fft->w + quarter;
	struct vms_cpx *b = a + quarter, *c = b + quarter, *d = c + quarter;
	size_t k;

	if (nr < 4) {
		forward(fft, a, nr);
		return;
	}
	for (k = 0; k < nr && quarter > 1; k += quarter)
		inverse(fft, a + k, quarter);
	for (k = 0; k < quarter; k++) {
		const struct vms_cpx y = mul_conjugate(b[k], w_half[k]);
		const struct vms_cpx z = mul_conjugate(d[k], w_half[k]);
		const struct vms_cpx ac = add(a[k], y), bd = sub(a[k], y);
		const struct vms_cpx ca = mul_conjugate(add(c[k], z), w[k]);
		const struct vms_cpx db = mul_conjugate(sub(c[k], z), w[quarter + k]);

		a[k] = add(ac, ca);
		c[k] = sub(ac, ca);
		b[k] = add(bd, db);
		d[k] = sub(bd, db);
	}
}

void vms_fft_inverse(const struct vms_fft *fft, struct vms_cpx *values)
{
	double scale = 1.0 / (double)fft->nr;
	size_t k;

	inverse(fft, values, fft->nr);
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
