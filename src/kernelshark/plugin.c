// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * KernelShark's plug-in: knows which graphs show a host CPU, a vCPU or its thread, and draws marks
 * over them.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wignored-qualifiers"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wunused-variable"
#include <libkshark.h>
#include <libkshark-plot.h>
#include <libkshark-plugin.h>
#include <libkshark-tepdata.h>
#pragma GCC diagnostic pop

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernelshark/graphs.h"
#include "kernelshark/marks.h"

/* KernelShark is a process with one session. */
static struct marks *marks;
static struct timespec anchors_time; /* of the anchors file that they are of */
static bool stale = true;	     /* other recordings than those are open */
static int streams_nr;		     /* that this plug-in is in use for */

static const struct ksplot_color anchor_color = { 255, 0, 128 };
static const struct ksplot_color wrong_color = { 255, 80, 0 };

#define ANCHOR_SIZE 1.5f
#define APART 4	 /* [px] two lines, at one end at least */
#define STUB 20. /* [px] */
#define WRONG_SIZE 1.f
#define WRONG_EVERY 6 /* [px] between two lines of a shade */

/* All plug-ins have functions of these names, and here ours are meant. */
#define SEEN __attribute__((visibility("protected")))

SEEN int KSHARK_PLOT_PLUGIN_INITIALIZER(struct kshark_data_stream *stream);
SEEN int KSHARK_PLOT_PLUGIN_DEINITIALIZER(struct kshark_data_stream *stream);
static void draw(struct kshark_cpp_argv *argv, int sd, int val, int draw_action);

static struct timespec anchors_changed(const char *host)
{
	char *path = marks_anchors_path(host);
	struct stat st = { 0 };

	if (path)
		(void)stat(path, &st);
	free(path);
	return st.st_mtim;
}

static void load(void)
{
	struct kshark_context *ctx = NULL;
	struct vms_err err = { 0 };
	const char **paths;
	unsigned int nr = 0;
	int i, *ids;

	marks_free(marks);
	marks = NULL;
	stale = false;
	ids = kshark_instance(&ctx) ? kshark_all_streams(ctx) : NULL;
	paths = ids ? calloc((size_t)ctx->n_streams + 1, sizeof(*paths)) : NULL;
	for (i = 0; paths && i < ctx->n_streams; i++) {
		struct kshark_data_stream *stream = kshark_get_data_stream(ctx, ids[i]);

		if (stream && kshark_is_tep(stream) && kshark_tep_is_top_stream(stream))
			paths[nr++] = stream->file;
	}
	if (nr && marks_load(&marks, paths, nr, &err))
		fprintf(stderr, "plugin-vmsync: %s\n", err.msg);
	free(paths);
	free(ids);
	if (marks)
		anchors_time = anchors_changed(marks->host);
}

/* Files that were appended have none of the plug-ins of the command line. */
static void appended_take(void)
{
	struct kshark_context *ctx = NULL;
	int i, *ids = kshark_instance(&ctx) ? kshark_all_streams(ctx) : NULL;

	for (i = 0; ids && i < ctx->n_streams; i++) {
		struct kshark_data_stream *stream = kshark_get_data_stream(ctx, ids[i]);
		const struct kshark_draw_handler *handler = stream ? stream->draw_handlers : NULL;
		const struct kshark_dpi_list *listed = stream ? stream->plugins : NULL;

		while (handler && handler->draw_func != draw)
			handler = handler->next;
		while (listed && listed->interface->init != KSHARK_PLOT_PLUGIN_INITIALIZER)
			listed = listed->next;
		if (!stream || handler || listed)
			continue;
		kshark_register_draw_handler(stream, draw);
		stale = true;
	}
	free(ids);
}

/* Another save of vmsync-tui is seen at the next picture. */
static void refresh(void)
{
	struct timespec now = { 0 };

	appended_take();
	if (marks)
		now = anchors_changed(marks->host);
	if (stale ||
	    (marks && (now.tv_sec != anchors_time.tv_sec || now.tv_nsec != anchors_time.tv_nsec)))
		load();
}

static void draw(struct kshark_cpp_argv *argv, int sd, int val, int draw_action)
{
	struct graphs *graphs = picture_graphs(argv);
	struct graph graph = { .stream = sd, .id = val, .kind = draw_action };

	if (!graphs || !picture_graph(argv, &graph))
		return;
	if (graphs->nr == graphs->room) {
		const unsigned int room = graphs->room ? 2 * graphs->room : 16;
		struct graph *at = reallocarray(graphs->at, room, sizeof(*at));

		if (!at)
			return;
		graphs->at = at;
		graphs->room = room;
	}
	if (!graphs->nr)
		refresh();
	graphs->at[graphs->nr++] = graph;
}

static const struct kshark_data_stream *stream_of(const struct graph *graph)
{
	struct kshark_context *ctx = NULL;
	struct kshark_data_stream *stream =
		kshark_instance(&ctx) ? kshark_get_data_stream(ctx, graph->stream) : NULL;

	return stream && kshark_is_tep(stream) && kshark_tep_is_top_stream(stream) ? stream : NULL;
}

static bool shows_file(const struct graph *graph, const char *path)
{
	const struct kshark_data_stream *stream = stream_of(graph);

	return stream && !strcmp(stream->file, path);
}

/* The guest whose vCPU a graph shows; -1: none. */
static int guest_of(const struct graph *graph)
{
	unsigned int i;

	for (i = 0; graph->kind & KSHARK_CPU_DRAW && i < marks->guests_nr; i++)
		if (shows_file(graph, marks->guests[i]))
			return (int)i;
	return -1;
}

