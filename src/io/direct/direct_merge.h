/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs of one CPU become one, for every reader. */
#ifndef IO_DIRECT_MERGE_H
#define IO_DIRECT_MERGE_H

#include <stddef.h>

#include <vmsync/err.h>
#include <vmsync/stream.h>

/** struct direct_merged - room for all events and losses of the runs; owned by the caller */
struct direct_merged {
	int64_t *time;
	uint16_t *type;
	const uint8_t **payload;
	uint8_t *buffer;
	struct vms_lost *lost;
};

/**
 * direct_merge - the events of several runs in the order of time; of equal times the first run's
 * @cpu: its nr is that of all runs; gets the columns of @to, its losses and whether it is sorted
 * @buffers: which instance each run is of
 * Return: 0; -VMS_ENOMEM
 */
int direct_merge(struct vms_cpu *cpu, struct direct_merged *to, const struct vms_cpu *runs,
		 const uint8_t *buffers, size_t nr);

#endif
