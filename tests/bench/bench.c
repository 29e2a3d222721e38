// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One measurement a run: how long a step takes on a recording, and the memory it needs. Prints
 * "name value unit" lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include <vmsync/estimate.h>
#include <vmsync/io/open.h>
#include <vmsync/session_snapshot.h>

#include "bench.h"

double bench_now_s(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double bench_cpu_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void bench_say(const char *name, double value, const char *unit)
{
	(void)printf("%s\t%.6g\t%s\n", name, value, unit);
}

static long peak_kib(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* Heap and anonymous memory: what is beyond the mapped files. */
static double anonymous_bytes(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	char line[256];
	double kib = 0.0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "Anonymous:", 10))
			kib = strtod(line + 10, NULL);
	if (f)
		(void)fclose(f);
	return kib * 1024.0;
}

static atomic_ullong peak_bytes;

static void *watch_memory(void *unused)
{
	(void)unused;
	for (;;) {
		FILE *f = fopen("/proc/self/status", "re");
		char line[256];

		while (f && fgets(line, sizeof(line), f))
			if (!strncmp(line, "RssAnon:", 8) &&
			    strtoull(line + 8, NULL, 10) * 1024 > atomic_load(&peak_bytes))
				atomic_store(&peak_bytes, strtoull(line + 8, NULL, 10) * 1024);
		if (f)
			(void)fclose(f);
		(void)usleep(5000);
	}
	return NULL;
}

double bench_peak(void)
{
	static pthread_t watcher;

	if (!watcher)
		(void)pthread_create(&watcher, NULL, watch_memory, NULL);
	return (double)atomic_load(&peak_bytes);
}

int bench_fail(const struct vms_err *err)
{
	(void)fprintf(stderr, "bench: %s\n", err->msg);
	return 1;
}

static uint64_t sum_of(const uint8_t *p, size_t n)
{
	uint64_t sum = 0, word;
	size_t i;

	for (i = 0; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		sum += word;
	}
	return sum;
}

/*
 * Decompress each zstd frame of a trace file, found by its magic number: chunks of trace-cmd lie
 * one after the other, each after its two sizes (packed, unpacked), as the frames themselves do
 * not tell.
 * Return: bytes out; 0 when there is no frame.
 */
static double unpack_all(const uint8_t *p, size_t n, uint64_t *sum)
{
	static const uint8_t magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	uint8_t *out = NULL;
	size_t cap = 0, at = 0;
	double total = 0.0;

	while (ctx && at < n) {
		const uint8_t *f = memmem(p + at, n - at, magic, sizeof(magic));
		uint32_t size = 0;
		size_t len, got;

		if (!f)
			break;
		at = (size_t)(f - p);
		len = ZSTD_findFrameCompressedSize(f, n - at);
		if (at >= 8)
			memcpy(&size, f - 4, sizeof(size));
		if (ZSTD_isError(len) || !size || size > (1u << 30)) {
			at++;
			continue;
		}
		if (size > cap) {
			free(out);
			cap = size;
			out = malloc(cap);
			if (!out)
				break;
		}
		got = ZSTD_decompressDCtx(ctx, out, cap, f, len);
		if (!ZSTD_isError(got)) {
			*sum += sum_of(out, got);
			total += (double)got;
		}
		at += len;
	}
	free(out);
	ZSTD_freeDCtx(ctx);
	return total;
}

/* What any reader must do at least: get the bytes, decompressed, and look at each. */
static int bench_bytes(char **paths)
{
	const double t0 = bench_now_s();
	double total = 0.0, unpacked = 0.0;
	uint64_t sum = 0;

	for (; *paths; paths++) {
		const int fd = open(*paths, O_RDONLY | O_CLOEXEC);
		struct stat st;
		double got;
		void *p;

		if (fd < 0 || fstat(fd, &st) || st.st_size <= 0)
			return 1;
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		(void)close(fd);
		if (p == MAP_FAILED)
			return 1;
		got = unpack_all(p, (size_t)st.st_size, &sum);
		if (got <= 0.0)
			sum += sum_of(p, (size_t)st.st_size);
		unpacked += got;
		total += (double)st.st_size;
		(void)munmap(p, (size_t)st.st_size);
	}
	bench_say("seconds", bench_now_s() - t0, "s");
	bench_say("bytes", total, "B");
	bench_say("unpacked_bytes", unpacked, "B");
	/* so that no compiler leaves the sum out */
	bench_say("sum_low", (double)(sum & 0xffff), "");
	return 0;
}

