// SPDX-License-Identifier: LGPL-2.1-or-later
/* Every pane: on which screens it is, and in which order they are drawn. */
#include "ui/panes/panes.h"

#include "core/base/util.h"
#include "ui/panes/panes_impl.h"
#include "ui/plots/plots.h"

#define ON(screen) (1u << APP_SCREEN_##screen)
#define LISTS (ON(MAIN) | ON(CANDIDATES))
#define ALL (~0u)

static const struct {
	unsigned int screens;
	void (*draw)(const struct frame *f);
	unsigned int (*left_max)(const struct frame *f); /* NULL: it does not scroll sideways */
} panes[] = {
	{ LISTS, pane_axis, NULL },
	{ LISTS, pane_lanes, NULL },
	{ LISTS, pane_match, NULL },
	{ LISTS, pane_delay, NULL },
	{ LISTS, pane_overview, NULL },
	{ LISTS, pane_list, pane_list_left_max },
	{ LISTS, pane_stats, NULL },
	{ LISTS, pane_details, NULL },
	{ LISTS, pane_side, NULL },
	{ LISTS, pane_log, NULL },
	{ ON(PLOTS), pane_plots, NULL },
	{ ON(SEQUENCES), pane_sequences, pane_sequences_left_max },
	{ ON(EVENTS), pane_events, NULL },
	{ ON(MODELS), pane_models, NULL },
	{ ON(LOG), pane_log, pane_log_left_max },
	{ ALL, pane_title, NULL },
	{ ALL, pane_offset, NULL },
	{ ALL, pane_notice, NULL },
	{ ALL, pane_message, NULL },
	{ ALL, pane_bar, NULL },
};

void panes_draw(const struct frame *f)
{
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(panes); i++)
		if (panes[i].screens & 1u << app_shown(f->a)->screen)
			panes[i].draw(f);
}

unsigned int panes_left_max(const struct frame *f, enum app_screen screen)
{
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(panes); i++)
		if ((panes[i].screens & 1u << screen) && panes[i].left_max)
			return panes[i].left_max(f);
	return 0;
}
