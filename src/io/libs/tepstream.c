// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a library's records and formats become the arrays of a stream. */
#include "io/libs/libs_impl.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/direct/direct.h"
#include "core/base/util.h"

#define PAYLOAD_HEAD_BYTES 8 /* in front of each payload: its size; keeps it aligned */
#define PAYLOAD_TAIL_BYTES 8 /* zeros behind it: ends a string that the trace left open */
#define PAYLOAD_MAX_BYTES ((uint32_t)1 << 20)
#define CPUS_MAX 65536u
#define EXERCISE_NR 300000u /* events whose text the child tries, at most twice as many */

static int nomem(struct vms_err *err)
{
	return vms_fail(err, VMS_ENOMEM, "out of memory");
}

/* Types */

static int type_add(struct tep_stream *b, const struct vms_event_type *t,
		    const struct type_check *c)
{
	int ret;

	ret = vms_grow(&b->s.types, &b->types_cap, (size_t)b->s.types_nr + 1, sizeof(*b->s.types),
		       UINT16_MAX);
	if (!ret)
		ret = vms_grow(&b->checks, &b->checks_cap, (size_t)b->s.types_nr + 1,
			       sizeof(*b->checks), UINT16_MAX);
	if (ret)
		return ret;
	b->s.types[b->s.types_nr] = *t;
	b->checks[b->s.types_nr] = *c;
	if (t->id >= 0 && t->id < 65536 && b->s.types_nr)
		b->by_id[t->id] = (uint16_t)b->s.types_nr;
	b->s.types_nr++;
	return 0;
}

static void field_take(struct vms_event_type *t, struct vms_field *to, struct type_check *c,
		       const struct tep_format_field *f)
{
	if (!f->name || f->offset < 0 || f->size <= 0 || f->offset + (int64_t)f->size > UINT16_MAX)
		return;
	to[t->fields_nr++] = (struct vms_field){
		.name = f->name,
		.offset = (uint16_t)f->offset,
		.size = (uint16_t)f->size,
		.is_signed = f->flags & TEP_FIELD_IS_SIGNED,
		.is_dynamic = f->flags & TEP_FIELD_IS_DYNAMIC,
		.is_array = f->flags &
			    (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_STRING | TEP_FIELD_IS_DYNAMIC),
	};
	t->size_min = VMS_MAX(t->size_min, (uint16_t)(f->offset + f->size));
	if ((f->flags & TEP_FIELD_IS_DYNAMIC) && f->size == 4)
		c->dyn[c->dyn_nr++] =
			(struct dynamic){ (uint16_t)f->offset, f->flags & TEP_FIELD_IS_RELATIVE };
}

static unsigned int fields_nr(struct tep_format_field **f)
{
	unsigned int n = 0;

	while (f && f[n])
		n++;
	return n;
}

static int type_from_tep(struct tep_stream *b, struct tep_event *e)
{
	struct tep_format_field **common = tep_event_common_fields(e), **own = tep_event_fields(e);
	const unsigned int common_nr = fields_nr(common), own_nr = fields_nr(own);
	struct vms_event_type t = { .id = e->id,
				    .system = e->system ? e->system : "",
				    .name = e->name ? e->name : "" };
	struct type_check c = { 0 };
	struct vms_field *fields;
	unsigned int i;
	int ret = -VMS_ENOMEM;

	fields = arena_alloc(&b->arena, (size_t)common_nr + own_nr, sizeof(*fields));
	c.dyn = arena_alloc(&b->arena, (size_t)common_nr + own_nr, sizeof(*c.dyn));
	if (fields && c.dyn) {
		for (i = 0; i < common_nr; i++)
			field_take(&t, fields, &c, common[i]);
		for (i = 0; i < own_nr; i++)
			field_take(&t, fields, &c, own[i]);
		t.fields = fields;
		ret = type_add(b, &t, &c);
	}
	free(common);
	free(own);
	return ret;
}

