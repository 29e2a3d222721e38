// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the words of a fitness: the verdict, and the one figure that decides it. */
#include "app/words/fitness.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "app/words/format.h"
#include "app/words/words.h"
#include "core/base/util.h"

const char *fit_word(enum vms_fit fit)
{
	static const char *const word[VMS_FIT_NR] = {
		[VMS_FIT_SYNC_POINT] = "sync point", [VMS_FIT_BOUND_ONLY] = "bound only",
		[VMS_FIT_TOO_FEW] = "too few",	     [VMS_FIT_UNSTABLE] = "unstable",
		[VMS_FIT_BY_CHANCE] = "by chance",   [VMS_FIT_UNFIT] = "unfit",
	};

	return word[fit];
}

const char *fit_range(const struct vms_clock *clock, const struct vms_fit_range *range, char *buf,
		      size_t size)
{
	const struct fmt_unit *unit = fmt_unit_at(fmax(fabs(range->lo), fabs(range->hi)), 1000.0);
	const int decimals = unit->scale > 1.0;

	if (!isfinite(range->lo) || !isfinite(range->hi))
		(void)snprintf(buf, size, "-");
	else
		(void)snprintf(buf, size, "%.*f to %.*f %s", decimals, range->lo / unit->scale,
			       decimals, range->hi / unit->scale,
			       clock->ns_per_unit > 0.0 ? unit->name : unit->ticks);
	return buf;
}

static void few(const struct vms_fitness *f, const char *end, char *buf)
{
	if (!f->counts.guest_nr && !f->pairs_nr)
		(void)snprintf(buf, FIT_WHY_CHARS, "the guest recorded no such event");
	else if (!f->counts.host_nr && !f->pairs_nr)
		(void)snprintf(buf, FIT_WHY_CHARS, "the host recorded no such %s", end);
	else if (f->delays_nr < f->pairs_nr)
		(void)snprintf(buf, FIT_WHY_CHARS,
			       "%" PRIu64 " of %" PRIu64 " pairs lie where the band is known",
			       f->delays_nr, f->pairs_nr);
	else
		(void)snprintf(buf, FIT_WHY_CHARS, "%" PRIu64 " pair%s", f->pairs_nr,
			       fmt_s(f->pairs_nr));
}

static void against(const struct vms_stream *guest, const struct vms_fit_at *at, uint64_t nr,
		    uint64_t of, const char *what, char *buf)
{
	(void)snprintf(buf, FIT_WHY_CHARS,
		       "%" PRIu64 " of %" PRIu64 " %s; the first at event %u of vCPU %u", nr, of,
		       what, at->event, guest->cpus[at->cpu_idx].cpu);
}

static void moved(const struct vms_clock *clock, const struct vms_fitness *f, char *buf)
{
	static const char *const third[] = { "first", "second", "last" };
	const struct vms_fit_group *group = f->why == VMS_FIT_WHY_THIRDS  ? &f->thirds[f->moved]
					    : f->why == VMS_FIT_WHY_VCPUS ? &f->vcpus[f->moved]
									  : &f->pcpus[f->moved];
	char there[FMT_SIZE], all[FMT_SIZE], where[64];

	if (f->why == VMS_FIT_WHY_THIRDS)
		(void)snprintf(where, sizeof(where), "in the %s third", third[f->moved]);
	else
		(void)snprintf(where, sizeof(where), "on %s %u",
			       f->why == VMS_FIT_WHY_VCPUS ? "vCPU" : "pCPU", group->of);
	(void)snprintf(buf, FIT_WHY_CHARS, "it moves: median %s %s, %s of all",
		       fmt_span(clock, group->median_ns, there, sizeof(there)), where,
		       fmt_span(clock, f->median_ns, all, sizeof(all)));
}

