/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libtracecmd hands out for every event of a file, against what it is said to. */
#ifndef TESTS_UNIT_SHOWN_H
#define TESTS_UNIT_SHOWN_H

#include "unit.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <trace-cmd.h>
#pragma GCC diagnostic pop

#include <vmsync/model.h>

/* Every event of one CPU in one buffer, in the order of the file. */
static inline uint64_t shown_of_cpu(struct tracecmd_input *in, const struct vms_stream *s,
				    const struct vms_cpu *c, unsigned int buffer)
{
	struct tep_record *r = tracecmd_read_cpu_first(in, (int)c->cpu);
	uint64_t nr = 0;
	uint32_t i;

	for (i = 0; i < c->nr; i++) {
		if (c->buffer && c->buffer[i] != buffer)
			continue;
		assert_non_null(r);
		if (r->ts != vms_recorded_final(s, c->cpu, (uint64_t)c->time_raw[i],
						*s->buffers[buffer].name))
			fail_msg("%s: CPU %u, event %u at raw %lld: libtracecmd shows %llu, not "
				 "%llu",
				 s->path, c->cpu, i, (long long)c->time_raw[i], r->ts,
				 (unsigned long long)vms_recorded_final(s, c->cpu,
									(uint64_t)c->time_raw[i],
									*s->buffers[buffer].name));
		tracecmd_free_record(r);
		r = tracecmd_read_data(in, (int)c->cpu);
		nr++;
	}
	assert_null(r);
	return nr;
}

static inline struct tracecmd_input *shown_instance(struct tracecmd_input *top, const char *name)
{
	int i;

	for (i = 0; i < tracecmd_buffer_instances(top); i++)
		if (!strcmp(tracecmd_buffer_instance_name(top, i), name))
			return tracecmd_buffer_instance_handle(top, i);
	return NULL;
}

/**
 * shown_as_said - libtracecmd's time of each event of a file is the one that vms_recorded_final()
 * says
 * @s: the file as read by this program
 * Return: the events compared, 0 where libtracecmd does not open the file.
 */
static inline uint64_t shown_as_said(const struct vms_stream *s)
{
	struct tracecmd_input *top = tracecmd_open(s->path, TRACECMD_FL_LOAD_NO_PLUGINS);
	uint64_t nr = 0;
	unsigned int b, k;

	for (b = 0; top && b < s->buffers_nr; b++) {
		struct tracecmd_input *in =
			*s->buffers[b].name ? shown_instance(top, s->buffers[b].name) : top;

		assert_non_null(in);
		for (k = 0; k < s->cpus_nr; k++)
			nr += shown_of_cpu(in, s, &s->cpus[k], b);
		if (in != top)
			tracecmd_close(in);
	}
	if (top)
		tracecmd_close(top);
	return nr;
}

#endif
