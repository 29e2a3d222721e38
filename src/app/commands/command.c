// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the command table becomes verbs, key bindings, help rows, function bar and manual. */
#include "app/state/list.h"
#include "app/commands/command.h"
#include "app/commands/overlays.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app/words/format.h"
#include "core/base/util.h"
#include "app/words/words.h"

#define COMMAND(id, v, g, c, k, f, b, h) [COMMAND_##id] = { #id, v, g, c, k, f, b, h, cmd_##id },
const struct command commands[COMMANDS_NR] = {
#include "app/commands/commands.def"
};
#undef COMMAND

static const struct {
	unsigned int bit;
	const char *name;
	char letter;
} contexts[CONTEXTS_NR] = {
	{ CTX_L, "lanes", 'L' },   { CTX_C, "lists", 'C' },   { CTX_T, "texts", 'T' },
	{ CTX_K, "pickers", 'K' }, { CTX_P, "prompts", 'P' },
};

const char *command_verb(int cmd, char *buf, size_t size)
{
	size_t n = strcspn(commands[cmd].verbs, "|");

	(void)snprintf(buf, size, "%.*s", (int)n, commands[cmd].verbs);
	return buf;
}

/* Calls fn for each verb and alias; stops at true. */
static bool verbs_match(int cmd, const char *word, bool whole)
{
	const char *v = commands[cmd].verbs;
	size_t n, len = strlen(word);

	for (;; v += n + 1) {
		n = strcspn(v, "|");
		if ((whole ? n == len : n >= len) && !strncmp(v, word, len))
			return true;
		if (!v[n])
			return false;
	}
}

static int unknown_verb(const char *word, struct vms_err *err)
{
	unsigned int d, best = 99;
	char verb[32], shown[64];
	int i, near = -1;

	for (i = 0; i < COMMANDS_NR; i++) {
		d = word_distance(word, command_verb(i, verb, sizeof(verb)));
		if (d < best) {
			best = d;
			near = i;
		}
	}
	(void)fmt_clean(word, shown, sizeof(shown));
	if (near >= 0 && best <= 1 + strlen(word) / 3)
		return vms_fail(err, VMS_EUSAGE, "no command '%s'; did you mean %s?", shown,
				command_verb(near, verb, sizeof(verb)));
	return vms_fail(err, VMS_EUSAGE, "no command '%s'; ? lists them all", shown);
}

/*
 * One of several: the only documented verb, else the only verb. Return: index, -1 = none or
 * several.
 */
static int shortened(const char *word, char *could, size_t size)
{
	int i, hits[2] = { -1, -1 };
	unsigned int nr[2] = { 0, 0 };
	size_t at = 0;
	char verb[32];

	for (i = 0; i < COMMANDS_NR; i++) {
		if (!verbs_match(i, word, false) || (commands[i].contexts & CTX_P))
			continue;
		hits[1] = i;
		nr[1]++;
		if (commands[i].flags & VERB) {
			hits[0] = i;
			nr[0]++;
		}
		if (at + 1 < size)
			at += (size_t)snprintf(could + at, size - at, " %s",
					       command_verb(i, verb, sizeof(verb)));
	}
	if (nr[0] == 1)
		return hits[0];
	return !nr[0] && nr[1] == 1 ? hits[1] : -1;
}

int command_find(const char *verb, struct vms_err *err)
{
	char could[160] = "", word[40], shown[64];
	size_t i;
	int cmd;

	/* Underscores and case are slips that cost nothing to forgive. */
	for (i = 0; verb[i] && i + 1 < sizeof(word); i++)
		word[i] = verb[i] == '_' ? '-' : (char)tolower((unsigned char)verb[i]);
	word[i] = '\0';
	for (cmd = 0; word[0] && cmd < COMMANDS_NR; cmd++)
		if (verbs_match(cmd, word, true))
			return cmd;
	cmd = word[0] ? shortened(word, could, sizeof(could)) : -1;
	if (cmd >= 0)
		return cmd;
	if (could[0])
		return vms_fail(err, VMS_EUSAGE, "'%s' could be%s",
				fmt_clean(word, shown, sizeof(shown)), could);
	return unknown_verb(word, err);
}

