// SPDX-License-Identifier: LGPL-2.1-or-later
/* The report on a host's file alone: what KVM itself says of its guests' clocks. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/reports/report.h"
#include "app/reports/report_impl.h"
#include "app/words/format.h"
#include "app/words/printable.h"

static const char missing[] = "no guest's file is open; with it the recorded synchronisation would "
			      "be judged, guest events "
			      "would bound the offset too, and delays of pairs could be looked at";

static const char *guest_name(const struct vms_host_vcpu *vcpu)
{
	return vcpu->decl && *vcpu->decl->name ? vcpu->decl->name : "guest";
}

/* The facts that a segment begins and ends with. */
static const struct vms_fact *first_of(const struct vms_host_vcpu *v,
				       const struct vms_band_segment *g)
{
	return &v->facts->facts[g->from_event];
}

static const struct vms_fact *last_of(const struct vms_host_vcpu *v,
				      const struct vms_band_segment *g)
{
	return &v->facts->facts[g->to_event];
}

static uint32_t left_out(const struct vms_host_vcpu *v)
{
	return v->facts->unknown_nr + v->facts->alone_nr + v->facts->facts_nr - v->facts_nr;
}

static void print_segment(FILE *f, const struct vms_host_vcpu *vcpu, const struct vms_clock *clock,
			  unsigned int i)
{
	const struct vms_band_segment *seg = &vcpu->band->segs[i];
	char width[FMT_SIZE];

	if (vcpu->band->segs_nr > 1)
		(void)fprintf(f,
			      "    segment %u of %u, host time %" PRId64 " to %" PRId64
			      ", guest TSC %" PRId64 " to %" PRId64 "\n",
			      i + 1, vcpu->band->segs_nr, first_of(vcpu, seg)->from_raw,
			      last_of(vcpu, seg)->to_raw, seg->from_raw, seg->to_raw);
	(void)fprintf(
		f,
		"    band       [%" PRId64 ", %" PRId64 "] host minus guest, width %s, %u fact%s "
		"left out\n",
		seg->lo_raw, seg->hi_raw,
		fmt_span(clock, vms_clock_ns(clock, vms_sat_sub_i64(seg->hi_raw, seg->lo_raw)),
			 width, sizeof(width)),
		seg->violations, fmt_s(seg->violations));
	(void)fprintf(f,
		      "               the guest's TSC is the host's %+" PRId64 " to %+" PRId64 "\n",
		      -seg->hi_raw, -seg->lo_raw);
}

static void print_vcpu(FILE *f, const struct vms_host_vcpu *vcpu, const struct vms_clock *clock)
{
	const uint32_t out = left_out(vcpu);
	unsigned int i;

	(void)fprintf(f, "  vCPU %u on host thread %d\n", vcpu->vcpu, vcpu->thread->tid);
	(void)fprintf(f, "    facts      %u clock fact%s, %u left out\n", vcpu->facts_nr,
		      fmt_s(vcpu->facts_nr), out);
	for (i = 0; i < vcpu->band->segs_nr; i++)
		print_segment(f, vcpu, clock, i);
}

static int text_report(FILE *f, const struct vms_trace *trace, const struct vms_host_only *h,
		       struct vms_err *err)
{
	unsigned int i;

	report_stream_line(f, "host", trace->host);
	for (i = 0; i < h->vcpus_nr; i++) {
		if (!i || h->vcpus[i].decl != h->vcpus[i - 1].decl)
			(void)fprintf(f, "guest %s: by what KVM says of its TSC\n",
				      fmt_clean(guest_name(&h->vcpus[i]), FMT_BUF));
		print_vcpu(f, &h->vcpus[i], &trace->host->clock);
	}
	(void)fprintf(f, "note: %s\n", missing);
	report_notes(f, trace);
	if (ferror(f) || fflush(f))
		return vms_fail(err, VMS_EIO, "the report cannot be written: %s", strerror(errno));
	return 0;
}