const char *fit_why(const struct vms_clock *clock, const struct vms_stream *guest, enum vms_dir dir,
		    const struct vms_fitness *f, char *buf)
{
	const char *end = dir == VMS_GUEST_TO_HOST ? "exit" : "entry";
	const bool precise = !(f->precision < f->recall);
	const struct vms_fit_range *share = precise ? &f->precision_95 : &f->recall_95;

	switch (f->why) {
	case VMS_FIT_WHY_IMPOSSIBLE:
		against(guest, &f->first_impossible, f->impossible_nr, f->pairs_nr,
			"pairs have a negative delay at every offset of the band", buf);
		break;
	case VMS_FIT_WHY_CONFLICTS:
		against(guest, &f->first_conflict, f->counts.key_conflicts, f->counts.key_checks,
			"keys differ", buf);
		break;
	case VMS_FIT_WHY_FEW: few(f, end, buf); break;
	case VMS_FIT_WHY_LIFT:
		(void)snprintf(buf, FIT_WHY_CHARS,
			       "lift %.2f: %.0f %% of all ends of stretches are such an %s, "
			       "whatever came %s",
			       f->lift,
			       100.0 * (double)f->counts.ends_fit_nr / (double)f->counts.ends_nr,
			       end, dir == VMS_GUEST_TO_HOST ? "before" : "after");
		break;
	case VMS_FIT_WHY_THIRDS:
	case VMS_FIT_WHY_VCPUS:
	case VMS_FIT_WHY_PCPUS: moved(clock, f, buf); break;
	case VMS_FIT_WHY_ANY:
		(void)snprintf(buf, FIT_WHY_CHARS,
			       "any guest event is taken: nothing but the order is claimed");
		break;
	case VMS_FIT_WHY_AMBIGUOUS:
		(void)snprintf(buf, FIT_WHY_CHARS, "ambiguous: precision %.2f, recall %.2f",
			       f->precision, f->recall);
		break;
	case VMS_FIT_WHY_LOOSE:
		(void)snprintf(buf, FIT_WHY_CHARS, "loose: the MAD is %.0f %% of the median",
			       100.0 * f->mad_ns / f->median_ns);
		break;
	case VMS_FIT_WHY_ALL:
		(void)snprintf(buf, FIT_WHY_CHARS,
			       "%s %.2f, surely above %.2f; MAD %.0f %% of the median; steady",
			       precise ? "precision" : "recall", precise ? f->precision : f->recall,
			       share->lo, 100.0 * f->mad_ns / f->median_ns);
		break;
	}
	return buf;
}

static void group_lines(struct lines *lines, const struct vms_clock *clock, const char *what,
			const struct vms_fit_group *group, unsigned int nr, uint32_t first)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		(void)snprintf(name, sizeof(name), "%s %u", what, group[i].of + first);
		if (group[i].nr)
			(void)lines_add(lines, "%-9s %7" PRIu64 " %11s %11s %11s", name,
					group[i].nr, fmt_span(clock, group[i].least_ns, FMT_BUF),
					fmt_span(clock, group[i].median_ns, FMT_BUF),
					fmt_span(clock, group[i].mad_ns, FMT_BUF));
		else
			(void)lines_add(lines, "%-9s %7d", name, 0);
	}
}

#define HIST_ROWS_MOST 24u
#define HIST_COLS 40

/* As many bins a row as it takes; what is beyond the last row counts into it. */
static void hist_lines(struct lines *lines, const struct vms_clock *clock,
		       const struct vms_fitness *f)
{
	static const char full[HIST_COLS + 1] = "########################################";
	uint64_t row[HIST_ROWS_MOST] = { 0 }, most = 1;
	unsigned int first = 0, last = VMS_FIT_BINS - 1, per, i;

	while (first < last && !f->hist[first])
		first++;
	while (last > first && !f->hist[last])
		last--;
	per = (last - first) / HIST_ROWS_MOST + 1;
	for (i = first; i <= last; i++) {
		row[(i - first) / per] += f->hist[i];
		most = VMS_MAX(most, row[(i - first) / per]);
	}
	(void)lines_add(lines, "%-9s %7s", "from", "pairs");
	for (i = 0; i <= (last - first) / per; i++) {
		const double ns = exp2((double)(first + i * per) / VMS_FIT_OCTAVE_BINS);

		(void)lines_add(lines, "%9s %7" PRIu64 " %.*s",
				fmt_short(clock, ns, false, FMT_BUF), row[i],
				(int)((row[i] * HIST_COLS + most - 1) / most), full);
	}
}

