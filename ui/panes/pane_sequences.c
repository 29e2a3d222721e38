// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sequences: whether each of them is a synchronisation point, how it pairs, and its delays on one
 * axis; what it pairs and what decides the verdict.
 */
#include "ui/panes/panes_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/words/candidate.h"
#include "app/words/fitness.h"
#include "app/words/words.h"
#include "app/worker.h"
#include "core/base/util.h"

#define NAME_COLS 28  /* marker, verdict and name: what the selection reverses */
#define TABLE_COLS 70 /* up to the median; more comes with width only */
#define MAD_COLS 8
#define MAD_FROM_COLS 90
#define HIST_COLS_LEAST 8
#define HIST_COLS_MOST 36
/* From here on all figures of the selected sequence stand beside the table. */
#define SIDE_FROM_COLS 160
#define SIDE_COLS 76

static int table_cols(int cols)
{
	return TABLE_COLS + (cols >= MAD_FROM_COLS ? MAD_COLS : 0);
}

/* The columns behind the name, scrolled sideways; the name stays. */
static const char *shifted(const struct frame *f, char *buf)
{
	const char *from =
		cells_skip(buf + NAME_COLS, app_shown(f->a)->row[APP_PANE_SEQUENCES].left);

	if (app_shown(f->a)->row[APP_PANE_SEQUENCES].left)
		memmove(buf + NAME_COLS, from, strlen(from) + 1);
	return buf;
}

unsigned int pane_sequences_left_max(const struct frame *f)
{
	const int cols = f->l.cols;

	return cols < TABLE_COLS ? (unsigned int)(TABLE_COLS - cols) : 0;
}

static const char *share(double of_one, char *buf, size_t size)
{
	(void)snprintf(buf, size, isnan(of_one) ? "-" : "%.2f", of_one);
	return buf;
}

/* The bin of a delay. */
static unsigned int bin_of(double ns)
{
	const double bin = ns > 1.0 ? log2(ns) * VMS_FIT_OCTAVE_BINS : 0.0;

	return bin < VMS_FIT_BINS ? (unsigned int)bin : VMS_FIT_BINS - 1;
}

/* From the least of all 5 % quantiles to the greatest of all 95 %. */
static struct fit_axis axis_of(const struct frame *frame, int cols)
{
	struct fit_axis axis = { .first = VMS_FIT_BINS };
	const uint32_t rows_nr = app_sequences_nr(frame->a);
	unsigned int last = 0;
	uint32_t i;

	axis.cells = VMS_MIN(cols - table_cols(cols), HIST_COLS_MOST);
	for (i = 0; i < rows_nr; i++) {
		const struct vms_fitness *f = app_sequence(frame->a, i).fitness;

		if (!f || !f->delays_nr)
			continue;
		axis.first = VMS_MIN(axis.first, bin_of(f->p5_ns));
		last = VMS_MAX(last, bin_of(f->p95_ns));
	}
	if (axis.cells < HIST_COLS_LEAST || axis.first > last)
		axis.cells = 0;
	else
		axis.per = (last - axis.first) / (unsigned int)axis.cells + 1;
	return axis;
}

/* Where the axis begins, and where it passes 1, 2 and 5 of each power of ten. */
static void draw_axis(const struct frame *frame, int row, int col, const struct fit_axis *axis)
{
	static const double step[] = { 2.0, 2.5, 2.0 };
	double ns = exp2((double)axis->first / VMS_FIT_OCTAVE_BINS), next = 1.0;
	unsigned int i = 0, bin = axis->first;
	int cell = 0, from = 0;
	char buf[FMT_SIZE];

	while (axis->cells && bin < VMS_FIT_BINS - 1) {
		(void)fmt_short(frame->clock, ns, false, buf, sizeof(buf));
		if (cell >= from && cell + (int)strlen(buf) <= axis->cells)
			from = cell + 1 +
			       cells_put(frame->c, row, col + cell, axis->cells - cell, ROLE_DIM,
					 buf);
		for (; bin_of(next * 1.0001) <= bin; next *= step[i++ % VMS_ARRAY_NR(step)])
			;
		ns = next;
		bin = bin_of(ns * 1.0001);
		cell = (int)((bin - axis->first) / axis->per);
	}
}

