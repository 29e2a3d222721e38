/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A catalogue made ready for two streams: names looked up, host sides judged once a stretch;
 * internal to pairing.
 */
#ifndef VMS_PAIRING_ROWS_H
#define VMS_PAIRING_ROWS_H

#include <vmsync/pairing.h>

#include "core/stretch/around.h"

#define VMS_KEYS_MAX 8
#define VMS_REASONS_MAX 8
#define VMS_GUEST_NONE UINT32_MAX

/** struct vms_near - a field of host events around an exit or entry */
struct vms_near {
	bool wanted; /* there is such a condition, and it cannot be left out */
	bool used;   /* the host recorded such events */
	uint16_t type;
	const struct vms_field *field;
};

/** struct vms_row_cond - a condition with its names looked up */
struct vms_row_cond {
	enum { VMS_COND_REASON, VMS_COND_INFO, VMS_COND_FIELD, VMS_COND_NEAR } kind;
	const char *name; /* VMS_COND_FIELD: of the entry or exit; VMS_COND_INFO: of the exit */
	struct vms_near near;
	bool negate, none;
	uint64_t value;
};

/** struct vms_row_host - one alternative of the host side */
struct vms_row_host {
	struct vms_row_cond *conds;
	unsigned int conds_nr;
};

/** struct vms_row - a sequence, and what is known of it in the stretch at hand */
struct vms_row {
	const struct vms_sequence *seq;
	struct vms_row_host *hosts;
	unsigned int hosts_nr; /* those for the thread's isa */
	struct vms_near key;
	uint64_t reasons[VMS_REASONS_MAX]; /* one of these, or any */
	unsigned int reasons_nr;
	bool any_reason;

	/* the host side, looked at when a guest event first matches */
	bool judged, fits;
	unsigned int keys_nr;
	uint64_t keys[VMS_KEYS_MAX]; /* values of the key on the host side */
	bool used;		     /* the guest has events that may fit */
	bool any;		     /* every event fits */
	uint32_t hit;		     /* guest event, or VMS_GUEST_NONE */
	uint32_t seen;		     /* the same, its key left aside: some one of them */
};

/** struct vms_row_guest - one alternative of a guest side, for one type of event */
struct vms_row_guest {
	uint16_t row;
	const struct vms_seq_event *event;
	const struct vms_field **fields; /* of its conditions */
	/* NULL = the row has no key, or the host side has none */
	const struct vms_field *key;
};

/** struct vms_near_seen - what was found near an entry or exit: several rows ask for the same */
struct vms_near_seen {
	const struct vms_field *field; /* NULL: nothing yet */
	uint32_t stretch;
	uint8_t dir, nr;
	uint64_t values[VMS_KEYS_MAX];
};
#define VMS_NEAR_SEEN 8

/** struct vms_rows - the rows that can match in these streams */
struct vms_rows {
	const struct vms_pairing *p;
	struct vms_row *rows;
	unsigned int rows_nr;
	struct vms_row_guest *guests; /* grouped by type */
	size_t guests_nr, guests_cap;
	/* by guest type: its first alternative; types_nr + 1 entries */
	size_t *from;
	struct vms_around around;
	uint8_t isa;			 /* of the thread's exits */
	struct vms_near_seen *near_seen; /* VMS_NEAR_SEEN of them */
};

/** vms_rows_compile - the caller clears also after a failure */
int vms_rows_compile(struct vms_rows *rows, const struct vms_pairing *pairing);
void vms_rows_clear(struct vms_rows *rows);

/** vms_row_fits - whether a stretch can be the host side of a row; fills the keys */
bool vms_row_fits(const struct vms_rows *r, struct vms_row *row, uint32_t stretch);

/** vms_row_side_known - whether a stretch has the entry, or exit, that a direction is of */
bool vms_row_side_known(const struct vms_rows *rows, enum vms_dir dir, uint32_t stretch_idx);

/** vms_row_asks - whether a guest event fulfils the conditions of an alternative */
bool vms_row_asks(const struct vms_rows *rows, const struct vms_row_guest *row_guest,
		  const uint8_t *payload);

/** vms_row_matches - whether one that does fits a stretch, the key included */
bool vms_row_matches(const struct vms_rows *rows, struct vms_row *row,
		     const struct vms_row_guest *row_guest, const uint8_t *payload,
		     uint32_t stretch);

#endif
