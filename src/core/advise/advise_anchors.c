// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which sequences of the catalogue a recording could not have, as events of a side are missing. */
#include "core/advise/advise_impl.h"

#include <stdio.h>
#include <string.h>

/* Fewer pairs than a sync point has are no reason to record anything. */
#define ENDS_LEAST 30u

static bool on(const struct vms_stream *s, const char *name)
{
	return !strcmp(name, "*") || vms_type_find(s, NULL, name);
}

/* The event that a condition looks at, ""; what has a "?" behind it is not asked for then. */
static const char *event_of(const struct vms_seq_cond *cond, char *buf, size_t size)
{
	const char *const dot = strchr(cond->field, '.');

	(void)snprintf(buf, size, "%.*s", dot ? (int)(dot - cond->field) : 0, cond->field);
	return buf;
}

static bool optional(const struct vms_seq_cond *cond)
{
	return cond->field[strlen(cond->field) - 1] == '?';
}

static void name(char *what, size_t size, const char *system, const char *event)
{
	const size_t used = strlen(what);
	char one[128];

	(void)snprintf(one, sizeof(one), "%s:%s", system, event);
	if (!strstr(what, one))
		(void)snprintf(what + used, size - used, "%s%s", used ? " " : "", one);
}

/* Events of the guest that are missing, as all that would do are. */
static void guest_lacks(const struct vms_sequence *seq, enum vms_isa isa,
			const struct vms_stream *guest, char *what, size_t size)
{
	unsigned int i;

	for (i = 0; i < seq->guest_nr; i++)
		if (on(guest, seq->guest[i].name))
			return;
	for (i = 0; i < seq->guest_nr; i++) {
		const char *system = advise_system(isa, true, seq->guest[i].name);

		if (system)
			name(what, size, system, seq->guest[i].name);
	}
}

/* Events of the host that are missing, of the alternatives for this machine. */
static void host_lacks(const struct vms_sequence *seq, enum vms_isa isa,
		       const struct vms_stream *host, char *what, size_t size)
{
	unsigned int i, k;
	char event[64];

	for (i = 0; i < seq->host_nr; i++) {
		const struct vms_seq_event *row = &seq->host[i];

		if (row->isa != VMS_ISA_NONE && row->isa != isa)
			continue;
		for (k = 0; k < row->conds_nr; k++) {
			(void)event_of(&row->conds[k], event, sizeof(event));
			if (*event && !optional(&row->conds[k]) && !on(host, event))
				name(what, size, "kvm", event);
		}
	}
	if (seq->key_host_event && !on(host, seq->key_host_event))
		name(what, size, "kvm", seq->key_host_event);
}

static bool reason_fits(const struct vms_seq_event *row, const struct vms_exit *why)
{
	bool asked = false;
	unsigned int k;

	for (k = 0; k < row->conds_nr; k++) {
		const struct vms_seq_cond *cond = &row->conds[k];

		if (!strcmp(cond->field, "reason")) {
			asked = true;
			if ((why->reason == cond->value) == cond->negate)
				return false;
		}
		if (!strcmp(cond->field, "info1") && cond->value <= 1 &&
		    (why->written == (cond->value == 1)) == cond->negate)
			return false;
	}
	return asked;
}

/*
 * Exits of a guest's threads for a reason that ends it, or precedes its entry: as many pairs there
 * could have been at most. A sequence that asks for no reason has none here.
 */
static uint64_t ends(const struct vms_session *session, unsigned int guest,
		     const struct vms_sequence *seq, enum vms_isa isa)
{
	uint64_t nr = 0;
	unsigned int t, i;
	uint32_t k;

	for (t = 0; t < vms_session_tracks_nr(session); t++) {
		const struct vms_track *track = vms_session_track(session, t);

		if (track->guest != guest || !track->thread)
			continue;
		for (k = 0; k < track->thread->stretches_nr; k++)
			for (i = 0; i < seq->host_nr; i++)
				if (seq->host[i].isa == isa &&
				    reason_fits(&seq->host[i], &track->thread->stretches[k].why)) {
					nr++;
					break;
				}
	}
	return nr;
}

static bool served(const struct vms_session *session, const struct vms_fitness_list *fitness,
		   unsigned int guest, enum vms_dir dir)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	unsigned int i;

	for (i = 0; i < fitness->seqs_nr && i < cat->seqs_nr; i++) {
		const struct vms_fitness *f =
			&fitness->of_guest[(size_t)guest * fitness->seqs_nr + i];

		if (cat->seqs[i].enabled && cat->seqs[i].dir == dir && f->pairs_nr &&
		    f->fit == VMS_FIT_SYNC_POINT)
			return true;
	}
	return false;
}

void advise_anchors(const struct vms_session *session, const struct vms_fitness_list *fitness,
		    unsigned int guest, advise_anchor_fn *take, void *maker)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	const enum vms_isa isa = (enum vms_isa)vms_session_stretches(session)->isa;
	unsigned int i;

	for (i = 0; i < cat->seqs_nr; i++) {
		struct advise_anchor found = { .seq = &cat->seqs[i] };
		char what[256] = "";

		if (!found.seq->enabled || served(session, fitness, guest, found.seq->dir))
			continue;
		guest_lacks(found.seq, isa, trace->guests[guest].stream, what, sizeof(what));
		found.on_host = !*what;
		if (!*what)
			host_lacks(found.seq, isa, trace->host, what, sizeof(what));
		found.what = what;
		found.ends_nr = *what ? ends(session, guest, found.seq, isa) : 0;
		if (found.ends_nr >= ENDS_LEAST)
			take(maker, guest, &found);
	}
}
