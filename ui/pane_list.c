// SPDX-License-Identifier: LGPL-2.1-or-later
/* The list of candidates: one table of columns, from which each width takes what fits. */
#include "frame.h"

#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "list_make.h"

enum column {
	COL_ID, COL_SEQ, COL_DIR, COL_GUEST, COL_VCPU, COL_GUEST_TIME, COL_GUEST_NR, COL_HOST, COL_PCPU, COL_HOST_TIME,
	COL_HOST_NR, COL_RAW_DT, COL_DELAY, COL_RESIDUAL, COL_RIVAL, COL_NOTE, COL_NR
};

/** struct column_def - a column; drop: the higher, the sooner it goes when space shrinks */
struct column_def {
	const char *title;
	int width;
	int drop;
	bool right;
};

static const struct column_def defs[COL_NR] = {
	[COL_ID] = { "id", 6, 0, true },
	[COL_SEQ] = { "sequence", 14, 7, false },
	[COL_DIR] = { "dir", 3, 4, false },
	[COL_GUEST] = { "guest event", 20, 1, false },
	[COL_VCPU] = { "vCPU", 4, 3, true },
	[COL_GUEST_TIME] = { "guest time", 20, 9, true },
	[COL_GUEST_NR] = { "guest#", 8, 13, true },
	[COL_HOST] = { "host event", 17, 2, false },
	[COL_PCPU] = { "pCPU", 4, 3, true },
	[COL_HOST_TIME] = { "host time", 20, 8, true },
	[COL_HOST_NR] = { "host#", 8, 13, true },
	[COL_RAW_DT] = { "host - guest", 21, 12, true },
	[COL_DELAY] = { "delay", FMT_WIDTH, 0, true },
	[COL_RESIDUAL] = { "residual", FMT_WIDTH, 6, true },
	[COL_RIVAL] = { "rival", 6, 11, true },
	[COL_NOTE] = { "note", 24, 10, false },
};

#define FLAGS_COLS 6	/* ">*! ? " */

/** struct columns - the widths of the columns that stand; 0 = not shown */
struct columns {
	int width[COL_NR];
};

static bool wanted(const struct frame *f, int i, int level)
{
	return defs[i].drop == level && (level < 13 || f->a->prefs.event_numbers);
}

/* Room that is left goes to what is cut most often; a narrow screen still names the guest event, cut. */
static void spend(struct columns *c, int left)
{
	static const struct {
		enum column col;
		int most;
	} take[] = { { COL_HOST, 24 }, { COL_GUEST, 30 }, { COL_NOTE, 60 } };
	size_t i;

	if (!c->width[COL_GUEST]) {
		if (left >= 9)
			c->width[COL_GUEST] = left - 1;
		return;
	}
	for (i = 0; i < sizeof(take) / sizeof(take[0]); i++) {
		int more = take[i].most - c->width[take[i].col];

		if (!c->width[take[i].col] || more <= 0)
			continue;
		if (more > left)
			more = left;
		c->width[take[i].col] += more;
		left -= more;
	}
}

static void choose(const struct frame *f, int cols, struct columns *c)
{
	int used = FLAGS_COLS, i, level;

	for (i = 0; i < COL_NR; i++)
		c->width[i] = 0;
	for (level = 0; level <= 13; level++) {
		int more = 0;

		for (i = 0; i < COL_NR; i++)
			if (wanted(f, i, level))
				more += defs[i].width + 1;
		/* event numbers were asked for: they may go past what only fills a wide screen */
		if (used + more > cols) {
			if (level < 8)
				break;
			continue;
		}
		for (i = 0; i < COL_NR; i++)
			if (wanted(f, i, level))
				c->width[i] = defs[i].width;
		used += more;
	}
	spend(c, cols - used);
}

/* Scrolled sideways: every column in its order, at first from the number on, then without more and more of them. */
static bool choose_from(const struct frame *f, int cols, int skip, struct columns *c)
{
	int used = FLAGS_COLS + defs[COL_ID].width + 1, i;
	bool all = true;

	memset(c, 0, sizeof(*c));
	c->width[COL_ID] = defs[COL_ID].width;
	for (i = COL_ID + 1; i < COL_NR; i++) {
		if (!wanted(f, i, defs[i].drop) || skip-- > 0)
			continue;
		if (used + defs[i].width + 1 > cols) {
			all = false;
			break;
		}
		c->width[i] = defs[i].width;
		used += defs[i].width + 1;
	}
	/* the guest's event would come back */
	if (c->width[COL_GUEST])
		spend(c, cols - used);
	return all;
}

static int room_of(const struct frame *f)
{
	return f->l.part[PART_LIST].cols;
}

