// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which words could stand at the caret of a prompt. */
#include "app/line/complete.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"

#include <stdio.h>
#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "app/state/view.h"
#include "app/state/lane_list.h"
#include "app/state/settings.h"
#include "app/state/columns.h"
#include "app/line/verbs.h"
#include "app/filter/filter.h"
#include "app/words/format.h"

static void offer(struct app *app, const char *word, const char *text, const char *help)
{
	if (!strncmp(text, word, strlen(word)) && strcmp(text, word))
		prompt_offer(app, text, help);
}

static void offer_verbs(struct app *app, const char *word)
{
	const struct command *rows = app->table->rows;
	char verb[32];
	int i, pass;

	/* The documented verbs first; the others only once something is typed. */
	for (pass = 0; pass < (word[0] ? 2 : 1); pass++)
		for (i = 0; i < app->table->nr; i++)
			if ((rows[i].flags & VERB ? 0 : 1) == pass && !(rows[i].contexts & CTX_P))
				offer(app, word, command_verb(&rows[i], verb, sizeof(verb)),
				      rows[i].help);
}

static void offer_words(struct app *a, const char *word, const char *words)
{
	char one[64];
	size_t n;

	for (; words && *words; words += n + (words[n] != '\0')) {
		n = strcspn(words, " ");
		(void)snprintf(one, sizeof(one), "%.*s", (int)n, words);
		offer(a, word, one, NULL);
	}
}

/* The word at the caret of an expression: a field, or a value after an operator. */
static void offer_sequences(struct app *app, const char *word)
{
	const struct vms_catalogue *cat = vms_session_catalogue(app->session);
	unsigned int i;

	for (i = 0; i < cat->seqs_nr; i++)
		if (!cat->seqs[i].removed)
			offer(app, word, cat->seqs[i].name, cat->seqs[i].help);
}

/* Names of events, each once: streams of one kernel have the same. */
static void offer_event_names(struct app *app, const char *word)
{
	const struct vms_trace *trace = app->trace;
	const struct vms_stream *stream = trace->host;
	unsigned int at, type, before;

	for (at = 0; word[0] && at <= trace->guests_nr; at++) {
		stream = at ? trace->guests[at - 1].stream : trace->host;
		for (type = 1; type < stream->types_nr; type++) {
			const char *name = stream->types[type].name;

			for (before = 0; before < at; before++)
				if (vms_type_find(before ? trace->guests[before - 1].stream
							 : trace->host,
						  NULL, name))
					break;
			if (before == at)
				offer(app, word, name, stream->types[type].system);
		}
	}
}

static void offer_filter(struct app *app, enum filter_of of, const char *expr_end, size_t len)
{
	const struct filter_field *filter_field = filter_fields();
	const struct vms_trace *trace = app->trace;
	char word[64], field[32] = "";
	size_t n = 0, op, at;
	unsigned int i;

	while (n < len && n + 1 < sizeof(word) && !strchr(" ()!&|=<>~", expr_end[-1 - (long)n]))
		n++;
	(void)snprintf(word, sizeof(word), "%.*s", (int)n, expr_end - n);
	prompt_offer_from(app, app_prompt(app)->caret - (uint32_t)n);
	at = len - n;
	op = at;
	while (op && strchr(" =!<>~", expr_end[-(long)(len - op) - 1]))
		op--;
	if (op < at && memchr(expr_end - (len - op), '=', at - op)) {
		n = 0;
		while (n < op && isalpha((unsigned char)expr_end[-(long)(len - op) - 1 - (long)n]))
			n++;
		(void)snprintf(field, sizeof(field), "%.*s", (int)n, expr_end - (len - op) - n);
		for (; filter_field->name; filter_field++)
			if (!strcmp(filter_field->name, field))
				offer_words(app, word, filter_field->values);
		if (!strcmp(field, "seq"))
			offer_sequences(app, word);
		if (of == FILTER_EVENTS && !strcmp(field, "event"))
			offer_event_names(app, word);
		if (!strcmp(field, "guest"))
			for (i = 0; i < trace->guests_nr; i++)
				offer(app, word, trace->guests[i].stream->name, NULL);
		return;
	}
	for (; filter_field->name; filter_field++)
		if (filter_field->of & of)
			offer(app, word, filter_field->name, filter_field->help);
	if (of == FILTER_EVENTS)
		offer_event_names(app, word);
}

