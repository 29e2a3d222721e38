// SPDX-License-Identifier: LGPL-2.1-or-later
/* The lags that stand out most, as a heap of bounded size. */
#include "core/align/align_impl.h"

static void sift_down(struct align_pool *p, size_t i)
{
	for (;;) {
		size_t c = 2 * i + 1;
		struct align_lag tmp;

		if (c >= p->nr)
			return;
		if (c + 1 < p->nr && p->l[c + 1].z < p->l[c].z)
			c++;
		if (p->l[i].z <= p->l[c].z)
			return;
		tmp = p->l[i];
		p->l[i] = p->l[c];
		p->l[c] = tmp;
		i = c;
	}
}

void align_pool_add(struct align_pool *p, struct align_lag l)
{
	size_t i;

	if (p->nr == ALIGN_POOL_NR) {
		if (l.z <= p->l[0].z)
			return;
		p->l[0] = l;
		sift_down(p, 0);
		return;
	}
	i = p->nr++;
	while (i && p->l[(i - 1) / 2].z > l.z) {
		p->l[i] = p->l[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	p->l[i] = l;
}