/* Delays off the axis count into its ends. */
static void draw_hist(const struct frame *frame, int row, int col, const struct vms_fitness *f,
		      const struct fit_axis *axis)
{
	uint64_t cell[HIST_COLS_MOST] = { 0 }, most = 1;
	unsigned int bin;
	int i;

	for (bin = 0; bin < VMS_FIT_BINS && axis->cells; bin++) {
		i = bin < axis->first ? 0 : (int)((bin - axis->first) / axis->per);
		i = VMS_MIN(i, axis->cells - 1);
		cell[i] += f->hist[bin];
		most = VMS_MAX(most, cell[i]);
	}
	for (i = 0; i < axis->cells; i++)
		if (cell[i])
			cells_put(frame->c, row, col + i, 1, ROLE_CANDIDATE,
				  frame->g->density[(cell[i] * 5 - 1) / most]);
}

static void draw_titles(const struct frame *f, struct rect r, int row, const struct fit_axis *axis)
{
	char buf[300];

	(void)snprintf(buf, sizeof(buf), "  %-10s %-14s %-7s %6s %4s %4s %7s %7s%s", "verdict",
		       "sequence", "dir", "pairs", "prec", "rec", "least", "median",
		       r.cols >= MAD_FROM_COLS ? "  MAD" : "");
	cells_put(f->c, row, r.col, r.cols, ROLE_DIM, shifted(f, buf));
	draw_axis(f, row, r.col + table_cols(r.cols), axis);
}

static enum tui_role role_of(const struct fit_row *of)
{
	if (!of->fitness || !of->fitness->pairs_nr)
		return ROLE_DIM;
	return of->fitness->fit == VMS_FIT_UNFIT	? ROLE_IMPOSSIBLE
	       : of->fitness->fit == VMS_FIT_SYNC_POINT ? ROLE_ACCEPTED
							: ROLE_TEXT;
}

void pane_fit_row(const struct frame *frame, struct rect rect, int row, const struct fit_row *of,
		  const struct fit_axis *axis)
{
	const struct vms_fitness *f = of->fitness;
	const bool some = f && f->delays_nr;
	char buf[400];

	(void)snprintf(buf, sizeof(buf), "%c %-10s %-14.14s %-7s %6s %4s %4s %7s %7s",
		       of->selected ? '>' : ' ', f ? fit_word(f->fit) : of->instead, of->name,
		       dir_text(of->dir), fmt_count(f ? f->pairs_nr : of->pairs, FMT_BUF),
		       share(f ? f->precision : NAN, BUF(16)), share(f ? f->recall : NAN, BUF(16)),
		       fmt_short(frame->clock, some ? f->least_ns : NAN, false, FMT_BUF),
		       fmt_short(frame->clock, some ? f->median_ns : NAN, false, FMT_BUF));
	cells_put(frame->c, row, rect.col, rect.cols, role_of(of), shifted(frame, buf));
	if (rect.cols >= MAD_FROM_COLS)
		cells_put(frame->c, row, rect.col + TABLE_COLS, MAD_COLS, role_of(of),
			  fmt_short(frame->clock, some ? f->mad_ns : NAN, false, FMT_BUF));
	if (some)
		draw_hist(frame, row, rect.col + table_cols(rect.cols), f, axis);
	if (of->selected) {
		cells_flag(frame->c, row, rect.col, NAME_COLS, CELL_REVERSE);
		cells_cursor(frame->c, row, rect.col, true);
	}
}