static void offer_settings(struct app *a, const char *word)
{
	struct app_setting_text t;
	uint32_t i;

	for (i = 0; i < app_settings_nr(); i++) {
		app_setting_row(a, i, &t);
		offer(a, word, t.name, t.help);
	}
}

/*
 * Names in the folder typed so far: only the part after the last slash is completed, hidden files
 * on asking.
 */
static void offer_files(struct app *app, const char *word)
{
	const char *slash = strrchr(word, '/'), *base = slash ? slash + 1 : word;
	char folder[APP_PROMPT_BYTES], name[300], path[APP_PROMPT_BYTES + 300];
	struct dirent *dirent;
	struct stat st;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - word + 1) : 2,
		       slash ? word : "./");
	dir = opendir(folder);
	if (!dir)
		return;
	prompt_offer_from(app, app_prompt(app)->comp_from + (uint32_t)(base - word));
	while ((dirent = readdir(dir))) {
		if ((dirent->d_name[0] == '.' && base[0] != '.') || !strcmp(dirent->d_name, ".") ||
		    !strcmp(dirent->d_name, ".."))
			continue;
		(void)snprintf(path, sizeof(path), "%s%s", folder, dirent->d_name);
		(void)snprintf(name, sizeof(name), "%s%s", dirent->d_name,
			       !stat(path, &st) && S_ISDIR(st.st_mode) ? "/" : "");
		offer(app, base, name, NULL);
	}
	(void)closedir(dir);
	prompt_offers_sort(app);
}

static void offer_marks(struct app *a, const char *word)
{
	const struct vms_clock *c = vms_session_clock(a->session);
	char letter[2] = "a", at[FMT_SIZE];

	for (; letter[0] <= 'z'; letter[0]++)
		if (app_view(a)->mark[letter[0] - 'a'].set)
			offer(a, word, letter,
			      fmt_time(c, app_view(a)->mark[letter[0] - 'a'].host_raw, at,
				       sizeof(at)));
}

static void offer_slot(struct app *app, const char *slot, const char *word, const char *before)
{
	struct app_setting_text setting_text;
	unsigned int i;

	if (!strcmp(slot, "<model>"))
		for (i = 0; i < vms_session_models_nr(app->session); i++)
			offer(app, word, vms_by_name(i), vms_by_help(i));
	else if (!strcmp(slot, "<file>") || !strcmp(before, "write") || !strcmp(before, "read"))
		offer_files(app, word);
	else if (!strcmp(slot, "<seq>"))
		offer_sequences(app, word);
	else if (!strcmp(slot, "<setting>"))
		offer_settings(app, word);
	else if (!strcmp(slot, "<verb>"))
		offer_verbs(app, word);
	else if (!strcmp(slot, "<lane>"))
		for (i = 0; i < app_lanes(app)->nr; i++)
			offer(app, word, app_lanes(app)->lane[i].label, NULL);
	else if (!strcmp(slot, "<mark>"))
		offer_marks(app, word);
	else if (!strcmp(slot, "<time>"))
		offer_words(app, word, "start end");
	else if (!strcmp(slot, "<value>"))
		for (i = 0; i < app_settings_nr(); i++) {
			app_setting_row(app, i, &setting_text);
			if (!strcmp(setting_text.name, before))
				offer_words(app, word, setting_text.allowed);
		}
	else if (slot[0] != '<')
		offer(app, word, slot, NULL);
}

