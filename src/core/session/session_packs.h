/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Candidates that form, in 6 bytes each: there are up to two for each stretch. */
#ifndef VMSYNC_SESSION_PACKS_H
#define VMSYNC_SESSION_PACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_PACK_NR 64u
#define SESSION_NOT_FAR UINT32_MAX

/* A candidate: its pair is that of the event and the stretch, or in loose, if it does not form. */
struct session_cand {
	uint32_t event, stretch;
	uint16_t track;
	uint8_t seq, flags;
};

/* One of SESSION_PACK_NR that follow each other: how far it is from the first of them. */
struct session_near {
	uint16_t event, stretch;
	uint8_t seq, flags;
};

/* The first of them; where some are too far from it, or of another track, all are in far. */
struct session_pack {
	uint32_t event, stretch;
	uint32_t far; /* the first there, or SESSION_NOT_FAR */
	uint16_t track;
};

struct session_far {
	uint32_t event, stretch;
	uint16_t track;
};

/* Where candidates are; but for their flags nothing of it changes once it is made. */
struct session_packs {
	struct session_near *near;
	struct session_pack *packs;
	struct session_far *far;
};

static inline struct session_cand session_packs_at(const struct session_packs *packs, uint32_t slot)
{
	const struct session_near *near = &packs->near[slot];
	const struct session_pack *pack = &packs->packs[slot / SESSION_PACK_NR];
	struct session_cand cand = { .seq = near->seq, .flags = near->flags };

	if (pack->far == SESSION_NOT_FAR) {
		cand.event = pack->event + near->event;
		cand.stretch = pack->stretch + near->stretch;
		cand.track = pack->track;
	} else {
		const struct session_far *far = &packs->far[pack->far + slot % SESSION_PACK_NR];

		cand.event = far->event;
		cand.stretch = far->stretch;
		cand.track = far->track;
	}
	return cand;
}

/* Packs while they are made. */
struct session_packing {
	struct session_packs to;
	size_t far_nr, far_cap;
};

/* Room for so many; session_packs_free() is due after an error too. -VMS_ENOMEM */
int session_packing_begin(struct session_packing *packing, uint32_t nr);
/* The next: slots ascend from 0. -VMS_ENOMEM */
int session_packing_put(struct session_packing *packing, uint32_t slot,
			const struct session_cand *cand);
void session_packs_free(struct session_packs *packs);

#endif