static int types_from_tep(struct tep_stream *b, struct vms_err *err)
{
	const int nr = tep_get_events_count(b->tep);
	int i, ret;

	for (i = 0; i < nr; i++) {
		struct tep_event *e = tep_get_event(b->tep, i);

		if (!e || e->id < 0 || e->id > UINT16_MAX || b->by_id[e->id])
			continue;
		ret = type_from_tep(b, e);
		if (ret)
			return vms_fail(err, -ret, "cannot keep the %d event formats", nr);
	}
	return 0;
}

int tep_stream_type(struct tep_stream *b, int id, const char *system, const char *name,
		    struct vms_err *err)
{
	static const struct vms_field fields[] = {
		{ .name = "common_type", .offset = 0, .size = 2 },
		{ .name = "common_pid", .offset = 4, .size = 4, .is_signed = true },
	};
	const struct vms_event_type t = { .id = id,
					  .system = arena_strdup(&b->arena, system),
					  .size_min = 8,
					  .name = arena_strdup(&b->arena, name),
					  .fields = fields,
					  .fields_nr = VMS_ARRAY_NR(fields) };
	const struct type_check c = { 0 };

	if (!t.system || !t.name)
		return nomem(err);
	return type_add(b, &t, &c)
		       ? vms_fail(err, VMS_ERANGE, "more than %u event types", UINT16_MAX)
		       : 0;
}

bool tep_stream_has_type(const struct tep_stream *b, int id)
{
	return id >= 0 && id < 65536 && b->by_id[id];
}

int tep_stream_new(struct tep_stream **out, struct tep_handle *tep, const char *path,
		   struct vms_err *err)
{
	static const struct vms_event_type unknown = { .id = -1, .system = "", .name = "unknown" };
	const struct type_check none = { 0 };
	struct tep_stream *b = vms_calloc(1, sizeof(*b));
	int ret;

	if (!b)
		return nomem(err);
	b->tep = tep;
	b->s.times_corrected = true;
	b->s.path = arena_strdup(&b->arena, path);
	b->s.name = "";
	b->s.first_raw = 0;
	b->s.last_raw = -1;
	tep_head_read(b, path);
	ret = b->s.path ? type_add(b, &unknown, &none) : -VMS_ENOMEM;
	if (ret)
		ret = nomem(err);
	else if (tep)
		ret = types_from_tep(b, err);
	if (ret) {
		tep_stream_free(b);
		return ret;
	}
	if (tep) {
		b->s.swap = tep_is_file_bigendian(tep) != tep_is_local_bigendian(tep);
		b->s.long_size = (uint8_t)tep_get_long_size(tep);
	}
	*out = b;
	return 0;
}

/* Events */

int tep_stream_cpus(struct tep_stream *b, uint32_t nr, struct vms_err *err)
{
	unsigned int i;

	if (nr <= b->cpus_nr)
		return 0;
	if (nr > CPUS_MAX)
		return vms_fail(err, VMS_EFORMAT, "the file claims %u CPUs", nr);
	for (i = 0; i < b->s.buffers_nr; i++) {
		struct run *r = vms_realloc(b->rows[i], nr * sizeof(*r));

		if (!r)
			return nomem(err);
		memset(r + b->cpus_nr, 0, (nr - b->cpus_nr) * sizeof(*r));
		b->rows[i] = r;
	}
	b->cpus_nr = nr;
	return 0;
}

int tep_stream_buffer(struct tep_stream *b, const char *name, struct vms_err *err)
{
	const unsigned int nr = b->s.buffers_nr;

	if (nr >= UINT8_MAX)
		return vms_fail(err, VMS_EUNSUP, "more than %u buffer instances", UINT8_MAX);
	if (vms_grow(&b->s.buffers, &b->buffers_cap, (size_t)nr + 1, sizeof(*b->s.buffers),
		     UINT8_MAX) ||
	    vms_grow(&b->rows, &b->rows_cap, (size_t)nr + 1, sizeof(*b->rows), UINT8_MAX))
		return nomem(err);
	b->rows[nr] = vms_calloc(b->cpus_nr, sizeof(**b->rows));
	b->s.buffers[nr] = (struct vms_buffer){ .name = arena_strdup(&b->arena, name),
						.clock = b->s.clock.name };
	if (!b->rows[nr] || !b->s.buffers[nr].name) {
		free(b->rows[nr]);
		return nomem(err);
	}
	b->s.buffers_nr++;
	return 0;
}