unsigned int pane_list_left_max(const struct frame *f)
{
	struct columns c;
	unsigned int skip = 0;
	int i;

	choose(f, room_of(f), &c);
	for (i = 0; i < COL_NR; i++)
		if (!c.width[i] && wanted(f, i, defs[i].drop))
			break;
	if (i == COL_NR)
		return 0;
	while (skip < COL_NR && !choose_from(f, room_of(f), (int)skip, &c))
		skip++;
	return (skip + 1) * APP_LEFT_STEP;
}

static const struct vms_stream *guest_of(const struct frame *f, const struct vms_candidate *c)
{
	return f->a->trace->guests[c->pair.guest].stream;
}

static void cell_text(const struct frame *f, const struct vms_candidate *c, enum column col, char *buf, size_t size)
{
	const char *tag;

	buf[0] = '\0';
	switch (col) {
	case COL_ID:
		(void)snprintf(buf, size, "%u", c->id);
		break;
	case COL_SEQ:
		(void)snprintf(buf, size, "%s", frame_seq_name(f, c));
		break;
	case COL_DIR:
		(void)snprintf(buf, size, "%s", frame_dir(c));
		break;
	case COL_GUEST:
		(void)frame_guest_name(f, c, buf, size);
		break;
	case COL_VCPU:
		if (f->a->trace->guests_nr > 1 && c->track < vms_session_tracks_nr(f->s))
			(void)frame_vcpu(f, vms_session_track(f->s, c->track), buf, size);
		else
			(void)snprintf(buf, size, "%u", frame_cpu_number(guest_of(f, c), c->pair.guest_ev.cpu));
		break;
	case COL_GUEST_TIME:
		(void)fmt_time(&guest_of(f, c)->clock, c->pair.guest_raw, buf, size);
		break;
	case COL_GUEST_NR:
		(void)snprintf(buf, size, "%u", c->pair.guest_ev.idx);
		break;
	case COL_HOST:
		(void)frame_host_name(f, c, buf, size);
		break;
	case COL_PCPU:
		(void)snprintf(buf, size, "%u", frame_cpu_number(f->a->trace->host, c->pair.host_ev.cpu));
		break;
	case COL_HOST_TIME:
		(void)fmt_time(f->clock, c->pair.host_raw, buf, size);
		break;
	case COL_HOST_NR:
		(void)snprintf(buf, size, "%u", c->pair.host_ev.idx);
		break;
	case COL_RAW_DT:
		(void)fmt_offset(f->clock, vms_sat_sub_i64(c->pair.host_raw, c->pair.guest_raw), buf, size);
		break;
	case COL_DELAY:
		(void)fmt_delta(f->clock, vms_session_delay_ns(f->s, c), buf, size);
		break;
	case COL_RESIDUAL:
		(void)fmt_delta(f->clock, vms_session_residual_ns(f->s, c), buf, size);
		break;
	case COL_RIVAL:
		if (c->rival != VMS_ID_NONE)
			(void)snprintf(buf, size, "%u", c->rival);
		break;
	case COL_NOTE:
		tag = c->tag ? vms_session_tag(f->s, c->tag) : NULL;
		if (tag)
			(void)fmt_clean(tag, buf, size);
		else if (c->flags & VMS_CAND_DETACHED)
			(void)snprintf(buf, size, "does not form under this model");
		else if (c->flags & VMS_CAND_IMPOSSIBLE)
			(void)snprintf(buf, size, "impossible in the band");
		else if (c->flags & VMS_CAND_BINDING)
			(void)snprintf(buf, size, "bounds the band");
		else if (c->flags & VMS_CAND_OUTLIER)
			(void)snprintf(buf, size, "outlier");
		break;
	case COL_NR:
		break;
	}
}

static char flag_letter(const struct vms_candidate *c)
{
	if (c->flags & VMS_CAND_IMPOSSIBLE)
		return '!';
	if (c->flags & VMS_CAND_DETACHED)
		return '~';
	if (c->flags & VMS_CAND_BINDING)
		return 'b';
	return c->flags & VMS_CAND_OUTLIER ? 'o' : ' ';
}

/*
 * State and selection show at the beginning of the row only, its handle: a step would send two whole rows else, a
 * decision one more, and that is what a slow line feels.
 */
static void draw_row(struct frame *f, const struct columns *cols, struct rect r, int row, const struct vms_candidate *c)
{
	bool selected = c->id == f->a->sel;
	enum tui_role role = frame_state_role(c);
	int at = r.col + FLAGS_COLS, i;
	char buf[256];

	/* most pairs are undecided: they are the plain ones */
	if (role == ROLE_CANDIDATE)
		role = ROLE_TEXT;
	cells_fill(f->c, row, r.col, FLAGS_COLS + cols->width[COL_ID], role, " ");
	cells_printf(f->c, row, r.col, FLAGS_COLS, role, "%c%c%c %c ", selected ? '>' : ' ',
		     app_marked(f->a, c->id) ? '*' : ' ', flag_letter(c), frame_state_letter(c));
	for (i = 0; i < COL_NR; i++) {
		if (!cols->width[i])
			continue;
		if (i != COL_ID)
			role = ROLE_TEXT;
		cell_text(f, c, (enum column)i, buf, sizeof(buf));
		if (defs[i].right)
			cells_right(f->c, row, at, cols->width[i], role, buf);
		else
			cells_put(f->c, row, at, cols->width[i], role, buf);
		at += cols->width[i] + 1;
	}
	if (selected) {
		cells_flag(f->c, row, r.col, FLAGS_COLS + cols->width[COL_ID], CELL_REVERSE);
		cells_cursor(f->c, row, r.col, true);
	}
}

