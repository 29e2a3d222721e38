// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the expression language of search and filter: its grammar and its fields. */
#include "app/filter/filter_impl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/words/candidate.h"
#include "app/words/format.h"
#include "app/words/words.h"
#include "core/base/util.h"

enum kind { KIND_TEXT, KIND_INT, KIND_DURATION, KIND_TIME, KIND_FLAG, KIND_NAMED };
#define BOTH (FILTER_PAIRS | FILTER_EVENTS)
static const struct filter_field fields[] = {
	[F_SEQ] = { "seq", "sequence by name: seq==timer-program", NULL, FILTER_PAIRS },
	[F_VCPU] = { "vcpu", "guest CPU number: vcpu==1", NULL, BOTH },
	[F_GUEST] = { "guest", "guest by name or number: guest==vm1", NULL, BOTH },
	[F_DIR] = { "dir", "which end comes first: dir==G>exit", "G>exit entry>G", FILTER_PAIRS },
	[F_STATE] = { "state", "decision: state==undecided", "undecided accepted rejected",
		      FILTER_PAIRS },
	[F_DELAY] = { "delay", "delay under the model in use: delay>2us", NULL, FILTER_PAIRS },
	[F_RESIDUAL] = { "residual", "difference to the median of its sequence: residual<-1us",
			 NULL, FILTER_PAIRS },
	[F_T] = { "t", "host time: t>=12.345s", NULL, BOTH },
	[F_PCPU] = { "pcpu", "host CPU number: pcpu<4", NULL, BOTH },
	[F_EVENT] = { "event", "name of an event, with exit reason: event~MSR", NULL, BOTH },
	[F_TAG] = { "tag", "note of the pair: tag~late", NULL, FILTER_PAIRS },
	[F_ID] = { "id", "number of the pair: id>=100", NULL, FILTER_PAIRS },
	[F_OUTLIER] = { "outlier", "residual far from its sequence", NULL, FILTER_PAIRS },
	[F_BEYOND] = { "beyond", "delay is not what its sequence lets expect", NULL, FILTER_PAIRS },
	[F_IMPOSSIBLE] = { "impossible", "negative delay at every offset of the band", NULL,
			   FILTER_PAIRS },
	[F_BINDING] = { "binding", "one of the pairs that fix the band", NULL, FILTER_PAIRS },
	[F_DETACHED] = { "detached", "decided, but does not form under this model", NULL,
			 FILTER_PAIRS },
	[F_LOADED] = { "loaded", "decision read from a file or the journal", NULL, FILTER_PAIRS },
	[F_RIVAL] = { "rival", "another candidate has the same guest event", NULL, FILTER_PAIRS },
	[F_TASK] = { "task", "task by name or number: task~qemu", NULL, FILTER_EVENTS },
	[F_OUTSIDE] = { "outside", "its vCPU did not run then: a violation", NULL, FILTER_EVENTS },
	[F_NAMED] = { NULL, NULL, NULL, 0 },
};

static const uint8_t kinds[F_NR] = {
	[F_SEQ] = KIND_TEXT,	      [F_VCPU] = KIND_INT,	[F_GUEST] = KIND_TEXT,
	[F_DIR] = KIND_TEXT,	      [F_STATE] = KIND_TEXT,	[F_DELAY] = KIND_DURATION,
	[F_RESIDUAL] = KIND_DURATION, [F_T] = KIND_TIME,	[F_PCPU] = KIND_INT,
	[F_EVENT] = KIND_TEXT,	      [F_TAG] = KIND_TEXT,	[F_ID] = KIND_INT,
	[F_OUTLIER] = KIND_FLAG,      [F_BEYOND] = KIND_FLAG,	[F_IMPOSSIBLE] = KIND_FLAG,
	[F_BINDING] = KIND_FLAG,      [F_DETACHED] = KIND_FLAG, [F_LOADED] = KIND_FLAG,
	[F_RIVAL] = KIND_FLAG,	      [F_TASK] = KIND_TEXT,	[F_OUTSIDE] = KIND_FLAG,
	[F_NAMED] = KIND_NAMED,	      [F_ANY] = KIND_TEXT,
};

/* Deep enough for any person, shallow enough for any stack. */
#define DEPTH_MAX 64
#define NODES_MAX 4096

struct parser {
	struct app_filter *f;
	enum filter_of of;
	const struct vms_session *s;
	const char *text;
	size_t at;
	size_t err_at;
	unsigned int depth;
	struct vms_err *err;
};

const struct filter_field *filter_fields(void)
{
	return fields;
}

static void skip_space(struct parser *p)
{
	while (isspace((unsigned char)p->text[p->at]))
		p->at++;
}

