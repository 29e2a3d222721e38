// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How much a file may ask for: each of its parts may be large, their sum may not be larger than
 * what a file of its size holds.
 */
#include "io/direct/direct_impl.h"

#include <stdatomic.h>

#include "io/files/memory.h"
#include "core/base/util.h"

/*
 * Recordings take 25 times their size at most, the session included; small ones are made of
 * formats above all, which compress well. What is beyond a file's own share comes out of one
 * allowance for all that are open: many small files are no way around it.
 */
#define SHARE 24
#define ALLOWANCE_BYTES ((uint64_t)96 << 20)
#define LOOK_BYTES ((uint64_t)1 << 20) /* of a neighbour, beyond its size */
#define MACHINE_PART 4		       /* 3 of 4 bytes of the machine's: the session needs some */
#define OVERLAP 4		       /* a damaged number makes parts lie over one another */

static atomic_ullong taken_all, taken_beyond;

static uint64_t machine_bytes(void)
{
	static atomic_ullong known;

	if (!atomic_load(&known))
		atomic_store(&known, memory_limit() / MACHINE_PART * (MACHINE_PART - 1));
	return atomic_load(&known);
}

static uint64_t share_of(const struct direct_file *f)
{
	uint64_t share;

	return vms_mul_overflow((uint64_t)f->size, (uint64_t)SHARE, &share) ? UINT64_MAX : share;
}

static uint64_t beyond(const struct direct_file *f, uint64_t taken)
{
	return taken > share_of(f) ? taken - share_of(f) : 0;
}

bool direct_take(struct direct_file *f, uint64_t size)
{
	uint64_t before, extra;

	if (f->over)
		return false;
	if (size > UINT64_MAX / 4) {
		f->over = DIRECT_OVER_FILE;
		return false;
	}
	before = atomic_fetch_add(&f->taken, size);
	extra = beyond(f, before + size) - beyond(f, before);
	if (atomic_fetch_add(&taken_all, size) + size > machine_bytes())
		f->over = DIRECT_OVER_MACHINE;
	if (atomic_fetch_add(&taken_beyond, extra) + extra > ALLOWANCE_BYTES ||
	    (f->look && before + size > f->size + LOOK_BYTES))
		f->over = DIRECT_OVER_FILE;
	return !f->over;
}

void direct_give_back(struct direct_file *f, uint64_t size)
{
	const uint64_t before = atomic_fetch_sub(&f->taken, size);

	atomic_fetch_sub(&taken_beyond, beyond(f, before) - beyond(f, before - size));
	atomic_fetch_sub(&taken_all, size);
}

bool direct_fits_disk(struct direct_file *f, uint64_t size)
{
	if (size > share_of(f))
		f->over = DIRECT_OVER_FILE;
	return !f->over;
}

bool direct_visit(struct direct_file *f, uint64_t size)
{
	f->visited += VMS_MIN(size, f->size);
	return f->visited / OVERLAP <= f->size;
}

int direct_over(const struct direct_file *f, struct vms_err *err)
{
	if (f->over == DIRECT_OVER_MACHINE)
		return vms_fail(err, VMS_ERANGE,
				"%.100s needs more than %llu MB of memory, which is what this "
				"machine lets it have: record a shorter time or fewer events",
				f->path, (unsigned long long)(machine_bytes() >> 20));
	if (f->over == DIRECT_OVER_CPUS)
		return vms_fail(
			err, VMS_ERANGE,
			"%.100s: %zu bytes have event data of more CPUs than a recording of "
			"that size has: it is damaged or made to do harm; record again",
			f->path, f->size);
	return vms_fail(err, VMS_ERANGE,
			"%.100s: %zu bytes unpack to more than a recording of that size holds "
			"(%llu MB so far): it is damaged or made to do harm; record again",
			f->path, f->size, (unsigned long long)(atomic_load(&f->taken) >> 20));
}

void *direct_alloc(struct direct_file *f, size_t nr, size_t size)
{
	size_t all;

	if (vms_mul_overflow(nr, size, &all) || !direct_take(f, all))
		return NULL;
	return arena_alloc(&f->arena, nr, size);
}

char *direct_strndup(struct direct_file *f, const char *s, size_t max)
{
	return direct_take(f, strnlen(s, max) + 1) ? arena_strndup(&f->arena, s, max) : NULL;
}
