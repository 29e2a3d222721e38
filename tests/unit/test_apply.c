// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Corrected copies: what libtracecmd and libkshark make of them is the model, and the recording
 * stays as it was.
 */
#include "folder.h"
#include "shown.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include <vmsync/io/apply.h>
#include <vmsync/io/open.h>
#include <vmsync/session.h>

#include "core/base/printable.h"
#include "core/base/util.h"
#include "core/session/copy_impl.h"
#include "io/apply/corrected.h"
#include "io/files/files.h"

#if defined(__SANITIZE_ADDRESS__)
/* The libraries lose memory of their own when they parse formats. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent.so\nleak:libtracecmd.so\nleak:libkshark.so\nleak:vfscanf\nleak:"
	       "vsscanf\n";
}
#endif

static const char *out_path(char buf[600])
{
	(void)snprintf(buf, 600, "%s/out.dat", folder);
	return buf;
}

struct recording {
	struct vms_trace *trace;
	struct vms_session *session;
};

static void recording_close(struct recording *r)
{
	vms_session_free(r->session);
	vms_trace_free(r->trace);
	memset(r, 0, sizeof(*r));
}

/* @guest: a file that belongs to the host, or NULL for those beside it. */
static bool recording_open(struct recording *r, const char *name, const char *guest)
{
	const struct vms_session_opts so = { 0 };
	char buf[1024];
	const char *paths[2] = { unit_recording(name, buf, sizeof(buf)), guest };
	struct vms_err err = { 0 };

	memset(r, 0, sizeof(*r));
	if (!paths[0])
		return false;
	if (vms_trace_open(&r->trace, paths, guest ? 2 : 1, NULL, NULL, &err) ||
	    vms_session_new(&r->session, r->trace, &so, &err))
		fail_msg("%s: %s", name, err.msg);
	return true;
}

/* What anybody should be shown: the model, then the host's own way to nanoseconds. */
static int64_t wanted(const struct vms_trace *t, const struct vms_model *m, unsigned int cpu_idx,
		      uint32_t i, int64_t time_raw)
{
	uint64_t v = (uint64_t)vms_model_event(m, cpu_idx, i, time_raw);

	if (t->host->clock.mult)
		v = vms_tsc2nsec(&t->host->clock, v);
	return (int64_t)v + t->host->ts_offset;
}

/*
 * Returns how many events lie further than one unit from what is wanted, had libtracecmd corrected
 * those of instances too.
 */
static uint64_t differ(const struct vms_trace *t, unsigned int guest, const struct vms_model *m,
		       const struct vms_stream *got)
{
	const struct vms_stream *g = t->guests[guest].stream;
	uint64_t nr = 0, seen = 0;
	unsigned int i, k;
	uint32_t e;

	for (i = 0; i < g->cpus_nr; i++) {
		for (k = 0; k < got->cpus_nr; k++)
			if (got->cpus[k].cpu == g->cpus[i].cpu)
				break;
		if (k == got->cpus_nr) {
			assert_int_equal(g->cpus[i].nr, 0);
			continue;
		}
		assert_int_equal(got->cpus[k].nr, g->cpus[i].nr);
		for (e = 0; e < g->cpus[i].nr; e++, seen++) {
			const int64_t raw = got->cpus[k].time_raw[e];
			const int64_t shown = (int64_t)vms_recorded_final(got, got->cpus[k].cpu,
									  (uint64_t)raw, false);

			nr += llabs(shown - wanted(t, m, i, e, g->cpus[i].time_raw[e])) > 1;
		}
	}
	assert_true(seen > 0 && seen == g->events_nr);
	return nr;
}

/* Every reader there is, and what libtracecmd shows. Debian's cannot read zlib. */
static void readers_agree(const char *path, const struct vms_trace *t, unsigned int guest,
			  const struct vms_model *m, uint64_t allowed)
{
	const struct vms_source *const *all;
	unsigned int nr = 0;
	uint64_t shown_nr = 0;

	for (all = vms_sources(); *all; all++) {
		const struct vms_source *src = *all;
		struct vms_stream *s = NULL;
		struct vms_err err = { 0 };

		if (src->load(&s, path, NULL, &err)) {
			if (err.code == VMS_EUNSUP && strstr(err.msg, "libkshark"))
				continue; /* which is not here */
			assert_string_not_equal(src->name, "direct");
			assert_string_equal(t->guests[guest].stream->compression, "zlib");
			continue;
		}
		if (!strcmp(src->name, "direct"))
			shown_nr = shown_as_said(s);
		else
			assert_int_equal(shown_nr, s->events_nr);
		assert_int_equal(differ(t, guest, m, s), allowed);
		vms_stream_free(s);
		nr++;
	}
	assert_true(nr >= 1);
}

