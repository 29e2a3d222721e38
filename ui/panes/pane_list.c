// SPDX-License-Identifier: LGPL-2.1-or-later
/* The list of candidates: one table of columns, from which each width takes what fits. */
#include "ui/panes/panes_impl.h"
#include "app/words/candidate.h"

#include <stdio.h>
#include <string.h>

#include "app/worker.h"
#include "core/base/printable.h"

/** struct column_def - a column; drop: the higher, the sooner it goes when space shrinks */
struct column_def {
	const char *title;
	int width;
	int drop;
	bool right;
};

static const struct column_def defs[APP_COLUMN_NR] = {
	[APP_COLUMN_ID] = { "id", 6, 0, true },
	[APP_COLUMN_SEQUENCE] = { "sequence", 14, 7, false },
	[APP_COLUMN_DIR] = { "dir", 7, 4, false },
	[APP_COLUMN_GUEST] = { "guest event", 18, 1, false },
	[APP_COLUMN_VCPU] = { "vCPU", 4, 3, true },
	[APP_COLUMN_GUEST_TIME] = { "guest time", 20, 9, true },
	[APP_COLUMN_GUEST_NUMBER] = { "guest#", 8, 13, true },
	[APP_COLUMN_HOST] = { "host event", 15, 2, false },
	[APP_COLUMN_PCPU] = { "pCPU", 4, 3, true },
	[APP_COLUMN_HOST_TIME] = { "host time", 20, 8, true },
	[APP_COLUMN_HOST_NUMBER] = { "host#", 8, 13, true },
	[APP_COLUMN_DIFFERENCE] = { "host - guest", 21, 12, true },
	[APP_COLUMN_DELAY] = { "delay", FMT_WIDTH, 0, true },
	[APP_COLUMN_RESIDUAL] = { "residual", FMT_WIDTH, 6, true },
	[APP_COLUMN_RIVAL] = { "rival", 6, 11, true },
	[APP_COLUMN_NOTE] = { "note", 24, 10, false },
};

#define FLAGS_COLS 6 /* ">*! ? " */

/** struct columns - the columns that stand, in their order, and their widths; 0 = not shown */
struct columns {
	int width[APP_COLUMN_NR];
	uint8_t order[APP_COLUMN_NR];
	int nr;
};

static bool own_choice(const struct frame *f)
{
	return app_prefs(f->a)->columns_nr > 0;
}

static void order_of(const struct frame *f, struct columns *c)
{
	int i;

	memset(c, 0, sizeof(*c));
	c->nr = own_choice(f) ? (int)app_prefs(f->a)->columns_nr : APP_COLUMN_NR;
	for (i = 0; i < c->nr; i++)
		c->order[i] = own_choice(f) ? app_prefs(f->a)->columns[i] : (uint8_t)i;
}

/* On large machines the names of vCPUs are longer than their title. */
static int width_of(const struct frame *f, int i)
{
	const bool longer =
		i == APP_COLUMN_VCPU && f->a->trace->guests_nr > 1 && f->l.tag_cols > defs[i].width;

	return longer ? f->l.tag_cols : defs[i].width;
}

static bool wanted(const struct frame *f, int i)
{
	return own_choice(f) || defs[i].drop < 13 || app_prefs(f->a)->event_numbers;
}

/*
 * Room that is left goes to what is cut most often; a narrow screen still names the guest event,
 * cut.
 */
static void spend(const struct frame *f, struct columns *columns, int left)
{
	static const struct {
		enum app_column col;
		int most;
	} take[] = { { APP_COLUMN_HOST, 24 }, { APP_COLUMN_GUEST, 30 }, { APP_COLUMN_NOTE, 60 } };
	size_t i;

	if (!columns->width[APP_COLUMN_GUEST] && !own_choice(f)) {
		if (left >= 9)
			columns->width[APP_COLUMN_GUEST] = left - 1;
		return;
	}
	for (i = 0; i < sizeof(take) / sizeof(take[0]); i++) {
		int more = take[i].most - columns->width[take[i].col];

		if (!columns->width[take[i].col] || more <= 0)
			continue;
		if (more > left)
			more = left;
		columns->width[take[i].col] += more;
		left -= more;
	}
}

