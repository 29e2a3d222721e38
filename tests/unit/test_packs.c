// SPDX-License-Identifier: LGPL-2.1-or-later
/* Candidates come out of their packs as they were put in, however far they are from each other. */
#include "unit.h"

#include <vmsync/err.h>

#include "core/base/util.h"
#include "core/session/session_packs.h"

#define CANDS_NR 5000u

static struct session_cand cands[CANDS_NR];

static bool is_one_in(int nr)
{
	return nr && rand() % nr == 0;
}

/* Near each other, but for some: far off, of the next track, or further back. */
static void make(unsigned int seed, int seldom)
{
	struct session_cand cand = { .event = 7, .stretch = 3 };
	uint32_t i;

	srand(seed);
	for (i = 0; i < CANDS_NR; i++) {
		cand.event += (uint32_t)(rand() % 5);
		cand.stretch += (uint32_t)(rand() % 3);
		cand.seq = (uint8_t)rand();
		cand.flags = (uint8_t)rand();
		if (is_one_in(seldom))
			cand.event += 60000 + (uint32_t)(rand() % 10000);
		if (is_one_in(seldom))
			cand.stretch += 0x7fffffffu;
		if (is_one_in(seldom))
			cand.stretch--;
		if (is_one_in(seldom))
			cand = (struct session_cand){ .track = (uint16_t)(cand.track + 1) };
		cands[i] = cand;
	}
}

static int put_all(struct session_packing *packing)
{
	int ret = session_packing_begin(packing, CANDS_NR);
	uint32_t i;

	for (i = 0; i < CANDS_NR && !ret; i++)
		ret = session_packing_put(packing, i, &cands[i]);
	return ret;
}

TEST(what_is_packed_comes_out_as_it_was)
{
	static const int seldom[] = { 0, 1, 3, 50, 1000 };
	struct session_packing packing;
	unsigned int k;
	uint32_t i;

	for (k = 0; k < VMS_ARRAY_NR(seldom); k++) {
		make(k + 1, seldom[k]);
		assert_int_equal(put_all(&packing), 0);
		assert_int_equal(packing.far_nr != 0, seldom[k] != 0);
		for (i = 0; i < CANDS_NR; i++) {
			const struct session_cand cand = session_packs_at(&packing.to, i);

			assert_int_equal(cand.event, cands[i].event);
			assert_int_equal(cand.stretch, cands[i].stretch);
			assert_int_equal(cand.track, cands[i].track);
			assert_int_equal(cand.seq, cands[i].seq);
			assert_int_equal(cand.flags, cands[i].flags);
		}
		session_packs_free(&packing.to);
	}
}

TEST(without_memory_nothing_is_packed)
{
	struct session_packing packing;
	unsigned long n;
	int ret = -1;

	make(9, 3);
	for (n = 1; ret && n < 200; n++) {
		vms_alloc_fail_at(n);
		ret = put_all(&packing);
		vms_alloc_fail_at(0);
		assert_true(ret == 0 || ret == -VMS_ENOMEM);
		session_packs_free(&packing.to);
	}
	assert_int_equal(ret, 0);
	assert_true(n > 4);
}

UNIT_MAIN(NULL, NULL)
