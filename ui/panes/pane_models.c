// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Models: the recorded clock and every estimator beside each other, over both bases, with verdicts.
 */
#include "ui/panes/panes_impl.h"

#include <math.h>
#include <string.h>

#include "app/words/verdict.h"

/* from here verdicts fit behind the forest plot; behind drift and error; behind all columns */
#define FOREST_COLS 72
#define DRIFT_COLS 112
#define WIDE_COLS 150
#define FOREST_MOST 60 /* more does not show more */
#define NAME_COLS 16   /* marker and name: what the selection reverses, as in the list */
/* below, the verdict stands behind the name, and the difference of the offset where it fits */
#define NARROW_COLS 60

/** struct columns - what there is room for */
struct columns {
	bool narrow, drift, wide;
	int drift_cols;	 /* of the widest, as it may be millions of ppm */
	int forest_cols; /* 0: none */
	struct forest axis;
};

static int drift_cols(const struct frame *frame, enum vms_basis basis)
{
	int cols = 12, width;
	unsigned int i;

	for (i = 0; i < vms_session_models_nr(frame->s); i++) {
		const struct vms_model_result *result = &frame->tr->models[basis][i];

		width = result->available && !vms_session_same_as(frame->s, frame->tr, result->by)
				? cells_width(fmt_ppm(result->drift, FMT_BUF))
				: 0;
		cols = width > cols ? width : cols;
	}
	return cols;
}

static struct columns columns_of(const struct frame *frame, struct rect rect, enum vms_basis basis)
{
	struct columns columns = { .narrow = rect.cols < NARROW_COLS,
				   .drift = rect.cols >= DRIFT_COLS || rect.cols < FOREST_COLS,
				   .wide = rect.cols >= WIDE_COLS,
				   .drift_cols = drift_cols(frame, basis) };
	/* name and difference; the verdict, in full where there is room; drift and error; others */
	const int room = rect.cols - 30 - (rect.cols >= 88 ? 34 : 27) -
			 (columns.drift ? 11 + columns.drift_cols : 0) - (columns.wide ? 32 : 0);
	unsigned int i;

	if (rect.cols < FOREST_COLS || !forest_of(&columns.axis, frame->s, frame->tr))
		return (struct columns){ .narrow = columns.narrow,
					 .drift = !columns.narrow,
					 .drift_cols = columns.drift_cols,
					 .wide = columns.wide };
	columns.forest_cols = room < FOREST_MOST ? room : FOREST_MOST;
	for (i = 0; i < vms_session_models_nr(frame->s); i++) {
		const struct forest_row row = forest_row(&columns.axis, frame->s, frame->tr,
							 &frame->tr->models[basis][i]);

		forest_add(&columns.axis, row.lo_ns);
		forest_add(&columns.axis, row.hi_ns);
	}
	return columns;
}

static const char *const basis_names[VMS_BASIS_NR] = { "accepted", "not rejected" };

/*
 * Offsets beside each other differ in the last digits: whole one first, then the difference to the
 * model shown at the top.
 */
