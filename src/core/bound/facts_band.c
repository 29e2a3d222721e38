// SPDX-License-Identifier: LGPL-2.1-or-later
/* How clock facts are solved for a band where no guest event is at hand. */
#include <vmsync/facts_band.h>

#include <stdlib.h>

#include "core/base/util.h"

/* A step of the offset shows in each fact after it: few that disagree are none. */
#define STEP_PENALTY 4u

static int64_t middle_of(const struct vms_band *b, uint32_t fact)
{
	const struct vms_band_segment *seg = b ? vms_band_segment_of(b, fact) : NULL;

	return seg ? seg->middle.line.offset_raw : INT64_MAX;
}

/* The facts that hold where the offset is about as a band says; without one, all. */
static void bounds_of(struct vms_constraints *cons, const struct vms_thread_facts *facts,
		      const struct vms_band *about)
{
	int64_t lo, hi;
	uint32_t i;

	cons->lower_nr = 0;
	for (i = 0; i < facts->facts_nr; i++)
		if (vms_fact_bounds(&facts->facts[i], middle_of(about, i), &lo, &hi))
			cons->lower[cons->lower_nr++] = (struct vms_bound){ i, i | VMS_POINT_FACT };
	cons->upper_nr = cons->facts_nr = cons->lower_nr;
}

int vms_facts_band(struct vms_band **out, const struct vms_thread_facts *facts, int64_t slack_raw,
		   bool coarse, uint32_t *doubtful_nr, struct vms_err *err)
{
	const struct vms_band_opts opts = { .constant = true,
					    .slack_raw = slack_raw,
					    .coarse = coarse,
					    .step_penalty = STEP_PENALTY };
	struct vms_thread_facts alone = { .facts = facts->facts, .facts_nr = facts->facts_nr };
	const struct vms_facts all = { .threads = &alone, .threads_nr = 1 };
	struct vms_constraints cons = { .events_nr = facts->facts_nr, .facts = &all };
	struct vms_band *about = NULL;
	int ret = -VMS_ENOMEM;

	cons.lower = vms_calloc(facts->facts_nr, sizeof(*cons.lower));
	cons.upper = cons.lower;
	if (cons.lower) {
		bounds_of(&cons, facts, NULL);
		ret = vms_band_build(&about, &cons, &opts, err);
	} else {
		(void)vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	if (!ret) {
		const uint32_t before_nr = cons.facts_nr;

		bounds_of(&cons, facts, about);
		if (cons.facts_nr == before_nr) {
			*out = about;
			about = NULL;
		} else {
			ret = vms_band_build(out, &cons, &opts, err);
		}
	}
	if (!ret && doubtful_nr)
		*doubtful_nr = facts->facts_nr - cons.facts_nr;
	vms_band_free(about);
	free(cons.lower);
	return ret;
}
