/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An application on a real recording, for tests of commands: no terminal, no files unless a test
 * asks.
 */
#ifndef TESTS_APP_FIXTURE_H
#define TESTS_APP_FIXTURE_H

#include "unit.h"

#include <locale.h>
#include <vmsync/io/open.h>

#include "app/commands/app_keys.h"
#include "app/commands/command.h"
#include "app/commands/start.h"
#include "app/state/app.h"
#include "app/state/events.h"
#include "app/state/history.h"
#include "app/state/lane_list.h"
#include "app/state/lane_tree.h"
#include "app/state/list.h"
#include "app/state/messages.h"
#include "app/state/persist.h"
#include "app/state/loop.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"
#include "app/state/search.h"
#include "app/state/settings.h"
#include "app/state/text.h"
#include "app/state/view.h"

struct fixture {
	struct vms_trace *trace;
	struct vms_session *session;
	struct app *app;
};

/* Opens a recording; false when this machine does not have it. */
static inline bool fixture_try(struct fixture *f, const char *name, const struct app_opts *o)
{
	const struct app_opts none = { .no_journal = true, .output_path = "unit-test.anchors" };
	const struct vms_session_opts so = { .align = { .drift_max = 500e-6 } };
	struct vms_err err = { 0 };
	char buf[1024];
	const char *path = unit_recording(name, buf, sizeof(buf));

	memset(f, 0, sizeof(*f));
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (!path)
		return false;
	if (vms_trace_open(&f->trace, &path, 1, NULL, NULL, &err) ||
	    vms_session_new(&f->session, f->trace, &so, &err) ||
	    app_new(&f->app, f->session, o ? o : &none, &err))
		fail_msg("%s: %s", name, err.msg);
	return true;
}

/* The same; the test is skipped when it is not here. */
static inline void fixture_open(struct fixture *f, const char *name, const struct app_opts *o)
{
	if (!fixture_try(f, name, o))
		skip();
}

static inline void fixture_close(struct fixture *f)
{
	app_free(f->app);
	vms_session_free(f->session);
	vms_trace_free(f->trace);
	memset(f, 0, sizeof(*f));
}

/*
 * Keys as one burst, as a terminal would hand them over; draws where the application asks for it.
 */
static inline void fixture_keys(struct app *a, const char *keys)
{
	uint32_t k[256];
	size_t nr = 0, at = 0;

	for (; keys[nr]; nr++)
		k[nr] = (unsigned char)keys[nr];
	while (at < nr) {
		at += app_keys(a, k + at, nr - at);
		if (at < nr)
			app_frame_drawn(a);
	}
}

#endif
