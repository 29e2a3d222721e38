// SPDX-License-Identifier: LGPL-2.1-or-later
/* Fitness of sequences in reports: a table of words and figures, and all of them as JSON. */
#include "app/reports/report_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "app/words/fitness.h"
#include "app/words/format.h"
#include "core/base/util.h"

static void range(json *out, const char *key, const struct vms_fit_range *r)
{
	json_open(out, key, '[');
	json_put(out, NULL, json_real(r->lo));
	json_put(out, NULL, json_real(r->hi));
	json_close(out, ']');
}

static void groups(json *out, const char *key, const char *of, const struct vms_fit_group *group,
		   unsigned int nr)
{
	unsigned int i;

	json_open(out, key, '[');
	for (i = 0; i < nr; i++) {
		const bool some = group[i].nr > 0;

		json_open(out, NULL, '{');
		if (of)
			json_put(out, of, json_count(group[i].of));
		json_put(out, "n", json_count(group[i].nr));
		json_put(out, "least", json_real(some ? group[i].least_ns : NAN));
		json_put(out, "median", json_real(some ? group[i].median_ns : NAN));
		json_put(out, "mad", json_real(some ? group[i].mad_ns : NAN));
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void delays(json *out, const char *key, const struct vms_fitness *f)
{
	json_open(out, key, '{');
	json_put(out, "n", json_count(f->delays_nr));
	json_put(out, "least", json_real(f->least_ns));
	json_put(out, "p5", json_real(f->p5_ns));
	json_put(out, "median", json_real(f->median_ns));
	json_put(out, "p95", json_real(f->p95_ns));
	json_put(out, "mad", json_real(f->mad_ns));
	json_put(out, "mean", json_real(f->mean_ns));
	range(out, "least_true", &f->least_true_ns);
	json_close(out, '}');
}

/* The tightest bound, in the times of the guest's file. */
static void bound(json *out, const char *key, const struct vms_stream *guest,
		  const struct vms_fitness *f)
{
	const int64_t at_raw =
		f->delays_nr ? guest->cpus[f->bound.cpu_idx].time_raw[f->bound.event] : 0;

	if (!f->delays_nr) {
		json_put(out, key, json_null());
		return;
	}
	json_open(out, key, '{');
	json_put(out, "offset", json_integer(report_offset(guest, at_raw, f->bound_raw)));
	json_put(out, "vcpu", json_count(guest->cpus[f->bound.cpu_idx].cpu));
	json_put(out, "guest_event", json_count(f->bound.event));
	json_put(out, "guest_time", json_integer(report_time(guest, at_raw)));
	json_put(out, "beyond_band_ns", json_real(fmax(f->bound_beyond_ns, 0.0)));
	json_close(out, '}');
}

void json_fitness(json *out, const struct vms_clock *clock, const struct vms_stream *guest,
		  enum vms_dir dir, const struct vms_fitness *f, bool whole)
{
	char why[FIT_WHY_CHARS];

	json_put(out, "fitness", json_text(vms_fit_name(f->fit)));
	json_put(out, "fitness_why", json_text(fit_why(clock, guest, dir, f, why)));
	json_put(out, "pairs", json_count(f->pairs_nr));
	json_put(out, "guest_occurrences", json_count(f->counts.guest_nr));
	json_put(out, "host_occurrences", json_count(f->counts.host_nr));
	json_put(out, "precision", json_real(f->precision));
	range(out, "precision_95", &f->precision_95);
	json_put(out, "recall", json_real(f->recall));
	range(out, "recall_95", &f->recall_95);
	json_put(out, "lift", json_real(f->lift));
	json_put(out, "key_checks", json_count(f->counts.key_checks));
	json_put(out, "key_conflicts", json_count(f->counts.key_conflicts));
	json_put(out, "impossible", json_count(f->impossible_nr));
	delays(out, "delay_ns", f);
	json_put(out, "sharpness_per_ns", json_real(f->sharpness));
	json_put(out, "least_error_ns", json_real(f->least_error_ns));
	json_put(out, "effective_n", json_real(f->effective_nr));
	groups(out, "thirds", NULL, f->thirds, VMS_ARRAY_NR(f->thirds));
	if (whole) {
		groups(out, "vcpus", "vcpu", f->vcpus, f->vcpus_nr);
		groups(out, "host_cpus", "cpu", f->pcpus, f->pcpus_nr);
	}
	json_put(out, "halves_distance", json_real(f->halves_distance));
	json_put(out, "halves_p", json_real(f->halves_p));
	bound(out, "bound", guest, f);
	json_open(out, "error_ns", '{');
	range(out, "mean", &f->error_mean_ns);
	range(out, "median", &f->error_median_ns);
	range(out, "least", &f->error_least_ns);
	json_close(out, '}');
}

const struct vms_fitness *report_fitness_of(const struct vms_fitness *of,
					    const struct vms_session *s, unsigned int i,
					    unsigned int seq)
{
	return &of[(size_t)i * vms_session_catalogue(s)->seqs_nr + seq];
}

void json_guest_sequences(json *out, const char *key, const struct vms_session *session,
			  unsigned int guest, const struct app_report_opts *ro)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	unsigned int i;

	json_open(out, key, '[');
	for (i = 0; i < cat->seqs_nr; i++) {
		if (!cat->seqs[i].enabled)
			continue;
		json_open(out, NULL, '{');
		json_put(out, "name", json_text(cat->seqs[i].name));
		json_put(out, "direction", json_text(report_direction(&cat->seqs[i])));
		json_fitness(out, vms_session_clock(session),
			     vms_session_trace(session)->guests[guest].stream, cat->seqs[i].dir,
			     report_fitness_of(ro->fitness->of_guest, session, guest, i), true);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static const char *share_text(double share, char *buf, size_t size)
{
	(void)snprintf(buf, size, isnan(share) ? "-" : "%.2f", share);
	return buf;
}

void print_fitness_head(struct text *out, const char *what)
{
	text_printf(out, "    %-15s %-10s %8s %5s %5s %5s %12s %12s %18s  %s\n", what, "verdict",
		    "pairs", "prec", "rec", "lift", "median", "mad", "least true delay", "why");
}

void print_fitness_row(struct text *out, const struct vms_session *session, unsigned int guest,
		       const char *name, enum vms_dir dir, const struct vms_fitness *f)
{
	const struct vms_clock *clock = vms_session_clock(session);
	char why[FIT_WHY_CHARS];

	text_printf(out, "    %-15s %-10s %8" PRIu64 " %5s %5s %5s %12s %12s %18s  %s\n", name,
		    fit_word(f->fit), f->pairs_nr, share_text(f->precision, BUF(16)),
		    share_text(f->recall, BUF(16)), share_text(f->lift, BUF(32)),
		    fmt_span(clock, f->median_ns, FMT_BUF), fmt_span(clock, f->mad_ns, FMT_BUF),
		    fit_range(clock, &f->least_true_ns, BUF(64)),
		    fit_why(clock, vms_session_trace(session)->guests[guest].stream, dir, f, why));
}

void print_fitness(struct text *out, const struct vms_session *session, unsigned int guest,
		   const struct app_report_opts *ro)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	unsigned int i;

	text_printf(out, "  sequences of all vCPUs as synchronisation points, under the band\n");
	print_fitness_head(out, "sequence");
	for (i = 0; i < cat->seqs_nr; i++) {
		const struct vms_fitness *f =
			report_fitness_of(ro->fitness->of_guest, session, guest, i);

		if (!cat->seqs[i].enabled || (!f->pairs_nr && !f->counts.guest_nr))
			continue;
		print_fitness_row(out, session, guest, fmt_clean(cat->seqs[i].name, BUF(256)),
				  cat->seqs[i].dir, f);
	}
}