/* By how much the person moved the times of a stream. */
static int64_t moved(const struct graph *graph)
{
	const struct kshark_data_stream *stream = stream_of(graph);
	int64_t time = 0;

	if (stream && stream->calib && stream->calib_array)
		stream->calib(&time, stream->calib_array);
	return time;
}

static double x_of(const struct graph *graph, int64_t time)
{
	return graph->left + (double)(time - graph->from) * (graph->right - graph->left) /
				     (double)(graph->to - graph->from);
}

/* Of a line that ends beyond the graphs, a stub says where to; false: both ends are. */
static bool cut(const struct graph *graph, double x[2], double y[2])
{
	const bool beyond[2] = { x[0] < graph->left || x[0] > graph->right,
				 x[1] < graph->left || x[1] > graph->right };
	int end;

	for (end = 0; end < 2; end++) {
		if (!beyond[end])
			continue;
		x[end] = x[!end] + (x[end] > x[!end] ? STUB : -STUB);
		y[end] = y[!end] + (y[end] > y[!end] ? STUB : -STUB) / 2;
	}
	return !beyond[0] || !beyond[1];
}

/* So many that what is below can be seen. */
static void anchors_draw(const struct graph *vcpu, int guest, const struct graph *host)
{
	const int64_t vcpu_moved = moved(vcpu), host_moved = moved(host);
	struct ksplot_point last[2] = { { -APART, 0 } };
	uint32_t i;

	for (i = 0; i < marks->anchors_nr; i++) {
		const struct mark_anchor *anchor = &marks->anchors[i];
		double x[2], y[2] = { vcpu->base, host->base };
		struct ksplot_point ends[2];

		if (anchor->guest != (unsigned int)guest || anchor->vcpu != (uint32_t)vcpu->id ||
		    host->id != (host->kind & KSHARK_CPU_DRAW ? (int)anchor->host_cpu
							      : anchor->host_tid))
			continue;
		x[0] = x_of(vcpu, anchor->guest_time + vcpu_moved);
		x[1] = x_of(host, anchor->host_time + host_moved);
		if (!cut(vcpu, x, y))
			continue;
		ends[0] = (struct ksplot_point){ (int)x[0], (int)y[0] };
		ends[1] = (struct ksplot_point){ (int)x[1], (int)y[1] };
		if (abs(ends[0].x - last[0].x) < APART && abs(ends[1].x - last[1].x) < APART)
			continue;
		memcpy(last, ends, sizeof(ends));
		ksplot_draw_line(&ends[0], &ends[1], &anchor_color, ANCHOR_SIZE);
	}
}

/* Hatched, as what is below has to be seen. */
static void wrong_draw(const struct graph *graph, int guest)
{
	const int64_t by = moved(graph);
	uint32_t i;

	for (i = 0; i < marks->wrong_nr; i++) {
		const struct mark_wrong *wrong = &marks->wrong[i];
		const int64_t from = wrong->from + by, to = wrong->to + by;
		int x, end;

		if (wrong->guest != (unsigned int)guest || wrong->vcpu != (uint32_t)graph->id ||
		    from > graph->to || to < graph->from)
			continue;
		x = from > graph->from ? (int)x_of(graph, from) : graph->left;
		end = to < graph->to ? (int)x_of(graph, to) : graph->right;
		/* lines of neighbours meet */
		for (x += x == end ? 0 : (WRONG_EVERY - x % WRONG_EVERY) % WRONG_EVERY; x <= end;
		     x += WRONG_EVERY) {
			const struct ksplot_point low = { x, graph->base };
			const struct ksplot_point high = { x, graph->base - graph->height };

			ksplot_draw_line(&low, &high, &wrong_color, WRONG_SIZE);
		}
	}
}

/* A vCPU has lines to host CPUs, and in a combo to the thread below it. */
void graphs_draw(const struct graphs *graphs)
{
	unsigned int i, k;
	int guest;

	for (i = 0; marks && i < graphs->nr; i++) {
		const struct graph *graph = &graphs->at[i];

		guest = guest_of(graph);
		if (guest < 0)
			continue;
		wrong_draw(graph, guest);
		if (graph->kind & KSHARK_GUEST_DRAW) {
			if (i + 1 < graphs->nr && graphs->at[i + 1].kind & KSHARK_HOST_DRAW)
				anchors_draw(graph, guest, &graphs->at[i + 1]);
			continue;
		}
		for (k = 0; k < graphs->nr; k++)
			if (graphs->at[k].kind == KSHARK_CPU_DRAW &&
			    shows_file(&graphs->at[k], marks->host))
				anchors_draw(graph, guest, &graphs->at[k]);
	}
}

int KSHARK_PLOT_PLUGIN_INITIALIZER(struct kshark_data_stream *stream)
{
	kshark_unregister_draw_handler(stream, draw);
	kshark_register_draw_handler(stream, draw);
	streams_nr++;
	stale = true;
	return 1;
}

static void all_leave(void)
{
	struct kshark_context *ctx = NULL;
	int i, *ids = kshark_instance(&ctx) ? kshark_all_streams(ctx) : NULL;

	for (i = 0; ids && i < ctx->n_streams; i++)
		kshark_unregister_draw_handler(kshark_get_data_stream(ctx, ids[i]), draw);
	free(ids);
	marks_free(marks);
	marks = NULL;
}

int KSHARK_PLOT_PLUGIN_DEINITIALIZER(struct kshark_data_stream *stream)
{
	kshark_unregister_draw_handler(stream, draw);
	stale = true;
	if (!--streams_nr)
		all_leave();
	return 1;
}
