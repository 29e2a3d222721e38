// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Statistics of the track in view, over accepted and over all not rejected; and the column beside
 * the lanes.
 */
#include "ui/panes/panes_impl.h"
#include "app/state/messages.h"
#include "app/words/verdict.h"
#include "core/base/printable.h"

#include <stdio.h>
#include <string.h>

/*
 * [rows] of a screen from which on the column repeats the tables of the screens of models and of
 * sequences
 */
#define TABLES_FROM_ROWS 60
#define TABLE_ROWS_MIN 5
#define DETAILS_ROWS_MIN 5
#define DETAILS_ROWS_MAX 8

static const char *const basis_names[VMS_BASIS_NR] = { "accepted", "not rejected" };

static const struct vms_model_result *with_residuals(const struct frame *f, enum vms_by model,
						     enum vms_basis basis)
{
	const struct vms_model_result *m = vms_session_result(f->s, f->track, model, basis);

	return m && m->available && m->residual_ns.n ? m : NULL;
}

/*
 * Residuals of the fit that decisions move; where that has none, those of the median say how the
 * pairs scatter.
 * @n_text: how many, with ~ while that is an older decision's figure
 * Return: NULL: no pair
 */
static const struct vms_model_result *residuals(const struct frame *f, enum vms_basis basis,
						char n_text[FMT_SIZE])
{
	const struct vms_model_result *result =
		with_residuals(f, vms_session_estimate(f->s, f->track), basis);

	if (!result)
		result = with_residuals(f, VMS_BY_MEDIAN, basis);
	if (result)
		(void)snprintf(n_text, FMT_SIZE, "%llu%s",
			       (unsigned long long)result->residual_ns.n, result->stale ? "~" : "");
	return result;
}

/* " accepted     n 14    residuals of midpoint: median +212 ns  MAD 40 ns" */
static void stats_line(const struct frame *frame, int row, struct rect rect, enum vms_basis basis)
{
	char n[FMT_SIZE], p99[FMT_SIZE];
	int at = rect.col + 1;
	const struct vms_model_result *result = residuals(frame, basis, n);
	const struct vms_stats *st = result ? &result->residual_ns : NULL;

	at += cells_printf(frame->c, row, at, 16, ROLE_DIM, "%-12s ", basis_names[basis]);
	if (!st) {
		cells_put(frame->c, row, at, rect.cols - at, ROLE_TEXT, "no pair");
		return;
	}
	at += cells_printf(frame->c, row, at, rect.col + rect.cols - at, ROLE_TEXT,
			   "n %-6s residuals of %-9s med %-11s MAD %-10s", n,
			   vms_by_name(result->by), fmt_signed(frame->clock, st->median, FMT_BUF),
			   fmt_span(frame->clock, st->mad, FMT_BUF));
	if (rect.cols >= 112)
		cells_printf(frame->c, row, at, rect.col + rect.cols - at, ROLE_TEXT,
			     " p99 %-11s sd %s",
			     fmt_signed(frame->clock, st->p99, p99, sizeof(p99)),
			     st->n > 1 ? fmt_span(frame->clock, st->sd, FMT_BUF) : "needs 2");
}

/* What the last decision did stays until the next one, whatever is selected meanwhile. */
static bool decided_line(const struct frame *frame, int row, struct rect rect)
{
	const char *decided = app_messages(frame->a)->decided;

	if (!decided[0])
		return false;
	cells_put(frame->c, row, rect.col + 1, 6, ROLE_DIM, "last");
	cells_put(frame->c, row, rect.col + 6, rect.cols - 6, ROLE_TEXT, decided);
	return true;
}

void pane_stats(const struct frame *f)
{
	struct rect r = f->l.part[PART_STATS];
	int row = r.row, end = r.row + r.rows;

	if (!f->tr || row >= end)
		return;
	stats_line(f, row++, r, VMS_OVER_ACCEPTED);
	if (row < end && decided_line(f, row, r))
		row++;
	if (row < end)
		stats_line(f, row, r, VMS_OVER_NOT_REJECTED);
}

/** struct side - a column being filled from the top */
struct side {
	const struct frame *f;
	struct rect r;
	int row;
};

static bool side_room(const struct side *s)
{
	return s->row < s->r.row + s->r.rows;
}

static void side_head(struct side *s, const char *text)
{
	if (side_room(s))
		frame_head(s->f, (struct rect){ s->row, s->r.col, 1, s->r.cols }, false, "%s",
			   text);
	s->row++;
}

static void side_line(struct side *s, enum tui_role role, const char *label, const char *text)
{
	if (side_room(s)) {
		cells_put(s->f->c, s->row, s->r.col + 1, 14, ROLE_DIM, label);
		cells_put(s->f->c, s->row, s->r.col + 16, s->r.cols - 16, role, text);
	}
	s->row++;
}

