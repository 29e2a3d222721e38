// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The three readers on every recording that is here, and on simulated ones with many-sample shifts:
 * same events, CPUs, order, losses, payloads, times.
 */
#include "shown.h"

#include <glob.h>
#include <sys/stat.h>

#pragma GCC diagnostic push
#if __has_include(<libkshark.h>) /* its folder is searched where the build uses it */
#define HAVE_KSHARK 1
#pragma GCC diagnostic ignored "-Wignored-qualifiers"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wunused-variable"
#include <libkshark.h>
#include <libkshark-tepdata.h>
#endif
#pragma GCC diagnostic pop

#include <vmsync/model.h>

#include "io/direct/direct.h"
#include "io/libs/sources.h"
#include "io/libs/tepstream.h"
#include "core/base/util.h"

#define FILES_MAX 256
#define TEXTS_NR 3000 /* compared of a file */
#if defined(__SANITIZE_ADDRESS__)
/* The libraries lose memory of their own when they parse formats. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent.so\nleak:libtracecmd.so\nleak:libkshark.so\nleak:vfscanf\nleak:"
	       "vsscanf\n";
}
#endif

static char *files[FILES_MAX];
static unsigned int files_nr;
static const char *simulated; /* folder of the simulated ones */

static void folder_add(const char *folder)
{
	char pattern[600];
	glob_t g;
	size_t i;

	if (!folder)
		return;
	(void)snprintf(pattern, sizeof(pattern), "%s/*.dat", folder);
	if (glob(pattern, 0, NULL, &g))
		return;
	for (i = 0; i < g.gl_pathc; i++) {
		const char *base = strrchr(g.gl_pathv[i], '/');
		unsigned int k;

		for (k = 0; k < files_nr; k++)
			if (!strcmp(strrchr(files[k], '/'), base))
				break;
		if (k == files_nr && files_nr < FILES_MAX)
			files[files_nr++] = strdup(g.gl_pathv[i]);
	}
	globfree(&g);
}

/* Shifts that no recording here has: many samples, noisy offsets, scaling, per-CPU offsets. */
static const char *const shifts[] = {
	"sync=ptp clock=ns samples=1 drift_ppm=40",
	"sync=ptp clock=ns samples=3 drift_ppm=40",
	"sync=ptp clock=ns samples=64 drift_ppm=-75.5 wander_ppb=20 isa=arm64",
	"sync=kvm clock=tsc samples=2 vcpu_skew=26000 step=0.1:520000",
	"sync=kvm clock=tsc samples=7 scaling=281474990000000 fraction=48 isa=svm",
	"sync=kvm clock=tsc samples=5 scaling=4300000000 fraction=32 version=6 "
	"offset=-1200000000000",
};

/* In a folder of its own, which the caller removes; NULL when the simulator is not there. */
static const char *simulate(void)
{
	static char folder[] = "/tmp/vmsync-agree-XXXXXX";
	const char *sim = getenv("VMSYNC_SIM");
	char line[1024];
	size_t i;

	if (!sim || !mkdtemp(folder))
		return NULL;
	for (i = 0; i < VMS_ARRAY_NR(shifts); i++) {
		(void)snprintf(line, sizeof(line), "'%s' seed=%zu seconds=0.3 %s %s/simulated-%zu",
			       sim, i + 1, shifts[i], folder, i + 1);
		assert_int_equal(system(line), 0);
	}
	return folder;
}

static int find_files(void **state)
{
	const char *root = getenv("VMSYNC_SOURCE_ROOT");
	char shared[2][512];

	(void)state;
	(void)snprintf(shared[0], 512, "%s/../shared/recordings", root ? root : ".");
	(void)snprintf(shared[1], 512, "%s/../shared/recordings-2", root ? root : ".");
	folder_add(getenv("VMSYNC_TEST_DATA"));
	simulated = simulate();
	folder_add(simulated);
/* all of them take minutes with it, mostly in starting child processes */
#if !defined(__SANITIZE_ADDRESS__)
	folder_add(getenv("VMSYNC_RECORDINGS"));
	folder_add(shared[0]);
	folder_add(shared[1]);
#endif
	return 0;
}

