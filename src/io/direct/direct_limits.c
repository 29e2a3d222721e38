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
 * Recordings take up to 12 times their size for pages and events, and the session as much again.
 * Small ones are made of formats and symbols above all, which compress well. What is beyond a
 * file's own share comes out of one allowance for all that are open: many small files are no way
 * around it. That for events is smaller, as the session makes much more of them.
 */
#define SHARE 24
static const uint64_t allowance[DIRECT_MEMORY_NR] = { (uint64_t)96 << 20, (uint64_t)16 << 20 };
#define LOOK_BYTES ((uint64_t)1 << 20) /* of a neighbour, beyond its size */
#define MACHINE_PART 4		       /* 3 of 4 bytes of the machine's: the session needs some */
#define OVERLAP 4		       /* a damaged number makes parts lie over one another */

static atomic_ullong taken_all, taken_beyond[DIRECT_MEMORY_NR];

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

void direct_give_back(struct direct_file *f, enum direct_memory of, uint64_t size)
{
	const uint64_t before = atomic_fetch_sub(&f->taken[of], size);

	atomic_fetch_sub(&taken_beyond[of], beyond(f, before) - beyond(f, before - size));
	atomic_fetch_sub(&taken_all, size);
}

bool direct_take(struct direct_file *direct, enum direct_memory of, uint64_t size)
{
	uint64_t before, extra;
	int over = 0;

	if (direct->over)
		return false;
	size = VMS_MIN(size, UINT64_MAX / 4);
	before = atomic_fetch_add(&direct->taken[of], size);
	extra = beyond(direct, before + size) - beyond(direct, before);
	if (atomic_fetch_add(&taken_all, size) + size > machine_bytes())
		over = DIRECT_OVER_MACHINE;
	if (atomic_fetch_add(&taken_beyond[of], extra) + extra > allowance[of] ||
	    (direct->look && before + size > direct->size + LOOK_BYTES))
		over = DIRECT_OVER_FILE;
	if (!over)
		return true;
	direct_give_back(direct, of, size);
	direct->wanted = before + size;
	direct->over = over;
	return false;
}

bool direct_fits_disk(struct direct_file *f, uint64_t size)
{
	if (size <= share_of(f))
		return !f->over;
	f->wanted = size;
	f->over = DIRECT_OVER_FILE;
	return false;
}

bool direct_visit(struct direct_file *f, uint64_t size)
{
	f->visited += VMS_MIN(size, f->size);
	return f->visited / OVERLAP <= f->size;
}

int direct_over(const struct direct_file *direct, struct vms_err *err)
{
	if (direct->over == DIRECT_OVER_MACHINE)
		return vms_fail(err, VMS_ERANGE,
				"%s needs %llu MB of memory for its events, and this machine "
				"lets it have %llu MB: --range 0%%..10%% loads the first tenth "
				"of its time",
				direct->path, (unsigned long long)(direct->wanted >> 20),
				(unsigned long long)(machine_bytes() >> 20));
	if (direct->over == DIRECT_OVER_CPUS)
		return vms_fail(err, VMS_ERANGE,
				"%s: %zu bytes have event data of more CPUs than a recording of "
				"that size has: it is damaged or made to do harm; record again",
				direct->path, direct->size);
	return vms_fail(err, VMS_ERANGE,
			"%s: %zu bytes unpack to more than a recording of that size holds "
			"(%llu MB at least): it is damaged or made to do harm; record again",
			direct->path, direct->size, (unsigned long long)(direct->wanted >> 20));
}

void *direct_alloc(struct direct_file *f, size_t nr, size_t size)
{
	size_t all;

	if (vms_mul_overflow(nr, size, &all) || !direct_take(f, DIRECT_HEAD, all))
		return NULL;
	return arena_alloc(&f->arena, nr, size);
}

char *direct_strndup(struct direct_file *f, const char *s, size_t max)
{
	return direct_take(f, DIRECT_HEAD, strnlen(s, max) + 1) ? arena_strndup(&f->arena, s, max)
								: NULL;
}
