// SPDX-License-Identifier: LGPL-2.1-or-later
/* How options become a recording and a session. */
#include "main/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/words/format.h"
#include "io/files/files.h"
#include "io/files/unchanged.h"
#include "io/open/open.h"
#include "core/base/util.h"

/* A catalogue is written by hand: more than this is not one. */
#define SEQUENCES_MAX_BYTES (1u << 20)
/* What an event takes at the peak of the screen, doc/PERFORMANCE.md. */
#define EVENT_BYTES 53
/* The pairs of fewer are there before a person has read the verdict. */
#define AT_ONCE_NR 1000000u

/* "none" is no file: the built-in ones are left out. */
static int read_texts(char **texts, unsigned int *nr, bool *builtin, const struct app_options *o,
		      struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < o->sequences_nr; i++) {
		if (strcmp(o->sequences[i], "none"))
			ret = file_read_text(&texts[(*nr)++], o->sequences[i], SEQUENCES_MAX_BYTES,
					     err);
		else
			*builtin = false;
	}
	return ret;
}

/** struct asked_range - what was typed, and what its seconds are in ticks */
struct asked_range {
	const char *text;
	double ns_per_unit; /* measured; 0 = not yet */
	bool wants_rate;    /* seconds were typed, and only events tell how long a tick is */
};

/* A length of time is typed, and only events tell how long a tick is. */
static bool wants_rate(const char *word, const struct vms_clock *clock)
{
	const struct vms_clock known = { .ns_per_unit = 1.0, .counts_ns = true };
	size_t used = 0;
	int64_t raw;

	return !clock->counts_ns && !(clock->ns_per_unit > 0.0) &&
	       !parse_time(&known, word, 0, &raw, &used, NULL);
}

/*
 * One end of a range: a time of the host, one from the begin of the recording, "start", "end", or
 * so many hundredths of the recording's time, which need no clock of known rate.
 */
static int take_end(struct asked_range *asked, char *word, const struct vms_clock *clock,
		    int64_t first_raw, int64_t last_raw, int64_t *raw, struct vms_err *err)
{
	const size_t len = strlen(word);
	size_t used = 0;
	char *end;
	int ret;

	if (!strcmp(word, "start") || !strcmp(word, "end")) {
		*raw = *word == 's' ? INT64_MIN : INT64_MAX;
		return 0;
	}
	if (len && word[len - 1] == '%') {
		const double share = strtod(word, &end);

		if (end != word + len - 1 || !(share >= 0.0 && share <= 100.0))
			return vms_fail(err, VMS_EUSAGE, "expected 0%% to 100%%");
		*raw = share >= 100.0 ? INT64_MAX
				      : first_raw + (int64_t)(share / 100.0 *
							      (double)(last_raw - first_raw));
		return 0;
	}
	ret = parse_time(clock, word, first_raw, raw, &used, err);
	asked->wants_rate |= ret && wants_rate(word, clock);
	if (asked->wants_rate)
		return vms_fail(err, VMS_EUSAGE,
				"no event of its first tenth tells how long a tick is: in ticks "
				"all is about +0tk..+%" PRId64 "tk, in hundredths 0%%..100%%",
				last_raw - first_raw);
	if (ret)
		return ret;
	if (word[used + strspn(word + used, " ")])
		ret = vms_fail(err, VMS_EUSAGE, "'%s' is too much after the time",
			       fmt_clean(word + used, FMT_BUF));
	return ret;
}

static int take_range(void *user, const struct vms_clock *of, int64_t first_raw, int64_t last_raw,
		      int64_t *from_raw, int64_t *to_raw, struct vms_err *err)
{
	struct asked_range *const asked = user;
	const char *const text = asked->text, *const dots = strstr(text, "..");
	struct vms_clock clock = *of;
	char from[64], to[64];
	int ret;

	if (asked->ns_per_unit > 0.0)
		clock.ns_per_unit = asked->ns_per_unit;
	if (!dots)
		return vms_fail(err, VMS_EUSAGE, "--range is FROM..TO, not '%s'",
				fmt_clean(text, FMT_BUF));
	(void)snprintf(from, sizeof(from), "%.*s", (int)(dots - text), text);
	(void)snprintf(to, sizeof(to), "%s", dots + 2);
	ret = take_end(asked, from, &clock, first_raw, last_raw, from_raw, err);
	if (!ret)
		ret = take_end(asked, to, &clock, first_raw, last_raw, to_raw, err);
	if (ret)
		return vms_fail_at(err, ret, "--range %s", fmt_clean(text, FMT_BUF));
	if (*from_raw > *to_raw)
		return vms_fail(err, VMS_EUSAGE, "--range %s ends before it begins",
				fmt_clean(text, FMT_BUF));
	if (*to_raw < first_raw || *from_raw > last_raw)
		return vms_fail(err, VMS_ENODATA,
				"--range %s lies outside of the recording: %s to about %s",
				fmt_clean(text, FMT_BUF), fmt_time(&clock, first_raw, FMT_BUF),
				fmt_time(&clock, last_raw, FMT_BUF));
	*from_raw = VMS_MAX(*from_raw, first_raw);
	return 0;
}

