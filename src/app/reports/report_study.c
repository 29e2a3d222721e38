// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a study is laid out: a letter for each sequence and recording, then the figures of each. */
#include "app/reports/study.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/find.h>

#include "app/reports/report_impl.h"
#include "app/words/candidate.h"
#include "app/words/format.h"
#include "core/base/util.h"

#define ROWS_MAX 100000u

/** struct study_row - a sequence over all guests */
struct study_row {
	char *name;
	bool found; /* in no catalogue */
	enum vms_dir dir;
	struct text letters; /* one a guest, '\0' where it is not there */
	struct text figures; /* a line a guest */
};

struct study {
	bool json;
	json out;
	struct text guests; /* lines */
	struct study_row *rows;
	size_t rows_nr, rows_cap;
	unsigned int guests_nr, recordings_nr, skipped_nr;
};

/* Written while the recordings come; what was skipped stands behind them. */
static void json_begin(struct study *study)
{
	json_open(&study->out, NULL, '{');
	json_put(&study->out, "vmsync_study", json_integer(1));
	json_put(&study->out, "program", json_text("vmsync-tui " VMSYNC_VERSION));
	json_open(&study->out, "recordings", '[');
}

int study_new(struct study **out, bool as_json, struct vms_err *err)
{
	struct study *study = vms_calloc(1, sizeof(*study));

	if (!study)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	study->json = as_json;
	if (as_json)
		json_begin(study);
	*out = study;
	return 0;
}

void study_free(struct study *study)
{
	size_t i;

	if (!study)
		return;
	for (i = 0; i < study->rows_nr; i++) {
		free(study->rows[i].name);
		free(study->rows[i].letters.p);
		free(study->rows[i].figures.p);
	}
	free(study->rows);
	free(study->guests.p);
	free(study->out.text.p);
	free(study);
}

/* The row of a name; what was found twice under one name is one. NULL: out of memory. */
static struct study_row *row_of(struct study *study, const char *name, enum vms_dir dir, bool found)
{
	struct study_row *row;
	size_t i;

	for (i = 0; i < study->rows_nr; i++)
		if (study->rows[i].found == found && !strcmp(study->rows[i].name, name))
			return &study->rows[i];
	if (vms_grow(&study->rows, &study->rows_cap, study->rows_nr + 1, sizeof(*row), ROWS_MAX))
		return NULL;
	row = &study->rows[study->rows_nr];
	*row = (struct study_row){ .name = vms_strdup(name), .dir = dir, .found = found };
	if (!row->name)
		return NULL;
	study->rows_nr++;
	return row;
}

static char letter(const struct vms_fitness *f)
{
	static const char letters[VMS_FIT_NR] = {
		[VMS_FIT_SYNC_POINT] = 'S', [VMS_FIT_BOUND_ONLY] = 'b', [VMS_FIT_TOO_FEW] = 'f',
		[VMS_FIT_UNSTABLE] = 'u',   [VMS_FIT_BY_CHANCE] = 'c',	[VMS_FIT_UNFIT] = 'X',
	};

	return letters[f->fit];
}

static int add_row(struct study *study, const struct vms_session *session, unsigned int guest,
		   const struct vms_sequence *seq, const struct vms_fitness *f, bool found)
{
	const char of = letter(f);
	struct study_row *row;
	char what[32];

	row = row_of(study, seq->name, seq->dir, found);
	if (!row)
		return -VMS_ENOMEM;
	if (!f->pairs_nr && !f->counts.guest_nr)
		return 0;
	(void)snprintf(what, sizeof(what), "%u", study->guests_nr);
	while (row->letters.nr + 1 < study->guests_nr)
		text_add(&row->letters, ".", 1);
	text_add(&row->letters, &of, 1);
	print_fitness_row(&row->figures, session, guest, what, seq->dir, f);
	return 0;
}

static unsigned int isa_of(const struct vms_session *session)
{
	const struct vms_stretches *stretches = vms_session_stretches(session);
	unsigned int i;
	uint32_t k;

	for (i = 0; i < stretches->threads_nr; i++)
		for (k = 0; k < stretches->threads[i].stretches_nr; k++)
			if (stretches->threads[i].stretches[k].why.isa != VMS_ISA_NONE)
				return stretches->threads[i].stretches[k].why.isa;
	return VMS_ISA_NONE;
}

static unsigned int vcpus_of(const struct vms_session *session, unsigned int guest)
{
	unsigned int i, nr = 0;

	for (i = 0; i < vms_session_tracks_nr(session); i++)
		nr += vms_session_track(session, i)->guest == guest;
	return nr;
}

static const char *kernel(const struct vms_stream *stream, char *buf, size_t size)
{
	return fmt_clean(stream->kernel ? stream->kernel : "?", buf, size);
}

static int add_guest(struct study *study, const char *file, const struct vms_session *session,
		     unsigned int guest, const struct vms_fitness_list *list,
		     const struct vms_finds *finds)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_stream *stream = trace->guests[guest].stream;
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	unsigned int i;
	int ret = 0;

	study->guests_nr++;
	text_printf(&study->guests,
		    "  %3u  %s %s: %s, clock %s, kernel %s, guest's %s, %u vCPU%s, %" PRIu64
		    " guest events\n",
		    study->guests_nr, fmt_clean(file, BUF(512)),
		    fmt_clean(trace->guests[guest].name, BUF(256)), vms_isa_name(isa_of(session)),
		    fmt_clean(trace->host->clock.name, FMT_BUF), kernel(trace->host, BUF(256)),
		    kernel(stream, BUF(256)), vcpus_of(session, guest),
		    fmt_s(vcpus_of(session, guest)), stream->events_nr);
	for (i = 0; i < cat->seqs_nr && !ret; i++)
		if (cat->seqs[i].enabled)
			ret = add_row(study, session, guest, &cat->seqs[i],
				      report_fitness_of(list->of_guest, session, guest, i), false);
	for (i = 0; finds && i < finds->nr && !ret; i++)
		if (finds->found[i].guest == guest && !finds->found[i].known &&
		    !finds->found[i].few)
			ret = add_row(study, session, guest, &finds->found[i].seq,
				      &finds->found[i].fitness, true);
	return ret;
}