static void draw_row(const struct frame *frame, struct rect rect, int row,
		     const struct vms_model_result *result, enum vms_basis basis,
		     const struct columns *columns)
{
	const struct vms_model_result *here =
		vms_session_result(frame->s, frame->track, vms_session_model(frame->s), basis);
	char diff[FMT_SIZE] = "          -", hold[FMT_SIZE] = "-", med[FMT_SIZE] = "-";
	const enum tui_role role = result->verdict == VMS_VERDICT_PROVEN_WRONG ? ROLE_BAD
				   : result->verdict == VMS_VERDICT_IN_BAND    ? ROLE_GOOD
									       : ROLE_TEXT;
	int at = rect.col;

	if (here && here->available)
		(void)fmt_delta(frame->clock,
				frame_ns(frame,
					 vms_sat_sub_i64(result->offset_raw, here->offset_raw)),
				diff, sizeof(diff));
	if (columns->narrow) {
		at += cells_printf(frame->c, row, at, 13, ROLE_TEXT, "%11s ", diff);
		cells_put(frame->c, row, at, rect.col + rect.cols - at, role,
			  result->verdict == VMS_VERDICT_PROVEN_WRONG ? "WRONG"
								      : verdict_word(result));
		return;
	}
	at += cells_printf(frame->c, row, at, 13, ROLE_TEXT, "%11s ", diff);
	if (columns->drift)
		at += cells_printf(frame->c, row, at, 60, ROLE_TEXT, "%*s %9s ",
				   columns->drift_cols, fmt_ppm(result->drift, FMT_BUF),
				   fmt_se(frame->clock, result->se_raw, FMT_BUF));
	if (columns->wide) {
		if (result->residual_ns.n)
			(void)fmt_delta(frame->clock, result->residual_ns.median, med, sizeof(med));
		if (!isnan(result->holdout_ns))
			(void)fmt_span(frame->clock, result->holdout_ns, hold, sizeof(hold));
		at += cells_printf(frame->c, row, at, 60, ROLE_TEXT, "%8llu %11s %10s ",
				   (unsigned long long)result->residual_ns.n, med, hold);
	}
	if (columns->forest_cols)
		forest_draw(frame, (struct rect){ row, at + 1, 1, columns->forest_cols - 1 },
			    &columns->axis, result, role);
	at += columns->forest_cols;
	cells_printf(frame->c, row, at + 1, rect.col + rect.cols - at - 1, role, "%s%s%s",
		     verdict_fit(frame->clock, frame->tr, result, rect.col + rect.cols - at - 1,
				 BUF(80)),
		     bound_text(result), result->stale ? " ~" : "");
}

static void draw_model(const struct frame *frame, struct rect rect, int row,
		       const struct vms_model_result *result, enum vms_basis basis,
		       const struct columns *columns, bool selected)
{
	const bool in_force = result->by == vms_session_model(frame->s);
	const char *same = vms_session_same_as(frame->s, frame->tr, result->by);
	const int at = rect.col + cells_printf(frame->c, row, rect.col, 17,
					       in_force ? ROLE_STRONG : ROLE_TEXT, "%c%c%-14.14s ",
					       selected ? '>' : ' ', in_force ? '*' : ' ',
					       vms_by_name(result->by));

	if (same)
		cells_printf(frame->c, row, at, rect.cols - at, ROLE_DIM, "as %s", same);
	else if (!result->available)
		cells_printf(frame->c, row, at, rect.cols - at, ROLE_DIM, "%s",
			     result->why_not[0] ? result->why_not : "not available");
	else
		draw_row(frame, (struct rect){ rect.row, at, rect.rows, rect.cols - at + rect.col },
			 row, result, basis, columns);
	if (selected) {
		cells_flag(frame->c, row, rect.col, NAME_COLS, CELL_REVERSE);
		cells_cursor(frame->c, row, rect.col, true);
	}
}

static void draw_titles(const struct frame *f, struct rect r, int row,
			const struct columns *columns)
{
	int at = r.col;

	at += cells_printf(f->c, row, at, r.cols, ROLE_DIM, "  %-14s %11s ", "model", "d offset");
	if (columns->drift)
		at += cells_printf(f->c, row, at, r.cols, ROLE_DIM, "%*s %9s ", columns->drift_cols,
				   "drift", "se");
	if (columns->wide)
		at += cells_printf(f->c, row, at, r.cols, ROLE_DIM, "%8s %11s %10s ", "n", "median",
				   "hold-out");
	if (columns->forest_cols)
		forest_title(f, (struct rect){ row, at + 1, 1, columns->forest_cols - 1 },
			     &columns->axis);
	at += columns->forest_cols;
	cells_put(f->c, row, at + !columns->narrow, r.col + r.cols - at, ROLE_DIM, "verdict");
}

static void draw_basis(const struct frame *frame, int row, struct rect rect, unsigned int i,
		       enum vms_basis basis)
{
	const struct vms_model_result *result =
		vms_session_result(frame->s, frame->track, (enum vms_by)i, basis);

	if (!result)
		return;
	if (result->available)
		cells_printf(frame->c, row, rect.col + 1, rect.cols - 1, ROLE_TEXT,
			     "%-13s %s  %s  bias %s  %s", basis_names[basis],
			     fmt_offset(frame->clock, result->offset_raw, FMT_BUF),
			     fmt_ppm(result->drift, FMT_BUF),
			     bias_text(frame->s, frame->tr, result, FMT_BUF),
			     vms_by_is_recorded(result->by) || result->by == VMS_BY_BAND
				     ? ""
				     : app_result_se(frame->a, result, BUF(80)));
	else
		cells_printf(frame->c, row, rect.col + 1, rect.cols - 1, ROLE_DIM, "%-13s %s",
			     basis_names[basis], result->why_not);
}