/* What would have been needed, and what to do instead. */
static int out_of_memory(const struct vms_trace *trace, struct vms_err *err)
{
	const uint64_t events_nr = vms_trace_events_nr(trace);
	const struct vms_err why = *err;

	return vms_fail(err, VMS_ENOMEM,
			"%.100s: %" PRIu64 " events take about %" PRIu64
			" MB beyond their files; --range 0%%..10%% loads the first tenth",
			why.msg, events_nr, events_nr * EVENT_BYTES >> 20);
}

/* What a part lacks the rest may have: no word of recording anew. */
static int nothing_in_range(const char *range, struct vms_err *err)
{
	char *const advice = err ? strstr(err->msg, "; record ") : NULL;

	if (advice)
		*advice = '\0';
	return vms_fail_at(err, -VMS_ENODATA, "--range %s (a longer one may do)",
			   fmt_clean(range, FMT_BUF));
}

/*
 * All of a recording, or the part that is wanted. Seconds of a clock whose rate only events tell
 * are ticks by what those of the first tenth say.
 */
static int open_part(struct vms_trace **out, const struct app_options *options,
		     const struct vms_progress *progress, struct vms_err *err)
{
	struct asked_range asked = { .text = options->range }, tenth = { .text = "0%..10%" };
	struct vms_open_how how = { .reader = options->reader,
				    .range = options->range ? take_range : NULL,
				    .range_user = &asked };
	int ret = vms_trace_open(out, options->paths, options->paths_nr, &how, progress, err);

	if (!ret || !asked.wants_rate)
		return ret;
	how.range_user = &tenth;
	if (vms_trace_open(out, options->paths, options->paths_nr, &how, progress, NULL))
		return ret;
	asked.ns_per_unit = (*out)->host->clock.ns_per_unit;
	vms_trace_free(*out);
	*out = NULL;
	if (!(asked.ns_per_unit > 0.0))
		return ret;
	asked.wants_rate = false;
	how.range_user = &asked;
	ret = vms_trace_open(out, options->paths, options->paths_nr, &how, progress, err);
	if (!ret)
		trace_log(
			*out,
			"seconds of --range %s are ticks of %.6f ns, by timers of its first tenth",
			options->range, asked.ns_per_unit);
	return ret;
}

int app_load(struct app_loaded *out, const struct app_options *options, bool beside,
	     const struct vms_progress *progress, struct vms_err *err)
{
	struct app_loaded loaded = { 0 };
	char **texts = vms_calloc(options->sequences_nr, sizeof(*texts));
	const struct vms_line user = { .offset_raw = options->offset_raw };
	struct vms_session_opts so = {
		.sequence_texts = (const char *const *)texts,
		.model = options->model,
		.rate = options->rate,
		.inside_ignored = options->ignore,
		.inside_ignored_nr = options->ignore_nr,
		.align = { .user = options->has_offset ? &user : NULL,
			   .ignore_recorded = options->ignore_recorded,
			   .progress = progress },
		.may_be_untied = !options->batch,
		.unlisted = options->batch && !options->output && !options->exports_nr,
		.verdicts_first = beside && !options->anchors && !options->model,
	};
	bool builtin = true;
	unsigned int i;
	int ret;

	file_guard();
	if (!texts)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	ret = read_texts(texts, &so.sequence_texts_nr, &builtin, options, err);
	so.no_builtin = !builtin;
	if (!ret)
		ret = open_part(&loaded.trace, options, progress, err);
	if (!ret)
		so.verdicts_first &= vms_trace_events_nr(loaded.trace) > AT_ONCE_NR;
	if (!ret && !loaded.trace->guests_nr)
		ret = vms_host_only_new(&loaded.host, loaded.trace, err);
	else if (!ret)
		ret = vms_session_new(&loaded.session, loaded.trace, &so, err);
	if (ret == -VMS_ENODATA && loaded.trace && loaded.trace->is_part)
		ret = nothing_in_range(options->range, err);
	if (ret == -VMS_ENOMEM && loaded.trace && err)
		ret = out_of_memory(loaded.trace, err);
	for (i = 0; i < options->sequences_nr; i++)
		free(texts[i]);
	free(texts);
	if (ret)
		app_loaded_free(&loaded);
	else
		*out = loaded;
	return ret;
}

void app_say_unread(const struct vms_trace *trace)
{
	unsigned int i;

	for (i = 0; i < trace->unread_nr; i++)
		(void)fprintf(stderr, "vmsync-tui: a guest's file is left out: %s\n",
			      fmt_clean(trace->unread[i],
					BUF(sizeof(((struct vms_err *)0)->msg) * 8)));
}

void app_loaded_free(struct app_loaded *l)
{
	vms_session_free(l->session);
	vms_host_only_free(l->host);
	vms_trace_free(l->trace);
	memset(l, 0, sizeof(*l));
}

int app_exit_status(int ret)
{
	switch (-ret) {
	case 0: return 0;
	case VMS_ENOMEM:
	case VMS_EOUTPUT:
	case VMS_EBUG: return 1;
	case VMS_ECANCEL: return 130;
	default: return 2;
	}
}
