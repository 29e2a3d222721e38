// SPDX-License-Identifier: LGPL-2.1-or-later
/* Statistics of the track in view, over accepted and over all not rejected; and the column at the side. */
#include "frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const basis_names[VMS_BASIS_NR] = { "accepted", "not rejected" };

/* Delays of the selected pair's sequence: what its pairs have in common, the rest would only blur. */
static const struct vms_stats *seq_stats(const struct frame *f, enum vms_basis basis)
{
	const struct vms_seq_result *q;

	if (!f->sel || !f->tr || !f->tr->seqs)
		return NULL;
	q = &f->tr->seqs[f->sel->pair.seq];
	return basis == VMS_OVER_ACCEPTED ? &q->delay_accepted_ns : &q->delay_ns;
}

/* One line: " idle accepted        n 14     med +212 ns    MAD 40 ns  p99 +1.104 us  sd 80 ns" */
static void stats_line(struct frame *f, int row, struct rect r, enum vms_basis basis)
{
	const struct vms_stats *st = seq_stats(f, basis);
	char a[FMT_SIZE], b[FMT_SIZE], c[FMT_SIZE], d[FMT_SIZE], e[FMT_SIZE];
	int at = r.col + 1, room = r.cols - 1, label;

	label = cells_printf(f->c, row, at, 16, ROLE_DIM, "%-12s ", basis_names[basis]);
	at += label;
	room -= label;
	if (!st || !st->n) {
		cells_printf(f->c, row, at, room, ROLE_TEXT, "%s: none", f->sel ? frame_seq_name(f, f->sel) : "no pair");
		return;
	}
	cells_printf(f->c, row, at, room, ROLE_TEXT, "n %-5llu min %-10s med %-10s p99 %-11s%s%s%s%s%s%s",
		     (unsigned long long)st->n, fmt_signed(f->clock, st->min, a, sizeof(a)),
		     fmt_signed(f->clock, st->median, b, sizeof(b)), fmt_signed(f->clock, st->p99, c, sizeof(c)),
		     r.cols >= 96 ? " MAD " : "", r.cols >= 96 ? fmt_span(f->clock, st->mad, d, sizeof(d)) : "",
		     r.cols >= 112 ? "  sd " : "",
		     r.cols >= 112 ? st->n > 1 ? fmt_span(f->clock, st->sd, e, sizeof(e)) : "needs 2" : "",
		     r.cols >= 140 ? "  delays of " : "", r.cols >= 140 ? frame_seq_name(f, f->sel) : "");
}

void pane_stats(struct frame *f)
{
	struct rect r = f->l.part[PART_STATS];
	int i;

	for (i = 0; i < r.rows && i < VMS_BASIS_NR; i++)
		if (f->tr)
			stats_line(f, r.row + i, r, (enum vms_basis)i);
}

/** struct side - a column being filled from the top */
struct side {
	struct frame *f;
	struct rect r;
	int row;
};

static bool side_room(const struct side *s)
{
	return s->row < s->r.row + s->r.rows;
}

static void side_head(struct side *s, const char *text)
{
	if (side_room(s))
		frame_head(s->f, (struct rect){ s->row, s->r.col, 1, s->r.cols }, false, "%s", text);
	s->row++;
}

static void side_line(struct side *s, enum tui_role role, const char *label, const char *text)
{
	if (side_room(s)) {
		cells_put(s->f->c, s->row, s->r.col + 1, 14, ROLE_DIM, label);
		cells_put(s->f->c, s->row, s->r.col + 16, s->r.cols - 16, role, text);
	}
	s->row++;
}

static void side_band(struct side *s)
{
	struct frame *f = s->f;
	const struct vms_model_result *res = vms_session_result(f->s, f->track, "recorded", VMS_OVER_ACCEPTED);
	const struct vms_band_segment *seg = f->tr->band && f->tr->band->segs_nr ? &f->tr->band->segs[0] : NULL;
	char buf[160], lo_text[FMT_SIZE], w[FMT_SIZE];
	int64_t at, lo, hi;

	if (f->sel)
		at = f->sel->pair.guest_raw;
	else
		at = seg ? seg->from_raw + (seg->to_raw - seg->from_raw) / 2 : 0;
	if (frame_band(f->tr, at, &lo, &hi)) {
		(void)snprintf(buf, sizeof(buf), "%s, width %s", fmt_offset(f->clock, lo, lo_text, sizeof(lo_text)),
			       fmt_span(f->clock, frame_ns(f, vms_sat_sub_i64(hi, lo)), w, sizeof(w)));
		side_line(s, ROLE_STRONG, "band from", buf);
	} else {
		side_line(s, ROLE_WARN, "band", "none: no guest event bounds the offset");
	}
	if (f->tr->band) {
		(void)snprintf(buf, sizeof(buf), "%u segment%s, %u contradiction%s", f->tr->band->segs_nr,
			       f->tr->band->segs_nr == 1 ? "" : "s", f->tr->band->violations,
			       f->tr->band->violations == 1 ? "" : "s");
		side_line(s, ROLE_TEXT, "", buf);
	}
	(void)frame_verdict(f, f->tr, res, buf, sizeof(buf));
	side_line(s, res && res->verdict == VMS_VERDICT_PROVEN_WRONG ? ROLE_BAD : ROLE_GOOD, "recorded", buf);
}

