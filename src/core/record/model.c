// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a guest time becomes a host time under a clock model, and how to go back. */
#include <vmsync/model.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/util.h"
#include "core/base/wide.h"
#include "core/record/steady.h"

int vms_model_new(struct vms_model **out, enum vms_model_kind kind, const struct vms_stream *guest,
		  struct vms_err *err)
{
	struct vms_model *model = vms_calloc(1, sizeof(*model));

	if (model)
		model->cpus = vms_calloc(guest->cpus_nr, sizeof(*model->cpus));
	if (!model || !model->cpus) {
		vms_model_free(model);
		return vms_fail(err, VMS_ENOMEM, "out of memory for a clock model");
	}
	model->kind = kind;
	model->guest = guest;
	model->cpus_nr = guest->cpus_nr;
	*out = model;
	return 0;
}

void vms_model_beside(struct vms_model *m, const struct vms_stream *host)
{
	const struct vms_clock *h = &host->clock, *g = &m->guest->clock;

	m->moved_raw = vms_recorded_moved(m->guest, host);
	m->host = h->mult != g->mult || h->shift != g->shift ? host : NULL;
}

int vms_model_dup(struct vms_model **out, const struct vms_model *model, struct vms_err *err)
{
	struct vms_model *copy = NULL;
	unsigned int i;
	int ret;

	ret = vms_model_new(&copy, model->kind, model->guest, err);
	if (!ret) {
		copy->moved_raw = model->moved_raw;
		copy->host = model->host;
	}
	for (i = 0; i < model->cpus_nr && !ret; i++)
		ret = vms_model_set(copy, i, model->cpus[i].pieces, model->cpus[i].pieces_nr, err);
	if (ret) {
		vms_model_free(copy);
		return ret;
	}
	*out = copy;
	return 0;
}

int vms_model_set(struct vms_model *model, unsigned int cpu_idx, const struct vms_piece *pieces,
		  unsigned int pieces_nr, struct vms_err *err)
{
	struct vms_piece *copy = NULL;

	if (cpu_idx >= model->cpus_nr)
		return vms_fail(err, VMS_EUSAGE, "CPU index %u is not in the clock model", cpu_idx);
	VMS_ASSERT_EACH(i, 1, pieces_nr, pieces[i - 1].from_idx < pieces[i].from_idx);
	if (pieces_nr) {
		copy = vms_calloc(pieces_nr, sizeof(*copy));
		if (!copy)
			return vms_fail(err, VMS_ENOMEM, "out of memory for a clock model");
		memcpy(copy, pieces, pieces_nr * sizeof(*copy));
	}
	free(model->cpus[cpu_idx].pieces);
	model->cpus[cpu_idx].pieces = copy;
	model->cpus[cpu_idx].pieces_nr = pieces_nr;
	return 0;
}

void vms_model_free(struct vms_model *model)
{
	unsigned int i;

	if (!model)
		return;
	for (i = 0; model->cpus && i < model->cpus_nr; i++)
		free(model->cpus[i].pieces);
	free(model->cpus);
	/* const for readers only: allocated in vms_model_new() */
	free(model);
}

/*
 * The times stay integers; floating is only what drift adds since the reference. A long double
 * has 64 bits of mantissa or more where it matters (x86, arm64), so that the product is good to
 * one unit.
 */
static int64_t line_at_wide(const struct vms_line *l, int64_t guest_raw)
{
	const vms_i128 base = (vms_i128)guest_raw + l->offset_raw;
	const vms_i128 span = (vms_i128)guest_raw - l->ref_raw;
	long double add = (long double)l->offset_frac;

	if (l->drift != 0.0)
		add += (long double)l->drift * (long double)span;
	if (!(fabsl(add) < 0x1p100L))
		return vms_clamp_i64(base);
	return vms_clamp_i64(base + (vms_i128)floorl(add + 0.5L));
}

/*
 * The same in 64 bits, where the numbers are what clocks count: conversions of 128 bits take most
 * of the time.
 */
