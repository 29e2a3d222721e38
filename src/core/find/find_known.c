// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whether the session's catalogue has the pairs of a cell already. */
#include "core/find/find_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* So many of the pairs are those of a sequence: it is the same. */
#define SAME_LEAST 0.9

static bool takes_any(const struct vms_sequence *seq)
{
	unsigned int i;

	for (i = 0; i < seq->guest_nr; i++)
		if (!strcmp(seq->guest[i].name, "*"))
			return true;
	return false;
}

/* Counts by sequence where it has a pair of an event and a stretch. */
static void count(struct vms_rows *rows, enum vms_dir dir, const struct find_row *at, uint32_t *has)
{
	const struct vms_vcpu *vcpu = &rows->p->vcpu;
	const struct vms_cpu *cpu = &vcpu->guest->cpus[vcpu->cpu_idx];
	const uint16_t type = cpu->type[at->event];
	unsigned int last = UINT32_MAX;
	size_t g;

	for (g = rows->from[type]; g < rows->from[type + 1]; g++) {
		struct vms_row *row = &rows->rows[rows->guests[g].row];

		if (row->seq->dir != dir || takes_any(row->seq) || rows->guests[g].row == last)
			continue;
		row->judged = false;
		if (!vms_row_asks(rows, &rows->guests[g], vms_payload(cpu, at->event)) ||
		    !vms_row_matches(rows, row, &rows->guests[g], vms_payload(cpu, at->event),
				     at->stretch))
			continue;
		last = rows->guests[g].row;
		has[last]++;
	}
}

int find_known_of(struct find *find, struct find_cell *cell, const struct find_at *at,
		  unsigned int nr)
{
	const struct vms_catalogue *catalogue = vms_session_catalogue(find->session);
	uint32_t *has = vms_calloc((size_t)catalogue->seqs_nr + 1, sizeof(*has));
	unsigned int i, best = 0;
	int ret = has ? 0 : -VMS_ENOMEM;

	cell->known = -1;
	if (!find->catalogue && !ret)
		find->catalogue = vms_calloc(find->parts_nr, sizeof(*find->catalogue));
	if (!find->catalogue)
		ret = -VMS_ENOMEM;
	for (i = 0; i < nr && catalogue->seqs_nr && !ret; i++) {
		struct find_part *part = &find->parts[at[i].part];
		struct vms_rows *rows = &find->catalogue[at[i].part];

		part->pairing.catalogue = catalogue;
		if (!rows->p)
			ret = vms_rows_compile(rows, &part->pairing);
		if (!ret)
			count(rows, cell->dir, &part->rows[cell->dir][at[i].row], has);
	}
	for (i = 0; i < catalogue->seqs_nr && !ret; i++)
		if (has[i] > has[best])
			best = i;
	if (!ret && nr && has[best] >= SAME_LEAST * nr)
		cell->known = (int)best;
	free(has);
	return ret;
}

void find_known_clear(struct find *find)
{
	unsigned int i;

	for (i = 0; find->catalogue && i < find->parts_nr; i++)
		if (find->catalogue[i].p)
			vms_rows_clear(&find->catalogue[i]);
	free(find->catalogue);
	find->catalogue = NULL;
}
