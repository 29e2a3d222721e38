// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What KVM's own events say of a guest's TSC: which deadline a timer had, and how late it was when
 * KVM looked at the guest's clock.
 */
#include <vmsync/facts.h>

#include <stdlib.h>

#include "core/base/bisect.h"
#include "core/base/util.h"

#define NOTES_MAX ((size_t)1 << 31)
/*
 * A fact counts when one of so many before or after it allows the same offset: false ones are
 * alone.
 * Where more than one in so many is alone, deadlines mean something else on this host: none counts.
 */
#define NEIGHBOURS 8u
#define ALONE_SHARE 4u
#define MSR_TSC 0x10u
#define MSR_TSC_DEADLINE 0x6e0u

enum note_kind { NOTE_DEADLINE, NOTE_WAIT, NOTE_READ, NOTE_OFFSET };

/* What one host event says, for the thread that it is about. */
struct note {
	int64_t time_raw, value;
	struct vms_ref ref;
	uint32_t thread; /* index into vms_stretches.threads */
	uint8_t kind;	 /* enum note_kind */
	bool elsewhere;	 /* a wait in another thread than the vCPU's own */
};

struct notes {
	struct note *n;
	size_t nr, cap;
};

/* The event types that speak of clocks, and their fields. */
struct sources {
	const struct vms_stream *host;
	const struct vms_stretches *st;
	unsigned int msr, wait, offset;
	const struct vms_field *ecx, *data, *write, *exception;
	const struct vms_field *wait_vcpu, *delta;
	const struct vms_field *offset_vcpu, *next;
};

static struct sources sources_of(const struct vms_stream *host, const struct vms_stretches *st)
{
	struct sources src = { .host = host, .st = st };
	const struct vms_event_type *type;

	src.msr = vms_type_find(host, "kvm", "kvm_msr");
	type = &host->types[src.msr];
	src.ecx = vms_type_field(type, "ecx");
	src.data = vms_type_field(type, "data");
	src.write = vms_type_field(type, "write");
	src.exception = vms_type_field(type, "exception");
	if (!src.ecx || !src.data || !src.write)
		src.msr = 0;
	src.wait = vms_type_find(host, "kvm", "kvm_wait_lapic_expire");
	type = &host->types[src.wait];
	src.wait_vcpu = vms_type_field(type, "vcpu_id");
	src.delta = vms_type_field(type, "delta");
	if (!src.wait_vcpu || !src.delta)
		src.wait = 0;
	src.offset = vms_type_find(host, "kvm", "kvm_write_tsc_offset");
	type = &host->types[src.offset];
	src.offset_vcpu = vms_type_field(type, "vcpu_id");
	src.next = vms_type_field(type, "next_tsc_offset");
	if (!src.offset_vcpu || !src.next)
		src.offset = 0;
	return src;
}

static int64_t thread_of(const struct vms_stretches *st, int32_t tid)
{
	const struct vms_thread *t = vms_thread_find(st, tid);

	return t ? t - st->threads : -1;
}

/*
 * Another vCPU's wait in this thread: posted timers. Which thread is meant only the number tells.
 */
static int64_t thread_of_vcpu(const struct vms_stretches *st, int64_t near, int64_t vcpu_id)
{
	int64_t i, found = -1;

	if (st->threads[near].vcpu_id < 0 || st->threads[near].vcpu_id == vcpu_id)
		return near;
	for (i = 0; i < (int64_t)st->threads_nr; i++) {
		if (st->threads[i].vcpu_id != vcpu_id)
			continue;
		if (found < 0 || llabs(i - near) < llabs(found - near))
			found = i;
	}
	return found;
}

static bool read_msr(const struct sources *src, const uint8_t *payload, struct note *n)
{
	const struct vms_stream *host = src->host;
	const uint64_t ecx = vms_field_u64(host, src->ecx, payload);
	const bool write = vms_field_u64(host, src->write, payload);

	if (src->exception && vms_field_u64(host, src->exception, payload))
		return false;
	n->value = (int64_t)vms_field_u64(host, src->data, payload);
	n->kind = write ? NOTE_DEADLINE : NOTE_READ;
	return write ? ecx == MSR_TSC_DEADLINE : ecx == MSR_TSC;
}