static void write_and_read(const struct vms_trace *t, unsigned int guest, const struct vms_model *m)
{
	struct vms_copy r = { .model = (struct vms_model *)(uintptr_t)m };
	struct vms_err err = { 0 };
	char path[600];

	if (vms_apply_write(out_path(path), t, guest, &r, &err))
		fail_msg("%s: %s", t->guests[guest].stream->path, err.msg);
	assert_int_equal(r.events_nr, t->guests[guest].stream->events_nr);
	readers_agree(path, t, guest, m, r.unequal_nr);
	/* only events at one time on both sides of a step may differ */
	assert_true(r.unequal_nr <= 2);
}

/* The copy under model band, opened with its host, is judged right on every vCPU. */
static void band_is_in_band(const char *name, unsigned int guest, unsigned int guests_nr)
{
	struct recording again;
	char path[600];
	unsigned int i;

	if (guests_nr > 1)
		return;
	(void)guest;
	assert_true(recording_open(&again, name, out_path(path)));
	assert_true(vms_session_tracks_nr(again.session) > 0);
	for (i = 0; i < vms_session_tracks_nr(again.session); i++) {
		const struct vms_model_result *res =
			vms_session_result(again.session, i, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);

		assert_non_null(res);
		if (!res->available || res->verdict != VMS_VERDICT_IN_BAND)
			fail_msg("%s: track %u: verdict %d, %s", name, i, res->verdict,
				 res->why_not);
	}
	recording_close(&again);
}

/* trace-cmd itself, where it is installed: an event a line at least. */
static void trace_cmd_reports(const struct vms_stream *g)
{
	char command[800], path[600], line[4096];
	uint64_t lines = 0;
	FILE *f;

	if (system("command -v trace-cmd >/dev/null 2>&1") || !strcmp(g->compression, "zlib"))
		return;
	(void)snprintf(command, sizeof(command), "trace-cmd report '%s' 2>/dev/null",
		       out_path(path));
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		lines += strchr(line, '\n') != NULL;
	assert_int_equal(pclose(f), 0);
	assert_true(lines >= g->events_nr);
}

static void recording_test(const char *name)
{
	static const enum vms_by models[] = { VMS_BY_RECORDED, VMS_BY_BAND };
	struct recording r;
	char path[600];
	unsigned int g;
	size_t i;

	if (!recording_open(&r, name, NULL)) {
		print_message("# %s is not here\n", name);
		return;
	}
	for (g = 0; g < r.trace->guests_nr; g++) {
		for (i = 0; i < VMS_ARRAY_NR(models); i++) {
			const struct vms_model *m = vms_session_model_map(r.session, models[i], g);

			if (m)
				write_and_read(r.trace, g, m);
			else
				assert_int_not_equal(models[i], VMS_BY_BAND);
		}
		trace_cmd_reports(r.trace->guests[g].stream);
		band_is_in_band(name, g, r.trace->guests_nr);
	}
	recording_close(&r);
	assert_int_equal(unlink(out_path(path)), 0);
}

/* Threads that ran before what woke them on another vCPU: raw times of one clock are in order. */
static uint32_t ran_too_early(const struct vms_stream *g, const struct vms_model *m)
{
	const unsigned int waking = vms_type_find(g, "sched", "sched_waking"),
			   switches = vms_type_find(g, "sched", "sched_switch");
	uint32_t i, k, nr = 0;

	for (i = 0; i < g->cpus[0].nr; i++) {
		const struct vms_cpu *woken = &g->cpus[1];
		const int64_t at = g->cpus[0].time_raw[i];
		uint64_t pid, next = 0;

		if (g->cpus[0].type[i] != waking ||
		    !vms_field_by_name(g, (struct vms_ref){ 0, i }, "pid", &pid))
			continue;
		for (k = vms_cpu_lower_bound(woken, at); k < woken->nr && next != pid; k++)
			if (woken->type[k] == switches)
				(void)vms_field_by_name(g, (struct vms_ref){ 1, k }, "next_pid",
							&next);
		nr += next == pid && vms_model_event(m, 0, i, at) >
					     vms_model_event(m, 1, k - 1, woken->time_raw[k - 1]);
	}
	return nr;
}

