// SPDX-License-Identifier: LGPL-2.1-or-later
/* When a check holds, and what it says of a guest. */
#include "app/reports/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/reports/report_impl.h"
#include "app/words/format.h"
#include "app/words/verdict.h"
#include "core/base/util.h"

struct check {
	enum app_report form;
	char width[32]; /* as it was typed: only a recording has a clock; "" = any */
	double coverage;
	enum vms_by model;
	enum check_status status;
	unsigned int skipped_nr;
	struct json out;
};

/** struct check_guest - what a guest's vCPUs say together */
struct check_guest {
	enum check_status status;
	const char *word; /* "holds", "proven-wrong", "cannot-judge", "too-wide", "uncovered" */
	double by_ns;	  /* of the vCPU farthest outside, 0 when none is; NAN: not judged */
	double width_ns;  /* widest band at any time; INFINITY where it is open */
	uint64_t events, checkable;
	const char *file;
	bool told; /* its file is not the one that its name and the host's tell */
	char text[256];
};

static int take_limit(struct check *check, const char *name, const char *value, struct vms_err *err)
{
	char *end;

	if (!strcmp(name, "width")) {
		const struct vms_clock ns = { .ns_per_unit = 1.0, .counts_ns = true };
		size_t used;
		int64_t raw;

		if (*value && strchr("0123456789. ", value[strlen(value) - 1]))
			return vms_fail(err, VMS_EUSAGE,
					"--check: width wants a unit (%sus, say), not '%s' alone",
					value, value);
		(void)snprintf(check->width, sizeof(check->width), "%s", value);
		if (parse_duration(&ns, value, false, &raw, &used, NULL) || value[used] ||
		    strlen(value) >= sizeof(check->width) || raw <= 0)
			return vms_fail(err, VMS_EUSAGE,
					"--check: width is a time like 5us, not '%s'", value);
	} else if (!strcmp(name, "coverage")) {
		check->coverage = strtod(value, &end);
		if (end == value || *end || !(check->coverage >= 0.0 && check->coverage <= 1.0))
			return vms_fail(err, VMS_EUSAGE,
					"--check: coverage is a share from 0 to 1, not '%s'",
					value);
	} else if (!strcmp(name, "model")) {
		check->model = vms_by_find(value);
		if (check->model == VMS_BY_NR)
			return vms_fail(err, VMS_EUSAGE,
					"--check: no clock model is called '%s'; see --list-models",
					value);
	} else {
		return vms_fail(err, VMS_EUSAGE,
				"--check knows width=TIME, coverage=SHARE and model=NAME, not '%s'",
				name);
	}
	return 0;
}

static int take_limits(struct check *check, const char *limits, struct vms_err *err)
{
	char *copy = vms_strdup(limits), *save = NULL, *word, *value;
	int ret = copy ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");

	for (word = copy ? strtok_r(copy, ",", &save) : NULL; word && !ret;
	     word = strtok_r(NULL, ",", &save)) {
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		ret = take_limit(check, word, value ? value : "", err);
	}
	free(copy);
	return ret;
}

int check_new(struct check **out, const char *limits, const char *model, enum app_report form,
	      struct vms_err *err)
{
	struct check *check = vms_calloc(1, sizeof(*check));
	int ret = check ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");

	if (!ret && model)
		ret = take_limit(check, "model", model, err);
	if (!ret && limits)
		ret = take_limits(check, limits, err);
	if (ret) {
		check_free(check);
		return ret;
	}
	check->form = form;
	if (form == APP_REPORT_CSV)
		text_printf(&check->out.text, "file,guest,status,model,outside_by_ns,width_ns,"
					      "events,checkable,text,guest_file\n");
	if (form == APP_REPORT_JSON) {
		json_open(&check->out, NULL, '{');
		json_put(&check->out, "vmsync_check", json_integer(1));
		json_put(&check->out, "program", json_text("vmsync-tui " VMSYNC_VERSION));
		json_open(&check->out, "guests", '[');
	}
	*out = check;
	return 0;
}

void check_free(struct check *check)
{
	if (check)
		free(check->out.text.p);
	free(check);
}

/* What is worst so far stays; of two that are wrong, the one by more. */
static void add_track(struct check_guest *guest, const struct check *check,
		      struct vms_session *session, const struct vms_track *track)
{
	const struct vms_clock *clock = vms_session_clock(session);
	const struct vms_model_result *result = result_shown(track, check->model);
	const struct vms_coverage coverage = vms_session_coverage(session, track);
	struct vms_evidence evidence;
	char verdict[160];

