// SPDX-License-Identifier: LGPL-2.1-or-later
/* The report on a host's file alone: what KVM itself says of its guests' clocks. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/reports/report_impl.h"
#include "app/words/format.h"
#include "core/base/printable.h"

/* More vCPUs than these are in the text alone. */
#define VCPUS_SHOWN 16u

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

static void print_segment(struct text *out, const struct vms_host_vcpu *vcpu,
			  const struct vms_clock *clock, unsigned int i)
{
	const struct vms_band_segment *seg = &vcpu->band->segs[i];
	char width[FMT_SIZE];

	if (vcpu->band->segs_nr > 1)
		text_printf(out,
			    "    segment %u of %u, host time %" PRId64 " to %" PRId64
			    ", guest TSC %" PRId64 " to %" PRId64 "\n",
			    i + 1, vcpu->band->segs_nr, first_of(vcpu, seg)->from_raw,
			    last_of(vcpu, seg)->to_raw, seg->from_raw, seg->to_raw);
	text_printf(out,
		    "    band       [%" PRId64 ", %" PRId64
		    "] host minus guest, width %s, %u fact%s "
		    "left out\n",
		    seg->lo_raw, seg->hi_raw,
		    fmt_span(clock, vms_clock_ns(clock, vms_sat_sub_i64(seg->hi_raw, seg->lo_raw)),
			     width, sizeof(width)),
		    seg->violations, fmt_s(seg->violations));
	text_printf(out,
		    "               the guest's TSC is the host's %+" PRId64 " to %+" PRId64 "\n",
		    -seg->hi_raw, -seg->lo_raw);
}

static void print_vcpu(struct text *out, const struct vms_host_vcpu *vcpu,
		       const struct vms_clock *clock)
{
	unsigned int i;

	text_printf(out, "  vCPU %u on host thread %d\n", vcpu->vcpu, vcpu->thread->tid);
	text_printf(out, "    facts      %u clock fact%s, %u left out\n", vcpu->facts_nr,
		    fmt_s(vcpu->facts_nr), left_out(vcpu));
	for (i = 0; i < vcpu->band->segs_nr; i++)
		print_segment(out, vcpu, clock, i);
}

static void text_report(struct text *out, const struct vms_trace *trace,
			const struct vms_host_only *h, const struct app_report_opts *ro)
{
	unsigned int i;

	report_stream_line(out, trace->is_part ? "part of host" : "host", trace->host);
	for (i = 0; i < h->vcpus_nr; i++) {
		if (!i || h->vcpus[i].decl != h->vcpus[i - 1].decl)
			text_printf(out, "guest %s: by what KVM says of its TSC\n",
				    fmt_clean(guest_name(&h->vcpus[i]), FMT_BUF));
		print_vcpu(out, &h->vcpus[i], &trace->host->clock);
	}
	text_printf(out, "note: %s\n", missing);
	report_notes(out, trace);
	if (ro->advice)
		print_advise(out, trace, NULL, ro->advice);
}

static void json_segment(json *out, const char *key, const struct vms_host_vcpu *vcpu,
			 const struct vms_band_segment *seg, const struct vms_clock *clock)
{
	json_open(out, key, '{');
	json_put(out, "guest_from", json_integer(seg->from_raw));
	json_put(out, "guest_to", json_integer(seg->to_raw));
	json_put(out, "host_from", json_integer(first_of(vcpu, seg)->from_raw));
	json_put(out, "host_to", json_integer(last_of(vcpu, seg)->to_raw));
	json_open(out, "band", '{');
	json_put(out, "feasible", json_bool(seg->feasible));
	json_put(out, "violations", json_count(seg->violations));
	json_put(out, "at", json_integer(seg->from_raw + (seg->to_raw - seg->from_raw) / 2));
	json_put(out, "offset_lo", json_bound(seg->lo_raw));
	json_put(out, "offset_hi", json_bound(seg->hi_raw));
	json_put(out, "width_ns",
		 json_real(vms_clock_ns(clock, vms_sat_sub_i64(seg->hi_raw, seg->lo_raw))));
	json_put(out, "constant", json_bool(true));
	json_close(out, '}');
	json_close(out, '}');
}

