/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What parsing and matching share: an expression as nodes. */
#ifndef APP_FILTER_IMPL_H
#define APP_FILTER_IMPL_H

#include "app/filter/filter.h"

enum field {
	F_SEQ,
	F_VCPU,
	F_GUEST,
	F_DIR,
	F_STATE,
	F_DELAY,
	F_RESIDUAL,
	F_T,
	F_PCPU,
	F_EVENT,
	F_TAG,
	F_ID,
	F_OUTLIER,
	F_BEYOND,
	F_IMPOSSIBLE,
	F_BINDING,
	F_DETACHED,
	F_LOADED,
	F_RIVAL,
	F_TASK,
	F_OUTSIDE,
	F_NAMED, /* a field of the event's format */
	F_ANY,
	F_NR
};

enum op {
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_HAS,
	OP_HAS_NOT,
	OP_TRUE,
	OP_AND,
	OP_OR,
	OP_NOT
};

struct node {
	uint8_t op;
	uint8_t field;
	int32_t left, right; /* operands of AND, OR, NOT */
	char *name;	     /* of the event's format */
	char *text;
	int64_t num; /* integer, or raw time */
	bool is_num; /* the text is one */
	double ns;
};

struct app_filter {
	struct node *nodes;
	size_t nodes_cap;
	int32_t nodes_nr;
	int32_t root;
	bool decisions;
};

/** filter_compare - whether an order (less than, 0, more than 0) is what an operator asks for */
bool filter_compare(enum op op, int cmp);

#endif
