// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Recordings cut short and with changed bytes: the direct reader must come back, whatever it is
 * given.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/direct/direct.h"

#include "round.h"
#include "use.h"

struct input {
	uint8_t *p;
	size_t size;
};

static bool input_read(struct input *in, const char *path)
{
	FILE *f = fopen(path, "rb");
	long size;

	if (!f)
		return false;
	(void)fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	in->size = (size_t)size;
	in->p = malloc(in->size + 1);
	if (!in->p || fread(in->p, 1, in->size, f) != in->size) {
		fclose(f);
		return false;
	}
	fclose(f);
	return true;
}

/* writes the bytes into a file without a name and loads that; counts how it went */
static void try_bytes(const uint8_t *p, size_t size, unsigned int *loaded, unsigned int *refused)
{
	char path[64];
	const int fd = memfd_create("corrupt", 0);

	if (fd < 0 || write(fd, p, size) != (ssize_t)size) {
		printf("Bail out! no memory file\n");
		exit(1);
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (use_file(path))
		++*refused;
	else
		++*loaded;
	(void)close(fd);
}

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
		const uint64_t v = values[draw() % (sizeof(values) / sizeof(values[0]))];
		const size_t width = (size_t)1 << draw() % 4;

		if (draw() % 4 == 0)
			at = (size_t)(draw() % (size < 512 ? size : 512));
		else if (draw() % 4 == 0)
			at = size - 1 - (size_t)(draw() % (size < 1024 ? size : 1024));
		if (draw() % 2)
			p[at] ^= (uint8_t)(1u << draw() % 8);
		else
			memcpy(p + at, &v, width < size - at ? width : size - at);
	}
}

static unsigned int corrupt(const struct input *in, const char *name, unsigned int rounds)
{
	unsigned int loaded = 0, refused = 0, i;
	uint8_t *p = malloc(in->size + 8);

	if (!p)
		return 1;
	for (i = 0; i < rounds; i++) {
		size_t size = in->size;

		round_state = i + 1;
		(void)snprintf(round_name, sizeof(round_name), "%.100s, round %u", name, i);
		memcpy(p, in->p, in->size);
		if (i % 3 == 0)
			size = (size_t)(draw() % in->size);
		if (i % 3 && size)
			change(p, size);
		try_bytes(p, size, &loaded, &refused);
	}
	free(p);
	printf("# %s: %u loaded, %u refused\n", name, loaded, refused);
	/* the reader must neither refuse everything nor take everything */
	return !loaded || !refused;
}

int main(int argc, char **argv)
{
	const unsigned int rounds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 100;
	int i, nr = 0;

	round_watch();
	for (i = 2; i < argc; i++) {
		const char *name = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];
		struct input in = { 0 };

		if (!input_read(&in, argv[i]) || !in.size) {
			printf("ok %d - %s # SKIP not here\n", ++nr, name);
			continue;
		}
		printf("%sok %d - %s\n", corrupt(&in, name, rounds) ? "not " : "", nr + 1, name);
		nr++;
		(void)fflush(stdout);
		free(in.p);
	}
	printf("1..%d\n", nr);
	return 0;
}
