// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which types of guest events and which causes go together more than by chance: a contingency of
 * both, vCPU by vCPU and half by half.
 */
#include "core/find/find_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* Of the events, or of the causes: surely more than so many go together. */
#define SHARE_LOWER_LEAST 0.5
/* What is found in a search without anything to be found: in fewer than one of a million. */
#define CHANCE_MOST 1e-6
/* Pairs in a half of the trace, where a share says something. */
#define HALF_LEAST 5u
#define CELLS_MAX ((size_t)1 << 24)

const uint8_t *find_payload(const struct find_table *t, uint32_t i)
{
	const struct vms_vcpu *vcpu = &t->find->parts[t->order[i].part].pairing.vcpu;

	return vms_payload(&vcpu->guest->cpus[vcpu->cpu_idx], find_row_of(t, i)->event);
}

bool find_cond_holds(const struct find_table *t, const struct find_cond *cond, uint32_t i)
{
	return !cond->field || (vms_field_u64(t->find->stream, cond->field, find_payload(t, i)) ==
				cond->value) != cond->negate;
}

static double g_term(double seen, double expected)
{
	return seen > 0.0 && expected > 0.0 ? seen * log(seen / expected) : 0.0;
}

double find_g_of(double both, double expected, double a, double b, double all)
{
	return 2.0 * (g_term(both, expected) + g_term(a - both, a - expected) +
		      g_term(b - both, b - expected) +
		      g_term(all - a - b + both, all - a - b + expected));
}

bool find_significant(const struct find_table *t, double g)
{
	return erfc(sqrt(fmax(g, 0.0) / 2.0)) * t->tests <= CHANCE_MOST;
}

bool find_name_is_plain(const char *name)
{
	return name && *name &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:") ==
		       strlen(name);
}

bool find_is_number(const struct vms_field *f)
{
	return !f->is_array && !f->is_dynamic &&
	       (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8) &&
	       strncmp(f->name, "common_", 7) != 0 && find_name_is_plain(f->name);
}

static void table_clear(struct find_table *t)
{
	free(t->type_no);
	free(t->cause_no);
	free(t->type);
	free(t->cause);
	free(t->order);
	free(t->from);
	free(t->nr);
	free(t->of_cause);
	free(t->in_stratum);
	free(t->cause_in_stratum);
}

static uint16_t type_of(const struct find_part *part, const struct find_row *row)
{
	return part->pairing.vcpu.guest->cpus[part->pairing.vcpu.cpu_idx].type[row->event];
}

static unsigned int stratum_of(const struct find_part *part, unsigned int part_idx,
			       enum vms_dir dir, uint32_t row)
{
	return 2 * part_idx + (row >= part->rows_nr[dir] - part->rows_nr[dir] / 2);
}

/* Types and causes that have rows enough get numbers. */
static int number_them(struct find_table *t)
{
	const struct find *find = t->find;
	const struct vms_stream *stream = find->stream;
	unsigned int p;
	uint32_t i;

	t->type_no = vms_calloc((size_t)UINT16_MAX + 1, sizeof(*t->type_no));
	t->cause_no = vms_calloc((size_t)find->causes.nr + 1, sizeof(*t->cause_no));
	if (!t->type_no || !t->cause_no)
		return -VMS_ENOMEM;
	for (p = 0; p < find->parts_nr; p++)
		for (i = 0; i < find->parts[p].rows_nr[t->dir]; i++) {
			t->type_no[type_of(&find->parts[p], &find->parts[p].rows[t->dir][i])]++;
			t->cause_no[find->parts[p].rows[t->dir][i].cause]++;
			t->rows_nr++;
		}
	t->type = vms_calloc((size_t)stream->types_nr + 1, sizeof(*t->type));
	t->cause = vms_calloc((size_t)find->causes.nr + 1, sizeof(*t->cause));
	if (!t->type || !t->cause)
		return -VMS_ENOMEM;
	t->types_nr = t->causes_nr = 1;
	for (i = 0; i <= UINT16_MAX; i++) {
		const bool is_some = i && i < stream->types_nr && t->type_no[i] >= FIND_PAIRS_FEW &&
				     find_name_is_plain(stream->types[i].name) &&
				     vms_type_find(stream, NULL, stream->types[i].name) == i;

		t->type_no[i] = is_some ? t->types_nr : 0;
		if (is_some)
			t->type[t->types_nr++] = (uint16_t)i;
	}
	for (i = 0; i < find->causes.nr; i++) {
		const bool is_some = t->cause_no[i] >= FIND_PAIRS_FEW;

		t->cause_no[i] = is_some ? t->causes_nr : 0;
		if (is_some)
			t->cause[t->causes_nr++] = i;
	}
	return 0;
}