/* The traced kernel, and what it told of. */
static void json_kernel(json *out, const struct vms_stream *stream)
{
	uint64_t *const counts = vms_type_counts(stream);
	unsigned int i;

	json_put(out, "kernel", stream->kernel ? json_text(stream->kernel) : json_null());
	out->text.bad |= !counts;
	json_open(out, "event_types", '[');
	for (i = 0; counts && i < stream->types_nr; i++)
		if (counts[i])
			json_put(out, NULL, json_text(stream->types[i].name));
	json_close(out, ']');
	free(counts);
}

static void json_recording(struct study *study, const char *file, const struct vms_session *session,
			   const struct app_report_opts *with)
{
	const struct vms_trace *trace = vms_session_trace(session);
	json *const out = &study->out;
	unsigned int i;

	json_open(out, NULL, '{');
	json_put(out, "file", json_text(file));
	json_put(out, "isa", json_text(vms_isa_name(isa_of(session))));
	json_open(out, "host", '{');
	json_stream(out, trace->host);
	json_kernel(out, trace->host);
	json_close(out, '}');
	json_open(out, "guests", '[');
	for (i = 0; i < trace->guests_nr; i++) {
		json_open(out, NULL, '{');
		json_stream(out, trace->guests[i].stream);
		json_kernel(out, trace->guests[i].stream);
		json_put(out, "vcpus", json_count(vcpus_of(session, i)));
		json_guest_sequences(out, "sequences", session, i, with);
		if (with->finds)
			json_found(out, "found", session, i, with->finds);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
}

int study_add(struct study *study, const char *file, struct vms_session *session,
	      const struct vms_find_opts *how, struct vms_err *err)
{
	struct app_report_opts with = { 0 };
	struct vms_fitness_list *list = NULL;
	struct vms_finds *finds = NULL;
	unsigned int i;
	int ret;

	ret = vms_fitness_session(&list, session, false, NULL, err);
	if (!ret && how)
		ret = vms_find(&finds, session, how, err);
	with.fitness = list;
	with.finds = finds;
	if (!ret && study->json)
		json_recording(study, file, session, &with);
	for (i = 0; !ret && !study->json && i < vms_session_trace(session)->guests_nr; i++)
		ret = add_guest(study, file, session, i, list, finds);
	if (ret == -VMS_ENOMEM)
		(void)vms_fail(err, VMS_ENOMEM, "out of memory");
	study->recordings_nr += !ret;
	vms_fitness_list_free(list);
	vms_finds_free(finds);
	return ret;
}

void study_skip(struct study *study, const char *file, const char *why)
{
	if (study->json)
		json_skipped(&study->out, &study->skipped_nr, file, why);
	else
		text_printf(&study->guests, "skipped: %s\n", fmt_clean(why, BUF(2048)));
}

/* A letter for each guest, in columns as they are numbered. */
static void print_letters(struct text *out, const struct study *study)
{
	unsigned int i;
	size_t r;

	text_printf(
		out,
		"S sync point, b bound only, f too few pairs, u unstable, c by chance, X unfit, "
		". not recorded\n%-42s",
		"");
	for (i = 1; i <= study->guests_nr; i++)
		text_printf(out, " %3u", i);
	text_add(out, "\n", 1);
	for (r = 0; r < study->rows_nr; r++) {
		const struct text *letters = &study->rows[r].letters;

		if (!letters->nr)
			continue;
		text_printf(out, "%s%-40.40s", study->rows[r].found ? "+ " : "  ",
			    fmt_clean(study->rows[r].name, BUF(512)));
		for (i = 0; i < study->guests_nr; i++)
			text_printf(out, "   %c", i < letters->nr ? letters->p[i] : '.');
		text_add(out, "\n", 1);
	}
}

static void print_study(struct text *out, const struct study *study)
{
	size_t r;

	text_printf(out,
		    "sequences of %u recording%s as synchronisation points, all vCPUs of each "
		    "guest, under the band\n",
		    study->recordings_nr, fmt_s(study->recordings_nr));
	if (study->guests.nr)
		text_add(out, study->guests.p, study->guests.nr);
	if (study->rows_nr)
		print_letters(out, study);
	for (r = 0; r < study->rows_nr; r++) {
		const struct study_row *row = &study->rows[r];

		if (!row->figures.nr)
			continue;
		text_printf(out, "%s%s, %s\n", row->found ? "found: " : "",
			    fmt_clean(row->name, BUF(512)), dir_text(row->dir));
		print_fitness_head(out, "recording");
		text_add(out, row->figures.p, row->figures.nr);
	}
}

int study_take(struct study *study, char **text, size_t *size, struct vms_err *err)
{
	json *const out = &study->out;
	struct text whole;
	size_t r;

	if (study->json) {
		json_close(out, ']');
		if (!study->skipped_nr) {
			json_open(out, "skipped", '[');
			json_close(out, ']');
		}
		json_close(out, '}');
		text_add(&out->text, "\n", 1);
	} else {
		print_study(&out->text, study);
	}
	for (r = 0; r < study->rows_nr; r++)
		out->text.bad |= study->rows[r].letters.bad || study->rows[r].figures.bad;
	out->text.bad |= study->guests.bad;
	whole = out->text;
	study->out = (json){ .text = { 0 } };
	return report_take(&whole, text, size, err);
}