static void draw_row(const struct frame *frame, struct rect rect, int row, uint32_t i,
		     const struct fit_axis *axis)
{
	const struct app_sequence at = app_sequence(frame->a, i);
	struct fit_row of = { .name = at.seq->name,
			      .dir = at.seq->dir,
			      .fitness = at.fitness,
			      .instead = at.seq->enabled ? "..." : "muted",
			      .selected = app_shown(frame->a)->row[APP_PANE_SEQUENCES].sel == i };
	unsigned int track;

	for (track = 0; at.number >= 0 && track < vms_session_tracks_nr(frame->s); track++)
		if (vms_session_track(frame->s, track)->seqs)
			of.pairs += vms_session_track(frame->s, track)->seqs[at.number].pairs;
	pane_fit_row(frame, rect, row, &of, axis);
}

static void event_names(const struct vms_seq_event *seq_event, unsigned int nr, char *buf,
			size_t size)
{
	size_t at = 0;
	unsigned int i, c;

	buf[0] = '\0';
	for (i = 0; i < nr && at < size; i++) {
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? " | " : "",
				       seq_event[i].name);
		for (c = 0; c < seq_event[i].conds_nr && at < size; c++)
			at += (size_t)snprintf(buf + at, size - at, " %s%s%llu",
					       seq_event[i].conds[c].field,
					       seq_event[i].conds[c].negate ? "!=" : "=",
					       (unsigned long long)seq_event[i].conds[c].value);
	}
}

/* What was decided of its pairs, on all vCPUs, and what they are of use for. */
static void draw_decided(const struct frame *frame, struct rect rect, int row, unsigned int seq)
{
	const enum vms_dir dir = vms_session_catalogue(frame->s)->seqs[seq].dir;
	uint32_t accepted = 0, rejected = 0, impossible = 0;
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(frame->s); i++) {
		const struct vms_track *t = vms_session_track(frame->s, i);

		if (!t->seqs)
			continue;
		accepted += t->seqs[seq].accepted;
		rejected += t->seqs[seq].rejected;
		impossible += t->seqs[seq].impossible;
	}
	cells_printf(frame->c, row, rect.col + 1, rect.cols - 1, ROLE_DIM,
		     "%s bound of the offset; %u accepted, %u rejected, %u impossible",
		     dir == VMS_GUEST_TO_HOST ? "an upper" : "a lower", accepted, rejected,
		     impossible);
}

/* What decides the verdict on the selected sequence, and what it pairs. */
static void draw_words(const struct frame *frame, struct rect rect, const struct app_sequence *at)
{
	static const char *const which[] = { [VMS_SEQ_LAST] = "last",
					     [VMS_SEQ_FIRST] = "first",
					     [VMS_SEQ_OUTERMOST] = "outermost" };
	const struct vms_sequence *seq = at->seq;
	const bool against =
		at->fitness && (at->fitness->impossible_nr || at->fitness->counts.key_conflicts);
	char guest[400], host[400], why[FIT_WHY_CHARS];
	int row = rect.row;

	event_names(seq->guest, seq->guest_nr, guest, sizeof(guest));
	event_names(seq->host, seq->host_nr, host, sizeof(host));
	/* the row above has the name */
	frame_head(frame, (struct rect){ row++, rect.col, 1, rect.cols }, false,
		   "what decides, and what it pairs%s",
		   against ? "; v goes to what speaks against it" : "");
	if (at->fitness)
		cells_put(frame->c, row, rect.col + 1, rect.cols - 1,
			  role_of(&(struct fit_row){ .fitness = at->fitness }),
			  fit_why(frame->clock, app_fitness_guest(frame->a), seq->dir, at->fitness,
				  why));
	row++;
	cells_put(frame->c, row++, rect.col + 1, rect.cols - 1, ROLE_TEXT,
		  seq->help ? seq->help : "");
	cells_printf(frame->c, row++, rect.col + 1, rect.cols - 1, ROLE_GUEST, "guest  %s %s",
		     which[seq->which], guest);
	cells_printf(frame->c, row++, rect.col + 1, rect.cols - 1, ROLE_HOST,
		     seq->key_guest ? "host   %s%s   key %s = %s.%s" : "host   %s%s", host,
		     seq->after_idle ? "   after the vCPU was idle" : "", seq->key_guest,
		     seq->key_host_event, seq->key_host);
	if (at->number >= 0)
		draw_decided(frame, rect, row, (unsigned int)at->number);
	else
		cells_put(frame->c, row, rect.col + 1, rect.cols - 1, ROLE_DIM,
			  "found; + makes it a sequence of this session");
}

