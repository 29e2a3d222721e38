// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which value of one field of a guest event splits those that go with a cause from the others. */
#include "core/find/find_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* More values are no kinds of an event, but numbers. */
#define VALUES_MOST 64u
/* Clean: of the pairs at most so many are on the other side ... */
#define STRAY_MOST 0.05
/* ... where pairs are rarer by this. */
#define RARER 0.1
/* Rows on the other side: of fewer nothing can be said. */
#define OTHERS_LEAST 8u

/* Rows of a type by the values of a field. */
struct tally {
	uint64_t value[VALUES_MOST];
	uint32_t nr[VALUES_MOST];
	uint32_t *by_cause; /* [value * causes_nr + cause] */
	unsigned int values_nr;
	bool varies; /* within a vCPU: else it says which one that is */
};

/* Return: false when there are too many values. */
static bool tally_of(struct tally *tally, const struct find_table *t, unsigned int type,
		     const struct vms_field *field)
{
	const struct vms_stream *stream = t->find->stream;
	unsigned int part = UINT32_MAX, v = 0;
	uint64_t first = 0;
	uint32_t i;

	tally->values_nr = 0;
	tally->varies = false;
	memset(tally->by_cause, 0, (size_t)VALUES_MOST * t->causes_nr * sizeof(uint32_t));
	for (i = t->from[type]; i < t->from[type + 1]; i++) {
		const uint64_t value = vms_field_u64(stream, field, find_payload(t, i));

		if (t->order[i].part != part) {
			part = t->order[i].part;
			first = value;
		}
		tally->varies |= value != first;
		/* the value of the row before is the likeliest */
		if (v >= tally->values_nr || tally->value[v] != value)
			for (v = 0; v < tally->values_nr && tally->value[v] != value; v++)
				;
		if (v == VALUES_MOST)
			return false;
		if (v == tally->values_nr) {
			tally->value[v] = value;
			tally->nr[v] = 0;
			tally->values_nr++;
		}
		tally->nr[v]++;
		tally->by_cause[(size_t)v * t->causes_nr + t->cause_no[find_row_of(t, i)->cause]]++;
	}
	return tally->values_nr > 1 && tally->varies;
}

/* How much a condition tells, in a likelihood ratio; 0: it does not split cleanly. */
static double split(const struct find_table *t, double pairs, double rows, double all_pairs,
		    double all_rows)
{
	const double stray = all_pairs - pairs, others = all_rows - rows;
	double g;

	if (pairs < FIND_PAIRS_FEW || others < OTHERS_LEAST || stray > STRAY_MOST * all_pairs ||
	    stray / others > RARER * pairs / rows)
		return 0.0;
	g = find_g_of(pairs, rows * all_pairs / all_rows, rows, all_pairs, all_rows);
	return find_significant(t, g) ? g : 0.0;
}

/* A condition must tell clearly more than a simpler one. */
#define CLEARLY 1.01

static void try_value(const struct find_table *t, unsigned int type, const struct tally *tally,
		      unsigned int v, const struct vms_field *field, struct find_cond *best,
		      double *best_g)
{
	const double all_rows = t->from[type + 1] - t->from[type];
	unsigned int cause, negate;

	for (cause = 1; cause < t->causes_nr; cause++) {
		const double all_pairs = t->nr[(size_t)type * t->causes_nr + cause];
		const double pairs = tally->by_cause[(size_t)v * t->causes_nr + cause];

		if (all_pairs < FIND_PAIRS_FEW)
			continue;
		for (negate = 0; negate < 2; negate++) {
			const double g = split(t, negate ? all_pairs - pairs : pairs,
					       negate ? all_rows - tally->nr[v] : tally->nr[v],
					       all_pairs, all_rows);

			if (g <= best_g[cause] * CLEARLY)
				continue;
			best_g[cause] = g;
			best[cause] = (struct find_cond){ field, negate, tally->value[v] };
		}
	}
}

int find_conds_of(struct find_table *t, unsigned int type, struct find_cond *best)
{
	const struct vms_event_type *format = &t->find->stream->types[t->type[type]];
	double *best_g = vms_calloc(t->causes_nr, sizeof(*best_g));
	struct tally tally = { .by_cause = vms_calloc((size_t)VALUES_MOST * t->causes_nr,
						      sizeof(uint32_t)) };
	unsigned int i, v;

	memset(best, 0, t->causes_nr * sizeof(*best));
	for (i = 0; best_g && tally.by_cause && i < format->fields_nr; i++) {
		const struct vms_field *field = &format->fields[i];

		/* a process is one of this recording, not a kind of event */
		if (!find_is_number(field) || strstr(field->name, "pid") ||
		    !tally_of(&tally, t, type, field))
			continue;
		t->tests += tally.values_nr;
		for (v = 0; v < tally.values_nr; v++)
			try_value(t, type, &tally, v, field, best, best_g);
	}
	i = !best_g || !tally.by_cause;
	free(best_g);
	free(tally.by_cause);
	return i ? -VMS_ENOMEM : 0;
}