/* As many columns as fit, the most telling first. */
static void choose(const struct frame *frame, int cols, struct columns *columns)
{
	int used = FLAGS_COLS, i, level;

	order_of(frame, columns);
	for (level = 0; level <= 13; level++) {
		int more = 0;

		for (i = 0; i < APP_COLUMN_NR; i++)
			if (defs[i].drop == level && wanted(frame, i))
				more += width_of(frame, i) + 1;
		/* event numbers were asked for: they may go past what only fills a wide screen */
		if (used + more > cols) {
			if (level < 8)
				break;
			continue;
		}
		for (i = 0; i < APP_COLUMN_NR; i++)
			if (defs[i].drop == level && wanted(frame, i))
				columns->width[i] = width_of(frame, i);
		used += more;
	}
	spend(frame, columns, cols - used);
}

/*
 * Scrolled sideways, or chosen by a person: columns in their order as far as there is room,
 * without the first so many.
 * A number that stands first stays. Return: the last one is there.
 */
static bool choose_from(const struct frame *frame, int cols, int skip, struct columns *columns)
{
	int used = FLAGS_COLS, i, n;
	bool all = true;

	order_of(frame, columns);
	for (n = 0; n < columns->nr; n++) {
		i = columns->order[n];
		if (!wanted(frame, i) || ((n || i != APP_COLUMN_ID) && skip-- > 0))
			continue;
		if (used + width_of(frame, i) + 1 > cols) {
			all = false;
			break;
		}
		columns->width[i] = width_of(frame, i);
		used += width_of(frame, i) + 1;
	}
	/* scrolled away, the guest's event would come back */
	if (columns->width[APP_COLUMN_GUEST] || own_choice(frame))
		spend(frame, columns, cols - used);
	return all;
}

static void choose_now(const struct frame *frame, int cols, struct columns *columns)
{
	const int left = (int)(app_list(frame->a)->left / APP_LEFT_STEP);

	/*
	 * the first step sideways shows columns in their order, the next ones leave out what stands
	 * first
	 */
	if (own_choice(frame))
		(void)choose_from(frame, cols, left, columns);
	else if (left)
		(void)choose_from(frame, cols, left - 1, columns);
	else
		choose(frame, cols, columns);
}

static int room_of(const struct frame *f)
{
	return f->l.part[PART_LIST].cols;
}

unsigned int pane_list_left_max(const struct frame *frame)
{
	struct columns columns;
	unsigned int skip = 0;
	int i;

	if (!own_choice(frame)) {
		choose(frame, room_of(frame), &columns);
		for (i = 0; i < APP_COLUMN_NR; i++)
			if (!columns.width[i] && wanted(frame, i))
				break;
		if (i == APP_COLUMN_NR)
			return 0;
	}
	while (skip < APP_COLUMN_NR && !choose_from(frame, room_of(frame), (int)skip, &columns))
		skip++;
	return (skip + (own_choice(frame) ? 0 : 1)) * APP_LEFT_STEP;
}

static const struct vms_stream *guest_of(const struct frame *f, const struct vms_candidate *c)
{
	return f->a->trace->guests[c->pair.guest].stream;
}

static void cell_text(const struct frame *frame, const struct vms_candidate *cand,
		      enum app_column col, char *buf, size_t size)
{
	const char *tag;
	uint32_t rival;

	buf[0] = '\0';
	switch (col) {
	case APP_COLUMN_ID: (void)snprintf(buf, size, "%u", cand->id); break;
	case APP_COLUMN_SEQUENCE:
		(void)snprintf(buf, size, "%s", candidate_sequence(frame->s, cand));
		break;
	case APP_COLUMN_DIR: (void)snprintf(buf, size, "%s", dir_text(cand->pair.dir)); break;
	case APP_COLUMN_GUEST: (void)frame_guest_name(frame, cand, buf, size); break;
	case APP_COLUMN_VCPU:
		if (frame->a->trace->guests_nr > 1 && cand->track < vms_session_tracks_nr(frame->s))
			(void)app_vcpu_short(frame->a, vms_session_track(frame->s, cand->track),
					     buf, size);
		else
			(void)snprintf(buf, size, "%u",
				       frame_cpu_number(guest_of(frame, cand),
							cand->pair.guest_ev.cpu));
		break;
	case APP_COLUMN_GUEST_TIME:
		(void)fmt_time(&guest_of(frame, cand)->clock, cand->pair.guest_raw, buf, size);
		break;
	case APP_COLUMN_GUEST_NUMBER:
		(void)snprintf(buf, size, "%u", cand->pair.guest_ev.idx);
		break;
	case APP_COLUMN_HOST: (void)frame_host_name(frame, cand, buf, size); break;
	case APP_COLUMN_PCPU:
		(void)snprintf(buf, size, "%u",
			       frame_cpu_number(frame->a->trace->host, cand->pair.host_ev.cpu));
		break;
	case APP_COLUMN_HOST_TIME:
		(void)fmt_time(frame->clock, cand->pair.host_raw, buf, size);
		break;
	case APP_COLUMN_HOST_NUMBER: (void)snprintf(buf, size, "%u", cand->pair.host_ev.idx); break;
	case APP_COLUMN_DIFFERENCE:
		(void)fmt_offset(frame->clock,
				 vms_sat_sub_i64(cand->pair.host_raw, cand->pair.guest_raw), buf,
				 size);
		break;
	case APP_COLUMN_DELAY:
		(void)fmt_delta(frame->clock, vms_session_delay_ns(frame->s, cand), buf, size);
		break;
	case APP_COLUMN_RESIDUAL:
		(void)fmt_delta(frame->clock, vms_session_residual_ns(frame->s, cand), buf, size);
		break;
	case APP_COLUMN_RIVAL:
		rival = vms_session_rival(frame->s, cand);
		if (rival != VMS_ID_NONE)
			(void)snprintf(buf, size, "%u", rival);
		break;
	case APP_COLUMN_NOTE:
		tag = vms_session_note(frame->s, cand);
		if (*tag)
			(void)fmt_clean(tag, buf, size);
		else if (cand->flags & VMS_CAND_DETACHED)
			(void)snprintf(buf, size, "does not form under this model");
		else if (cand->flags & VMS_CAND_IMPOSSIBLE)
			(void)snprintf(buf, size, "impossible in the band");
		else if (cand->flags & VMS_CAND_BINDING)
			(void)snprintf(buf, size, "bounds the band");
		else if (vms_session_outlier(frame->s, cand))
			(void)snprintf(buf, size, "outlier");
		break;
	case APP_COLUMN_NR: break;
	}
}

