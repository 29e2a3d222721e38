// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Opening a recording: readers and their fall-backs, host and guests, and what is not enough to
 * work with.
 */
#include "io/open/open.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/io/open.h>
#include <vmsync/log.h>
#include <vmsync/model.h>
#include <vmsync/time.h>

#include "io/direct/direct.h"
#include "io/files/unchanged.h"
#include "io/libs/sources.h"
#include "core/base/printable.h"
#include "core/base/util.h"

#define LOG_MAX ((size_t)1000)

void trace_log(struct vms_trace *trace, const char *fmt, ...)
{
	size_t cap = trace->log_nr; /* grows by one: logs are short */
	char raw[4096], text[512];
	char *copy;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	(void)fmt_cut(raw, sizeof(text), text, sizeof(text));
	vms_log(VMS_LOG_INFO, "read", "%s", text);
	if (vms_grow(&trace->log, &cap, (size_t)trace->log_nr + 1, sizeof(*trace->log), LOG_MAX))
		return;
	copy = vms_strdup(text);
	if (copy)
		trace->log[trace->log_nr++] = copy;
}

const char *open_name(const char *path)
{
	size_t len;

	return trace_base(path, &len);
}

/* In the order in which they are tried. */
const struct vms_source *const *vms_sources(void)
{
	static const struct vms_source *const all[] = { &vms_source_direct, &vms_source_tracecmd,
							&vms_source_kshark, NULL };

	return all;
}

const struct vms_source *vms_source_find(const char *name)
{
	const struct vms_source *const *s;

	for (s = vms_sources(); *s; s++)
		if (!name || !strcmp((*s)->name, name))
			return *s;
	return NULL;
}

static int given_files(struct open_files *of, struct vms_trace *trace, const char *const *paths,
		       unsigned int nr, const struct vms_source *reader, struct vms_err *err)
{
	unsigned int i;
	size_t k;

	of->all = vms_calloc(nr, sizeof(*of->all));
	if (!of->all)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	of->cap = nr;
	for (i = 0; i < nr; i++) {
		struct peek *peek = &of->all[of->nr];

		if (peek_file(peek, paths[i])) {
			peek_clear(peek);
			return vms_fail(err, VMS_ENOMEM, "out of memory looking at %s", paths[i]);
		}
		for (k = 0; k < of->nr && !peek_same(&of->all[k], peek); k++)
			;
		if (k < of->nr) {
			trace_log(trace, "%s is given twice", open_name(paths[i]));
			peek_clear(peek);
			continue;
		}
		of->nr++;
		/*
		 * another reader may know what this one does not, and asked for by name it decides;
		 * not on what asks for too much of any reader
		 */
		if (peek->ret && peek->ret != -VMS_EUNSUP &&
		    (!reader || reader == vms_sources()[0] || peek->ret == -VMS_EIO ||
		     peek->ret == -VMS_ERANGE)) {
			if (err)
				*err = peek->err;
			return peek->ret;
		}
	}
	return 0;
}

/*
 * no option tells the host: the one that entered guests is it, of several the one whose name the
 * others extend
 */
static long host_by_events(const struct open_files *of, struct vms_stream *const *streams)
{
	long best = 0;
	int best_votes = -1;
	size_t i, k, len;

	for (i = 0; i < of->nr; i++) {
		int votes = open_has_events(streams[i], "kvm_entry") ? (int)of->nr : 0;

		for (k = 0; k < of->nr; k++)
			votes += k != i && trace_suffix(of->all[i].path, of->all[k].path, &len);
		if (votes > best_votes) {
			best_votes = votes;
			best = (long)i;
		}
	}
	return best;
}

static const struct vms_guest_decl *decl_of(const struct vms_stream *host,
					    const struct vms_stream *guest, const char *name,
					    unsigned int guests_nr)
{
	unsigned int i;

	for (i = 0; i < host->decls_nr; i++)
		if (guest->trace_id && host->decls[i].trace_id == guest->trace_id)
			return &host->decls[i];
	for (i = 0; i < host->decls_nr; i++)
		if (*host->decls[i].name && !strcmp(host->decls[i].name, name))
			return &host->decls[i];
	return host->decls_nr == 1 && guests_nr == 1 && !guest->trace_id ? &host->decls[0] : NULL;
}

static char *name_of_path(const char *host_path, const char *path)
{
	size_t len;
	const char *s = trace_suffix(host_path, path, &len);
	char *name;

	if (!s)
		s = trace_suffix("trace", path, &len);
	if (!s)
		s = trace_base(path, &len);
	name = vms_calloc(len + 1, 1);
	return name ? memcpy(name, s, len) : NULL;
}

