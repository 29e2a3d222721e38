/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words: how far two of them are apart, and growing lines of text. */
#ifndef APP_WORDS_H
#define APP_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** word_distance - letters to insert, delete or change (Levenshtein), at most 99 */
unsigned int word_distance(const char *a, const char *b);

/**
 * choice - index of a word among words separated by blanks, -1 = none; a beginning is enough when
 * it is the only one
 */
int choice(const char *words, const char *word);
/** choice_name - the word at an index, as choice() counts. Return: buf */
const char *choice_name(const char *words, int i, char *buf, size_t size);

/** struct lines - a growing list of owned lines */
struct lines {
	char **line;
	uint32_t nr;
	size_t cap;
};

/** lines_add - append a line, made printable. Return: 0 or -VMS_ENOMEM */
int lines_add(struct lines *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/**
 * lines_wrap - break lines longer than so many bytes at blanks; what follows is indented
 * Return: 0; -VMS_ENOMEM, nothing changed then.
 */
int lines_wrap(struct lines *l, unsigned int width, unsigned int indent);
void lines_clear(struct lines *l);

#endif
