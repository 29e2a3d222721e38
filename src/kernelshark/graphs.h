/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where KernelShark put its graphs in a picture, and what is drawn over them once all are there. */
#ifndef KERNELSHARK_GRAPHS_H
#define KERNELSHARK_GRAPHS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kshark_cpp_argv;

/** struct graph - one of a picture [px], and the times that it shows */
struct graph {
	int stream, id, kind; /* of KernelShark: id is a CPU or a task, kind its draw action */
	int left, right, base, height;
	int64_t from, to;
};

/** struct graphs - of one picture, from above */
struct graphs {
	struct graph *at;
	unsigned int nr, room;
};

/**
 * picture_graphs - the graphs of the picture that KernelShark is about to draw; NULL: out of memory
 * They live as long as KernelShark has the picture, and graphs_draw() is called whenever it is
 * drawn.
 */
struct graphs *picture_graphs(struct kshark_cpp_argv *argv);
/** picture_graph - where a graph is; false: it shows nothing */
bool picture_graph(struct kshark_cpp_argv *argv, struct graph *out);

void graphs_draw(const struct graphs *graphs);

#ifdef __cplusplus
}
#endif

#endif