/* Whether an event says something, and what. */
static bool read_note(const struct sources *src, struct vms_ref ref, struct note *n)
{
	const struct vms_cpu *cpu = &src->host->cpus[ref.cpu];
	const unsigned int type = cpu->type[ref.idx];
	const uint8_t *payload = cpu->payload[ref.idx];
	int64_t thread, meant;

	if (!type || (type != src->msr && type != src->wait && type != src->offset))
		return false;
	*n = (struct note){ .time_raw = cpu->time_raw[ref.idx], .ref = ref };
	if (type == src->msr && !read_msr(src, payload, n))
		return false;
	thread = thread_of(src->st, vms_event_tid(src->host, ref));
	if (thread < 0)
		return false;
	meant = thread;
	if (type == src->wait) {
		n->kind = NOTE_WAIT;
		n->value = (int64_t)vms_field_u64(src->host, src->delta, payload);
		meant = thread_of_vcpu(src->st, thread,
				       (int64_t)vms_field_u64(src->host, src->wait_vcpu, payload));
	} else if (type == src->offset) {
		n->kind = NOTE_OFFSET;
		n->value = (int64_t)vms_field_u64(src->host, src->next, payload);
		meant = thread_of_vcpu(src->st, thread,
				       (int64_t)vms_field_u64(src->host, src->offset_vcpu,
							      payload));
	}
	n->thread = (uint32_t)meant;
	n->elsewhere = meant != thread;
	return meant >= 0;
}

static int notes_collect(struct notes *out, const struct sources *src)
{
	unsigned int cpu;
	uint32_t i;

	for (cpu = 0; cpu < src->host->cpus_nr; cpu++) {
		for (i = 0; i < src->host->cpus[cpu].nr; i++) {
			const struct vms_ref ref = { .cpu = (int32_t)cpu, .idx = i };
			struct note n;
			int ret;

			if (!read_note(src, ref, &n))
				continue;
			ret = vms_grow(&out->n, &out->cap, out->nr + 1, sizeof(*out->n), NOTES_MAX);
			if (ret)
				return ret;
			out->n[out->nr++] = n;
		}
	}
	return 0;
}

static int by_thread_and_time(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->time_raw != y->time_raw)
		return x->time_raw < y->time_raw ? -1 : 1;
	return (x->ref.idx > y->ref.idx) - (x->ref.idx < y->ref.idx);
}

/* A thread while its notes are read in the order of time. */
struct reader {
	const struct vms_stream *host;
	const struct vms_thread *thread;
	const struct vms_ratio *ratio;
	struct vms_thread_facts *out;
	size_t cap;
	uint32_t stretch; /* the next that begins after what was read */
	bool known;	  /* a deadline is armed, and which one */
	int64_t deadline;
	int64_t above_raw;		/* of the fact that it will give */
	const struct vms_stretch *last; /* the stretch of the last kvm_entry, NULL = none known */
};

/*
 * Passes the stretches up to a time. Where the record of the thread is incomplete, a write of the
 * deadline may be missing too: what was known is known no longer.
 */
static void pass_stretches(struct reader *reader, int64_t time_raw)
{
	const struct vms_thread *t = reader->thread;

	for (; reader->stretch < t->stretches_nr; reader->stretch++) {
		const struct vms_stretch *stretch = &t->stretches[reader->stretch];
		const bool whole =
			!(stretch->flags & VMS_STRETCH_UNKNOWN) && stretch->entry.cpu >= 0;
		/*
		 * A shadow counts from its end: what was written before it may be outdated by then.
		 */
		const int64_t begin_raw =
			whole ? reader->host->cpus[stretch->entry.cpu].time_raw[stretch->entry.idx]
			      : stretch->leave_raw;

		if (begin_raw > time_raw)
			break;
		if (!whole || (reader->last && reader->last->exit.cpu < 0))
			reader->known = false;
		reader->last = whole ? stretch : NULL;
	}
}

static int add(struct reader *r, struct vms_fact f)
{
	struct vms_thread_facts *out = r->out;
	const int ret = vms_grow(&out->facts, &r->cap, (size_t)out->facts_nr + 1,
				 sizeof(*out->facts), UINT32_MAX);

	if (!ret)
		out->facts[out->facts_nr++] = f;
	return ret;
}

/*
 * The deadline before must not have expired when the guest replaced it: else it is the one meant.
 */
static void take_deadline(struct reader *reader, const struct note *n)
{
	int64_t least;

	if (reader->known && n->value) {
		least = vms_sat_sub_i64(n->time_raw,
					vms_ratio_undo(reader->ratio, reader->deadline));
		reader->above_raw = VMS_MAX(reader->above_raw, least);
	} else {
		reader->above_raw = INT64_MIN;
	}
	reader->known = n->value != 0;
	reader->deadline = n->value;
}

