/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ordered list of candidates: names of their ends, filter, sort, and steps along it. */
#ifndef APP_CANDIDATES_H
#define APP_CANDIDATES_H

#include "app/state/app.h"

/** candidate_guest_event - name of the guest event; from the trace, not printable by itself */
const char *candidate_guest_event(const struct vms_session *s, const struct vms_candidate *c);
/**
 * candidate_host_event - "kvm_exit MSR_WRITE", "kvm_entry", or the event that fixed the bound.
 * Return: buf
 */
const char *candidate_host_event(const struct vms_session *s, const struct vms_candidate *c,
				 char *buf, size_t size);
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
const char *candidate_row_text(const struct app *a, const struct vms_candidate *c, char sep,
			       char *buf, size_t size);

/**
 * list_rebuild - filter and sort again; keeps the selected id, else takes the nearest in the old
 * order A list that takes longer than a frame is made in pieces: the old one stays until
 * list_idle() has made the last.
 */
int list_rebuild(struct app *a, struct vms_err *err);
/** list_reverse - the order turned round */
int list_reverse(struct app *a, struct vms_err *err);
/**
 * list_idle - make one more piece of a list that is not complete. Return: there was something to do
 */
bool list_idle(struct app *a);
/**
 * list_finish - make what is missing of the list: for what works on all of it, and after which old
 * ids are gone
 */
void list_finish(struct app *a);
/**
 * list_decided - after a decision: rows leave or come when the filter looks at decisions; the order
 * of the rest stays
 */
int list_decided(struct app *a, struct vms_err *err);
/** list_row_of - position of an id in the list, VMS_ID_NONE when it is not there */
uint32_t list_row_of(const struct app *a, uint32_t id);
/**
 * list_select_row, list_select - move the selection; scrolls the list, and the lanes when follow is
 * on
 */
void list_select_row(struct app *a, uint32_t row);
void list_select(struct app *a, uint32_t id);
/** list_scroll - keep the selected row on the screen */
void list_scroll(struct app *a);
/**
 * list_step - the row from the selection in direction dir whose candidate passes test; VMS_ID_NONE
 * = none
 */
uint32_t list_step(const struct app *a, int dir,
		   bool (*test)(const struct app *a, const struct vms_candidate *c));
bool list_is_undecided(const struct app *a, const struct vms_candidate *c);

extern const char *const sort_names[APP_SORT_NR];

#endif