static int free_files(void **state)
{
	char line[128];

	(void)state;
	while (files_nr)
		free(files[--files_nr]);
	if (simulated) {
		(void)snprintf(line, sizeof(line), "rm -r '%s'", simulated);
		assert_int_equal(system(line), 0);
	}
	return 0;
}

/* NULL when this reader does not open the file (Debian's libtracecmd has no zlib). */
static struct vms_stream *load(const struct vms_source *src, const char *path)
{
	struct vms_stream *s = NULL;
	struct vms_err err = { 0 };

	if (src->load(&s, path, NULL, &err)) {
		print_message("# %s: %s\n", path, err.msg);
		return NULL;
	}
	assert_string_equal(s->source, src->name);
	return s;
}

static const struct vms_cpu *cpu_of(const struct vms_stream *s, uint32_t number)
{
	unsigned int i;

	for (i = 0; i < s->cpus_nr; i++)
		if (s->cpus[i].cpu == number)
			return &s->cpus[i];
	return NULL;
}

static const char *name_of(const struct vms_stream *s, const struct vms_cpu *c, uint32_t i)
{
	return s->types[c->type[i]].name;
}

static void same_losses(const struct vms_cpu *a, const struct vms_cpu *b)
{
	uint32_t i;

	assert_int_equal(a->lost_nr, b->lost_nr);
	for (i = 0; i < a->lost_nr; i++) {
		assert_int_equal(a->lost[i].idx, b->lost[i].idx);
		assert_int_equal(a->lost[i].count, b->lost[i].count);
		assert_int_equal(a->lost[i].buffer, b->lost[i].buffer);
	}
}

/*
 * @a from any reader, @b from one that keeps the length of payloads. Returns the events compared.
 */
static uint64_t same_events(const struct vms_stream *a, const struct vms_stream *b)
{
	uint64_t nr = 0;
	unsigned int k;
	uint32_t i;

	assert_int_equal(a->buffers_nr, b->buffers_nr);
	for (k = 0; k < a->buffers_nr; k++)
		assert_string_equal(a->buffers[k].name, b->buffers[k].name);
	assert_int_equal(a->events_nr, b->events_nr);
	assert_int_equal(a->lost_nr, b->lost_nr);
	for (k = 0; k < b->cpus_nr; k++) {
		const struct vms_cpu *y = &b->cpus[k], *x = cpu_of(a, y->cpu);

		if (!x) {
			assert_int_equal(y->nr, 0);
			continue;
		}
		assert_int_equal(x->nr, y->nr);
		same_losses(x, y);
		for (i = 0; i < y->nr; i++) {
			const struct vms_ref ref = { .cpu = (int32_t)k, .idx = i };

			if (x->time_raw[i] != y->time_raw[i])
				fail_msg("CPU %u event %u: %lld is not %lld", x->cpu, i,
					 (long long)x->time_raw[i], (long long)y->time_raw[i]);
			assert_int_equal(!x->type[i], !y->type[i]);
			if (x->type[i])
				assert_string_equal(name_of(a, x, i), name_of(b, y, i));
			assert_int_equal(x->buffer ? x->buffer[i] : 0,
					 y->buffer ? y->buffer[i] : 0);
			assert_memory_equal(vms_payload(x, i), vms_payload(y, i),
					    tep_stream_payload_size(b, ref));
		}
		nr += y->nr;
	}
	assert_int_equal(nr, a->events_nr);
	return nr;
}

TEST(direct_and_libtracecmd_see_the_same)
{
	unsigned int i, compared = 0, shifted = 0;
	uint64_t events = 0;

	for (i = 0; i < files_nr; i++) {
		struct vms_stream *d = load(&vms_source_direct, files[i]),
				  *t = load(&vms_source_tracecmd, files[i]);

		if (d && t) {
			events += same_events(d, t);
			assert_int_equal(d->trace_id, t->trace_id);
			assert_string_equal(d->clock.name, t->clock.name);
			assert_int_equal(d->swap, t->swap);
			assert_int_equal(d->long_size, t->long_size);
			assert_false(d->times_corrected);
			assert_false(t->times_corrected);
			assert_int_equal(!d->shift, !t->shift);
			assert_int_equal(d->ts_offset, t->ts_offset);
			assert_memory_equal(&d->clock, &t->clock, sizeof(d->clock));
			shifted += d->shift != NULL;
			compared++;
		}
		vms_stream_free(d);
		vms_stream_free(t);
	}
	print_message("# %u of %u files, %llu events, %u files with TIME_SHIFT\n", compared,
		      files_nr, (unsigned long long)events, shifted);
	if (!files_nr)
		skip();
	assert_true(compared > 0 && shifted > 0);
}