static int take_wait(struct reader *reader, const struct note *n)
{
	struct vms_fact fact = { .kind = VMS_FACT_DEADLINE,
				 .above_raw = reader->above_raw,
				 .to = n->ref };
	const bool usable = reader->known && reader->last && !n->elsewhere;

	reader->out->unknown_nr += !usable;
	reader->known = false;
	reader->above_raw = INT64_MIN;
	if (!usable)
		return 0;
	fact.guest_raw = vms_ratio_undo(reader->ratio, vms_sat_add_i64(reader->deadline, n->value));
	fact.from = reader->last->entry;
	fact.from_raw = reader->host->cpus[fact.from.cpu].time_raw[fact.from.idx];
	fact.to_raw = n->time_raw;
	return fact.from_raw <= fact.to_raw ? add(reader, fact) : 0;
}

/* KVM computes what a read returns between the exit and the event. */
static int take_read(struct reader *reader, const struct note *n)
{
	struct vms_fact fact = { .kind = VMS_FACT_READ,
				 .above_raw = INT64_MIN,
				 .guest_raw = vms_ratio_undo(reader->ratio, n->value),
				 .to = n->ref,
				 .to_raw = n->time_raw };

	if (!reader->last || reader->last->exit.cpu < 0)
		return 0;
	/* An exit that comes late comes after the read's value: the entry is certain. */
	fact.from = reader->last->entry;
	fact.from_raw = reader->host->cpus[fact.from.cpu].time_raw[fact.from.idx];
	return add(reader, fact);
}

static int read_thread(struct reader *reader, const struct note *n, size_t nr)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		pass_stretches(reader, n[i].time_raw);
		switch ((enum note_kind)n[i].kind) {
		case NOTE_DEADLINE: take_deadline(reader, &n[i]); break;
		case NOTE_WAIT: ret = take_wait(reader, &n[i]); break;
		case NOTE_READ: ret = take_read(reader, &n[i]); break;
		case NOTE_OFFSET: reader->known = false; break;
		}
	}
	return ret;
}

/* Whether one offset satisfies both. */
static bool agree(const struct vms_fact *a, const struct vms_fact *b)
{
	return (vms_i128)a->from_raw - a->guest_raw <= (vms_i128)b->to_raw - b->guest_raw &&
	       (vms_i128)b->from_raw - b->guest_raw <= (vms_i128)a->to_raw - a->guest_raw;
}

static bool is_alone(const struct vms_thread_facts *t, uint32_t at)
{
	const uint32_t from = at - VMS_MIN(at, NEIGHBOURS);
	const uint32_t to = VMS_MIN(at + NEIGHBOURS, t->facts_nr - 1);
	uint32_t i;

	for (i = from; i <= to; i++)
		if (i != at && agree(&t->facts[i], &t->facts[at]))
			return false;
	return true;
}

/* Leaves out facts that no other holds up, or all where too many are such. */
static int keep_supported(struct vms_thread_facts *t)
{
	bool *alone = vms_calloc(t->facts_nr, sizeof(*alone));
	uint32_t i, nr = 0, alone_nr = 0;

	if (!alone)
		return -VMS_ENOMEM;
	for (i = 0; i < t->facts_nr; i++) {
		alone[i] = is_alone(t, i);
		alone_nr += alone[i];
	}
	for (i = 0; i < t->facts_nr && alone_nr * ALONE_SHARE <= t->facts_nr; i++)
		if (!alone[i])
			t->facts[nr++] = t->facts[i];
	t->alone_nr = t->facts_nr - nr;
	t->facts_nr = nr;
	free(alone);
	return 0;
}

static int fill(struct vms_facts *out, const struct vms_stream *host,
		const struct vms_stretches *st, const struct vms_ratio *ratios, struct notes *notes)
{
	static const struct vms_ratio unscaled;
	size_t from, to;
	int ret = 0;

	if (notes->nr)
		qsort(notes->n, notes->nr, sizeof(*notes->n), by_thread_and_time);
	for (from = 0; from < notes->nr && !ret; from = to) {
		const uint32_t k = notes->n[from].thread;
		struct reader r = { .host = host,
				    .thread = &st->threads[k],
				    .ratio = ratios ? &ratios[k] : &unscaled,
				    .out = &out->threads[k],
				    .above_raw = INT64_MIN };

		for (to = from; to < notes->nr && notes->n[to].thread == k; to++)
			;
		ret = read_thread(&r, notes->n + from, to - from);
		if (!ret && r.out->facts_nr)
			ret = keep_supported(r.out);
	}
	for (from = 1; from < out->threads_nr; from++)
		out->threads[from].first =
			out->threads[from - 1].first + out->threads[from - 1].facts_nr;
	return ret;
}

