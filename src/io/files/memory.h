/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much memory this process may have. */
#ifndef IO_MEMORY_H
#define IO_MEMORY_H

#include <stdint.h>

/** memory_limit - the least of the machine's, the control groups' and the process' limit [bytes] */
uint64_t memory_limit(void);

#endif
