// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading through libtracecmd: the reference, and the fall-back for what the direct reader does not
 * know.
 */
#include <vmsync/io/source.h>

#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic" /* an enumerator of the header is beyond int */
#include <trace-cmd.h>
#pragma GCC diagnostic pop

#include "io/libs/sources.h"
#include "io/libs/tepload.h"
#include "io/libs/tepstream.h"
#include "core/base/util.h"

/* The top handle and those of its instances, which must be closed before it. */
struct tracecmd_handles {
	struct tracecmd_input *top;
	struct tracecmd_input **instances;
	unsigned int instances_nr;
};

static void handles_close(void *p)
{
	struct tracecmd_handles *h = p;
	unsigned int i;

	if (!h)
		return;
	for (i = 0; i < h->instances_nr; i++)
		if (h->instances[i])
			tracecmd_close(h->instances[i]);
	free(h->instances);
	if (h->top)
		tracecmd_close(h->top);
	free(h);
}

static void quiet(void)
{
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
}

static int read_cpu(struct tep_stream *b, struct tracecmd_input *in, int cpu, int cpus_nr,
		    struct tep_pace *pace, struct vms_err *err)
{
	struct tep_handle *tep = tracecmd_get_tep(in);
	struct tep_record *r = tracecmd_read_cpu_first(in, cpu);
	int ret = 0;

	while (r && !ret) {
		const struct tep_event_in e = {
			.cpu = (uint32_t)(r->cpu < 0 ? 0 : r->cpu),
			.time = (int64_t)r->ts,
			.id = r->size >= 2 ? tep_data_type(tep, r) : -1,
			.data = r->data,
			.size = (uint32_t)(r->size < 0 ? 0 : r->size),
			.lost = r->missed_events != 0,
			.lost_nr = r->missed_events > 0 ? (uint64_t)r->missed_events : 0,
		};

		ret = tep_stream_add(b, &e, err);
		if (!ret)
			ret = tep_pace_tick(pace, (uint32_t)cpu, (uint32_t)cpus_nr,
					    tep_stream_events(b), err);
		tracecmd_free_record(r);
		r = ret ? NULL : tracecmd_read_data(in, cpu);
	}
	return ret;
}

static int read_buffer(struct tep_stream *b, struct tracecmd_input *in, const char *name,
		       struct tep_pace *pace, struct vms_err *err)
{
	const int cpus_nr = tep_get_cpus(tracecmd_get_tep(in));
	int cpu, ret;

	ret = tep_stream_buffer(b, name, err);
	if (!ret && cpus_nr > 0)
		ret = tep_stream_cpus(b, (uint32_t)cpus_nr, err);
	for (cpu = 0; !ret && cpu < cpus_nr; cpu++)
		ret = read_cpu(b, in, cpu, cpus_nr, pace, err);
	return ret;
}

static int read_all(struct tep_stream *b, struct tracecmd_handles *h, struct tep_pace *pace,
		    struct vms_err *err)
{
	const int nr = tracecmd_buffer_instances(h->top);
	int i, ret;

	ret = read_buffer(b, h->top, "", pace, err);
	if (ret || nr <= 0)
		return ret;
	h->instances = vms_calloc((size_t)nr, sizeof(struct tracecmd_input *));
	if (!h->instances)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < nr && !ret; i++) {
		const char *name = tracecmd_buffer_instance_name(h->top, i);
		struct tracecmd_input *in = tracecmd_buffer_instance_handle(h->top, i);

		h->instances[h->instances_nr++] = in;
		if (in && name)
			ret = read_buffer(b, in, name, pace, err);
	}
	return ret;
}

static int load(struct vms_stream **out, const struct tep_load *l, struct vms_err *err)
{
	struct tep_pace pace = { .p = l->p, .total = l->size };
	struct tracecmd_handles *h = vms_calloc(1, sizeof(*h));
	struct tep_stream *b = NULL;
	int ret;

	if (!h)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	h->top = tracecmd_open(l->path, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!h->top) {
		ret = vms_fail(err, VMS_EFORMAT, "it cannot open %s", l->path);
		goto out;
	}
	ret = tep_stream_new(&b, tracecmd_get_tep(h->top), l->path, err);
	if (!ret)
		ret = read_all(b, h, &pace, err);
	if (!ret)
		ret = tep_stream_finish(b, out, "libtracecmd", handles_close, h, err);
	if (!ret) {
		(*out)->trace_id = tracecmd_get_traceid(h->top);
		h = NULL; /* both belong to the stream now */
		b = NULL;
	}
out:
	tep_stream_free(b);
	handles_close(h);
	return ret;
}

static int tracecmd_load(struct vms_stream **out, const char *path, const struct vms_progress *p,
			 struct vms_err *err)
{
	static const struct tep_reader reader = { .name = "libtracecmd",
						  .load = load,
						  .bytes_a_ms = 2000 };

	quiet();
	return tep_load(out, &reader, path, p, err);
}

static bool tracecmd_available(void)
{
	return true;
}

const struct vms_source vms_source_tracecmd = {
	.name = "libtracecmd",
	.help = "trace-cmd's library: the reference; corrected times only",
	.available = tracecmd_available,
	.load = tracecmd_load,
};
