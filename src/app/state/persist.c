// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows what of the session is on disk: the anchors file and the journal. */
#include "io/files/unchanged.h"
#include "io/anchors/journal.h"
#include "app/state/persist.h"
#include "app/state/loop.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmsync/io/anchors.h>
#include <vmsync/session_snapshot.h>

#include "app/state/messages.h"
#include "app/state/settings.h"
#include "app/words/format.h"
#include "core/base/printable.h"
#include "core/base/util.h"

/* What a file looked like when it was read or written. */
struct seen {
	bool known;
	off_t size;
	struct timespec mtime;
	ino_t ino;
};

struct files_room {
	char path[4096];      /* where w writes */
	uint64_t saved_steps; /* vms_session_steps() at the last save */
	uint64_t steps_seen;  /* the same after the last command */
	uint64_t unsaved_nr;  /* decisions between both */
	uint64_t lost_nr;     /* further ones since the last save that no undo leads back over */
	/* lines that other programs added live on in the next save */
	struct vms_anchors *loaded;
	struct vms_journal *journal;
	struct seen seen;
	char seen_path[4096];
	char notice[320];      /* why decisions are not on disk, "" = they are */
	char changed[300];     /* how the recording changed since it was loaded, "" = not */
	uint64_t *off_disk;    /* bits by id: decided, and neither saved nor in the journal */
	size_t off_disk_words; /* of them */
	bool others_off_disk;  /* so are changes of other kinds */
	bool taken;	       /* another run has the journal of this recording */
	bool looking;	       /* nothing is decided here */
	int watch;	       /* of the recording's files; -1 = none */
};

static void note_seen(struct files_room *files_room, const char *path)
{
	struct stat st;

	files_room->seen.known = !stat(path, &st);
	if (files_room->seen.known) {
		files_room->seen.size = st.st_size;
		files_room->seen.mtime = st.st_mtim;
		files_room->seen.ino = st.st_ino;
	}
	(void)snprintf(files_room->seen_path, sizeof(files_room->seen_path), "%s", path);
}

const char *files_path(const struct app *a)
{
	return a->files->path;
}

void files_path_set(struct app *a, const char *path)
{
	(void)snprintf(a->files->path, sizeof(a->files->path), "%s", path);
}

uint32_t files_unsaved_nr(const struct app *a)
{
	const struct files_room *f = a->files;

	return f->looking ? 0 : (uint32_t)VMS_MIN(f->unsaved_nr + f->lost_nr, UINT32_MAX);
}

void files_begin(struct app *app)
{
	app->files->steps_seen = app->files->saved_steps = vms_session_steps(app->session);
	app->files->unsaved_nr = app->files->lost_nr = 0;
}

void files_decided(struct app *a, bool fresh)
{
	const uint64_t now = vms_session_steps(a->session);
	struct files_room *files = a->files;
	const bool made = now > files->steps_seen;
	const struct vms_change *step = vms_session_step(a->session, made);
	const uint32_t nr = step && step->kind == VMS_CHANGE_PAIRS ? step->pairs.nr : 1;

	if (now == files->steps_seen)
		return;
	/* A new step after undoing past the saved state: that state cannot be reached any more. */
	if (fresh && files->steps_seen < files->saved_steps) {
		files->lost_nr += files->unsaved_nr;
		files->unsaved_nr = 0;
		files->saved_steps = files->steps_seen;
	}
	if (made ? now > files->saved_steps : now < files->saved_steps)
		files->unsaved_nr += nr;
	else
		files->unsaved_nr -= nr;
	files->steps_seen = now;
}

bool files_foreign(const struct app *a, const char *path)
{
	const struct files_room *f = a->files;
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return false;
	if (!f || !f->seen.known || strcmp(path, f->seen_path))
		return true;
	return st.st_size != f->seen.size || st.st_ino != f->seen.ino ||
	       st.st_mtim.tv_sec != f->seen.mtime.tv_sec ||
	       st.st_mtim.tv_nsec != f->seen.mtime.tv_nsec;
}

