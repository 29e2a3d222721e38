// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a row of the catalogue asks of one stretch of the host and of one guest event. */
#include "core/pair/pairing_rows.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* @field may end in '?': without such events the condition is left out */
static struct vms_near near_of(const struct vms_rows *rows, const char *event, size_t len,
			       const char *field)
{
	const size_t field_len = strlen(field);
	struct vms_near near = { .wanted = !field_len || field[field_len - 1] != '?' };
	char name[64];

	if (len >= sizeof(name))
		return near;
	memcpy(name, event, len);
	name[len] = 0;
	near.type = vms_around_type(&rows->around, name);
	if (!near.type)
		return near;
	near.field = vms_field_named(&rows->p->host->types[near.type], field);
	near.used = near.field != NULL;
	return near;
}

static struct vms_row_cond compile_cond(const struct vms_rows *rows,
					const struct vms_seq_cond *seq_cond)
{
	struct vms_row_cond row_cond = { .kind = VMS_COND_FIELD,
					 .name = seq_cond->field,
					 .negate = seq_cond->negate,
					 .none = seq_cond->none,
					 .value = seq_cond->value };
	const char *dot = strchr(seq_cond->field, '.');

	if (dot) {
		row_cond.kind = VMS_COND_NEAR;
		row_cond.near =
			near_of(rows, seq_cond->field, (size_t)(dot - seq_cond->field), dot + 1);
	} else if (!strcmp(seq_cond->field, "reason")) {
		row_cond.kind = VMS_COND_REASON;
	} else if (!strcmp(seq_cond->field, "info1") || !strcmp(seq_cond->field, "info2")) {
		row_cond.kind = VMS_COND_INFO;
	}
	return row_cond;
}

/* Which reasons alone can fit a row: most exits are told apart by theirs. */
static void reason_note(struct vms_row *row, const struct vms_row_host *host)
{
	unsigned int k;

	for (k = 0; k < host->conds_nr; k++)
		if (host->conds[k].kind == VMS_COND_REASON && !host->conds[k].negate)
			break;
	if (k == host->conds_nr || row->reasons_nr == VMS_REASONS_MAX)
		row->any_reason = true;
	else
		row->reasons[row->reasons_nr++] = host->conds[k].value;
}

static bool reason_fits(const struct vms_row *row, const struct vms_exit *why)
{
	unsigned int i;

	for (i = 0; i < row->reasons_nr && !row->any_reason; i++)
		if (row->reasons[i] == why->reason)
			return true;
	return row->any_reason;
}

static int compile_hosts(const struct vms_rows *rows, struct vms_row *row)
{
	const struct vms_sequence *seq = row->seq;
	unsigned int i, k;

	row->hosts = vms_calloc(seq->host_nr, sizeof(*row->hosts));
	if (!row->hosts)
		return -VMS_ENOMEM;
	for (i = 0; i < seq->host_nr; i++) {
		struct vms_row_host *h = &row->hosts[row->hosts_nr];

		if (seq->host[i].isa != VMS_ISA_NONE && seq->host[i].isa != rows->isa)
			continue;
		h->conds = vms_calloc(seq->host[i].conds_nr, sizeof(*h->conds));
		if (!h->conds)
			return -VMS_ENOMEM;
		row->hosts_nr++;
		h->conds_nr = seq->host[i].conds_nr;
		for (k = 0; k < h->conds_nr; k++)
			h->conds[k] = compile_cond(rows, &seq->host[i].conds[k]);
		reason_note(row, h);
	}
	if (seq->key_guest && seq->key_host_event && seq->key_host)
		row->key = near_of(rows, seq->key_host_event, strlen(seq->key_host_event),
				   seq->key_host);
	return 0;
}

/* Adds an alternative for one type, unless the type lacks a field that it asks for. */
static int add_guest(struct vms_rows *rows, unsigned int row, const struct vms_seq_event *event,
		     const struct vms_event_type *type)
{
	struct vms_row_guest row_guest = { .row = (uint16_t)row, .event = event };
	unsigned int i;
	int ret;

	if (rows->rows[row].key.used) {
		row_guest.key = vms_field_named(type, rows->rows[row].seq->key_guest);
		if (!row_guest.key)
			return 0;
	}
	for (i = 0; i < event->conds_nr; i++)
		if (!vms_field_named(type, event->conds[i].field))
			return 0;
	ret = vms_grow(&rows->guests, &rows->guests_cap, rows->guests_nr + 1, sizeof(row_guest),
		       (size_t)1 << 24);
	if (ret)
		return ret;
	row_guest.fields = vms_calloc(event->conds_nr, sizeof(*row_guest.fields));
	if (!row_guest.fields)
		return -VMS_ENOMEM;
	for (i = 0; i < event->conds_nr; i++)
		row_guest.fields[i] = vms_field_named(type, event->conds[i].field);
	rows->guests[rows->guests_nr++] = row_guest;
	rows->rows[row].used = true;
	return 0;
}

