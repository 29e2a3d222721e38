/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a sequence is fit as a synchronisation point, in words. */
#ifndef APP_FITNESS_H
#define APP_FITNESS_H

#include <vmsync/fitness.h>

struct lines; /* words.h */

/** fit_word - "sync point", "bound only", "too few", "unstable", "by chance", "unfit" */
const char *fit_word(enum vms_fit fit);

#define FIT_WHY_CHARS 200
/**
 * fit_why - what decides the verdict
 * @clock: the host's; @guest: whose pairs these are; @buf: holds FIT_WHY_CHARS
 * Return: @buf
 */
const char *fit_why(const struct vms_clock *clock, const struct vms_stream *guest, enum vms_dir dir,
		    const struct vms_fitness *f, char *buf);
/** fit_range - "11.2 to 12.6 us"; "-" where an end is not known. Return: @buf */
const char *fit_range(const struct vms_clock *clock, const struct vms_fit_range *range, char *buf,
		      size_t size);
/** fit_lines - all figures, groups and the histogram */
void fit_lines(struct lines *lines, const struct vms_clock *clock, const struct vms_stream *guest,
	       enum vms_dir dir, const struct vms_fitness *f);

#endif
