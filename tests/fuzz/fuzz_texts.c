// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Any bytes as a text that a person or another program left: decisions, sequences, filters, lines
 * typed before.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/io/anchors.h>
#include <vmsync/sequence.h>

#include "app/filter/filter.h"
#include "app/state/app.h"
#include "app/state/history.h"
#include "core/base/util.h"
#include "io/anchors/journal.h"
#include "io/anchors/journal_file.h"

/* The text of a file, and the file that is read from it. */
static char *round_trip(const struct vms_anchors *a, struct vms_anchors **again)
{
	char *text = NULL;
	size_t size;
	struct vms_err err = { 0 };

	if (vms_anchors_format(a, &text, &size, &err) || vms_anchors_parse(again, text, size, &err))
		fuzz_fault(err.msg);
	if ((*again)->rows_nr != a->rows_nr)
		fuzz_fault("lines are gone");
	return text;
}

/* Written and read, it has as many lines, and from then on the same text. */
static void check_written(const struct vms_anchors *a)
{
	struct vms_anchors *again[3];
	char *text[3];
	int i;

	for (i = 0; i < 3; i++)
		text[i] = round_trip(i ? again[i - 1] : a, &again[i]);
	if (strcmp(text[1], text[2]) != 0) {
		fprintf(stderr, "%s--- written and read:\n%s", text[1], text[2]);
		fuzz_fault("decisions written and read are others");
	}
	for (i = 0; i < 3; i++) {
		vms_anchors_free(again[i]);
		free(text[i]);
	}
}

void fuzz_anchors(const uint8_t *data, size_t size)
{
	struct vms_anchors *a = NULL, *now = NULL;
	struct vms_session *session;
	struct vms_err err = { 0 };

	if (vms_anchors_parse(&a, (const char *)data, size, &err)) {
		if (!*err.msg)
			fuzz_fault("refused without a line that says why");
		return;
	}
	fuzz_taken++;
	check_written(a);
	session = fuzz_session(&(struct vms_session_opts){ 0 });
	if (vms_anchors_apply(session, a, NULL, &err) ||
	    vms_anchors_from_session(&now, session, a, false, &err))
		fuzz_fault(err.msg);
	check_written(now);
	vms_anchors_free(now);
	vms_anchors_free(a);
	vms_session_free(session);
}

static struct vms_journal *journal_open(const struct vms_session *session, struct vms_err *err)
{
	struct vms_journal *j = NULL;

	return vms_journal_open(&j, ".", vms_session_trace(session), err) ? NULL : j;
}

/* What an interrupted run left, and a decision after it, are there at the next start. */
static void journal_use(struct vms_session *session, struct vms_journal *j)
{
	const uint32_t id = vms_session_candidate(session, 0)->id;
	const uint32_t waited = vms_journal_pending(j);
	struct vms_effect effect = { 0 };
	struct vms_session *next;
	struct vms_err err = { 0 };

	if (vms_journal_replay(j, session, NULL, NULL, &err) ||
	    vms_session_decide(session, &id, 1, VMS_UNDECIDED, false, &effect, &err) ||
	    vms_session_decide(session, &id, 1, VMS_ACCEPTED, false, &effect, &err) ||
	    vms_journal_append(j, session, effect.change, &err))
		fuzz_fault(err.msg);
	vms_journal_close(j);
	next = fuzz_session(&(struct vms_session_opts){ 0 });
	j = journal_open(next, &err);
	if (!j)
		fuzz_fault(err.msg);
	if (vms_journal_pending(j) < VMS_MAX(waited, 1))
		fuzz_fault("decisions of an interrupted run are gone");
	if (vms_journal_replay(j, next, NULL, NULL, &err))
		fuzz_fault(err.msg);
	if (vms_session_state(next, vms_session_candidate(next, 0)) != VMS_ACCEPTED)
		fuzz_fault("the last decision is not what comes back");
	vms_journal_close(j);
	vms_session_free(next);
}

void fuzz_journal(const uint8_t *data, size_t size)
{
	struct vms_session *session = fuzz_session(&(struct vms_session_opts){ 0 });
	struct vms_journal *j;
	struct vms_err err = { 0 };
	char *path = NULL;

	if (journal_path_make(&path, ".", vms_session_trace(session)->host, &err))
		fuzz_fault(err.msg);
	fuzz_write(path, data, size);
	free(path);
	j = journal_open(session, &err);
	fuzz_taken += j != NULL;
	if (j)
		journal_use(session, j);
	else if (!*err.msg)
		fuzz_fault("refused without a line that says why");
	vms_session_free(session);
	fuzz_sweep();
}

/* Sequences that can be read form pairs. */
void fuzz_sequences(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	const char *texts[] = { text };
	struct vms_catalogue cat = { 0 };
	struct vms_err err = { 0 };
	const int ret = text ? vms_catalogue_parse(&cat, text, &err) : 0;

	if (ret && !*err.msg)
		fuzz_fault("refused without a line that says why");
	if (!ret && cat.seqs_nr)
		vms_session_free(fuzz_session(&(struct vms_session_opts){
			.sequence_texts = texts, .sequence_texts_nr = 1 }));
	vms_catalogue_clear(&cat);
	free(text);
}

void fuzz_filter(const uint8_t *data, size_t size)
{
	static struct vms_session *session;
	struct app_filter *filter = NULL;
	char *text = fuzz_text(data, size);
	struct vms_err err = { 0 };
	int col = -1;
	uint32_t i;

	if (!session)
		session = fuzz_session(&(struct vms_session_opts){ 0 });
	if (text && filter_parse(&filter, text, session, &col, &err) &&
	    (!*err.msg || col < 0 || (size_t)col > strlen(text)))
		fuzz_fault("refused without saying why and where");
	for (i = 0; text && i < vms_session_candidates_nr(session); i++)
		(void)filter_match(filter, session, vms_session_candidate(session, i));
	filter_free(filter);
	free(text);
}

/* Way back through lines typed before, and what is written of them. */
void fuzz_history(const uint8_t *data, size_t size)
{
	struct app app = { .opts = { .state_dir = "." } };
	struct vms_err err = { 0 };
	const char *line;
	uint32_t nr = 0;

	fuzz_write("history", data, size);
	if (history_new(&app, &err))
		fuzz_fault(err.msg);
	history_rewind(&app);
	while ((line = history_step(&app, -1, "")))
		nr += strlen(line) < APP_PROMPT_BYTES;
	if (nr > history_nr(&app))
		fuzz_fault("more lines than there are");
	history_rewind(&app);
	while (history_step(&app, -1, "mo"))
		;
	history_add(&app, "model recorded");
	history_free(&app);
	fuzz_sweep();
}