static void log_mismatch(struct vms_trace *trace, const struct vms_guest *guest)
{
	const struct vms_clock *host_clock = &trace->host->clock;
	const struct vms_clock *clock = &guest->stream->clock;

	if (!guest->ids_match &&
	    (guest->stream->shift || (trace->host->decls_nr && guest->stream->trace_id)))
		trace_log(trace,
			  "guest %s: the ids in its file and the host's do not name each other: "
			  "are they of one "
			  "recording?",
			  guest->name);
	if (strcmp(host_clock->name, clock->name))
		trace_log(trace, "guest %s has clock %s, the host %s: no offset fits for long",
			  guest->name, clock->name, host_clock->name);
	else if (host_clock->mult != clock->mult || host_clock->shift != clock->shift)
		trace_log(trace,
			  "guest %s: TSC2NSEC is %u >> %u, the host's %u >> %u: trace-cmd shows "
			  "their times at "
			  "different rates",
			  guest->name, clock->mult, clock->shift, host_clock->mult,
			  host_clock->shift);
}

static void log_moved(struct vms_trace *trace, const struct vms_guest *guest)
{
	const int64_t moved = vms_recorded_moved(guest->stream, trace->host);
	const struct vms_clock *c = &trace->host->clock;

	if (moved)
		trace_log(trace,
			  "guest %s: option OFFSET or DATE moves what trace-cmd shows by %.9g %s "
			  "against the host",
			  guest->name, vms_clock_ns(c, moved) / (c->ns_per_unit > 0.0 ? 1e9 : 1.0),
			  c->ns_per_unit > 0.0 ? "s" : "ticks");
}

/* Only where both count the same TSC is its ratio one to the host's. */
static int unscale(struct vms_trace *trace, const struct vms_guest *guest)
{
	const struct vms_stream *stream = guest->stream;

	if (stream->clock.counts_ns || trace->host->clock.counts_ns)
		return 0;
	if (vms_stream_unscale(guest->stream))
		return -VMS_ENOMEM;
	if (stream->ratio.mult)
		trace_log(trace,
			  "guest %s: KVM scales its TSC by %.9f; that is undone in all times, and "
			  "offsets are to guest ticks as long as the host's",
			  guest->name, vms_ratio_value(&stream->ratio));
	return 0;
}

static int link_guest(struct vms_trace *trace, struct vms_guest *guest)
{
	struct vms_stream *stream = guest->stream;

	guest->name = name_of_path(trace->host->path, stream->path);
	if (!guest->name)
		return -VMS_ENOMEM;
	guest->decl = decl_of(trace->host, stream, guest->name, trace->guests_nr);
	if (guest->decl && *guest->decl->name) {
		free(guest->name);
		guest->name = vms_strdup(guest->decl->name);
		if (!guest->name)
			return -VMS_ENOMEM;
	}
	stream->name = guest->name;
	log_mismatch(trace, guest);
	return 0;
}

static void log_missing(struct vms_trace *trace)
{
	unsigned int i, k;

	for (i = 0; i < trace->host->decls_nr; i++) {
		for (k = 0; k < trace->guests_nr && trace->guests[k].decl != &trace->host->decls[i];
		     k++)
			;
		if (k == trace->guests_nr)
			trace_log(trace,
				  "guest %s is named in the host's trace, but its file is not open",
				  trace->host->decls[i].name);
	}
}

/*
 * A host that recorded kvm events only does not say how long its ticks are. Those of a guest with
 * the same clock are as long, but for a scaled TSC, and then no offset holds either.
 */
static void rate_lend(struct vms_clock *to, const struct vms_clock *from)
{
	if (to->ns_per_unit > 0.0 || to->counts_ns || from->counts_ns || from->ns_per_unit <= 0.0 ||
	    strcmp(to->name, "x86-tsc") != 0 || strcmp(from->name, "x86-tsc") != 0)
		return;
	to->ns_per_unit = from->ns_per_unit;
	to->rate_from = VMS_RATE_ESTIMATED;
}