static const char *wrong_by(const struct frame *f, const struct vms_model_result *m, char *buf, size_t size)
{
	char by[FMT_SIZE];

	(void)snprintf(buf, size, "WRONG %s", fmt_signed(f->clock, m->outside_by_ns, by, sizeof(by)));
	return buf;
}

/* Rows of models: name, distance of the offset to the model in force, se, verdict. */
static void side_models(struct side *s)
{
	struct frame *f = s->f;
	enum vms_basis basis = frame_basis(f);
	const struct vms_model_result *here;
	unsigned int i;
	char line[160], d[FMT_SIZE], se[FMT_SIZE], v[80];

	(void)snprintf(line, sizeof(line), "models over %s pairs: offset, se", basis_names[basis]);
	side_head(s, line);
	here = vms_session_result(f->s, f->track, app_shown_model(f->a), basis);
	for (i = 0; i < f->tr->models_nr; i++) {
		const struct vms_model_result *m = &f->tr->models[basis][i];
		enum tui_role role = ROLE_TEXT;

		if (!m->available) {
			side_line(s, ROLE_DIM, m->name, m->why_not);
			continue;
		}
		if (m->verdict == VMS_VERDICT_PROVEN_WRONG)
			role = ROLE_BAD;
		(void)snprintf(line, sizeof(line), "%-11s %-9s %s",
			       here && here->available ?
			       fmt_delta(f->clock, frame_ns(f, vms_sat_sub_i64(m->offset_raw, here->offset_raw)), d, sizeof(d)) : "",
			       isnan(m->se_raw) ? "-" : fmt_span(f->clock, vms_clock_ns(f->clock, 1) * m->se_raw, se, sizeof(se)),
			       m->verdict == VMS_VERDICT_PROVEN_WRONG ? wrong_by(f, m, v, sizeof(v)) :
			       frame_verdict(f, f->tr, m, v, sizeof(v)));
		side_line(s, role, m->name, line);
	}
}

static void side_stats(struct side *s)
{
	struct frame *f = s->f;
	const struct vms_stats *st[VMS_BASIS_NR];
	static const char *const rows[] = { "n", "min", "median", "MAD", "p99", "max", "mean", "sd" };
	char line[120], text[VMS_BASIS_NR][FMT_SIZE];
	int i, b;

	for (b = 0; b < VMS_BASIS_NR; b++)
		st[b] = seq_stats(f, (enum vms_basis)b);
	(void)snprintf(line, sizeof(line), "delays of %s", f->sel ? frame_seq_name(f, f->sel) : "-");
	side_head(s, line);
	side_line(s, ROLE_DIM, "", "      accepted   not rejected");
	for (i = 0; i < 8; i++) {
		for (b = 0; b < VMS_BASIS_NR; b++) {
			double v[8];

			if (!st[b] || (i && !st[b]->n)) {
				(void)snprintf(text[b], FMT_SIZE, "-");
				continue;
			}
			v[1] = st[b]->min, v[2] = st[b]->median, v[3] = st[b]->mad, v[4] = st[b]->p99;
			v[5] = st[b]->max, v[6] = st[b]->mean, v[7] = st[b]->sd;
			if (i == 0)
				(void)snprintf(text[b], FMT_SIZE, "%llu", (unsigned long long)st[b]->n);
			else
				(void)fmt_delta(f->clock, v[i], text[b], FMT_SIZE);
		}
		(void)snprintf(line, sizeof(line), "%14s %14s", text[0], text[1]);
		side_line(s, ROLE_TEXT, rows[i], line);
	}
}

void pane_side(struct frame *f)
{
	struct rect r = f->l.part[PART_SIDE];
	struct side s = { f, { r.row, r.col + 1, r.rows, r.cols - 1 }, r.row };
	char head[120], name[64];
	int row;

	if (r.rows < 1)
		return;
	for (row = r.row; row < r.row + r.rows; row++)
		cells_put(f->c, row, r.col, 1, ROLE_PANE, f->g->vline);
	if (!f->tr)
		return;
	(void)snprintf(head, sizeof(head), "%s vCPU %u, model %s",
		       fmt_clean(f->a->trace->guests[f->tr->guest].stream->name, name, sizeof(name)), f->tr->vcpu,
		       app_shown_model(f->a));
	side_head(&s, head);
	side_band(&s);
	side_models(&s);
	side_stats(&s);
	if (s.row < r.row + r.rows)
		pane_details_in(f, (struct rect){ s.row, r.col + 1, r.row + r.rows - s.row, r.cols - 1 });
}
