// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a stream is laid out in memory, for tests that make their own. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 16
#define PAYLOAD_BYTES 96
#define TYPES_MAX 64
#define BUFFERS_MAX 8

struct world_cpu {
	int64_t *time_raw;
	uint16_t *type;
	uint8_t **payload;
	uint8_t *buffer;
	struct vms_lost *lost;
	uint32_t nr, lost_nr;
};

struct world {
	struct vms_stream s;
	struct vms_event_type types[TYPES_MAX];
	struct vms_field fields[TYPES_MAX][FIELDS_MAX];
	char *names[TYPES_MAX * (FIELDS_MAX + 2)];
	size_t names_nr;
	struct vms_buffer buffers[BUFFERS_MAX];
	unsigned int buffer;
	struct world_cpu *cpus;
};

static void misuse(const char *what, const char *name)
{
	(void)fprintf(stderr, "world: %s: %s\n", what, name);
	abort();
}

static void *more(void *p, size_t nr, size_t size)
{
	p = realloc(p, (nr + 1) * size);
	if (!p)
		misuse("out of memory", "");
	return p;
}

static const char *keep(struct world *w, const char *s, size_t len)
{
	char *d = more(NULL, len, 1);

	memcpy(d, s, len);
	d[len] = 0;
	w->names[w->names_nr++] = d;
	return d;
}

static void add_field(struct world *w, struct vms_event_type *t, const char *name, size_t len,
		      uint16_t size)
{
	struct vms_field *f = &w->fields[t - w->types][t->fields_nr];

	if (t->fields_nr == FIELDS_MAX || t->size_min + size > PAYLOAD_BYTES)
		misuse("too many fields", t->name);
	*f = (struct vms_field){ .name = keep(w, name, len), .offset = t->size_min, .size = size };
	t->fields_nr++;
	t->size_min = (uint16_t)(t->size_min + size);
}