static bool takes_any(const struct vms_sequence *s)
{
	unsigned int k;

	for (k = 0; k < s->guest_nr; k++)
		if (!strcmp(s->guest[k].name, "*") && !s->guest[k].conds_nr)
			return true;
	return false;
}

static int compile_type(struct vms_rows *rows, unsigned int type_idx)
{
	const struct vms_event_type *type = &rows->p->vcpu.guest->types[type_idx];
	unsigned int i, k;
	int ret = 0;

	rows->from[type_idx] = rows->guests_nr;
	for (i = 0; i < rows->rows_nr; i++) {
		const struct vms_sequence *s = rows->rows[i].seq;

		for (k = 0; s->enabled && !rows->rows[i].any && k < s->guest_nr && !ret; k++)
			if (!strcmp(s->guest[k].name, "*") ||
			    (type_idx && !strcmp(s->guest[k].name, type->name)))
				ret = add_guest(rows, i, &s->guest[k], type);
		if (ret)
			return ret;
	}
	return 0;
}

int vms_rows_compile(struct vms_rows *rows, const struct vms_pairing *pairing)
{
	const struct vms_catalogue *cat = pairing->catalogue;
	unsigned int i;
	uint32_t k;
	int ret;

	memset(rows, 0, sizeof(*rows));
	rows->p = pairing;
	for (k = 0; k < pairing->vcpu.thread->stretches_nr && rows->isa == VMS_ISA_NONE; k++)
		rows->isa = pairing->vcpu.thread->stretches[k].why.isa;
	rows->rows = vms_calloc(cat->seqs_nr, sizeof(*rows->rows));
	rows->from = vms_calloc((size_t)pairing->vcpu.guest->types_nr + 1, sizeof(*rows->from));
	rows->near_seen = vms_calloc(VMS_NEAR_SEEN, sizeof(*rows->near_seen));
	if (!rows->rows || !rows->from || !rows->near_seen)
		return -VMS_ENOMEM;
	ret = vms_around_open(&rows->around, pairing->host, pairing->recorded);
	if (ret)
		return ret;
	for (i = 0; i < cat->seqs_nr; i++) {
		rows->rows[i].seq = &cat->seqs[i];
		rows->rows_nr++;
		ret = cat->seqs[i].enabled ? compile_hosts(rows, &rows->rows[i]) : 0;
		if (ret)
			return ret;
		rows->rows[i].any =
			cat->seqs[i].enabled && !rows->rows[i].key.used && takes_any(&cat->seqs[i]);
		rows->rows[i].used = rows->rows[i].any;
	}
	for (i = 0; i < pairing->vcpu.guest->types_nr; i++) {
		ret = compile_type(rows, i);
		if (ret)
			return ret;
	}
	rows->from[i] = rows->guests_nr;
	return 0;
}

void vms_rows_clear(struct vms_rows *rows)
{
	unsigned int i, k;
	size_t g;

	for (i = 0; i < rows->rows_nr; i++) {
		for (k = 0; k < rows->rows[i].hosts_nr; k++)
			free(rows->rows[i].hosts[k].conds);
		free(rows->rows[i].hosts);
	}
	for (g = 0; g < rows->guests_nr; g++)
		free(rows->guests[g].fields);
	free(rows->guests);
	free(rows->near_seen);
	free(rows->rows);
	free(rows->from);
	vms_around_clear(&rows->around);
	memset(rows, 0, sizeof(*rows));
}

/* Values of a field near an exit or entry, in ring buffer order away from it. Return: how many. */
static const struct vms_near_seen *near_values(const struct vms_rows *rows, enum vms_dir dir,
					       const struct vms_stretch *s,
					       const struct vms_near *near)
{
	const struct vms_thread *thread = rows->p->vcpu.thread;
	const uint32_t stretch = (uint32_t)(s - thread->stretches);
	const size_t slot = (size_t)(near->field - rows->p->host->types[near->type].fields) +
			    near->type + (size_t)dir * (VMS_NEAR_SEEN / 2);
	struct vms_near_seen *seen = &rows->near_seen[slot % VMS_NEAR_SEEN];
	struct vms_vicinity at;
	int64_t idx;

	if (seen->field == near->field && seen->stretch == stretch && seen->dir == dir)
		return seen;
	*seen = (struct vms_near_seen){ .field = near->field,
					.stretch = stretch,
					.dir = (uint8_t)dir };
	at = vms_vicinity_of(&rows->around, thread, stretch, dir == VMS_GUEST_TO_HOST);
	while (seen->nr < VMS_KEYS_MAX &&
	       (idx = vms_vicinity_next(&rows->around, &at, near->type)) >= 0)
		seen->values[seen->nr++] = vms_field_u64(rows->p->host, near->field,
							 vms_payload(at.cpu, (uint32_t)idx));
	return seen;
}

static bool near_holds(const struct vms_rows *r, enum vms_dir dir, const struct vms_stretch *s,
		       const struct vms_row_cond *c)
{
	const struct vms_near_seen *seen;
	unsigned int i;

	if (!c->near.used)
		return !c->near.wanted;
	seen = near_values(r, dir, s, &c->near);
	if (c->none)
		return !seen->nr != c->negate;
	for (i = 0; i < seen->nr; i++)
		if ((seen->values[i] == c->value) != c->negate)
			return true;
	return false;
}

