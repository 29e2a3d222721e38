/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words: one of several, the one that was meant, and growing lines of text. */
#ifndef APP_WORDS_H
#define APP_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmsync/err.h>

/** struct word_near - of the words that were tried, the one that may have been meant; "" = none */
struct word_near {
	unsigned int apart;
	char word[32];
};

/** word_near_try - take a word that is not far from the typed one, and nearer than those before */
void word_near_try(struct word_near *near, const char *typed, const char *word);
/**
 * word_unknown - fail: there is no such @kind, did you mean the near one; else @otherwise
 * Return: -VMS_EUSAGE
 */
int word_unknown(const char *kind, const char *typed, const struct word_near *near,
		 const char *otherwise, struct vms_err *err);

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
