// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the columns of the candidates list: their names, and how a choice of them is read. */
#include "app/state/columns.h"
#include "core/base/printable.h"

#include <stdio.h>
#include <string.h>

#include "app/words/words.h"

/* In the order of enum app_column. */
const char columns_names[] = "id sequence dir guest vcpu guest-time guest-number host pcpu "
			     "host-time host-number difference "
			     "delay residual rival note";

static int no_column(const char *word, struct vms_err *err)
{
	struct word_near near = { 0 };
	char name[32], all[256];
	int i;

	for (i = 0; i < APP_COLUMN_NR; i++)
		word_near_try(&near, word, choice_name(columns_names, i, name, sizeof(name)));
	(void)snprintf(all, sizeof(all), "columns are st %s", columns_names);
	return word_unknown("column", word, &near, all, err);
}

static int take(const char *word, uint8_t *cols, uint32_t *nr, struct vms_err *err)
{
	int col = choice(columns_names, word);
	char name[32];
	uint32_t i;

	if (!strcmp(word, "default"))
		return vms_fail(err, VMS_EUSAGE, "default stands alone");
	if (col < 0)
		return no_column(word, err);
	for (i = 0; i < *nr; i++)
		if (cols[i] == col)
			return vms_fail(err, VMS_EUSAGE, "column %s is named twice",
					choice_name(columns_names, col, name, sizeof(name)));
	cols[(*nr)++] = (uint8_t)col;
	return 0;
}

int columns_parse(const char *text, uint8_t cols[APP_COLUMN_NR], uint32_t *nr, struct vms_err *err)
{
	unsigned int words_nr = 0;
	char word[40];
	size_t n;
	int ret;

	*nr = 0;
	if (!strcmp(text, "default"))
		return 0;
	for (text += strspn(text, " \t,"); *text; text += n, text += strspn(text, " \t,")) {
		n = strcspn(text, " \t,");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, text);
		if (!strcmp(word, "st")) {
			if (words_nr++)
				return vms_fail(err, VMS_EUSAGE,
						"st stands before all other columns");
			continue;
		}
		words_nr++;
		ret = take(word, cols, nr, err);
		if (ret)
			return ret;
	}
	return *nr ? 0
		   : vms_fail(err, VMS_EUSAGE, "columns: default, or names among st %s",
			      columns_names);
}

const char *columns_text(const uint8_t *cols, uint32_t nr, char *buf, size_t size)
{
	uint32_t i;
	size_t at;

	if (!nr) {
		(void)snprintf(buf, size, "default");
		return buf;
	}
	(void)snprintf(buf, size, "st");
	for (i = 0; i < nr; i++) {
		at = strlen(buf);
		(void)snprintf(buf + at, size - at, ",%s",
			       choice_name(columns_names, cols[i], BUF(32)));
	}
	return buf;
}