/* Clocks as far from each other as their bands allow: what was woken runs afterwards again. */
TEST(what_was_woken_comes_after_what_woke_it)
{
	struct vms_copy copy = { 0 };
	struct vms_err err = { 0 };
	struct recording r;
	uint32_t before;
	unsigned int i;

	if (!recording_open(&r, "02-local-ptp.dat", NULL))
		skip();
	assert_int_equal(vms_model_dup(&copy.model,
				       vms_session_model_map(r.session, VMS_BY_BAND, 0), &err),
			 0);
	for (i = 0; i < 2; i++) {
		const struct vms_track *track = vms_session_track(r.session, i);
		const int64_t at = track->band->segs[0].from_raw;
		int64_t lo, hi;

		assert_int_equal(track->cpu_idx, i);
		vms_band_at(&track->band->segs[0], at, &lo, &hi);
		copy.early_raw = VMS_MAX(copy.early_raw, hi - lo);
		copy.model->cpus[i].pieces[0].line.offset_raw +=
			at - vms_model_time(copy.model, i, at) + (i ? lo : hi);
	}
	before = ran_too_early(r.trace->guests[0].stream, copy.model);
	assert_true(before > 10);
	assert_int_equal(session_copy_tie(&copy, r.session, 0), 0);
	assert_true(copy.ties_nr > 1000 && !copy.untied_nr);
	/* of two wake-ups within what the clocks allow, the later one may have been it */
	assert_true(ran_too_early(r.trace->guests[0].stream, copy.model) <= before / 10);
	vms_copy_clear(&copy);
	recording_close(&r);
}

TEST(copies_have_names_that_can_be_shown)
{
	static const char *const names[] = { "\xe2\x80\xae/\x7f", "..\xff\xc2\x9b" };
	struct app_corrected written = { 0 };
	struct vms_err err = { 0 };
	struct recording r;
	struct dirent *entry;
	unsigned int g, copies = 0;
	DIR *dir;

	if (!recording_open(&r, "05-two-guests.dat", NULL))
		skip();
	for (g = 0; g < r.trace->guests_nr; g++) {
		free(r.trace->guests[g].name);
		r.trace->guests[g].name = strdup(names[g]);
		r.trace->guests[g].stream->name = r.trace->guests[g].name;
	}
	if (app_corrected_write_all(r.session, in_folder("copy"), "band", true, &written, &err))
		fail_msg("%s", err.msg);
	app_corrected_free(&written);
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char shown[400];

		copies += entry->d_name[0] == 'c';
		assert_string_equal(fmt_clean(entry->d_name, shown, sizeof(shown)), entry->d_name);
	}
	(void)closedir(dir);
	assert_int_equal(copies, 2);
	recording_close(&r);
}

/* What is replaced lives on as NAME~, which may be a recording's own name. */
TEST(no_old_version_takes_the_place_of_the_recording)
{
	char path[600];
	struct vms_stream host = { .path = path };
	const struct vms_trace trace = { .host = &host };

	(void)snprintf(path, sizeof(path), "%s", in_folder("r~"));
	assert_int_equal(file_replace(path, "a", 1, false, NULL), 0);
	assert_int_equal(vms_recording_spare(&trace, in_folder("r"), NULL), 0);
	assert_int_equal(file_replace(in_folder("r"), "b", 1, false, NULL), 0);
	assert_int_equal(symlink("r", in_folder("link")), 0);
	assert_int_equal(vms_recording_spare(&trace, in_folder("r"), NULL), -VMS_EUSAGE);
	assert_int_equal(vms_recording_spare(&trace, in_folder("link"), NULL), -VMS_EUSAGE);
}

TEST(test_bundled)
{
	static const char *const names[] = {
		"01-demo.dat",		"06b-wrong-2s.dat",	  "08-lost.dat", "10-zlib.dat",
		"12a-tsc-step-all.dat", "13-per-vcpu-offset.dat", "19-idle.dat",
	};
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(names); i++)
		recording_test(names[i]);
}

TEST(test_shared)
{
	static const char *const names[] = {
		"02-local-ptp.dat",   "03-nosync.dat",	   "05-two-guests.dat",
		"09-v6.dat",	      "11-nocompress.dat", "12c-tsc-step-and-back.dat",
		"17b-long-drift.dat", "90-intel.dat",
	};
	size_t i;

#if !defined(__SANITIZE_ADDRESS__) /* all of them take minutes with it */
	for (i = 0; i < VMS_ARRAY_NR(names); i++)
		recording_test(names[i]);
#else
	(void)i;
	(void)names;
	print_message("# left out with sanitizers\n");
#endif
}