/* hands the streams to the recording; those taken are NULL afterwards */
static int trace_build(struct vms_trace *trace, struct vms_stream **streams,
		       const struct open_files *of, struct vms_err *err)
{
	const size_t host = (size_t)of->host;
	unsigned int i;
	size_t k;

	trace->guests = vms_calloc(of->nr, sizeof(*trace->guests));
	if (!trace->guests)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	trace->host = streams[host];
	streams[host] = NULL;
	trace->host->name = "host";
	for (k = 0; k < of->nr; k++) {
		if (!streams[k])
			continue;
		/* by the options: not every reader hands them on */
		trace->guests[trace->guests_nr].ids_match =
			open_ids_both(&of->all[host], &of->all[k]);
		trace->guests[trace->guests_nr++].stream = streams[k];
		streams[k] = NULL;
	}
	for (i = 0; i < trace->guests_nr; i++)
		if (link_guest(trace, &trace->guests[i]))
			return vms_fail(err, VMS_ENOMEM, "out of memory");
	log_missing(trace);
	for (i = 0; i < trace->guests_nr; i++)
		if (unscale(trace, &trace->guests[i]))
			return vms_fail(err, VMS_ENOMEM, "out of memory");
	if (vms_clock_rate_estimate(&trace->host->clock, trace->host) == -VMS_ENOMEM)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < trace->guests_nr; i++)
		if (vms_clock_rate_estimate(&trace->guests[i].stream->clock,
					    trace->guests[i].stream) == -VMS_ENOMEM)
			return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < trace->guests_nr; i++)
		rate_lend(&trace->host->clock, &trace->guests[i].stream->clock);
	for (i = 0; i < trace->guests_nr; i++)
		rate_lend(&trace->guests[i].stream->clock, &trace->host->clock);
	for (i = 0; i < trace->guests_nr; i++)
		log_moved(trace, &trace->guests[i]);
	vms_log(VMS_LOG_INFO, "read", "host clock: %.9f ns a unit, %u guests",
		trace->host->clock.ns_per_unit, trace->guests_nr);
	for (i = 0; i < trace->guests_nr; i++)
		vms_log(VMS_LOG_INFO, "read", "guest %s: %.9f ns a unit, %u CPUs, %s",
			trace->guests[i].name, trace->guests[i].stream->clock.ns_per_unit,
			trace->guests[i].stream->cpus_nr,
			trace->guests[i].ids_match ? "ids match" : "ids do not match");
	return 0;
}

static int load_all(struct vms_trace *trace, struct open_files *of, const struct vms_source *reader,
		    const struct vms_open_how *how, const struct vms_progress *progress,
		    struct vms_err *err)
{
	struct vms_stream **streams = vms_calloc(of->nr, sizeof(struct vms_stream *));
	size_t i;
	int ret = streams ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");

	/* the host first: without it nothing else is needed */
	if (!ret && of->host >= 0)
		ret = open_load_host(&streams[of->host], trace, of, reader, how, progress, err);
	else if (!ret && how->range)
		ret = vms_fail(err, VMS_ENODATA,
			       "nothing in the files says which is the host's, whose time a range "
			       "is of: open all of them");
	for (i = 0; i < of->nr && !ret; i++)
		if (!streams[i])
			ret = open_load_guest(&streams[i], trace, reader, &of->all[i], progress,
					      err);
	if (!ret && of->host < 0) {
		of->host = host_by_events(of, streams);
		trace_log(trace,
			  "%s is taken as the host's: nothing in the files says so but its events",
			  open_name(of->all[of->host].path));
		ret = open_check_host(trace, streams[of->host], of->nr == 1, err);
	}
	if (!ret)
		ret = trace_build(trace, streams, of, err);
	for (i = 0; i < of->nr && streams; i++)
		vms_stream_free(streams[i]);
	free(streams);
	return ret;
}

static int reader_choose(const struct vms_source **out, const struct vms_open_how *how,
			 struct vms_err *err)
{
	const char *const name = how->reader;

	*out = NULL;
	if (!name)
		return 0;
	*out = vms_source_find(name);
	if (!*out)
		return vms_fail(err, VMS_EUSAGE,
				"no reader is called %s: there are direct, libtracecmd, libkshark",
				name);
	if (how->range && *out != &vms_source_direct)
		return vms_fail(err, VMS_EUSAGE, "only reader direct reads a range, not %s", name);
	return 0;
}

int vms_trace_open(struct vms_trace **out, const char *const *paths, unsigned int paths_nr,
		   const struct vms_open_how *how, const struct vms_progress *progress,
		   struct vms_err *err)
{
	static const struct vms_open_how as_fits = { 0 };
	const struct vms_source *source;
	struct open_files of = { .host = -1 };
	struct vms_trace *trace;
	unsigned int i;
	int ret;

	if (!paths_nr)
		return vms_fail(err, VMS_EUSAGE, "no trace file is given");
	how = how ? how : &as_fits;
	ret = reader_choose(&source, how, err);
	if (ret)
		return ret;
	for (i = 0; i < paths_nr; i++)
		vms_log(VMS_LOG_DEBUG, "read", "%s is given, reader %s", paths[i],
			source ? source->name : "as fits");
	trace = vms_calloc(1, sizeof(*trace));
	if (!trace)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	ret = given_files(&of, trace, paths, paths_nr, source, err);
	if (!ret)
		ret = open_files_find(&of, trace, err);
	if (!ret)
		ret = load_all(trace, &of, source, how, progress, err);
	open_files_clear(&of);
	if (!ret && trace_unchanged(trace, err))
		ret = vms_fail_at(err, -VMS_EIO, "while it was read");
	if (ret)
		vms_trace_free(trace);
	else
		*out = trace;
	return ret;
}