int vms_facts_build(struct vms_facts **out, const struct vms_stream *host,
		    const struct vms_stretches *st, const struct vms_ratio *ratios,
		    struct vms_err *err)
{
	const struct sources src = sources_of(host, st);
	struct vms_facts *facts = vms_calloc(1, sizeof(*facts));
	struct notes notes = { 0 };
	int ret = -VMS_ENOMEM;

	if (facts)
		facts->threads = vms_calloc(st->threads_nr, sizeof(*facts->threads));
	if (facts && facts->threads) {
		facts->threads_nr = st->threads_nr;
		ret = notes_collect(&notes, &src);
	}
	if (!ret)
		ret = fill(facts, host, st, ratios, &notes);
	free(notes.n);
	if (ret) {
		vms_facts_free(facts);
		return vms_fail(err, -ret, "out of memory while looking for clock facts");
	}
	*out = facts;
	return 0;
}

/* First event after a host time, under a model; @from: one that is not after it, or 0. */
static uint32_t event_after(const struct vms_cpu *cpu, const struct vms_model *model,
			    unsigned int cpu_idx, uint32_t from, int64_t host_raw)
{
	uint32_t lo = from, hi = cpu->nr;

	VMS_BISECT_NEAR(lo, hi, from, k,
			vms_model_event(model, cpu_idx, k, cpu->time_raw[k]) <= host_raw);
	return lo;
}

bool vms_fact_bounds(const struct vms_fact *f, int64_t offset_raw, int64_t *lo, int64_t *hi)
{
	int64_t width;

	if (!vms_sub_i64(f->from_raw, f->guest_raw, lo) ||
	    !vms_sub_i64(f->to_raw, f->guest_raw, hi))
		return false;
	width = f->to_raw - f->from_raw;
	return f->above_raw == INT64_MIN || f->above_raw < vms_sat_sub_i64(offset_raw, width);
}

/* Two ascending lists become one. */
static void merge_points(struct vms_point *to, const struct vms_point *a, uint32_t a_nr,
			 const struct vms_point *b, uint32_t b_nr)
{
	while (a_nr || b_nr) {
		const bool first = !b_nr || (a_nr && !vms_point_before(b, a));

		*to++ = first ? *a++ : *b++;
		first ? a_nr-- : b_nr--;
	}
}

static int points_join(struct vms_point **list, uint32_t *nr, const struct vms_point *add,
		       uint32_t add_nr)
{
	struct vms_point *all = vms_calloc((size_t)*nr + add_nr, sizeof(*all));

	if (!all)
		return -VMS_ENOMEM;
	merge_points(all, *list, *nr, add, add_nr);
	free(*list);
	*list = all;
	*nr += add_nr;
	return 0;
}

int vms_facts_bound(struct vms_constraints *cons, const struct vms_thread_facts *facts,
		    const struct vms_cpu *cpu, const struct vms_model *model, unsigned int cpu_idx)
{
	struct vms_point *lower = vms_calloc(facts->facts_nr, sizeof(*lower));
	struct vms_point *upper = vms_calloc(facts->facts_nr, sizeof(*upper));
	uint32_t i, nr = 0, event = 0;
	int ret = lower && upper ? 0 : -VMS_ENOMEM;

	for (i = 0; i < facts->facts_nr && !ret && cpu->nr; i++) {
		const struct vms_fact *fact = &facts->facts[i];
		int64_t model_raw;

		event = event_after(cpu, model, cpu_idx, event, fact->to_raw);
		model_raw = vms_model_event(model, cpu_idx, VMS_MIN(event, cpu->nr - 1),
					    fact->guest_raw);
		if (!vms_fact_bounds(fact, vms_sat_sub_i64(model_raw, fact->guest_raw),
				     &lower[nr].y_raw, &upper[nr].y_raw)) {
			cons->doubtful_nr++;
			continue;
		}
		lower[nr].x_raw = upper[nr].x_raw = fact->guest_raw;
		lower[nr].event = upper[nr].event = event;
		lower[nr].stretch = upper[nr].stretch = (facts->first + i) | VMS_POINT_FACT;
		nr++;
	}
	cons->facts_nr += nr;
	if (!ret && nr)
		ret = points_join(&cons->lower, &cons->lower_nr, lower, nr);
	if (!ret && nr)
		ret = points_join(&cons->upper, &cons->upper_nr, upper, nr);
	free(lower);
	free(upper);
	return ret;
}

void vms_facts_free(struct vms_facts *f)
{
	unsigned int i;

	if (!f)
		return;
	for (i = 0; i < f->threads_nr; i++)
		free(f->threads[i].facts);
	free(f->threads);
	free(f);
}
