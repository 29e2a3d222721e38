/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The panes, one file each. Each looks for its rectangle in the layout, and may find none. */
#ifndef TUI_PANES_IMPL_H
#define TUI_PANES_IMPL_H

#include "app/words/forest.h"
#include "ui/draw/frame.h"

void pane_title(const struct frame *frame);
void pane_offset(const struct frame *frame);
void pane_axis(const struct frame *frame);
/**
 * pane_breaks - in a row of cells: S where the clock of the first line's vCPU steps, ~ where events
 * of the host are missing
 */
void pane_breaks(const struct frame *frame, struct rect rect, const struct vms_view *view);
void pane_lanes(const struct frame *f);
void pane_match(const struct frame *frame);
void pane_delay(const struct frame *frame);
void pane_overview(const struct frame *f);
void pane_list(const struct frame *frame);
unsigned int pane_list_left_max(const struct frame *frame);
void pane_stats(const struct frame *f);
void pane_details(const struct frame *f);
void pane_side(const struct frame *frame);
void pane_sequences(const struct frame *frame);
unsigned int pane_sequences_left_max(const struct frame *f);

/** struct fit_axis - the one axis of all delays: which bins of a histogram a cell shows */
struct fit_axis {
	unsigned int first, per; /* bin; bins a cell */
	int cells;		 /* 0: there is no room */
};

/** struct fit_row - a row of screen 4: a sequence, or what may become one */
struct fit_row {
	const char *name;
	enum vms_dir dir;
	const struct vms_fitness *fitness; /* NULL: see instead */
	const char *instead;		   /* of a verdict: "muted" */
	uint64_t pairs;			   /* without fitness */
	bool selected;
};

/** pane_fit_row - verdict, figures and the small histogram, in the columns of all such rows */
void pane_fit_row(const struct frame *frame, struct rect rect, int row, const struct fit_row *of,
		  const struct fit_axis *axis);
void pane_events(const struct frame *frame);
void pane_models(const struct frame *frame);
/** forest_draw, forest_title - in a row of cells: a model against the band; what the scale is */
void forest_draw(const struct frame *frame, struct rect rect, const struct forest *axis,
		 const struct vms_model_result *result, enum tui_role role);
void forest_title(const struct frame *frame, struct rect rect, const struct forest *axis);
void pane_log(const struct frame *frame);
unsigned int pane_log_left_max(const struct frame *frame);
void pane_notice(const struct frame *frame);
void pane_message(const struct frame *frame);
void pane_bar(const struct frame *frame);

/** pane_details_in - the details, drawn into a part of the side column */
void pane_details_in(const struct frame *frame, struct rect rect);

#endif