static int count_them(struct find_table *t)
{
	const struct find *find = t->find;
	const size_t strata_nr = 2 * (size_t)find->parts_nr;
	unsigned int p, no;
	uint32_t i;

	t->order = vms_calloc(t->rows_nr, sizeof(*t->order));
	t->from = vms_calloc((size_t)t->types_nr + 2, sizeof(*t->from));
	t->nr = vms_calloc((size_t)t->types_nr * t->causes_nr, sizeof(*t->nr));
	t->of_cause = vms_calloc(t->causes_nr, sizeof(*t->of_cause));
	t->in_stratum = vms_calloc(strata_nr, sizeof(*t->in_stratum));
	t->cause_in_stratum = vms_calloc(strata_nr * t->causes_nr, sizeof(*t->cause_in_stratum));
	if (!t->order || !t->from || !t->nr || !t->of_cause || !t->in_stratum ||
	    !t->cause_in_stratum)
		return -VMS_ENOMEM;
	for (p = 0; p < find->parts_nr; p++)
		for (i = 0; i < find->parts[p].rows_nr[t->dir]; i++) {
			const struct find_row *row = &find->parts[p].rows[t->dir][i];
			const unsigned int s = stratum_of(&find->parts[p], p, t->dir, i);
			const uint32_t cause = t->cause_no[row->cause];

			no = t->type_no[type_of(&find->parts[p], row)];
			t->from[no + 2]++;
			t->nr[(size_t)no * t->causes_nr + cause]++;
			t->of_cause[cause]++;
			t->in_stratum[s]++;
			t->cause_in_stratum[(size_t)s * t->causes_nr + cause]++;
		}
	for (no = 2; no < t->types_nr + 2; no++)
		t->from[no] += t->from[no - 1];
	for (p = 0; p < find->parts_nr; p++)
		for (i = 0; i < find->parts[p].rows_nr[t->dir]; i++) {
			no = t->type_no[type_of(&find->parts[p], &find->parts[p].rows[t->dir][i])];
			t->order[t->from[no + 1]++] = (struct find_at){ i, p };
		}
	t->tests = 0.0;
	for (i = 0; i < t->types_nr * t->causes_nr; i++)
		t->tests += t->nr[i] > 0;
	return 0;
}

/* Lower end of the 95 % interval of a share. */
static double lower(double some, double of)
{
	return of > 0.0 ? vms_fit_wilson((uint64_t)some, (uint64_t)of).lo : 0.0;
}

/* What a cell has, of all rows and of those in each half of the vCPUs' time. */
struct weight {
	double both[2], of_type[2], of_cause[2], expected[2];
};

/* Expected is what each vCPU and half would have if its events and causes were independent. */
static struct weight weigh(const struct find_table *t, const struct find_cell *cell,
			   uint32_t *in_stratum)
{
	const unsigned int type = t->type_no[cell->type], cause = t->cause_no[cell->cause];
	struct weight w = { { 0.0, 0.0 }, { 0.0, 0.0 }, { 0.0, 0.0 }, { 0.0, 0.0 } };
	unsigned int s;
	uint32_t i;

	memset(in_stratum, 0, 2 * (size_t)t->find->parts_nr * sizeof(*in_stratum));
	for (i = t->from[type]; i < t->from[type + 1]; i++) {
		if (!find_cond_holds(t, &cell->cond, i))
			continue;
		s = stratum_of(&t->find->parts[t->order[i].part], t->order[i].part, t->dir,
			       t->order[i].row);
		in_stratum[s]++;
		w.both[s % 2] += find_row_of(t, i)->cause == cell->cause;
	}
	for (s = 0; s < 2 * t->find->parts_nr; s++) {
		const double causes = t->cause_in_stratum[(size_t)s * t->causes_nr + cause];

		w.of_type[s % 2] += in_stratum[s];
		w.of_cause[s % 2] += causes;
		if (t->in_stratum[s])
			w.expected[s % 2] += in_stratum[s] * causes / t->in_stratum[s];
	}
	return w;
}

