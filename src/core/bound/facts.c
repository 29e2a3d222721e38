// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What KVM's own events say of a guest's TSC: which deadline a timer had, and how late it was when
 * KVM looked at the guest's clock.
 */
#include <vmsync/facts.h>

#include <math.h>
#include <stdlib.h>

#include "core/base/each.h"
#include "core/base/order.h"
#include "core/base/util.h"
#include "core/bound/notes.h"

/*
 * A fact counts when one of so many before or after it allows the same offset: false ones are
 * alone.
 * Where more than one in so many is alone, deadlines mean something else on this host: none counts.
 */
#define NEIGHBOURS 8u
#define ALONE_SHARE 4u

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
	/* stretches [run, stretch) follow each other without anything missing */
	uint32_t run;
	bool written;	   /* what KVM adds since they began is known from its own event */
	int64_t added_raw; /* that */
};

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
 * What KVM adds to the host's TSC held all through a run of stretches: said of the one in its
 * middle, far from where it was written.
 */
static int add_offset(struct reader *reader, uint32_t to, int64_t added_raw)
{
	const struct vms_stretch *middle;
	struct vms_fact fact = { .kind = VMS_FACT_OFFSET, .above_raw = INT64_MIN };

	if (reader->run >= to)
		return 0;
	middle = &reader->thread->stretches[reader->run + (to - reader->run) / 2];
	fact.from = fact.to = vms_ref_of(middle->entry);
	fact.from_raw = fact.to_raw = reader->host->cpus[fact.from.cpu].time_raw[fact.from.idx];
	return vms_sub_i64(fact.from_raw, vms_ratio_undo(reader->ratio, -added_raw),
			   &fact.guest_raw)
		       ? add(reader, fact)
		       : 0;
}

/* From here on what was written before may have been written anew. */
static int end_run(struct reader *reader, uint32_t to)
{
	const int ret = reader->written ? add_offset(reader, to, reader->added_raw) : 0;

	reader->written = false;
	return ret;
}

static int take_offset(struct reader *reader, const struct note *n)
{
	int ret = 0;

	reader->known = false;
	/* an event that says something else than the one before: one was missed, neither holds */
	if (!n->elsewhere && (!reader->written || reader->added_raw == n->before))
		ret = add_offset(reader, reader->stretch, n->before);
	reader->run = reader->stretch;
	reader->written = !n->elsewhere;
	reader->added_raw = n->value;
	return ret;
}

/*
 * Passes the stretches up to a time. Where the record of the thread is incomplete, a write of the
 * deadline may be missing too: what was known is known no longer.
 */
static int pass_stretches(struct reader *reader, int64_t time_raw)
{
	const struct vms_thread *t = reader->thread;
	int ret = 0;

	for (; reader->stretch < t->stretches_nr && !ret; reader->stretch++) {
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
		if (!whole || (reader->last && reader->last->exit.cpu < 0)) {
			reader->known = false;
			ret = end_run(reader, reader->stretch);
			reader->run = reader->stretch + !whole;
		}
		reader->last = whole ? stretch : NULL;
	}
	return ret;
}

/*
 * The deadline before must not have expired when the guest replaced it: else it is the one meant.
 */
static void take_deadline(struct reader *reader, const struct note *note)
{
	int64_t least;

	if (reader->known && note->value) {
		least = vms_sat_sub_i64(note->time_raw,
					vms_ratio_undo(reader->ratio, reader->deadline));
		reader->above_raw = VMS_MAX(reader->above_raw, least);
	} else {
		reader->above_raw = INT64_MIN;
	}
	reader->known = note->value != 0;
	reader->deadline = note->value;
}

static int take_wait(struct reader *reader, const struct note *note)
{
	struct vms_fact fact = { .kind = VMS_FACT_DEADLINE,
				 .above_raw = reader->above_raw,
				 .to = note->ref };
	const bool usable = reader->known && reader->last && !note->elsewhere;

	reader->out->unknown_nr += !usable;
	reader->known = false;
	reader->above_raw = INT64_MIN;
	if (!usable)
		return 0;
	fact.guest_raw =
		vms_ratio_undo(reader->ratio, vms_sat_add_i64(reader->deadline, note->value));
	fact.from = vms_ref_of(reader->last->entry);
	fact.from_raw = reader->host->cpus[fact.from.cpu].time_raw[fact.from.idx];
	fact.to_raw = note->time_raw;
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
	fact.from = vms_ref_of(reader->last->entry);
	fact.from_raw = reader->host->cpus[fact.from.cpu].time_raw[fact.from.idx];
	return add(reader, fact);
}

static int by_time(const void *a, const void *b)
{
	const struct vms_fact *x = a, *y = b;

	if (x->to_raw != y->to_raw)
		return x->to_raw < y->to_raw ? -1 : 1;
	return (x->from_raw > y->from_raw) - (x->from_raw < y->from_raw);
}

