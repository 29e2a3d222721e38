// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The walk over each host CPU in ring buffer order: entries, exits, what bounds them, and where
 * events are missing.
 */
#include "core/stretch/stretch_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

#define MARKS_MAX ((size_t)1 << 31)

enum host_kind { KIND_OTHER, KIND_ENTRY, KIND_EXIT };

/* What has to be known of an event type, looked up once. */
struct host_type {
	const struct vms_field *pid; /* NULL = the events of this type tell nothing */
	const struct vms_field *vcpu;
	struct vms_exit_fields exit;
	uint8_t kind;
	uint8_t class;
};

struct walk {
	const struct vms_stream *s;
	struct host_type *types;
	bool *carries; /* by buffer: it holds entries or exits */
	/* by buffer: index of its last event on this CPU, or VMS_MARK_NONE */
	uint32_t *last_of;
	bool any_loss;
	uint8_t carrier; /* a buffer that holds entries or exits */
	struct vms_marks *out;

	/* the CPU being walked */
	const struct vms_cpu *c;
	uint16_t cpu;
	size_t open;	      /* the entry without a mark after it, or SIZE_MAX */
	bool watching;	      /* it has no follow yet */
	uint32_t precede;     /* last event since the mark before that precedes guest code */
	int32_t mark_tid;     /* thread of the mark before, -1 = none */
	bool foreign;	      /* another thread ran since, or could have */
	size_t loss;	      /* last loss, when no mark was seen since; else SIZE_MAX */
	uint32_t loss_follow; /* first event since that shows host work */
	uint32_t loss_other;  /* first event since of another thread than loss_tid */
	uint32_t loss_idx;
	int32_t loss_tid; /* thread of the first event since, -1 = none yet */
};

struct vms_exit_fields vms_exit_fields_of(const struct vms_event_type *t)
{
	struct vms_exit_fields f = {
		.reason = vms_type_field(t, "exit_reason"),
		.isa = vms_type_field(t, "isa"),
		.info1 = vms_type_field(t, "info1"),
		.info2 = vms_type_field(t, "info2"),
		.ret = vms_type_field(t, "ret"),
		.esr_ec = vms_type_field(t, "esr_ec"),
	};

	return f;
}

static uint64_t field_or_0(const struct vms_stream *s, const struct vms_field *f,
			   const uint8_t *payload)
{
	return f ? vms_field_u64(s, f, payload) : 0;
}

struct vms_exit vms_exit_read(const struct vms_stream *s, const struct vms_exit_fields *f,
			      const uint8_t *payload, bool *failed)
{
	struct vms_exit x = { .isa = VMS_ISA_NONE };
	uint64_t reason;

	*failed = false;
	if (!f->reason) {
		if (!f->ret || !f->esr_ec)
			return x;
		reason = vms_field_u64(s, f->ret, payload) & 0xff;
		x.isa = VMS_ISA_ARM64;
		x.reason = (uint32_t)(0x100 + reason);
		if (reason == 2) /* ARM_EXCEPTION_TRAP */
			x.reason = (uint32_t)vms_field_u64(s, f->esr_ec, payload);
		return x;
	}
	reason = vms_field_u64(s, f->reason, payload);
	x.info1 = field_or_0(s, f->info1, payload);
	x.info2 = field_or_0(s, f->info2, payload);
	/* x86 before 2.6.3x had no isa, and VMX only. */
	switch (f->isa ? vms_field_u64(s, f->isa, payload) : 1) {
	case 1:
		x.isa = VMS_ISA_VMX;
		x.reason = (uint32_t)(reason & 0xffff);
		*failed = (reason >> 31) & 1;
		break;
	case 2:
		x.isa = VMS_ISA_SVM;
		x.reason = (uint32_t)reason;
		*failed = x.reason == UINT32_MAX;
		break;
	default: x.reason = (uint32_t)reason; break;
	}
	return x;
}

static int32_t pid_of(const struct walk *w, const struct host_type *t, uint32_t idx)
{
	return t->pid ? (int32_t)vms_field_u64(w->s, t->pid, w->c->payload[idx]) : -1;
}

/*
 * Events of two buffers are merged by time, so at equal times their order is not known, and with
 * other clocks their times mean nothing to each other.
 */
