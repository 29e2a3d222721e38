// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From entries and exits to stretches: the state of each vCPU thread over time, and what is unknown
 * of it.
 */
#include "core/stretch/stretch_impl.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/each.h"
#include "core/base/util.h"

#define STRETCHES_MAX ((size_t)UINT32_MAX - 1)

_Static_assert(sizeof(struct vms_stretch) == 48, "a stretch has no byte to spare");

/* A thread while its stretches are found. */
struct builder {
	const struct vms_stream *s;
	const struct vms_marks *marks;
	const struct vms_stretches *st;
	struct vms_thread *t;
	size_t cap;
	/* from here on the thread is known not to run guest code, losses apart */
	int64_t free_raw;
	bool begun; /* a mark was seen */
};

static int64_t time_of(const struct builder *b, const struct vms_mark *m, uint32_t idx)
{
	return b->s->cpus[m->cpu].time_raw[idx];
}

static struct vms_short_ref ref_of(const struct vms_mark *m, uint32_t idx)
{
	return (struct vms_short_ref){ .idx = idx, .cpu = (int16_t)m->cpu };
}

/* No entry, on a host CPU. */
static struct vms_short_ref none_on(uint16_t pcpu)
{
	return (struct vms_short_ref){ .cpu = (int16_t)~pcpu };
}

/* Keeps the list ascending and free of overlaps whatever the times of a damaged trace are. */
static int push(struct builder *builder, struct vms_stretch stretch)
{
	struct vms_thread *thread = builder->t;
	struct vms_stretch *last =
		thread->stretches_nr ? &thread->stretches[thread->stretches_nr - 1] : NULL;
	const bool shadow = stretch.flags & VMS_STRETCH_UNKNOWN;
	int ret;

	if (last && stretch.enter_raw < last->leave_raw)
		stretch.enter_raw = last->leave_raw;
	if (stretch.leave_raw < stretch.enter_raw ||
	    (shadow && stretch.leave_raw == stretch.enter_raw))
		return 0;
	/* An exit or an entry is missing between: which of the two is meant only a model says. */
	if (last && !shadow && !(last->flags & VMS_STRETCH_UNKNOWN) &&
	    last->leave_raw == stretch.enter_raw) {
		last->flags &= (uint16_t)~VMS_STRETCH_LEAVE_KNOWN;
		stretch.flags &= (uint16_t)~VMS_STRETCH_ENTER_KNOWN;
	}
	if (shadow && last && (last->flags & VMS_STRETCH_UNKNOWN) &&
	    last->leave_raw == stretch.enter_raw) {
		last->leave_raw = stretch.leave_raw;
		return 0;
	}
	ret = vms_grow(&thread->stretches, &builder->cap, (size_t)thread->stretches_nr + 1,
		       sizeof(*thread->stretches), STRETCHES_MAX);
	if (ret)
		return ret;
	thread->stretches[thread->stretches_nr++] = stretch;
	return 0;
}

static int push_shadow(struct builder *b, int64_t from_raw, int64_t to_raw, uint16_t pcpu)
{
	return push(b, (struct vms_stretch){
			       .enter_raw = from_raw,
			       .leave_raw = to_raw,
			       .flags = VMS_STRETCH_UNKNOWN,
			       .entry = none_on(pcpu),
			       .exit = VMS_SHORT_REF_NONE,
			       .enter_by = VMS_SHORT_REF_NONE,
			       .leave_by = VMS_SHORT_REF_NONE,
		       });
}

/* index of the first loss that ends after a time */
static size_t gap_after(const struct builder *b, int64_t raw)
{
	size_t lo = 0, hi = b->st->losses_nr;

	VMS_BISECT(lo, hi, mid, b->st->losses[mid].to_raw <= raw);
	return lo;
}

static bool gap_between(const struct builder *b, int64_t from_raw, int64_t to_raw)
{
	const size_t i = gap_after(b, from_raw);

	return i < b->st->losses_nr && b->st->losses[i].from_raw < to_raw;
}