/*
 * Numbers are plain and only the verdict has a colour: decisions change the ones, hardly ever the
 * other.
 */
static void side_verdict(struct side *side, enum tui_role role, const char *label,
			 const char *numbers, const char *verdict)
{
	int at = side->r.col + 16, end = side->r.col + side->r.cols;

	if (side_room(side)) {
		cells_put(side->f->c, side->row, side->r.col + 1, 14, ROLE_DIM, label);
		at += cells_put(side->f->c, side->row, at, end - at, ROLE_TEXT, numbers);
		cells_put(side->f->c, side->row, at, end - at, role, verdict);
	}
	side->row++;
}

static void side_band(struct side *side)
{
	const struct frame *frame = side->f;
	const struct vms_model_result *res =
		vms_session_result(frame->s, frame->track, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	const struct vms_band_segment *seg =
		frame->tr->band && frame->tr->band->segs_nr ? &frame->tr->band->segs[0] : NULL;
	char buf[160];
	int64_t at, lo, hi;

	if (frame->sel)
		at = frame->sel->pair.guest_raw;
	else
		at = seg ? seg->from_raw + (seg->to_raw - seg->from_raw) / 2 : 0;
	if (frame_band(frame->tr, at, &lo, &hi)) {
		(void)snprintf(
			buf, sizeof(buf), "%s, width %s", fmt_offset(frame->clock, lo, FMT_BUF),
			fmt_span(frame->clock, frame_ns(frame, vms_sat_sub_i64(hi, lo)), FMT_BUF));
		side_line(side, ROLE_STRONG, "band from", buf);
	} else {
		side_line(side, ROLE_WARN, "band", "none: no guest event bounds the offset");
	}
	if (frame_steps(frame->tr, buf, sizeof(buf))) {
		/* beside the label there is room for the second half only */
		side_line(side, ROLE_WARN, "no line fits",
			  strchr(buf, ':') ? strchr(buf, ':') + 2 : buf);
	} else if (frame->tr->band) {
		(void)snprintf(buf, sizeof(buf), "%u segment%s, %u contradiction%s",
			       frame->tr->band->segs_nr, fmt_s(frame->tr->band->segs_nr),
			       frame->tr->band->violations, fmt_s(frame->tr->band->violations));
		side_line(side, ROLE_TEXT, "", buf);
	}
	(void)verdict_text(frame->clock, frame->tr, res, buf, sizeof(buf));
	side_line(side, res && res->verdict == VMS_VERDICT_PROVEN_WRONG ? ROLE_BAD : ROLE_GOOD,
		  "recorded", buf);
}

/* Residuals in short: fixed columns, as a decision then sends the digits that differ. */
static void side_residuals(struct side *side, enum vms_basis basis)
{
	const struct frame *frame = side->f;
	char buf[160], n[FMT_SIZE], med[FMT_SIZE], mad[FMT_SIZE];
	const struct vms_model_result *result = residuals(frame, basis, n);
	const struct vms_stats *st = result ? &result->residual_ns : NULL;

	if (st)
		(void)snprintf(buf, sizeof(buf), "n %-5s %-9s med %-8s MAD %-7s", n,
			       vms_by_name(result->by),
			       frame_short(frame, st->median, true, med, sizeof(med)),
			       frame_short(frame, st->mad, false, mad, sizeof(mad)));
	else
		(void)snprintf(buf, sizeof(buf), "no pair");
	side_line(side, ROLE_TEXT, basis_names[basis], buf);
}

static void side_decided(struct side *side)
{
	const char *decided = app_messages(side->f->a)->decided;
	const char *rest = strstr(decided, ": ");
	char what[256];

	if (!decided[0])
		return;
	(void)snprintf(what, sizeof(what), "%.*s",
		       (int)(rest ? rest - decided : (long)strlen(decided)), decided);
	side_line(side, ROLE_TEXT, "last", what);
	/* always two lines: what stands below them stays where it is */
	if (side_room(side) && rest)
		cells_put(side->f->c, side->row, side->r.col + 1, side->r.cols - 1, ROLE_TEXT,
			  rest + 2);
	side->row++;
}

/*
 * Rows of models: name, distance of the offset to the band's middle, se, verdict; screen 6 says
 * wrong by how much.
 */
static void side_models(struct side *side)
{
	const struct frame *frame = side->f;
	enum vms_basis basis = frame_basis(frame);
	const struct vms_model_result *here;
	unsigned int i;
	char line[160];

	/*
	 * the band's middle moves with no decision: what is measured from it changes no more than
	 * it has to
	 */
	here = vms_session_result(frame->s, frame->track, VMS_BY_BAND, basis);
	if (!here || !here->available)
		here = vms_session_result(frame->s, frame->track, vms_session_model(frame->s),
					  basis);
	(void)snprintf(line, sizeof(line), "models over %s pairs: offset - %s, se",
		       basis_names[basis], here ? vms_by_name(here->by) : "?");
	side_head(side, line);
	for (i = 0; i < vms_session_models_nr(frame->s); i++) {
		const struct vms_model_result *result = &frame->tr->models[basis][i];
		enum tui_role role = ROLE_TEXT;

		if (!result->available) {
			side_line(side, ROLE_DIM, vms_by_name(result->by), result->why_not);
			continue;
		}
		if (result->verdict == VMS_VERDICT_PROVEN_WRONG)
			role = ROLE_BAD;
		(void)snprintf(
			line, sizeof(line), "%-11s %-9s ",
			here && here->available
				? fmt_delta(frame->clock,
					    frame_ns(frame, vms_sat_sub_i64(result->offset_raw,
									    here->offset_raw)),
					    FMT_BUF)
				: "",
			fmt_se(frame->clock, result->se_raw, FMT_BUF));
		side_verdict(side, role, vms_by_name(result->by), line,
			     result->verdict == VMS_VERDICT_PROVEN_WRONG
				     ? "WRONG"
				     : verdict_text(frame->clock, frame->tr, result, BUF(80)));
	}
}

/*
 * A row a sequence that has pairs here: the same whichever pair is selected, so that a step leaves
 * it alone.
 */
static void side_stats(struct side *side)
{
	const struct frame *frame = side->f;
	const struct vms_catalogue *cat = vms_session_catalogue(frame->s);
	unsigned int i;
	char line[120];

	side_head(side, "delays: accepted, and all not rejected");
	side_line(side, ROLE_DIM, "sequence", "  n  median    n      min  median     p99");
	for (i = 0; i < cat->seqs_nr && frame->tr->seqs; i++) {
		const struct vms_seq_result *q = &frame->tr->seqs[i];
		const struct vms_stats *acc = &q->delay_accepted_ns, *all = &q->delay_ns;

		if (!all->n && !acc->n)
			continue;
		(void)snprintf(line, sizeof(line), "%3llu %7s %4llu %8s %7s %7s",
			       (unsigned long long)acc->n,
			       acc->n ? frame_short(frame, acc->median, false, FMT_BUF) : "-",
			       (unsigned long long)all->n,
			       all->n ? frame_short(frame, all->min, false, FMT_BUF) : "-",
			       all->n ? frame_short(frame, all->median, false, FMT_BUF) : "-",
			       all->n ? frame_short(frame, all->p99, false, FMT_BUF) : "-");
		side_line(side, ROLE_TEXT, cat->seqs[i].name, line);
	}
}

/* What is left of a very tall column. */
static void side_tables(struct side *s)
{
	if (s->row + TABLE_ROWS_MIN <= s->r.row + s->r.rows)
		side_models(s);
	if (s->row + TABLE_ROWS_MIN <= s->r.row + s->r.rows)
		side_stats(s);
}

static void side_details(struct side *s)
{
	int rows = s->r.row + s->r.rows - s->row;

	if (rows < DETAILS_ROWS_MIN || s->f->l.part[PART_DETAILS].rows ||
	    !app_prefs(s->f->a)->details)
		return;
	rows = rows < DETAILS_ROWS_MAX ? rows : DETAILS_ROWS_MAX;
	pane_details_in(s->f, (struct rect){ s->row, s->r.col, rows, s->r.cols });
	s->row += rows;
}

void pane_side(const struct frame *frame)
{
	struct rect r = frame->l.part[PART_SIDE];
	struct side side = { frame, { r.row, r.col + 1, r.rows, r.cols - 1 }, r.row };
	char head[120], name[64];
	int row;

	if (r.rows < 1)
		return;
	for (row = r.row; row < r.row + r.rows; row++)
		cells_put(frame->c, row, r.col, 1, ROLE_PANE, frame->g->vline);
	if (!frame->tr)
		return;
	(void)snprintf(head, sizeof(head), "%s vCPU %u, using %s",
		       fmt_clean(frame->a->trace->guests[frame->tr->guest].stream->name, name,
				 sizeof(name)),
		       frame->tr->vcpu, vms_by_name(vms_session_model(frame->s)));
	side_head(&side, head);
	side_band(&side);
	side_residuals(&side, VMS_OVER_ACCEPTED);
	side_residuals(&side, VMS_OVER_NOT_REJECTED);
	side_decided(&side);
	side_details(&side);
	if (frame->l.rows >= TABLES_FROM_ROWS)
		side_tables(&side);
}