static bool comes_after(const struct walk *w, uint32_t idx, uint32_t entry)
{
	const struct vms_cpu *c = w->c;
	const struct vms_buffer *a, *b;

	if (!c->buffer || c->buffer[idx] == c->buffer[entry])
		return c->time_raw[idx] >= c->time_raw[entry];
	if (c->buffer[idx] >= w->s->buffers_nr || c->buffer[entry] >= w->s->buffers_nr)
		return false;
	a = &w->s->buffers[c->buffer[idx]];
	b = &w->s->buffers[c->buffer[entry]];
	if (a->clock && b->clock && strcmp(a->clock, b->clock))
		return false;
	return c->time_raw[idx] > c->time_raw[entry];
}

/*
 * A posted timer of another vCPU may be waited for in this thread: that says nothing of its guest.
 */
static bool same_vcpu(const struct walk *w, const struct host_type *t, uint32_t idx, uint32_t entry)
{
	const struct host_type *e = &w->types[w->c->type[entry]];

	return !t->vcpu || !e->vcpu ||
	       vms_field_u64(w->s, t->vcpu, w->c->payload[idx]) ==
		       vms_field_u64(w->s, e->vcpu, w->c->payload[entry]);
}

static void watch_event(struct walk *w, const struct host_type *t, uint32_t idx, int32_t pid)
{
	struct vms_mark *m = &w->out->m[w->open];
	const bool other = pid >= 0 && pid != m->tid;

	if (!comes_after(w, idx, m->idx))
		return;
	if (other || t->class == VMS_INSIDE_FOLLOWS) {
		m->follow = idx;
		w->watching = false;
	} else if (t->class == VMS_INSIDE_PRECEDES && same_vcpu(w, t, idx, m->idx)) {
		m->precede = idx;
	}
}

static bool loss_is_open(const struct walk *w)
{
	return w->loss != SIZE_MAX && w->loss_follow == VMS_MARK_NONE &&
	       w->loss_other == VMS_MARK_NONE;
}

/*
 * Until an event shows host work, the thread that was found after the loss may have been in the
 * guest, and its exit may be written elsewhere: up to there nothing is known.
 */
static void watch_after_loss(struct walk *w, const struct host_type *t, uint32_t idx, int32_t pid)
{
	const bool open = loss_is_open(w);
	struct vms_loss *l = &w->out->losses[w->loss];

	if (pid >= 0 && w->loss_tid < 0)
		w->loss_tid = pid;
	if (pid >= 0 && pid != w->loss_tid && w->loss_other == VMS_MARK_NONE)
		w->loss_other = idx;
	if (t->kind != KIND_EXIT && t->class == VMS_INSIDE_FOLLOWS &&
	    w->loss_follow == VMS_MARK_NONE)
		w->loss_follow = idx;
	if (open && !loss_is_open(w))
		l->to_raw = VMS_MAX(l->to_raw, w->c->time_raw[idx]);
}

static int push_mark(struct walk *w, const struct host_type *t, uint32_t idx, int32_t pid)
{
	struct vms_marks *out = w->out;
	struct vms_mark *m;
	int ret;

	ret = vms_grow(&out->m, &out->cap, out->nr + 1, sizeof(*out->m), MARKS_MAX);
	if (ret)
		return ret;
	m = &out->m[out->nr++];
	*m = (struct vms_mark){
		.time_raw = w->c->time_raw[idx],
		.idx = idx,
		.follow = VMS_MARK_NONE,
		.precede = VMS_MARK_NONE,
		.tid = pid,
		.cpu = w->cpu,
	};
	if (!w->foreign && w->mark_tid == pid)
		m->flags |= VMS_MARK_STAYED;
	w->mark_tid = pid;
	w->foreign = false;
	if (t->kind == KIND_ENTRY) {
		w->open = out->nr - 1;
		w->watching = true;
	} else {
		bool failed;
		const struct vms_exit x =
			vms_exit_read(w->s, &t->exit, w->c->payload[idx], &failed);

		out->by_isa[x.isa]++;
		m->flags |= VMS_MARK_EXIT | (failed ? VMS_MARK_FAILED : 0);
		m->precede = w->precede;
		w->open = SIZE_MAX;
		w->watching = false;
	}
	if (w->loss != SIZE_MAX && t->kind == KIND_EXIT) {
		m->flags |= VMS_MARK_LOST;
		m->loss = (uint32_t)w->loss;
		m->follow =
			w->loss_tid == pid ? VMS_MIN(w->loss_other, w->loss_follow) : w->loss_idx;
		if (m->follow >= idx)
			m->follow = VMS_MARK_NONE;
	}
	w->loss = SIZE_MAX;
	w->precede = VMS_MARK_NONE;
	return 0;
}

