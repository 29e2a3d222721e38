// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How the made-up worlds of the alignment tests are made: at random with heavy tails, or as a
 * periodic comb.
 */
#include "align_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double uniform(struct align_world *w)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return ((double)(w->rng >> 11) + 0.5) / 9007199254740992.0;
}

static double exponential(struct align_world *w, double mean)
{
	return -mean * log(uniform(w));
}

/* Half the gaps are short, some are a hundred times longer. */
static double heavy(struct align_world *w, double mean)
{
	return 0.25 * mean * pow(uniform(w), -0.75);
}

/* The offset that holds on a CPU at a share of the trace. */
static int64_t offset_at(const struct align_recipe *r, unsigned int cpu, double share)
{
	return r->offset_raw[cpu] +
	       (r->step_at > 0.0 && cpu == r->cpus - 1 && share >= r->step_at ? r->step_raw : 0);
}

/* Arrays of a CPU that grow while it is made. */
struct making {
	struct vms_stretch *s;
	int64_t *e;
	uint32_t stretches, cap_s, events, cap_e;
	bool stepped;
};

static void add_stretch(struct making *m, double from, double to)
{
	if (m->stretches == m->cap_s) {
		m->cap_s = m->cap_s * 2 + 64;
		m->s = realloc(m->s, m->cap_s * sizeof(*m->s));
	}
	m->s[m->stretches++] = (struct vms_stretch){
		.enter_raw = HOST_FIRST_RAW + (int64_t)from,
		.leave_raw = HOST_FIRST_RAW + (int64_t)to,
		.flags = VMS_STRETCH_ENTER_KNOWN | VMS_STRETCH_LEAVE_KNOWN,
	};
}

static void add_event(struct align_world *w, const struct align_recipe *r, unsigned int c,
		      struct making *m, double at)
{
	const double share = at / (r->seconds * 1e9);
	const int64_t off = offset_at(r, c, share);

	if (r->keep_to > 0.0 && (share < r->keep_from || share > r->keep_to))
		return;
	if (m->events == m->cap_e) {
		m->cap_e = m->cap_e * 2 + 64;
		m->e = realloc(m->e, m->cap_e * sizeof(*m->e));
	}
	if (off != r->offset_raw[c] && !m->stepped) {
		m->stepped = true;
		w->step_idx = m->events;
	}
	m->e[m->events++] = HOST_FIRST_RAW + (int64_t)at - off - (int64_t)(r->drift * at);
}

static void make_cpu(struct align_world *w, const struct align_recipe *r, unsigned int c)
{
	const double all = r->seconds * 1e9;
	double at = exponential(w, r->gap_us * US);
	struct making m = { .stepped = false };
	uint64_t k;

	for (k = 0; at < all; k++) {
		const double len = r->period_us > 0.0
					   ? r->stretch_us * US
					   : 2.0 * US + exponential(w, r->stretch_us * US);
		const unsigned int n = uniform(w) < r->per_stretch / (1.0 + r->per_stretch)
					       ? 1 + (unsigned int)(r->per_stretch * uniform(w))
					       : 0;
		double where = at + 1.0 * US;
		unsigned int i;

		add_stretch(&m, at, at + len);
		for (i = 0; i < n; i++) {
			where += uniform(w) * (at + len - 1.0 * US - where) / (double)(n - i);
			/* what a periodic timer sets off comes at its time */
			add_event(w, r, c, &m,
				  r->period_us > 0.0 ? at + (i + 1) * len / (n + 1) : where);
		}
		if (r->period_us > 0.0)
			at = (double)(k + 1) * r->period_us * US + uniform(w) * r->jitter_us * US;
		else
			at += len + heavy(w, r->gap_us * US);
	}
	w->threads[c] = (struct vms_thread){ .tid = 100 + (int32_t)c,
					     .vcpu_id = -1,
					     .stretches = m.s,
					     .stretches_nr = m.stretches };
	w->cpus[c] = (struct vms_cpu){
		.cpu = c, .nr = m.events, .sorted = r->step_raw <= 0, .time_raw = m.e
	};
}