static bool take(struct parser *p, const char *token)
{
	skip_space(p);
	if (strncmp(p->text + p->at, token, strlen(token)))
		return false;
	p->at += strlen(token);
	return true;
}

static int fail_at(struct parser *p, size_t at, const char *what, const char *found)
{
	p->err_at = at;
	if (found)
		return vms_fail(p->err, VMS_EUSAGE, "%s '%s'", what, found);
	return vms_fail(p->err, VMS_EUSAGE, "%s", what);
}

static int32_t node_new(struct parser *p, enum op op)
{
	struct app_filter *f = p->f;

	if (vms_grow(&f->nodes, &f->nodes_cap, (size_t)f->nodes_nr + 1, sizeof(*f->nodes),
		     NODES_MAX))
		return vms_fail(p->err, VMS_ENOMEM, "expression too long");
	memset(&f->nodes[f->nodes_nr], 0, sizeof(*f->nodes));
	f->nodes[f->nodes_nr].op = (uint8_t)op;
	return f->nodes_nr++;
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || c == ':' ||
	       c == '/' || (unsigned char)c >= 0x80;
}

static bool value_end(const char *s)
{
	return !*s || isspace((unsigned char)*s) || *s == ')' || !strncmp(s, "&&", 2) ||
	       !strncmp(s, "||", 2);
}

/* A quoted text, or all up to a blank: "dir==G>exit" needs no quotes. */
static int take_text(struct parser *parser, char *buf, size_t size)
{
	size_t n = 0, from;
	char quote;

	skip_space(parser);
	from = parser->at;
	quote = parser->text[parser->at];
	if (quote == '"' || quote == '\'') {
		for (parser->at++; parser->text[parser->at] && parser->text[parser->at] != quote;
		     parser->at++)
			if (n + 1 < size)
				buf[n++] = parser->text[parser->at];
		if (!parser->text[parser->at])
			return fail_at(parser, from, "quote is not closed", NULL);
		parser->at++;
	} else {
		for (; !value_end(parser->text + parser->at); parser->at++)
			if (n + 1 < size)
				buf[n++] = parser->text[parser->at];
		if (!n)
			return fail_at(parser, from, "expected a value", NULL);
	}
	buf[n] = '\0';
	return 0;
}

static bool take_op(struct parser *parser, enum op *op)
{
	static const struct {
		const char *text;
		enum op op;
	} ops[] = {
		{ "==", OP_EQ },      { "!=", OP_NE },	{ "<=", OP_LE }, { ">=", OP_GE },
		{ "!~", OP_HAS_NOT }, { "=~", OP_HAS }, { "<", OP_LT },	 { ">", OP_GT },
		{ "~", OP_HAS },      { "=", OP_EQ },
	};
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(ops); i++) {
		if (take(parser, ops[i].text)) {
			*op = ops[i].op;
			return true;
		}
	}
	return false;
}

static int no_field(struct parser *parser, size_t at, const char *word)
{
	struct word_near near = { 0 };
	size_t i;

	for (i = 0; fields[i].name; i++)
		if (fields[i].of & parser->of)
			word_near_try(&near, word, fields[i].name);
	parser->err_at = at;
	return word_unknown("field", word, &near,
			    parser->of == FILTER_EVENTS
				    ? "fields: event task vcpu pcpu guest t, and those of formats"
				    : "fields: seq vcpu guest dir state delay t ...",
			    parser->err);
}

/* Names that must exist: a wrong one would match nothing in silence. */
static int check_name(struct parser *parser, enum field field, size_t at, char *text, size_t size)
{
	const struct vms_trace *trace = vms_session_trace(parser->s);
	unsigned int i;
	char *end;

	if (field == F_STATE) {
		const char *c = strchr("?+x", text[0]);

		if (text[0] && !text[1] && c)
			(void)snprintf(text, size, "%s",
				       c[0] == '?'   ? "undecided"
				       : c[0] == '+' ? "accepted"
						     : "rejected");
		if (strcmp(text, "undecided") && strcmp(text, "accepted") &&
		    strcmp(text, "rejected"))
			return fail_at(parser, at, "state is undecided, accepted or rejected, not",
				       text);
	} else if (field == F_DIR) {
		/* as earlier versions wrote them */
		if (!strcmp(text, "g>x") || !strcmp(text, "n>g"))
			(void)snprintf(text, size, "%s",
				       dir_text(text[0] == 'g' ? VMS_GUEST_TO_HOST
							       : VMS_HOST_TO_GUEST));
		if (strcmp(text, "G>exit") && strcmp(text, "entry>G"))
			return fail_at(parser, at, "dir is G>exit or entry>G, not", text);
	} else if (field == F_SEQ) {
		/* a filter in force outlives what it names: undo may bring that back */
		if (!vms_session_sequence_named(parser->s, text))
			return fail_at(parser, at, "no sequence", text);
	} else if (field == F_GUEST) {
		for (i = 0; i < trace->guests_nr; i++)
			if (!strcmp(trace->guests[i].stream->name, text))
				return 0;
		/* "1" and "g1": as the lanes number them */
		i = (unsigned int)strtoul(text + (text[0] == 'g'), &end, 10);
		if (end > text && !*end && isdigit((unsigned char)end[-1]) &&
		    i < trace->guests_nr) {
			(void)snprintf(text, size, "%s", trace->guests[i].stream->name);
			return 0;
		}
		return fail_at(parser, at, "no guest", text);
	}
	return 0;
}

