// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a row of the catalogue asks of one stretch of the host and of one guest event. */
#include "core/pair/pairing_rows.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* How far around an entry or exit the events that belong to it are looked for. */
#define NEAR_EVENTS_MAX 128

/* "vector|irq": the field has had several names; a '?' at the end is not part of them */
static const struct vms_field *field_of(const struct vms_event_type *t, const char *names)
{
	char name[64];
	const struct vms_field *f;

	while (*names) {
		const size_t len = strcspn(names, "|?");

		if (len < sizeof(name)) {
			memcpy(name, names, len);
			name[len] = 0;
			f = vms_type_field(t, name);
			if (f && !f->is_array)
				return f;
		}
		names += len + (names[len] != 0);
	}
	return NULL;
}

/* Which types the host really recorded: its table of formats names more. */
static int look_what_is_recorded(struct vms_rows *r)
{
	const struct vms_stream *host = r->p->host;
	unsigned int cpu;
	uint32_t i;

	r->recorded = vms_calloc((size_t)UINT16_MAX + 1, sizeof(*r->recorded));
	if (!r->recorded)
		return -VMS_ENOMEM;
	for (cpu = 0; cpu < host->cpus_nr; cpu++)
		for (i = 0; i < host->cpus[cpu].nr; i++)
			r->recorded[host->cpus[cpu].type[i]] = true;
	return 0;
}

static int look_up_threads(struct vms_rows *r)
{
	const struct vms_stream *host = r->p->host;
	unsigned int i;

	r->pid = vms_calloc((size_t)UINT16_MAX + 1, sizeof(*r->pid));
	if (!r->pid)
		return -VMS_ENOMEM;
	for (i = 0; i < host->types_nr && i <= UINT16_MAX; i++) {
		r->pid[i] = vms_type_field(&host->types[i], "common_pid");
		if (r->pid[i] && r->pid[i]->is_array)
			r->pid[i] = NULL;
	}
	return 0;
}

/* @field may end in '?': without such events the condition is left out */
static struct vms_near near_of(const struct vms_rows *r, const char *event, size_t len,
			       const char *field)
{
	const struct vms_stream *host = r->p->host;
	const size_t field_len = strlen(field);
	struct vms_near n = { .wanted = !field_len || field[field_len - 1] != '?' };
	char name[64];
	unsigned int type;

	if (len >= sizeof(name))
		return n;
	memcpy(name, event, len);
	name[len] = 0;
	type = vms_type_find(host, NULL, name);
	if (!type || type > UINT16_MAX || !r->recorded[type])
		return n;
	n.type = (uint16_t)type;
	n.field = field_of(&host->types[type], field);
	n.used = n.field != NULL;
	return n;
}

static struct vms_row_cond compile_cond(const struct vms_rows *rows, const struct vms_seq_cond *c)
{
	struct vms_row_cond r = {
		.kind = VMS_COND_FIELD, .name = c->field, .negate = c->negate, .value = c->value
	};
	const char *dot = strchr(c->field, '.');

	if (dot) {
		r.kind = VMS_COND_NEAR;
		r.near = near_of(rows, c->field, (size_t)(dot - c->field), dot + 1);
	} else if (!strcmp(c->field, "reason")) {
		r.kind = VMS_COND_REASON;
	} else if (!strcmp(c->field, "info1")) {
		r.kind = VMS_COND_INFO1;
	} else if (!strcmp(c->field, "info2")) {
		r.kind = VMS_COND_INFO2;
	}
	return r;
}

static int compile_hosts(const struct vms_rows *r, struct vms_row *row)
{
	const struct vms_sequence *s = row->seq;
	unsigned int i, k;

	row->hosts = vms_calloc(s->host_nr, sizeof(*row->hosts));
	if (!row->hosts)
		return -VMS_ENOMEM;
	for (i = 0; i < s->host_nr; i++) {
		struct vms_row_host *h = &row->hosts[i];

		h->isa = s->host[i].isa;
		h->conds = vms_calloc(s->host[i].conds_nr, sizeof(*h->conds));
		if (!h->conds)
			return -VMS_ENOMEM;
		h->conds_nr = s->host[i].conds_nr;
		for (k = 0; k < h->conds_nr; k++)
			h->conds[k] = compile_cond(r, &s->host[i].conds[k]);
	}
	if (s->key_guest && s->key_host_event && s->key_host)
		row->key = near_of(r, s->key_host_event, strlen(s->key_host_event), s->key_host);
	return 0;
}