static void draw_titles(struct frame *f, const struct columns *cols)
{
	struct rect r = f->l.part[PART_COLUMNS];
	int at = r.col + FLAGS_COLS, i;

	if (r.rows < 1)
		return;
	cells_put(f->c, r.row, r.col, FLAGS_COLS, ROLE_DIM, "   st ");
	for (i = 0; i < COL_NR; i++) {
		if (!cols->width[i])
			continue;
		if (defs[i].right)
			cells_right(f->c, r.row, at, cols->width[i], ROLE_DIM, defs[i].title);
		else
			cells_put(f->c, r.row, at, cols->width[i], ROLE_DIM, defs[i].title);
		at += cols->width[i] + 1;
	}
}

static void draw_head(struct frame *f)
{
	static const char *const sorts[APP_SORT_NR] = {
		"time", "delay", "residual", "sequence", "information", "id"
	};
	static const char *const follows[] = { "off", "on", "held" };
	const struct app *a = f->a;
	struct rect r = f->l.part[PART_LIST_HEAD];
	char filter[128] = "", tail[128] = "", cut[100], head[40], sort[40], follow[24], model[64];
	/* what goes first where not all fits: half a word says nothing */
	char *const less[] = { follow, sort, model };
	size_t i;

	if (a->filter_text[0])
		(void)snprintf(filter, sizeof(filter), "   filter: %s", fmt_cut(a->filter_text, 40, cut, sizeof(cut)));
	if (a->marked_nr)
		(void)snprintf(tail, sizeof(tail), "   %u marked", a->marked_nr);
	if (a->list_make)
		(void)snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail), "   making the list: %u %%",
			       list_make_percent(a->list_make) / 10 * 10);
	if (a->search_nr)
		(void)snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail), "   match %u of %u", a->search_at,
			       a->search_nr);
	(void)snprintf(head, sizeof(head), "candidates %u of %u", a->list_nr, vms_session_candidates_nr(f->s));
	(void)snprintf(sort, sizeof(sort), "   sort: %s%s", sorts[(unsigned int)a->sort < APP_SORT_NR ? a->sort : 0],
		       a->sort_reverse ? " (down)" : "");
	(void)snprintf(follow, sizeof(follow), "   follow %s", follows[(unsigned int)a->follow < 3 ? a->follow : 0]);
	(void)snprintf(model, sizeof(model), "   model %s", vms_session_model(f->s));
	for (i = 0; i < sizeof(less) / sizeof(less[0]); i++)
		if (cells_width(head) + cells_width(filter) + cells_width(sort) + cells_width(tail) + cells_width(follow) +
		    cells_width(model) > r.cols - 5)
			less[i][0] = '\0';
	frame_head(f, r, a->focus == APP_PANE_LIST, "%s%s%s%s%s%s", head, filter, sort, tail, follow, model);
}

static void draw_empty(struct frame *f, struct rect r)
{
	if (f->a->filter_text[0])
		cells_put(f->c, r.row, r.col + 2, r.cols - 3, ROLE_TEXT,
			  "no candidate matches the filter: & changes it, an empty one shows all");
	else
		cells_put(f->c, r.row, r.col + 2, r.cols - 3, ROLE_TEXT,
			  "no candidate pair forms under this model: M chooses another, the band needs none");
}

void pane_list(struct frame *f)
{
	struct rect r = f->l.part[PART_LIST];
	struct columns cols;
	int i;

	if (r.rows < 1)
		return;
	if (f->a->list_left)
		(void)choose_from(f, room_of(f), (int)(f->a->list_left / APP_LEFT_STEP) - 1, &cols);
	else
		choose(f, room_of(f), &cols);
	draw_head(f);
	draw_titles(f, &cols);
	for (i = 0; i < r.rows; i++) {
		uint32_t at = f->a->list_top + (uint32_t)i;
		const struct vms_candidate *c;

		if (at >= f->a->list_nr)
			break;
		c = app_candidate(f->a, f->a->list[at]);
		if (c)
			draw_row(f, &cols, r, r.row + i, c);
	}
	if (!f->a->list_nr)
		draw_empty(f, r);
}