/* All figures of the selected sequence. */
static void draw_side(const struct frame *frame, struct rect rect, const struct app_sequence *at)
{
	struct lines lines = { 0 };
	int row;

	if (!at->fitness)
		return;
	fit_lines(&lines, frame->clock, app_fitness_guest(frame->a), at->seq->dir, at->fitness);
	(void)lines_wrap(&lines, (unsigned int)rect.cols, 2);
	for (row = 0; row < rect.rows && (uint32_t)row < lines.nr; row++)
		cells_put(frame->c, rect.row + row, rect.col, rect.cols, ROLE_TEXT,
			  lines.line[row]);
	lines_clear(&lines);
}

/* Rows from the one on top, with a rule before the first that was found. */
static void draw_rows(const struct frame *frame, struct rect rect, uint32_t top,
		      const struct fit_axis *axis)
{
	const uint32_t known = app_sequences_known(frame->a), nr = app_sequences_nr(frame->a);
	int row;

	for (row = 0; row < rect.rows && top < nr; row++) {
		if (top == known && row)
			frame_head(frame, (struct rect){ rect.row + row++, rect.col, 1, rect.cols },
				   false, "found: %u; + adopts the selected, d looks anew",
				   (unsigned int)(nr - known));
		if (row < rect.rows)
			draw_row(frame, rect, rect.row + row, top++, axis);
	}
}

#define WORDS_ROWS 6

void pane_sequences(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_BODY];
	const struct app_row *row = &app_shown(frame->a)->row[APP_PANE_SEQUENCES];
	const struct app_sequence at = app_sequence(frame->a, row->sel);
	const uint32_t found = app_sequences_nr(frame->a) > app_sequences_known(frame->a);
	const int side = rect.cols >= SIDE_FROM_COLS ? SIDE_COLS : 0;
	const int words = rect.rows >= 14 ? WORDS_ROWS : 0, rows = rect.rows - 2 - words;
	struct worker *const worker = frame->a->opts.worker;
	uint32_t top = row->top;
	struct fit_axis axis;
	char name[64];

	if (rect.rows < 3)
		return;
	(void)fmt_clean(app_fitness_guest(frame->a)->name, name, sizeof(name));
	if (worker_busy(worker, WORKER_FIND))
		frame_head(frame, rect, true, "sequences of %s: looking for others, %u %%", name,
			   worker_percent(worker, WORKER_FIND));
	else
		frame_head(frame, rect, true,
			   "sequences of %s as sync points: all vCPUs, under "
			   "the band",
			   name);
	if (side && at.seq)
		draw_side(frame,
			  (struct rect){ rect.row + 1, rect.cols - side, rect.rows - 1, side },
			  &at);
	rect.cols -= side ? side + 2 : 0;
	axis = axis_of(frame, rect.cols);
	draw_titles(frame, rect, rect.row + 1, &axis);
	if (app_sequences_nr(frame->a) + found <= (uint32_t)rows)
		top = 0;
	/* the words below, and the rule, make the list shorter than the application knows */
	if (row->sel + found >= top + (uint32_t)rows)
		top = row->sel + found + 1 - (uint32_t)rows;
	draw_rows(frame, (struct rect){ rect.row + 2, rect.col, rows, rect.cols }, top, &axis);
	if (words && at.seq)
		draw_words(frame,
			   (struct rect){ rect.row + rect.rows - words, rect.col, words,
					  rect.cols },
			   &at);
}
