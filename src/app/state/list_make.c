// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a candidate list is filtered and sorted in pieces, by digits of a key. */
#include "app/state/list_make.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/words/candidate.h"
#include "core/base/util.h"

/*
 * A piece is to take some milliseconds: this many candidates that are filtered or judged, copied,
 * or moved.
 */
#define JUDGED_NR 8192u
#define COPIED_NR 65536u
#define MOVED_NR 262144u

#define DIGIT_BITS 11
#define DIGITS_NR 6
#define DIGIT_VALUES (1U << DIGIT_BITS)

struct keyed {
	uint64_t key;
	uint32_t id;
};

struct list_make {
	const struct vms_session *session;
	const struct app_filter *filter;
	enum app_sort sort;
	uint32_t all_nr;    /* candidates of the session */
	uint32_t at;	    /* the next to look at, or to move */
	uint32_t nr;	    /* that match */
	unsigned int digit; /* being sorted by */
	enum { MAKE_FILTER, MAKE_DIGIT, MAKE_MOVE, MAKE_IDS, MAKE_DONE } phase;
	bool sorted, reverse, judged;
	uint32_t *list;
	struct keyed *k, *spare; /* NULL in order of time */
	/* how often each digit occurs, then where it goes */
	uint32_t count[DIGITS_NR][DIGIT_VALUES];
};

/*
 * Unsigned numbers in the order of the doubles: the sign bit turned, and negative ones upside down.
 */
static uint64_t key_of(double v)
{
	uint64_t bits;

	v += 0.0; /* no minus zero, which equals zero */
	memcpy(&bits, &v, sizeof(bits));
	return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static uint32_t digit_of(uint64_t key, unsigned int digit)
{
	return (uint32_t)(key >> (digit * DIGIT_BITS)) & (DIGIT_VALUES - 1);
}

static double sort_key(const struct list_make *m, const struct vms_candidate *c)
{
	double v;

	switch (m->sort) {
	case APP_SORT_DELAY: v = vms_session_delay_ns(m->session, c); break;
	case APP_SORT_RESIDUAL: v = vms_session_residual_ns(m->session, c); break;
	case APP_SORT_SEQUENCE: v = c->pair.seq; break;
	case APP_SORT_INFORMATION: v = -candidate_information(m->session, c); break;
	case APP_SORT_ID: v = c->id; break;
	default: v = 0;
	}
	/* What is not defined has no place among numbers: it goes to the end. */
	return isnan(v) ? HUGE_VAL : v;
}

int list_make_begin(struct list_make **out, const struct app *app, struct vms_err *err)
{
	const struct app_list *shown = app_list(app);
	struct list_make *m = vms_calloc(1, sizeof(*m));

	if (m) {
		m->session = app->session;
		m->filter = shown->filter;
		m->sort = shown->sort;
		m->all_nr = vms_session_candidates_nr(app->session);
		m->reverse = shown->reverse;
		m->sorted = m->sort != APP_SORT_TIME;
		m->judged = m->filter || m->sort == APP_SORT_INFORMATION;
		m->list = vms_calloc(m->all_nr, sizeof(*m->list));
		m->k = m->sorted ? vms_calloc(m->all_nr, sizeof(*m->k)) : NULL;
		m->spare = m->sorted ? vms_calloc(m->all_nr, sizeof(*m->spare)) : NULL;
	}
	if (!m || !m->list || (m->sorted && (!m->k || !m->spare))) {
		list_make_free(m);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	*out = m;
	return 0;
}

void list_make_free(struct list_make *m)
{
	if (!m)
		return;
	free(m->list);
	free(m->k);
	free(m->spare);
	free(m);
}

static void add(struct list_make *m, const struct vms_candidate *c)
{
	unsigned int d;
	uint64_t key;

	if (!m->sorted) {
		m->list[m->nr++] = c->id;
		return;
	}
	key = key_of(sort_key(m, c));
	for (d = 0; d < DIGITS_NR; d++)
		m->count[d][digit_of(key, d)]++;
	m->k[m->nr++] = (struct keyed){ .key = key, .id = c->id };
}

static void filter_piece(struct list_make *m)
{
	const uint32_t piece = m->judged ? JUDGED_NR : COPIED_NR;
	const uint32_t end = m->all_nr - m->at > piece ? m->at + piece : m->all_nr;

	for (; m->at < end; m->at++) {
		const struct vms_candidate *c = vms_session_candidate(m->session, m->at);

		if (filter_match(m->filter, m->session, c))
			add(m, c);
	}
	if (m->at == m->all_nr) {
		m->phase = m->sorted && m->nr ? MAKE_DIGIT : MAKE_IDS;
		m->at = 0;
	}
}

/* From counts to places; a digit that all share moves nothing. */
static void begin_digit(struct list_make *m)
{
	uint32_t *place, sum = 0, v;

	while (m->digit < DIGITS_NR && m->count[m->digit][digit_of(m->k[0].key, m->digit)] == m->nr)
		m->digit++;
	if (m->digit == DIGITS_NR) {
		m->phase = MAKE_IDS;
		return;
	}
	place = m->count[m->digit];
	for (v = 0; v < DIGIT_VALUES; v++) {
		const uint32_t count = place[v];

		place[v] = sum;
		sum += count;
	}
	m->at = 0;
	m->phase = MAKE_MOVE;
}

/* By digits from the last, which keeps the order of equal keys. */
static void move_piece(struct list_make *m)
{
	const uint32_t end = m->nr - m->at > MOVED_NR ? m->at + MOVED_NR : m->nr;
	uint32_t *place = m->count[m->digit];

	for (; m->at < end; m->at++)
		m->spare[place[digit_of(m->k[m->at].key, m->digit)]++] = m->k[m->at];
	if (m->at == m->nr) {
		struct keyed *swap = m->spare;

		m->spare = m->k;
		m->k = swap;
		m->digit++;
		m->phase = MAKE_DIGIT;
	}
}

static void ids_piece(struct list_make *m)
{
	uint32_t i;

	for (i = 0; m->sorted && i < m->nr; i++)
		m->list[m->reverse ? m->nr - 1 - i : i] = m->k[i].id;
	for (i = 0; !m->sorted && m->reverse && i < m->nr / 2; i++) {
		const uint32_t swap = m->list[i];

		m->list[i] = m->list[m->nr - 1 - i];
		m->list[m->nr - 1 - i] = swap;
	}
	m->phase = MAKE_DONE;
}

bool list_make_piece(struct list_make *m)
{
	switch (m->phase) {
	case MAKE_FILTER: filter_piece(m); break;
	case MAKE_DIGIT: begin_digit(m); break;
	case MAKE_MOVE: move_piece(m); break;
	case MAKE_IDS: ids_piece(m); break;
	case MAKE_DONE: break;
	}
	return m->phase == MAKE_DONE;
}

unsigned int list_make_percent(const struct list_make *m)
{
	const uint64_t half = m->sorted ? 50 : 100;

	if (m->phase == MAKE_FILTER)
		return m->all_nr ? (unsigned int)(half * m->at / m->all_nr) : 100;
	if (m->phase == MAKE_DONE || !m->nr)
		return 100;
	return 50 + (unsigned int)(50 * ((uint64_t)m->digit * m->nr + m->at) /
				   ((uint64_t)DIGITS_NR * m->nr + 1));
}

void list_made(struct list_make *m, uint32_t **list, uint32_t *nr)
{
	*list = m->list;
	*nr = m->nr;
	m->list = NULL;
}
