// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The cell buffer written out: the text layer and the role layer of golden screens and
 * :save-screen.
 */
#include "ui/cells/cells.h"
#include "core/base/util.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ui/cells/theme.h"

static size_t trim(const char *line, size_t len)
{
	while (len && line[len - 1] == ' ')
		len--;
	return len;
}

int cells_text(const struct cells *cells, char **out, struct vms_err *err)
{
	size_t line_max = (size_t)cells->cols * sizeof(cells->c->text) + 1, at = 0;
	char *buf = vms_calloc(1, line_max * (size_t)cells->rows + 1);
	int row, col;

	if (!buf)
		return vms_fail(err, VMS_ENOMEM, "no memory for the text of a screen");
	for (row = 0; row < cells->rows; row++) {
		size_t from = at;

		for (col = 0; col < cells->cols; col++) {
			const struct cell *cell = cells_at(cells, row, col);

			memcpy(buf + at, cell->text, cell->len);
			at += cell->len;
		}
		at = from + trim(buf + from, at - from);
		buf[at++] = '\n';
	}
	buf[at] = '\0';
	*out = buf;
	return 0;
}

int cells_roles(const struct cells *cells, char **out, struct vms_err *err)
{
	char *buf = vms_calloc(1, ((size_t)cells->cols + 1) * (size_t)cells->rows + 1);
	size_t at = 0;
	int row, col;

	if (!buf)
		return vms_fail(err, VMS_ENOMEM, "no memory for the roles of a screen");
	for (row = 0; row < cells->rows; row++) {
		size_t from = at;

		for (col = 0; col < cells->cols; col++) {
			const struct cell *cell = cells_at(cells, row, col);
			char letter = tui_role_letter((enum tui_role)cell->role);

			/* A reversed plain cell is visible too. */
			if (cell->flags & CELL_REVERSE)
				letter = letter == ' ' ? '_' : (char)toupper((unsigned char)letter);
			else if (cell->len == 1 && cell->text[0] == ' ')
				letter = ' ';
			buf[at++] = letter;
		}
		at = from + trim(buf + from, at - from);
		buf[at++] = '\n';
	}
	buf[at] = '\0';
	*out = buf;
	return 0;
}