static char flag_letter(const struct frame *f, const struct vms_candidate *c)
{
	if (c->flags & VMS_CAND_IMPOSSIBLE)
		return '!';
	if (c->flags & VMS_CAND_DETACHED)
		return '~';
	if (c->flags & VMS_CAND_BINDING)
		return 'b';
	return vms_session_outlier(f->s, c) ? 'o' : ' ';
}

/*
 * State and selection show at the beginning of the row only, its handle: a step would send two
 * whole rows else, a decision one more, and that is what a slow line feels.
 */
static void draw_row(const struct frame *frame, const struct columns *cols, struct rect rect,
		     int row, const struct vms_candidate *cand)
{
	bool selected = cand->id == app_list(frame->a)->sel;
	enum tui_role role = frame_state_role(frame, cand);
	int at = rect.col + FLAGS_COLS, i, n;
	int handle =
		FLAGS_COLS + (cols->order[0] == APP_COLUMN_ID ? cols->width[APP_COLUMN_ID] : 0);
	char buf[256];

	/* most pairs are undecided: they are the plain ones */
	if (role == ROLE_CANDIDATE)
		role = ROLE_TEXT;
	cells_fill(frame->c, row, rect.col, handle, role, " ");
	cells_printf(frame->c, row, rect.col, FLAGS_COLS, role, "%c%c%c%c%c ", selected ? '>' : ' ',
		     app_marked(frame->a, cand->id) ? '*' : ' ', flag_letter(frame, cand),
		     frame_off_disk(frame, cand) ? '%' : ' ', frame_state_letter(frame, cand));
	for (n = 0; n < cols->nr; n++) {
		i = cols->order[n];
		if (!cols->width[i])
			continue;
		if (n || i != APP_COLUMN_ID)
			role = ROLE_TEXT;
		cell_text(frame, cand, (enum app_column)i, buf, sizeof(buf));
		if (defs[i].right)
			cells_right(frame->c, row, at, cols->width[i], role, buf);
		else
			cells_put(frame->c, row, at, cols->width[i], role, buf);
		at += cols->width[i] + 1;
	}
	if (selected) {
		cells_flag(frame->c, row, rect.col, handle, CELL_REVERSE);
		if (app_shown(frame->a)->focus != APP_PANE_LANES)
			cells_cursor(frame->c, row, rect.col, true);
	}
}

static void draw_titles(const struct frame *frame, const struct columns *cols)
{
	struct rect rect = frame->l.part[PART_COLUMNS];
	int at = rect.col + FLAGS_COLS, i, n;

	if (rect.rows < 1)
		return;
	cells_put(frame->c, rect.row, rect.col, FLAGS_COLS, ROLE_DIM, "   st ");
	for (n = 0; n < cols->nr; n++) {
		i = cols->order[n];
		if (!cols->width[i])
			continue;
		if (defs[i].right)
			cells_right(frame->c, rect.row, at, cols->width[i], ROLE_DIM,
				    defs[i].title);
		else
			cells_put(frame->c, rect.row, at, cols->width[i], ROLE_DIM, defs[i].title);
		at += cols->width[i] + 1;
	}
}

