/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What panes share while one frame is drawn, and the small texts that several of them need. */
#ifndef TUI_FRAME_H
#define TUI_FRAME_H

#include <vmsync/lanes.h>
#include "app/state/app.h"
#include "app/state/list.h"
#include "app/state/search.h"
#include "ui/cells/cells.h"
#include "app/words/format.h"
#include "ui/cells/glyphs.h"
#include "ui/layout.h"
#include "ui/tui.h"

#define FRAME_LANES_MAX 64
/* From here on the second line has every count of the decisions. */
#define FRAME_COUNTS_FROM_COLS 150

/** struct frame_lane - a lane of this frame */
struct frame_lane {
	uint32_t idx;		   /* into app.lanes */
	int row;		   /* of the screen */
	struct vms_lane_col *cols; /* layout.lane_cols of them; borrowed from the frame */
	struct vms_mark_col *marks;
};

/** struct frame - one frame being drawn */
struct frame {
	const struct app *a;
	struct vms_session *s; /* a->session; what-if needs it without const */
	struct cells *c;
	struct tui_layout l;
	const struct tui_glyphs *g;
	const struct vms_clock *clock;
	struct vms_lanes *lane_data;	 /* on the main screen */
	const struct vms_candidate *sel; /* selected candidate, NULL = none */
	unsigned int track;		 /* app_track() */
	const struct vms_track *tr;	 /* NULL: the session has none */
	struct frame_lane lanes[FRAME_LANES_MAX];
	unsigned int guest_lanes_nr, lanes_nr; /* guests first */
	/* a pane has more to compute than fits into a frame, and another frame goes on */
	bool unfinished;
	int title_cols; /* of the overlay's title */
	/* candidates stand so thick that the match row shows them and the lanes do not */
	bool dense;
	/* screen row of the selected pair in the list, -1 = not on the screen: overlays spare it */
	int keep_row;
};

/** frame_layout - where things stand on the present screen; also for finding what a click hit */
void frame_layout(const struct app *app, int rows, int cols, struct tui_layout *l);

/* Panes. Each draws into its own rectangle and nowhere else. */
void pane_title(struct frame *f);
/** pane_title_tab - the screen, 1 to 7, whose name stands there; 0: none */
int pane_title_tab(const struct tui_layout *l, int row, int col);
void pane_offset(struct frame *f);
void pane_axis(struct frame *f);
void pane_lanes(struct frame *f);
void pane_match(struct frame *f);
void pane_delay(struct frame *f);
void pane_overview(struct frame *f);
void pane_list(struct frame *f);
/** pane_list_left_max - how far the list can be scrolled sideways; 0 = every column is there */
unsigned int pane_list_left_max(const struct frame *f);
/** pane_log_left_max, pane_sequences_left_max, overlay_text_left_max - the same for these */
unsigned int pane_log_left_max(const struct frame *f);
unsigned int pane_sequences_left_max(const struct frame *f);
unsigned int overlay_text_left_max(const struct frame *f, int cols);
void pane_stats(struct frame *f);
void pane_details(struct frame *f);
void pane_side(struct frame *f);
void pane_plots(struct frame *f);
void pane_sequences(struct frame *f);
void pane_events(struct frame *f);
void pane_models(struct frame *f);
void pane_log(struct frame *f, struct rect r, bool whole);
void pane_message(struct frame *f);
void pane_bar(struct frame *f);
void overlay_draw(struct frame *f);

/**
 * pane_details_in - what is known of the selected pair, drawn into a rectangle; for details and the
 * side column
 */
void pane_details_in(struct frame *f, struct rect r);

/**
 * pane_details_forget, pane_plots_forget - drop what is kept between frames; before a session is
 * freed
 */
void pane_details_forget(void);
void pane_plots_forget(void);

/* Shared texts (frame_text.c) */

/**
 * frame_head - the head of a pane: "-- title ------" over a whole row; focus shows by ">" and
 * weight
 */
void frame_head(struct frame *f, struct rect r, bool focus, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** frame_state_letter - "?", "+", "x" of a candidate in lists */
char frame_state_letter(const struct vms_candidate *c);
/** frame_state_role - how it looks */
enum tui_role frame_state_role(const struct vms_candidate *c);
/** frame_mark_role - the same for a mark of a lane */
enum tui_role frame_mark_role(uint8_t state, uint8_t flags);
/** frame_mark_letter - "A", "?", "x", "!" of a mark of a lane */
const char *frame_mark_letter(uint8_t state, uint8_t flags);
/** frame_guest_name - name of a candidate's guest event, printable */
const char *frame_guest_name(const struct frame *f, const struct vms_candidate *c, char *buf,
			     size_t size);
/** frame_host_name - "exit MSR_WRITE"; "entry (HLT)": after an exit for HLT */
const char *frame_host_name(const struct frame *f, const struct vms_candidate *c, char *buf,
			    size_t size);
/** frame_event_text - name and fields of any event, printable */
const char *frame_event_text(const struct vms_stream *s, struct vms_ref ev, char *buf, size_t size);
/** frame_seq_name - name of a candidate's sequence */
const char *frame_seq_name(const struct frame *f, const struct vms_candidate *c);
/** frame_dir - "g>x" guest event, then exit; "n>g" entry, then guest event */
const char *frame_dir(const struct vms_candidate *c);
/** frame_cpu_number - CPU number of a CPU index */
uint32_t frame_cpu_number(const struct vms_stream *s, int32_t cpu_idx);
/** frame_stretch - the stretch of a candidate, NULL = none */
const struct vms_stretch *frame_stretch(const struct frame *f, const struct vms_candidate *c);
/** frame_verdict - "inside", "PROVEN WRONG by 1.862 us", "no band: 3 contradictions" of a result */
const char *frame_verdict(const struct frame *f, const struct vms_track *t,
			  const struct vms_model_result *r, char *buf, size_t size);
/**
 * frame_steps - "no single line fits: the offset steps 2 times"; NULL where one line (or one that
 * wanders) does
 */
const char *frame_steps(const struct vms_track *t, char *buf, size_t size);
/**
 * frame_band - least and greatest offset at a guest time of a track; false without band or when
 * unbounded
 */
bool frame_band(const struct vms_track *t, int64_t guest_raw, int64_t *lo, int64_t *hi);
/** frame_col - column of a host time; -1 left of the view, lane_cols right of it */
int frame_col(const struct frame *f, int64_t host_raw);
/** frame_vcpu - "v1", with several guests "g0v1", as on the lanes */
const char *frame_vcpu(const struct frame *f, const struct vms_track *t, char *buf, size_t size);
/** frame_short - three digits and a unit, for scales: "19.3 us", "+20 us" */
const char *frame_short(const struct frame *f, double ns, bool sign, char *buf, size_t size);
/** frame_basis - the basis to show first: the one chosen, but not an empty one */
enum vms_basis frame_basis(const struct frame *f);
/** frame_ns - a raw difference in ns (ticks when the rate is unknown) */
double frame_ns(const struct frame *f, int64_t diff_raw);

#endif
