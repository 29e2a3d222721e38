/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host events that speak of a guest's clock, as notes in the order of a thread's time. */
#ifndef VMS_NOTES_H
#define VMS_NOTES_H

#include <vmsync/facts.h>

enum note_kind { NOTE_DEADLINE, NOTE_WAIT, NOTE_READ, NOTE_OFFSET, NOTE_MISSING };

/* What one host event says, for the thread that it is about. */
struct note {
	int64_t time_raw;
	int64_t value;	/* of NOTE_OFFSET: the offset after it */
	int64_t before; /* of NOTE_OFFSET: the one before it */
	struct vms_ref ref;
	uint32_t thread; /* index into vms_stretches.threads */
	uint8_t kind;	 /* enum note_kind */
	bool elsewhere;	 /* a wait in another thread than the vCPU's own */
};

/* Those of one host CPU, or of the guests. */
struct notes {
	struct note *n;
	size_t nr, cap;
};

/**
 * notes_collect - of each host CPU, in its order
 * @by_cpu: as many as it has CPUs, empty; what they hold is the caller's
 * Return: 0, -VMS_ENOMEM.
 */
int notes_collect(struct notes *by_cpu, const struct vms_stream *host,
		  const struct vms_stretches *st);
/**
 * notes_of_guest - deadlines that a guest says it wrote, when the stretch ends in which it says so:
 * a wait in that stretch came before. What its record lacks is noted too. 0, -VMS_ENOMEM
 */
int notes_of_guest(struct notes *out, const struct vms_facts_guest *guest,
		   const struct vms_stretches *st);
/**
 * notes_group - some parts by thread, in the order of the parts
 * @out: gets them; the caller's
 * @from: gets threads_nr + 1 begins
 * Return: 0, -VMS_ENOMEM.
 */
int notes_group(struct note **out, size_t *from, unsigned int threads_nr, const struct notes *parts,
		unsigned int parts_nr);
/** notes_sort - those of a thread by time; 0, -VMS_ENOMEM */
int notes_sort(struct note *note, size_t nr);

#endif