static uint32_t lanes_drawn(const struct frame *frame)
{
	uint32_t nr = 0;
	unsigned int i;

	for (i = 0; i < frame->lanes_nr; i++)
		nr += frame->lanes[i].kind == FRAME_LANE;
	return nr;
}

static void draw_head(const struct frame *frame)
{
	static const char *const sorts[APP_SORT_NR] = { "time",	    "delay",	   "residual",
							"sequence", "information", "id" };
	static const char *const follows[] = { "off", "on", "held" };
	const struct app *app = frame->a;
	struct rect rect = frame->l.part[PART_LIST_HEAD];
	const uint32_t hidden =
		frame->l.part[PART_AXIS].rows ? app_lanes(app)->nr - lanes_drawn(frame) : 0;
	char filter[128] = "", tail[128] = "", head[64], sort[40], follow[24] = "", lanes[48] = "";
	/* what goes first where not all fits: half a word says nothing */
	char *const less[] = { sort, follow, lanes };
	size_t i;

	if (app_list(app)->filter_text[0])
		(void)snprintf(filter, sizeof(filter), "   filter: %s",
			       fmt_cut(app_list(app)->filter_text, 40, BUF(100)));
	if (app_list(app)->marked_nr)
		(void)snprintf(tail, sizeof(tail), "   %u marked", app_list(app)->marked_nr);
	if (list_unfinished(app))
		(void)snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail),
			       "   making the list: %u %%",
			       worker_percent(app->opts.worker, WORKER_LIST) / 10 * 10);
	if (app_search(app)->nr)
		(void)snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail),
			       "   match %u of %u", app_search(app)->at, app_search(app)->nr);
	(void)snprintf(head, sizeof(head), "candidates: row %u of %u",
		       app_list(app)->nr ? app_list(app)->sel_row + 1 : 0, app_list(app)->nr);
	if (app_list(app)->nr < vms_session_candidates_nr(frame->s))
		(void)snprintf(head + strlen(head), sizeof(head) - strlen(head), ", %u in all",
			       vms_session_candidates_nr(frame->s));
	(void)snprintf(
		sort, sizeof(sort), "   sort: %s%s",
		sorts[(unsigned int)app_list(app)->sort < APP_SORT_NR ? app_list(app)->sort : 0],
		app_list(app)->reverse ? " (down)" : "");
	if (app_view(app)->follow != APP_FOLLOW_ON)
		(void)snprintf(
			follow, sizeof(follow), "   follow %s",
			follows[(unsigned int)app_view(app)->follow < 3 ? app_view(app)->follow
									: 0]);
	if (hidden)
		(void)snprintf(lanes, sizeof(lanes), "   %u lane%s not shown: V", hidden,
			       fmt_s(hidden));
	for (i = 0; i < sizeof(less) / sizeof(less[0]); i++)
		if (cells_width(head) + cells_width(filter) + cells_width(sort) +
			    cells_width(tail) + cells_width(follow) + cells_width(lanes) >
		    rect.cols - 5)
			less[i][0] = '\0';
	frame_head(frame, rect, app_shown(app)->focus == APP_PANE_LIST, "%s%s%s%s%s%s", head,
		   filter, sort, tail, follow, lanes);
}

static void draw_empty(const struct frame *f, struct rect r)
{
	if (app_list(f->a)->filter_text[0])
		cells_put(f->c, r.row, r.col + 2, r.cols - 3, ROLE_TEXT,
			  "no candidate matches the filter: & changes it, an empty one shows all");
	else
		cells_put(f->c, r.row, r.col + 2, r.cols - 3, ROLE_TEXT,
			  "no candidate pair forms under this model: M chooses another, the band "
			  "needs none");
}

void pane_list(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_LIST];
	struct columns cols;
	int i;

	if (rect.rows < 1)
		return;
	choose_now(frame, room_of(frame), &cols);
	draw_head(frame);
	draw_titles(frame, &cols);
	for (i = 0; i < rect.rows; i++) {
		uint32_t at = app_list(frame->a)->top + (uint32_t)i;
		const struct vms_candidate *c;

		if (at >= app_list(frame->a)->nr)
			break;
		c = app_candidate(frame->a, app_list(frame->a)->ids[at]);
		if (c)
			draw_row(frame, &cols, rect, rect.row + i, c);
	}
	if (!app_list(frame->a)->nr)
		draw_empty(frame, rect);
}
