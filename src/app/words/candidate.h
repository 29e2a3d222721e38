/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names and figures of a pair, from the session alone. */
#ifndef APP_CANDIDATE_H
#define APP_CANDIDATE_H

#include <vmsync/session.h>

/** candidate_guest_event - name of the guest event; from the trace, not printable by itself */
const char *candidate_guest_event(const struct vms_session *s, const struct vms_candidate *c);
/**
 * candidate_host_event - "kvm_exit MSR_WRITE", "kvm_entry", or the event that fixed the bound.
 * Return: buf
 */
const char *candidate_host_event(const struct vms_session *s, const struct vms_candidate *c,
				 char *buf, size_t size);
/** state_name - "undecided", "accepted", "rejected" */
const char *state_name(enum vms_state state);
/** dir_text - "G>exit" guest event, then exit; "entry>G" entry, then guest event */
const char *dir_text(enum vms_dir dir);
/** candidate_sequence - name of its sequence */
const char *candidate_sequence(const struct vms_session *s, const struct vms_candidate *c);
/**
 * candidate_bound_slack_ns - how far the offset that the pair allows lies from the band's side that
 * it could move
 */
double candidate_bound_slack_ns(const struct vms_session *s, const struct vms_candidate *c);
/**
 * candidate_information - how much a decision could tell; higher first. See the source for what
 * counts
 */
double candidate_information(const struct vms_session *s, const struct vms_candidate *c);

/**
 * candidate_row_text - the row in words and exact numbers, printable: copy, export
 * Columns: id state sequence direction vcpu guest_event guest_raw host_event host_raw delay_ns
 * note, separated by sep.
 * Return: buf
 */
const char *candidate_row_text(const struct vms_session *s, const struct vms_candidate *c, char sep,
			       char *buf, size_t size);

#endif