const char *context_name(unsigned int context)
{
	size_t i;

	for (i = 0; i < CONTEXTS_NR; i++)
		if (contexts[i].bit == context)
			return contexts[i].name;
	return "all";
}

unsigned int context_parse(const char *name)
{
	size_t i;

	if (!strcmp(name, "all") || !strcmp(name, "global"))
		return CTX_G;
	for (i = 0; i < CONTEXTS_NR; i++)
		if (!strncmp(contexts[i].name, name, strlen(contexts[i].name) - 1))
			return contexts[i].bit;
	return 0;
}

static struct binding *binding_get(const struct app_bindings *b, unsigned int context, uint32_t key)
{
	uint32_t i;

	for (i = 0; i < b->nr; i++)
		if (b->b[i].key == key && b->b[i].context == context)
			return &b->b[i];
	return NULL;
}

int bindings_set(struct app_bindings *b, unsigned int bits, uint32_t key, int cmd,
		 const char *source, struct vms_err *err)
{
	struct binding *x;
	unsigned int bit;
	size_t i;

	for (i = 0; i < CONTEXTS_NR; i++) {
		bit = contexts[i].bit;
		if (!(bits & bit))
			continue;
		x = binding_get(b, bit, key);
		if (!x) {
			if (vms_grow(&b->b, &b->cap, (size_t)b->nr + 1, sizeof(*b->b), 10000))
				return vms_fail(err, VMS_ENOMEM, "out of memory");
			x = &b->b[b->nr++];
		}
		memset(x, 0, sizeof(*x));
		x->key = key;
		x->cmd = (uint16_t)(cmd < 0 ? 0 : cmd);
		x->context = (uint8_t)bit;
		x->unbound = cmd < 0;
		(void)snprintf(x->source, sizeof(x->source), "%s", source);
	}
	return 0;
}

/* Default keys of one row: "j Down T/Space". */
static int bind_row(struct app_bindings *b, int cmd, struct vms_err *err)
{
	const char *s = commands[cmd].keys;
	unsigned int bits;
	uint32_t key;
	char word[24];
	size_t n, i;
	int ret;

	for (; *s; s += n + (s[n] != '\0')) {
		n = strcspn(s, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, s);
		bits = commands[cmd].contexts;
		if (n > 2 && word[1] == '/') {
			for (i = 0; i < CONTEXTS_NR && contexts[i].letter != word[0]; i++)
				;
			bits = i < CONTEXTS_NR ? contexts[i].bit : 0;
			memmove(word, word + 2, n - 1);
		}
		if (!bits || !app_key_parse(word, &key))
			return vms_fail(err, VMS_EBUG, "commands.def: no key '%s' for %s", word,
					commands[cmd].id);
		for (i = 0; i < CONTEXTS_NR; i++)
			if ((bits & contexts[i].bit) && binding_get(b, contexts[i].bit, key))
				return vms_fail(
					err, VMS_EBUG, "key '%s' has two commands in %s: %s and %s",
					word, contexts[i].name,
					commands[binding_get(b, contexts[i].bit, key)->cmd].id,
					commands[cmd].id);
		ret = bindings_set(b, bits, key, cmd, "default", err);
		if (ret)
			return ret;
	}
	return 0;
}

int bindings_new(struct app_bindings **out, struct vms_err *err)
{
	struct app_bindings *b = vms_calloc(1, sizeof(*b));
	int i, ret = 0;

	if (!b)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < COMMANDS_NR && !ret; i++)
		ret = bind_row(b, i, err);
	if (ret) {
		bindings_free(b);
		return ret;
	}
	*out = b;
	return 0;
}

void bindings_free(struct app_bindings *b)
{
	if (b)
		free(b->b);
	free(b);
}

int bindings_find(const struct app_bindings *b, unsigned int context, uint32_t key)
{
	const struct binding *x = binding_get(b, context, key);

	return x && !x->unbound ? x->cmd : -1;
}