static json *json_segment(const struct vms_host_vcpu *vcpu, const struct vms_band_segment *seg,
			  const struct vms_clock *clock)
{
	json *o = json_object_new_object(), *b = json_object_new_object();

	json_put(o, "guest_from", json_integer(seg->from_raw));
	json_put(o, "guest_to", json_integer(seg->to_raw));
	json_put(o, "host_from", json_integer(first_of(vcpu, seg)->from_raw));
	json_put(o, "host_to", json_integer(last_of(vcpu, seg)->to_raw));
	json_put(b, "feasible", json_object_new_boolean(seg->feasible));
	json_put(b, "violations", json_count(seg->violations));
	json_put(b, "at", json_integer(seg->from_raw + (seg->to_raw - seg->from_raw) / 2));
	json_put(b, "offset_lo", json_bound(seg->lo_raw));
	json_put(b, "offset_hi", json_bound(seg->hi_raw));
	json_put(b, "width_ns",
		 json_real(vms_clock_ns(clock, vms_sat_sub_i64(seg->hi_raw, seg->lo_raw))));
	json_put(b, "constant", json_object_new_boolean(true));
	json_put(o, "band", b);
	return o;
}

static json *json_vcpu(const struct vms_host_vcpu *vcpu, const struct vms_clock *clock)
{
	json *o = json_object_new_object(), *facts = json_object_new_object();
	json *segs = json_object_new_array();
	unsigned int i;

	json_put(o, "vcpu", json_count(vcpu->vcpu));
	json_put(o, "host_tid", json_integer(vcpu->thread->tid));
	json_put(o, "tid_from", json_object_new_string(vcpu->decl ? "file" : "inferred"));
	json_put(facts, "n", json_count(vcpu->facts_nr));
	json_put(facts, "left_out", json_count(left_out(vcpu)));
	json_put(o, "facts", facts);
	for (i = 0; i < vcpu->band->segs_nr; i++)
		(void)json_object_array_add(segs, json_segment(vcpu, &vcpu->band->segs[i], clock));
	json_put(o, "segments", segs);
	return o;
}

static int json_report(FILE *f, const struct vms_trace *trace, const struct vms_host_only *h,
		       const struct app_report_opts *ro, struct vms_err *err)
{
	json *obj = json_object_new_object(), *host = json_object_new_object();
	json *guests = json_object_new_array(), *guest = NULL, *vcpus = NULL;
	unsigned int i;

	json_head(obj, ro);
	json_stream(host, trace->host);
	json_put(host, "holes", json_holes(h->st, trace->host));
	json_put(obj, "host", host);
	for (i = 0; i < h->vcpus_nr; i++) {
		if (!i || h->vcpus[i].decl != h->vcpus[i - 1].decl) {
			guest = json_object_new_object();
			vcpus = json_object_new_array();
			json_put(guest, "name", json_text(guest_name(&h->vcpus[i])));
			json_put(guest, "file_open", json_object_new_boolean(false));
			json_put(guest, "vcpus", vcpus);
			(void)json_object_array_add(guests, guest);
		}
		(void)json_object_array_add(vcpus, json_vcpu(&h->vcpus[i], &trace->host->clock));
	}
	json_put(obj, "guests", guests);
	json_put(obj, "missing", json_object_new_string(missing));
	json_log(obj, trace);
	return json_print(f, obj, err);
}

int app_report_host(char **text, size_t *size, bool as_json, const struct vms_trace *t,
		    const struct vms_host_only *h, const struct app_report_opts *o,
		    struct vms_err *err)
{
	FILE *f = open_memstream(text, size);
	int ret;

	if (!f)
		return vms_fail(err, VMS_ENOMEM, "out of memory for the report");
	ret = as_json ? json_report(f, t, h, o, err) : text_report(f, t, h, err);
	if (fclose(f) && !ret)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the report");
	if (ret) {
		free(*text);
		*text = NULL;
		*size = 0;
	}
	return ret;
}
