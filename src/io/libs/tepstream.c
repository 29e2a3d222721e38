// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a library's records and formats become the arrays of a stream. */
#include "io/libs/libs_impl.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

#define PAYLOAD_HEAD_BYTES 8 /* in front of each payload: its size; keeps it aligned */
#define PAYLOAD_TAIL_BYTES 8 /* zeros behind it: ends a string that the trace left open */
#define PAYLOAD_MAX_BYTES ((uint32_t)1 << 20)
#define CPUS_MAX 8192u
#define EXERCISE_NR 300000u /* events whose text the child tries, at most twice as many */

static int nomem(struct vms_err *err)
{
	return vms_fail(err, VMS_ENOMEM, "out of memory");
}

/* Types */

static int type_add(struct tep_stream *tep_stream, const struct vms_event_type *type,
		    const struct type_check *type_check)
{
	int ret;

	ret = vms_grow(&tep_stream->s.types, &tep_stream->types_cap,
		       (size_t)tep_stream->s.types_nr + 1, sizeof(*tep_stream->s.types),
		       UINT16_MAX);
	if (!ret)
		ret = vms_grow(&tep_stream->checks, &tep_stream->checks_cap,
			       (size_t)tep_stream->s.types_nr + 1, sizeof(*tep_stream->checks),
			       UINT16_MAX);
	if (ret)
		return ret;
	tep_stream->s.types[tep_stream->s.types_nr] = *type;
	tep_stream->checks[tep_stream->s.types_nr] = *type_check;
	if (type->id >= 0 && type->id < 65536 && tep_stream->s.types_nr)
		tep_stream->by_id[type->id] = (uint16_t)tep_stream->s.types_nr;
	tep_stream->s.types_nr++;
	return 0;
}

static void field_take(struct vms_event_type *type, struct vms_field *to, struct type_check *check,
		       const struct tep_format_field *field)
{
	if (!field->name || field->offset < 0 || field->size <= 0 ||
	    field->offset + (int64_t)field->size > UINT16_MAX)
		return;
	to[type->fields_nr++] = (struct vms_field){
		.name = field->name,
		.offset = (uint16_t)field->offset,
		.size = (uint16_t)field->size,
		.is_signed = field->flags & TEP_FIELD_IS_SIGNED,
		.is_dynamic = field->flags & TEP_FIELD_IS_DYNAMIC,
		.is_array = field->flags &
			    (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_STRING | TEP_FIELD_IS_DYNAMIC),
	};
	type->size_min = VMS_MAX(type->size_min, (uint16_t)(field->offset + field->size));
	if ((field->flags & TEP_FIELD_IS_DYNAMIC) && field->size == 4)
		check->dyn[check->dyn_nr++] =
			(struct dynamic){ (uint16_t)field->offset,
					  field->flags & TEP_FIELD_IS_RELATIVE };
}

static unsigned int fields_nr(struct tep_format_field **f)
{
	unsigned int n = 0;

	while (f && f[n])
		n++;
	return n;
}

static int type_from_tep(struct tep_stream *tep_stream, struct tep_event *e)
{
	struct tep_format_field **common = tep_event_common_fields(e), **own = tep_event_fields(e);
	const unsigned int common_nr = fields_nr(common), own_nr = fields_nr(own);
	struct vms_event_type type = { .id = e->id,
				       .system = e->system ? e->system : "",
				       .name = e->name ? e->name : "" };
	struct type_check type_check = { 0 };
	struct vms_field *fields;
	unsigned int i;
	int ret = -VMS_ENOMEM;

	fields = arena_alloc(&tep_stream->arena, (size_t)common_nr + own_nr, sizeof(*fields));
	type_check.dyn = arena_alloc(&tep_stream->arena, (size_t)common_nr + own_nr,
				     sizeof(*type_check.dyn));
	if (fields && type_check.dyn) {
		for (i = 0; i < common_nr; i++)
			field_take(&type, fields, &type_check, common[i]);
		for (i = 0; i < own_nr; i++)
			field_take(&type, fields, &type_check, own[i]);
		type.fields = fields;
		ret = type_add(tep_stream, &type, &type_check);
	}
	free(common);
	free(own);
	return ret;
}

static int types_from_tep(struct tep_stream *tep_stream, struct vms_err *err)
{
	const int nr = tep_get_events_count(tep_stream->tep);
	int i, ret;

	for (i = 0; i < nr; i++) {
		struct tep_event *e = tep_get_event(tep_stream->tep, i);

		if (!e || e->id < 0 || e->id > UINT16_MAX || tep_stream->by_id[e->id])
			continue;
		ret = type_from_tep(tep_stream, e);
		if (ret)
			return vms_fail(err, -ret, "cannot keep the %d event formats", nr);
	}
	return 0;
}

