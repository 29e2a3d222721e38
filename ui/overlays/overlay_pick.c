// SPDX-License-Identifier: LGPL-2.1-or-later
/* Pickers and text boxes: models, lanes, marks, options, save, explanations, questions. */
#include "ui/overlays/overlays_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ui/overlays/overlay.h"

static void select_row(const struct frame *f, struct rect r, int row)
{
	cells_put(f->c, row, r.col, 1, ROLE_STRONG, ">");
	cells_flag(f->c, row, r.col, r.cols, CELL_REVERSE);
	cells_cursor(f->c, row, r.col, true);
}

void overlay_pick_model(const struct frame *f, const struct look *look)
{
	unsigned int nr = vms_session_models_nr(f->s), i;
	const char *title = f->l.cols < 80
				    ? look->title
				    : "clock model; over accepted pairs, ~ over all not rejected";
	struct rect r = overlay_box(f, (int)nr + 1, 76, title, look->foot);
	uint32_t top = overlay_list_top(&f->a->pick, r.rows - 1);
	int row = r.row;
	bool narrow = r.cols < 60, all;
	char off[FMT_SIZE], se[80], v[80];

	if (r.rows < 2)
		return;
	overlay_more(f, r, title, top, r.rows - 1, nr);
	cells_printf(f->c, row++, r.col, r.cols, ROLE_DIM,
		     narrow ? "  %-15s%s %s%s" : "  %-15s%-22s %-9s %s", "model",
		     narrow ? "" : "offset", narrow ? "" : "se", "verdict");
	for (i = top; i < nr && row < r.row + r.rows; i++, row++) {
		const char *name = vms_by_name(i);
		const struct vms_model_result *m =
			vms_session_result(f->s, f->track, (enum vms_by)i, VMS_OVER_ACCEPTED);
		bool here = i == vms_session_model(f->s);

		all = !m || !m->available;
		if (all)
			m = vms_session_result(f->s, f->track, (enum vms_by)i,
					       VMS_OVER_NOT_REJECTED);
		/* numbers of the recorded clock and of the band come from no pair */
		all = all && m && m->residual_ns.n;
		if (!m || !m->available)
			cells_printf(f->c, row, r.col, r.cols, ROLE_DIM, " %c%-15s%s",
				     here ? '*' : ' ', name,
				     m ? m->why_not : "not available for this vCPU");
		else if (narrow)
			cells_printf(f->c, row, r.col, r.cols, ROLE_OVERLAY, " %c%-15s%s",
				     here ? '*' : ' ', name,
				     frame_verdict(f, f->tr, m, v, sizeof(v)));
		else
			cells_printf(f->c, row, r.col, r.cols, ROLE_OVERLAY,
				     " %c%-15s%-22s %-9s%c%s", here ? '*' : ' ', name,
				     fmt_offset(f->clock, m->offset_raw, off, sizeof(off)),
				     isnan(m->se_raw)
					     ? "-"
					     : fmt_span(f->clock,
							vms_clock_ns(f->clock, 1) * m->se_raw, se,
							sizeof(se)),
				     all ? '~' : ' ', frame_verdict(f, f->tr, m, v, sizeof(v)));
		if (i == f->a->pick.sel)
			select_row(f, r, row);
	}
}

void overlay_pick_lane(const struct frame *f, const struct look *look)
{
	const struct app *a = f->a;
	struct rect r = overlay_box(f, (int)a->pick.nr + 1, 70, look->title, look->foot);
	uint32_t top = overlay_list_top(&a->pick, r.rows - 1), i;
	struct app_lane_row_text t;
	int row = r.row + 1;

	if (r.rows < 2)
		return;
	for (i = top; i < a->pick.nr && row < r.row + r.rows; i++, row++) {
		app_lane_row_text(a, i, &t);
		cells_printf(f->c, row, r.col, r.cols,
			     t.guest == -2 ? ROLE_OVERLAY
			     : t.guest < 0 ? ROLE_HOST
					   : ROLE_GUEST,
			     "  [%c] %*s%c %-*s  %s", t.check, 2 * (int)t.depth, "", t.fold,
			     16 - 2 * (int)t.depth, t.name, t.tail);
		if (i == a->pick.sel)
			select_row(f, r, row);
	}
	if (!a->pick.nr)
		cells_put(f->c, row, r.col, r.cols, ROLE_OVERLAY, "no lane is named so");
	overlay_line(f, r.row, r.col, r.cols);
}

void overlay_pick_mark(const struct frame *f, const struct look *look)
{
	const struct app *a = f->a;
	struct rect r = overlay_box(f, (int)a->pick_rows_nr, 44, look->title, look->foot);
	uint32_t top = overlay_list_top(&a->pick, r.rows), i;
	int row = r.row;
	char t[FMT_SIZE];

	if (r.rows < 1)
		return;
	for (i = top; i < a->pick_rows_nr && row < r.row + r.rows; i++, row++) {
		uint32_t k = a->pick_rows[i] % 26;

		cells_printf(f->c, row, r.col, r.cols, ROLE_OVERLAY, "  %c  %s", (char)('a' + k),
			     fmt_time(f->clock, app_view(a)->mark[k].host_raw, t, sizeof(t)));
		if (i == a->pick.sel)
			select_row(f, r, row);
	}
	if (!a->pick_rows_nr)
		cells_put(f->c, row, r.col, r.cols, ROLE_OVERLAY,
			  "no mark is set: m and a letter sets one");
}