void align_world_make(struct align_world *w, const struct align_recipe *r)
{
	unsigned int c;

	memset(w, 0, sizeof(*w));
	w->rng = 0x9e3779b97f4a7c15ull * (r->seed + 1);
	for (c = 0; c < r->cpus; c++)
		make_cpu(w, r, c);
	if (r->unrelated) {
		struct align_world other;
		struct align_recipe q = *r;

		q.unrelated = false;
		q.seed = r->seed + 7777;
		align_world_make(&other, &q);
		for (c = 0; c < r->cpus; c++) {
			free((void *)(uintptr_t)w->cpus[c].time_raw);
			free(other.threads[c].stretches);
			w->cpus[c] = other.cpus[c];
		}
	}
	for (c = 0; c < r->cpus; c++) {
		w->vcpu[c] = c;
		w->tid[c] = 100 + (int32_t)c;
		w->sample[c] = (struct vms_shift_sample){
			.time = 1,
			.offset = r->offset_raw[c] + r->recorded_error_raw,
			.scaling = 1,
		};
		w->shift_cpu[c] = (struct vms_shift_cpu){ &w->sample[c], 1 };
	}
	w->type = (struct vms_event_type){ .system = "", .name = "" };
	w->shift = (struct vms_time_shift){ .cpus_nr = r->cpus, .cpus = w->shift_cpu };
	w->decl = (struct vms_guest_decl){
		.name = "vm", .vcpus_nr = r->cpus, .vcpu = w->vcpu, .tid = w->tid
	};
	w->host = (struct vms_stream){
		.types = &w->type, .types_nr = 1, .decls = &w->decl, .decls_nr = r->map ? 1 : 0
	};
	w->guest = (struct vms_stream){ .types = &w->type,
					.types_nr = 1,
					.cpus = w->cpus,
					.cpus_nr = r->cpus,
					.shift = r->recorded ? &w->shift : NULL };
	(void)snprintf(w->host.clock.name, sizeof(w->host.clock.name), "%s",
		       r->tick ? "x86-tsc" : "local");
	w->host.clock.counts_ns = !r->tick;
	w->host.clock.ns_per_unit = 1.0;
	w->guest.clock = w->host.clock;
	w->g = (struct vms_guest){ .stream = &w->guest, .decl = r->map ? &w->decl : NULL };
	w->t = (struct vms_trace){ .host = &w->host, .guests = &w->g, .guests_nr = 1 };
	w->st = (struct vms_stretches){ .threads = w->threads,
					.threads_nr = r->cpus,
					.first_raw = HOST_FIRST_RAW,
					.last_raw = HOST_FIRST_RAW + (int64_t)(r->seconds * 1e9) };
}

void align_world_free(struct align_world *w)
{
	unsigned int c;

	for (c = 0; c < w->guest.cpus_nr; c++) {
		free((void *)(uintptr_t)w->cpus[c].time_raw);
		free(w->threads[c].stretches);
	}
}

const struct align_recipe align_usual = {
	.seed = 1,
	.cpus = 2,
	.seconds = 5.0,
	.stretch_us = 80.0,
	.gap_us = 120.0,
	.per_stretch = 0.5,
	.offset_raw = { 123456789012, 123456789012, 123456789012, 123456789012 },
	.tick = true,
	.map = true,
};

int64_t align_error_raw(const struct align_world *w, const struct align_recipe *r,
			const struct vms_align *a, unsigned int cpu)
{
	const struct vms_align_vcpu *v = &a->vcpus[cpu];
	int64_t worst = 0;
	unsigned int p = 0;
	uint32_t i;

	for (i = 0; i < w->cpus[cpu].nr; i++) {
		const int64_t g = w->cpus[cpu].time_raw[i];
		const struct vms_line *l;
		int64_t off, truth;

		while (p + 1 < v->pieces_nr && v->pieces[p + 1].from_idx <= i)
			p++;
		l = &v->pieces[p].line;
		off = l->offset_raw +
		      (int64_t)llround(l->offset_frac + l->drift * (double)(g - l->ref_raw));
		truth = r->offset_raw[cpu];
		if (r->step_at > 0.0 && cpu == r->cpus - 1 && i >= w->step_idx)
			truth += r->step_raw;
		truth += (int64_t)(r->drift * (double)(g + truth - HOST_FIRST_RAW));
		if (llabs(off - truth) > worst)
			worst = llabs(off - truth);
	}
	return worst;
}