/* A number where the field is one, else a text. */
static int parse_named(struct parser *parser, struct node *node)
{
	char text[256], *end;
	const int ret = take_text(parser, text, sizeof(text));

	if (ret)
		return ret;
	node->num = text[0] == '-' ? strtoll(text, &end, 0) : (int64_t)strtoull(text, &end, 0);
	node->is_num = text[0] && !*end;
	node->text = vms_strdup(text);
	return node->text ? 0 : vms_fail(parser->err, VMS_ENOMEM, "out of memory");
}

static int parse_value(struct parser *parser, struct node *node)
{
	const struct vms_clock *clock = vms_session_clock(parser->s);
	enum field field = node->field;
	char text[256], *end;
	struct vms_err why;
	size_t used, at;
	int ret;

	skip_space(parser);
	at = parser->at;
	if (kinds[field] == KIND_NAMED)
		return parse_named(parser, node);
	if (kinds[field] == KIND_TEXT) {
		if (node->op >= OP_LT && node->op <= OP_GE)
			return fail_at(parser, at, "a text field is compared by == != ~ or !~",
				       NULL);
		ret = take_text(parser, text, sizeof(text));
		if (!ret && (node->op == OP_EQ || node->op == OP_NE))
			ret = check_name(parser, field, at, text, sizeof(text));
		if (ret)
			return ret;
		node->text = vms_strdup(text);
		return node->text ? 0 : vms_fail(parser->err, VMS_ENOMEM, "out of memory");
	}
	if (node->op >= OP_HAS)
		return fail_at(parser, at, "~ is for text fields; use == < >", NULL);
	if (kinds[field] == KIND_INT) {
		node->num = strtoll(parser->text + at, &end, 10);
		if (end == parser->text + at || !value_end(end))
			return fail_at(parser, at, "expected a whole number", NULL);
		parser->at = (size_t)(end - parser->text);
		return 0;
	}
	if (parse_duration(clock, parser->text + at, false, &node->num, &used, &why)) {
		parser->err_at = at;
		return vms_fail(parser->err, VMS_EUSAGE, "%s", why.msg);
	}
	if (kinds[field] == KIND_DURATION && node->num &&
	    isdigit((unsigned char)parser->text[at + used - 1]) && clock->ns_per_unit > 0.0)
		return fail_at(parser, at + used, "expected a unit: ns us ms s or tk", NULL);
	node->ns = vms_clock_ns(clock, node->num);
	parser->at = at + used;
	return 0;
}

static bool stream_has_field(const struct vms_stream *stream, const char *name)
{
	unsigned int type = 0;

	while (type < stream->types_nr && !vms_type_field(&stream->types[type], name))
		type++;
	return type < stream->types_nr;
}

static int find_field(const struct parser *parser, const char *word)
{
	const struct vms_trace *trace = vms_session_trace(parser->s);
	unsigned int guest;
	int i;

	for (i = 0; fields[i].name; i++)
		if ((fields[i].of & parser->of) && !strcmp(fields[i].name, word))
			return i;
	if (parser->of != FILTER_EVENTS)
		return -1;
	if (stream_has_field(trace->host, word))
		return F_NAMED;
	for (guest = 0; guest < trace->guests_nr; guest++)
		if (stream_has_field(trace->guests[guest].stream, word))
			return F_NAMED;
	return -1;
}

