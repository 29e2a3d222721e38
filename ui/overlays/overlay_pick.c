// SPDX-License-Identifier: LGPL-2.1-or-later
/* Pickers and text boxes: models, lanes, marks, options, save, explanations, questions. */
#include "ui/overlays/overlays_impl.h"
#include "app/words/verdict.h"

#include <string.h>

#include "app/commands/confirm.h"
#include "app/words/words.h"
#include "core/base/util.h"
#include "ui/overlays/overlay.h"

static void select_row(const struct frame *f, struct rect r, int row)
{
	cells_put(f->c, row, r.col, 1, ROLE_STRONG, ">");
	cells_flag(f->c, row, r.col, r.cols, CELL_REVERSE);
	cells_cursor(f->c, row, r.col, true);
}

void overlay_pick_model(const struct frame *frame, const struct look *look)
{
	unsigned int nr = vms_session_models_nr(frame->s), i;
	const char *title = frame->l.cols < 80
				    ? look->title
				    : "clock model; over accepted pairs, ~ over all not rejected";
	struct rect rect = overlay_box(frame, (int)nr + 1, 76, title, look->foot);
	uint32_t top = overlay_list_top(&app_shown(frame->a)->over, rect.rows - 1);
	int row = rect.row;
	bool narrow = rect.cols < 60, all;

	if (rect.rows < 2)
		return;
	overlay_more(frame, rect, title, top, rect.rows - 1, nr);
	cells_printf(frame->c, row++, rect.col, rect.cols, ROLE_DIM,
		     narrow ? "  %-15s%s %s%s" : "  %-15s%-22s %-9s %s", "model",
		     narrow ? "" : "offset", narrow ? "" : "se", "verdict");
	for (i = top; i < nr && row < rect.row + rect.rows; i++, row++) {
		const char *name = vms_by_name(i);
		const struct vms_model_result *result =
			frame->tr ? result_shown(frame->tr, i) : NULL;
		bool here = i == vms_session_model(frame->s);

		/* numbers of the recorded clock and of the band come from no pair */
		all = result && result->residual_ns.n &&
		      result == &frame->tr->models[VMS_OVER_NOT_REJECTED][i];
		if (!result || !result->available)
			cells_printf(frame->c, row, rect.col, rect.cols, ROLE_DIM, " %c%-15s%s",
				     here ? '*' : ' ', name,
				     result ? result->why_not : "not available for this vCPU");
		else if (narrow)
			cells_printf(frame->c, row, rect.col, rect.cols, ROLE_OVERLAY, " %c%-15s%s",
				     here ? '*' : ' ', name,
				     verdict_fit(frame->clock, frame->tr, result, rect.cols - 17,
						 BUF(80)));
		else
			cells_printf(frame->c, row, rect.col, rect.cols, ROLE_OVERLAY,
				     " %c%-15s%-22s %-9s%c%s", here ? '*' : ' ', name,
				     fmt_offset(frame->clock, result->offset_raw, FMT_BUF),
				     fmt_se(frame->clock, result->se_raw, FMT_BUF), all ? '~' : ' ',
				     verdict_fit(frame->clock, frame->tr, result, rect.cols - 50,
						 BUF(80)));
		if (i == app_shown(frame->a)->over.sel)
			select_row(frame, rect, row);
	}
}

void overlay_pick_lane(const struct frame *frame, const struct look *look)
{
	const struct app *app = frame->a;
	const int nr = (int)app_shown(app)->over.nr;
	struct rect rect = overlay_box(frame, (nr ? nr : 1) + 1, 70, look->title, look->foot);
	uint32_t top = overlay_list_top(&app_shown(app)->over, rect.rows - 1), i;
	struct app_lane_row_text text;
	int row = rect.row + 1;

	if (rect.rows < 2)
		return;
	for (i = top; i < app_shown(app)->over.nr && row < rect.row + rect.rows; i++, row++) {
		app_lane_row_text(app, i, &text);
		cells_printf(frame->c, row, rect.col, rect.cols,
			     text.guest == -2 ? ROLE_OVERLAY
			     : text.guest < 0 ? ROLE_HOST
					      : ROLE_GUEST,
			     "  [%c] %*s%c %-*s  %s", text.check, 2 * (int)text.depth, "",
			     text.fold, 16 - 2 * (int)text.depth, text.name, text.tail);
		if (i == app_shown(app)->over.sel)
			select_row(frame, rect, row);
	}
	if (!app_shown(app)->over.nr)
		cells_put(frame->c, row, rect.col, rect.cols, ROLE_OVERLAY,
			  "  no lane is named so");
	overlay_line(frame, rect.row, rect.col, rect.cols);
}

void overlay_pick_mark(const struct frame *frame, const struct look *look)
{
	const struct app *app = frame->a;
	struct rect rect =
		overlay_box(frame, (int)app_shown(app)->over.nr, 44, look->title, look->foot);
	uint32_t top = overlay_list_top(&app_shown(app)->over, rect.rows), i;
	int row = rect.row;

	if (rect.rows < 1)
		return;
	for (i = top; i < app_shown(app)->over.nr && row < rect.row + rect.rows; i++, row++) {
		const char letter = view_mark_nth(app, i);

		cells_printf(frame->c, row, rect.col, rect.cols, ROLE_OVERLAY, "  %c  %s", letter,
			     fmt_time(frame->clock, app_view(app)->mark[letter - 'a'].host_raw,
				      FMT_BUF));
		if (i == app_shown(app)->over.sel)
			select_row(frame, rect, row);
	}
	if (!app_shown(app)->over.nr)
		cells_put(frame->c, row, rect.col, rect.cols, ROLE_OVERLAY,
			  "no mark is set: m and a letter sets one");
}