static bool cond_holds(const struct vms_rows *rows, enum vms_dir dir,
		       const struct vms_stretch *stretch, const struct vms_exit *why,
		       const struct vms_row_cond *row_cond)
{
	const bool out = dir == VMS_GUEST_TO_HOST;
	const struct vms_ref at = vms_ref_of(out ? stretch->exit : stretch->entry);
	uint64_t value = 0;

	switch (row_cond->kind) {
	case VMS_COND_REASON: value = why->reason; break;
	case VMS_COND_INFO: /* 0 where exits have no such field */
		(void)vms_field_by_name(rows->p->host, vms_ref_of(stretch[out ? 0 : -1].exit),
					row_cond->name, &value);
		break;
	case VMS_COND_FIELD:
		if (!vms_field_by_name(rows->p->host, at, row_cond->name, &value))
			return false;
		break;
	case VMS_COND_NEAR: return near_holds(rows, dir, stretch, row_cond);
	}
	return (value == row_cond->value) != row_cond->negate;
}

static bool is_exit_cond(const struct vms_row_cond *c)
{
	return c->kind == VMS_COND_REASON || c->kind == VMS_COND_INFO;
}

static bool host_holds(const struct vms_rows *rows, enum vms_dir dir,
		       const struct vms_stretch *stretch, const struct vms_exit *why,
		       const struct vms_row_host *row_host)
{
	unsigned int i;

	for (i = 0; i < row_host->conds_nr; i++) {
		/* Without an exit there is no reason that could be equal or unequal. */
		if (is_exit_cond(&row_host->conds[i]) && why->isa == VMS_ISA_NONE)
			return false;
		if (!cond_holds(rows, dir, stretch, why, &row_host->conds[i]))
			return false;
	}
	return true;
}

bool vms_row_side_known(const struct vms_rows *rows, enum vms_dir dir, uint32_t stretch_idx)
{
	const struct vms_stretch *stretch = &rows->p->vcpu.thread->stretches[stretch_idx];
	const bool out = dir == VMS_GUEST_TO_HOST;

	return !(stretch->flags & VMS_STRETCH_UNKNOWN) &&
	       stretch->flags & (out ? VMS_STRETCH_LEAVE_KNOWN : VMS_STRETCH_ENTER_KNOWN) &&
	       (out ? stretch->exit.cpu : stretch->entry.cpu) >= 0;
}

static bool judge(const struct vms_rows *rows, struct vms_row *row, uint32_t stretch_idx)
{
	static const struct vms_exit none = { .isa = VMS_ISA_NONE };
	const struct vms_stretch *stretch = &rows->p->vcpu.thread->stretches[stretch_idx];
	const enum vms_dir dir = row->seq->dir;
	const bool out = dir == VMS_GUEST_TO_HOST;
	const struct vms_exit *before = stretch_idx ? &stretch[-1].why : &none;
	const struct vms_near_seen *seen;
	unsigned int i;

	if (!reason_fits(row, out ? &stretch->why : before) ||
	    !vms_row_side_known(rows, dir, stretch_idx))
		return false;
	if (row->seq->after_idle && !vms_exit_is_idle(before))
		return false;
	for (i = 0; i < row->hosts_nr; i++)
		if (host_holds(rows, dir, stretch, out ? &stretch->why : before, &row->hosts[i]))
			break;
	if (i == row->hosts_nr)
		return false;
	if (!row->key.used)
		return !row->key.wanted;
	seen = near_values(rows, dir, stretch, &row->key);
	row->keys_nr = seen->nr;
	memcpy(row->keys, seen->values, sizeof(row->keys));
	return row->keys_nr > 0;
}

bool vms_row_fits(const struct vms_rows *r, struct vms_row *row, uint32_t stretch)
{
	if (!row->judged) {
		row->fits = judge(r, row, stretch);
		row->judged = true;
	}
	return row->fits;
}

bool vms_row_asks(const struct vms_rows *rows, const struct vms_row_guest *row_guest,
		  const uint8_t *payload)
{
	unsigned int i;

	for (i = 0; i < row_guest->event->conds_nr; i++) {
		const struct vms_seq_cond *c = &row_guest->event->conds[i];

		if ((vms_field_u64(rows->p->vcpu.guest, row_guest->fields[i], payload) ==
		     c->value) == c->negate)
			return false;
	}
	return true;
}

bool vms_row_matches(const struct vms_rows *rows, struct vms_row *row,
		     const struct vms_row_guest *row_guest, const uint8_t *payload,
		     uint32_t stretch)
{
	unsigned int i;
	uint64_t key;

	if (!vms_row_fits(rows, row, stretch))
		return false;
	if (!row_guest->key)
		return true;
	key = vms_field_u64(rows->p->vcpu.guest, row_guest->key, payload);
	for (i = 0; i < row->keys_nr; i++)
		if (row->keys[i] == key)
			return true;
	return false;
}