static int bench_load(const char *source, char **paths)
{
	const struct vms_source *s = vms_source_find(source);
	const double before = anonymous_bytes();
	const double t0 = bench_now_s();
	double events = 0.0;
	struct vms_err err;

	if (!s)
		return 1;
	for (; *paths; paths++) {
		struct vms_stream *st;

		if (s->load(&st, *paths, NULL, &err))
			return bench_fail(&err);
		events += (double)st->events_nr;
	}
	bench_say("seconds", bench_now_s() - t0, "s");
	bench_say("events", events, "");
	bench_say("bytes_per_event", (anonymous_bytes() - before) / events, "B");
	bench_say("peak_rss", (double)peak_kib() / 1024.0, "MiB");
	return 0;
}

int bench_open(char **paths, bool verdicts_first, struct vms_trace **t, struct vms_session **s)
{
	const struct vms_session_opts so = { .verdicts_first = verdicts_first };
	unsigned int nr = 0;
	struct vms_err err;
	double t0 = bench_now_s();

	while (paths[nr])
		nr++;
	if (vms_trace_open(t, (const char *const *)paths, nr, NULL, NULL, &err))
		return bench_fail(&err);
	bench_say("open_seconds", bench_now_s() - t0, "s");
	t0 = bench_now_s();
	if (vms_session_new(s, *t, &so, &err))
		return bench_fail(&err);
	bench_say("session_seconds", bench_now_s() - t0, "s");
	if (!verdicts_first)
		bench_say("candidates", (double)vms_session_candidates_nr(*s), "");
	return 0;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void bench_say_times(const char *name, double *v, size_t n)
{
	char key[64];

	if (!n)
		return;
	qsort(v, n, sizeof(*v), compare);
	(void)snprintf(key, sizeof(key), "%s_median", name);
	bench_say(key, v[n / 2] * 1e3, "ms");
	(void)snprintf(key, sizeof(key), "%s_p99", name);
	bench_say(key, v[n * 99 / 100] * 1e3, "ms");
	(void)snprintf(key, sizeof(key), "%s_max", name);
	bench_say(key, v[n - 1] * 1e3, "ms");
}

static int bench_session(char **paths)
{
	struct vms_trace *t;
	struct vms_session *s;
	double times[400];
	size_t i, n = 0;

	if (bench_open(paths, false, &t, &s))
		return 1;
	for (i = 0; i < sizeof(times) / sizeof(times[0]) && i < vms_session_candidates_nr(s); i++) {
		const uint32_t id = vms_session_candidate(s, (uint32_t)i)->id;
		const double t0 = bench_now_s();

		if (vms_session_decide(s, &id, 1, VMS_ACCEPTED, false, NULL, NULL))
			return 1;
		times[n++] = bench_now_s() - t0;
	}
	bench_say_times("decision", times, n);
	times[0] = bench_now_s();
	(void)vms_session_refresh(s, NULL);
	bench_say("refresh_seconds", bench_now_s() - times[0], "s");
	bench_say("peak_rss", (double)peak_kib() / 1024.0, "MiB");
	vms_session_free(s);
	vms_trace_free(t);
	return 0;
}

static double uniform(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(*seed >> 11) + 0.5) * 0x1p-53;
}

/* nr anchors, one way and the other in turn, over 10 s a million; drift and skewed delays. */
static struct vms_obs *make_anchors(uint32_t nr)
{
	struct vms_obs *o = calloc(nr, sizeof(*o));
	uint64_t seed = 1;
	uint32_t i;