	guest->events += coverage.events_nr;
	guest->checkable += coverage.checkable_nr;
	guest->width_ns = fmax(guest->width_ns, report_widest_ns(session, track));
	if (result->available && result->verdict == VMS_VERDICT_IN_BAND)
		return;
	(void)verdict_text(clock, track, result, verdict, sizeof(verdict));
	if (result->available && result->verdict == VMS_VERDICT_PROVEN_WRONG) {
		if (guest->status == CHECK_WRONG && fabs(result->outside_by_ns) <= guest->by_ns)
			return;
		guest->status = CHECK_WRONG;
		guest->word = "proven-wrong";
		guest->by_ns = fabs(result->outside_by_ns);
		vms_session_evidence(&evidence, track,
				     vms_session_model_map(session, check->model, track->guest));
		(void)snprintf(guest->text, sizeof(guest->text),
			       "vCPU %u: %s is %s %s, %u witness%s", track->vcpu,
			       vms_by_name(check->model), fmt_span(clock, guest->by_ns, FMT_BUF),
			       result->outside_by_ns < 0.0 ? "early" : "late",
			       vms_evidence_nr(&evidence),
			       vms_evidence_nr(&evidence) == 1 ? "" : "es");
	} else if (guest->status == CHECK_HOLDS) {
		guest->status = CHECK_OPEN;
		guest->word = "cannot-judge";
		guest->by_ns = NAN;
		(void)snprintf(guest->text, sizeof(guest->text), "vCPU %u: %s: %s%s%s", track->vcpu,
			       vms_by_name(check->model), verdict, result->why ? ": " : "",
			       result->why ? result->why : "");
	}
}

/* @width_raw: below 0 where nothing says how many units that are */
static void hold(struct check_guest *guest, const struct check *check,
		 const struct vms_clock *clock, int64_t width_raw)
{
	const double share = guest->events ? (double)guest->checkable / (double)guest->events : 0.0;
	char width[FMT_SIZE + 32];

	if (guest->status != CHECK_HOLDS)
		return;
	(void)snprintf(width, sizeof(width), "its width not known everywhere");
	if (isfinite(guest->width_ns))
		(void)snprintf(width, sizeof(width), "at most %s wide",
			       fmt_span(clock, guest->width_ns, FMT_BUF));
	if (*check->width && width_raw < 0) {
		guest->status = CHECK_OPEN;
		guest->word = "cannot-judge";
		(void)snprintf(guest->text, sizeof(guest->text),
			       "in band, but nothing says how long a tick is: wanted: %s",
			       check->width);
	} else if (*check->width && guest->width_ns > vms_clock_ns(clock, width_raw)) {
		guest->status = CHECK_OPEN;
		guest->word = "too-wide";
		(void)snprintf(guest->text, sizeof(guest->text), "in band, %s; wanted: %s", width,
			       check->width);
	} else if (!guest->checkable) {
		guest->status = CHECK_OPEN;
		guest->word = "uncovered";
		(void)snprintf(guest->text, sizeof(guest->text),
			       "none of %llu events can be checked",
			       (unsigned long long)guest->events);
	} else if (share < check->coverage) {
		guest->status = CHECK_OPEN;
		guest->word = "uncovered";
		(void)snprintf(guest->text, sizeof(guest->text),
			       "%llu of %llu events can be checked, less than %g",
			       (unsigned long long)guest->checkable,
			       (unsigned long long)guest->events, check->coverage);
	} else {
		(void)snprintf(guest->text, sizeof(guest->text),
			       "%s in band, %s; %llu of %llu events checked",
			       vms_by_name(check->model), width,
			       (unsigned long long)guest->checkable,
			       (unsigned long long)guest->events);
	}
}

/* One line: what breaks and indents lines of JSON stands between its tokens only. */
static void add_line(struct text *out, const char *lines, size_t size)
{
	size_t i, from = 0;

	for (i = 0; i < size; i++) {
		if (lines[i] != '\n')
			continue;
		text_add(out, lines + from, i - from);
		while (i + 1 < size && (lines[i + 1] == ' ' || lines[i + 1] == '\t'))
			i++;
		from = i + 1;
	}
	text_add(out, lines + from, size - from);
	text_add(out, "\n", 1);
}

/* As RFC 4180 quotes it. */
static void csv_text(struct text *out, const char *s)
{
	struct text clean = { 0 };
	size_t i;

	text_clean(&clean, s);
	text_add(out, "\"", 1);
	for (i = 0; i < clean.nr; i++)
		text_add(out, clean.p[i] == '"' ? "\"\"" : &clean.p[i], clean.p[i] == '"' ? 2 : 1);
	text_add(out, "\"", 1);
	out->bad |= clean.bad;
	free(clean.p);
}

static void csv_guest(struct text *out, const struct check *check, const char *file,
		      const char *name, const struct check_guest *guest)
{
	csv_text(out, file);
	text_add(out, ",", 1);
	csv_text(out, name);
	text_printf(out, ",%s,%s,%s,%s", guest->word, vms_by_name(check->model),
		    isfinite(guest->by_ns) ? json_real(guest->by_ns).plain : "",
		    isfinite(guest->width_ns) ? json_real(guest->width_ns).plain : "");
	text_printf(out, ",%llu,%llu,", (unsigned long long)guest->events,
		    (unsigned long long)guest->checkable);
	csv_text(out, guest->text);
	text_add(out, ",", 1);
	csv_text(out, guest->file);
	text_add(out, "\n", 1);
}