/* Adds an alternative for one type, unless the type lacks a field that it asks for. */
static int add_guest(struct vms_rows *r, unsigned int row, const struct vms_seq_event *e,
		     const struct vms_event_type *t)
{
	struct vms_row_guest g = { .row = (uint16_t)row, .event = e };
	unsigned int i;
	int ret;

	if (r->rows[row].key.used) {
		g.key = field_of(t, r->rows[row].seq->key_guest);
		if (!g.key)
			return 0;
	}
	for (i = 0; i < e->conds_nr; i++)
		if (!field_of(t, e->conds[i].field))
			return 0;
	ret = vms_grow(&r->guests, &r->guests_cap, r->guests_nr + 1, sizeof(g), (size_t)1 << 24);
	if (ret)
		return ret;
	g.fields = vms_calloc(e->conds_nr, sizeof(*g.fields));
	if (!g.fields)
		return -VMS_ENOMEM;
	for (i = 0; i < e->conds_nr; i++)
		g.fields[i] = field_of(t, e->conds[i].field);
	r->guests[r->guests_nr++] = g;
	return 0;
}

static int compile_type(struct vms_rows *r, unsigned int type)
{
	const struct vms_event_type *t = &r->p->guest->types[type];
	unsigned int i, k;
	int ret = 0;

	r->from[type] = r->guests_nr;
	for (i = 0; i < r->rows_nr; i++) {
		const struct vms_sequence *s = r->rows[i].seq;

		for (k = 0; s->enabled && k < s->guest_nr && !ret; k++)
			if (!strcmp(s->guest[k].name, "*") ||
			    (type && !strcmp(s->guest[k].name, t->name)))
				ret = add_guest(r, i, &s->guest[k], t);
		if (ret)
			return ret;
	}
	return 0;
}

int vms_rows_compile(struct vms_rows *r, const struct vms_pairing *p)
{
	const struct vms_catalogue *c = p->catalogue;
	unsigned int i;
	uint32_t k;
	int ret;

	memset(r, 0, sizeof(*r));
	r->p = p;
	r->entry_type = vms_type_find(p->host, "kvm", "kvm_entry");
	for (k = 0; k < p->thread->stretches_nr && r->isa == VMS_ISA_NONE; k++)
		r->isa = p->thread->stretches[k].why.isa;
	r->rows = vms_calloc(c->seqs_nr, sizeof(*r->rows));
	r->from = vms_calloc((size_t)p->guest->types_nr + 1, sizeof(*r->from));
	if (!r->rows || !r->from)
		return -VMS_ENOMEM;
	ret = look_what_is_recorded(r);
	if (!ret)
		ret = look_up_threads(r);
	if (ret)
		return ret;
	for (i = 0; i < c->seqs_nr; i++) {
		r->rows[i].seq = &c->seqs[i];
		r->rows_nr++;
		ret = c->seqs[i].enabled ? compile_hosts(r, &r->rows[i]) : 0;
		if (ret)
			return ret;
	}
	for (i = 0; i < p->guest->types_nr; i++) {
		ret = compile_type(r, i);
		if (ret)
			return ret;
	}
	r->from[i] = r->guests_nr;
	return 0;
}

void vms_rows_clear(struct vms_rows *r)
{
	unsigned int i, k;
	size_t g;

	for (i = 0; i < r->rows_nr; i++) {
		for (k = 0; r->rows[i].hosts && k < r->rows[i].seq->host_nr; k++)
			free(r->rows[i].hosts[k].conds);
		free(r->rows[i].hosts);
	}
	for (g = 0; g < r->guests_nr; g++)
		free(r->guests[g].fields);
	free(r->guests);
	free(r->rows);
	free(r->from);
	free(r->recorded);
	free(r->pid);
	memset(r, 0, sizeof(*r));
}

/* Where to look: from @idx on, towards the thread's next entry or back to its last. */
struct vicinity {
	const struct vms_cpu *c;
	int64_t idx;
	int step;
};

static struct vicinity vicinity_of(const struct vms_rows *r, enum vms_dir dir,
				   const struct vms_stretch *s)
{
	const struct vms_ref at = dir == VMS_GUEST_TO_HOST ? s->exit : s->entry;
	struct vicinity v = { .c = &r->p->host->cpus[at.cpu], .idx = at.idx, .step = 1 };

	if (dir == VMS_HOST_TO_GUEST) {
		v.step = -1;
		v.idx--;
	} else if (s->leave_by.cpu == at.cpu && s->leave_by.idx < at.idx) {
		/* With a late kvm_exit, what the exit's fast path says comes before it. */
		v.idx = s->leave_by.idx;
	}
	return v;
}

static int32_t tid_of(const struct vms_rows *r, uint16_t type, const uint8_t *payload)
{
	return r->pid[type] ? (int32_t)vms_field_u64(r->p->host, r->pid[type], payload) : -1;
}

/* Values of a field near an exit or entry, in ring buffer order away from it. Return: how many. */
static unsigned int near_values(const struct vms_rows *r, enum vms_dir dir,
				const struct vms_stretch *s, const struct vms_near *n,
				uint64_t *values)
{
	const struct vms_stream *host = r->p->host;
	struct vicinity v = vicinity_of(r, dir, s);
	unsigned int left, nr = 0;

	for (left = NEAR_EVENTS_MAX; left && v.idx >= 0 && v.idx < v.c->nr && nr < VMS_KEYS_MAX;
	     left--) {
		const uint32_t idx = (uint32_t)v.idx;
		const uint16_t type = v.c->type[idx];

		v.idx += v.step;
		if (type != n->type && type != r->entry_type)
			continue;
		if (tid_of(r, type, v.c->payload[idx]) != r->p->thread->tid)
			continue;
		if (type == r->entry_type)
			break;
		values[nr++] = vms_field_u64(host, n->field, v.c->payload[idx]);
	}
	return nr;
}