static int take_event(struct walk *w, uint32_t idx)
{
	const uint16_t type = w->c->type[idx];
	const struct host_type *t = &w->types[type < w->s->types_nr ? type : 0];
	const bool mark = t->kind == KIND_ENTRY || t->kind == KIND_EXIT;
	int32_t pid = -1;

	if (mark || w->watching || w->any_loss)
		pid = pid_of(w, t, idx);
	if (w->any_loss && pid != w->mark_tid)
		w->foreign = true;
	if (w->loss != SIZE_MAX)
		watch_after_loss(w, t, idx, pid);
	if (mark) {
		/*
		 * The exit of the watched thread itself proves it too, and is the mark that says
		 * so.
		 */
		if (w->watching && pid != w->out->m[w->open].tid)
			watch_event(w, t, idx, pid);
		return pid < 0 ? 0 : push_mark(w, t, idx, pid);
	}
	if (w->watching)
		watch_event(w, t, idx, pid);
	if (w->open != SIZE_MAX) {
		/* Once the guest has left, whatever comes until kvm_exit is explained by that. */
		const unsigned int class = w->watching ? t->class : VMS_INSIDE_FOLLOWS;

		w->out->inside.nr[(size_t)(t - w->types) * VMS_INSIDE_NR + class]++;
	} else if (t->class == VMS_INSIDE_PRECEDES) {
		w->precede = idx;
	}
	return 0;
}

/*
 * What a loss may have hidden lies before its end: since it began no thread is known to have
 * stayed.
 */
static void doubt_stays(struct walk *w, int64_t from_raw)
{
	size_t i;

	for (i = w->out->nr;
	     i-- && w->out->m[i].cpu == w->cpu && w->out->m[i].time_raw >= from_raw;)
		w->out->m[i].flags &= (uint8_t)~VMS_MARK_STAYED;
}

static int take_loss(struct walk *w, const struct vms_lost *l)
{
	const struct vms_stream *s = w->s;
	const uint8_t buffer = w->c->buffer && l->buffer < s->buffers_nr ? l->buffer : 0;
	struct vms_marks *out = w->out;
	struct vms_loss loss = { .from_raw = s->first_raw, .to_raw = s->last_raw };
	int ret;

	w->foreign = true;
	if (w->last_of[buffer] != VMS_MARK_NONE)
		loss.from_raw = w->c->time_raw[w->last_of[buffer]];
	if (l->idx < w->c->nr)
		loss.to_raw = w->c->time_raw[l->idx];
	doubt_stays(w, loss.from_raw);
	if (w->c->buffer && !w->carries[buffer])
		return 0;
	if (loss_is_open(w))
		out->losses[w->loss].to_raw = VMS_MAX(out->losses[w->loss].to_raw, loss.from_raw);
	ret = vms_grow(&out->losses, &out->losses_cap, out->losses_nr + 1, sizeof(*out->losses),
		       MARKS_MAX);
	if (ret)
		return ret;
	if (w->watching) {
		out->m[w->open].flags |= VMS_MARK_CUT;
		out->m[w->open].loss = (uint32_t)out->losses_nr;
	}
	w->open = SIZE_MAX;
	w->watching = false;
	w->loss = out->losses_nr;
	w->loss_idx = l->idx;
	w->loss_tid = -1;
	w->loss_other = w->loss_follow = VMS_MARK_NONE;
	out->losses[out->losses_nr++] = loss;
	return 0;
}

