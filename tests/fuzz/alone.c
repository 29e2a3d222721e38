// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Targets without libFuzzer: files cut short and with changed bytes, or random bytes as what is
 * done on recordings.
 *
 * usage: alone TARGET SECONDS FILE...; VMSYNC_FUZZ_SEED=N plays only that round, on each file
 *        alone TARGET every FILE...: cut at every byte, and FLIPS_NR bits flipped, one at a time;
 *        VMSYNC_FUZZ_FROM=N goes on at the Nth of each file's, where a run was broken off
 */
#include "fuzz.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/util.h"
#include "io/files/files.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)
#define PLAY_BYTES 10000u /* some 600 frames */
#define FLIPS_NR 10000u

static char round_name[400]; /* the round under way */
static uint64_t round_state; /* its seed, then what draw() made of it */

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = round_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void last_words(void)
{
	const char text[] = "Bail out! in ";

	(void)!write(1, text, sizeof(text) - 1);
	(void)!write(1, round_name, strlen(round_name));
	(void)!write(1, "\n", 1);
}

#ifdef __SANITIZE_ADDRESS__

void __sanitizer_set_death_callback(void (*callback)(void));

/* The sanitizer tells of signals and of what it finds; the round is said behind it. */
static void round_watch(void)
{
	__sanitizer_set_death_callback(last_words);
}

#else

static void last_signal(int sig)
{
	last_words();
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

/* Signals that end a program get their last words. */
static void round_watch(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(fatal); i++)
		(void)signal(fatal[i], last_signal);
}

#endif

static void change(uint8_t *p, size_t size)
{
	static const uint64_t values[] = {
		0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX, INT64_MAX
	};
	const unsigned int nr = 1 + (unsigned int)(draw() % 6);
	unsigned int i;

	for (i = 0; i < nr; i++) {
		/* half of the changes at the two ends, where headers and options are */
		size_t at = (size_t)(draw() % size);
		const uint64_t v = values[draw() % VMS_ARRAY_NR(values)];
		const size_t width = (size_t)1 << draw() % 4;

		if (draw() % 4 == 0)
			at = (size_t)(draw() % VMS_MIN(size, 512));
		else if (draw() % 4 == 0)
			at = size - 1 - (size_t)(draw() % VMS_MIN(size, 1024));
		if (draw() % 2)
			p[at] ^= (uint8_t)(1u << draw() % 8);
		else
			memcpy(p + at, &v, VMS_MIN(width, size - at));
	}
}

/* A third of the files is cut, a third changed, a third both. */
static void run_changed(const struct fuzz_target *t, const char *text, size_t size, uint64_t seed)
{
	uint8_t *p = malloc(size);

	if (!p)
		fuzz_fault("no memory");
	memcpy(p, text, size);
	if (seed % 3 != 1)
		size = (size_t)(draw() % size);
	if (seed % 3 && size)
		change(p, size);
	t->run(p, size);
	free(p);
}

static void run_played(const struct fuzz_target *t)
{
	static uint8_t bytes[PLAY_BYTES];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)draw();
	t->run(bytes, sizeof(bytes));
}

struct seed_file {
	char path[PATH_MAX];
	char *text;
	size_t size;
};

static void play(const struct fuzz_target *t, const struct seed_file *f, uint64_t seed)
{
	(void)snprintf(round_name, sizeof(round_name), "%s %.300s, seed %llu", t->name, f->path,
		       (unsigned long long)seed);
	round_state = seed;
	fuzz_recording = t->plays ? f->path : fuzz_recording;
	if (t->plays)
		run_played(t);
	else
		run_changed(t, f->text, f->size, seed);
}

static unsigned int play_every(const struct fuzz_target *t, const struct seed_file *f)
{
	const char *resumed = getenv("VMSYNC_FUZZ_FROM");
	const size_t begin = resumed ? strtoull(resumed, NULL, 0) : 0;
	uint8_t *p;
	size_t size, i;

	round_state = 1;
	for (size = begin; size < f->size; size++) {
		(void)snprintf(round_name, sizeof(round_name), "%s %.300s, cut at %zu", t->name,
			       f->path, size);
		p = malloc(VMS_MAX(size, 1)); /* of just that size, so that reading on is seen */
		if (!p)
			fuzz_fault("no memory");
		memcpy(p, f->text, size);
		t->run(p, size);
		free(p);
	}
	p = (uint8_t *)f->text;
	for (i = 0; i < FLIPS_NR; i++) {
		const uint64_t bit = draw() % (f->size * 8);

		if (f->size + i < begin)
			continue;
		(void)snprintf(round_name, sizeof(round_name), "%s %.300s, %zu: bit %llu flipped",
			       t->name, f->path, f->size + i, (unsigned long long)bit);
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		t->run(p, f->size);
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	return (unsigned int)f->size + FLIPS_NR;
}

int main(int argc, char **argv)
{
	const char *only = getenv("VMSYNC_FUZZ_SEED");
	const bool every = argc > 2 && !strcmp(argv[2], "every");
	const time_t until = time(NULL) + (argc > 2 ? atoi(argv[2]) : 0);
	uint64_t seed = only ? strtoull(only, NULL, 0) : 1;
	const struct fuzz_target *t = fuzz_target_find(argc > 1 ? argv[1] : "");
	static struct seed_file files[16];
	unsigned int rounds = 0, nr = 0, i;
	int k;

	for (k = 3; k < argc && nr < VMS_ARRAY_NR(files); k++)
		nr += realpath(argv[k], files[nr].path) &&
		      !file_read(&files[nr].text, &files[nr].size, files[nr].path, FILE_BYTES_MAX,
				 NULL) &&
		      files[nr].size;
	if (!nr)
		return 2;
	fuzz_begin();
	fuzz_slow = true;
	round_watch();
	for (i = 0; i < nr && every; i++)
		rounds += play_every(t, &files[i]);
	do {
		for (i = 0; i < nr && !every && (rounds < nr || time(NULL) < until); i++, rounds++)
			play(t, &files[i], seed);
		seed++;
	} while (!every && !only && time(NULL) < until);
	printf("ok 1 - %s: %u rounds on %u files, %u taken\n", t->name, rounds, nr, fuzz_taken);
	/* neither may everything be refused nor everything taken */
	if (!t->plays)
		printf("%sok 2 - some are taken, some refused\n",
		       fuzz_taken && fuzz_taken < rounds ? "" : "not ");
	printf("1..%d\n", t->plays ? 1 : 2);
	for (i = 0; i < nr; i++)
		free(files[i].text);
	return 0;
}