/* between a mark and the one before the thread did not leave its CPU */
static bool stayed(const struct builder *b, const struct vms_mark *m)
{
	return (m->flags & VMS_MARK_STAYED) && b->marks->switches;
}

/*
 * While it is not in a stretch a thread may have been on any CPU, also on one that lost events:
 * there it may have run guest code without a trace. Not so if it is known to have stayed.
 */
static int shade(struct builder *builder, const struct vms_mark *mark, int64_t until_raw)
{
	size_t i;
	int ret = 0;

	if (!builder->begun || stayed(builder, mark))
		return 0;
	for (i = gap_after(builder, builder->free_raw);
	     i < builder->st->losses_nr && builder->st->losses[i].from_raw < until_raw && !ret; i++)
		ret = push_shadow(builder,
				  VMS_MAX(builder->st->losses[i].from_raw, builder->free_raw),
				  VMS_MIN(builder->st->losses[i].to_raw, until_raw), mark->cpu);
	return ret;
}

static struct vms_stretch begin(const struct builder *builder, const struct vms_mark *entry,
				const struct vms_mark *exit)
{
	struct vms_stretch stretch = {
		.enter_raw = vms_mark_time(builder->s, entry),
		.entry = ref_of(entry, entry->idx),
		.exit = VMS_SHORT_REF_NONE,
		.enter_by = ref_of(entry, entry->idx),
		.leave_by = VMS_SHORT_REF_NONE,
		.flags = VMS_STRETCH_ENTER_KNOWN,
	};

	/* Without its exit, what precedes guest code may belong to the next entry. */
	if (exit && entry->precede != VMS_MARK_NONE) {
		stretch.enter_raw = time_of(builder, entry, entry->precede);
		stretch.enter_by = ref_of(entry, entry->precede);
		stretch.flags |= VMS_STRETCH_RAISED;
	}
	if (exit) {
		stretch.exit = ref_of(exit, exit->idx);
		stretch.why = vms_mark_why(exit);
	}
	return stretch;
}

static const struct vms_loss *loss_of(const struct builder *b, const struct vms_mark *mark)
{
	return &b->marks->cpus[mark->cpu].losses[mark->loss];
}

/*
 * The entry's CPU lost events while the guest may have run: a half known beginning, then a shadow.
 */
static int push_cut(struct builder *builder, struct vms_stretch stretch,
		    const struct vms_mark *entry, const struct vms_mark *next)
{
	const struct vms_loss *loss = loss_of(builder, entry);
	int64_t to_raw = loss->to_raw;
	int ret = 0;

	if (!next)
		to_raw = builder->st->last_raw;
	else if (!(next->flags & VMS_MARK_EXIT))
		to_raw = VMS_MIN(loss->to_raw, vms_mark_time(builder->s, next));
	else if ((next->flags & VMS_MARK_LOST) && next->cpu == entry->cpu)
		to_raw = loss_of(builder, next)->to_raw;
	else
		to_raw = vms_mark_time(builder->s, next);
	stretch.leave_raw = loss->from_raw;
	if (stretch.leave_raw > stretch.enter_raw)
		ret = push(builder, stretch);
	if (!ret)
		ret = push_shadow(builder,
				  VMS_MAX(loss->from_raw, vms_mark_time(builder->s, entry)), to_raw,
				  entry->cpu);
	builder->free_raw = to_raw;
	return ret;
}

static bool is_cut(const struct builder *b, const struct vms_mark *entry,
		   const struct vms_mark *next)
{
	/* A loss after the thread turned up elsewhere is not one within its stretch. */
	return (entry->flags & VMS_MARK_CUT) &&
	       (!next || loss_of(b, entry)->from_raw < vms_mark_time(b->s, next));
}

static bool has_follow(const struct builder *b, const struct vms_mark *entry,
		       const struct vms_mark *next)
{
	return entry->follow != VMS_MARK_NONE &&
	       (!next || time_of(b, entry, entry->follow) <= vms_mark_time(b->s, next));
}

/*
 * The exit that belongs to an entry: the next mark, unless losses between may hide an exit and
 * another entry.
 */