static void draw_words(const struct frame *f, struct rect r)
{
	unsigned int i = app_shown(f->a)->row[APP_PANE_MODELS].sel;

	if (i >= vms_session_models_nr(f->s))
		return;
	frame_head(f, r, false, "%s: %s", vms_by_name(i), vms_by_help(i));
	draw_basis(f, r.row + 1, r, i, VMS_OVER_ACCEPTED);
	draw_basis(f, r.row + 2, r, i, VMS_OVER_NOT_REJECTED);
}

static void draw_violations(const struct frame *frame, struct rect rect)
{
	const struct vms_violations *violations[] = { &frame->tr->recorded, &frame->tr->in_force,
						      &frame->tr->at_band };
	const struct vms_model_result *recorded =
		vms_session_result(frame->s, frame->track, VMS_BY_RECORDED, VMS_OVER_NOT_REJECTED);
	static const char *const names[] = { "recorded", "in use", "band-mid" };
	char buf[FMT_SIZE], outside[OUTSIDE_CHARS];
	int i;

	frame_head(frame, rect, false, "violations of %s under three models",
		   app_vcpu_words(frame->a, frame->tr, buf, sizeof(buf)));
	for (i = 0; i < 3 && i + 1 < rect.rows; i++) {
		/* nought of nought would read as if it were good */
		if (!violations[i]->guest_events) {
			cells_printf(frame->c, rect.row + 1 + i, rect.col + 1, rect.cols - 1,
				     ROLE_DIM, "%-9s %s", names[i],
				     i || !recorded || recorded->available
					     ? "no guest event to judge it by"
					     : recorded->why_not);
			continue;
		}
		cells_printf(frame->c, rect.row + 1 + i, rect.col + 1, rect.cols - 1,
			     violations[i]->guest_outside ? ROLE_BAD : ROLE_TEXT,
			     "%-9s %s, deepest %s; host inside %llu", names[i],
			     outside_text(frame->s, frame->tr, violations[i], outside),
			     fmt_span(frame->clock, frame_ns(frame, violations[i]->depth_max_raw),
				      buf, sizeof(buf)),
			     (unsigned long long)violations[i]->host_inside);
	}
}

/* Measures of delay stand apart, below a line that says so. */
static uint32_t row_of_model(unsigned int model)
{
	return model + (model >= VMS_BY_MEAN);
}

static void draw_row_at(const struct frame *frame, struct rect rect, int row, uint32_t at,
			enum vms_basis basis, const struct columns *columns)
{
	const unsigned int model = at - (at > VMS_BY_MEAN);

	if (at == VMS_BY_MEAN)
		cells_put(frame->c, row, rect.col + 2, rect.cols - 2, ROLE_DIM,
			  "measures of delay: as an offset too late by it");
	else
		draw_model(frame, rect, row, &frame->tr->models[basis][model], basis, columns,
			   model == app_shown(frame->a)->row[APP_PANE_MODELS].sel);
}

static int draw_table(const struct frame *frame, struct rect rect, enum vms_basis basis)
{
	const uint32_t nr = row_of_model(vms_session_models_nr(frame->s));
	const uint32_t sel = row_of_model(app_shown(frame->a)->row[APP_PANE_MODELS].sel);
	uint32_t i, top = app_shown(frame->a)->row[APP_PANE_MODELS].top,
		    rows = (uint32_t)(rect.rows - 2);
	const struct columns columns = columns_of(frame, rect, basis);
	char vcpu[FMT_SIZE];

	frame_head(frame, rect, true, "models of %s over %s pairs; * in use, offsets from it",
		   app_vcpu_words(frame->a, frame->tr, vcpu, sizeof(vcpu)), basis_names[basis]);
	draw_titles(frame, rect, rect.row + 1, &columns);
	if (nr <= rows)
		top = 0;
	else if (sel >= top + rows)
		top = sel - rows + 1;
	for (i = 0; i < rows && top + i < nr; i++)
		draw_row_at(frame, rect, rect.row + 2 + (int)i, top + i, basis, &columns);
	return 2 + (int)(i < rows ? i : rows);
}

#define BREAKS_COLS 12 /* less shows little */