/* The alternatives of the n-th slot of a command's arguments; the last slot repeats. */
static void offer_args(struct app *app, int cmd, unsigned int slot_at, const char *word,
		       const char *before)
{
	const char *args = app->table->rows[cmd].args;
	char slot[256], one[64];
	size_t n = 0, len;
	char *choice;

	for (; *args; args += n + (args[n] != '\0')) {
		n = strcspn(args, " ");
		if (slot_at && args[n]) {
			slot_at--;
			continue;
		}
		break;
	}
	if (!*args || slot_at)
		return;
	(void)snprintf(slot, sizeof(slot), "%.*s", (int)n, args);
	for (choice = slot; *choice; choice += len + (choice[len] != '\0')) {
		choice += *choice == '[';
		len = strcspn(choice, "|]");
		(void)snprintf(one, sizeof(one), "%.*s", (int)len, choice);
		offer_slot(app, one, word, before);
	}
}

/* Names of columns behind the last comma or blank, without those that stand before it. */
static void offer_columns(struct app *app, const char *line)
{
	const char *word = line + strlen(line), *p = columns_names;
	char name[40], before[APP_PROMPT_BYTES + 1];
	size_t n, i;

	while (word > line && !strchr(" ,", word[-1]))
		word--;
	prompt_offer_from(app, (uint32_t)(word - line));
	(void)snprintf(before, sizeof(before), "%.*s", (int)(word - line), line);
	for (i = 0; before[i]; i++)
		if (before[i] == ' ')
			before[i] = ',';
	if (!strcmp(before, "set,columns,")) {
		offer(app, word, "default", "what fits, the most telling first");
		offer(app, word, "st", "mark, flag and state: always there");
	}
	for (; *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, " ");
		(void)snprintf(name, sizeof(name), ",%.*s,", (int)n, p);
		if (strstr(before, name))
			continue;
		name[n + 1] = '\0';
		offer(app, word, name + 1, NULL);
	}
}

void complete_command(struct app *app)
{
	const struct app_prompt *prompt = app_prompt(app);
	char line[APP_PROMPT_BYTES], word[APP_PROMPT_BYTES], before[64] = "",
							     rest[APP_PROMPT_BYTES];
	unsigned int words = 0;
	size_t from, i, verb_end;
	bool force;
	int cmd;

	(void)snprintf(line, sizeof(line), "%.*s", (int)prompt->caret, prompt->text);
	from = strlen(line);
	while (from && line[from - 1] != ' ')
		from--;
	(void)snprintf(word, sizeof(word), "%s", line + from);
	prompt_offer_from(app, (uint32_t)from);
	verb_end = strcspn(line, " ");
	if (!line[verb_end]) {
		offer_verbs(app, word);
		return;
	}
	for (i = 0; i < from; i++) {
		if (line[i] != ' ' && (!i || line[i - 1] == ' ')) {
			words++;
			(void)snprintf(before, sizeof(before), "%.*s", (int)strcspn(line + i, " "),
				       line + i);
		}
	}
	if (command_parse(app->table, line, &cmd, &force, rest, sizeof(rest), NULL) || !words)
		return;
	if (!strcmp(app->table->rows[cmd].id, "set") && words > 1 && !strncmp(rest, "columns", 7) &&
	    (!rest[7] || rest[7] == ' ')) {
		offer_columns(app, line);
		return;
	}
	offer_args(app, cmd, words - 1, word, before);
	if (!prompt->comp_nr && strstr(app->table->rows[cmd].args, "filter>"))
		offer_filter(app,
			     strstr(app->table->rows[cmd].args, "<filter>") ? FILTER_PAIRS
									    : FILTER_EVENTS,
			     prompt->text + prompt->caret, prompt->caret - verb_end);
}

void complete_filter(struct app *a)
{
	offer_filter(a, app_shown(a)->overlay == APP_OVERLAY_EVENTS ? FILTER_EVENTS : FILTER_PAIRS,
		     app_prompt(a)->text + app_prompt(a)->caret, app_prompt(a)->caret);
}