/* From the last event to the first: formats meet in another order than the file has them. */
static uint64_t same_texts(const struct vms_stream *a, const struct vms_stream *b)
{
	const uint32_t step = (uint32_t)(1 + a->events_nr / TEXTS_NR);
	char x[1024], y[1024];
	uint64_t nr = 0;
	unsigned int k, n;
	uint32_t i;

	for (k = 0; k < a->cpus_nr; k++) {
		for (n = 0; n < b->cpus_nr && b->cpus[n].cpu != a->cpus[k].cpu; n++)
			;
		for (i = a->cpus[k].nr; i > step; i -= step, nr++) {
			a->ops->text(a, (struct vms_ref){ (int32_t)k, i - 1 }, x, sizeof(x));
			b->ops->text(b, (struct vms_ref){ (int32_t)n, i - 1 }, y, sizeof(y));
			if (a->cpus[k].type[i - 1])
				assert_string_equal(x, y);
		}
	}
	return nr;
}

TEST(texts_are_libtracecmds_whatever_comes_first)
{
	uint64_t nr = 0;
	unsigned int i;

	for (i = 0; i < files_nr; i++) {
		struct vms_stream *d = load(&vms_source_direct, files[i]),
				  *t = load(&vms_source_tracecmd, files[i]);

		if (d && t)
			nr += same_texts(d, t);
		vms_stream_free(d);
		vms_stream_free(t);
	}
	print_message("# %llu texts\n", (unsigned long long)nr);
	if (!files_nr)
		skip();
	assert_true(nr > 0);
}

/* Debian's libtracecmd lacks zlib; but the recording is another one's in another compression. */
TEST(zlib_recording_is_that_it_was_made_of)
{
	static const char *const names[][2] = { { "10-zlib.dat", "01-demo.dat" },
						{ "10-zlib-vm1.dat", "01-demo-vm1.dat" } };
	char buf[2][600];
	unsigned int i;

	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		const char *zlib = unit_recording(names[i][0], buf[0], sizeof(buf[0]));
		const char *other = unit_recording(names[i][1], buf[1], sizeof(buf[1]));
		struct vms_stream *d, *t;

		if (!zlib || !other)
			skip();
		d = load(&vms_source_direct, zlib);
		t = load(&vms_source_tracecmd, other);
		assert_true(d && t);
		assert_true(same_events(d, t) > 0);
		vms_stream_free(d);
		vms_stream_free(t);
	}
}

TEST(libtracecmd_shows_what_is_said)
{
	uint64_t events = 0;
	unsigned int i;

	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	for (i = 0; i < files_nr; i++) {
		struct vms_stream *d = load(&vms_source_direct, files[i]);

		if (d)
			events += shown_as_said(d);
		vms_stream_free(d);
	}
	print_message("# %llu events\n", (unsigned long long)events);
	if (!files_nr)
		skip();
	assert_true(events > 0);
}

TEST(libkshark_shows_the_same)
{
	unsigned int i, k, compared = 0;
	uint32_t e;

#ifndef HAVE_KSHARK
	skip();
#endif
	if (!files_nr)
		skip();
	for (i = 0; i < files_nr; i++) {
		struct vms_stream *d = load(&vms_source_direct, files[i]),
				  *s = load(&vms_source_kshark, files[i]);

		if (d && s) {
			(void)same_events(d, s);
			for (k = 0; k < s->cpus_nr; k++) {
				const struct vms_cpu *y = &s->cpus[k], *x = cpu_of(d, y->cpu);

				for (e = 0; e < y->nr; e++)
					assert_int_equal(d->types[x->type[e]].id,
							 s->types[y->type[e]].id);
			}
			compared++;
		}
		vms_stream_free(d);
		vms_stream_free(s);
	}
	print_message("# %u of %u files\n", compared, files_nr);
	assert_true(compared > 0);
}

