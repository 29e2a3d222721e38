/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The person's editor. */
#ifndef TUI_TERM_EDITOR_H
#define TUI_TERM_EDITOR_H

/** term_editor - let a file be edited; the terminal must be given back. Return: 0, or it failed */
int term_editor(const char *path);

#endif