static bool dynamic_fits(const struct dynamic *d, const uint8_t *data, uint32_t size, bool swap)
{
	const uint32_t word = load_u32(data + d->offset, swap);
	const uint32_t from = (word & 0xffff) + (d->relative ? d->offset + 4u : 0u);

	return from + (word >> 16) <= size;
}

/* An event that is not what its format says could lead the printing of its text astray. */
static uint16_t type_of(const struct tep_stream *b, const struct tep_event_in *e)
{
	const uint16_t t = e->id >= 0 && e->id < 65536 ? b->by_id[e->id] : 0;
	unsigned int i;

	if (e->size < b->s.types[t].size_min)
		return 0;
	for (i = 0; i < b->checks[t].dyn_nr; i++)
		if (!dynamic_fits(&b->checks[t].dyn[i], e->data, e->size, b->s.swap))
			return 0;
	return t;
}

static int lost_add(struct tep_stream *b, struct run *r, uint64_t count)
{
	if (vms_grow(&r->lost, &r->lost_cap, r->lost_nr + 1, sizeof(*r->lost), EVENTS_MAX))
		return -VMS_ENOMEM;
	r->lost[r->lost_nr++] = (struct vms_lost){ .idx = (uint32_t)r->nr,
						   .count = count,
						   .buffer = (uint8_t)(b->s.buffers_nr - 1) };
	b->s.lost_nr += count ? count : 1;
	return 0;
}

int tep_stream_add(struct tep_stream *b, const struct tep_event_in *e, struct vms_err *err)
{
	const uint32_t size = VMS_MIN(e->size, PAYLOAD_MAX_BYTES);
	struct run *r;
	uint8_t *p;
	int ret;

	ret = tep_stream_cpus(b, e->cpu + 1, err);
	if (ret)
		return ret;
	r = &b->rows[b->s.buffers_nr - 1][e->cpu];
	if (e->lost && lost_add(b, r, e->lost_nr))
		return nomem(err);
	p = arena_alloc(&b->arena, (size_t)size + PAYLOAD_HEAD_BYTES + PAYLOAD_TAIL_BYTES, 1);
	if (!p || vms_grow(&r->time, &r->time_cap, r->nr + 1, sizeof(*r->time), EVENTS_MAX) ||
	    vms_grow(&r->type, &r->type_cap, r->nr + 1, sizeof(*r->type), EVENTS_MAX) ||
	    vms_grow(&r->payload, &r->payload_cap, r->nr + 1, sizeof(*r->payload), EVENTS_MAX))
		return nomem(err);
	memcpy(p, &size, sizeof(size));
	if (size)
		memcpy(p + PAYLOAD_HEAD_BYTES, e->data, size);
	r->time[r->nr] = e->time;
	r->type[r->nr] = type_of(b, e);
	r->payload[r->nr++] = p + PAYLOAD_HEAD_BYTES;
	b->s.events_nr++;
	return 0;
}

uint64_t tep_stream_events(const struct tep_stream *b)
{
	return b->s.events_nr;
}

/* What a finished stream can say of its events */

uint32_t tep_stream_payload_size(const struct vms_stream *s, struct vms_ref ref)
{
	uint32_t bytes;

	memcpy(&bytes, s->cpus[ref.cpu].payload[ref.idx] - PAYLOAD_HEAD_BYTES, sizeof(bytes));
	return bytes;
}