static int64_t line_at(const struct vms_line *line, int64_t guest_raw)
{
	long double add = (long double)line->offset_frac;
	int64_t base, span, whole, at;

	if (vms_add_overflow(guest_raw, line->offset_raw, &base) ||
	    vms_sub_overflow(guest_raw, line->ref_raw, &span))
		return line_at_wide(line, guest_raw);
	if (line->drift == 0.0 && line->offset_frac >= 0.0 && line->offset_frac < 1.0)
		return vms_add_overflow(base, (int64_t)(line->offset_frac >= 0.5), &at)
			       ? line_at_wide(line, guest_raw)
			       : at;
	if (line->drift != 0.0)
		add += (long double)line->drift * (long double)span;
	add += 0.5L;
	if (!(add > -0x1p62L && add < 0x1p62L))
		return line_at_wide(line, guest_raw);
	whole = (int64_t)add;
	whole -= (long double)whole > add;
	return vms_add_overflow(base, whole, &at) ? line_at_wide(line, guest_raw) : at;
}

static int64_t recorded_at(const struct vms_model *model, unsigned int cpu_idx, int64_t stored_raw,
			   bool shifted)
{
	const struct vms_time_shift *shift = shifted ? model->guest->shift : NULL;
	const uint32_t cpu = model->guest->cpus[cpu_idx].cpu;
	uint64_t t;
	int64_t at;

	if (model->kind == VMS_MODEL_RECORDED_EXACT)
		return vms_sat_add_i64(vms_recorded_exact(shift, cpu, stored_raw),
				       model->moved_raw);
	t = vms_recorded_apply(shift, cpu, (uint64_t)stored_raw);
	if (model->host)
		return vms_recorded_beside(model->guest, model->host, t);
	at = t <= INT64_MAX ? (int64_t)t : -(int64_t)(UINT64_MAX - t) - 1;
	return vms_sat_add_i64(at, model->moved_raw);
}

static int64_t recorded_time(const struct vms_model *m, unsigned int cpu_idx, int64_t guest_raw)
{
	return recorded_at(m, cpu_idx, vms_ratio_redo(&m->guest->ratio, guest_raw), true);
}

/* An event's own time is taken as it is stored: undoing a ratio and back may be a unit off. */
static int64_t recorded_event(const struct vms_model *m, unsigned int cpu_idx, uint32_t idx,
			      int64_t guest_raw)
{
	const struct vms_cpu *c = &m->guest->cpus[cpu_idx];
	const bool own = c->stored_raw && idx < c->nr && c->time_raw[idx] == guest_raw;

	return recorded_at(m, cpu_idx,
			   own ? c->stored_raw[idx] : vms_ratio_redo(&m->guest->ratio, guest_raw),
			   m->kind == VMS_MODEL_RECORDED_EXACT ||
				   !vms_event_in_instance(m->guest, cpu_idx, idx));
}

static const struct vms_piece *piece_of_event(const struct vms_model_cpu *c, uint32_t event_idx)
{
	uint32_t lo = 1, hi = c->pieces_nr;

	VMS_BISECT(lo, hi, mid, c->pieces[mid].from_idx <= event_idx);
	return &c->pieces[lo - 1];
}

/* From the end: where the guest's clock was set back, begins of pieces do not ascend. */
static const struct vms_piece *piece_of_time(const struct vms_model_cpu *c, int64_t guest_raw)
{
	uint32_t i = c->pieces_nr - 1;

	while (i && c->pieces[i].from_raw > guest_raw)
		i--;
	return &c->pieces[i];
}

int64_t vms_model_event(const struct vms_model *m, unsigned int cpu_idx, uint32_t event_idx,
			int64_t guest_raw)
{
	if (cpu_idx >= m->cpus_nr)
		return guest_raw;
	if (m->kind != VMS_MODEL_PIECES)
		return recorded_event(m, cpu_idx, event_idx, guest_raw);
	if (!m->cpus[cpu_idx].pieces_nr)
		return guest_raw;
	return line_at(&piece_of_event(&m->cpus[cpu_idx], event_idx)->line, guest_raw);
}

