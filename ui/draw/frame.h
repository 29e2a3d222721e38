/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One frame as those see it who draw it: what it shows, where things stand, and short texts that
 * are the same on every screen.
 */
#ifndef TUI_FRAME_H
#define TUI_FRAME_H

#include <vmsync/lanes.h>
#include "app/state/app.h"
#include "app/state/events.h"
#include "app/state/history.h"
#include "app/state/lane_list.h"
#include "app/state/lane_tree.h"
#include "app/state/list.h"
#include "app/state/messages.h"
#include "app/state/persist.h"
#include "app/state/search.h"
#include "app/state/sequences.h"
#include "app/state/loop.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"
#include "app/state/settings.h"
#include "app/state/text.h"
#include "app/state/view.h"
#include "ui/cells/cells.h"
#include "app/words/format.h"
#include "ui/cells/glyphs.h"
#include "ui/draw/layout.h"

#define FRAME_LANES_MAX 64
/* From here on the second line has every count of the decisions. */
#define FRAME_COUNTS_FROM_COLS 150

struct plots; /* ui/plots/plots.h */

/* A guest event where its vCPU did not run: it hides what else is in its column. */
#define FRAME_VIOLATION "V"

/** enum frame_lane_kind - a lane itself, or what stands below a guest's */
enum frame_lane_kind {
	FRAME_LANE,
	FRAME_THREAD, /* the vCPU's host thread, on whichever CPU */
	FRAME_GHOST,  /* the same events under the model that is compared */
};

/** struct frame_lane - a row of this frame */
struct frame_lane {
	enum frame_lane_kind kind;
	uint32_t idx;		   /* into app.lanes */
	int row;		   /* of the screen */
	struct vms_lane_col *cols; /* layout.lane_cols of them; borrowed from the frame */
	struct vms_mark_col *marks;
};

/** struct frame_over - a column of all guests' lanes, over the whole recording */
struct frame_over {
	uint32_t events;
	bool outside;
};

/** struct frame - one frame being drawn */
struct frame {
	const struct app *a;
	const struct vms_session *s; /* a->session */
	struct cells *c;
	struct tui_layout l;
	const struct tui_glyphs *g;
	const struct vms_clock *clock;
	const struct vms_candidate *sel; /* selected candidate, NULL = none */
	unsigned int track;		 /* app_track() */
	const struct vms_track *tr;	 /* NULL: the session has none */
	struct frame_lane lanes[FRAME_LANES_MAX];
	unsigned int guest_lanes_nr, lanes_nr; /* guests first */
	const struct frame_over *over; /* layout.lane_cols of them; NULL: no lanes are shown */
	struct vms_view whole;	       /* what they are of */
	/* of the track's guest: of models that are drawn and have one */
	const struct vms_model *maps[VMS_BY_NR];
	const struct vms_effect *what_if; /* of a decision on the selected pair; NULL: unknown */
	const struct plots *plots;	  /* what is computed of the plots */
	/* candidates stand so thick that the match row shows them and the lanes do not */
	bool dense;
	/* screen row of the selected pair in the list, -1 = not on the screen: overlays spare it */
	int keep_row;
};

/**
 * frame_head - the head of a pane: "-- title ------" over a whole row; focus shows by ">" and
 * weight
 */
void frame_head(const struct frame *frame, struct rect rect, bool focus, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** frame_off_disk - a candidate was decided on, and it is on no disk */
bool frame_off_disk(const struct frame *f, const struct vms_candidate *c);
/** frame_state_letter - "?", "+", "x" of a candidate in lists */
char frame_state_letter(const struct frame *f, const struct vms_candidate *c);
/** frame_state_role - how it looks */
enum tui_role frame_state_role(const struct frame *f, const struct vms_candidate *c);
/** frame_mark_role - the same for a mark of a lane */
enum tui_role frame_mark_role(uint8_t state, uint8_t flags);
/** frame_mark_letter - "A", "?", "x", "!" of a mark of a lane */
const char *frame_mark_letter(uint8_t state, uint8_t flags);
/** frame_guest_name - name of a candidate's guest event, printable */
const char *frame_guest_name(const struct frame *f, const struct vms_candidate *c, char *buf,
			     size_t size);
/** frame_host_name - "exit MSR_WRITE"; "entry (HLT)": after an exit for HLT */
const char *frame_host_name(const struct frame *f, const struct vms_candidate *cand, char *buf,
			    size_t size);
/** frame_event_text - name and fields of any event, printable */
const char *frame_event_text(const struct vms_stream *s, struct vms_ref ev, char *buf, size_t size);
/** frame_cpu_number - CPU number of a CPU index */
uint32_t frame_cpu_number(const struct vms_stream *s, int32_t cpu_idx);
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
/** frame_col_in - the same of another view, of so many columns */
int frame_col_in(const struct vms_view *view, int cols, int64_t host_raw);
/** frame_short - three digits and a unit, for scales: "19.3 us", "+20 us" */
const char *frame_short(const struct frame *frame, double ns, bool sign, char *buf, size_t size);
/** frame_basis - the basis to show first: the one chosen, but not an empty one */
enum vms_basis frame_basis(const struct frame *f);
/** frame_ns - a raw difference in ns (ticks when the rate is unknown) */
double frame_ns(const struct frame *f, int64_t diff_raw);

#endif