/* Steps and holes in words, and on the whole recording's time. Return: there are some */
static bool draw_breaks(const struct frame *frame, struct rect rect, int row)
{
	const unsigned int holes = vms_session_stretches(frame->s)->holes_nr;
	const int64_t span =
		vms_sat_sub_i64(app_view(frame->a)->last_raw, app_view(frame->a)->first_raw);
	char steps[80] = "", missing[64] = "";
	struct vms_view whole = { .t0_raw = app_view(frame->a)->first_raw };
	struct rect strip = { row, 0, 1, 0 };
	bool some = frame_steps(frame->tr, steps, sizeof(steps));

	if (!some && !holes)
		return false;
	if (holes)
		(void)snprintf(missing, sizeof(missing), "%s%u hole%s in host events",
			       some ? "; " : "", holes, fmt_s(holes));
	strip.col = rect.col + 1 +
		    cells_printf(frame->c, row, rect.col + 1, rect.cols - 1, ROLE_WARN, "%s: %s%s",
				 app_vcpu_words(frame->a, frame->tr, FMT_BUF), steps, missing) +
		    2;
	strip.cols = rect.col + rect.cols - strip.col - 8;
	if (strip.cols < BREAKS_COLS)
		return true;
	cells_fill(frame->c, row, strip.col, strip.cols, ROLE_AXIS, frame->g->axis_line);
	whole.w_raw = span / strip.cols + 1;
	pane_breaks(frame, strip, &whole);
	cells_put(frame->c, row, strip.col + strip.cols + 1, 7, ROLE_DIM, ":steps");
	return true;
}

/* As many whole clauses as there is room for. Return: rows */
static int draw_clauses(const struct frame *frame, struct rect rect, char *text)
{
	char *rest = text, *end, *cut;
	int rows = 0;

	while (*rest && rows < rect.rows) {
		end = rest + strlen(rest);
		for (cut = end; cells_width(rest) > rect.cols; *cut = '\0') {
			while (cut > rest && *--cut != ';')
				;
			if (cut == rest)
				break;
		}
		cells_put(frame->c, rect.row + rows++, rect.col, rect.cols, ROLE_DIM, rest);
		rest = cut == rest || cut == end ? end : cut + 1 + (cut[1] == ' ');
	}
	return rows;
}

/*
 * One table a basis where there is room for both; else the chosen one, with words and violations
 * below.
 */
void pane_models(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_BODY];
	int need, row = rect.row, end = rect.row + rect.rows;
	char steps[80], limits[LIMITS_CHARS], coverage[COVERAGE_CHARS];

	if (rect.rows < 3 || !frame->tr)
		return;
	need = (int)row_of_model(vms_session_models_nr(frame->s)) + 2;
	if (rect.rows >= 2 * need + 10) {
		row += draw_table(frame, (struct rect){ row, rect.col, need, rect.cols },
				  VMS_OVER_ACCEPTED) +
		       1;
		row += draw_table(frame, (struct rect){ row, rect.col, need, rect.cols },
				  VMS_OVER_NOT_REJECTED) +
		       1;
	} else {
		int below = frame_steps(frame->tr, steps, sizeof(steps)) ||
					    vms_session_stretches(frame->s)->holes_nr
				    ? 4
				    : 3;
		int room =
			rect.rows > need + below || rect.rows < 8 ? rect.rows : rect.rows - below;

		row += draw_table(
			frame, (struct rect){ row, rect.col, room < need ? room : need, rect.cols },
			frame_basis(frame));
	}
	if (end - row >= 1)
		row += draw_breaks(frame, rect, row);
	if (end - row >= 4)
		cells_printf(frame->c, row++, rect.col + 1, rect.cols - 1, ROLE_TEXT, "checked %s",
			     coverage_text(frame->s, frame->tr, coverage, sizeof(coverage)));
	if (end - row >= 4 && limits_text(frame->s, frame->tr, limits, sizeof(limits)))
		row += draw_clauses(
			frame, (struct rect){ row, rect.col + 1, end - row - 3, rect.cols - 1 },
			limits);
	if (end - row >= 3) {
		draw_words(frame, (struct rect){ row, rect.col, 3, rect.cols });
		row += 3;
	}
	if (end - row >= 4)
		draw_violations(frame, (struct rect){ row, rect.col, end - row, rect.cols });
}