int64_t vms_model_time(const struct vms_model *m, unsigned int cpu_idx, int64_t guest_raw)
{
	if (cpu_idx >= m->cpus_nr)
		return guest_raw;
	if (m->kind != VMS_MODEL_PIECES)
		return recorded_time(m, cpu_idx, guest_raw);
	if (!m->cpus[cpu_idx].pieces_nr)
		return guest_raw;
	return line_at(&piece_of_time(&m->cpus[cpu_idx], guest_raw)->line, guest_raw);
}

/* Lines of a sane drift keep the order of sorted times: only where pieces meet can it break. */
static bool pieces_ascend(const struct vms_model *model, unsigned int cpu_idx,
			  const struct vms_cpu *cpu)
{
	const struct vms_model_cpu *mc = &model->cpus[cpu_idx];
	uint32_t i;

	for (i = 0; i < mc->pieces_nr; i++) {
		const uint32_t from = mc->pieces[i].from_idx;

		if (!(mc->pieces[i].line.drift > -1.0))
			return false;
		if (i && from && from < cpu->nr &&
		    vms_model_event(model, cpu_idx, from - 1, cpu->time_raw[from - 1]) >
			    vms_model_event(model, cpu_idx, from, cpu->time_raw[from]))
			return false;
	}
	return true;
}

/*
 * What is recorded may jump anywhere (T1, T14): where its samples do not tell, every
 * event is looked at.
 */
bool vms_model_ascends(const struct vms_model *model, unsigned int cpu_idx,
		       const struct vms_cpu *cpu)
{
	int64_t before, at;
	uint32_t i;

	if (!cpu->nr)
		return true;
	if (!model || cpu_idx >= model->cpus_nr)
		return cpu->sorted;
	if (cpu->sorted && model->kind == VMS_MODEL_PIECES)
		return pieces_ascend(model, cpu_idx, cpu);
	if (cpu->sorted && model->kind == VMS_MODEL_RECORDED && !cpu->buffer && !model->host &&
	    !model->guest->ratio.mult &&
	    vms_recorded_ascends(model->guest->shift, model->guest->cpus[cpu_idx].cpu,
				 cpu->time_raw[0], cpu->time_raw[cpu->nr - 1]))
		return true;
	before = vms_model_event(model, cpu_idx, 0, cpu->time_raw[0]);
	for (i = 1; i < cpu->nr; i++, before = at) {
		at = vms_model_event(model, cpu_idx, i, cpu->time_raw[i]);
		if (at < before)
			return false;
	}
	return true;
}

bool vms_model_steady(const struct vms_model *model, unsigned int cpu_idx,
		      const struct vms_cpu *cpu)
{
	const struct vms_model_cpu *of;
	uint32_t i;

	if (!cpu->sorted || !cpu->nr || cpu_idx >= model->cpus_nr)
		return false;
	if (model->kind != VMS_MODEL_PIECES)
		return !cpu->buffer && !vms_event_in_instance(model->guest, cpu_idx, 0) &&
		       !model->host && !model->guest->ratio.mult &&
		       vms_recorded_steady(model->guest->shift, model->guest->cpus[cpu_idx].cpu,
					   cpu->time_raw[0], cpu->time_raw[cpu->nr - 1]);
	of = &model->cpus[cpu_idx];
	for (i = 0; i < of->pieces_nr; i++)
		if (!(fabs(of->pieces[i].line.drift) <= STEADY_SHARE))
			return false;
	return true;
}

/* A stretch of a map that does not decrease: a line, or what lies between two samples. */
struct branch {
	const struct vms_model *m;
	unsigned int cpu_idx;
	const struct vms_line *line; /* NULL = recorded */
	int64_t min_raw, max_raw;    /* guest times it holds for */
};

static int64_t branch_at(const struct branch *b, int64_t guest_raw)
{
	return b->line ? line_at(b->line, guest_raw) : recorded_time(b->m, b->cpu_idx, guest_raw);
}

