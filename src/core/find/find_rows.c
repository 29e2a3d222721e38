// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ends of stretches that held guest events, and why they ended or began, vCPU by vCPU. */
#include "core/find/find_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/each.h"
#include "core/base/util.h"

/* Any event next to the exit, any next to the entry: the walk of all pairs. */
static const char ends[] = "sequence exit\n direction guest-to-host\n take outermost\n guest *\n"
			   " host kvm_exit\n"
			   "sequence entry\n direction host-to-guest\n take outermost\n guest *\n"
			   " host kvm_entry\n";

#define CAUSES_MAX ((size_t)1 << 28)

static uint32_t hash_of(const struct vms_cause *cause)
{
	const unsigned char *p = (const unsigned char *)cause;
	uint32_t hash = 2166136261u;
	size_t i;

	for (i = 0; i < sizeof(*cause); i++)
		hash = (hash ^ p[i]) * 16777619u;
	return hash;
}

static void place(struct find_causes *causes, uint32_t no)
{
	uint32_t slot = hash_of(&causes->c[no]) & (causes->slots_nr - 1);

	while (causes->slots[slot])
		slot = (slot + 1) & (causes->slots_nr - 1);
	causes->slots[slot] = no + 1;
}

/* The number of a cause, made when new. */
static int number_of(struct find_causes *causes, const struct vms_cause *cause, uint32_t *no)
{
	uint32_t i, slot, slots_nr = VMS_MAX(causes->slots_nr * 2, 64u);

	for (slot = causes->slots_nr ? hash_of(cause) & (causes->slots_nr - 1) : 0;
	     causes->slots_nr && causes->slots[slot]; slot = (slot + 1) & (causes->slots_nr - 1))
		if (!memcmp(&causes->c[causes->slots[slot] - 1], cause, sizeof(*cause))) {
			*no = causes->slots[slot] - 1;
			return 0;
		}
	if (vms_grow(&causes->c, &causes->cap, (size_t)causes->nr + 1, sizeof(*causes->c),
		     CAUSES_MAX))
		return -VMS_ENOMEM;
	*no = causes->nr;
	causes->c[causes->nr++] = *cause;
	if (causes->nr * 2 < causes->slots_nr) {
		place(causes, *no);
		return 0;
	}
	free(causes->slots);
	causes->slots_nr = 0;
	causes->slots = vms_calloc(slots_nr, sizeof(*causes->slots));
	if (!causes->slots)
		return -VMS_ENOMEM;
	causes->slots_nr = slots_nr;
	for (i = 0; i < causes->nr; i++)
		place(causes, i);
	return 0;
}

static void causes_clear(struct find_causes *c)
{
	free(c->c);
	free(c->slots);
	memset(c, 0, sizeof(*c));
}

/* What ended the stretch, or what ended the one before it and what came in with the entry. */
static struct vms_cause cause_of(const struct find *find, const struct find_part *part,
				 const struct vms_match *m)
{
	const struct vms_thread *thread = part->pairing.vcpu.thread;
	struct vms_cause cause = { .isa = VMS_ISA_NONE };

	if (m->seq == VMS_GUEST_TO_HOST)
		return vms_cause_of_exit(&find->host_causes, thread, m->stretch);
	if (m->stretch)
		cause = vms_cause_of_exit(&find->host_causes, thread, m->stretch - 1);
	if (cause.isa != VMS_ISA_NONE)
		vms_cause_inject(&cause, &find->host_causes, thread, m->stretch);
	return cause;
}

static int take_rows(const struct find *find, struct find_part *part,
		     const struct vms_match_list *list)
{
	uint32_t i, nr[2] = { 0, 0 };
	int ret = 0;

	for (i = 0; i < list->nr; i++)
		nr[list->m[i].seq]++;
	for (i = 0; i < 2; i++) {
		part->rows[i] = vms_calloc(nr[i], sizeof(*part->rows[i]));
		if (!part->rows[i])
			return -VMS_ENOMEM;
	}
	for (i = 0; i < list->nr && !ret; i++) {
		const struct vms_match *m = &list->m[i];
		const struct vms_cause cause = cause_of(find, part, m);
		struct find_row *row = &part->rows[m->seq][part->rows_nr[m->seq]];

		if (i % 16384 == 0 && vms_progress_cancelled(part->pairing.progress))
			return -VMS_ECANCEL;
		if (cause.isa == VMS_ISA_NONE)
			continue;
		*row = (struct find_row){ .event = m->event, .stretch = m->stretch };
		part->rows_nr[m->seq]++;
		ret = number_of(&part->causes, &cause, &row->cause);
	}
	return ret;
}