static int read_thread(struct reader *reader, const struct note *notes, size_t nr)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		ret = pass_stretches(reader, notes[i].time_raw);
		if (ret)
			break;
		switch ((enum note_kind)notes[i].kind) {
		case NOTE_DEADLINE: take_deadline(reader, &notes[i]); break;
		case NOTE_WAIT: ret = take_wait(reader, &notes[i]); break;
		case NOTE_READ: ret = take_read(reader, &notes[i]); break;
		case NOTE_OFFSET: ret = take_offset(reader, &notes[i]); break;
		case NOTE_MISSING: reader->known = false; break;
		}
	}
	if (!ret)
		ret = pass_stretches(reader, INT64_MAX);
	if (!ret)
		ret = end_run(reader, reader->thread->stretches_nr);
	for (i = 1; i < reader->out->facts_nr; i++)
		if (by_time(&reader->out->facts[i - 1], &reader->out->facts[i]) > 0)
			break;
	if (i < reader->out->facts_nr)
		qsort(reader->out->facts, reader->out->facts_nr, sizeof(*reader->out->facts),
		      by_time);
	return ret;
}

/* Whether one offset satisfies both. */
static bool agree(const struct vms_fact *a, const struct vms_fact *b)
{
	return (vms_i128)a->from_raw - a->guest_raw <= (vms_i128)b->to_raw - b->guest_raw &&
	       (vms_i128)b->from_raw - b->guest_raw <= (vms_i128)a->to_raw - a->guest_raw;
}

/*
 * A fact that none of its neighbours agrees with. An offset that KVM wrote needs no support, but
 * gives way to deadlines that speak against it.
 */
static bool is_alone(const struct vms_thread_facts *t, uint32_t at)
{
	const uint32_t from = at - VMS_MIN(at, NEIGHBOURS);
	const uint32_t to = VMS_MIN(at + NEIGHBOURS, t->facts_nr - 1);
	bool alone = t->facts[at].kind != VMS_FACT_OFFSET;
	uint32_t i;

	for (i = from; i <= to; i++) {
		if (i != at && agree(&t->facts[i], &t->facts[at]))
			return false;
		alone = alone || t->facts[i].kind != VMS_FACT_OFFSET;
	}
	return alone;
}

/* Guest ticks from one fact to another, for each host tick between. */
static double slope(const struct vms_fact *a, const struct vms_fact *b)
{
	return (double)(b->guest_raw - a->guest_raw) / fmax((double)(b->to_raw - a->to_raw), 1.0);
}

static bool agree_at(const struct vms_fact *a, const struct vms_fact *b, double rate)
{
	const double width =
		fmax((double)(a->to_raw - a->from_raw), (double)(b->to_raw - b->from_raw));

	return a != b && fabs((double)(b->guest_raw - a->guest_raw) -
			      rate * (double)(b->to_raw - a->to_raw)) <= rate * width;
}

/* The rate at which most facts do agree with a neighbour, 0 = none. */
static double rate_of(const struct vms_thread_facts *thread)
{
	const uint32_t half = thread->facts_nr / 2;
	double *slopes = vms_calloc(half + 1, sizeof(*slopes));
	double rate = 0.0;
	uint32_t i, k, nr = 0;

	if (!slopes || half < NEIGHBOURS) {
		free(slopes);
		return 0.0;
	}
	for (i = 0; i < half; i++)
		slopes[i] = slope(&thread->facts[i], &thread->facts[i + half]);
	rate = vms_order_select(slopes, half, half / 2);
	free(slopes);
	for (i = 0; i < thread->facts_nr; i++) {
		k = i - VMS_MIN(i, NEIGHBOURS);
		while (k < thread->facts_nr && k <= i + NEIGHBOURS &&
		       !agree_at(&thread->facts[i], &thread->facts[k], rate))
			k++;
		nr += k < thread->facts_nr && k <= i + NEIGHBOURS;
	}
	return (uint64_t)(thread->facts_nr - nr) * ALONE_SHARE <= thread->facts_nr ? rate : 0.0;
}

/* Leaves out facts that no other holds up, or all where too many are such. */
static int keep_supported(struct vms_thread_facts *thread)
{
	bool *alone = vms_calloc(thread->facts_nr, sizeof(*alone));
	uint32_t i, nr = 0, alone_nr = 0;

	if (!alone)
		return -VMS_ENOMEM;
	for (i = 0; i < thread->facts_nr; i++) {
		alone[i] = is_alone(thread, i);
		alone_nr += alone[i];
	}
	if (alone_nr * ALONE_SHARE > thread->facts_nr)
		thread->rate = rate_of(thread);
	for (i = 0; i < thread->facts_nr && alone_nr * ALONE_SHARE <= thread->facts_nr; i++)
		if (!alone[i])
			thread->facts[nr++] = thread->facts[i];
	thread->alone_nr = thread->facts_nr - nr;
	thread->facts_nr = nr;
	free(alone);
	return 0;
}

