// SPDX-License-Identifier: LGPL-2.1-or-later
/* The lags that stand out most, as a heap of bounded size. */
#include "core/align/align_impl.h"

static void sift_down(struct align_pool *pool, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;
		struct align_lag tmp;

		if (child >= pool->nr)
			return;
		if (child + 1 < pool->nr && pool->l[child + 1].z < pool->l[child].z)
			child++;
		if (pool->l[i].z <= pool->l[child].z)
			return;
		tmp = pool->l[i];
		pool->l[i] = pool->l[child];
		pool->l[child] = tmp;
		i = child;
	}
}

void align_pool_add(struct align_pool *pool, struct align_lag lag)
{
	size_t i;

	if (pool->nr == ALIGN_POOL_NR) {
		if (lag.z <= pool->l[0].z)
			return;
		pool->l[0] = lag;
		sift_down(pool, 0);
		return;
	}
	i = pool->nr++;
	while (i && pool->l[(i - 1) / 2].z > lag.z) {
		pool->l[i] = pool->l[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	pool->l[i] = lag;
}
