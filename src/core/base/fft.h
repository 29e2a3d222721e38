/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fast Fourier transform of complex arrays whose length is a power of two, for correlations. */
#ifndef VMS_FFT_H
#define VMS_FFT_H

#include <stddef.h>

/** struct vms_cpx - a complex number */
struct vms_cpx {
	double re, im;
};

/** struct vms_fft - the factors of one length */
struct vms_fft;

#define VMS_FFT_LOG2_MAX 24u

/**
 * vms_fft_new - prepare transforms of one length
 * @log2_nr: logarithm of the length, at most VMS_FFT_LOG2_MAX
 * Return: 0; -VMS_ERANGE; -VMS_ENOMEM.
 */
int vms_fft_new(struct vms_fft **out, unsigned int log2_nr);
void vms_fft_free(struct vms_fft *f);

/** vms_fft_nr - the length */
size_t vms_fft_nr(const struct vms_fft *f);

/**
 * vms_fft_forward - transform in place; the result is in bit-reversed order, which products do not
 * mind
 */
void vms_fft_forward(const struct vms_fft *fft, struct vms_cpx *a);

/** vms_fft_inverse - the way back, from bit-reversed order, divided by the length */
void vms_fft_inverse(const struct vms_fft *fft, struct vms_cpx *values);

/**
 * vms_fft_correlate - a becomes a times the conjugate of b: after the inverse, a[j] = sum over i of
 * a[i + j] b[i]
 */
void vms_fft_correlate(const struct vms_fft *f, struct vms_cpx *a, const struct vms_cpx *b);

#endif
