/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many recordings without a screen: each opened by itself, and what cannot be opened is named. */
#ifndef APP_MANY_H
#define APP_MANY_H

#include "main/load.h"

/** struct many - what is done with each */
struct many {
	const char *doing; /* "studying": in front of how far it is, where a person watches */
	/* @loaded is closed afterwards. Return: 0; the code of an error of the recording's own */
	int (*take)(void *user, const struct app_loaded *loaded, struct vms_err *err);
	/* behind all others: a file that is no recording, or has no guest, and why */
	void (*skip)(void *user, const char *path, const char *why);
	void *user;
};

/**
 * many_each - take each recording of the command line once, also where a pattern names its guests
 * @skipped_nr: so many are none
 * Return: 0, also then; what else ended it.
 */
int many_each(const struct many *many, const struct app_options *options, unsigned int *skipped_nr,
	      struct vms_err *err);

#endif
