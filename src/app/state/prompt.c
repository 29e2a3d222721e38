// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a line is edited: the caret in it, what is selected, which words complete it. */
#include "app/state/prompt.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/list.h"
#include "core/base/printable.h"
#include "core/base/util.h"

#define COMPLETIONS_MAX 200

struct prompt_room {
	struct app_prompt now;
	struct app_completion *comp;
	size_t comp_cap;
};

int prompt_new(struct app *app, struct vms_err *err)
{
	app->prompt = vms_calloc(1, sizeof(*app->prompt));
	return app->prompt ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
}

void prompt_free(struct app *app)
{
	if (app->prompt)
		free(app->prompt->comp);
	free(app->prompt);
}

const struct app_prompt *app_prompt(const struct app *app)
{
	return &app->prompt->now;
}

void prompt_open(struct app *app, const char *label, const char *text, bool selected)
{
	struct app_prompt *p = &app->prompt->now;

	p->label = label;
	(void)snprintf(p->text, sizeof(p->text), "%s", text);
	p->len = p->caret = (uint32_t)strlen(p->text);
	p->selected = selected && p->len;
	p->sel_before = app_list(app)->sel;
	(void)snprintf(p->before, sizeof(p->before), "%s", text);
}

static void replace(struct app_prompt *p, uint32_t from, uint32_t to, const char *with)
{
	const size_t n = strlen(with);

	if (p->len - (to - from) + n >= sizeof(p->text))
		return;
	memmove(p->text + from + n, p->text + to, p->len - to + 1);
	memcpy(p->text + from, with, n);
	p->len = (uint32_t)(p->len - (to - from) + n);
	p->caret = from + (uint32_t)n;
	p->selected = false;
}

void prompt_put(struct app *app, const char *text)
{
	struct app_prompt *p = &app->prompt->now;

	replace(p, p->selected ? 0 : p->caret, p->selected ? p->len : p->caret, text);
}

/* The bytes of the character before a place: back over UTF-8 continuation bytes. */
static uint32_t before(const struct app_prompt *p)
{
	uint32_t at = p->caret;

	while (at && ((unsigned char)p->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static uint32_t after(const struct app_prompt *p)
{
	uint32_t at = p->caret;

	if (at < p->len)
		at++;
	while (at < p->len && ((unsigned char)p->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static uint32_t word_before(const struct app_prompt *p)
{
	uint32_t at = p->caret;

	while (at && isspace((unsigned char)p->text[at - 1]))
		at--;
	while (at && !isspace((unsigned char)p->text[at - 1]))
		at--;
	return at;
}

void prompt_cut(struct app *app, enum prompt_part part)
{
	struct app_prompt *p = &app->prompt->now;

	if (part == PROMPT_ALL || (p->selected && part != PROMPT_WORD))
		replace(p, 0, p->len, "");
	else if (part == PROMPT_AFTER)
		replace(p, p->caret, after(p), "");
	else
		replace(p, part == PROMPT_WORD ? word_before(p) : before(p), p->caret, "");
}

void prompt_caret(struct app *app, enum prompt_part part)
{
	struct app_prompt *p = &app->prompt->now;

	p->caret = part == PROMPT_BEFORE  ? before(p)
		   : part == PROMPT_AFTER ? after(p)
		   : part == PROMPT_WORD  ? 0
					  : p->len;
	p->selected = false;
}

void prompt_fresh(struct app *app)
{
	struct app_prompt *p = &app->prompt->now;

	p->preview[0] = p->error[0] = '\0';
	p->error_col = p->comp_sel = -1;
	p->comp_nr = 0;
	p->comp_from = p->caret;
}

void prompt_offer_from(struct app *app, uint32_t from)
{
	app->prompt->now.comp_from = from;
}

void prompt_offer(struct app *app, const char *text, const char *help)
{
	struct prompt_room *room = app->prompt;
	struct app_completion *comp;

	if (strlen(text) >= sizeof(comp->text))
		return;
	if (room->now.comp_nr && !strcmp(room->comp[room->now.comp_nr - 1].text, text))
		return; /* a word of the table that a list has, too */
	if (vms_grow(&room->comp, &room->comp_cap, (size_t)room->now.comp_nr + 1,
		     sizeof(*room->comp), COMPLETIONS_MAX))
		return;
	room->now.comp = room->comp;
	comp = &room->comp[room->now.comp_nr++];
	(void)fmt_clean(text, comp->text, sizeof(comp->text));
	(void)fmt_clean(help ? help : "", comp->help, sizeof(comp->help));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct app_completion *)a)->text,
		      ((const struct app_completion *)b)->text);
}

void prompt_offers_sort(struct app *app)
{
	if (app->prompt->now.comp_nr)
		qsort(app->prompt->comp, app->prompt->now.comp_nr, sizeof(*app->prompt->comp),
		      by_text);
}

bool prompt_take(struct app *app, int dir, const char *end)
{
	struct app_prompt *p = &app->prompt->now;
	const int32_t nr = (int32_t)p->comp_nr;
	char word[260];

	if (!nr)
		return false;
	p->comp_sel = p->comp_sel < 0 ? (dir > 0 ? 0 : nr - 1) : (p->comp_sel + dir + nr) % nr;
	(void)snprintf(word, sizeof(word), "%s%s", p->comp[p->comp_sel].text, nr == 1 ? end : "");
	replace(p, p->comp_from, p->caret, word);
	p->error[0] = '\0';
	(void)snprintf(p->preview, sizeof(p->preview), "%s", p->comp[p->comp_sel].help);
	return nr == 1;
}

bool prompt_drop(struct app *app)
{
	const bool taken = app->prompt->now.comp_sel >= 0;

	app->prompt->now.comp_sel = -1;
	if (taken)
		app->prompt->now.comp_nr = 0;
	return taken;
}

void prompt_preview(struct app *app, const char *fmt, ...)
{
	char raw[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	(void)fmt_clean(raw, app->prompt->now.preview, sizeof(app->prompt->now.preview));
}

void prompt_error(struct app *app, int col, const char *text)
{
	(void)fmt_clean(text, app->prompt->now.error, sizeof(app->prompt->now.error));
	app->prompt->now.error_col = col;
}
