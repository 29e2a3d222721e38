// SPDX-License-Identifier: LGPL-2.1-or-later
/* The thesis' measure in reports: line by line as its program prints it, and as JSON. */
#include "app/reports/report_impl.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/util.h"

static void print_delays(struct text *out, const char *what, const struct vms_thesis_delays *d)
{
	text_printf(out,
		    "  %s events:\tN_Samples: %u,\tMean: %f ns,\tVariance: %f ns^2,\tSD: %f ns\n",
		    what, d->nr, d->mean, d->variance, d->sd);
}

static void delays(json *out, const char *key, const struct vms_thesis_delays *d)
{
	json_open(out, key, '{');
	json_put(out, "n", json_count(d->nr));
	json_put(out, "mean", json_real(d->mean));
	json_put(out, "variance", json_real(d->variance));
	json_put(out, "sd", json_real(d->sd));
	json_close(out, '}');
}

static void measure(json *out, const struct vms_thesis *t)
{
	json_put(out, "events", json_count(t->events));
	json_put(out, "guest_outside", json_count(t->guest_outside));
	delays(out, "timer", &t->timer);
	delays(out, "idle", &t->idle);
}

void report_thesis_measure(struct report_thesis *thesis, const struct vms_trace *trace)
{
	thesis->guests = vms_calloc(trace->guests_nr, sizeof(*thesis->guests));
	thesis->ret = thesis->guests ? vms_thesis_measure(&thesis->all, thesis->guests, trace,
							  &thesis->err)
				     : -VMS_ENOMEM;
}

/* Where it measures nothing, nothing is said in text, and why in JSON. */
void report_thesis(json *out, bool as_json, const struct vms_trace *trace,
		   const struct report_thesis *thesis)
{
	const struct vms_thesis *const all = &thesis->all;
	const int ret = thesis->ret;
	unsigned int i;

	out->text.bad |= ret == -VMS_ENOMEM;
	if (!as_json && !ret) {
		text_printf(&out->text,
			    "as trace-checker measures, in the times that trace-cmd shows%s:\n"
			    "  Number of events: %" PRIu64 "\n"
			    "  Host events inside kvm_entry/kvm_exit block: %" PRIu64 "\n"
			    "  Guest events outside kvm_entry/kvm_exit block: %" PRIu64 "\n",
			    trace->host->clock.counts_ns || trace->host->clock.mult
				    ? ""
				    : " (ticks that it calls ns)",
			    all->events, all->host_inside, all->guest_outside);
		print_delays(&out->text, "TIMER", &all->timer);
		print_delays(&out->text, "HLT", &all->idle);
	} else if (as_json) {
		json_open(out, "thesis", '{');
		json_put(out, "why", ret ? json_text(thesis->err.msg) : json_null());
		if (!ret) {
			json_put(out, "host_inside", json_count(all->host_inside));
			measure(out, all);
		}
		json_open(out, "guests", '[');
		for (i = 0; i < trace->guests_nr && !ret; i++) {
			json_open(out, NULL, '{');
			measure(out, &thesis->guests[i]);
			json_close(out, '}');
		}
		json_close(out, ']');
		json_close(out, '}');
	}
}