/*
 * A model no recording has: lines that rise and fall by 900 ppm, and steps of milliseconds. Its
 * many samples make the options longer than a page, which moves all data of a version 6 file.
 * After @rise steps up comes one down; where several buffers are merged there must be none, as
 * the order of their events would change.
 */
static void crooked(struct vms_model *m, const struct vms_stream *g, uint32_t rise)
{
	struct vms_err err = { 0 };
	unsigned int i;
	uint32_t k;

	for (i = 0; i < g->cpus_nr; i++) {
		const struct vms_cpu *c = &g->cpus[i];
		struct vms_piece p[200];

		if (c->nr < VMS_ARRAY_NR(p))
			continue;
		for (k = 0; k < VMS_ARRAY_NR(p); k++) {
			p[k].from_idx = c->nr / (uint32_t)VMS_ARRAY_NR(p) * k;
			p[k].from_raw = c->time_raw[p[k].from_idx];
			p[k].line = (struct vms_line){
				.ref_raw = p[k].from_raw,
				.offset_raw = 1000000007 + (int64_t)(k % rise) * 3000000,
				.offset_frac = 0.3,
				.drift = (k & 1) ? 900e-6 : -900e-6,
			};
		}
		assert_int_equal(vms_model_set(m, i, p, VMS_ARRAY_NR(p), &err), 0);
	}
}

static void crooked_test(const char *name)
{
	struct vms_model *m = NULL;
	struct vms_err err = { 0 };
	struct recording r;
	char path[600];

	if (!recording_open(&r, name, NULL)) {
		print_message("# %s is not here\n", name);
		return;
	}
	assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, r.trace->guests[0].stream, &err), 0);
	crooked(m, r.trace->guests[0].stream, 7);
	/* an own conversion of the host's goes into the copy */
	r.trace->host->ts_offset = -12345678901;
	r.trace->host->clock.mult = 805306368;
	r.trace->host->clock.shift = 31;
	write_and_read(r.trace, 0, m);
	vms_model_free(m);
	recording_close(&r);
	assert_int_equal(unlink(out_path(path)), 0);
}

TEST(test_crooked)
{
	crooked_test("01-demo.dat");
	crooked_test("09-v6.dat");
	crooked_test("10-zlib.dat");
}

/* Several ring buffers in version 6: tables between the data, with offsets of their own. */
TEST(test_v6_instances)
{
	char from[600], command[2000], buf[1024];
	const char *path = unit_recording("18-buffers.dat", buf, sizeof(buf));
	struct vms_stream host = { .path = path, .trace_id = 1 };
	struct vms_guest guest = { 0 };
	struct vms_trace t = { .host = &host, .guests = &guest, .guests_nr = 1 };
	struct vms_model *m = NULL;
	struct vms_err err = { 0 };
	char out[600];

	(void)snprintf(from, sizeof(from), "%s/in.dat", folder);
	(void)snprintf(command, sizeof(command),
		       "trace-cmd convert -i '%s' -o '%s' --file-version 6 >/dev/null 2>&1",
		       path ? path : "", from);
	if (!path || system("command -v trace-cmd >/dev/null 2>&1") || system(command)) {
		print_message("# needs 18-buffers.dat and trace-cmd\n");
		return;
	}
	assert_int_equal(vms_sources()[0]->load(&guest.stream, from, NULL, &err), 0);
	assert_int_equal(guest.stream->version, 6);
	assert_true(guest.stream->buffers_nr > 1);
	assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, guest.stream, &err), 0);
	crooked(m, guest.stream, UINT32_MAX);
	write_and_read(&t, 0, m);
	vms_model_free(m);
	vms_stream_free(guest.stream);
	assert_int_equal(unlink(from), 0);
	assert_int_equal(unlink(out_path(out)), 0);
}

/*
 * A guest that drifts for hours: the product of libtracecmd's interpolation would overflow with two
 * samples.
 */
