// SPDX-License-Identifier: LGPL-2.1-or-later
/* The forest plot of the models: each against the band, in a column of cells beside its figures. */
#include "ui/panes/panes_impl.h"

#include <math.h>

static int col_of(const struct forest *axis, struct rect rect, double ns)
{
	const double at = fmin(fmax(forest_at(axis, ns), 0.0), 1.0);

	return rect.col + (int)(at * (rect.cols - 1) + 0.5);
}

/* The band, so that what is in and what is out is seen without colours, too. */
static void draw_corridor(const struct frame *frame, struct rect rect, const struct forest *axis,
			  const struct forest_row *row, enum tui_role role)
{
	const int from = col_of(axis, rect, -axis->half_ns), to = col_of(axis, rect, axis->half_ns);

	cells_fill(frame->c, rect.row, from, to - from + 1, ROLE_DIM, ".");
	if (row->shown)
		cells_fill(frame->c, rect.row, col_of(axis, rect, row->lo_ns),
			   col_of(axis, rect, row->hi_ns) - col_of(axis, rect, row->lo_ns) + 1,
			   role, frame->g->hline);
	cells_put(frame->c, rect.row, from, 1, ROLE_GOOD, "[");
	cells_put(frame->c, rect.row, to, 1, ROLE_GOOD, "]");
}

void forest_draw(const struct frame *frame, struct rect rect, const struct forest *axis,
		 const struct vms_model_result *result, enum tui_role role)
{
	const struct forest_row row = forest_row(axis, frame->s, frame->tr, result);

	draw_corridor(frame, rect, axis, &row, role);
	if (row.shown)
		cells_put(frame->c, rect.row, col_of(axis, rect, row.worst_ns), 1, role,
			  vms_verdict_refutes(result->verdict) ? "X" : "o");
}

/* Half the band's width over the band, and the farthest power of ten to each side. */
void forest_title(const struct frame *frame, struct rect rect, const struct forest *axis)
{
	double ticks[FOREST_TICKS_MAX], far[2] = { 0.0, 0.0 };
	const unsigned int nr = forest_ticks(axis, ticks);
	char label[FMT_SIZE], half[FMT_SIZE];
	int from, to, width, at;
	unsigned int i;

	(void)snprintf(label, sizeof(label), axis->band_ns > 0.0 ? "+/-%s" : "exact",
		       fmt_short(frame->clock, axis->band_ns, false, half, sizeof(half)));
	width = cells_width(label);
	from = (col_of(axis, rect, -axis->half_ns) + col_of(axis, rect, axis->half_ns) + 1) / 2 -
	       width / 2;
	from = from < rect.col ? rect.col : from;
	to = from +
	     cells_put(frame->c, rect.row, from, rect.col + rect.cols - from, ROLE_GOOD, label);
	for (i = 2; i < nr; i++)
		far[ticks[i] > 0.0] = ticks[i];
	for (i = 0; i < 2; i++) {
		if (!(fabs(far[i]) > 0.0))
			continue;
		(void)fmt_short(frame->clock, far[i], true, label, sizeof(label));
		width = cells_width(label);
		at = col_of(axis, rect, far[i]) - width / 2;
		at = at < rect.col ? rect.col : at;
		at = at + width > rect.col + rect.cols ? rect.col + rect.cols - width : at;
		if (i ? at > to : at + width < from)
			cells_put(frame->c, rect.row, at, width, ROLE_DIM, label);
	}
}