/* What the facts of all threads are made of. */
struct filling {
	struct vms_facts *out;
	const struct vms_stream *host;
	const struct vms_stretches *st;
	const struct vms_ratio *ratios;
	struct note *notes;
	size_t *from; /* by thread: its notes; threads_nr + 1 entries */
};

static int fill(void *user, unsigned int k, struct vms_err *err)
{
	static const struct vms_ratio unscaled;
	const struct filling *filling = user;
	struct note *notes = filling->notes + filling->from[k];
	const size_t nr = filling->from[k + 1] - filling->from[k];
	struct reader r = { .host = filling->host,
			    .thread = &filling->st->threads[k],
			    .ratio = filling->ratios ? &filling->ratios[k] : &unscaled,
			    .out = &filling->out->threads[k],
			    .above_raw = INT64_MIN };
	int ret;

	(void)err;
	if (!nr)
		return 0;
	ret = notes_sort(notes, nr);
	if (!ret)
		ret = read_thread(&r, notes, nr);
	return !ret && r.out->facts_nr ? keep_supported(r.out) : ret;
}

bool vms_facts_lack_deadlines(const struct vms_facts *f)
{
	uint32_t waits_nr = 0;
	unsigned int i;

	for (i = 0; i < f->threads_nr; i++)
		waits_nr += f->threads[i].unknown_nr;
	return waits_nr && !f->deadlines;
}

static bool has_deadlines(const struct notes *notes)
{
	size_t i = 0;

	while (i < notes->nr && notes->n[i].kind != NOTE_DEADLINE)
		i++;
	return i < notes->nr;
}

/* What hosts and guests wrote, by thread. */
static int gather(struct filling *filling, const struct vms_facts_guest *guests,
		  unsigned int guests_nr)
{
	const unsigned int parts_nr = filling->host->cpus_nr + 1;
	struct notes *parts = vms_calloc(parts_nr, sizeof(*parts));
	unsigned int i;
	int ret = -VMS_ENOMEM;

	filling->from = vms_calloc((size_t)filling->st->threads_nr + 1, sizeof(*filling->from));
	if (parts && filling->from)
		ret = notes_collect(parts, filling->host, filling->st);
	for (i = 0; i < guests_nr && !ret; i++)
		ret = notes_of_guest(&parts[parts_nr - 1], &guests[i], filling->st);
	for (i = 0; i < parts_nr && !ret && !filling->out->deadlines; i++)
		filling->out->deadlines = has_deadlines(&parts[i]);
	if (!ret)
		ret = notes_group(&filling->notes, filling->from, filling->st->threads_nr, parts,
				  parts_nr);
	for (i = 0; parts && i < parts_nr; i++)
		free(parts[i].n);
	free(parts);
	return ret;
}

int vms_facts_build(struct vms_facts **out, const struct vms_stream *host,
		    const struct vms_stretches *st, const struct vms_ratio *ratios,
		    const struct vms_facts_guest *guests, unsigned int guests_nr,
		    struct vms_err *err)
{
	struct vms_facts *facts = vms_calloc(1, sizeof(*facts));
	struct filling filling = { .out = facts, .host = host, .st = st, .ratios = ratios };
	unsigned int i;
	int ret = -VMS_ENOMEM;

	if (facts) {
		facts->threads = vms_calloc(st->threads_nr, sizeof(*facts->threads));
		facts->lines = vms_calloc(st->threads_nr, sizeof(*facts->lines));
	}
	if (facts && facts->threads && facts->lines) {
		facts->threads_nr = st->threads_nr;
		for (i = 0; i < facts->threads_nr; i++)
			facts->threads[i].line = &facts->lines[i];
		ret = gather(&filling, guests, guests_nr);
	}
	if (!ret)
		ret = vms_each(st->threads_nr, fill, &filling, NULL);
	for (i = 1; i < st->threads_nr && !ret; i++)
		facts->threads[i].first =
			facts->threads[i - 1].first + facts->threads[i - 1].facts_nr;
	free(filling.notes);
	free(filling.from);
	if (ret) {
		vms_facts_free(facts);
		return vms_fail(err, -ret, "out of memory while looking for clock facts");
	}
	*out = facts;
	return 0;
}

void vms_facts_free(struct vms_facts *f)
{
	unsigned int i;

	if (!f)
		return;
	for (i = 0; i < f->threads_nr; i++) {
		free(f->threads[i].facts);
		free(f->lines[i].pieces);
	}
	free(f->threads);
	free(f->lines);
	free(f);
}
