// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who of a simulated world runs when, and what happens to guests and their threads meanwhile. */
#include "sim_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_random.h"
#include "sim_state.h"

static struct thread *next_thread(struct world *w)
{
	struct thread *best = &w->threads[0];
	unsigned int i;

	for (i = 1; i < w->threads_nr; i++)
		if (w->threads[i].ready_ns < best->ready_ns)
			best = &w->threads[i];
	return best;
}

static bool meets(const struct sim_turn *turn, const struct thread *t)
{
	return turn->vcpu < 0 || (unsigned int)turn->vcpu == t->vcpu;
}

/* Only a clock that is set while the guest runs takes no notice of the thread. */
static bool at_any_time(const struct world *w, const struct sim_turn *turn)
{
	return turn->kind == SIM_STEP && !w->o->tell_steps;
}

/*
 * The eras of a vCPU as they are if every turn comes at its time; those that wait until the thread
 * has left the guest are moved then.
 */
static void plan_eras(const struct world *w, struct thread *t)
{
	struct sim_vcpu_clock *c = &t->clock;
	unsigned int i;

	c->vcpu = t->vcpu;
	c->eras[0].tid = t->tid;
	c->eras_nr = 1;
	for (i = 0; i < w->o->turns_nr; i++) {
		const struct sim_turn *turn = &w->o->turns[i];
		struct sim_era era = c->eras[c->eras_nr - 1];
		const double ns = turn->at_s * 1e9;

		if (!meets(turn, t))
			continue;
		if (turn->kind == SIM_RESET || turn->kind == SIM_RESTART)
			era.ahead_raw += turn->ahead_raw - sim_guest_raw(&w->clock, c, ns);
		else
			era.ahead_raw += turn->ahead_raw;
		era.from_ns = ns;
		era.waits = !at_any_time(w, turn);
		c->eras[c->eras_nr++] = era;
	}
	for (i = 0; i < c->eras_nr; i++)
		if (c->eras[i].waits)
			c->eras[i].from_ns = INFINITY;
}

/* A deadline that a guest took along is reached when its clock there says so. */
static void move_deadline(const struct world *w, struct thread *t)
{
	const double left = (double)(int64_t)(t->deadline - sim_guest_tsc(w, t, t->ready_ns));

	if (isfinite(t->expire_ns) && w->o->tsc)
		t->expire_ns = t->ready_ns + left / (SIM_TICKS_PER_NS * w->o->ratio);
}

static void tell_step(struct world *w, struct thread *t, int64_t before, int64_t after)
{
	const uint64_t v[] = { t->vcpu, (uint64_t)before, (uint64_t)after };
	const double ns = fmax(t->ready_ns, w->free_ns[t->pcpu] + 1000.0);
	const int32_t from = w->running[t->pcpu];
	const uint64_t sw[] = { (uint64_t)(uint32_t)from, 120, (uint64_t)(uint32_t)t->tid, 120,
				!from };

	if (from != t->tid)
		sim_host_event(&w->host, t->pcpu, ns - 500.0, SIM_SCHED_SWITCH, from, -1, sw);
	t->ready_ns = ns + 2000.0;
	t->asleep = false;
	w->free_ns[t->pcpu] = ns;
	w->running[t->pcpu] = t->tid;
	sim_host_event(&w->host, t->pcpu, ns, SIM_KVM_TSC_OFFSET, t->tid, (int)t->vcpu, v);
}

/* What a turn does to the thread of a vCPU, which is not in the guest. Return: the turn's time. */
static double take_turn(struct world *w, struct thread *t, const struct sim_turn *turn)
{
	const double at = turn->at_s * 1e9, from = at_any_time(w, turn) ? at : fmax(at, t->done_ns);
	const uint64_t sw[] = { (uint64_t)(uint32_t)t->tid, 120, 0, 120, 1 };
	const bool goes = turn->kind != SIM_STEP && turn->kind != SIM_RESET;

	if (goes) {
		if (w->running[t->pcpu] == t->tid && w->free_ns[t->pcpu] <= from) {
			sim_host_event(&w->host, t->pcpu, from, SIM_SCHED_SWITCH, t->tid,
				       (int)t->vcpu, sw);
			w->free_ns[t->pcpu] = from;
			w->running[t->pcpu] = 0;
		}
		t->tid = w->next_tid++;
		t->asleep = true;
	}
	if (turn->kind == SIM_PLUG || turn->kind == SIM_RESET || turn->kind == SIM_RESTART) {
		t->expire_ns = INFINITY;
		t->expired = t->waits = t->msr_pending = false;
	}
	t->ready_ns = fmax(t->ready_ns, from + turn->pause_s * 1e9);
	return from;
}

