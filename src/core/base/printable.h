/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Characters: UTF-8, widths, and foreign text that may be shown. */
#ifndef VMS_PRINTABLE_H
#define VMS_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

/* A buffer that lives to the end of the block, and its size: for a text that is used at once. */
#define BUF(size) (char[size]){ "" }, size

/**
 * utf8_put - a code point as UTF-8. Return: bytes written, 1 to 4; 0 for what is no character.
 * buf holds 4
 */
size_t utf8_put(uint32_t cp, char *buf);

#define UTF8_BROKEN 0xfffd /* with one byte used: that byte starts no valid sequence */

/** utf8_get - the code point at text. Return: bytes used; 0 at the end; 1 and UTF8_BROKEN */
size_t utf8_get(const char *text, size_t nr, uint32_t *cp);

/**
 * glyph_width - columns of a code point: 0 combining, 2 wide, -1 not printable. Same everywhere,
 * unlike wcwidth()
 */
int glyph_width(uint32_t cp);

/** text_seen - bytes of the character at s that may be shown as it is; 0 = it may not */
size_t text_seen(const char *s, size_t left);
/**
 * fmt_clean - make foreign text printable: the one filter for whatever is shown, printed or logged
 * Control bytes become ^X, bytes that are no UTF-8 \x9b, C1, bidi and other characters that are not
 * seen <U+202E>. A letter may carry at most 4 combining marks. Cuts between characters when buf is
 * full.
 */
const char *fmt_clean(const char *text, char *buf, size_t size);

#define FMT_MARKS_MAX 4 /* on a letter; where no letter stands before, so many are there already */

/** fmt_clean_one - the next piece of clean text; bytes of the input that it stands for */
size_t fmt_clean_one(const char *text, size_t left, unsigned int *marks, char out[16]);
/**
 * fmt_cut - the longest beginning of clean text that fits into @cells; a character is never halved
 */
const char *fmt_cut(const char *text, unsigned int cells, char *buf, size_t size);

#endif
