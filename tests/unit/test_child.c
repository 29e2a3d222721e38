// SPDX-License-Identifier: LGPL-2.1-or-later
/* A child that answers: what kills it, keeps it or makes it eat memory costs one answer. */
#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/files/child.h"

#define MUCH ((size_t)1 << 30)

static size_t answer(void *arg, const void *question, size_t size, char *out)
{
	unsigned int *asked = arg;

	(void)size;
	if (!strcmp(question, "die"))
		(void)raise(SIGFPE);
	if (!strcmp(question, "think"))
		for (;;)
			(void)pause();
	if (!strcmp(question, "eat")) {
		char *much = malloc(MUCH);

		strcpy(out, much ? "eaten" : "limited");
		free(much);
		return strlen(out) + 1;
	}
	++*asked;
	out[0] = (char)('0' + *asked);
	out[1] = '\0';
	return 2;
}

static char text[ANSWERER_ANSWER_BYTES];

static int ask(struct answerer *a, const char *question, struct vms_err *err)
{
	return answerer_ask(a, question, strlen(question) + 1, text, err);
}

TEST(what_kills_it_costs_one_answer)
{
	unsigned int asked = 0;
	struct answerer *a = answerer_new(answer, &asked);
	struct vms_err err = { 0 };

	assert_non_null(a);
	assert_int_equal(ask(a, "?", &err), 2);
	assert_int_equal(ask(a, "?", &err), 2);
	assert_string_equal(text, "2");
	assert_int_equal(asked, 0); /* its memory is its own */
	assert_int_equal(ask(a, "die", &err), -VMS_EFORMAT);
	assert_non_null(strstr(err.msg, "died by"));
	assert_int_equal(ask(a, "?", &err), 2);
	assert_string_equal(text, "1"); /* another one */
	answerer_free(a);
}

TEST(who_thinks_for_ever_is_ended)
{
	unsigned int asked = 0;
	struct answerer *a = answerer_new(answer, &asked);
	struct vms_err err = { 0 };
	const time_t begin = time(NULL);

	assert_non_null(a);
	assert_int_equal(ask(a, "think", &err), -VMS_EFORMAT);
	assert_non_null(strstr(err.msg, "no answer within 3 s"));
	assert_in_range((unsigned long)(time(NULL) - begin), 2, 20);
	assert_int_equal(ask(a, "?", &err), 2);
	answerer_free(a);
}

TEST(many_that_think_for_ever_cost_no_more_than_one)
{
	unsigned int asked = 0, i;
	struct answerer *a = answerer_new(answer, &asked);
	const time_t begin = time(NULL);

	assert_non_null(a);
	for (i = 0; i < 100; i++)
		assert_int_equal(ask(a, "think", NULL), -VMS_EFORMAT);
	assert_in_range((unsigned long)(time(NULL) - begin), 3, 20);
	answerer_free(a);
}

TEST(its_memory_is_limited)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* a sanitizer maps all addresses */
#else
	unsigned int asked = 0;
	struct answerer *a = answerer_new(answer, &asked);

	assert_non_null(a);
	assert_true(ask(a, "eat", NULL) > 0);
	assert_string_equal(text, "limited");
	answerer_free(a);
#endif
}

UNIT_MAIN(NULL, NULL)