static void json_vcpu(json *out, const char *key, const struct vms_host_vcpu *vcpu,
		      const struct vms_clock *clock)
{
	unsigned int i;

	json_open(out, key, '{');
	json_put(out, "vcpu", json_count(vcpu->vcpu));
	json_put(out, "host_tid", json_integer(vcpu->thread->tid));
	json_put(out, "tid_from", json_text(vcpu->decl ? "file" : "inferred"));
	json_open(out, "facts", '{');
	json_put(out, "n", json_count(vcpu->facts_nr));
	json_put(out, "left_out", json_count(left_out(vcpu)));
	json_close(out, '}');
	json_open(out, "segments", '[');
	for (i = 0; i < vcpu->band->segs_nr; i++)
		json_segment(out, NULL, vcpu, &vcpu->band->segs[i], clock);
	json_close(out, ']');
	json_close(out, '}');
}

static void json_report(json *out, const struct vms_trace *trace,
			const struct vms_host_only *host_only, const struct app_report_opts *ro)
{
	unsigned int i;

	json_head(out, ro);
	json_open(out, "host", '{');
	json_stream(out, trace->host);
	json_range(out, trace);
	json_holes(out, "holes", host_only->st, trace->host);
	json_close(out, '}');
	json_open(out, "guests", '[');
	for (i = 0; i < host_only->vcpus_nr; i++) {
		if (!i || host_only->vcpus[i].decl != host_only->vcpus[i - 1].decl) {
			json_open(out, NULL, '{');
			json_put(out, "name", json_text(guest_name(&host_only->vcpus[i])));
			json_put(out, "file_open", json_bool(false));
			json_open(out, "vcpus", '[');
		}
		json_vcpu(out, NULL, &host_only->vcpus[i], &trace->host->clock);
		if (i + 1 == host_only->vcpus_nr ||
		    host_only->vcpus[i].decl != host_only->vcpus[i + 1].decl) {
			json_close(out, ']');
			json_close(out, '}');
		}
	}
	json_close(out, ']');
	json_put(out, "missing", json_text(missing));
	if (ro->advice)
		json_advise(out, trace, NULL, ro->advice);
	json_end(out, trace);
}

/* There is little to say of a host alone: its text is the page, below pictures of the bands. */
static void html_report(struct text *out, const struct vms_trace *trace,
			const struct vms_host_only *host_only, const struct app_report_opts *ro)
{
	struct text text = { 0 };
	unsigned int i;

	text_report(&text, trace, host_only, ro);
	out->bad |= text.bad;
	html_head(out, trace);
	for (i = 0; i < host_only->vcpus_nr && i < VCPUS_SHOWN; i++) {
		const struct vms_host_vcpu *vcpu = &host_only->vcpus[i];

		text_printf(out, "<section class=\"vcpu\">\n<h3>");
		html_text(out, guest_name(vcpu));
		text_printf(out, ", vCPU %u on host thread %d</h3>\n", vcpu->vcpu,
			    vcpu->thread->tid);
		html_facts_band(out, trace->host, vcpu->band);
		text_printf(out, "</section>\n");
	}
	text_printf(out, "<pre class=\"line\">");
	html_lines(out, text.p ? text.p : "");
	text_printf(out, "</pre>\n</body></html>\n");
	free(text.p);
}

int app_report_host(char **text, size_t *size, enum app_report kind, const struct vms_trace *t,
		    const struct vms_host_only *h, const struct app_report_opts *o,
		    struct vms_err *err)
{
	struct app_report_opts with = *o;
	struct vms_advise *advice = NULL;
	json out = { 0 };
	const bool advise = o->advise || kind == APP_REPORT_HTML;
	const int ret = advise ? vms_advise(&advice, t, h->st, NULL, NULL, err) : 0;

	if (ret)
		return ret;
	with.advice = advice;
	if (kind == APP_REPORT_JSON)
		json_report(&out, t, h, &with);
	else if (kind == APP_REPORT_HTML)
		html_report(&out.text, t, h, &with);
	else
		text_report(&out.text, t, h, &with);
	vms_advise_free(advice);
	return report_take(&out.text, text, size, err);
}