static void json_guest(json *out, const struct check *check, const char *file, const char *name,
		       const struct check_guest *guest)
{
	json_open(out, NULL, '{');
	json_put(out, "file", json_text(file));
	json_put(out, "guest", json_text(name));
	json_put(out, "status", json_text(guest->word));
	json_put(out, "model", json_text(vms_by_name(check->model)));
	json_put(out, "outside_by_ns", json_real(guest->by_ns));
	json_put(out, "width_ns", json_real(isfinite(guest->width_ns) ? guest->width_ns : NAN));
	json_put(out, "events", json_count(guest->events));
	json_put(out, "checkable", json_count(guest->checkable));
	json_put(out, "text", json_text(guest->text));
	json_put(out, "guest_file", json_text(guest->file));
	json_close(out, '}');
}

static void take_line(struct check *check, json *one)
{
	check->out.text.bad |= one->text.bad;
	if (!one->text.bad)
		add_line(&check->out.text, one->text.p, one->text.nr);
	free(one->text.p);
}

static void put_guest(struct check *check, const char *file, const char *name,
		      const struct check_guest *guest)
{
	json one = { 0 };

	if (check->form == APP_REPORT_CSV) {
		csv_guest(&check->out.text, check, file, name, guest);
	} else if (check->form == APP_REPORT_JSON) {
		json_guest(&check->out, check, file, name, guest);
	} else if (check->form == APP_REPORT_LINES) {
		json_guest(&one, check, file, name, guest);
		take_line(check, &one);
	} else {
		text_printf(&check->out.text, "%s %s", fmt_clean(file, BUF(1024)),
			    fmt_clean(name, BUF(256)));
		if (guest->told)
			text_printf(&check->out.text, " (%s)", fmt_clean(guest->file, BUF(1024)));
		text_printf(&check->out.text, ": %s: %s\n", guest->word, guest->text);
	}
}

int check_add_report(struct check *check, const char *report, size_t size)
{
	while (size && report[size - 1] == '\n')
		size--;
	add_line(&check->out.text, report, size);
	return check->out.text.bad ? -VMS_ENOMEM : 0;
}

/* A name is enough where one file has it, and that one is called as trace-cmd calls it. */
static bool file_told(const struct vms_trace *trace, unsigned int guest)
{
	const char *const name = trace->guests[guest].name, *const host = trace->host->path;
	const size_t host_len = strlen(host);
	const size_t base_len =
		host_len - (host_len > 4 && !strcmp(host + host_len - 4, ".dat") ? 4 : 0);
	char usual[4096];
	unsigned int i;

	for (i = 0; i < trace->guests_nr; i++)
		if (i != guest && !strcmp(trace->guests[i].name, name))
			return true;
	(void)snprintf(usual, sizeof(usual), "%.*s-%s.dat", (int)base_len, host, name);
	return strcmp(usual, trace->guests[guest].stream->path) != 0;
}

/* Wrong is the worst: it is the one that can be shown. */
static enum check_status worse(enum check_status a, enum check_status b)
{
	return a == CHECK_WRONG || b == CHECK_HOLDS ? a : b;
}

int check_add(struct check *check, const char *file, struct vms_session *session,
	      struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_clock *clock = vms_session_clock(session);
	int64_t width_raw = 0;
	unsigned int i, k;
	size_t used;
	int ret = 0;

	if (*check->width)
		ret = parse_duration(clock, check->width, false, &width_raw, &used, err);
	if (ret == -VMS_EUSAGE) { /* it was read before: the clock is without a rate */
		width_raw = -1;
		ret = 0;
	}
	for (i = 0; i < trace->guests_nr && !ret; i++) {
		struct check_guest guest = { .word = "holds",
					     .file = trace->guests[i].stream->path,
					     .told = file_told(trace, i) };

		for (k = 0; k < vms_session_tracks_nr(session); k++)
			if (vms_session_track(session, k)->guest == i)
				add_track(&guest, check, session, vms_session_track(session, k));
		hold(&guest, check, clock, width_raw);
		put_guest(check, file, trace->guests[i].stream->name, &guest);
		check->status = worse(check->status, guest.status);
	}
	return ret;
}

void check_skip(struct check *check, const char *file, const char *why)
{
	struct check_guest none = {
		.word = "skipped", .by_ns = NAN, .width_ns = INFINITY, .file = ""
	};
	json one = { 0 };

	if (check->form == APP_REPORT_JSON) {
		json_skipped(&check->out, &check->skipped_nr, file, why);
	} else if (check->form == APP_REPORT_CSV) {
		(void)snprintf(none.text, sizeof(none.text), "%s", why);
		csv_guest(&check->out.text, check, file, "", &none);
	} else if (check->form == APP_REPORT_LINES) {
		json_open(&one, NULL, '{');
		json_put(&one, "file", json_text(file));
		json_put(&one, "skipped", json_text(why));
		json_close(&one, '}');
		take_line(check, &one);
	}
}

int check_take(struct check *check, char **text, size_t *size, enum check_status *status,
	       struct vms_err *err)
{
	struct text whole;

	if (check->form == APP_REPORT_JSON) {
		json_close(&check->out, ']');
		json_close(&check->out, '}');
		text_add(&check->out.text, "\n", 1);
	}
	whole = check->out.text;
	check->out = (json){ .text = { 0 } };
	*status = check->status;
	return report_take(&whole, text, size, err);
}
