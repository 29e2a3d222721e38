// SPDX-License-Identifier: LGPL-2.1-or-later
/* How candidates are packed: what those near each other have in common is told once. */
#include "core/session/session_packs.h"

#include <stdlib.h>

#include <vmsync/err.h>

#include "core/base/util.h"

int session_packing_begin(struct session_packing *packing, uint32_t nr)
{
	*packing = (struct session_packing){ .far_nr = 0 };
	/* fresh, until written */
	packing->to.near = vms_realloc(NULL, VMS_MAX(nr, 1u) * sizeof(*packing->to.near));
	packing->to.packs = vms_calloc(nr / SESSION_PACK_NR + 1, sizeof(*packing->to.packs));
	return packing->to.near && packing->to.packs ? 0 : -VMS_ENOMEM;
}

static bool is_near(const struct session_pack *pack, const struct session_cand *cand)
{
	return cand->track == pack->track && cand->event - pack->event <= UINT16_MAX &&
	       cand->stretch - pack->stretch <= UINT16_MAX;
}

/* Those of a pack, up to a slot, are in far from now on. */
static int go_far(struct session_packing *packing, uint32_t slot)
{
	const size_t first = packing->far_nr;
	uint32_t at;

	if (vms_grow(&packing->to.far, &packing->far_cap, first + SESSION_PACK_NR,
		     sizeof(*packing->to.far), UINT32_MAX - 1))
		return -VMS_ENOMEM;
	for (at = slot - slot % SESSION_PACK_NR; at < slot; at++) {
		const struct session_cand cand = session_packs_at(&packing->to, at);

		packing->to.far[first + at % SESSION_PACK_NR] =
			(struct session_far){ cand.event, cand.stretch, cand.track };
	}
	packing->to.packs[slot / SESSION_PACK_NR].far = (uint32_t)first;
	packing->far_nr += SESSION_PACK_NR;
	return 0;
}

int session_packing_put(struct session_packing *packing, uint32_t slot,
			const struct session_cand *cand)
{
	struct session_pack *pack = &packing->to.packs[slot / SESSION_PACK_NR];

	if (slot % SESSION_PACK_NR == 0)
		*pack = (struct session_pack){ cand->event, cand->stretch, SESSION_NOT_FAR,
					       cand->track };
	if (pack->far == SESSION_NOT_FAR && !is_near(pack, cand) && go_far(packing, slot))
		return -VMS_ENOMEM;
	if (pack->far != SESSION_NOT_FAR)
		packing->to.far[pack->far + slot % SESSION_PACK_NR] =
			(struct session_far){ cand->event, cand->stretch, cand->track };
	packing->to.near[slot] = (struct session_near){ (uint16_t)(cand->event - pack->event),
							(uint16_t)(cand->stretch - pack->stretch),
							cand->seq, cand->flags };
	return 0;
}

void session_packs_free(struct session_packs *packs)
{
	free(packs->near);
	free(packs->packs);
	free(packs->far);
	*packs = (struct session_packs){ .near = NULL };
}
