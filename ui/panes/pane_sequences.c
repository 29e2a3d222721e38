// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sequences: how each of them pairs, how its pairs were judged, and what its delays look like, per
 * vCPU.
 */
#include "ui/panes/panes_impl.h"
#include "app/words/candidate.h"

#include <stdio.h>
#include <string.h>

/* Sums over the tracks; statistics are those of the track in view: they do not add up. */
static struct vms_seq_result sum_of(const struct frame *f, unsigned int seq)
{
	struct vms_seq_result sum = { 0 };
	unsigned int i;

	if (f->tr && f->tr->seqs)
		sum = f->tr->seqs[seq];
	sum.pairs = sum.accepted = sum.rejected = sum.impossible = 0;
	for (i = 0; i < vms_session_tracks_nr(f->s); i++) {
		const struct vms_track *t = vms_session_track(f->s, i);

		if (!t->seqs)
			continue;
		sum.pairs += t->seqs[seq].pairs;
		sum.accepted += t->seqs[seq].accepted;
		sum.rejected += t->seqs[seq].rejected;
		sum.impossible += t->seqs[seq].impossible;
	}
	return sum;
}

#define NAME_COLS 16  /* marker and name: what the selection reverses, as in the list */
#define TABLE_COLS 79 /* up to p99; more comes with width only */

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

static void draw_titles(const struct frame *f, struct rect r, int row)
{
	char buf[300];

	(void)snprintf(buf, sizeof(buf), "  %-14s %-3s %6s %5s %4s %4s %11s %11s %11s%s",
		       "sequence", "dir", "pairs", "acc", "rej", "imp", "min", "median", "p99",
		       r.cols >= 120 ? "         MAD   accepted: n      median" : "");
	cells_put(f->c, row, r.col, r.cols, ROLE_DIM, shifted(f, buf));
}

static void draw_row(const struct frame *frame, struct rect rect, int row, unsigned int i,
		     const struct vms_sequence *seq)
{
	struct vms_seq_result seq_result = sum_of(frame, i);
	char min[FMT_SIZE] = "          -", med[FMT_SIZE] = "          -",
	     p99[FMT_SIZE] = "          -";
	char mad[FMT_SIZE] = "-", acc[FMT_SIZE] = "-", buf[400], tail[128] = "";
	bool selected = app_shown(frame->a)->row[APP_PANE_SEQUENCES].sel == i;

	if (seq_result.delay_ns.n) {
		(void)fmt_delta(frame->clock, seq_result.delay_ns.min, min, sizeof(min));
		(void)fmt_delta(frame->clock, seq_result.delay_ns.median, med, sizeof(med));
		(void)fmt_delta(frame->clock, seq_result.delay_ns.p99, p99, sizeof(p99));
		(void)fmt_span(frame->clock, seq_result.delay_ns.mad, mad, sizeof(mad));
	}
	if (seq_result.delay_accepted_ns.n)
		(void)fmt_delta(frame->clock, seq_result.delay_accepted_ns.median, acc,
				sizeof(acc));
	if (rect.cols >= 120)
		(void)snprintf(tail, sizeof(tail), " %11s   %11llu %11s", mad,
			       (unsigned long long)seq_result.delay_accepted_ns.n, acc);
	if (!seq->enabled)
		(void)snprintf(min, sizeof(min), "      muted");
	(void)snprintf(buf, sizeof(buf), "%c %-14.14s %-3s %6u %5u %4u %4u %s %s %s%s",
		       selected ? '>' : ' ', seq->name, dir_text(seq->dir), seq_result.pairs,
		       seq_result.accepted, seq_result.rejected, seq_result.impossible, min, med,
		       p99, tail);
	cells_put(frame->c, row, rect.col, rect.cols,
		  !seq->enabled || !seq_result.pairs ? ROLE_DIM
		  : seq_result.impossible	     ? ROLE_IMPOSSIBLE
						     : ROLE_TEXT,
		  shifted(frame, buf));
	if (selected) {
		cells_flag(frame->c, row, rect.col, NAME_COLS, CELL_REVERSE);
		cells_cursor(frame->c, row, rect.col, true);
	}
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

/* What the selected sequence is, in words. */
static void draw_words(const struct frame *frame, struct rect rect, const struct vms_sequence *seq)
{
	char guest[400], host[400];
	int row = rect.row;

	/* the row above has the name */
	frame_head(frame, (struct rect){ row++, rect.col, 1, rect.cols }, false, "what it pairs");
	if (rect.rows < 2)
		return;
	cells_put(frame->c, row++, rect.col + 1, rect.cols - 1, ROLE_TEXT,
		  seq->help ? seq->help : "");
	event_names(seq->guest, seq->guest_nr, guest, sizeof(guest));
	event_names(seq->host, seq->host_nr, host, sizeof(host));
	if (rect.rows >= 3)
		cells_printf(frame->c, row++, rect.col + 1, rect.cols - 1, ROLE_GUEST,
			     "guest  %s %s",
			     seq->which == VMS_SEQ_FIRST  ? "first"
			     : seq->which == VMS_SEQ_LAST ? "last"
							  : "outermost",
			     guest);
	if (rect.rows >= 4)
		cells_printf(frame->c, row++, rect.col + 1, rect.cols - 1, ROLE_HOST, "host   %s%s",
			     host, seq->after_idle ? "   after the vCPU was idle" : "");
	if (rect.rows >= 5)
		cells_put(frame->c, row++, rect.col + 1, rect.cols - 1, ROLE_DIM,
			  seq->dir == VMS_GUEST_TO_HOST
				  ? "order  guest event first: host - guest is "
				    "an upper bound of the offset"
				  : "order  entry first: host - guest is a "
				    "lower bound of the offset");
}

void pane_sequences(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_BODY];
	const struct vms_catalogue *cat = vms_session_catalogue(frame->s);
	int words = rect.rows >= 14 ? 6 : 0, rows = rect.rows - 2 - words, i;
	uint32_t top = app_shown(frame->a)->row[APP_PANE_SEQUENCES].top;
	char vcpu[FMT_SIZE];

	if (rect.rows < 3 || !cat)
		return;
	frame_head(frame, rect, true, "sequences: pairs of all vCPUs; delays of %s, model %s",
		   frame->tr ? app_vcpu_words(frame->a, frame->tr, vcpu, sizeof(vcpu)) : "-",
		   vms_by_name(vms_session_model(frame->s)));
	draw_titles(frame, rect, rect.row + 1);
	if (cat->seqs_nr <= (uint32_t)rows)
		top = 0;
	/* the words below make the list shorter than the application knows */
	if (app_shown(frame->a)->row[APP_PANE_SEQUENCES].sel >= top + (uint32_t)rows)
		top = app_shown(frame->a)->row[APP_PANE_SEQUENCES].sel - (uint32_t)rows + 1;
	for (i = 0; i < rows && top + (uint32_t)i < cat->seqs_nr; i++)
		draw_row(frame, rect, rect.row + 2 + i, top + (unsigned int)i,
			 &cat->seqs[top + (uint32_t)i]);
	if (words && app_shown(frame->a)->row[APP_PANE_SEQUENCES].sel < cat->seqs_nr)
		draw_words(frame,
			   (struct rect){ rect.row + rect.rows - words, rect.col, words,
					  rect.cols },
			   &cat->seqs[app_shown(frame->a)->row[APP_PANE_SEQUENCES].sel]);
}