const char *bindings_keys(const struct app_bindings *b, int cmd, unsigned int bits, const char *sep,
			  char *buf, size_t size)
{
	char name[24], seen[96] = "", probe[32];
	size_t at = 0;
	uint32_t i;

	buf[0] = '\0';
	for (i = 0; i < b->nr; i++) {
		if (b->b[i].cmd != cmd || b->b[i].unbound || !(b->b[i].context & bits))
			continue;
		(void)app_key_name(b->b[i].key, name, sizeof(name));
		/* A key bound in several contexts is named once. */
		(void)snprintf(probe, sizeof(probe), "\n%s\n", name);
		if (strstr(seen, probe) || strlen(seen) + strlen(name) + 3 > sizeof(seen))
			continue;
		(void)strcat(seen[0] ? seen : strcpy(seen, "\n"), name);
		(void)strcat(seen, "\n");
		if (at + strlen(sep) + strlen(name) + 1 > size)
			break;
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? sep : "", name);
	}
	return buf;
}

/* Of the pane that has the focus, whatever lies on it. */
static unsigned int pane_context(const struct app *a)
{
	switch (a->focus) {
	case APP_PANE_LANES:
	case APP_PANE_PLOTS: return CTX_L;
	case APP_PANE_LOG: return CTX_T;
	default: return CTX_C;
	}
}

unsigned int app_context(const struct app *a)
{
	const unsigned int on_top = overlay_here(a)->context;

	return on_top ? on_top : pane_context(a);
}

void command_args_split(struct app_args *args, const char *text, char *store, size_t size)
{
	size_t at = 0;
	char quote = 0;

	args->argc = 0;
	while (*text && args->argc < ARGS_NR) {
		while (isspace((unsigned char)*text))
			text++;
		if (!*text || at + 1 >= size)
			break;
		args->argv[args->argc++] = store + at;
		for (; *text && (quote || !isspace((unsigned char)*text)); text++) {
			if (quote ? *text == quote : *text == '"')
				quote = quote ? 0 : *text;
			else if (at + 1 < size)
				store[at++] = *text;
		}
		if (at < size)
			store[at++] = '\0';
	}
	if (size)
		store[size - 1] = '\0';
}

/* Newest first, each once. Steps within a pane are no news to who makes them. */
static void note_used(struct app *a, int cmd)
{
	const uint32_t most = sizeof(a->used) / sizeof(a->used[0]);
	uint32_t i;

	if ((commands[cmd].contexts & CTX_G) == 0 || cmd == COMMAND_help || cmd == COMMAND_close ||
	    (commands[cmd].flags & FOLDS && !commands[cmd].bar[0]))
		return;
	for (i = 0; i < a->used_nr && a->used[i] != cmd; i++)
		;
	if (i == a->used_nr)
		i = a->used_nr < most ? a->used_nr++ : most - 1;
	memmove(a->used + 1, a->used, i * sizeof(a->used[0]));
	a->used[0] = (uint16_t)cmd;
}

int command_run(struct app *a, int cmd, const struct app_args *args, struct vms_err *err)
{
	struct vms_err mine = { 0 };
	char verb[32];
	int ret;

	if ((commands[cmd].flags & PAIR) && !args->argc && !app_list(a)->marked_nr &&
	    !app_selected(a))
		ret = vms_fail(&mine, VMS_EUSAGE, "%s: no pair is selected; ] takes the next one",
			       command_verb(cmd, verb, sizeof(verb)));
	else
		ret = commands[cmd].run(a, args, &mine);
	note_used(a, cmd);
	if (ret) {
		if (!mine.msg[0])
			(void)vms_fail(&mine, -ret, "%s failed",
				       command_verb(cmd, verb, sizeof(verb)));
		app_say(a, ret == -VMS_EUSAGE || ret == -VMS_ENODATA ? APP_WARN : APP_BAD, "%s",
			mine.msg);
		if (err)
			*err = mine;
	}
	return ret;
}

/*
 * Where a command stands in the help: the focused pane first, then everywhere, the rest, and what
 * has no key.
 */
static unsigned int help_group(const struct app *a, int cmd)
{
	unsigned int ctx = commands[cmd].contexts, here = pane_context(a);

	if (!commands[cmd].keys[0])
		return 3;
	if ((ctx & CTX_G) == CTX_G)
		return 1;
	return ctx & here ? 0 : 2;
}

