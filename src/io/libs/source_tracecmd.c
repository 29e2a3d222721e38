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
	struct tracecmd_handles *handles = p;
	unsigned int i;

	if (!handles)
		return;
	for (i = 0; i < handles->instances_nr; i++)
		if (handles->instances[i])
			tracecmd_close(handles->instances[i]);
	free(handles->instances);
	if (handles->top)
		tracecmd_close(handles->top);
	free(handles);
}

static void quiet(void)
{
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
}

static int read_cpu(struct tep_stream *tep_stream, struct tracecmd_input *in, int cpu, int cpus_nr,
		    struct tep_pace *pace, struct vms_err *err)
{
	struct tep_handle *tep = tracecmd_get_tep(in);
	struct tep_record *tep_record = tracecmd_read_cpu_first(in, cpu);
	int ret = 0;

	while (tep_record && !ret) {
		const struct tep_event_in tep_event_in = {
			.cpu = (uint32_t)(tep_record->cpu < 0 ? 0 : tep_record->cpu),
			.time = (int64_t)tep_record->ts,
			.id = tep_record->size >= 2 ? tep_data_type(tep, tep_record) : -1,
			.data = tep_record->data,
			.size = (uint32_t)(tep_record->size < 0 ? 0 : tep_record->size),
			.lost = tep_record->missed_events != 0,
			.lost_nr = tep_record->missed_events > 0
					   ? (uint64_t)tep_record->missed_events
					   : 0,
		};

		ret = tep_stream_add(tep_stream, &tep_event_in, err);
		if (!ret)
			ret = tep_pace_tick(pace, (uint32_t)cpu, (uint32_t)cpus_nr,
					    tep_stream_events(tep_stream), err);
		tracecmd_free_record(tep_record);
		tep_record = ret ? NULL : tracecmd_read_data(in, cpu);
	}
	return ret;
}

static int read_buffer(struct tep_stream *tep_stream, struct tracecmd_input *in, const char *name,
		       struct tep_pace *pace, struct vms_err *err)
{
	const int cpus_nr = tep_get_cpus(tracecmd_get_tep(in));
	int cpu, ret;

	ret = tep_stream_buffer(tep_stream, name, err);
	if (!ret && cpus_nr > 0)
		ret = tep_stream_cpus(tep_stream, (uint32_t)cpus_nr, err);
	for (cpu = 0; !ret && cpu < cpus_nr; cpu++)
		ret = read_cpu(tep_stream, in, cpu, cpus_nr, pace, err);
	return ret;
}

static int read_all(struct tep_stream *tep_stream, struct tracecmd_handles *handles,
		    struct tep_pace *pace, struct vms_err *err)
{
	const int nr = tracecmd_buffer_instances(handles->top);
	int i, ret;

	ret = read_buffer(tep_stream, handles->top, "", pace, err);
	if (ret || nr <= 0)
		return ret;
	handles->instances = vms_calloc((size_t)nr, sizeof(struct tracecmd_input *));
	if (!handles->instances)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < nr && !ret; i++) {
		const char *name = tracecmd_buffer_instance_name(handles->top, i);
		struct tracecmd_input *in = tracecmd_buffer_instance_handle(handles->top, i);

		handles->instances[handles->instances_nr++] = in;
		if (in && name)
			ret = read_buffer(tep_stream, in, name, pace, err);
	}
	return ret;
}

static int load(struct vms_stream **out, const struct tep_load *tep_load, struct vms_err *err)
{
	struct tep_pace pace = { .p = tep_load->p, .total = tep_load->size };
	struct tracecmd_handles *handles = vms_calloc(1, sizeof(*handles));
	struct tep_stream *tep_stream = NULL;
	int ret;

	if (!handles)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	handles->top = tracecmd_open(tep_load->path, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!handles->top) {
		ret = tep_cannot_open(tep_load->path, err);
		goto out;
	}
	ret = tep_stream_new(&tep_stream, tracecmd_get_tep(handles->top), tep_load->path, err);
	if (!ret) {
		tep_stream_raw(tep_stream, handles->top);
		ret = read_all(tep_stream, handles, &pace, err);
	}
	if (!ret)
		ret = tep_stream_finish(tep_stream, out, "libtracecmd", handles_close, handles,
					err);
	if (!ret) {
		handles = NULL; /* both belong to the stream now */
		tep_stream = NULL;
	}
out:
	tep_stream_free(tep_stream);
	handles_close(handles);
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

const struct vms_source vms_source_tracecmd = {
	.name = "libtracecmd",
	.help = "trace-cmd's library: the reference",
	.load = tracecmd_load,
};