/* The last time that maps to a host time or before: exact, and quick where the guess is good. */
static int64_t branch_inverse(const struct branch *b, int64_t host_raw, vms_i128 guess_raw)
{
	vms_i128 lo = b->min_raw, hi = (vms_i128)b->max_raw + 1;

	VMS_BISECT_NEAR(lo, hi, guess_raw, k, branch_at(b, (int64_t)k) <= host_raw);
	return (int64_t)VMS_MAX(lo - 1, (vms_i128)b->min_raw);
}

static int64_t pieces_inverse(const struct vms_model *m, unsigned int cpu_idx, int64_t host_raw)
{
	const struct vms_model_cpu *model_cpu = &m->cpus[cpu_idx];
	struct branch branch = {
		.m = m, .cpu_idx = cpu_idx, .min_raw = INT64_MIN, .max_raw = INT64_MAX
	};
	uint32_t i = model_cpu->pieces_nr - 1;
	long double back;

	/*
	 * Where the guest jumped ahead, the piece before runs on in host time: the later piece is
	 * meant.
	 */
	while (i && line_at(&model_cpu->pieces[i].line, model_cpu->pieces[i].from_raw) > host_raw)
		i--;
	branch.line = &model_cpu->pieces[i].line;
	if (i)
		branch.min_raw = model_cpu->pieces[i].from_raw;
	if (i + 1 < model_cpu->pieces_nr && model_cpu->pieces[i + 1].from_raw > branch.min_raw)
		branch.max_raw = model_cpu->pieces[i + 1].from_raw - 1;
	back = (long double)((vms_i128)host_raw - branch.line->offset_raw - branch.line->ref_raw) /
	       (1.0L + (long double)branch.line->drift);
	if (!(fabsl(back) < 0x1p64L))
		back = 0.0L;
	return branch_inverse(&branch, host_raw, (vms_i128)branch.line->ref_raw + (vms_i128)back);
}

static int64_t recorded_inverse(const struct vms_model *model, unsigned int cpu_idx,
				int64_t host_raw)
{
	const struct vms_time_shift *shift = model->guest->shift;
	const uint32_t cpu = model->guest->cpus[cpu_idx].cpu;
	const struct vms_shift_cpu *shift_cpu =
		shift && cpu < shift->cpus_nr ? &shift->cpus[cpu] : NULL;
	struct branch branch = {
		.m = model, .cpu_idx = cpu_idx, .min_raw = INT64_MIN, .max_raw = INT64_MAX
	};
	uint32_t i;

	if (!shift_cpu || !shift_cpu->samples_nr)
		return model->host || model->guest->ratio.mult
			       ? branch_inverse(&branch, host_raw, host_raw)
			       : vms_sat_sub_i64(host_raw, model->moved_raw);
	for (i = shift_cpu->samples_nr - 1; i; i--) {
		if (shift_cpu->samples[i].time > INT64_MAX)
			continue;
		branch.min_raw =
			vms_ratio_undo(&model->guest->ratio, (int64_t)shift_cpu->samples[i].time);
		if (recorded_time(model, cpu_idx, branch.min_raw) <= host_raw)
			break;
		if (branch.min_raw > INT64_MIN)
			branch.max_raw = branch.min_raw - 1;
	}
	if (!i)
		branch.min_raw = INT64_MIN;
	return branch_inverse(&branch, host_raw,
			      (vms_i128)host_raw - model->moved_raw - shift_cpu->samples[i].offset);
}

int64_t vms_model_inverse(const struct vms_model *m, unsigned int cpu_idx, int64_t host_raw)
{
	if (cpu_idx >= m->cpus_nr)
		return host_raw;
	if (m->kind != VMS_MODEL_PIECES)
		return recorded_inverse(m, cpu_idx, host_raw);
	if (!m->cpus[cpu_idx].pieces_nr)
		return host_raw;
	return pieces_inverse(m, cpu_idx, host_raw);
}