	for (i = 0; o && i < nr; i++) {
		const bool in = i & 1;
		const double delay = 300.0 - 300.0 * log(uniform(&seed)) +
				     (uniform(&seed) < 0.04 ? 15000.0 * uniform(&seed) : 0.0);

		o[i] = (struct vms_obs){ .x_raw = 1000000 + (int64_t)i * 10000,
					 .dir = in ? VMS_HOST_TO_GUEST : VMS_GUEST_TO_HOST,
					 .visit = i / 2 + in };
		o[i].y_raw = INT64_C(4000000000000) + (int64_t)(20e-6 * (double)o[i].x_raw) +
			     (int64_t)(in ? -delay : delay);
	}
	return o;
}

static bool given_up;
static double given_up_s;

static void give_up(int sig)
{
	(void)sig;
	given_up_s = bench_now_s();
	__atomic_store_n(&given_up, true, __ATOMIC_RELAXED);
}

/* The longest time that an estimator goes on for after it was given up, at 40 moments. */
static double latency_s(const struct vms_estimator *e, const struct vms_est_in *in, double all_s)
{
	const struct vms_progress watch = { .cancel = &given_up };
	struct vms_est_in asked = *in;
	struct vms_est_out out;
	double worst_s = 0.0;
	int i;

	asked.progress = &watch;
	(void)signal(SIGALRM, give_up);
	for (i = 0; i < 40; i++) {
		const long after_us = (long)(all_s * 1e6 * i / 40) + 1;
		const struct itimerval timer = { .it_value = { 0, after_us } };

		__atomic_store_n(&given_up, false, __ATOMIC_RELAXED);
		(void)setitimer(ITIMER_REAL, &timer, NULL);
		if (e->fit(&out, &asked, NULL) == -VMS_ECANCEL)
			worst_s = fmax(worst_s, bench_now_s() - given_up_s);
	}
	(void)setitimer(ITIMER_REAL, &(struct itimerval){ .it_value = { 0, 0 } }, NULL);
	return worst_s;
}

/* Each estimator on 10 thousand, 100 thousand and 1 million anchors of an ns clock. */
static int bench_models(void)
{
	static const uint32_t sizes[] = { 10000, 100000, 1000000 };
	size_t k;

	for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct vms_obs *o = make_anchors(sizes[k]);
		const struct vms_est_in in = { .obs = o,
					       .nr = sizes[k],
					       .ref_raw = INT64_C(5000) * sizes[k] };
		const struct vms_estimator *e;

		if (!o)
			return 1;
		for (e = vms_estimators(); e->name; e++) {
			const double t0 = bench_now_s();
			struct vms_est_out out;
			struct vms_err err;
			double taken_s;
			char key[64];

			if (e->fit(&out, &in, &err))
				return bench_fail(&err);
			(void)snprintf(key, sizeof(key), "%s_%u", e->name, sizes[k]);
			taken_s = bench_now_s() - t0;
			bench_say(key, taken_s * 1e3, "ms");
			(void)snprintf(key, sizeof(key), "%s_%u_given_up", e->name, sizes[k]);
			bench_say(key, latency_s(e, &in, taken_s) * 1e3, "ms");
		}
		free(o);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "models"))
		return bench_models();
	if (argc < 3) {
		(void)fprintf(stderr,
			      "usage: vmsync-bench models\n"
			      "       vmsync-bench "
			      "bytes|direct|libtracecmd|libkshark|session|screen|keys FILE...\n");
		return 2;
	}
	if (!strcmp(argv[1], "bytes"))
		return bench_bytes(argv + 2);
	if (!strcmp(argv[1], "session"))
		return bench_session(argv + 2);
	if (!strcmp(argv[1], "screen") || !strcmp(argv[1], "keys"))
		return bench_screen(argv + 2, argv[1][0] == 'k');
	return bench_load(argv[1], argv + 2);
}