static bool near_holds(const struct vms_rows *r, enum vms_dir dir, const struct vms_stretch *s,
		       const struct vms_row_cond *c)
{
	uint64_t values[VMS_KEYS_MAX];
	unsigned int i, nr;

	if (!c->near.used)
		return !c->near.wanted;
	nr = near_values(r, dir, s, &c->near, values);
	for (i = 0; i < nr; i++)
		if ((values[i] == c->value) != c->negate)
			return true;
	return false;
}

static bool cond_holds(const struct vms_rows *r, enum vms_dir dir, const struct vms_stretch *s,
		       const struct vms_exit *why, const struct vms_row_cond *c)
{
	const struct vms_ref at = dir == VMS_GUEST_TO_HOST ? s->exit : s->entry;
	uint64_t v = 0;

	switch (c->kind) {
	case VMS_COND_REASON: v = why->reason; break;
	case VMS_COND_INFO1: v = why->info1; break;
	case VMS_COND_INFO2: v = why->info2; break;
	case VMS_COND_FIELD:
		if (!vms_field_by_name(r->p->host, at, c->name, &v))
			return false;
		break;
	case VMS_COND_NEAR: return near_holds(r, dir, s, c);
	}
	return (v == c->value) != c->negate;
}

static bool is_exit_cond(const struct vms_row_cond *c)
{
	return c->kind == VMS_COND_REASON || c->kind == VMS_COND_INFO1 || c->kind == VMS_COND_INFO2;
}

static bool host_holds(const struct vms_rows *r, enum vms_dir dir, const struct vms_stretch *s,
		       const struct vms_exit *why, const struct vms_row_host *h)
{
	unsigned int i;

	if (h->isa != VMS_ISA_NONE && h->isa != r->isa)
		return false;
	for (i = 0; i < h->conds_nr; i++) {
		/* Without an exit there is no reason that could be equal or unequal. */
		if (is_exit_cond(&h->conds[i]) && why->isa == VMS_ISA_NONE)
			return false;
		if (!cond_holds(r, dir, s, why, &h->conds[i]))
			return false;
	}
	return true;
}

static bool is_idle(const struct vms_exit *x)
{
	return (x->isa == VMS_ISA_VMX && x->reason == 12) ||
	       (x->isa == VMS_ISA_ARM64 && x->reason == 0x01) ||
	       (x->isa == VMS_ISA_SVM && (x->reason == 0x78 || x->reason == 0xa6));
}

static bool judge(const struct vms_rows *r, struct vms_row *row, uint32_t stretch)
{
	static const struct vms_exit none = { .isa = VMS_ISA_NONE };
	const struct vms_stretch *s = &r->p->thread->stretches[stretch];
	const enum vms_dir dir = row->seq->dir;
	const bool out = dir == VMS_GUEST_TO_HOST;
	const struct vms_exit *before = stretch ? &s[-1].why : &none;
	unsigned int i;

	if (s->flags & VMS_STRETCH_UNKNOWN)
		return false;
	if (!(s->flags & (out ? VMS_STRETCH_LEAVE_KNOWN : VMS_STRETCH_ENTER_KNOWN)))
		return false;
	if ((out ? s->exit.cpu : s->entry.cpu) < 0)
		return false;
	if (row->seq->after_idle && !is_idle(before))
		return false;
	for (i = 0; i < row->seq->host_nr; i++)
		if (host_holds(r, dir, s, out ? &s->why : before, &row->hosts[i]))
			break;
	if (i == row->seq->host_nr)
		return false;
	if (!row->key.used)
		return !row->key.wanted;
	row->keys_nr = near_values(r, dir, s, &row->key, row->keys);
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

bool vms_row_matches(const struct vms_rows *r, struct vms_row *row, const struct vms_row_guest *g,
		     const uint8_t *payload, uint32_t stretch)
{
	const struct vms_stream *guest = r->p->guest;
	unsigned int i;
	uint64_t key;

	for (i = 0; i < g->event->conds_nr; i++) {
		const struct vms_seq_cond *c = &g->event->conds[i];

		if ((vms_field_u64(guest, g->fields[i], payload) == c->value) == c->negate)
			return false;
	}
	if (!vms_row_fits(r, row, stretch))
		return false;
	if (!g->key)
		return true;
	key = vms_field_u64(guest, g->key, payload);
	for (i = 0; i < row->keys_nr; i++)
		if (row->keys[i] == key)
			return true;
	return false;
}
