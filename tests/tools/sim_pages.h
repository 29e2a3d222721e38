/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pages of a file that is being written, for what writes the file around them. */
#ifndef SIM_PAGES_H
#define SIM_PAGES_H

#include "sim_file.h"

#define PAGE 4096u
#define PAGE_HEADER 16u /* timestamp and commit, 8 bytes each */

/** struct sim_cpu_file - the pages of a CPU */
struct sim_cpu_file {
	FILE *f;
	uint64_t pages_nr;
	uint8_t page[PAGE];
	unsigned int used;  /* bytes of data in page */
	int64_t base, last; /* time of the page, time of the last event */
	bool open, losing;
	uint64_t lost, lost_before; /* being lost; lost before the page that is open */
	bool mark;		    /* the open page begins after lost events */
};

/** sim_event_id - the number of an event in its file */
unsigned int sim_event_id(enum sim_event ev);
/**
 * sim_field_offset - of a field, and the size of the record up to it, by natural alignment after
 * the 8 common bytes
 */
unsigned int sim_field_offset(const struct sim_format *fmt, unsigned int i);
/** sim_page_close - what is in the open page goes into the file */
void sim_page_close(struct sim_cpu_file *c);

#endif
