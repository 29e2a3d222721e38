/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that a program does with a stream, so that wrong pointers come to light. */
#ifndef FUZZ_USE_H
#define FUZZ_USE_H

/**
 * use_file - load a file with the direct reader and touch all it gives. Return: as the reader's
 * load
 */
int use_file(const char *path);

#endif