static const struct vms_mark *exit_of(const struct builder *b, const struct vms_mark *entry,
				      const struct vms_mark *next)
{
	if (!next || !(next->flags & VMS_MARK_EXIT) || is_cut(b, entry, next))
		return NULL;
	if (!has_follow(b, entry, next) || stayed(b, next))
		return next;
	return gap_between(b, time_of(b, entry, entry->follow), vms_mark_time(b->s, next)) ? NULL
											   : next;
}

static int take_entry(struct builder *builder, const struct vms_mark *mark,
		      const struct vms_mark *next)
{
	const struct vms_mark *exit = exit_of(builder, mark, next);
	struct vms_stretch stretch;
	int ret;

	ret = shade(builder, mark, vms_mark_time(builder->s, mark));
	if (ret)
		return ret;
	builder->free_raw = vms_mark_time(builder->s, mark);
	if (exit && (exit->flags & VMS_MARK_FAILED))
		return 0;
	stretch = begin(builder, mark, exit);
	if (is_cut(builder, mark, next))
		return push_cut(builder, stretch, mark, next);
	/* its exit is on another CPU: an exit and an entry between were not recorded */
	if (exit && exit->cpu != mark->cpu && !has_follow(builder, mark, next)) {
		builder->free_raw = vms_mark_time(builder->s, next);
		return push_shadow(builder, vms_mark_time(builder->s, mark),
				   vms_mark_time(builder->s, next), mark->cpu);
	}
	if (has_follow(builder, mark, next)) {
		stretch.leave_raw = time_of(builder, mark, mark->follow);
		stretch.leave_by = ref_of(mark, mark->follow);
		stretch.flags |= VMS_STRETCH_LEAVE_KNOWN | VMS_STRETCH_TIGHTENED;
	} else if (next) {
		/* another entry ends it as well, whether or not this one reached the guest */
		stretch.leave_raw = vms_mark_time(builder->s, next);
		stretch.leave_by = ref_of(next, next->idx);
		stretch.flags |= VMS_STRETCH_LEAVE_KNOWN;
	} else {
		stretch.leave_raw = builder->st->last_raw;
	}
	builder->free_raw = stretch.leave_raw;
	return push(builder, stretch);
}

/* An exit of which the entry was lost, or came before the recording: only its end is known. */
static int take_open_exit(struct builder *builder, const struct vms_mark *mark, int64_t from_raw)
{
	struct vms_stretch stretch = {
		.enter_raw = from_raw,
		.leave_raw = vms_mark_time(builder->s, mark),
		.entry = none_on(mark->cpu),
		.exit = ref_of(mark, mark->idx),
		.enter_by = VMS_SHORT_REF_NONE,
		.leave_by = ref_of(mark, mark->idx),
		.flags = VMS_STRETCH_LEAVE_KNOWN,
		.why = vms_mark_why(mark),
	};

	if ((mark->flags & VMS_MARK_LOST) && mark->follow != VMS_MARK_NONE) {
		stretch.leave_raw = time_of(builder, mark, mark->follow);
		stretch.leave_by = ref_of(mark, mark->follow);
		stretch.flags |= VMS_STRETCH_TIGHTENED;
	}
	builder->free_raw = VMS_MAX(from_raw, stretch.leave_raw);
	return stretch.leave_raw > stretch.enter_raw ? push(builder, stretch) : 0;
}

/*
 * Exit after exit, and nothing lost: the fast path of VMX in Linux 5.8 and 5.9 re-enters without a
 * kvm_entry.
 */
static int take_reentered(struct builder *builder, const struct vms_mark *mark,
			  const struct vms_mark *prev)
{
	struct vms_stretch stretch = {
		.enter_raw = vms_mark_time(builder->s, prev),
		.leave_raw = vms_mark_time(builder->s, mark),
		.entry = none_on(mark->cpu),
		.exit = ref_of(mark, mark->idx),
		.enter_by = ref_of(prev, prev->idx),
		.leave_by = ref_of(mark, mark->idx),
		.flags = VMS_STRETCH_ENTER_KNOWN | VMS_STRETCH_LEAVE_KNOWN | VMS_STRETCH_REENTERED,
		.why = vms_mark_why(mark),
	};

	if (mark->precede != VMS_MARK_NONE &&
	    time_of(builder, mark, mark->precede) > stretch.enter_raw) {
		stretch.enter_raw = time_of(builder, mark, mark->precede);
		stretch.enter_by = ref_of(mark, mark->precede);
		stretch.flags |= VMS_STRETCH_RAISED;
	}
	return push(builder, stretch);
}

