// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The configuration file: what a line gives, what is said of a bad one, and that nothing in it does
 * harm.
 */
#include "unit.h"

#include <sys/stat.h>

#include <vmsync/io/config.h>

struct seen {
	char text[8192];
	char problems[8192];
	unsigned int rows_nr, problems_nr;
	const char *refuse;
};

static void add(char *to, size_t size, const char *what)
{
	const size_t n = strlen(to);

	(void)snprintf(to + n, size - n, "%s\n", what);
}

static int row(void *user, const struct vms_config_row *r, struct vms_err *err)
{
	struct seen *s = user;
	char line[600];

	s->rows_nr++;
	if (s->refuse && r->kind == VMS_CONFIG_SET && !strcmp(r->name, s->refuse))
		return vms_fail(err, VMS_EUSAGE, "no setting '%s'", r->name);
	if (r->kind == VMS_CONFIG_SET)
		(void)snprintf(line, sizeof(line), "%u set(%s)(%s)", r->line_nr, r->name, r->value);
	else
		(void)snprintf(line, sizeof(line), "%u map(%s)(%s)(%s)", r->line_nr, r->context,
			       r->key, r->command);
	add(s->text, sizeof(s->text), line);
	assert_true(r->text[0] && r->text[0] != ' ');
	return 0;
}

static void problem(void *user, const char *text)
{
	struct seen *s = user;
	const char *c;

	for (c = text; *c; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	s->problems_nr++;
	add(s->problems, sizeof(s->problems), text);
}

static int parse(struct seen *s, const char *text, size_t size)
{
	const struct vms_config_reader r = { .row = row, .problem = problem, .user = s };

	return vms_config_parse("rc", text, size, &r, NULL);
}

TEST(lines_become_rows)
{
	static const char text[] =
		"\xef\xbb\xbf# comment\n\nset theme dark\n  set   title  two  words  \r\n\tset "
		"flag\n"
		"map lanes K lane-up\nmap list <C-a> accept sequence timer-program";
	struct seen s = { 0 };

	assert_int_equal(parse(&s, text, sizeof(text) - 1), 0);
	assert_string_equal(
		s.text,
		"3 set(theme)(dark)\n4 set(title)(two  words)\n5 set(flag)()\n"
		"6 map(lanes)(K)(lane-up)\n7 map(list)(<C-a>)(accept sequence timer-program)\n");
	assert_string_equal(s.problems, "");
}

TEST(mistakes_name_file_and_line)
{
	static const char text[] = "set theme dark\nsett theme dark\nset\nmap lanes K\nset bad "
				   "1\n\x1b[31m x\nset last 1\n";
	struct seen s = { .refuse = "bad" };

	assert_int_equal(parse(&s, text, sizeof(text) - 1), 5);
	assert_string_equal(s.text, "1 set(theme)(dark)\n7 set(last)(1)\n");
	assert_string_equal(s.problems, "rc:2: expected 'set' or 'map', found 'sett'\n"
					"rc:3: expected 'set NAME VALUE'\n"
					"rc:4: expected 'map CONTEXT KEY COMMAND'\n"
					"rc:5: no setting 'bad'\n"
					"rc:6: expected 'set' or 'map', found '?[31m'\n");
}

TEST(a_zero_byte_and_a_long_line_are_mistakes)
{
	static char text[6000];
	struct seen s = { 0 };

	memset(text, 'x', sizeof(text));
	memcpy(text, "set a\0b c\nset ", 14);
	text[5000] = '\n';
	memcpy(text + 5001, "set a 1\n", 8);
	assert_int_equal(parse(&s, text, 5009), 2);
	assert_string_equal(s.text, "3 set(a)(1)\n");
}

TEST(a_missing_file_is_an_empty_one)
{
	struct seen s = { 0 };
	const struct vms_config_reader r = { .row = row, .problem = problem, .user = &s };
	struct vms_err err;
	char home[] = P_tmpdir "/vmsync-test-XXXXXX", path[sizeof(home) + 32];
	FILE *f;

	assert_non_null(mkdtemp(home));
	(void)snprintf(path, sizeof(path), "%s/config", home);
	assert_int_equal(vms_config_read(path, &r, &err), 0);
	assert_int_equal(vms_config_read(home, &r, &err), -VMS_EFORMAT);
	/* found through the environment */
	assert_int_equal(setenv("XDG_CONFIG_HOME", home, 1), 0);
	assert_int_equal(vms_config_read(NULL, &r, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/vmsync-tui", home);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/vmsync-tui/config", home);
	f = fopen(path, "we");
	assert_non_null(f);
	(void)fputs("set theme mono\n", f);
	(void)fclose(f);
	assert_int_equal(vms_config_read(NULL, &r, &err), 0);
	assert_string_equal(s.text, "1 set(theme)(mono)\n");
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/vmsync-tui", home);
	(void)rmdir(path);
	(void)rmdir(home);
}

/* Any bytes: no fault, and every line that is neither blank nor a comment is a row or a problem. */
TEST(any_bytes_do_no_harm)
{
	static const char *const words[] = { "set", "map",   " ",    "\t",   "\n", "\r\n", "#",
					     "x",   "lanes", "\x1b", "\xc3", "\\", "'",	   "%s%n" };
	uint32_t seed = 12345, i, k;

	for (i = 0; i < 3000; i++) {
		struct seen s = { 0 };
		char text[200];
		size_t n = 0;
		int ret;

		for (k = 0; k < 30; k++) {
			seed = seed * 1664525 + 1013904223;
			if (seed >> 28 == 0) {
				text[n++] = (char)(seed >> 8);
			} else {
				const char *w =
					words[(seed >> 16) % (sizeof(words) / sizeof(words[0]))];

				memcpy(text + n, w, strlen(w));
				n += strlen(w);
			}
		}
		ret = parse(&s, text, n);
		assert_int_equal(ret, s.problems_nr);
		assert_true(s.rows_nr + s.problems_nr <= 31);
	}
}

UNIT_MAIN(NULL, NULL)