/* In each half the same as in the whole. */
static bool is_stable(const struct weight *w, bool precise)
{
	unsigned int half;

	for (half = 0; half < 2; half++) {
		const double of = precise ? w->of_type[half] : w->of_cause[half];

		if (w->both[half] < HALF_LEAST || w->both[half] < SHARE_LOWER_LEAST * of ||
		    w->both[half] <= w->expected[half])
			return false;
	}
	return true;
}

static bool goes_together(const struct find_table *t, struct find_cell *cell, uint32_t *in_stratum)
{
	const struct weight w = weigh(t, cell, in_stratum);
	const double both = w.both[0] + w.both[1], expected = w.expected[0] + w.expected[1];
	const double types = w.of_type[0] + w.of_type[1], causes = w.of_cause[0] + w.of_cause[1];
	const double all = t->rows_nr;

	cell->nr = (uint32_t)both;
	cell->of_type = (uint32_t)types;
	cell->of_cause = (uint32_t)causes;
	cell->few = both < FIND_PAIRS_LEAST;
	cell->precise = lower(both, types) >= SHARE_LOWER_LEAST;
	cell->share = both > 0.0 ? both / all * log2(both * all / (types * causes)) : 0.0;
	if (both < FIND_PAIRS_FEW || both <= expected || cell->share <= 0.0)
		return false;
	if (!find_significant(t, find_g_of(both, expected, types, causes, all)))
		return false;
	if (!cell->precise && lower(both, causes) < SHARE_LOWER_LEAST)
		return false;
	if (cell->few)
		return true;
	return (cell->precise && is_stable(&w, true)) ||
	       (lower(both, causes) >= SHARE_LOWER_LEAST && is_stable(&w, false));
}

/* Some of the rows of a cell, spread over all. Return: how many. */
static unsigned int some_of(const struct find_table *t, const struct find_cell *cell,
			    struct find_at *at, unsigned int max)
{
	const unsigned int type = t->type_no[cell->type];
	const uint32_t step = VMS_MAX(cell->nr / max, 1u);
	uint32_t i, seen = 0;
	unsigned int nr = 0;

	for (i = t->from[type]; i < t->from[type + 1] && nr < max; i++)
		if (find_row_of(t, i)->cause == cell->cause && find_cond_holds(t, &cell->cond, i) &&
		    seen++ % step == 0)
			at[nr++] = t->order[i];
	return nr;
}

static int take_cell(struct find *find, const struct find_table *t, struct find_cell *cell)
{
	struct find_at at[FIND_SOME];
	int ret = find_key_of(find, cell, at, some_of(t, cell, at, FIND_SOME));

	if (!ret)
		ret = vms_grow(&find->cells, &find->cells_cap, (size_t)find->cells_nr + 1,
			       sizeof(*cell), CELLS_MAX);
	if (!ret)
		ret = find_known_of(find, cell, at, some_of(t, cell, at, FIND_SOME_KNOWN));
	if (!ret)
		find->cells[find->cells_nr++] = *cell;
	return ret;
}

static int take_type(struct find *find, struct find_table *t, unsigned int type,
		     struct find_cond *conds, uint32_t *in_stratum)
{
	unsigned int cause;
	int ret = find_conds_of(t, type, conds);

	for (cause = 1; cause < t->causes_nr && !ret; cause++) {
		struct find_cell cell = { .dir = t->dir,
					  .type = t->type[type],
					  .cause = t->cause[cause],
					  .cond = conds[cause] };

		if (t->nr[(size_t)type * t->causes_nr + cause] >= FIND_PAIRS_FEW &&
		    goes_together(t, &cell, in_stratum))
			ret = take_cell(find, t, &cell);
	}
	return ret;
}

int find_cells_make(struct find *find, enum vms_dir dir)
{
	struct find_table t = { .find = find, .dir = dir };
	uint32_t *in_stratum = vms_calloc(2 * (size_t)find->parts_nr, sizeof(*in_stratum));
	struct find_cond *conds = NULL;
	unsigned int type;
	int ret = in_stratum ? number_them(&t) : -VMS_ENOMEM;

	if (!ret)
		ret = count_them(&t);
	if (!ret)
		conds = vms_calloc(t.causes_nr, sizeof(*conds));
	if (!ret && !conds)
		ret = -VMS_ENOMEM;
	for (type = 1; type < t.types_nr && !ret; type++)
		ret = vms_progress_cancelled(find->opts->progress)
			      ? -VMS_ECANCEL
			      : take_type(find, &t, type, conds, in_stratum);
	free(conds);
	free(in_stratum);
	table_clear(&t);
	return ret;
}