static int take_exit(struct builder *builder, const struct vms_mark *mark,
		     const struct vms_mark *prev)
{
	const bool paired = prev && !(prev->flags & VMS_MARK_EXIT);
	const bool failed = mark->flags & VMS_MARK_FAILED;
	int64_t lost_raw = 0;
	int ret = 0;

	if (mark->flags & VMS_MARK_LOST)
		lost_raw = loss_of(builder, mark)->to_raw;
	if ((mark->flags & VMS_MARK_LOST) && (!builder->begun || lost_raw >= builder->free_raw)) {
		ret = shade(builder, mark, lost_raw);
		if (!ret && !failed)
			ret = take_open_exit(builder, mark, lost_raw);
		if (!ret)
			ret = shade(builder, mark, vms_mark_time(builder->s, mark));
	} else if (paired) {
		ret = shade(builder, mark, vms_mark_time(builder->s, mark));
	} else if (!prev) {
		ret = failed ? 0
			     : take_open_exit(builder, mark,
					      vms_marks_since(builder->s, mark, builder->t->tid));
	} else if (gap_between(builder, builder->free_raw, vms_mark_time(builder->s, mark))) {
		ret = push_shadow(builder, builder->free_raw, vms_mark_time(builder->s, mark),
				  mark->cpu);
	} else if (!failed) {
		ret = take_reentered(builder, mark, prev);
	}
	builder->free_raw = vms_mark_time(builder->s, mark);
	return ret;
}

/* The vCPU's number, from the thread's first entry. */
static int32_t vcpu_of(const struct builder *builder, const struct vms_mark *entry)
{
	uint64_t v;

	return vms_field_by_name(builder->s, vms_ref_of(ref_of(entry, entry->idx)), "vcpu_id",
				 &v) &&
			       v <= INT32_MAX
		       ? (int32_t)v
		       : -1;
}

static int build_thread(void *user, unsigned int i, struct vms_err *err)
{
	const struct builder *shared = user;
	struct vms_thread_marks *of = &shared->marks->threads[i];
	const struct vms_mark *prev = NULL, *mark, *next;
	struct builder builder = *shared;
	struct vms_marks_merge merge;
	int ret;

	(void)err;
	builder.t = &shared->st->threads[i];
	builder.free_raw = builder.st->first_raw;
	builder.t->tid = of->tid;
	builder.t->vcpu_id = -1;
	/* there are two marks a stretch, mostly; growing would leave holes */
	ret = vms_grow(&builder.t->stretches, &builder.cap, vms_marks_nr(builder.marks, of) / 2 + 1,
		       sizeof(*builder.t->stretches), STRETCHES_MAX);
	if (!ret)
		ret = vms_marks_merge_new(&merge, shared->marks, of);
	if (ret)
		return ret;
	for (mark = vms_marks_merge_next(&merge); mark && !ret; prev = mark, mark = next) {
		const bool is_exit = mark->flags & VMS_MARK_EXIT;

		next = vms_marks_merge_next(&merge);
		if (!is_exit && !of->kind_nr[false])
			builder.t->vcpu_id = vcpu_of(&builder, mark);
		of->kind_nr[is_exit]++;
		if (prev && is_exit == !!(prev->flags & VMS_MARK_EXIT))
			of->missing_nr[!is_exit]++;
		ret = is_exit ? take_exit(&builder, mark, prev) : take_entry(&builder, mark, next);
		builder.begun = true;
	}
	free(merge.heap);
	vms_shrink(&builder.t->stretches, builder.t->stretches_nr, sizeof(*builder.t->stretches));
	return ret ? ret : vms_thread_sum(builder.t);
}