int tep_stream_type(struct tep_stream *tep_stream, int id, const char *system, const char *name,
		    struct vms_err *err)
{
	static const struct vms_field fields[] = {
		{ .name = "common_type", .offset = 0, .size = 2 },
		{ .name = "common_pid", .offset = 4, .size = 4, .is_signed = true },
	};
	const struct vms_event_type type = { .id = id,
					     .system = arena_strdup(&tep_stream->arena, system),
					     .size_min = 8,
					     .name = arena_strdup(&tep_stream->arena, name),
					     .fields = fields,
					     .fields_nr = VMS_ARRAY_NR(fields) };
	const struct type_check c = { 0 };

	if (!type.system || !type.name)
		return nomem(err);
	return type_add(tep_stream, &type, &c)
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
	struct tep_stream *tep_stream = vms_calloc(1, sizeof(*tep_stream));
	int ret;

	if (!tep_stream)
		return nomem(err);
	tep_stream->tep = tep;
	tep_stream->s.times_corrected = true;
	tep_stream->s.path = arena_strdup(&tep_stream->arena, path);
	tep_stream->s.name = "";
	tep_stream->s.first_raw = 0;
	tep_stream->s.last_raw = -1;
	tep_head_read(tep_stream, path);
	ret = tep_stream->s.path ? type_add(tep_stream, &unknown, &none) : -VMS_ENOMEM;
	if (ret)
		ret = nomem(err);
	else if (tep)
		ret = types_from_tep(tep_stream, err);
	if (ret) {
		tep_stream_free(tep_stream);
		return ret;
	}
	if (tep) {
		tep_stream->s.swap = tep_is_file_bigendian(tep) != tep_is_local_bigendian(tep);
		tep_stream->s.long_size = (uint8_t)tep_get_long_size(tep);
	}
	*out = tep_stream;
	return 0;
}

/* Events */

int tep_stream_cpus(struct tep_stream *tep_stream, uint32_t nr, struct vms_err *err)
{
	unsigned int i;

	if (nr <= tep_stream->cpus_nr)
		return 0;
	if (nr > CPUS_MAX)
		return vms_fail(err, VMS_EFORMAT, "the file claims %u CPUs", nr);
	for (i = 0; i < tep_stream->s.buffers_nr; i++) {
		struct run *r = vms_realloc(tep_stream->rows[i], nr * sizeof(*r));

		if (!r)
			return nomem(err);
		memset(r + tep_stream->cpus_nr, 0, (nr - tep_stream->cpus_nr) * sizeof(*r));
		tep_stream->rows[i] = r;
	}
	tep_stream->cpus_nr = nr;
	return 0;
}

