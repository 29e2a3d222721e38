// SPDX-License-Identifier: LGPL-2.1-or-later
/* Short texts about candidates, events and verdicts: the same words on every screen. */
#include "ui/draw/frame.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/base/printable.h"
#include "app/state/persist.h"

void frame_head(const struct frame *frame, struct rect rect, bool focus, const char *fmt, ...)
{
	enum tui_role role = focus ? ROLE_PANE_FOCUS : ROLE_PANE;
	char buf[512];
	va_list ap;
	int used;

	if (rect.rows < 1)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	cells_fill(frame->c, rect.row, rect.col, rect.cols, role, frame->g->hline);
	if (focus)
		cells_put(frame->c, rect.row, rect.col + 1, 1, role, ">");
	used = cells_put(frame->c, rect.row, rect.col + 2, rect.cols - 3, role, " ");
	used += cells_put(frame->c, rect.row, rect.col + 2 + used, rect.cols - 4 - used, role, buf);
	cells_put(frame->c, rect.row, rect.col + 2 + used, 1, role, " ");
}

bool frame_off_disk(const struct frame *f, const struct vms_candidate *c)
{
	return vms_session_state(f->s, c) != VMS_UNDECIDED && files_off_disk(f->a, c->id);
}

char frame_state_letter(const struct frame *f, const struct vms_candidate *c)
{
	return "?+x"[vms_session_state(f->s, c)];
}

enum tui_role frame_mark_role(uint8_t state, uint8_t flags)
{
	if (state == VMS_REJECTED)
		return ROLE_REJECTED;
	if (flags & VMS_CAND_IMPOSSIBLE)
		return ROLE_IMPOSSIBLE;
	return state == VMS_ACCEPTED ? ROLE_ACCEPTED : ROLE_CANDIDATE;
}

enum tui_role frame_state_role(const struct frame *f, const struct vms_candidate *c)
{
	return frame_mark_role((uint8_t)vms_session_state(f->s, c), c->flags);
}

const char *frame_mark_letter(uint8_t state, uint8_t flags)
{
	if (state == VMS_ACCEPTED)
		return "A";
	if (state == VMS_REJECTED)
		return "x";
	return flags & VMS_CAND_IMPOSSIBLE ? "!" : "?";
}

static const struct vms_stream *guest_stream(const struct frame *f, unsigned int guest)
{
	return guest < f->a->trace->guests_nr ? f->a->trace->guests[guest].stream : NULL;
}

static bool ref_valid(const struct vms_stream *s, struct vms_ref ev)
{
	return s && ev.cpu >= 0 && (unsigned int)ev.cpu < s->cpus_nr && ev.idx < s->cpus[ev.cpu].nr;
}

const char *frame_guest_name(const struct frame *f, const struct vms_candidate *c, char *buf,
			     size_t size)
{
	const struct vms_stream *s = guest_stream(f, c->pair.guest);

	if (!ref_valid(s, c->pair.guest_ev)) {
		(void)snprintf(buf, size, "-");
		return buf;
	}
	return fmt_clean(vms_event_type(s, c->pair.guest_ev)->name, buf, size);
}

static const struct vms_stretch *stretch_of(const struct frame *f, const struct vms_candidate *c)
{
	const struct vms_track *t;

	if (c->track >= vms_session_tracks_nr(f->s))
		return NULL;
	t = vms_session_track(f->s, c->track);
	if (!t || !t->thread || c->pair.stretch >= t->thread->stretches_nr)
		return NULL;
	return &t->thread->stretches[c->pair.stretch];
}

const char *frame_host_name(const struct frame *f, const struct vms_candidate *cand, char *buf,
			    size_t size)
{
	const struct vms_stretch *st = stretch_of(f, cand);

	if (!st) {
		(void)snprintf(buf, size, "-");
	} else if (cand->pair.dir == VMS_GUEST_TO_HOST) {
		(void)snprintf(buf, size, "exit %s", vms_exit_name(&st->why, BUF(32)));
	} else if (cand->pair.stretch > 0 && st[-1].why.isa != VMS_ISA_NONE) {
		(void)snprintf(buf, size, "entry (%s)", vms_exit_name(&st[-1].why, BUF(32)));
	} else {
		(void)snprintf(buf, size, "entry");
	}
	return buf;
}

const char *frame_event_text(const struct vms_stream *s, struct vms_ref ev, char *buf, size_t size)
{
	char fields[512] = "", raw[640];

	if (!ref_valid(s, ev))
		return "-";
	if (s->ops && s->ops->text)
		s->ops->text(s, ev, fields, sizeof(fields));
	(void)snprintf(raw, sizeof(raw), "%s %s",
		       fmt_cut(vms_event_type(s, ev)->name, 100, BUF(101)), fields);
	return fmt_clean(raw, buf, size);
}

uint32_t frame_cpu_number(const struct vms_stream *s, int32_t cpu_idx)
{
	return s && cpu_idx >= 0 && (unsigned int)cpu_idx < s->cpus_nr ? s->cpus[cpu_idx].cpu : 0;
}

const char *frame_steps(const struct vms_track *t, char *buf, size_t size)
{
	const unsigned int steps = t ? vms_band_steps(t->band) : 0;

	if (!steps)
		return NULL;
	(void)snprintf(buf, size, "no single line fits: the offset steps %u time%s", steps,
		       fmt_s(steps));
	return buf;
}

bool frame_band(const struct vms_track *t, int64_t guest_raw, int64_t *lo, int64_t *hi)
{
	const struct vms_band_segment *seg;

	if (!t || !t->band)
		return false;
	seg = vms_band_segment_time(t->band, guest_raw);
	if (!seg)
		return false;
	vms_band_at(seg, guest_raw, lo, hi);
	return *lo != INT64_MIN && *hi != INT64_MAX;
}

int frame_col_in(const struct vms_view *view, int cols, int64_t host_raw)
{
	int64_t d = vms_sat_sub_i64(host_raw, view->t0_raw);
	int64_t w = view->w_raw > 0 ? view->w_raw : 1;

	if (d < 0)
		return -1;
	d /= w;
	return d >= cols ? cols : (int)d;
}

int frame_col(const struct frame *f, int64_t host_raw)
{
	return frame_col_in(&app_view(f->a)->now, f->l.lane_cols, host_raw);
}

const char *frame_short(const struct frame *frame, double ns, bool sign, char *buf, size_t size)
{
	return fmt_short(frame->clock, ns, sign, buf, size);
}

enum vms_basis frame_basis(const struct frame *f)
{
	if (f->tr && !f->tr->accepted)
		return VMS_OVER_NOT_REJECTED;
	return app_prefs(f->a)->basis == VMS_OVER_NOT_REJECTED ? VMS_OVER_NOT_REJECTED
							       : VMS_OVER_ACCEPTED;
}

double frame_ns(const struct frame *f, int64_t diff_raw)
{
	return vms_clock_ns(f->clock, diff_raw);
}