static void share_line(struct lines *lines, const char *what, double share,
		       const struct vms_fit_range *interval, uint64_t of, const char *of_what)
{
	if (of)
		(void)lines_add(lines, "%-10s %.3f (%.3f to %.3f), of %" PRIu64 " %s", what, share,
				interval->lo, interval->hi, of, of_what);
	else
		(void)lines_add(lines, "%-10s -, there are no %s", what, of_what);
}

void fit_lines(struct lines *lines, const struct vms_clock *clock, const struct vms_stream *guest,
	       enum vms_dir dir, const struct vms_fitness *f)
{
	const char *end = dir == VMS_GUEST_TO_HOST ? "exits" : "entries";
	char why[FIT_WHY_CHARS];

	(void)lines_add(lines, "%s: %s", fit_word(f->fit), fit_why(clock, guest, dir, f, why));
	(void)lines_add(lines, " ");
	share_line(lines, "precision", f->precision, &f->precision_95, f->counts.guest_nr,
		   "guest events");
	share_line(lines, "recall", f->recall, &f->recall_95, f->counts.host_nr, end);
	if (isfinite(f->lift))
		(void)lines_add(lines, "lift       %.2f", f->lift);
	if (f->counts.key_checks)
		(void)lines_add(lines, "keys       %" PRIu64 " compared, %" PRIu64 " differ",
				f->counts.key_checks, f->counts.key_conflicts);
	(void)lines_add(lines, "impossible %" PRIu64, f->impossible_nr);
	if (!f->delays_nr)
		return;
	(void)lines_add(lines, "true least delay  %s",
			fit_range(clock, &f->least_true_ns, FMT_BUF));
	(void)lines_add(lines, "bound      %s from the band's edge",
			fmt_span(clock, fmax(f->bound_beyond_ns, 0.0), FMT_BUF));
	(void)lines_add(lines, "error as   mean   %s",
			fit_range(clock, &f->error_mean_ns, FMT_BUF));
	(void)lines_add(lines, "an offset  median %s",
			fit_range(clock, &f->error_median_ns, FMT_BUF));
	(void)lines_add(lines, "           least  %s",
			fit_range(clock, &f->error_least_ns, FMT_BUF));
	(void)lines_add(lines, "sharpness  %.3g pairs a ns above the least: about %s too great",
			f->sharpness, fmt_span(clock, f->least_error_ns, FMT_BUF));
	(void)lines_add(lines, "effective  %.0f independent pairs of %" PRIu64, f->effective_nr,
			f->delays_nr);
	(void)lines_add(lines, "halves     distance %.3f, p %.2g", f->halves_distance, f->halves_p);
	(void)lines_add(lines, " ");
	(void)lines_add(lines, "%-9s %7s %11s %11s %11s", "", "pairs", "least", "median", "MAD");
	(void)lines_add(lines, "%-9s %7" PRIu64 " %11s %11s %11s", "all", f->delays_nr,
			fmt_span(clock, f->least_ns, FMT_BUF),
			fmt_span(clock, f->median_ns, FMT_BUF),
			fmt_span(clock, f->mad_ns, FMT_BUF));
	group_lines(lines, clock, "third", f->thirds, VMS_ARRAY_NR(f->thirds), 1);
	group_lines(lines, clock, "vCPU", f->vcpus, f->vcpus_nr, 0);
	group_lines(lines, clock, "pCPU", f->pcpus, f->pcpus_nr, 0);
	(void)lines_add(lines, " ");
	hist_lines(lines, clock, f);
}
