// SPDX-License-Identifier: LGPL-2.1-or-later
/* Touches every event, field, text and option of a stream. */
#include "use.h"

#include <stdlib.h>

#include "io/direct/direct.h"

#define TEXTS_MAX 40 /* libtraceevent is slow: some texts of each CPU */

static volatile uint64_t sink;

static void use_dynamic(const struct vms_stream *s, const struct vms_field *f, const uint8_t *p)
{
	const uint32_t loc = load_u32(p + f->offset, s->swap);
	uint32_t i;

	for (i = 0; i < loc >> 16; i++)
		sink += p[(loc & 0xffff) + i];
}

static void use_event(const struct vms_stream *s, struct vms_ref r)
{
	const struct vms_event_type *t = vms_event_type(s, r);
	const uint8_t *p = s->cpus[r.cpu].payload[r.idx];
	unsigned int i;

	sink += (uint64_t)vms_event_time(s, r) + (uint64_t)vms_event_tid(s, r);
	for (i = 0; i < t->size_min; i++)
		sink += p[i];
	for (i = 0; i < t->fields_nr; i++) {
		sink += vms_field_u64(s, &t->fields[i], p);
		if (t->fields[i].is_dynamic)
			use_dynamic(s, &t->fields[i], p);
	}
}

static void use_cpu(const struct vms_stream *s, int32_t cpu)
{
	const struct vms_cpu *c = &s->cpus[cpu];
	char text[200];
	uint32_t i;

	for (i = 0; i < c->nr; i++) {
		const struct vms_ref r = { cpu, i };

		use_event(s, r);
		if (c->nr <= TEXTS_MAX || i % (c->nr / TEXTS_MAX) == 0)
			s->ops->text(s, r, text, sizeof(text));
	}
	for (i = 0; i < c->lost_nr; i++) {
		if (c->lost[i].idx > c->nr || (i && c->lost[i].idx < c->lost[i - 1].idx))
			abort();
		sink += c->lost[i].count;
	}
}

int use_file(const char *path)
{
	struct vms_stream *s = NULL;
	struct vms_err err = { 0 };
	uint32_t i, k;
	int ret;

	ret = vms_source_direct.load(&s, path, NULL, &err);
	if (ret) {
		if (!*err.msg || strchr(err.msg, '\n'))
			abort(); /* a refusal says why, in one line */
		return ret;
	}
	for (i = 0; i < s->cpus_nr; i++)
		use_cpu(s, (int32_t)i);
	for (i = 0; i < s->decls_nr; i++)
		for (k = 0; k < s->decls[i].vcpus_nr; k++)
			sink += (uint64_t)s->decls[i].tid[k] + strlen(s->decls[i].name);
	for (i = 0; s->shift && i < s->shift->cpus_nr; i++)
		for (k = 0; k < s->shift->cpus[i].samples_nr; k++)
			sink += s->shift->cpus[i].samples[k].fraction;
	(void)s->ops->comm(s, 1);
	(void)vms_clock_rate_estimate(&s->clock, s);
	vms_stream_free(s);
	return 0;
}