TEST(test_no_overflow)
{
	enum { NR = 40000 };
	int64_t *time = calloc(NR, sizeof(*time));
	struct vms_cpu cpu = { .nr = NR, .sorted = true, .time_raw = time };
	struct vms_stream host = { .trace_id = 1 };
	struct vms_piece p = { 0 };
	struct vms_model *m = NULL;
	struct vms_err err = { 0 };
	struct recording r;
	char path[600];
	int sign;
	int64_t i;

	if (!recording_open(&r, "19-idle.dat", NULL))
		skip();
	/*
	 * 10 hours of 3 GHz: a product fits for 2.4 minutes at this drift. The file only lends its
	 * container
	 */
	for (i = 0; i < NR; i++)
		time[i] = 1000000000000 + i * 2700000000 + i * i % 9973;
	for (sign = -1; sign <= 1; sign += 2) {
		struct vms_stream g = { .path = r.trace->guests[0].stream->path,
					.version = 7,
					.cpus = &cpu,
					.cpus_nr = 1,
					.events_nr = NR };
		struct vms_guest guest = { .stream = &g };
		struct vms_trace t = { .host = &host, .guests = &guest, .guests_nr = 1 };
		struct vms_stream *s = NULL;
		struct vms_copy rep;

		assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, &g, &err), 0);
		p.line = (struct vms_line){ .ref_raw = time[0],
					    .offset_raw = 5000000000,
					    .drift = sign * 50e-6 };
		assert_int_equal(vms_model_set(m, 0, &p, 1, &err), 0);
		host.path = r.trace->host->path;
		rep = (struct vms_copy){ .model = m };
		assert_int_equal(vms_apply_write(out_path(path), &t, 0, &rep, &err), 0);
		assert_int_equal(rep.unequal_nr, 0);
		assert_true(rep.samples_nr > 2 && rep.samples_nr < 1000);
		assert_int_equal(vms_sources()[0]->load(&s, path, NULL, &err), 0);
		for (i = 0; i < NR; i++)
			assert_true(
				llabs((int64_t)vms_recorded_apply(s->shift, 0, (uint64_t)time[i]) -
				      vms_model_event(m, 0, (uint32_t)i, time[i])) <= 1);
		vms_stream_free(s);
		vms_model_free(m);
	}
	free(time);
	recording_close(&r);
	assert_int_equal(unlink(out_path(path)), 0);
}

TEST(test_refuses_recording)
{
	struct vms_err err = { 0 };
	struct vms_copy copy = { 0 };
	struct stat before, after;
	struct recording r;
	char path[600];

	if (!recording_open(&r, "19-idle.dat", NULL))
		skip();
	assert_int_equal(vms_session_copy(&copy, r.session, VMS_BY_BAND, 0, &err), 0);
	assert_int_equal(stat(r.trace->guests[0].stream->path, &before), 0);
	assert_int_equal(vms_apply_write(r.trace->guests[0].stream->path, r.trace, 0, &copy, &err),
			 -VMS_EUSAGE);
	assert_int_equal(vms_apply_write(r.trace->host->path, r.trace, 0, &copy, &err),
			 -VMS_EUSAGE);
	assert_int_equal(symlink(r.trace->guests[0].stream->path, out_path(path)), 0);
	assert_int_equal(vms_apply_write(path, r.trace, 0, &copy, &err), -VMS_EUSAGE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(stat(r.trace->guests[0].stream->path, &after), 0);
	assert_true(before.st_size == after.st_size &&
		    before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
	(void)snprintf(path, sizeof(path), "%s/none/out.dat", folder);
	assert_int_equal(vms_apply_write(path, r.trace, 0, &copy, &err), -VMS_EIO);
	r.trace->guests[0].stream->times_corrected = true;
	assert_int_equal(vms_apply_write(out_path(path), r.trace, 0, &copy, &err), -VMS_EUNSUP);
	assert_int_equal(access(path, F_OK), -1);
	r.trace->guests[0].stream->times_corrected = false;
	vms_copy_clear(&copy);
	recording_close(&r);
}

/* Whichever allocation fails: an error, no file, nothing lost. */
TEST(test_out_of_memory)
{
	struct vms_err err = { 0 };
	struct vms_copy copy = { 0 };
	struct recording r;
	unsigned long n;
	char path[600];
	int ret = -1;

	if (!recording_open(&r, "19-idle.dat", NULL))
		skip();
	assert_int_equal(vms_session_copy(&copy, r.session, VMS_BY_BAND, 0, &err), 0);
	for (n = 1; ret && n < 1000; n++) {
		vms_alloc_fail_at(n);
		ret = vms_apply_write(out_path(path), r.trace, 0, &copy, &err);
		vms_alloc_fail_at(0);
		if (ret) {
			assert_int_equal(ret, -VMS_ENOMEM);
			assert_int_equal(access(path, F_OK), -1);
		}
	}
	assert_int_equal(ret, 0);
	assert_true(n > 5);
	vms_copy_clear(&copy);
	recording_close(&r);
	assert_int_equal(unlink(path), 0);
}

UNIT_MAIN(folder_make, folder_remove)
