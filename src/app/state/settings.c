// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the settings: their names, values, and where each came from. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/settings.h"
#include "app/state/loop.h"
#include "app/state/shown.h"
#include "app/words/choices.h"
#include "app/words/words.h"
#include "app/state/list.h"
#include "app/state/columns.h"
#include "core/base/util.h"

struct setting {
	const char *name, *help, *allowed;
	size_t offset;
	int initial;
	unsigned int request;
};

#define ON_OFF ON_OFF_WORDS(" ")
#define AT(field) offsetof(struct app_prefs, field)

static const struct setting settings[] = {
	{ "details", "details of the selected pair", ON_OFF, AT(details), 1, 0 },
	{ "delay-strip", "delays over time under the lanes", ON_OFF, AT(delay_strip), 1, 0 },
	{ "event-numbers", "event numbers in lists", ON_OFF, AT(event_numbers), 0, 0 },
	{ "maximised", "the focused pane takes the screen", ON_OFF, AT(maximised), 0, 0 },
	{ "columns", "columns of the candidates in their order, as st,id,dir,delay", NULL, 0, 0,
	  0 },
	{ "advance", "after a decision step to the next undecided pair", ON_OFF, AT(advance), 1,
	  0 },
	{ "time-base", "what time labels are in", TIME_BASE_WORDS(" "), AT(time_base),
	  APP_BASE_HOST, 0 },
	{ "density", "how many events a cell stands for, shown as", DENSITY_WORDS(" "), AT(density),
	  APP_DENSITY_GLYPH, 0 },
	{ "connectors", "lines between the ends of pairs", CONNECTOR_WORDS(" "), AT(connectors),
	  APP_CONNECT_PAIR, 0 },
	{ "basis", "statistics over accepted pairs, or all not rejected", "accepted not-rejected",
	  AT(basis), VMS_OVER_ACCEPTED, 0 },
	{ "caret-column", "the time cursor is a whole column (more bytes)", ON_OFF,
	  AT(caret_column), 0, 0 },
	{ "glyphs", "characters to draw with", GLYPH_WORDS(" "), AT(glyphs), APP_GLYPHS_ASCII,
	  APP_REQUEST_LOOKS },
	{ "theme", "colours; safe is for all eyes", "safe dark light mono", AT(theme),
	  APP_THEME_SAFE, APP_REQUEST_LOOKS },
	{ "color", "how many colours", "auto never 8 16 256", AT(color), APP_COLOR_AUTO,
	  APP_REQUEST_LOOKS },
	{ "mouse", "click selects, wheel pans, drag measures; off keeps text selection", ON_OFF,
	  AT(mouse), 0, APP_REQUEST_LOOKS },
	{ "sync", "bracket each frame for terminals that know mode 2026", ON_OFF, AT(sync), 0,
	  APP_REQUEST_LOOKS },
	{ "rate-limit", "how the clocks' rate may change; another solves all vCPUs again",
	  RATE_WORDS(" "), AT(rate), -1, 0 },
	{ "osc52", "copy through the terminal", ON_OFF, AT(osc52), 0, 0 },
	{ "results", "what each model says stands in anchors files, too", ON_OFF, AT(results), 0,
	  0 },
};

/* The one setting whose value is no word of a few. */
static bool is_columns(const struct setting *s)
{
	return !s->allowed;
}

struct settings_room {
	struct app_prefs prefs;
	unsigned int glyphs_nr;			/* of enum app_glyphs, 0 = nobody said */
	uint8_t source[VMS_ARRAY_NR(settings)]; /* 0 default, 1 config, 2 session */
};

static int *value_of(const struct app *a, const struct setting *s)
{
	return (int *)(void *)((char *)&a->settings->prefs + s->offset);
}

static bool is_rate(const struct setting *s)
{
	return s->offset == AT(rate) && !is_columns(s);
}

/* That of the rate is the session's, and changes with undo. */
static int value_now(const struct app *a, const struct setting *s)
{
	return is_rate(s) ? (int)vms_session_rate(a->session) : *value_of(a, s);
}

int settings_rate(struct app *a)
{
	const int rate = a->settings->prefs.rate;

	a->settings->prefs.rate = -1;
	return rate;
}

const struct app_prefs *app_prefs(const struct app *a)
{
	return &a->settings->prefs;
}

unsigned int app_glyphs_nr(const struct app *a)
{
	return a->settings->glyphs_nr ? a->settings->glyphs_nr : APP_GLYPHS_NR;
}

static size_t glyphs_row(void)
{
	size_t i = 0;

	while (settings[i].offset != AT(glyphs))
		i++;
	return i;
}

void settings_glyphs(struct app *a, unsigned int nr)
{
	struct app_prefs *prefs = &a->settings->prefs;

	a->settings->glyphs_nr = nr;
	/* what a terminal can show it shows, unless a person said otherwise */
	if (!a->settings->source[glyphs_row()] && nr > APP_GLYPHS_BLOCK)
		prefs->glyphs = APP_GLYPHS_BLOCK;
	prefs->glyphs = VMS_MIN(prefs->glyphs, (int)nr - 1);
}

static int words_nr(const char *words)
{
	int n = 1;

	for (; *words; words++)
		n += *words == ' ';
	return n;
}

int settings_new(struct app *a, struct vms_err *err)
{
	size_t i;

	a->settings = vms_calloc(1, sizeof(*a->settings));
	if (!a->settings)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < VMS_ARRAY_NR(settings); i++)
		if (!is_columns(&settings[i]))
			*value_of(a, &settings[i]) = settings[i].initial;
	return 0;
}

uint32_t app_settings_nr(void)
{
	return VMS_ARRAY_NR(settings);
}

