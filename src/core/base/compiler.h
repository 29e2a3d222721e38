/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The compiler extensions the project uses, and nothing else of the compiler. */
#ifndef VMS_COMPILER_H
#define VMS_COMPILER_H

#include <stdint.h>

__extension__ typedef __int128 vms_i128;
__extension__ typedef unsigned __int128 vms_u128;

#define VMS_TYPEOF(x) __typeof__(x)
#define VMS_MUST_USE __attribute__((warn_unused_result))
#define VMS_PRINTF(f, a) __attribute__((format(printf, f, a)))
/* A wish to have at hand what will be read soon */
#define VMS_PREFETCH(p) __builtin_prefetch(p)

#define vms_add_overflow(a, b, r) __builtin_add_overflow(a, b, r)
#define vms_sub_overflow(a, b, r) __builtin_sub_overflow(a, b, r)
#define vms_mul_overflow(a, b, r) __builtin_mul_overflow(a, b, r)

#endif