TEST(libtracecmds_map_of_guests_is_ours)
{
	unsigned int i, k, compared = 0;
	uint32_t v;

	for (i = 0; i < files_nr; i++) {
		struct vms_stream *d = load(&vms_source_direct, files[i]);
		struct tracecmd_input *in =
			d ? tracecmd_open(files[i], TRACECMD_FL_LOAD_NO_PLUGINS) : NULL;

		for (k = 0; in && k < d->decls_nr; k++) {
			const struct vms_guest_decl *g = &d->decls[k];
			const char *name = NULL;
			const int *pid = NULL;
			int nr = 0;

			assert_int_equal(
				tracecmd_get_guest_cpumap(in, g->trace_id, &name, &nr, &pid), 0);
			assert_string_equal(name, g->name);
			assert_int_equal(nr, g->vcpus_nr);
			for (v = 0; v < g->vcpus_nr; v++)
				assert_int_equal(pid[g->vcpu[v]], g->tid[v]);
			compared++;
		}
		if (in)
			tracecmd_close(in);
		vms_stream_free(d);
	}
	print_message("# %u guests\n", compared);
	if (!files_nr)
		skip();
	assert_true(compared > 0);
}

#ifdef HAVE_KSHARK

static struct vms_stream *stream_by_id(struct vms_stream **s, unsigned int nr, uint64_t trace_id)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (s[i]->trace_id == trace_id)
			return s[i];
	return NULL;
}

/* Open files in one session of KernelShark and compare the map that it draws its guests by. */
static unsigned int same_map(const char *const *paths, unsigned int nr)
{
	struct kshark_host_guest_map *map = NULL;
	struct kshark_context *ctx = NULL;
	struct vms_stream *direct[4] = { NULL };
	unsigned int i, compared = 0;
	int maps_nr, m, v, sd[4];

	assert_true(kshark_instance(&ctx));
	for (i = 0; i < nr; i++) {
		sd[i] = kshark_open(ctx, paths[i]);
		assert_true(sd[i] >= 0);
		direct[i] = load(&vms_source_direct, paths[i]);
		assert_non_null(direct[i]);
	}
	maps_nr = kshark_tracecmd_get_hostguest_mapping(&map);
	for (m = 0; m < maps_nr; m++) {
		struct tracecmd_input *in =
			kshark_get_tep_input(kshark_get_data_stream(ctx, map[m].guest_id));
		const struct vms_stream *guest = stream_by_id(direct, nr, tracecmd_get_traceid(in)),
					*host;
		const struct vms_guest_decl *g = NULL;

		in = kshark_get_tep_input(kshark_get_data_stream(ctx, map[m].host_id));
		host = stream_by_id(direct, nr, tracecmd_get_traceid(in));
		assert_non_null(host);
		for (i = 0; i < host->decls_nr; i++)
			if (host->decls[i].trace_id == guest->trace_id)
				g = &host->decls[i];
		assert_non_null(g);
		assert_string_equal(map[m].guest_name, g->name);
		assert_int_equal(map[m].vcpu_count, g->vcpus_nr);
		for (v = 0; v < map[m].vcpu_count; v++)
			assert_int_equal(map[m].cpu_pid[g->vcpu[v]], g->tid[v]);
		compared++;
	}
	if (maps_nr > 0)
		kshark_tracecmd_free_hostguest_map(map, maps_nr);
	kshark_free(ctx);
	for (i = 0; i < nr; i++)
		vms_stream_free(direct[i]);
	return compared;
}

TEST(libksharks_map_of_guests_is_ours)
{
	static const char *const sets[][3] = {
		{ "01-demo.dat", "01-demo-vm1.dat", NULL },
		{ "13-per-vcpu-offset.dat", "13-per-vcpu-offset-vm1.dat", NULL },
		{ "05-two-guests.dat", "05-two-guests-vm1.dat", "05-two-guests-vm2.dat" },
	};
	unsigned int i, k, compared = 0;

	for (i = 0; i < VMS_ARRAY_NR(sets); i++) {
		char buf[3][600];
		const char *paths[3];
		unsigned int nr = 0;

		for (k = 0; k < 3 && sets[i][k]; k++) {
			paths[nr] = unit_recording(sets[i][k], buf[k], sizeof(buf[k]));
			nr += paths[nr] != NULL;
		}
		if (nr == k)
			compared += same_map(paths, nr);
	}
	print_message("# %u guests\n", compared);
	if (!compared)
		skip();
}