/* "vcpu==1", "outlier", or a text to look for. Return: node index or a negative code. */
static int32_t parse_test(struct parser *parser)
{
	char word[256];
	size_t from, n = 0;
	struct node *node;
	enum op op;
	int32_t i;
	int field, ret;

	skip_space(parser);
	from = parser->at;
	while (word_char(parser->text[parser->at]) && n + 1 < sizeof(word))
		word[n++] = parser->text[parser->at++];
	word[n] = '\0';
	field = n ? find_field(parser, word) : -1;
	if (field >= 0 && kinds[field] == KIND_FLAG) {
		i = node_new(parser, OP_TRUE);
		if (i >= 0)
			parser->f->nodes[i].field = (uint8_t)field;
		return i;
	}
	if (n && take_op(parser, &op)) {
		if (field < 0)
			return no_field(parser, from, word);
		i = node_new(parser, op);
	} else {
		if (field >= 0 && field != F_NAMED)
			return fail_at(parser, parser->at, "expected == != < > or ~ after", word);
		parser->at = from;
		field = F_ANY;
		i = node_new(parser, OP_HAS);
	}
	if (i < 0)
		return i;
	node = &parser->f->nodes[i];
	node->field = (uint8_t)field;
	if (field == F_NAMED && !(node->name = vms_strdup(word)))
		return vms_fail(parser->err, VMS_ENOMEM, "out of memory");
	ret = parse_value(parser, node);
	return ret ? ret : i;
}

static int32_t parse_or(struct parser *p);

static int32_t parse_not(struct parser *parser)
{
	int32_t i, inner;
	size_t from;

	skip_space(parser);
	from = parser->at;
	if (++parser->depth > DEPTH_MAX)
		return fail_at(parser, from, "parentheses too deep", NULL);
	if (take(parser, "!")) {
		inner = parse_not(parser);
		i = inner < 0 ? inner : node_new(parser, OP_NOT);
		if (i >= 0)
			parser->f->nodes[i].left = inner;
	} else if (take(parser, "(")) {
		i = parse_or(parser);
		if (i >= 0 && !take(parser, ")"))
			i = fail_at(parser, from, "parenthesis is not closed", NULL);
	} else if (!parser->text[parser->at] || parser->text[parser->at] == ')' ||
		   parser->text[parser->at] == '&' || parser->text[parser->at] == '|') {
		i = fail_at(parser, parser->at, "expected a test such as vcpu==1", NULL);
	} else {
		i = parse_test(parser);
	}
	parser->depth--;
	return i;
}

static int32_t join(struct parser *p, enum op op, int32_t left, int32_t right)
{
	int32_t i;

	if (right < 0)
		return right;
	i = node_new(p, op);
	if (i >= 0) {
		p->f->nodes[i].left = left;
		p->f->nodes[i].right = right;
	}
	return i;
}

static int32_t parse_and(struct parser *p)
{
	int32_t left = parse_not(p);

	while (left >= 0 && take(p, "&&"))
		left = join(p, OP_AND, left, parse_not(p));
	return left;
}

static int32_t parse_or(struct parser *p)
{
	int32_t left = parse_and(p);

	while (left >= 0 && take(p, "||"))
		left = join(p, OP_OR, left, parse_and(p));
	return left;
}

static int parse(enum filter_of of, struct app_filter **out, const char *text,
		 const struct vms_session *s, int *col, struct vms_err *err)
{
	struct parser parser = { .of = of, .s = s, .text = text, .err = err };
	int32_t i;
	int ret;

	if (col)
		*col = -1;
	skip_space(&parser);
	if (!text[parser.at]) {
		*out = NULL;
		return 0;
	}
	parser.f = vms_calloc(1, sizeof(*parser.f));
	if (!parser.f)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	parser.f->root = parse_or(&parser);
	ret = parser.f->root < 0 ? parser.f->root : 0;
	skip_space(&parser);
	if (!ret && text[parser.at])
		ret = fail_at(&parser, parser.at, "expected && or || before", text + parser.at);
	if (ret) {
		if (col && ret == -VMS_EUSAGE)
			*col = (int)parser.err_at;
		filter_free(parser.f);
		return ret;
	}
	for (i = 0; i < parser.f->nodes_nr; i++) {
		const struct node *n = &parser.f->nodes[i];

		if (n->op <= OP_TRUE &&
		    (n->field == F_STATE || n->field == F_TAG || n->field == F_ANY ||
		     n->field == F_OUTLIER || n->field == F_DETACHED || n->field == F_RESIDUAL ||
		     n->field == F_BINDING || n->field == F_IMPOSSIBLE))
			parser.f->decisions = true;
	}
	*out = parser.f;
	return 0;
}

int filter_parse(struct app_filter **out, const char *text, const struct vms_session *s, int *col,
		 struct vms_err *err)
{
	return parse(FILTER_PAIRS, out, text, s, col, err);
}

int filter_parse_events(struct app_filter **out, const char *text, const struct vms_session *s,
			int *col, struct vms_err *err)
{
	return parse(FILTER_EVENTS, out, text, s, col, err);
}

void filter_free(struct app_filter *f)
{
	int32_t i;

	if (!f)
		return;
	for (i = 0; i < f->nodes_nr; i++) {
		free(f->nodes[i].name);
		free(f->nodes[i].text);
	}
	free(f->nodes);
	free(f);
}
