// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading the files of a recording: which reader takes each, which part of it, and whether a host
 * tells of guests at all.
 */
#include "io/open/open.h"

#include <inttypes.h>

#include <vmsync/io/open.h>

#include "io/libs/sources.h"
#include "core/base/util.h"

static void log_stream(struct vms_trace *trace, const struct vms_stream *s)
{
	const char *const *notes;
	const char *name = open_name(s->path);
	size_t i, nr;

	trace_log(trace, "%s: read by %s, %llu events, %llu lost, clock %s", name, s->source,
		  (unsigned long long)s->events_nr, (unsigned long long)s->lost_nr,
		  *s->clock.name ? s->clock.name : "not said");
	notes = direct_notes(s, &nr);
	for (i = 0; i < nr; i++)
		trace_log(trace, "%s: %s", name, notes[i]);
}

/* the direct reader, and those after it for what it does not know */
static int load_any(struct vms_stream **out, struct vms_trace *trace, struct peek *peek,
		    struct direct_part *part, const struct vms_progress *progress,
		    struct vms_err *err)
{
	const struct vms_source *const *sources = vms_sources();
	struct vms_err first = peek->err;
	int ret = peek->ret;

	if (!ret)
		ret = direct_load_file(out, &peek->file, part, progress, &first);
	while (ret == -VMS_EUNSUP && !part && *++sources) {
		struct vms_err why = { 0 };
		int result;

		result = (*sources)->load(out, peek->path, progress, &why);
		if (!result)
			trace_log(trace, "%s; reader %s took it", first.msg, (*sources)->name);
		else if (result == -VMS_ECANCEL || result == -VMS_ENOMEM)
			first = why;
		else
			trace_log(trace, "%s did not open it either: %s", (*sources)->name,
				  why.msg);
		if (!result || result == -VMS_ECANCEL || result == -VMS_ENOMEM)
			ret = result;
	}
	if (ret && err)
		*err = first;
	return ret;
}

static int load_stream(struct vms_stream **out, struct vms_trace *t,
		       const struct vms_source *reader, struct peek *f, struct direct_part *part,
		       const struct vms_progress *p, struct vms_err *err)
{
	int ret;

	ret = reader && !part ? reader->load(out, f->path, p, err)
			      : load_any(out, t, f, part, p, err);
	if (!ret)
		log_stream(t, *out);
	return ret;
}

bool open_has_events(const struct vms_stream *s, const char *name)
{
	const unsigned int type = vms_type_find(s, NULL, name);
	uint32_t i, k;

	for (i = 0; i < s->cpus_nr && type; i++)
		for (k = 0; k < s->cpus[i].nr; k++)
			if (s->cpus[i].type[k] == type)
				return true;
	return false;
}

int open_check_host(const struct vms_trace *trace, const struct vms_stream *host, bool alone,
		    struct vms_err *err)
{
	static const char *const needed[] = { "kvm_entry", "kvm_exit" };
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(needed); i++) {
		if (open_has_events(host, needed[i]))
			continue;
		return alone ? vms_fail(err, VMS_ENODATA,
					"%s: %s, and no %s events in it: "
					"record host and guests together with trace-cmd record "
					"-e kvm -A, or name the other file too",
					host->path, vms_trace_no_guest(trace), needed[i])
			     : vms_fail(err, VMS_ENODATA,
					"%s: the host's trace has no %s events: record the host "
					"with trace-cmd record -e kvm",
					host->path, needed[i]);
	}
	return 0;
}

/*
 * Which part of a guest's times belongs to the host's part: by the recorded synchronisation, which
 * is here to be judged, and so with as much again on both sides. False: nothing tells.
 */
static bool part_of_guest(struct direct_part *part, const struct vms_trace *trace,
			  const struct vms_time_shift *shift)
{
	const int64_t more = vms_sat_sub_i64(trace->part_to_raw, trace->part_from_raw);
	int64_t least = INT64_MAX, most = INT64_MIN;
	uint32_t i, k;

	for (i = 0; shift && i < shift->cpus_nr; i++)
		for (k = 0; k < shift->cpus[i].samples_nr; k++) {
			const struct vms_shift_sample *sample = &shift->cpus[i].samples[k];

			if (sample->scaling > 1)
				return false;
			least = VMS_MIN(least, sample->offset);
			most = VMS_MAX(most, sample->offset);
		}
	if (least > most)
		return false;
	part->from_raw = vms_sat_sub_i64(vms_sat_sub_i64(trace->part_from_raw, most), more);
	part->to_raw = vms_sat_add_i64(vms_sat_sub_i64(trace->part_to_raw, least), more);
	return true;
}

int open_load_guest(struct vms_stream **out, struct vms_trace *trace,
		    const struct vms_source *reader, struct peek *peek,
		    const struct vms_progress *progress, struct vms_err *err)
{
	struct direct_part part = { 0 };
	const bool some = trace->is_part && !peek->ret &&
			  part_of_guest(&part, trace, peek->file.opts.shift_opt);

	if (trace->is_part && !some)
		trace_log(trace,
			  "%s: read whole, as no recorded synchronisation tells which part of it "
			  "belongs to that of the host",
			  open_name(peek->path));
	return load_stream(out, trace, reader, peek, some ? &part : NULL, progress, err);
}

int open_load_host(struct vms_stream **out, struct vms_trace *trace, struct open_files *of,
		   const struct vms_source *reader, const struct vms_open_how *how,
		   const struct vms_progress *progress, struct vms_err *err)
{
	struct direct_part part = { .choose = how->range, .user = how->range_user };
	struct peek *const host = &of->all[of->host];
	int ret;

	ret = load_stream(out, trace, reader, host, how->range ? &part : NULL, progress, err);
	if (!ret && how->range) {
		trace->is_part = true;
		trace->part_from_raw = VMS_MAX(part.from_raw, (*out)->first_raw);
		trace->part_to_raw = VMS_MIN(part.to_raw, (*out)->last_raw);
		if (!(*out)->events_nr)
			return vms_fail(err, VMS_ENODATA, "%s has no events in that range",
					open_name(host->path));
		trace_log(trace, "only a part was read: host times %" PRId64 " to %" PRId64,
			  trace->part_from_raw, trace->part_to_raw);
	}
	if (ret)
		return ret;
	ret = open_check_host(trace, *out, of->nr == 1, err);
	/* what a part lacks the rest may have: no word of recording anew */
	return ret && how->range
		       ? vms_fail(err, -ret, "%s has no kvm_entry or no kvm_exit in that range",
				  open_name(host->path))
		       : ret;
}
