// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the words for a corrected copy: by which model, how sure, and what it cannot express. */
#include "app/words/copied.h"

#include "app/words/format.h"
#include "core/base/util.h"

static const char *length(const struct vms_session *session, int64_t raw, char *buf, size_t size)
{
	const struct vms_clock *clock = vms_session_clock(session);

	if (raw == INT64_MAX)
		return "an unknown time";
	return fmt_span(clock, vms_clock_ns(clock, raw), buf, size);
}

void copied_sure(struct text *out, const struct vms_session *session, const struct vms_copy *copy)
{
	text_printf(out, "at most %s early and %s late", length(session, copy->early_raw, FMT_BUF),
		    length(session, copy->late_raw, FMT_BUF));
}

void copied_text(struct text *out, const struct vms_session *session, const struct vms_copy *copy)
{
	if (!copy->path) {
		text_printf(out,
			    "none: what is recorded is not refuted; with --force one is "
			    "written, by %s",
			    vms_by_name(copy->by));
		return;
	}
	text_clean(out, copy->path);
	text_printf(out, " written with model %s, %s, ", vms_by_name(copy->by),
		    copy->one ? "one for all vCPUs" : "each vCPU its own");
	copied_sure(out, session, copy);
}

static unsigned int kept(struct text *out, const struct vms_session *session, uint64_t nr,
			 uint64_t of, int64_t by_raw, const char *before, const char *why)
{
	if (!nr)
		return 0;
	text_printf(out, "%s%llu of %llu events %s: up to %s off", before, (unsigned long long)nr,
		    (unsigned long long)of, why, length(session, by_raw, FMT_BUF));
	return 1;
}

unsigned int copied_kept(struct text *out, const struct vms_session *session,
			 const struct vms_copy *copy, const char *before)
{
	unsigned int nr = 0;

	if (!copy->path)
		return 0;
	if (vms_session_trace(session)->is_part) {
		text_printf(out, "%s%s", before, COPIED_BY_PART);
		nr++;
	}
	if (copy->wrong_ns > 0.0) {
		text_printf(out, "%smodel %s is PROVEN WRONG itself, by %s", before,
			    vms_by_name(copy->by),
			    fmt_span(vms_session_clock(session), copy->wrong_ns, FMT_BUF));
		nr++;
	}
	nr += kept(out, session, copy->instances_nr, copy->events_nr, copy->instances_raw, before,
		   "lie in buffer instances, and trace-cmd corrects the top one only");
	nr += kept(out, session, copy->beyond_nr, copy->events_nr, copy->beyond_raw, before,
		   "lie before, between or after what the band knows, where nothing is known; if "
		   "the offset stays there as beside it");
	nr += kept(out, session, copy->unequal_nr, copy->events_nr, copy->unequal_raw, before,
		   "share their time with one beyond a step");
	if (copy->untied_nr) {
		text_printf(out, "%s%u of %u threads run before another vCPU woke them", before,
			    copy->untied_nr, copy->ties_nr);
		nr++;
	}
	return nr;
}