void overlay_pick_option(const struct frame *f, const struct look *look)
{
	uint32_t nr = app_settings_nr(), i;
	struct rect r = overlay_box(f, (int)nr + 2, 76, look->title, look->foot);
	uint32_t top;
	int row = r.row, end = r.row + r.rows;
	struct app_setting_text s;

	if (r.rows < 3)
		return;
	end--;
	top = overlay_list_top(&f->a->pick, end - row);
	overlay_more(f, r, look->title, top, end - row, nr);
	for (i = top; i < nr && row < end; i++, row++) {
		app_setting_row(f->a, i, &s);
		/* a long value takes the place of what could stand there */
		if (strlen(s.value) > 10)
			cells_printf(f->c, row, r.col, r.cols, ROLE_OVERLAY, "  %-14s %-45.45s %s",
				     s.name, s.value, s.source);
		else
			cells_printf(f->c, row, r.col, r.cols, ROLE_OVERLAY,
				     "  %-14s %-10s %-34s %s", s.name, s.value, s.allowed,
				     s.source);
		if (i == f->a->pick.sel)
			select_row(f, r, row);
	}
	if (f->a->pick.sel < nr) {
		app_setting_row(f->a, f->a->pick.sel, &s);
		cells_put(f->c, end, r.col, r.cols, ROLE_DIM, s.help);
	}
}

int overlay_text_cols(const struct app *a)
{
	int w = 20;
	uint32_t i;

	for (i = 0; i < app_text(a)->row.nr; i++)
		if (cells_width(app_text(a)->line[i]) > w)
			w = cells_width(app_text(a)->line[i]);
	return w;
}

static void draw_text(const struct frame *f, struct rect r, uint32_t top)
{
	uint32_t i;

	for (i = 0; i < (uint32_t)r.rows && top + i < app_text(f->a)->row.nr; i++)
		cells_put(f->c, r.row + (int)i, r.col, r.cols, ROLE_OVERLAY,
			  cells_skip(app_text(f->a)->line[top + i], app_text(f->a)->row.left));
}

void overlay_text(const struct frame *f, const struct look *look)
{
	const struct app *a = f->a;
	const char *title = app_text(a)->title ? app_text(a)->title : look->title;
	const char *keys = overlay_left_max(f) ? "h l j k Space   Esc:close" : look->foot;
	struct rect r = overlay_box(f, (int)app_text(a)->row.nr, overlay_text_cols(a), title, keys);
	uint32_t last;

	if (r.rows < 1)
		return;
	last = app_text(a)->row.nr > (uint32_t)r.rows ? app_text(a)->row.nr - (uint32_t)r.rows : 0;
	last = app_text(a)->row.top < last ? app_text(a)->row.top : last;
	draw_text(f, r, last);
	overlay_more(f, r, title, last, r.rows, app_text(a)->row.nr);
	cells_cursor(f->c, r.row, r.col, true);
}

void overlay_save(const struct frame *f, const struct look *look)
{
	struct rect r = overlay_box(f, (int)app_text(f->a)->row.nr + 2,
				    overlay_text_cols(f->a) > 70 ? overlay_text_cols(f->a) : 70,
				    look->title, look->foot);
	int text_rows = r.rows - 2;

	if (r.rows < 1)
		return;
	if (text_rows > 0)
		draw_text(f, (struct rect){ r.row, r.col, text_rows, r.cols }, 0);
	overlay_line(f, r.row + r.rows - 1, r.col, r.cols);
	if (f->a->prompt.error[0] && r.rows >= 2)
		cells_put(f->c, r.row + r.rows - 2, r.col, r.cols, ROLE_BAD, f->a->prompt.error);
}

/* The question stands where the eye is; its keys in the bar, as for everything else. */
void overlay_confirm(const struct frame *f, const struct look *look)
{
	const struct app_confirm *q = &f->a->confirm;
	struct rect r =
		overlay_box(f, 2, cells_width(q->question) > 40 ? cells_width(q->question) : 40,
			    look->title, q->keys);
	const char *rest = q->question;

	if (r.rows < 1)
		return;
	/* a long question takes the second line too */
	cells_put(f->c, r.row, r.col, r.cols, ROLE_STRONG, rest);
	if (cells_width(rest) > r.cols && (int)strlen(rest) > r.cols && r.rows > 1)
		cells_put(f->c, r.row + 1, r.col, r.cols, ROLE_STRONG, rest + r.cols);
	cells_cursor(f->c, r.row, r.col, true);
}