struct making {
	struct find *find;
	struct vms_catalogue ends;
};

static int make_part(void *user, unsigned int i, struct vms_err *err)
{
	const struct making *making = user;
	struct find_part *part = &making->find->parts[i];
	struct vms_match_list list = { 0 };
	int ret;

	part->pairing.catalogue = &making->ends;
	part->pairing.progress = making->find->opts->progress;
	ret = vms_pairs_find(&list, &part->pairing, err);
	if (!ret)
		ret = take_rows(making->find, part, &list);
	vms_match_list_clear(&list);
	return ret == -VMS_ENOMEM ? vms_fail(err, VMS_ENOMEM, "out of memory") : ret;
}

/* Causes get the numbers that they have in the guest. */
static int unite(struct find *find, struct find_part *part)
{
	uint32_t *no = vms_calloc(part->causes.nr, sizeof(*no)), i;
	unsigned int dir;
	int ret = no ? 0 : -VMS_ENOMEM;

	for (i = 0; i < part->causes.nr && !ret; i++)
		ret = number_of(&find->causes, &part->causes.c[i], &no[i]);
	for (dir = 0; dir < 2 && !ret; dir++)
		for (i = 0; i < part->rows_nr[dir]; i++)
			part->rows[dir][i].cause = no[part->rows[dir][i].cause];
	free(no);
	causes_clear(&part->causes);
	return ret;
}

/* For control: what remains is how often each cause and each event is there. */
static void shuffle(struct find_row *rows, uint32_t nr, uint64_t *state)
{
	uint32_t i;

	for (i = nr; i > 1; i--) {
		uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
		uint32_t k, cause = rows[i - 1].cause;

		x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
		k = (uint32_t)((x ^ (x >> 31)) % i);
		rows[i - 1].cause = rows[k].cause;
		rows[k].cause = cause;
	}
}

static int parts_of(struct find *find)
{
	const struct vms_model *map =
		vms_session_model_map(find->session, VMS_BY_BAND, find->guest);
	const unsigned int tracks_nr = vms_session_tracks_nr(find->session);
	unsigned int i;

	find->parts = vms_calloc(tracks_nr, sizeof(*find->parts));
	if (!find->parts)
		return -VMS_ENOMEM;
	for (i = 0; i < tracks_nr; i++) {
		const struct vms_track *track = vms_session_track(find->session, i);

		if (track->guest == find->guest && track->band &&
		    vms_session_pairing(find->session, i, map,
					&find->parts[find->parts_nr].pairing))
			find->parts_nr++;
	}
	return 0;
}

int find_rows_make(struct find *find, struct vms_err *err)
{
	struct making making = { .find = find };
	uint64_t state = find->opts->shuffle;
	unsigned int i, dir;
	int ret = parts_of(find);

	if (!ret && find->parts_nr)
		ret = vms_causes_open(&find->host_causes, find->host);
	if (ret)
		return vms_fail(err, -ret, "out of memory");
	ret = vms_catalogue_parse(&making.ends, ends, err);
	if (!ret)
		ret = vms_each(find->parts_nr, make_part, &making, err);
	vms_catalogue_clear(&making.ends);
	for (i = 0; i < find->parts_nr && !ret; i++)
		ret = unite(find, &find->parts[i]);
	for (i = 0; i < find->parts_nr && state && !ret; i++)
		for (dir = 0; dir < 2; dir++)
			shuffle(find->parts[i].rows[dir], find->parts[i].rows_nr[dir], &state);
	return ret;
}

void find_rows_clear(struct find *find)
{
	unsigned int i;

	for (i = 0; i < find->parts_nr; i++) {
		free(find->parts[i].rows[0]);
		free(find->parts[i].rows[1]);
		causes_clear(&find->parts[i].causes);
	}
	free(find->parts);
	causes_clear(&find->causes);
	vms_causes_clear(&find->host_causes);
}
