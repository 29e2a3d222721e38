/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of advice share: which events were recorded, and for which machines lines are. */
#ifndef ADVISE_IMPL_H
#define ADVISE_IMPL_H

#include <vmsync/advise.h>

/** advise_x86 - the host counts a TSC and has MSRs */
bool advise_x86(enum vms_isa isa);
/** advise_system - the system of an event that the line of a side has; NULL: it has not */
const char *advise_system(enum vms_isa isa, bool guest, const char *name);

/** struct advise_anchor - a sequence that was not recorded */
struct advise_anchor {
	const struct vms_sequence *seq;
	const char *what; /* events that are missing, as -e takes them */
	bool on_host;
	uint64_t ends_nr; /* exits or entries that would be its host end */
};

typedef void advise_anchor_fn(void *maker, unsigned int guest, const struct advise_anchor *found);
/** advise_anchors - those of a guest, of the directions in which no sequence is a sync point */
void advise_anchors(const struct vms_session *session, const struct vms_fitness_list *fitness,
		    unsigned int guest, advise_anchor_fn *take, void *maker);

#endif
