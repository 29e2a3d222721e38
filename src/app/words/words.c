// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which of several words is meant, and keeps lines of text. */
#include "app/words/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/printable.h"
#include "core/base/util.h"

#define WORD_MAX_BYTES 40

/* Letters to insert, delete or change (Levenshtein), at most 99. */
static unsigned int word_distance(const char *one, const char *other)
{
	unsigned int row[WORD_MAX_BYTES + 1], diag, up, best;
	size_t one_nr = strlen(one), other_nr = strlen(other), i, j;

	if (one_nr > WORD_MAX_BYTES || other_nr > WORD_MAX_BYTES)
		return 99;
	for (j = 0; j <= other_nr; j++)
		row[j] = (unsigned int)j;
	for (i = 1; i <= one_nr; i++) {
		diag = row[0];
		row[0] = (unsigned int)i;
		for (j = 1; j <= other_nr; j++) {
			up = row[j];
			best = diag + (one[i - 1] != other[j - 1]);
			best = VMS_MIN(best, VMS_MIN(up, row[j - 1]) + 1);
			diag = up;
			row[j] = best;
		}
	}
	return row[other_nr];
}

void word_near_try(struct word_near *near, const char *typed, const char *word)
{
	const unsigned int apart = word_distance(typed, word);

	if (apart > 1 + strlen(typed) / 3 || (near->word[0] && apart >= near->apart))
		return;
	near->apart = apart;
	(void)snprintf(near->word, sizeof(near->word), "%s", word);
}

int word_unknown(const char *kind, const char *typed, const struct word_near *near,
		 const char *otherwise, struct vms_err *err)
{
	char shown[64];

	(void)fmt_clean(typed, shown, sizeof(shown));
	if (near->word[0])
		return vms_fail(err, VMS_EUSAGE, "no %s '%s', did you mean %s?", kind, shown,
				near->word);
	return vms_fail(err, VMS_EUSAGE, "no %s '%s'; %s", kind, shown, otherwise);
}

int lines_add(struct lines *lines, const char *fmt, ...)
{
	char raw[1024], *copy;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	copy = vms_strdup(fmt_clean(raw, BUF(2048)));
	if (!copy || vms_grow(&lines->line, &lines->cap, (size_t)lines->nr + 1,
			      sizeof(*lines->line), 1u << 20)) {
		free(copy);
		return -VMS_ENOMEM;
	}
	lines->line[lines->nr++] = copy;
	return 0;
}

static int wrap_one(struct lines *out, const char *text, unsigned int width, unsigned int indent)
{
	unsigned int before = 0;
	size_t n;
	int ret = 0;

	while (!ret && strlen(text) + before > width) {
		for (n = width - before; n && text[n] != ' '; n--)
			;
		/* a word longer than the line, or only blanks before it, stays whole */
		if (n <= indent - before)
			break;
		ret = lines_add(out, "%*s%.*s", (int)before, "", (int)n, text);
		text += n + strspn(text + n, " ");
		before = indent;
	}
	return ret ? ret : lines_add(out, "%*s%s", (int)before, "", text);
}

int lines_wrap(struct lines *lines, unsigned int width, unsigned int indent)
{
	struct lines out = { 0 };
	uint32_t i;

	for (i = 0; i < lines->nr; i++) {
		if (wrap_one(&out, lines->line[i], width, indent)) {
			lines_clear(&out);
			return -VMS_ENOMEM;
		}
	}
	lines_clear(lines);
	*lines = out;
	return 0;
}

void lines_clear(struct lines *l)
{
	uint32_t i;

	for (i = 0; i < l->nr; i++)
		free(l->line[i]);
	free(l->line);
	l->line = NULL;
	l->nr = 0;
	l->cap = 0;
}

const char *choice_name(const char *words, int i, char *buf, size_t size)
{
	for (; i > 0; i--)
		words += strcspn(words, " ") + 1;
	(void)snprintf(buf, size, "%.*s", (int)strcspn(words, " "), words);
	return buf;
}

int choice(const char *words, const char *word)
{
	size_t len = strlen(word), n;
	int i, hit = -1, hits = 0;

	for (i = 0; *words; words += n + (words[n] != '\0'), i++) {
		n = strcspn(words, " ");
		if (!len || n < len || strncmp(words, word, len))
			continue;
		if (n == len)
			return i;
		hit = i;
		hits++;
	}
	return hits == 1 ? hit : -1;
}
