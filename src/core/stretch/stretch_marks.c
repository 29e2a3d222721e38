// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The walk over each host CPU in ring buffer order: entries, exits, what bounds them, and where
 * events are missing.
 */
#include "core/stretch/stretch_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/each.h"
#include "core/base/util.h"
#include "core/record/soon.h"

/* So many events before an exit without entry are looked at for a sign of its thread. */
#define SINCE_MAX 4096u

enum host_kind { KIND_OTHER, KIND_ENTRY, KIND_EXIT };

/* What has to be known of an event type, looked up once. */
struct host_type {
	const struct vms_field *pid; /* NULL = the events of this type tell nothing */
	const struct vms_field *vcpu;
	struct vms_exit_fields exit;
	uint8_t kind;
	uint8_t class;
};

/* What the walks over all CPUs share. */
struct walks {
	const struct vms_stream *s;
	struct host_type *types;
	bool *carries; /* by buffer: it holds entries or exits */
	bool any_loss;
	uint8_t carrier; /* a buffer that holds entries or exits */
	struct vms_marks *out;
};

/* The walk over one CPU. */
struct walk {
	const struct walks *all;
	const struct vms_stream *s;
	const struct host_type *types;
	struct vms_cpu_marks *out;
	/* by buffer: index of its last event on this CPU, or VMS_MARK_NONE */
	uint32_t *last_of;
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

static int32_t pid_of(const struct walk *w, const struct host_type *t, uint32_t idx)
{
	return t->pid ? (int32_t)vms_field_u64(w->s, t->pid, vms_payload(w->c, idx)) : -1;
}

/*
 * Events of two buffers are merged by time, so at equal times their order is not known, and with
 * other clocks their times mean nothing to each other.
 */
static bool comes_after(const struct walk *walk, uint32_t idx, uint32_t entry)
{
	const struct vms_cpu *cpu = walk->c;
	const struct vms_buffer *a, *b;

	if (!cpu->buffer || cpu->buffer[idx] == cpu->buffer[entry])
		return cpu->time_raw[idx] >= cpu->time_raw[entry];
	if (cpu->buffer[idx] >= walk->s->buffers_nr || cpu->buffer[entry] >= walk->s->buffers_nr)
		return false;
	a = &walk->s->buffers[cpu->buffer[idx]];
	b = &walk->s->buffers[cpu->buffer[entry]];
	if (a->clock && b->clock && strcmp(a->clock, b->clock))
		return false;
	return cpu->time_raw[idx] > cpu->time_raw[entry];
}

/*
 * A posted timer of another vCPU may be waited for in this thread: that says nothing of its guest.
 * Numbers of vCPUs repeat from VM to VM; but a posted timer runs in an interrupt, and what precedes
 * guest code does not.
 */
static bool same_vcpu(const struct walk *w, const struct host_type *t, uint32_t idx, uint32_t entry)
{
	const struct host_type *e = &w->types[w->c->type[entry]];
	const struct vms_ref ref = { .cpu = (int32_t)(w->c - w->s->cpus), .idx = idx };

	if (vms_event_in_interrupt(w->s, ref))
		return false;
	return !t->vcpu || !e->vcpu ||
	       vms_field_u64(w->s, t->vcpu, vms_payload(w->c, idx)) ==
		       vms_field_u64(w->s, e->vcpu, vms_payload(w->c, entry));
}

static void watch_event(struct walk *walk, const struct host_type *host_type, uint32_t idx,
			int32_t pid)
{
	struct vms_mark *m = &walk->out->m[walk->open];
	const bool other = pid >= 0 && pid != walk->mark_tid;

	if (!comes_after(walk, idx, m->idx))
		return;
	if (other || host_type->class == VMS_INSIDE_FOLLOWS) {
		m->follow = idx;
		walk->watching = false;
	} else if (host_type->class == VMS_INSIDE_PRECEDES &&
		   same_vcpu(walk, host_type, idx, m->idx)) {
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
static void watch_after_loss(struct walk *walk, const struct host_type *t, uint32_t idx,
			     int32_t pid)
{
	const bool open = loss_is_open(walk);
	struct vms_loss *loss = &walk->out->losses[walk->loss];

	if (pid >= 0 && walk->loss_tid < 0)
		walk->loss_tid = pid;
	if (pid >= 0 && pid != walk->loss_tid && walk->loss_other == VMS_MARK_NONE)
		walk->loss_other = idx;
	if (t->kind != KIND_EXIT && t->class == VMS_INSIDE_FOLLOWS &&
	    walk->loss_follow == VMS_MARK_NONE)
		walk->loss_follow = idx;
	if (open && !loss_is_open(walk))
		loss->to_raw = VMS_MAX(loss->to_raw, walk->c->time_raw[idx]);
}

/* The mark that comes next is of the last part, or begins one. */
static int part_grow(struct walk *walk, int32_t pid, int64_t time_raw)
{
	struct vms_cpu_marks *out = walk->out;
	const struct vms_mark_part *last = out->parts_nr ? &out->parts[out->parts_nr - 1] : NULL;
	int ret;

	if (!last || last->tid != pid || time_raw < walk->c->time_raw[out->m[out->nr - 1].idx]) {
		ret = vms_grow(&out->parts, &out->parts_cap, out->parts_nr + 1, sizeof(*out->parts),
			       VMS_MARKS_MAX);
		if (ret)
			return ret;
		out->parts[out->parts_nr++] = (struct vms_mark_part){ .tid = pid,
								      .from = (uint32_t)out->nr,
								      .next = VMS_MARK_NONE };
	}
	out->parts[out->parts_nr - 1].to = (uint32_t)out->nr + 1;
	return 0;
}

static int push_mark(struct walk *walk, const struct host_type *host_type, uint32_t idx,
		     int32_t pid)
{
	struct vms_cpu_marks *out = walk->out;
	struct vms_mark *mark;
	int ret;

	ret = vms_grow(&out->m, &out->cap, out->nr + 1, sizeof(*out->m), VMS_MARKS_MAX);
	if (!ret)
		ret = part_grow(walk, pid, walk->c->time_raw[idx]);
	if (ret)
		return ret;
	mark = &out->m[out->nr++];
	*mark = (struct vms_mark){
		.idx = idx,
		.follow = VMS_MARK_NONE,
		.precede = VMS_MARK_NONE,
		.cpu = walk->cpu,
	};
	if (!walk->foreign && walk->mark_tid == pid)
		mark->flags |= VMS_MARK_STAYED;
	walk->mark_tid = pid;
	walk->foreign = false;
	if (host_type->kind == KIND_ENTRY) {
		walk->open = out->nr - 1;
		walk->watching = true;
	} else {
		vms_exit_read(mark, walk->s, &host_type->exit, vms_payload(walk->c, idx));
		out->by_isa[mark->isa]++;
		mark->precede = walk->precede;
		walk->open = SIZE_MAX;
		walk->watching = false;
	}
	if (walk->loss != SIZE_MAX && host_type->kind == KIND_EXIT) {
		mark->flags |= VMS_MARK_LOST;
		mark->loss = (uint32_t)walk->loss;
		mark->follow = walk->loss_tid == pid ? VMS_MIN(walk->loss_other, walk->loss_follow)
						     : walk->loss_idx;
		if (mark->follow >= idx)
			mark->follow = VMS_MARK_NONE;
	}
	walk->loss = SIZE_MAX;
	walk->precede = VMS_MARK_NONE;
	return 0;
}

static int take_event(struct walk *walk, uint32_t idx)
{
	const uint16_t type = walk->c->type[idx];
	const struct host_type *host_type = &walk->types[type < walk->s->types_nr ? type : 0];
	const bool mark = host_type->kind == KIND_ENTRY || host_type->kind == KIND_EXIT;
	int32_t pid = -1;

	walk->out->recorded[host_type - walk->types] = true;
	if (mark || walk->watching || walk->all->any_loss)
		pid = pid_of(walk, host_type, idx);
	if (walk->all->any_loss && pid != walk->mark_tid)
		walk->foreign = true;
	if (walk->loss != SIZE_MAX)
		watch_after_loss(walk, host_type, idx, pid);
	if (mark) {
		/*
		 * The exit of the watched thread itself proves it too, and is the mark that says
		 * so.
		 */
		if (walk->watching && pid != walk->mark_tid)
			watch_event(walk, host_type, idx, pid);
		return pid < 0 ? 0 : push_mark(walk, host_type, idx, pid);
	}
	if (walk->watching)
		watch_event(walk, host_type, idx, pid);
	if (walk->open != SIZE_MAX) {
		/* Once the guest has left, whatever comes until kvm_exit is explained by that. */
		const unsigned int class = walk->watching ? host_type->class : VMS_INSIDE_FOLLOWS;

		walk->out->inside[(size_t)(host_type - walk->types) * VMS_INSIDE_NR + class]++;
	} else if (host_type->class == VMS_INSIDE_PRECEDES) {
		walk->precede = idx;
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

	for (i = w->out->nr; i-- && w->c->time_raw[w->out->m[i].idx] >= from_raw;)
		w->out->m[i].flags &= (uint8_t)~VMS_MARK_STAYED;
}

static int take_loss(struct walk *walk, const struct vms_lost *lost)
{
	const struct vms_stream *s = walk->s;
	const uint8_t buffer = walk->c->buffer && lost->buffer < s->buffers_nr ? lost->buffer : 0;
	struct vms_cpu_marks *out = walk->out;
	struct vms_loss loss = { .from_raw = s->first_raw, .to_raw = s->last_raw };
	int ret;

	walk->foreign = true;
	if (walk->last_of[buffer] != VMS_MARK_NONE)
		loss.from_raw = walk->c->time_raw[walk->last_of[buffer]];
	if (lost->idx < walk->c->nr)
		loss.to_raw = walk->c->time_raw[lost->idx];
	doubt_stays(walk, loss.from_raw);
	if (walk->c->buffer && !walk->all->carries[buffer])
		return 0;
	if (loss_is_open(walk))
		out->losses[walk->loss].to_raw =
			VMS_MAX(out->losses[walk->loss].to_raw, loss.from_raw);
	ret = vms_grow(&out->losses, &out->losses_cap, out->losses_nr + 1, sizeof(*out->losses),
		       VMS_MARKS_MAX);
	if (ret)
		return ret;
	if (walk->watching) {
		out->m[walk->open].flags |= VMS_MARK_CUT;
		out->m[walk->open].loss = (uint32_t)out->losses_nr;
	}
	walk->open = SIZE_MAX;
	walk->watching = false;
	walk->loss = out->losses_nr;
	walk->loss_idx = lost->idx;
	walk->loss_tid = -1;
	walk->loss_other = walk->loss_follow = VMS_MARK_NONE;
	out->losses[out->losses_nr++] = loss;
	return 0;
}

/* Room for all marks: growing would leave holes. */
static int make_room(struct walk *walk)
{
	size_t nr = 0;
	uint32_t i;

	for (i = 0; i < walk->c->nr; i++) {
		const uint16_t type = walk->c->type[i];

		nr += type < walk->s->types_nr && walk->types[type].kind != KIND_OTHER;
	}
	return vms_grow(&walk->out->m, &walk->out->cap, nr, sizeof(*walk->out->m), VMS_MARKS_MAX);
}

static int take_all(struct walk *walk)
{
	const struct vms_cpu *cpu = walk->c;
	const struct vms_cpu_gaps *gaps = &walk->all->out->gaps.cpus[walk->cpu];
	uint32_t i, lost = 0, gap = 0;
	int ret;

	for (i = 0; i <= cpu->nr; i++) {
		for (; lost < cpu->lost_nr && cpu->lost[lost].idx <= i; lost++) {
			ret = take_loss(walk, &cpu->lost[lost]);
			if (ret)
				return ret;
		}
		for (; gap < gaps->nr && gaps->g[gap].idx <= i; gap++) {
			const struct vms_lost hole = { .idx = i, .buffer = walk->all->carrier };

			ret = take_loss(walk, &hole);
			if (ret)
				return ret;
		}
		if (i == cpu->nr)
			break;
		VMS_PAYLOAD_SOON(cpu, i);
		ret = take_event(walk, i);
		if (ret)
			return ret;
		walk->last_of[cpu->buffer && cpu->buffer[i] < walk->s->buffers_nr ? cpu->buffer[i]
										  : 0] = i;
	}
	if (loss_is_open(walk))
		walk->out->losses[walk->loss].to_raw = walk->s->last_raw;
	return 0;
}

static int walk_cpu(void *user, unsigned int cpu_idx, struct vms_err *err)
{
	const struct walks *all = user;
	const unsigned int buffers_nr = VMS_MAX(all->s->buffers_nr, 1U);
	struct walk walk = {
		.all = all,
		.s = all->s,
		.types = all->types,
		.out = &all->out->cpus[cpu_idx],
		.c = &all->s->cpus[cpu_idx],
		.cpu = (uint16_t)cpu_idx,
		.open = SIZE_MAX,
		.loss = SIZE_MAX,
		.precede = VMS_MARK_NONE,
		.mark_tid = -1,
		.foreign = true,
	};
	unsigned int i;
	int ret = -VMS_ENOMEM;

	(void)err;
	walk.out->inside = vms_calloc((size_t)all->out->inside.types_nr * VMS_INSIDE_NR,
				      sizeof(*walk.out->inside));
	walk.out->recorded = vms_calloc(all->out->inside.types_nr, sizeof(*walk.out->recorded));
	walk.last_of = vms_calloc(buffers_nr, sizeof(*walk.last_of));
	for (i = 0; walk.last_of && i < buffers_nr; i++)
		walk.last_of[i] = VMS_MARK_NONE;
	if (walk.out->inside && walk.out->recorded && walk.last_of)
		ret = make_room(&walk);
	if (!ret)
		ret = take_all(&walk);
	free(walk.last_of);
	return ret;
}

static void look_up_types(struct walks *walk)
{
	unsigned int i;

	for (i = 1; i < walk->s->types_nr; i++) {
		const struct vms_event_type *type = &walk->s->types[i];
		struct host_type *host_type = &walk->types[i];

		host_type->class = (uint8_t)vms_inside_class_of(type);
		host_type->pid = vms_type_field(type, "common_pid");
		host_type->vcpu = vms_type_field(type, "vcpu_id");
		if (host_type->pid && (host_type->pid->is_array || host_type->pid->size > 4))
			host_type->pid = NULL;
		if (!type->name || !type->system)
			continue;
		if (strcmp(type->system, "kvm"))
			continue;
		if (!strcmp(type->name, "kvm_entry"))
			host_type->kind = KIND_ENTRY;
		if (!strcmp(type->name, "kvm_exit")) {
			host_type->kind = KIND_EXIT;
			host_type->exit = vms_exit_fields_of(type);
		}
	}
	walk->types[0].class = VMS_INSIDE_OTHER;
}

/* A loss matters to stretches only in buffers that were recording entries and exits. */
static void find_carriers(struct walks *walk)
{
	unsigned int cpu;
	uint32_t i;

	for (cpu = 0; cpu < walk->s->cpus_nr; cpu++) {
		const struct vms_cpu *c = &walk->s->cpus[cpu];

		walk->any_loss = walk->any_loss || c->lost_nr || walk->out->gaps.cpus[cpu].nr;
		for (i = 0; c->buffer && i < c->nr; i++) {
			const unsigned int kind =
				walk->types[c->type[i] < walk->s->types_nr ? c->type[i] : 0].kind;

			if ((kind == KIND_ENTRY || kind == KIND_EXIT) &&
			    c->buffer[i] < walk->s->buffers_nr)
				walk->carries[walk->carrier = c->buffer[i]] = true;
		}
	}
}

int vms_marks_collect(struct vms_marks *out, const struct vms_stream *host)
{
	struct walks walks = { .s = host, .out = out };
	int ret = -VMS_ENOMEM;

	memset(out, 0, sizeof(*out));
	out->host = host;
	out->inside.types_nr = VMS_MAX(host->types_nr, 1U);
	out->inside.nr =
		vms_calloc((size_t)out->inside.types_nr * VMS_INSIDE_NR, sizeof(*out->inside.nr));
	out->recorded = vms_calloc(out->inside.types_nr, sizeof(*out->recorded));
	out->cpus = vms_calloc(host->cpus_nr, sizeof(*out->cpus));
	walks.types = vms_calloc(out->inside.types_nr, sizeof(*walks.types));
	walks.carries = vms_calloc(VMS_MAX(host->buffers_nr, 1U), sizeof(*walks.carries));
	if (!out->inside.nr || !out->recorded || !out->cpus || !walks.types || !walks.carries)
		goto out;
	out->cpus_nr = host->cpus_nr;
	ret = vms_gaps_find(&out->gaps, host);
	if (ret)
		goto out;
	look_up_types(&walks);
	find_carriers(&walks);
	out->switches = out->gaps.switches_whole;
	ret = vms_each(host->cpus_nr, walk_cpu, &walks, NULL);
	if (!ret)
		ret = vms_marks_sum(out);
out:
	free(walks.types);
	free(walks.carries);
	return ret;
}

int64_t vms_marks_since(const struct vms_stream *s, const struct vms_mark *exit, int32_t tid)
{
	const struct vms_cpu *cpu = &s->cpus[exit->cpu];
	const unsigned int type = vms_type_find(s, "sched", "sched_switch");
	uint32_t i;

	for (i = exit->idx; i && exit->idx - i < SINCE_MAX;) {
		const struct vms_ref ref = { .cpu = exit->cpu, .idx = --i };
		uint64_t next = 0;

		if ((vms_event_tid(s, ref) == tid && !vms_event_in_interrupt(s, ref)) ||
		    (type && cpu->type[i] == type && vms_field_by_name(s, ref, "next_pid", &next) &&
		     (int32_t)next == tid))
			return cpu->time_raw[i];
	}
	return s->first_raw;
}