void app_setting_row(const struct app *app, uint32_t row, struct app_setting_text *out)
{
	static const char *const sources[] = { "default", "config", "session" };
	const struct setting *s = &settings[row < VMS_ARRAY_NR(settings) ? row : 0];

	out->name = s->name;
	out->help = s->help;
	out->allowed = is_columns(s) ? "default, or names" : s->allowed;
	if (is_columns(s))
		(void)columns_text(app->settings->prefs.columns, app->settings->prefs.columns_nr,
				   out->value, sizeof(out->value));
	else
		(void)choice_name(s->allowed, value_now(app, s), out->value, sizeof(out->value));
	out->source = sources[row < VMS_ARRAY_NR(settings) ? app->settings->source[row] % 3 : 0];
}

static void changed(struct app *a, uint32_t row, const char *source)
{
	a->settings->source[row] = !strcmp(source, "config") ? 1 : 2;
	loop_ask(a, settings[row].request);
	if (!a->settings->prefs.details && app_shown(a)->focus == APP_PANE_DETAILS)
		shown_focus(a, APP_PANE_LIST);
}

void setting_put(struct app *a, const int *value, int to)
{
	uint32_t i;

	for (i = 0; i < VMS_ARRAY_NR(settings); i++) {
		if (is_columns(&settings[i]) || value_of(a, &settings[i]) != value)
			continue;
		*value_of(a, &settings[i]) = to;
		changed(a, i, "session");
	}
}

static int next_value(const struct app *a, uint32_t row)
{
	const int nr = words_nr(settings[row].allowed), value = value_now(a, &settings[row]);

	/* What the terminal cannot show is left out; asked for by name it is tried. */
	return (value + 1) % (settings[row].offset == AT(glyphs) ? (int)app_glyphs_nr(a) : nr);
}

bool setting_next(struct app *a, uint32_t row)
{
	if (is_columns(&settings[row]))
		return false;
	*value_of(a, &settings[row]) = next_value(a, row);
	changed(a, row, "session");
	return true;
}

/* The row of a setting; @value also from behind a "=". */
static int setting_find(const char *name, const char **value, uint32_t *row, struct vms_err *err)
{
	struct word_near near = { 0 };
	char word[32];
	uint32_t i;

	/* "set nodetails" and "set details=off" as people know them from other programs. */
	(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, "="), name);
	if (name[strcspn(name, "=")])
		*value = name + strcspn(name, "=") + 1;
	for (i = 0; word[i]; i++)
		if (word[i] == '_')
			word[i] = '-';
	for (i = 0; i < VMS_ARRAY_NR(settings); i++) {
		if (!strcmp(settings[i].name, word) ||
		    (!strcmp(word, "colour") && !strcmp(settings[i].name, "color")))
			break;
		word_near_try(&near, word, settings[i].name);
	}
	if (i == VMS_ARRAY_NR(settings))
		return word_unknown("setting", word, &near, "o lists them", err);
	*row = i;
	return 0;
}

/* The value that a setting shall have: without one, the next. */
static int value_parse(const struct app *a, uint32_t i, const char *value, int *v,
		       struct vms_err *err)
{
	if (!value || !value[0]) {
		*v = next_value(a, i);
		return 0;
	}
	*v = choice(settings[i].allowed, value);
	if (*v < 0 && !strcmp(settings[i].allowed, ON_OFF))
		*v = choice("no yes", value) >= 0 ? choice("no yes", value) : choice("0 1", value);
	if (*v < 0)
		return vms_fail(err, VMS_EUSAGE, "%s is one of: %s; not '%s'", settings[i].name,
				settings[i].allowed, value);
	return 0;
}

int setting_set(struct app *app, const char *name, const char *value, const char *source,
		struct app_setting_text *now, struct vms_err *err)
{
	uint8_t cols[APP_COLUMN_NR];
	uint32_t row, nr;
	int ret, v;

	ret = setting_find(name, &value, &row, err);
	if (ret)
		return ret;
	if (is_columns(&settings[row])) {
		ret = columns_parse(value ? value : "", cols, &nr, err);
		if (ret)
			return ret;
		memcpy(app->settings->prefs.columns, cols, nr);
		app->settings->prefs.columns_nr = nr;
		list_sideways(app, 0);
	} else {
		ret = value_parse(app, row, value, &v, err);
		if (ret)
			return ret;
		/* what was asked for with the recording comes before what holds for all */
		if (is_rate(&settings[row]) && !strcmp(source, "config") &&
		    vms_session_rate(app->session) != VMS_RATE_AUTO)
			return 0;
		*value_of(app, &settings[row]) = v;
	}
	changed(app, row, source);
	if (now)
		app_setting_row(app, row, now);
	return 0;
}

int setting_preview(const struct app *app, const char *name, const char *value, char *buf,
		    size_t size, struct vms_err *err)
{
	struct app_setting_text now;
	uint8_t cols[APP_COLUMN_NR];
	char then[160];
	uint32_t row, nr;
	int ret, v;

	ret = setting_find(name, &value, &row, err);
	if (ret)
		return ret;
	app_setting_row(app, row, &now);
	if (is_columns(&settings[row])) {
		ret = columns_parse(value ? value : "", cols, &nr, err);
		if (!ret)
			(void)columns_text(cols, nr, then, sizeof(then));
	} else {
		ret = value_parse(app, row, value, &v, err);
		if (!ret)
			(void)choice_name(now.allowed, v, then, sizeof(then));
	}
	if (ret)
		return ret;
	if (!strcmp(then, now.value))
		(void)snprintf(buf, size, "%s is %s already", now.name, then);
	else
		(void)snprintf(buf, size, "would set %s to %s, now %s: %s", now.name, then,
			       now.value, now.help);
	return 0;
}