const char *files_notice(const struct app *app)
{
	if (!app->files)
		return "";
	if (app->files->changed[0] && app->files->notice[0])
		return "NO JOURNAL, only w keeps decisions; the recording CHANGED: see 7 for both";
	return app->files->changed[0] ? app->files->changed : app->files->notice;
}

static void files_unwatch(struct files_room *files)
{
	if (files->watch >= 0)
		(void)close(files->watch);
	files->watch = -1;
}

bool files_look(struct app *app)
{
	struct files_room *files = app->files;
	char changed[sizeof(files->changed)] = "";
	struct vms_err why;

	trace_watch_drain(files->watch);
	if (trace_unchanged(app->trace, &why))
		(void)snprintf(changed, sizeof(changed), "CHANGED, :reload loads it anew: %s",
			       why.msg);
	if (!strcmp(changed, files->changed))
		return false;
	memcpy(files->changed, changed, sizeof(changed));
	if (changed[0])
		app_say(app, APP_BAD, "%s", changed);
	/* who goes on writing to the file does not wake the screen for ever */
	files_unwatch(files);
	return true;
}

void files_watch(struct app *app)
{
	app->files->watch = trace_watch(app->trace);
}

int files_fd(const struct app *app)
{
	return app->files->watch;
}

bool files_journalled(const struct app *app)
{
	return app->files && !app->files->notice[0];
}

bool files_offered_again(const struct app *app)
{
	return app->files->journal && vms_journal_found_again(app->files->journal, app->trace);
}

bool files_off_disk(const struct app *app, uint32_t id)
{
	const struct files_room *files = app->files;

	return files && id / 64 < files->off_disk_words &&
	       files->off_disk[id / 64] >> (id % 64) & 1;
}

static void not_kept(struct app *app, const char *why)
{
	char notice[sizeof(app->files->notice)];

	(void)snprintf(notice, sizeof(notice), "NO JOURNAL, only w keeps decisions: %s", why);
	if (strcmp(notice, app->files->notice))
		app_say(app, APP_BAD, "%s", notice);
	memcpy(app->files->notice, notice, sizeof(notice));
}

static void kept(struct files_room *files)
{
	if (files->off_disk)
		memset(files->off_disk, 0, files->off_disk_words * sizeof(*files->off_disk));
	files->others_off_disk = false;
	files->notice[0] = '\0';
}

static void mark(struct files_room *files, const struct vms_change *c)
{
	size_t words = files->off_disk_words;
	uint32_t i;

	files->others_off_disk |= c->kind != VMS_CHANGE_PAIRS;
	for (i = 0; c->kind == VMS_CHANGE_PAIRS && i < c->pairs.nr; i++) {
		const uint32_t id = c->pairs.list[i].id;

		if (id / 64 >= words && vms_grow(&files->off_disk, &words, id / 64 + 1,
						 sizeof(*files->off_disk), UINT32_MAX))
			return; /* without memory for a mark: the notice stands */
		memset(files->off_disk + files->off_disk_words, 0,
		       (words - files->off_disk_words) * sizeof(*files->off_disk));
		files->off_disk_words = words;
		files->off_disk[id / 64] |= UINT64_C(1) << (id % 64);
	}
}

/* What could not be written before, as it is now. */
static int append_marked(struct files_room *files, const struct vms_session *session,
			 struct vms_err *err)
{
	struct vms_change change = { .kind = VMS_CHANGE_PAIRS };
	size_t word;
	int ret = 0;

	for (word = 0; word < files->off_disk_words && !ret; word++) {
		struct vms_decided list[64];
		unsigned int bit;

		change.pairs.list = list;
		for (change.pairs.nr = 0, bit = 0; bit < 64; bit++)
			if (files->off_disk[word] >> bit & 1)
				list[change.pairs.nr++] =
					(struct vms_decided){ .id = (uint32_t)word * 64 + bit };
		if (change.pairs.nr)
			ret = vms_journal_append(files->journal, session, &change, err);
		if (!ret)
			files->off_disk[word] = 0;
	}
	return ret;
}