static void text_of(const struct vms_stream *s, struct vms_ref ref, char *buf, size_t size)
{
	struct tep_stream *b = s->priv;
	const struct vms_cpu *c = &s->cpus[ref.cpu];
	const uint8_t *p = c->payload[ref.idx];
	struct tep_record r = { .ts = (unsigned long long)c->time_raw[ref.idx],
				.cpu = (int)c->cpu,
				.data = (void *)(uintptr_t)p };
	const uint32_t bytes = tep_stream_payload_size(s, ref);

	if (!size)
		return;
	buf[0] = '\0';
	if (!c->type[ref.idx]) {
		(void)snprintf(buf, size, "%u bytes of an unknown or damaged event", bytes);
		return;
	}
	if (!b->tep)
		return;
	if (!b->seq_ready) {
		trace_seq_init(&b->seq);
		b->seq_ready = true;
	}
	r.size = (int)bytes;
	trace_seq_reset(&b->seq);
	tep_print_event(b->tep, &b->seq, &r, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&b->seq);
	if (b->seq.buffer && b->seq.state == TRACE_SEQ__GOOD)
		(void)snprintf(buf, size, "%s", b->seq.buffer);
}

static const char *comm_of(const struct vms_stream *s, int32_t tid)
{
	const struct tep_stream *b = s->priv;

	if (!b->tep || !tep_is_pid_registered(b->tep, tid))
		return NULL;
	return tep_data_comm_from_pid(b->tep, tid);
}

static void runs_free(struct tep_stream *b)
{
	unsigned int i;
	uint32_t cpu;

	for (i = 0; i < b->s.buffers_nr; i++) {
		for (cpu = 0; cpu < b->cpus_nr; cpu++) {
			struct run *r = &b->rows[i][cpu];

			free(r->time);
			free(r->type);
			free(r->payload);
			free(r->lost);
		}
		free(b->rows[i]);
	}
	free(b->rows);
}

void tep_stream_free(struct tep_stream *b)
{
	if (!b)
		return;
	runs_free(b);
	if (b->seq_ready)
		trace_seq_destroy(&b->seq);
	free(b->checks);
	free(b->s.types);
	free(b->s.buffers);
	free(b->s.cpus);
	arena_clear(&b->arena);
	if (b->close)
		b->close(b->handle);
	free(b);
}

/* The struct itself is freed by vms_stream_free(); nothing in it may be used any more. */
static void free_priv(struct vms_stream *s)
{
	struct tep_stream *b = s->priv;

	memset(s, 0, sizeof(*s));
	tep_stream_free(b);
}

static const struct vms_stream_ops tep_stream_ops = { .text = text_of,
						      .comm = comm_of,
						      .free_priv = free_priv };

int tep_stream_finish(struct tep_stream *b, struct vms_stream **out, const char *source,
		      void (*close)(void *handle), void *handle, struct vms_err *err)
{
	struct vms_stream *s = vms_calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return nomem(err);
	ret = tep_cpus_finish(b);
	if (ret) {
		free(s);
		return vms_fail(err, -ret, "cannot keep %llu events",
				(unsigned long long)b->s.events_nr);
	}
	b->close = close;
	b->handle = handle;
	b->s.source = source;
	*s = b->s;
	s->ops = &tep_stream_ops;
	s->priv = b;
	*out = s;
	return 0;
}

void tep_stream_exercise(struct vms_stream *s)
{
	const uint32_t step = (uint32_t)VMS_MIN(1 + s->events_nr / EXERCISE_NR, 1u << 20);
	struct vms_ref ref = { 0 };
	char text[64];

	for (ref.cpu = 0; (unsigned int)ref.cpu < s->cpus_nr; ref.cpu++) {
		const uint32_t nr = s->cpus[ref.cpu].nr;

		for (ref.idx = 0; ref.idx < nr; ref.idx += VMS_MIN(step, nr - ref.idx)) {
			text_of(s, ref, text, sizeof(text));
			(void)comm_of(s, vms_event_tid(s, ref));
		}
	}
	free_priv(s);
	free(s);
}