static bool help_matches(const struct app *a, int cmd, const char *text)
{
	char keys[64];

	if (!text[0])
		return true;
	return strcasestr(commands[cmd].verbs, text) || strcasestr(commands[cmd].help, text) ||
	       strcasestr(bindings_keys(a->bindings, cmd, CTX_G | CTX_K | CTX_P, " ", keys,
					sizeof(keys)),
			  text);
}

static bool was_used(const struct app *a, int cmd)
{
	uint32_t i;

	for (i = 0; i < a->used_nr; i++)
		if (a->used[i] == cmd)
			return true;
	return false;
}

static void help_add(struct app *a, int cmd, unsigned int group)
{
	if (help_group(a, cmd) == group && help_matches(a, cmd, a->prompt.text))
		a->help[a->help_nr++] = (uint16_t)cmd;
}

/* The row of the key whose name was typed; many other rows have that letter in their words. */
static uint32_t help_typed_key(const struct app *a)
{
	uint32_t key, i;
	int cmd;

	if (!app_key_parse(a->prompt.text, &key))
		return 0;
	cmd = bindings_find(a->bindings, pane_context(a), key);
	for (i = 0; i < a->help_nr; i++)
		if (a->help[i] == cmd)
			return i;
	return 0;
}

int help_fill(struct app *a, struct vms_err *err)
{
	unsigned int group;
	uint32_t used;
	int i;

	if (!a->help)
		a->help = vms_calloc(COMMANDS_NR, sizeof(*a->help));
	if (!a->help)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	a->help_nr = 0;
	for (group = 0; group < 4; group++) {
		for (used = 0; used < a->used_nr; used++)
			help_add(a, a->used[used], group);
		for (i = 0; i < COMMANDS_NR; i++)
			if (!was_used(a, i))
				help_add(a, i, group);
	}
	a->help_row.nr = a->help_nr;
	a->help_row.sel = help_typed_key(a);
	a->help_row.top = 0;
	return 0;
}

void app_help_text(const struct app *a, uint32_t row, const char **heading, char *keys,
		   size_t keys_size, char *verb, size_t verb_size, const char **help)
{
	static const char *const names[] = { "this pane", "everywhere",
					     "other panes, pickers, prompts", "only by : command" };
	unsigned int group;
	int cmd;

	if (row >= a->help_nr) {
		*heading = NULL;
		*help = "";
		keys[0] = '\0';
		verb[0] = '\0';
		return;
	}
	cmd = a->help[row];
	group = help_group(a, cmd);
	*heading = !row || help_group(a, a->help[row - 1]) != group ? names[group] : NULL;
	(void)bindings_keys(a->bindings, cmd, CTX_G | CTX_K | CTX_P, " ", keys, keys_size);
	(void)command_verb(cmd, verb, verb_size);
	*help = commands[cmd].help;
}

/* What the context has but what is on the screen has no use for. */
static bool bar_leaves_out(const struct app *a, int cmd)
{
	switch (cmd) {
	case COMMAND_zoom_in:
	case COMMAND_zoom_out: return !app_lanes_drawn(a);
	case COMMAND_prompt_complete: return !overlay_here(a)->complete;
	case COMMAND_pick_toggle: return !overlay_here(a)->toggle;
	default: return false;
	}
}

static const char *bar_label(const struct app *a, int cmd)
{
	switch (cmd) {
	case COMMAND_back:
		return a->screen != APP_SCREEN_MAIN || a->overlay != APP_OVERLAY_NONE
			       ? "back"
			       : commands[cmd].bar;
	case COMMAND_prompt_enter:
		return overlay_here(a)->takes ? overlay_here(a)->takes : commands[cmd].bar;
	case COMMAND_prompt_older:
	case COMMAND_prompt_newer: return overlay_here(a)->line ? commands[cmd].bar : "row";
	default: return commands[cmd].bar;
	}
}