void overlay_pick_option(const struct frame *frame, const struct look *look)
{
	uint32_t nr = app_settings_nr(), i;
	struct rect rect = overlay_box(frame, (int)nr + 2, 76, look->title, look->foot);
	uint32_t top;
	int row = rect.row, end = rect.row + rect.rows;
	struct app_setting_text setting_text;

	if (rect.rows < 3)
		return;
	end--;
	top = overlay_list_top(&app_shown(frame->a)->over, end - row);
	overlay_more(frame, rect, look->title, top, end - row, nr);
	for (i = top; i < nr && row < end; i++, row++) {
		app_setting_row(frame->a, i, &setting_text);
		/* a long value takes the place of what could stand there */
		if (strlen(setting_text.value) > 10)
			cells_printf(frame->c, row, rect.col, rect.cols, ROLE_OVERLAY,
				     "  %-14s %-45.45s %s", setting_text.name, setting_text.value,
				     setting_text.source);
		else
			cells_printf(frame->c, row, rect.col, rect.cols, ROLE_OVERLAY,
				     "  %-14s %-10s %-34s %s", setting_text.name,
				     setting_text.value, setting_text.allowed, setting_text.source);
		if (i == app_shown(frame->a)->over.sel)
			select_row(frame, rect, row);
	}
	if (app_shown(frame->a)->over.sel < nr) {
		app_setting_row(frame->a, app_shown(frame->a)->over.sel, &setting_text);
		cells_put(frame->c, end, rect.col, rect.cols, ROLE_DIM, setting_text.help);
	}
}

int overlay_text_cols(const struct app *a)
{
	int w = 20;
	uint32_t i;

	for (i = 0; i < app_text(a)->nr; i++)
		if (cells_width(app_text(a)->line[i]) > w)
			w = cells_width(app_text(a)->line[i]);
	return w;
}

static void draw_text(const struct frame *f, struct rect r, uint32_t top)
{
	uint32_t i;

	for (i = 0; i < (uint32_t)r.rows && top + i < app_text(f->a)->nr; i++)
		cells_put(f->c, r.row + (int)i, r.col, r.cols, ROLE_OVERLAY,
			  cells_skip(app_text(f->a)->line[top + i], app_shown(f->a)->over.left));
}

void overlay_text(const struct frame *frame, const struct look *look)
{
	const struct app *app = frame->a;
	const char *title = app_text(app)->title ? app_text(app)->title : look->title;
	const char *keys = overlay_left_max(frame) ? "h l j k Space   Esc:close" : look->foot;
	struct rect r =
		overlay_box(frame, (int)app_text(app)->nr, overlay_text_cols(app), title, keys);
	uint32_t last;

	if (r.rows < 1)
		return;
	last = app_text(app)->nr > (uint32_t)r.rows ? app_text(app)->nr - (uint32_t)r.rows : 0;
	last = app_shown(app)->over.top < last ? app_shown(app)->over.top : last;
	draw_text(frame, r, last);
	overlay_more(frame, r, title, last, r.rows, app_text(app)->nr);
	cells_cursor(frame->c, r.row, r.col, true);
}

/* Lines of which some can be taken. */
void overlay_now(const struct frame *frame, const struct look *look)
{
	const struct app *app = frame->a;
	struct rect rect = overlay_box(frame, (int)app_text(app)->nr, overlay_text_cols(app),
				       look->title, look->foot);
	const uint32_t top = overlay_list_top(&app_shown(app)->over, rect.rows);

	if (rect.rows < 1)
		return;
	draw_text(frame, rect, top);
	overlay_more(frame, rect, look->title, top, rect.rows, app_text(app)->nr);
	if (app_shown(app)->over.sel >= top)
		select_row(frame, rect, rect.row + (int)(app_shown(app)->over.sel - top));
}

void overlay_save(const struct frame *frame, const struct look *look)
{
	struct rect rect =
		overlay_box(frame, (int)app_text(frame->a)->nr + 2,
			    overlay_text_cols(frame->a) > 70 ? overlay_text_cols(frame->a) : 70,
			    look->title, look->foot);
	int text_rows = rect.rows - 2;

	if (rect.rows < 1)
		return;
	if (text_rows > 0)
		draw_text(frame, (struct rect){ rect.row, rect.col, text_rows, rect.cols }, 0);
	overlay_line(frame, rect.row + rect.rows - 1, rect.col, rect.cols);
	if (app_prompt(frame->a)->error[0] && rect.rows >= 2)
		cells_put(frame->c, rect.row + rect.rows - 2, rect.col, rect.cols, ROLE_BAD,
			  app_prompt(frame->a)->error);
}

/*
 * The question stands where the eye is, broken at blanks; its keys in the bar, as for everything
 * else.
 */
void overlay_confirm(const struct frame *frame, const struct look *look)
{
	const struct app_confirm *q = app_confirm(frame->a);
	const int cols = VMS_MIN(VMS_MAX(cells_width(q->question), 40), frame->l.cols - 4);
	struct lines text = { .nr = 0 };
	struct rect rect;
	uint32_t i;

	if (lines_add(&text, "%s", q->question) ||
	    lines_wrap(&text, (unsigned int)VMS_MAX(cols, 10), 0))
		cells_put(frame->c, 0, 0, frame->l.cols, ROLE_BAD, "out of memory");
	rect = overlay_box(frame, VMS_MAX((int)text.nr, 2), cols, look->title, q->keys);
	for (i = 0; i < text.nr && (int)i < rect.rows; i++)
		cells_put(frame->c, rect.row + (int)i, rect.col, rect.cols, ROLE_STRONG,
			  text.line[i]);
	if (rect.rows > 0)
		cells_cursor(frame->c, rect.row, rect.col, true);
	lines_clear(&text);
}