/* Turns whose time has come for a thread that is about to enter the guest. */
static void take_turns(struct world *w, struct thread *t)
{
	unsigned int era = 0;

	for (; t->turn < w->o->turns_nr; t->turn++) {
		const struct sim_turn *turn = &w->o->turns[t->turn];
		struct sim_era *now;
		double from;
		unsigned int i;

		if (!meets(turn, t))
			continue;
		if (turn->at_s * 1e9 > t->ready_ns)
			return;
		for (i = 0, era = 0; i <= t->turn; i++)
			era += meets(&w->o->turns[i], t);
		now = &t->clock.eras[era];
		from = take_turn(w, t, turn);
		now->from_ns = from;
		for (i = era; i < t->clock.eras_nr; i++)
			t->clock.eras[i].tid = t->tid;
		if (turn->kind == SIM_MIGRATE)
			move_deadline(w, t);
		if (w->o->tell_steps)
			tell_step(w, t, sim_tsc_offset(&w->clock, &t->clock, nextafter(from, 0.0)),
				  sim_tsc_offset(&w->clock, &t->clock, from));
	}
}

static double *make_wander(struct world *w)
{
	double step, rate = 0.0;
	const size_t nr = sim_clock_wander_nr(w->o, &step);
	double *phases = nr ? calloc(nr, sizeof(double)) : NULL;
	size_t i;

	for (i = 1; phases && i < nr; i++) {
		rate += sim_normal(&w->rng) * w->o->wander_ppb * 1e-9 * sqrt(step * 1e-9);
		phases[i] = phases[i - 1] + rate * step;
	}
	return phases;
}

static bool world_new(struct world *w, const struct sim_opts *o)
{
	unsigned int i;

	memset(w, 0, sizeof(*w));
	w->o = o;
	w->rng = o->seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
	w->end_ns = o->seconds * 1e9;
	w->next_tid = 4000;
	w->threads_nr = o->guests * o->vcpus;
	w->threads = calloc(w->threads_nr, sizeof(*w->threads));
	w->free_ns = calloc(o->pcpus, sizeof(double));
	w->running = calloc(o->pcpus, sizeof(*w->running));
	sim_clock_init(&w->clock, o, make_wander(w));
	if (!w->threads || !w->free_ns || !w->running ||
	    (o->wander_ppb > 0.0 && !w->clock.wander) || !sim_host_new(&w->host, o, &w->clock))
		return false;
	for (i = 0; i < o->guests; i++)
		if (!sim_file_new(&w->guest[i], o->vcpus))
			return false;
	for (i = 0; i < w->threads_nr; i++) {
		w->threads[i] =
			(struct thread){ .guest = i / o->vcpus,
					 .vcpu = i % o->vcpus,
					 .pcpu = i % o->pcpus,
					 .tid = 1000 + (int32_t)i + 20 * (int32_t)(i / o->vcpus),
					 .expire_ns = INFINITY,
					 .ready_ns = 1000.0 + sim_expo(&w->rng, 1e5) };
		plan_eras(w, &w->threads[i]);
	}
	for (i = 0; i <= o->guests; i++)
		w->ids[i] = sim_rnd(&w->rng) | 1;
	return true;
}

static void world_free(struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->o->guests; i++)
		free(w->samples[i]);
	free(w->threads);
	free(w->free_ns);
	free(w->running);
	sim_host_free(&w->host);
	sim_clock_free(&w->clock);
	if (w->pairs)
		(void)fclose(w->pairs);
}

void sim_opts_default(struct sim_opts *o)
{
	*o = (struct sim_opts){ .seed = 1,
				.pcpus = 4,
				.guests = 1,
				.vcpus = 2,
				.seconds = 2.0,
				.stretch_us = 30.0,
				.idle_share = 0.15,
				.idle_us = 800.0,
				.isa = SIM_VMX,
				.tsc = true,
				.host_start_raw = INT64_C(5000000000000),
				.offset_raw = INT64_C(4000000000000),
				.ratio = 1.0,
				.facts = 0.1,
				.quiet_share = 0.2,
				.guest_share = 1.0,
				.sync = SIM_SYNC_KVM,
				.samples_nr = 2,
				.scaling = 1,
				.version = 7,
				.guest_option = true };
}

bool sim_world_write(const struct sim_opts *o, const char *path)
{
	struct world w;
	char name[4096];
	bool good;

	good = world_new(&w, o);
	(void)snprintf(name, sizeof(name), "%s.pairs", path);
	w.pairs = good ? fopen(name, "w") : NULL;
	good = good && w.pairs;
	while (good) {
		struct thread *t = next_thread(&w);

		if (t->ready_ns >= w.end_ns)
			break;
		if (o->events_max && w.host.file.events_nr >= o->events_max) {
			w.end_ns = t->ready_ns;
			break;
		}
		take_turns(&w, t);
		sim_stretch(&w, t);
	}
	good = good && sim_files_write(&w, path) && sim_truth_write(&w, path);
	world_free(&w);
	return good;
}