static int walk_cpu(struct walk *w, unsigned int cpu)
{
	const struct vms_cpu *c = &w->s->cpus[cpu];
	const struct vms_cpu_gaps *gaps = &w->out->gaps.cpus[cpu];
	uint32_t i, lost = 0, gap = 0;
	unsigned int b;
	int ret;

	w->c = c;
	w->cpu = (uint16_t)cpu;
	w->open = w->loss = SIZE_MAX;
	w->watching = false;
	w->precede = VMS_MARK_NONE;
	w->mark_tid = -1;
	w->foreign = true;
	for (b = 0; b < w->s->buffers_nr || !b; b++)
		w->last_of[b] = VMS_MARK_NONE;
	for (i = 0; i <= c->nr; i++) {
		for (; lost < c->lost_nr && c->lost[lost].idx <= i; lost++) {
			ret = take_loss(w, &c->lost[lost]);
			if (ret)
				return ret;
		}
		for (; gap < gaps->nr && gaps->g[gap].idx <= i; gap++) {
			const struct vms_lost hole = { .idx = i, .buffer = w->carrier };

			ret = take_loss(w, &hole);
			if (ret)
				return ret;
		}
		if (i == c->nr)
			break;
		ret = take_event(w, i);
		if (ret)
			return ret;
		w->last_of[c->buffer && c->buffer[i] < w->s->buffers_nr ? c->buffer[i] : 0] = i;
	}
	if (loss_is_open(w))
		w->out->losses[w->loss].to_raw = w->s->last_raw;
	return 0;
}

static void look_up_types(struct walk *w)
{
	unsigned int i;

	for (i = 1; i < w->s->types_nr; i++) {
		const struct vms_event_type *t = &w->s->types[i];
		struct host_type *h = &w->types[i];

		h->class = (uint8_t)vms_inside_class_of(t);
		h->pid = vms_type_field(t, "common_pid");
		h->vcpu = vms_type_field(t, "vcpu_id");
		if (h->pid && (h->pid->is_array || h->pid->size > 4))
			h->pid = NULL;
		if (!t->name || !t->system)
			continue;
		if (strcmp(t->system, "kvm"))
			continue;
		if (!strcmp(t->name, "kvm_entry"))
			h->kind = KIND_ENTRY;
		if (!strcmp(t->name, "kvm_exit")) {
			h->kind = KIND_EXIT;
			h->exit = vms_exit_fields_of(t);
		}
	}
	w->types[0].class = VMS_INSIDE_OTHER;
}

/* A loss matters to stretches only in buffers that were recording entries and exits. */
static void find_carriers(struct walk *w)
{
	unsigned int cpu;
	uint32_t i;

	for (cpu = 0; cpu < w->s->cpus_nr; cpu++) {
		const struct vms_cpu *c = &w->s->cpus[cpu];

		w->any_loss = w->any_loss || c->lost_nr || w->out->gaps.cpus[cpu].nr;
		for (i = 0; c->buffer && i < c->nr; i++) {
			const unsigned int kind =
				w->types[c->type[i] < w->s->types_nr ? c->type[i] : 0].kind;

			if ((kind == KIND_ENTRY || kind == KIND_EXIT) &&
			    c->buffer[i] < w->s->buffers_nr)
				w->carries[w->carrier = c->buffer[i]] = true;
		}
	}
}

int vms_marks_collect(struct vms_marks *out, const struct vms_stream *host)
{
	const unsigned int buffers_nr = VMS_MAX(host->buffers_nr, 1U);
	struct walk w = { .s = host, .out = out };
	unsigned int cpu;
	int ret = -VMS_ENOMEM;

	memset(out, 0, sizeof(*out));
	out->inside.types_nr = VMS_MAX(host->types_nr, 1U);
	out->inside.nr =
		vms_calloc((size_t)out->inside.types_nr * VMS_INSIDE_NR, sizeof(*out->inside.nr));
	w.types = vms_calloc(out->inside.types_nr, sizeof(*w.types));
	w.carries = vms_calloc(buffers_nr, sizeof(*w.carries));
	w.last_of = vms_calloc(buffers_nr, sizeof(*w.last_of));
	if (!out->inside.nr || !w.types || !w.carries || !w.last_of)
		goto out;
	ret = vms_gaps_find(&out->gaps, host);
	if (ret)
		goto out;
	look_up_types(&w);
	find_carriers(&w);
	out->switches = out->gaps.switches_whole;
	for (cpu = 0; cpu < host->cpus_nr && !ret; cpu++)
		ret = walk_cpu(&w, cpu);
out:
	free(w.types);
	free(w.carries);
	free(w.last_of);
	return ret;
}

void vms_marks_clear(struct vms_marks *m)
{
	free(m->m);
	free(m->losses);
	free(m->inside.nr);
	vms_gaps_clear(&m->gaps);
	memset(m, 0, sizeof(*m));
}
