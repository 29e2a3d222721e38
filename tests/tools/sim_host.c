// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which host events a recording lacks, and which of the missing ones it tells of. */
#include "sim_host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_random.h"

#define REASON_HLT_VMX 12u
#define REASON_HLT_SVM 0x78u
#define CLASS_WFX 1u

const char *const sim_drop_names[SIM_DROPS_NR] = {
	[SIM_DROP_KVM] = "kvm",
	[SIM_DROP_ENTRY] = "entry",
	[SIM_DROP_EXIT] = "exit",
	[SIM_DROP_SCHED] = "sched",
	[SIM_DROP_MSR] = "msr",
	[SIM_DROP_WAIT] = "wait",
	[SIM_DROP_IRQ] = "irq",
	[SIM_DROP_ENTRY_OF_OTHERS] = "entry-but-vcpu0",
	[SIM_DROP_EXIT_OF_OTHERS] = "exit-but-vcpu0",
	[SIM_DROP_EXIT_BUT_HLT] = "exit-but-hlt",
};

bool sim_host_new(struct sim_host *h, const struct sim_opts *o, const struct sim_clock *clock)
{
	memset(h, 0, sizeof(*h));
	h->o = o;
	h->clock = clock;
	h->rng = o->seed + 77;
	h->next = calloc(o->pcpus, sizeof(*h->next));
	return h->next && sim_file_new(&h->file, o->pcpus);
}

void sim_host_free(struct sim_host *h)
{
	free(h->next);
	free(h->losses);
}

static void note_loss(struct sim_host *h, const struct sim_missing *m)
{
	if (m->to_ns <= m->from_ns)
		return;
	if (h->losses_nr == h->losses_cap) {
		h->losses_cap = 2 * h->losses_cap + 16;
		h->losses = realloc(h->losses, h->losses_cap * sizeof(*h->losses));
		if (!h->losses)
			abort(); /* a test tool: nothing better to do */
	}
	h->losses[h->losses_nr++] = *m;
}

static bool is_lost(struct sim_host *h, unsigned int pcpu, double ns)
{
	struct sim_missing *next = &h->next[pcpu];

	if (h->o->lost_per_s <= 0.0)
		return false;
	if (ns < next->to_ns)
		return ns >= next->from_ns;
	next->cpu = pcpu;
	next->from_ns = ns + sim_expo(&h->rng, 1e9 / h->o->lost_per_s);
	next->to_ns = next->from_ns + 100e3 + sim_expo(&h->rng, 2e6);
	note_loss(h, next);
	return false;
}

/* 0: recorded; 1: missing; 2: missing, and the file tells. */
static int in_hole(const struct sim_host *h, unsigned int pcpu, double ns)
{
	unsigned int i;

	if (h->o->mask && !(h->o->mask >> (pcpu & 63) & 1))
		return 1;
	for (i = 0; i < h->o->holes_nr; i++) {
		const struct sim_hole *hole = &h->o->holes[i];

		if ((hole->cpu < 0 || (unsigned int)hole->cpu == pcpu) &&
		    ns >= hole->from_s * 1e9 && ns < hole->to_s * 1e9)
			return 1 + hole->marked;
	}
	return 0;
}

static bool is_hlt(enum sim_event ev, const uint64_t *v)
{
	if (ev == SIM_KVM_EXIT_ARM)
		return v[1] == CLASS_WFX;
	return v[0] == (v[2] == 1 ? REASON_HLT_VMX : REASON_HLT_SVM);
}

static bool is_dropped(enum sim_drop_kind kind, enum sim_event ev, int vcpu, const uint64_t *v)
{
	const bool entry = ev == SIM_KVM_ENTRY || ev == SIM_KVM_ENTRY_ARM;
	const bool exit = ev == SIM_KVM_EXIT || ev == SIM_KVM_EXIT_ARM;

	switch (kind) {
	case SIM_DROP_KVM: return !strcmp(sim_formats[ev].system, "kvm");
	case SIM_DROP_ENTRY: return entry;
	case SIM_DROP_EXIT: return exit;
	case SIM_DROP_SCHED: return !strcmp(sim_formats[ev].system, "sched");
	case SIM_DROP_MSR: return ev == SIM_KVM_MSR;
	case SIM_DROP_WAIT: return ev == SIM_KVM_WAIT_LAPIC;
	case SIM_DROP_IRQ: return ev == SIM_IRQ_ENTRY;
	case SIM_DROP_ENTRY_OF_OTHERS: return entry && vcpu != 0;
	case SIM_DROP_EXIT_OF_OTHERS: return exit && vcpu != 0;
	case SIM_DROP_EXIT_BUT_HLT: return exit && !is_hlt(ev, v);
	case SIM_DROPS_NR: break;
	}
	return false;
}

static bool is_filtered(const struct sim_host *h, double ns, enum sim_event ev, int vcpu,
			const uint64_t *values)
{
	unsigned int i;

	for (i = 0; i < h->o->drops_nr; i++) {
		const struct sim_drop *d = &h->o->drops[i];

		if (ns >= d->from_s * 1e9 && ns < d->to_s * 1e9 &&
		    is_dropped(d->kind, ev, vcpu, values))
			return true;
	}
	return false;
}

void sim_host_event(struct sim_host *h, unsigned int pcpu, double ns, enum sim_event ev,
		    int32_t pid, int vcpu, const uint64_t *values)
{
	const int hole = in_hole(h, pcpu, ns);
	const bool lost = is_lost(h, pcpu, ns) || hole == 2;

	if (hole == 1 || is_filtered(h, ns, ev, vcpu, values))
		return;
	if (lost)
		sim_file_lose(&h->file, pcpu);
	else
		sim_file_found(&h->file, pcpu);
	sim_file_add(&h->file, pcpu, sim_pcpu_raw(h->clock, pcpu, ns), ev, pid, values);
}
