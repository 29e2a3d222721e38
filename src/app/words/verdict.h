/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the band says of a model, in words. */
#ifndef APP_VERDICT_H
#define APP_VERDICT_H

#include <vmsync/session_change.h>

/** result_shown - of a track over accepted pairs; over all not rejected, where those give none */
const struct vms_model_result *result_shown(const struct vms_track *t, enum vms_by by);
/** verdict_word - "in band", "outside band", "PROVEN WRONG", "cannot be judged", "no band" */
const char *verdict_word(const struct vms_model_result *r);
/**
 * verdict_text - the same with by how much, and why there is no band or no model; buf holds at
 * least 80 bytes
 * @t: the track; NULL: no reason is given for there being no band
 * Return: buf
 */
const char *verdict_text(const struct vms_clock *c, const struct vms_track *t,
			 const struct vms_model_result *r, char *buf, size_t size);
/**
 * verdict_fit - the same with its side in at most @cols columns: what does not fit gives up words
 * before number, unit and side. Return: buf
 */
const char *verdict_fit(const struct vms_clock *c, const struct vms_track *t,
			const struct vms_model_result *r, int cols, char *buf, size_t size);
/** verdict_side - "early" or "late" of what the band refutes; NULL: it does not */
const char *verdict_side(const struct vms_model_result *r);
/**
 * error_text - the same at one glance: "+/-15.320 us sure", "exact to a tick", "WRONG: 31.227 us
 * early"
 * Return: buf
 */
const char *error_text(const struct vms_session *s, const struct vms_track *t,
		       const struct vms_model_result *r, char *buf, size_t size);
/** copy_helps - a corrected copy would do better: what is recorded is wrong, or nothing is */
bool copy_helps(const struct vms_session *s, unsigned int track_idx);
/** accepted_of - accepted pairs of a track in a direction */
uint32_t accepted_of(const struct vms_session *s, const struct vms_track *t, enum vms_dir dir);
/**
 * bias_text - from how much to how much too late a model may be, wherever the band holds:
 * "-0.8 to +21.9 us"; "-" where there is no band, or one that is open in part
 */
const char *bias_text(const struct vms_session *s, const struct vms_track *t,
		      const struct vms_model_result *r, char *buf, size_t size);
/**
 * outside_text - "3 of 502 checkable guest events outside, 2119 beyond the host's recording": what
 * a model was held against is never less than it seems. @buf holds OUTSIDE_CHARS. Return: @buf
 */
const char *outside_text(const struct vms_session *s, const struct vms_track *t,
			 const struct vms_violations *violations, char *buf);
#define OUTSIDE_CHARS 128

#define COVERAGE_CHARS 200
/** checked_text - "; checked 3318 of 3321", behind a verdict; Return: @buf */
const char *checked_text(const struct vms_session *s, const struct vms_track *t, char *buf,
			 size_t size);
/** coverage_text - how much of a vCPU its verdicts speak of, and why the rest is not checkable */
const char *coverage_text(const struct vms_session *s, const struct vms_track *t, char *buf,
			  size_t size);
/** evidence_text - what speaks against a clock model: how many witnesses of which kind; in buf */
const char *evidence_text(const struct vms_evidence *evidence, char *buf, size_t size);
/** jump_text - by how much the offset steps at least and at most, between two segments */
const char *jump_text(const struct vms_clock *clock, const struct vms_band_segment *before,
		      const struct vms_band_segment *after, char *buf, size_t size);
/** segment_doubt_text - why a segment that is unsure bounds nothing */
const char *segment_doubt_text(const struct vms_band_segment *seg);
#define LIMITS_CHARS 200
/**
 * limits_text - what the band assumes of the clocks besides what events say, and what that does to
 * it; NULL where the offset is constant
 */
const char *limits_text(const struct vms_session *s, const struct vms_track *t, char *buf,
			size_t size);
/** bound_text - " (upper bound, no estimate)" where anchors have one direction only, "" else */
const char *bound_text(const struct vms_model_result *r);
/**
 * moves_text - what a decision changes: "median moves -61 ns, se 59 -> 57 ns"; "" where the fit is
 * not there both before and after
 */
const char *moves_text(const struct vms_clock *c, const struct vms_effect *e, char *buf,
		       size_t size);

#endif