static void observed(void *user, const struct vms_session *session, const struct vms_change *change)
{
	struct app *app = user;
	struct files_room *files = app->files;
	struct vms_err why = { 0 };

	if (files->journal && !append_marked(files, session, &why) &&
	    !vms_journal_append(files->journal, session, change, &why)) {
		if (files->notice[0] && !files->others_off_disk)
			kept(files);
		return;
	}
	if (files->notice[0] || files->journal)
		mark(files, change);
	if (files->journal)
		not_kept(app, why.msg);
}

void files_sync(struct app *app, bool now)
{
	struct vms_err why = { 0 };

	if (app->files->journal && vms_journal_sync(app->files->journal, now, &why))
		not_kept(app, why.msg);
}

int files_load(struct app *app, const char *path, struct vms_err *err)
{
	struct vms_anchors_report report = { 0 };
	struct vms_anchors *loaded = NULL;
	int ret;

	ret = vms_anchors_load(&loaded, path, err);
	if (ret)
		return ret;
	ret = vms_anchors_apply(app->session, loaded, &report, err);
	if (ret) {
		vms_anchors_free(loaded);
		return ret;
	}
	vms_anchors_free(app->files->loaded);
	app->files->loaded = loaded;
	note_seen(app->files, path);
	app_say(app, report.unmatched || report.other_host ? APP_WARN : APP_NOTE,
		"%u decision%s read from %s%s", report.applied, fmt_s(report.applied), path,
		report.other_host ? "; it was written for another host recording"
		: report.lines[VMS_CHANGE_CUTS] && vms_session_cuts(app->session)->nr
			? "; model piecewise is in the list"
			: "");
	if (report.unmatched)
		app_say(app, APP_WARN,
			"%u line%s of %s match%s no event here; it is kept in what is written",
			report.unmatched, fmt_s(report.unmatched), path,
			report.unmatched == 1 ? "es" : "");
	return 0;
}

int files_journal_beside(struct app *app, struct vms_err *err)
{
	int ret =
		vms_journal_open_beside(&app->files->journal, app->opts.state_dir, app->trace, err);

	if (ret)
		return ret;
	kept(app->files);
	app->files->taken = false;
	return 0;
}

bool files_taken(const struct app *app)
{
	return app->files->taken;
}

bool files_looking(const struct app *app)
{
	return app->files && app->files->looking;
}

void files_look_only(struct app *app)
{
	app->files->looking = true;
	(void)snprintf(app->files->notice, sizeof(app->files->notice),
		       "LOOKING ONLY: another vmsync-tui has this recording open");
}

static void journal_open(struct app *app)
{
	struct files_room *files = app->files;
	struct vms_err why = { 0 };

	if (app->opts.no_journal)
		return;
	files->taken = false;
	if (!app->opts.state_dir)
		not_kept(app, "HOME and XDG_STATE_HOME are not set");
	else if (trace_unchanged(app->trace, &why) ||
		 vms_journal_open_first(&files->journal, app->opts.state_dir, app->trace,
					&files->taken, &why))
		not_kept(app, why.msg);
	else if (vms_journal_aside(files->journal))
		app_say(app, APP_WARN, "the journal was damaged; as it was it is now %s",
			vms_journal_aside(files->journal));
}

uint32_t files_pending(const struct app *a)
{
	return a->files->journal ? vms_journal_pending(a->files->journal) : 0;
}

int files_open(struct app *app, struct vms_err *err)
{
	app->files = vms_calloc(1, sizeof(*app->files));
	if (!app->files)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	app->files->watch = -1;
	if (app->opts.output_path)
		files_path_set(app, app->opts.output_path);
	else
		(void)snprintf(app->files->path, sizeof(app->files->path), "%s.anchors",
			       app->trace->host->path);
	return 0;
}

int files_read(struct app *app, struct vms_err *err)
{
	struct vms_err why = { 0 };
	struct stat st;
	int ret = 0;

	if (app->opts.anchors_path)
		ret = files_load(app, app->opts.anchors_path, err);
	else if (!stat(app->files->path, &st) && S_ISREG(st.st_mode) && st.st_size &&
		 files_load(app, app->files->path, &why))
		app_say(app, APP_WARN, "%s is not read: %s", app->files->path, why.msg);
	if (ret)
		return ret;
	vms_session_observe(app->session, observed, app);
	files_begin(app);
	journal_open(app);
	return 0;
}