int tep_stream_buffer(struct tep_stream *tep_stream, const char *name, struct vms_err *err)
{
	const unsigned int nr = tep_stream->s.buffers_nr;

	if (nr >= UINT8_MAX)
		return vms_fail(err, VMS_EUNSUP, "more than %u buffer instances", UINT8_MAX);
	if (vms_grow(&tep_stream->s.buffers, &tep_stream->buffers_cap, (size_t)nr + 1,
		     sizeof(*tep_stream->s.buffers), UINT8_MAX) ||
	    vms_grow(&tep_stream->rows, &tep_stream->rows_cap, (size_t)nr + 1,
		     sizeof(*tep_stream->rows), UINT8_MAX))
		return nomem(err);
	tep_stream->rows[nr] = vms_calloc(tep_stream->cpus_nr, sizeof(**tep_stream->rows));
	tep_stream->s.buffers[nr] =
		(struct vms_buffer){ .name = arena_strdup(&tep_stream->arena, name),
				     .clock = tep_stream->s.clock.name };
	if (!tep_stream->rows[nr] || !tep_stream->s.buffers[nr].name) {
		free(tep_stream->rows[nr]);
		return nomem(err);
	}
	tep_stream->s.buffers_nr++;
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

int tep_stream_add(struct tep_stream *tep_stream, const struct tep_event_in *tep_event_in,
		   struct vms_err *err)
{
	const uint32_t size = VMS_MIN(tep_event_in->size, PAYLOAD_MAX_BYTES);
	struct run *run;
	uint8_t *payload;
	int ret;

	ret = tep_stream_cpus(tep_stream, tep_event_in->cpu + 1, err);
	if (ret)
		return ret;
	run = &tep_stream->rows[tep_stream->s.buffers_nr - 1][tep_event_in->cpu];
	if (tep_event_in->lost && lost_add(tep_stream, run, tep_event_in->lost_nr))
		return nomem(err);
	payload = arena_alloc(&tep_stream->arena,
			      (size_t)size + PAYLOAD_HEAD_BYTES + PAYLOAD_TAIL_BYTES, 1);
	if (!payload ||
	    vms_grow(&run->time, &run->time_cap, run->nr + 1, sizeof(*run->time), EVENTS_MAX) ||
	    vms_grow(&run->type, &run->type_cap, run->nr + 1, sizeof(*run->type), EVENTS_MAX) ||
	    vms_grow(&run->payload, &run->payload_cap, run->nr + 1, sizeof(*run->payload),
		     EVENTS_MAX))
		return nomem(err);
	memcpy(payload, &size, sizeof(size));
	if (size)
		memcpy(payload + PAYLOAD_HEAD_BYTES, tep_event_in->data, size);
	run->time[run->nr] = tep_event_in->time;
	run->type[run->nr] = type_of(tep_stream, tep_event_in);
	run->payload[run->nr++] = payload + PAYLOAD_HEAD_BYTES;
	tep_stream->s.events_nr++;
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

	memcpy(&bytes, vms_payload(&s->cpus[ref.cpu], ref.idx) - PAYLOAD_HEAD_BYTES, sizeof(bytes));
	return bytes;
}

static void text_of(const struct vms_stream *s, struct vms_ref ref, char *buf, size_t size)
{
	struct tep_stream *tep_stream = s->priv;
	const struct vms_cpu *cpu = &s->cpus[ref.cpu];
	const uint8_t *p = vms_payload(cpu, ref.idx);
	struct tep_record tep_record = { .ts = (unsigned long long)cpu->time_raw[ref.idx],
					 .cpu = (int)cpu->cpu,
					 .data = (void *)(uintptr_t)p };
	const uint32_t bytes = tep_stream_payload_size(s, ref);

	if (!size)
		return;
	buf[0] = '\0';
	if (!cpu->type[ref.idx]) {
		(void)snprintf(buf, size, "%u bytes of an unknown or damaged event", bytes);
		return;
	}
	if (!tep_stream->tep)
		return;
	if (!tep_stream->seq_ready) {
		trace_seq_init(&tep_stream->seq);
		tep_stream->seq_ready = true;
	}
	tep_record.size = (int)bytes;
	trace_seq_reset(&tep_stream->seq);
	tep_print_event(tep_stream->tep, &tep_stream->seq, &tep_record, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&tep_stream->seq);
	if (tep_stream->seq.buffer && tep_stream->seq.state == TRACE_SEQ__GOOD)
		(void)snprintf(buf, size, "%s", tep_stream->seq.buffer);
}

static const char *comm_of(const struct vms_stream *s, int32_t tid)
{
	const struct tep_stream *b = s->priv;

	if (!b->tep || !tep_is_pid_registered(b->tep, tid))
		return NULL;
	return tep_data_comm_from_pid(b->tep, tid);
}

static void runs_free(struct tep_stream *tep_stream)
{
	unsigned int i;
	uint32_t cpu;

	for (i = 0; i < tep_stream->s.buffers_nr; i++) {
		for (cpu = 0; cpu < tep_stream->cpus_nr; cpu++) {
			struct run *r = &tep_stream->rows[i][cpu];

			free(r->time);
			free(r->type);
			free(r->payload);
			free(r->lost);
		}
		free(tep_stream->rows[i]);
	}
	free(tep_stream->rows);
}

void tep_stream_free(struct tep_stream *tep_stream)
{
	if (!tep_stream)
		return;
	runs_free(tep_stream);
	if (tep_stream->seq_ready)
		trace_seq_destroy(&tep_stream->seq);
	free(tep_stream->checks);
	free(tep_stream->s.types);
	free(tep_stream->s.buffers);
	free(tep_stream->s.cpus);
	arena_clear(&tep_stream->arena);
	if (tep_stream->has_head)
		direct_file_close(&tep_stream->head);
	if (tep_stream->close)
		tep_stream->close(tep_stream->handle);
	free(tep_stream);
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

int tep_stream_finish(struct tep_stream *tep_stream, struct vms_stream **out, const char *source,
		      void (*close)(void *handle), void *handle, struct vms_err *err)
{
	struct vms_stream *stream = vms_calloc(1, sizeof(*stream));
	int ret;

	if (!stream)
		return nomem(err);
	ret = tep_cpus_finish(tep_stream);
	if (ret) {
		free(stream);
		return vms_fail(err, -ret, "cannot keep %llu events",
				(unsigned long long)tep_stream->s.events_nr);
	}
	tep_stream->close = close;
	tep_stream->handle = handle;
	tep_stream->s.source = source;
	*stream = tep_stream->s;
	stream->ops = &tep_stream_ops;
	stream->priv = tep_stream;
	*out = stream;
	return 0;
}

void tep_stream_exercise(struct vms_stream *stream)
{
	const uint32_t step = (uint32_t)VMS_MIN(1 + stream->events_nr / EXERCISE_NR, 1u << 20);
	struct vms_ref ref = { 0 };
	char text[64];

	for (ref.cpu = 0; (unsigned int)ref.cpu < stream->cpus_nr; ref.cpu++) {
		const uint32_t nr = stream->cpus[ref.cpu].nr;

		for (ref.idx = 0; ref.idx < nr; ref.idx += VMS_MIN(step, nr - ref.idx)) {
			text_of(stream, ref, text, sizeof(text));
			(void)comm_of(stream, vms_event_tid(stream, ref));
		}
	}
	free_priv(stream);
	free(stream);
}
