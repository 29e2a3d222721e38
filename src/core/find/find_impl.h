/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of discovery share: ends of stretches as rows of a guest event and a cause, and
 * cells of both that may become a proposal.
 */
#ifndef VMS_FIND_IMPL_H
#define VMS_FIND_IMPL_H

#include <vmsync/find.h>

#include "core/pair/pairing_rows.h"
#include "core/stretch/cause.h"

/* Fewer pairs are no proposal; of still fewer nothing is said at all. */
#define FIND_PAIRS_LEAST 20u
#define FIND_PAIRS_FEW 8u
/* Of pairs so many are looked at for keys, and for whether the catalogue has them. */
#define FIND_SOME 512u
#define FIND_SOME_KNOWN 64u

/** struct find_row - an end of a stretch: its last event and exit, or its first and entry */
struct find_row {
	uint32_t event, stretch;
	uint32_t cause; /* of struct find_causes */
};

/** struct find_causes - each once */
struct find_causes {
	struct vms_cause *c;
	uint32_t nr;
	size_t cap;
	uint32_t *slots; /* by hash: number + 1 */
	uint32_t slots_nr;
};

/** struct find_part - a vCPU */
struct find_part {
	struct vms_pairing pairing;
	struct find_causes causes; /* its own, until they are the guest's */
	struct find_row *rows[2];
	uint32_t rows_nr[2];
};

/** struct find_cond - one field of a guest event; field NULL: none */
struct find_cond {
	const struct vms_field *field;
	bool negate;
	uint64_t value;
};

/** struct find_cell - a type of guest event and a cause that go together */
struct find_cell {
	enum vms_dir dir;
	uint16_t type;
	uint32_t cause;
	struct find_cond cond;
	uint32_t nr, of_type, of_cause;
	double share; /* of the mutual information */
	bool few;
	bool precise; /* the event tells the cause; else only the cause tells the event */
	/* a field that must equal a host event's around the exit or entry; NULL: none */
	const struct vms_field *key_guest, *key_host;
	uint16_t key_type;
	int known;	     /* in the catalogue; -1 = no */
	unsigned int family; /* of one cause and key: number + 1 */
};

/** struct find_at - a row */
struct find_at {
	uint32_t row;
	unsigned int part;
};

/** struct find - the search of a guest */
struct find {
	struct vms_session *session;
	const struct vms_find_opts *opts;
	unsigned int guest;
	const struct vms_stream *stream, *host;
	struct vms_causes host_causes;
	struct find_part *parts;
	unsigned int parts_nr;
	struct find_causes causes;
	struct vms_rows *catalogue; /* the session's, by part; made when it is asked */
	struct find_cell *cells;
	size_t cells_cap;
	uint32_t cells_nr;
};

/** struct find_table - one direction: what there is of each type and each cause */
struct find_table {
	const struct find *find;
	enum vms_dir dir;
	uint32_t rows_nr;
	/* numbers of types and causes that have some rows, from 1 on; 0: too few */
	uint32_t *type_no, *cause_no;
	uint16_t *type; /* by number */
	uint32_t *cause;
	unsigned int types_nr, causes_nr; /* numbers, 0 included */
	struct find_at *order;		  /* rows by type, of each as they come */
	uint32_t *from;			  /* by type number; types_nr + 1 */
	uint32_t *nr;			  /* [type number * causes_nr + cause number] */
	uint32_t *of_cause;		  /* by number */
	/* by stratum, a half of a vCPU's rows: how many, and [stratum * causes_nr + cause] */
	uint32_t *in_stratum, *cause_in_stratum;
	double tests; /* that are made: what seems significant must be so among them */
};

static inline const struct find_row *find_row_of(const struct find_table *t, uint32_t i)
{
	return &t->find->parts[t->order[i].part].rows[t->dir][t->order[i].row];
}
const uint8_t *find_payload(const struct find_table *t, uint32_t i);
bool find_cond_holds(const struct find_table *t, const struct find_cond *cond, uint32_t i);
/** find_g_of - log-likelihood ratio of a two by two table against what is expected of @both */
double find_g_of(double both, double expected, double a, double b, double all);
/** find_significant - such a ratio or a greater one is by chance in none of the tests */
bool find_significant(const struct find_table *t, double g);
/** find_name_is_plain - it can stand in a text of vmsync-sequences(5) */
bool find_name_is_plain(const char *name);
/** find_is_number - a field that conditions and keys may be about */
bool find_is_number(const struct vms_field *f);

/* find_rows.c */
/** find_rows_make - rows of all vCPUs of the guest, and the causes. 0; -VMS_ENOMEM; -VMS_ECANCEL */
int find_rows_make(struct find *find, struct vms_err *err);
void find_rows_clear(struct find *find);

/* find_cells.c */
/** find_cells_make - the cells of one direction that go together. 0; -VMS_ENOMEM; -VMS_ECANCEL */
int find_cells_make(struct find *find, enum vms_dir dir);

/* find_conds.c */
/**
 * find_conds_of - for each cause of a type the condition that splits it cleanly, if any
 * @best: by cause number
 */
int find_conds_of(struct find_table *t, unsigned int type_no, struct find_cond *best);

/* find_keys.c */
/** find_key_of - the key of a cell, if there is one; @at: its pairs, some of them. -VMS_ENOMEM */
int find_key_of(const struct find *find, struct find_cell *cell, const struct find_at *at,
		unsigned int nr);

/* find_known.c */
/** find_known_of - which sequence of the catalogue has the pairs of a cell. -VMS_ENOMEM */
int find_known_of(struct find *find, struct find_cell *cell, const struct find_at *at,
		  unsigned int nr);
void find_known_clear(struct find *find);

/* find_text.c */
/** find_texts - what the cells of a family are called, and their block */
int find_texts(const struct find *find, struct vms_found *found,
	       const struct find_cell *const *cells, unsigned int nr);

#endif