#endif

/* Damaged files, the libraries die of some */

static void write_file(const char *path, const uint8_t *p, size_t size)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static size_t damage(uint8_t *p, size_t size, uint32_t *seed)
{
	const size_t reach = next_random(seed) % 2 ? size : VMS_MIN(size, (size_t)4096);
	uint32_t n = 1 + next_random(seed) % 8;

	if (!(next_random(seed) % 3))
		return next_random(seed) % size;
	while (n--)
		p[next_random(seed) % reach] = (uint8_t)next_random(seed);
	return size;
}

/*
 * Whatever the library does: a stream, or an error that says something; never the end of the
 * program.
 */
TEST(damaged_files_end_in_an_error)
{
	const struct vms_source *const sources[] = { &vms_source_tracecmd, &vms_source_kshark };
	char buf[600], tmp[] = P_tmpdir "/vmsync-test-XXXXXX", path[sizeof(tmp) + 16];
	const char *good = unit_recording("16-guest-only-vm1.dat", buf, sizeof(buf));
	uint32_t seed = 2463534242u, i, opened = 0;
	uint8_t *bytes, *copy;
	size_t size;
	FILE *f;

	if (!good)
		skip();
	bytes = malloc(1 << 20);
	copy = malloc(1 << 20);
	f = fopen(good, "re");
	assert_true(bytes && copy && f && mkdtemp(tmp));
	size = fread(bytes, 1, 1 << 20, f);
	(void)fclose(f);
	(void)snprintf(path, sizeof(path), "%s/damaged.dat", tmp);
	for (i = 0; i < 40; i++) {
		const struct vms_source *src = sources[i % 2];
		struct vms_stream *s = NULL;
		struct vms_err err = { 0 };
		int ret;

		memcpy(copy, bytes, size);
		write_file(path, copy, damage(copy, size, &seed));
		ret = src->load(&s, path, NULL, &err);
		assert_true(ret ? err.msg[0] && !strchr(err.msg, '\n') : s != NULL);
		opened += !ret;
		vms_stream_free(s);
	}
	print_message("# %u of %u opened nevertheless\n", opened, i);
	(void)unlink(path);
	(void)rmdir(tmp);
	free(bytes);
	free(copy);
}

TEST(what_is_no_file_is_said)
{
	struct vms_stream *s = NULL;
	struct vms_err err;

	assert_int_equal(vms_source_tracecmd.load(&s, "/nonexistent/x.dat", NULL, &err), -VMS_EIO);
	assert_int_equal(vms_source_tracecmd.load(&s, "/", NULL, &err), -VMS_EFORMAT);
	assert_int_equal(vms_source_tracecmd.load(&s, "/dev/null", NULL, &err), -VMS_EFORMAT);
	assert_null(s);
}

TEST(loading_can_be_cancelled)
{
	char buf[600];
	const char *path = unit_recording("01-demo.dat", buf, sizeof(buf));
	struct vms_stream *s = NULL;
	struct vms_err err;
	bool cancel = true;
	const struct vms_progress p = { .cancel = &cancel };

	if (!path)
		skip();
	assert_int_equal(vms_source_tracecmd.load(&s, path, &p, &err), -VMS_ECANCEL);
	assert_null(s);
}

TEST(running_out_of_memory_is_an_error)
{
	char buf[600];
	const char *path = unit_recording("19-idle-vm1.dat", buf, sizeof(buf));
	unsigned long n;

	if (!path)
		skip();
	for (n = 1; n < 4000; n += 1 + n / 6) {
		struct vms_stream *s = NULL;
		struct vms_err err = { 0 };
		int ret;

		vms_alloc_fail_at(n);
		ret = vms_source_tracecmd.load(&s, path, NULL, &err);
		vms_alloc_fail_at(0);
		assert_true(ret == -VMS_ENOMEM || !ret);
		vms_stream_free(s);
		if (!ret)
			break;
	}
}

UNIT_MAIN(find_files, free_files)