void world_type(struct world *w, const char *system, const char *name, const char *fields)
{
	unsigned int i = vms_type_find(&w->s, system, name);
	struct vms_event_type *t;
	const char *p = fields;

	if (!i) {
		if (w->s.types_nr == TYPES_MAX)
			misuse("too many types", name);
		i = w->s.types_nr++;
	}
	t = &w->types[i];
	t->id = (int)i;
	t->system = keep(w, system, strlen(system));
	t->name = keep(w, name, strlen(name));
	t->fields = w->fields[i];
	t->fields_nr = 0;
	t->size_min = 0;
	add_field(w, t, "common_type", 11, 2);
	add_field(w, t, "common_flags", 12, 1);
	add_field(w, t, "common_preempt_count", 20, 1);
	add_field(w, t, "common_pid", 10, 4);
	w->fields[i][3].is_signed = true;
	while (*p) {
		const size_t len = strcspn(p, ":");

		if (p[len] != ':')
			misuse("field without a size", p);
		add_field(w, t, p, len, (uint16_t)strtoul(p + len + 1, NULL, 0));
		p += len + 1;
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
}

static const struct {
	const char *system, *name, *fields;
} known[] = {
	{ "kvm", "kvm_entry", "vcpu_id:4" },
	{ "kvm", "kvm_exit", "exit_reason:4 isa:4 info1:8 info2:8 vcpu_id:4" },
	{ "kvm", "kvm_msr", "write:4 ecx:4 data:8" },
	{ "kvm", "kvm_wait_lapic_expire", "vcpu_id:4 delta:8" },
	{ "kvm", "kvm_of_a_newer_kernel", "vcpu_id:4" },
	{ "kvm", "kvm_write_tsc_offset", "vcpu_id:4 previous_tsc_offset:8 next_tsc_offset:8" },
	{ "kvm", "kvm_inj_virq", "vector:4" },
	{ "kvm", "kvm_eoi", "apicid:4 vector:4" },
	{ "kvm", "kvm_pv_eoi", "apicid:4 vector:4" },
	{ "sched", "sched_switch", "prev_pid:4 next_pid:4" },
	{ "sched", "sched_waking", "pid:4 target_cpu:4" },
	{ "irq", "irq_handler_entry", "irq:4" },
	{ "irq", "softirq_entry", "vec:4" },
	{ "irq_vectors", "local_timer_entry", "vector:4" },
	{ "irq_vectors", "reschedule_entry", "vector:4" },
	{ "irq_vectors", "irq_work_entry", "vector:4" },
	{ "exceptions", "page_fault_user", "address:8 ip:8 error_code:8" },
	{ "exceptions", "page_fault_kernel", "address:8 ip:8 error_code:8" },
	{ "timer", "hrtimer_start", "hrtimer:8 expires:8" },
	{ "timer", "hrtimer_cancel", "hrtimer:8" },
	{ "timer", "hrtimer_expire_entry", "hrtimer:8 now:8" },
	{ "timer", "hrtimer_expire_exit", "hrtimer:8" },
	{ "power", "cpu_idle", "state:4 cpu_id:4" },
	{ "msr", "write_msr", "msr:4 val:8 failed:4" },
	{ "msr", "read_msr", "msr:4 val:8 failed:4" },
	{ "x86_fpu", "x86_fpu_regs_activated", "xfeatures:8" },
	{ "nmi", "nmi_handler", "delta_ns:8 handled:4" },
};

struct world *world_new(unsigned int cpus_nr)
{
	struct world *w = calloc(1, sizeof(*w));
	unsigned int i;

	if (!w)
		misuse("out of memory", "");
	w->cpus = calloc(cpus_nr, sizeof(*w->cpus));
	w->s.cpus = calloc(cpus_nr, sizeof(*w->s.cpus));
	if (!w->cpus || !w->s.cpus)
		misuse("out of memory", "");
	w->s.cpus_nr = cpus_nr;
	w->s.path = w->s.name = w->s.compression = w->s.source = "world";
	w->s.long_size = 8;
	w->s.types = w->types;
	w->s.types_nr = 1;
	w->types[0] = (struct vms_event_type){ .id = -1, .system = "", .name = "unknown" };
	w->s.buffers = w->buffers;
	w->s.buffers_nr = 1;
	w->buffers[0] = (struct vms_buffer){ .name = "", .clock = "local" };
	(void)snprintf(w->s.clock.name, sizeof(w->s.clock.name), "local");
	w->s.clock.counts_ns = true;
	w->s.clock.ns_per_unit = 1.0;
	w->s.clock.rate_from = VMS_RATE_NS;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		world_type(w, known[i].system, known[i].name, known[i].fields);
	return w;
}

void world_free(struct world *w)
{
	unsigned int i;
	uint32_t k;

	if (!w)
		return;
	for (i = 0; i < w->s.cpus_nr; i++) {
		for (k = 0; k < w->cpus[i].nr; k++)
			free(w->cpus[i].payload[k]);
		free(w->cpus[i].time_raw);
		free(w->cpus[i].type);
		free(w->cpus[i].payload);
		free(w->cpus[i].buffer);
		free(w->cpus[i].lost);
	}
	while (w->names_nr)
		free(w->names[--w->names_nr]);
	free(w->cpus);
	free(w->s.cpus);
	free(w);
}

void world_buffer(struct world *w, const char *name)
{
	for (w->buffer = 0; w->buffer < w->s.buffers_nr; w->buffer++)
		if (!strcmp(w->buffers[w->buffer].name, name))
			return;
	if (w->buffer == BUFFERS_MAX)
		misuse("too many buffers", name);
	w->buffers[w->buffer] =
		(struct vms_buffer){ .name = keep(w, name, strlen(name)), .clock = "local" };
	w->s.buffers_nr++;
}

static void set_field(const struct world *w, unsigned int type, uint8_t *payload, const char *name,
		      size_t len, uint64_t v)
{
	const struct vms_event_type *t = &w->types[type];
	unsigned int i, b;

	for (i = 0; i < t->fields_nr; i++) {
		const struct vms_field *f = &t->fields[i];

		if (strlen(f->name) != len || memcmp(f->name, name, len))
			continue;
		for (b = 0; b < f->size; b++) {
			const uint16_t one = 1;
			const unsigned int at = *(const uint8_t *)&one ? b : f->size - 1U - b;

			payload[f->offset + at] = (uint8_t)(v >> (8 * b));
		}
		return;
	}
	misuse("no such field", name);
}

uint32_t world_add(struct world *w, unsigned int cpu, int64_t time_raw, int32_t tid,
		   const char *name, const char *fields)
{
	const unsigned int type = vms_type_find(&w->s, NULL, name);
	struct world_cpu *c = &w->cpus[cpu];
	uint8_t *payload;
	const char *p = fields ? fields : "";

	if (!type || cpu >= w->s.cpus_nr)
		misuse("no such event or CPU", name);
	payload = calloc(1, PAYLOAD_BYTES);
	if (!payload)
		misuse("out of memory", "");
	set_field(w, type, payload, "common_type", 11, type);
	set_field(w, type, payload, "common_pid", 10, (uint64_t)tid);
	while (*p) {
		const size_t len = strcspn(p, "=");
		char *end;

		if (p[len] != '=')
			misuse("field without a value", p);
		set_field(w, type, payload, p, len, strtoull(p + len + 1, &end, 0));
		p = end + strspn(end, " ");
	}
	c->time_raw = more(c->time_raw, c->nr, sizeof(*c->time_raw));
	c->type = more(c->type, c->nr, sizeof(*c->type));
	c->payload = more(c->payload, c->nr, sizeof(*c->payload));
	c->buffer = more(c->buffer, c->nr, sizeof(*c->buffer));
	c->time_raw[c->nr] = time_raw;
	c->type[c->nr] = (uint16_t)type;
	c->payload[c->nr] = payload;
	c->buffer[c->nr] = (uint8_t)w->buffer;
	return c->nr++;
}

void world_lost(struct world *w, unsigned int cpu, uint64_t count)
{
	struct world_cpu *c = &w->cpus[cpu];

	c->lost = more(c->lost, c->lost_nr, sizeof(*c->lost));
	c->lost[c->lost_nr++] =
		(struct vms_lost){ .idx = c->nr, .count = count, .buffer = (uint8_t)w->buffer };
}

static void play_one(struct world *w, int32_t tid, char *event)
{
	int64_t time_raw;
	unsigned int cpu = 0;
	char *at, *name;

	if (!strncmp(event, "buffer", 6)) {
		world_buffer(w, event[6] ? event + 7 : "");
		return;
	}
	time_raw = strtoll(event, &at, 10);
	name = at == event ? event : at;
	name += strcspn(name, " @");
	if (*name == '@')
		cpu = (unsigned int)strtoul(name + 1, &name, 10);
	if (at == event) {
		if (strncmp(event, "lost", 4))
			misuse("no time", event);
		world_lost(w, cpu, 0);
		return;
	}
	name++;
	if (*name >= '0' && *name <= '9')
		tid = (int32_t)strtol(name, &name, 10), name++; /* the colon */
	at = name + strcspn(name, " ");
	if (*at)
		*at++ = '\0';
	(void)world_add(w, cpu, time_raw, tid, name, at);
}

void world_play(struct world *w, int32_t tid, const char *events)
{
	char event[256];

	while (*events) {
		const size_t len = strcspn(events, ";");

		(void)snprintf(event, sizeof(event), "%.*s", (int)len, events);
		play_one(w, tid, event);
		events += len;
		events += strspn(events, "; ");
	}
}

const struct vms_stream *world_stream(struct world *w)
{
	struct vms_stream *s = &w->s;
	unsigned int i;
	uint32_t k;

	s->events_nr = 0;
	s->lost_nr = 0;
	s->first_raw = INT64_MAX;
	s->last_raw = INT64_MIN;
	for (i = 0; i < s->cpus_nr; i++) {
		const struct world_cpu *c = &w->cpus[i];

		s->cpus[i] = (struct vms_cpu){
			.cpu = i,
			.nr = c->nr,
			.sorted = true,
			.time_raw = c->time_raw,
			.type = c->type,
			.payload = (const uint8_t *const *)c->payload,
			.lost = c->lost,
			.lost_nr = c->lost_nr,
			.buffer = s->buffers_nr > 1 ? c->buffer : NULL,
		};
		s->events_nr += c->nr;
		for (k = 0; k < c->lost_nr; k++)
			s->lost_nr += c->lost[k].count ? c->lost[k].count : 1;
		for (k = 0; k < c->nr; k++) {
			if (k && c->time_raw[k] < c->time_raw[k - 1])
				s->cpus[i].sorted = false;
			if (c->time_raw[k] < s->first_raw)
				s->first_raw = c->time_raw[k];
			if (c->time_raw[k] > s->last_raw)
				s->last_raw = c->time_raw[k];
		}
	}
	if (!s->events_nr) {
		s->first_raw = 0;
		s->last_raw = -1;
	}
	return s;
}