void files_close(struct app *app)
{
	if (!app->files)
		return;
	vms_session_observe(app->session, NULL, NULL);
	if (app_loop(app)->request & APP_REQUEST_QUIT)
		vms_journal_close_clean(app->files->journal);
	else
		vms_journal_close(app->files->journal);
	files_unwatch(app->files);
	vms_anchors_free(app->files->loaded);
	free(app->files->off_disk);
	free(app->files);
	app->files = NULL;
}

int files_write(struct app *app, const char *path, struct vms_err *err)
{
	struct vms_anchors *out = NULL;
	uint32_t accepted, rejected, undecided;
	struct vms_err why = { 0 };
	struct stat st;
	const char *how = stat(path, &st) ? " (new file)" : " (old version kept as ~)", *name;
	char text[80];
	int ret;

	if (vms_session_unformed(app->session))
		return vms_fail(err, VMS_ENODATA, "pairs are being formed: nothing is decided yet");
	ret = vms_anchors_from_session(&out, app->session, app->files->loaded,
				       app_prefs(app)->results, err);
	files_sync(app, true); /* a slow disk must not lose what is not saved yet */
	if (!ret)
		ret = vms_anchors_save(out, path, err);
	vms_anchors_free(out);
	if (ret)
		return ret;
	note_seen(app->files, path);
	if (path != app->files->path)
		files_path_set(app, path);
	kept(app->files); /* by the file; a journal that failed is tried again */
	if (!app->files->journal)
		journal_open(app);
	else if (vms_journal_clear(app->files->journal, &why))
		app_say(app, APP_WARN, "the journal could not be emptied: %s", why.msg);
	files_begin(app);
	vms_session_counts(app->session, &accepted, &rejected, &undecided);
	(void)snprintf(text, sizeof(text), "%u accepted, %u rejected written to", accepted,
		       rejected);
	/* who saved has just read the folder: the name and the fate of the old file are news */
	name = strrchr(path, '/') && strlen(text) + strlen(path) + strlen(how) + 3 > app->geo.cols
		       ? strrchr(path, '/') + 1
		       : path;
	app_say(app, APP_GOOD, "%s %s%s", text, name, how);
	return 0;
}

int files_restore(struct app *app, uint32_t *nr, uint32_t *unmatched, struct vms_err *err)
{
	struct vms_anchors_report report = { 0 };
	const uint32_t offered = files_pending(app);
	uint32_t i;
	int ret;

	if (!offered)
		return vms_fail(err, VMS_ENODATA, "no interrupted run left decisions");
	ret = vms_journal_replay(app->files->journal, app->session, &app->files->loaded, &report,
				 err);
	if (ret)
		return ret;
	for (*nr = report.applied, i = 0; i < VMS_CHANGE_NR; i++)
		*nr += report.lines[i];
	/* of what was decided more than once there is a line each time */
	*nr = VMS_MIN(*nr, offered);
	/* In the journal, not in a file: they want saving, and no undo step stands for them. */
	app->files->lost_nr += *nr + report.unmatched;
	*unmatched = report.unmatched;
	return 0;
}

int files_discard(struct app *a, struct vms_err *err)
{
	return a->files->journal ? vms_journal_forget(a->files->journal, err) : 0;
}

bool files_counts(const char *path, uint32_t *accepted, uint32_t *rejected, uint32_t *other)
{
	struct vms_anchors *anchors = NULL;
	struct stat st;
	uint32_t i;

	*accepted = *rejected = *other = 0;
	if (stat(path, &st) || !S_ISREG(st.st_mode) || vms_anchors_load(&anchors, path, NULL))
		return false;
	for (i = 0; i < anchors->rows_nr; i++) {
		if (anchors->rows[i].verbatim)
			(*other)++;
		else if (anchors->rows[i].state == VMS_ACCEPTED)
			(*accepted)++;
		else if (anchors->rows[i].state == VMS_REJECTED)
			(*rejected)++;
		else
			(*other)++;
	}
	vms_anchors_free(anchors);
	return true;
}
