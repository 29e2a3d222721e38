// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a candidate list is filtered and sorted. */
#include "app/state/list_make.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/session_snapshot.h>

#include "app/filter/filter.h"
#include "app/words/candidate.h"
#include "core/base/placed.h"
#include "core/base/util.h"

/* Candidates between two looks at whether the list is still wanted: less than a millisecond. */
#define PIECE_NR 1024u

/* Integers in the order of the numbers. */
static int64_t key_of(double v)
{
	int64_t bits;

	v += 0.0; /* no minus zero, which equals zero */
	memcpy(&bits, &v, sizeof(bits));
	return bits < 0 ? bits ^ INT64_MAX : bits;
}

static double sort_key(const struct list_job *job, const struct vms_candidate *cand)
{
	double key;

	switch (job->by.sort) {
	case APP_SORT_DELAY: key = vms_session_delay_ns(job->session, cand); break;
	case APP_SORT_RESIDUAL: key = vms_session_residual_ns(job->session, cand); break;
	case APP_SORT_SEQUENCE: key = cand->pair.seq; break;
	case APP_SORT_INFORMATION: key = -candidate_information(job->session, cand); break;
	case APP_SORT_ID: key = cand->id; break;
	case APP_SORT_TIME:
	case APP_SORT_NR:
	default: key = 0;
	}
	/* What is not defined has no place among numbers: it goes to the end. */
	return isnan(key) ? HUGE_VAL : key;
}

/* Equal keys stay in the order of their indices, which is that of host times. */
static int filtered(struct vms_placed *out, uint32_t *nr, const struct list_job *job,
		    const struct vms_progress *progress)
{
	const uint32_t all_nr = vms_session_candidates_nr(job->session);
	uint32_t i;

	for (i = 0; i < all_nr; i++) {
		const struct vms_candidate *c = vms_session_candidate(job->session, i);

		if (i % PIECE_NR == 0) {
			if (vms_progress_cancelled(progress))
				return -VMS_ECANCEL;
			vms_progress_tell(progress, "", i,
					  job->by.sort == APP_SORT_TIME ? all_nr : 2 * all_nr);
		}
		if (filter_match(job->filter, job->session, c))
			out[(*nr)++] =
				(struct vms_placed){ .at_raw = key_of(sort_key(job, c)), .idx = i };
	}
	return 0;
}

int list_job_make(struct list_job *job, const struct vms_progress *p)
{
	struct vms_placed *rows;
	uint32_t i, nr = 0;
	int ret;

	rows = vms_calloc(vms_session_candidates_nr(job->session), sizeof(*rows));
	ret = rows ? filtered(rows, &nr, job, p) : -VMS_ENOMEM;
	if (!ret)
		ret = vms_placed_sort(rows, nr, p);
	if (!ret) {
		job->ids = vms_calloc(nr, sizeof(*job->ids));
		ret = job->ids ? 0 : -VMS_ENOMEM;
	}
	for (i = 0; i < nr && !ret; i++)
		job->ids[job->by.reverse ? nr - 1 - i : i] =
			vms_session_candidate(job->session, rows[i].idx)->id;
	job->nr = nr;
	free(rows);
	return ret;
}

struct list_job *list_job_of(struct vms_session *of, const struct list_by *by)
{
	struct list_job *job = vms_calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->by = *by;
	job->session = of;
	if (by->filter_text[0] && filter_parse(&job->filter, by->filter_text, of, NULL, NULL)) {
		list_job_free(job);
		return NULL;
	}
	return job;
}

void list_job_free(struct list_job *job)
{
	if (!job)
		return;
	vms_session_snapshot_free(job->snapshot);
	filter_free(job->filter);
	free(job->ids);
	free(job);
}