unsigned int app_bar(const struct app *a, struct app_bar_entry *out, unsigned int max)
{
	unsigned int ctx = app_context(a), nr = 0;
	const char *label = NULL;
	char keys[64];
	size_t n, at;
	int i;

	for (i = 0; i < COMMANDS_NR && !overlay_here(a)->answer; i++) {
		const struct command *c = &commands[i];

		if (!c->bar[0] || !(c->contexts & ctx) || bar_leaves_out(a, i))
			continue;
		(void)bindings_keys(a->bindings, i, ctx, " ", keys, sizeof(keys));
		n = strcspn(keys, " ");
		keys[n] = '\0';
		if (!n)
			continue;
		if (label && !strcmp(label, c->bar) && nr) {
			at = strlen(out[nr - 1].key);
			(void)snprintf(out[nr - 1].key + at, sizeof(out[0].key) - at, "%s%s",
				       n > 1 ? "/" : "", keys);
			continue;
		}
		if (nr == max)
			break;
		label = c->bar;
		out[nr].label = label;
		out[nr].basic = c->flags & BASIC;
		out[nr].label = bar_label(a, i);
		(void)snprintf(out[nr].key, sizeof(out[nr].key), "%.15s", keys);
		nr++;
	}
	return nr;
}

static void context_letters(unsigned int bits, char *buf)
{
	size_t i, at = 0;

	if ((bits & CTX_G) == CTX_G) {
		buf[at++] = 'G';
		bits &= ~(unsigned int)CTX_G;
	}
	for (i = 0; i < CONTEXTS_NR; i++)
		if (bits & contexts[i].bit)
			buf[at++] = contexts[i].letter;
	buf[at] = '\0';
}

void command_list(FILE *f)
{
	static const char *const names[] = { "verb",	"undo",	  "pair",   "decides",
					     "folds",	"letter", "keyarg", "job",
					     "confirm", "looks",  "basic" };
	char ctx[8], verb[32];
	size_t bit;
	int i, n;

	fprintf(f, "id\tverb\targuments\tcontexts\tkeys\tflags\thelp\n");
	for (i = 0; i < COMMANDS_NR; i++) {
		const struct command *c = &commands[i];

		context_letters(c->contexts, ctx);
		(void)command_verb(i, verb, sizeof(verb));
		fprintf(f, "%s\t%s\t%s\t%s\t%s\t", c->id, c->verbs, c->args, ctx, c->keys);
		for (bit = 0, n = 0; bit < VMS_ARRAY_NR(names); bit++)
			if (c->flags & (1u << bit))
				fprintf(f, "%s%s", n++ ? "," : "", names[bit]);
		fprintf(f, "\t%s\n", c->help);
	}
}

/* Characters that man(7) would take for its own. */
static void man_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", f);
		else if (*s == '-')
			fputs("\\-", f);
		else if (*s == '\'')
			fputs("\\(aq", f);
		else if (*s == '^')
			fputs("\\(ha", f);
		else if (*s == '~')
			fputs("\\(ti", f);
		else
			fputc(*s, f);
	}
}

void command_man(FILE *f)
{
	char ctx[8], verb[32];
	int i;

	fprintf(f,
		".\\\" Generated from src/app/commands.def by vmsync-tui --man-keys.\n.SS Keys\n");
	for (i = 0; i < COMMANDS_NR; i++) {
		if (!commands[i].keys[0])
			continue;
		context_letters(commands[i].contexts, ctx);
		fprintf(f, ".TP\n.B \"");
		man_text(f, commands[i].keys[0] == '"' ? "\\(dq" : commands[i].keys);
		fprintf(f, "\"\n");
		man_text(f, commands[i].help);
		fprintf(f, " (%s; ", ctx);
		man_text(f, command_verb(i, verb, sizeof(verb)));
		fprintf(f, ").\n");
	}
	fprintf(f, ".SS Commands\n");
	for (i = 0; i < COMMANDS_NR; i++) {
		if (!(commands[i].flags & VERB))
			continue;
		fprintf(f, ".TP\n.BI : ");
		man_text(f, command_verb(i, verb, sizeof(verb)));
		if (commands[i].args[0]) {
			fprintf(f, " \"  ");
			man_text(f, commands[i].args);
			fprintf(f, "\"");
		}
		fprintf(f, "\n");
		man_text(f, commands[i].help);
		fprintf(f, ".\n");
	}
}