static int fill(struct vms_stretches *st, const struct vms_stream *host, struct vms_marks *marks)
{
	struct builder builder = { .s = host, .marks = marks, .st = st };
	unsigned int i;
	int ret;

	st->first_raw = host->first_raw;
	st->last_raw = host->last_raw;
	for (i = 0, st->isa = VMS_ISA_NONE; i < VMS_ARRAY_NR(marks->by_isa); i++)
		if (marks->by_isa[i] > marks->by_isa[st->isa])
			st->isa = (uint8_t)i;
	ret = vms_marks_group(marks);
	if (!ret)
		ret = vms_losses_join(&st->losses, &st->losses_nr, marks);
	if (ret)
		return ret;
	st->threads = vms_calloc(marks->threads_nr, sizeof(*st->threads));
	if (!st->threads)
		return -VMS_ENOMEM;
	st->threads_nr = marks->threads_nr;
	ret = vms_each(st->threads_nr, build_thread, &builder, NULL);
	if (ret)
		return ret;
	st->late_exit = vms_exits_come_late(st);
	vms_log(VMS_LOG_INFO, "stretch", "%zu entries and exits, %zu losses, exits come %s",
		marks->nr, st->losses_nr, st->late_exit ? "late" : "in time");
	for (i = 0; i < st->threads_nr; i++)
		vms_log(VMS_LOG_DEBUG, "stretch", "thread %d: %u stretches", st->threads[i].tid,
			st->threads[i].stretches_nr);
	st->recorded = marks->recorded;
	marks->recorded = NULL;
	ret = vms_inside_list(&marks->inside, &st->inside, &st->inside_nr);
	if (!ret)
		ret = vms_gaps_list(&marks->gaps, host, &st->holes, &st->holes_nr);
	if (!ret) {
		vms_filters_list(st, marks);
		vms_counts_list(st, host);
	}
	return ret;
}

int vms_stretches_build(struct vms_stretches **out, const struct vms_stream *host,
			struct vms_err *err)
{
	struct vms_stretches *st = NULL;
	struct vms_marks marks;
	uint64_t exits = 0;
	size_t i;
	int ret;

	ret = vms_marks_collect(&marks, host);
	if (ret)
		goto out;
	for (i = 0; i < VMS_ARRAY_NR(marks.by_isa); i++)
		exits += marks.by_isa[i];
	if (!exits || exits == marks.nr) {
		vms_marks_clear(&marks);
		return vms_fail(err, VMS_ENODATA, "the host has no %s events: record with -e kvm",
				exits	   ? "kvm_entry"
				: marks.nr ? "kvm_exit"
					   : "kvm_entry and kvm_exit");
	}
	st = vms_calloc(1, sizeof(*st));
	ret = st ? fill(st, host, &marks) : -VMS_ENOMEM;
	if (ret)
		goto out;
	for (i = 0; i < st->threads_nr; i++) {
		const struct vms_thread *t = &st->threads[i];

		(void)t; /* without assertions */
		VMS_ASSERT(!i || t[-1].tid < t->tid);
		VMS_ASSERT_EACH(k, 0, t->stretches_nr,
				t->stretches[k].enter_raw <= t->stretches[k].leave_raw);
		VMS_ASSERT_EACH(k, 1, t->stretches_nr,
				t->stretches[k - 1].leave_raw <= t->stretches[k].enter_raw);
	}
	*out = st;
	st = NULL;
out:
	vms_marks_clear(&marks);
	vms_stretches_free(st);
	return ret ? vms_fail(err, -ret, "out of memory while looking for stretches") : 0;
}

void vms_stretches_free(struct vms_stretches *stretches)
{
	unsigned int i;

	if (!stretches)
		return;
	for (i = 0; i < stretches->threads_nr; i++) {
		free(stretches->threads[i].stretches);
		free(stretches->threads[i].inside_before);
	}
	free(stretches->threads);
	free(stretches->inside);
	free(stretches->recorded);
	free(stretches->holes);
	free(stretches->losses);
	free(stretches);
}
