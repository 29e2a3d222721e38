// SPDX-License-Identifier: LGPL-2.1-or-later
/* The format of vmsync-sequences(5): lines of text to rows of a catalogue. */
#include <vmsync/sequence.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

#define LIST_MAX 256

struct text {
	const char *at;
	size_t len;
};

struct parser {
	struct vms_catalogue *into;
	struct vms_sequence seq; /* being read; name NULL = none */
	unsigned int line, begun_line;
	const char *line_at;
	bool has_dir, has_take;
	struct vms_err *err;
};

static int expected(const struct parser *p, const char *what, struct text found)
{
	if (!found.len)
		return vms_fail(p->err, VMS_EFORMAT, "line %u: expected %s, found nothing", p->line,
				what);
	return vms_fail(p->err, VMS_EFORMAT, "line %u: expected %s, found \"%.*s\" in column %u",
			p->line, what, (int)VMS_MIN(found.len, (size_t)60), found.at,
			(unsigned int)(found.at - p->line_at) + 1);
}

static int no_memory(const struct parser *p)
{
	return vms_fail(p->err, VMS_ENOMEM, "out of memory while reading sequences");
}

static bool is(struct text t, const char *word)
{
	return strlen(word) == t.len && !memcmp(t.at, word, t.len);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct text trim(struct text t)
{
	while (t.len && is_space(t.at[0])) {
		t.at++;
		t.len--;
	}
	while (t.len && is_space(t.at[t.len - 1]))
		t.len--;
	return t;
}

/* cuts the first word off */
static struct text word(struct text *rest)
{
	struct text w;

	*rest = trim(*rest);
	w = *rest;
	for (w.len = 0; w.len < rest->len && !is_space(w.at[w.len]); w.len++)
		;
	rest->at += w.len;
	rest->len -= w.len;
	*rest = trim(*rest);
	return w;
}

static char *copy(struct text t)
{
	char *d = vms_realloc(NULL, t.len + 1);

	if (!d)
		return NULL;
	memcpy(d, t.at, t.len);
	d[t.len] = 0;
	return d;
}

static bool number(struct text t, uint64_t *v)
{
	char buf[32], *end;

	if (!t.len || t.len >= sizeof(buf) || t.at[0] == '-' || t.at[0] == '+')
		return false;
	memcpy(buf, t.at, t.len);
	buf[t.len] = 0;
	errno = 0;
	*v = strtoull(buf, &end, 0);
	return !errno && !*end;
}

static void clear_events(struct vms_seq_event *seq_event, unsigned int nr)
{
	unsigned int i, k;

	for (i = 0; i < nr; i++) {
		for (k = 0; k < seq_event[i].conds_nr; k++)
			free(seq_event[i].conds[k].field);
		free(seq_event[i].conds);
		free(seq_event[i].name);
	}
	free(seq_event);
}

void vms_sequence_clear(struct vms_sequence *s)
{
	clear_events(s->guest, s->guest_nr);
	clear_events(s->host, s->host_nr);
	free(s->name);
	free(s->help);
	free(s->key_guest);
	free(s->key_host_event);
	free(s->key_host);
	memset(s, 0, sizeof(*s));
}

static int set_text(struct parser *p, char **to, struct text t)
{
	char *d = copy(t);

	if (!d)
		return no_memory(p);
	free(*to);
	*to = d;
	return 0;
}

static int parse_isa(const struct parser *p, struct vms_seq_event *e, struct text v)
{
	unsigned int isa;

	for (isa = VMS_ISA_NONE + 1; isa < VMS_ISA_NR; isa++)
		if (is(v, vms_isa_name(isa)))
			e->isa = (uint8_t)isa;
	return e->isa ? 0 : expected(p, "vmx, svm, arm64 or riscv after isa=", v);
}

static int parse_cond(const struct parser *parser, struct vms_seq_event *seq_event,
		      struct text text)
{
	struct text name = text, value;
	struct vms_seq_cond *seq_cond;
	bool negate, none;
	uint64_t wanted = 0;

	for (name.len = 0;
	     name.len < text.len && text.at[name.len] != '=' && text.at[name.len] != '!';
	     name.len++)
		;
	negate = name.len < text.len && text.at[name.len] == '!';
	value.at = text.at + name.len + negate;
	value.len = text.len - name.len - (negate && name.len < text.len);
	if (!name.len || !value.len || value.at[0] != '=')
		return expected(parser, "field=number or field!=number", text);
	value.at++;
	value.len--;
	if (is(name, "isa") && !negate)
		return parse_isa(parser, seq_event, value);
	none = is(value, "none") && memchr(name.at, '.', name.len);
	if (!none && !number(value, &wanted))
		return expected(parser, "a number after =", value);
	if (seq_event->conds_nr == LIST_MAX)
		return expected(parser, "fewer conditions", text);
	seq_cond = vms_realloc(seq_event->conds,
			       ((size_t)seq_event->conds_nr + 1) * sizeof(*seq_cond));
	if (!seq_cond)
		return no_memory(parser);
	seq_event->conds = seq_cond;
	seq_cond = &seq_event->conds[seq_event->conds_nr];
	*seq_cond = (struct vms_seq_cond){
		.field = copy(name), .negate = negate, .none = none, .value = wanted
	};
	if (!seq_cond->field)
		return no_memory(parser);
	seq_event->conds_nr++;
	return 0;
}

static int parse_event(const struct parser *parser, struct vms_seq_event **list, unsigned int *nr,
		       struct text rest)
{
	struct vms_seq_event *seq_event;
	int ret = 0;

	if (!rest.len)
		return expected(parser, "the name of an event", rest);
	if (*nr == LIST_MAX)
		return expected(parser, "fewer events", rest);
	seq_event = vms_realloc(*list, ((size_t)*nr + 1) * sizeof(*seq_event));
	if (!seq_event)
		return no_memory(parser);
	*list = seq_event;
	seq_event = &(*list)[*nr];
	*seq_event = (struct vms_seq_event){ .name = copy(word(&rest)) };
	if (!seq_event->name)
		return no_memory(parser);
	(*nr)++;
	while (rest.len && !ret)
		ret = parse_cond(parser, seq_event, word(&rest));
	return ret;
}

static int take_guest(struct parser *p, struct text rest)
{
	return parse_event(p, &p->seq.guest, &p->seq.guest_nr, rest);
}

static int take_host(struct parser *p, struct text rest)
{
	struct text name = rest;

	name = word(&name);
	if (!is(name, "kvm_entry") && !is(name, "kvm_exit"))
		return expected(p, "kvm_entry or kvm_exit", name);
	return parse_event(p, &p->seq.host, &p->seq.host_nr, rest);
}

static int take_help(struct parser *p, struct text rest)
{
	return set_text(p, &p->seq.help, rest);
}

static int take_direction(struct parser *p, struct text rest)
{
	if (is(rest, "guest-to-host"))
		p->seq.dir = VMS_GUEST_TO_HOST;
	else if (is(rest, "host-to-guest"))
		p->seq.dir = VMS_HOST_TO_GUEST;
	else
		return expected(p, "guest-to-host or host-to-guest", rest);
	p->has_dir = true;
	return 0;
}

static int take_take(struct parser *p, struct text rest)
{
	if (is(rest, "last"))
		p->seq.which = VMS_SEQ_LAST;
	else if (is(rest, "first"))
		p->seq.which = VMS_SEQ_FIRST;
	else if (is(rest, "outermost"))
		p->seq.which = VMS_SEQ_OUTERMOST;
	else
		return expected(p, "first, last or outermost", rest);
	p->has_take = true;
	return 0;
}

static int take_key(struct parser *parser, struct text rest)
{
	const struct text all = rest;
	const struct text guest = word(&rest);
	const struct text equals = word(&rest);
	struct text event = rest, field;
	int ret;

	for (event.len = 0; event.len < rest.len && event.at[event.len] != '.'; event.len++)
		;
	if (!guest.len || !is(equals, "=") || !event.len || event.len + 1 >= rest.len)
		return expected(parser, "key GUEST_FIELD = HOST_EVENT.FIELD", all);
	field.at = event.at + event.len + 1;
	field.len = rest.len - event.len - 1;
	ret = set_text(parser, &parser->seq.key_guest, guest);
	if (!ret)
		ret = set_text(parser, &parser->seq.key_host_event, event);
	if (!ret)
		ret = set_text(parser, &parser->seq.key_host, field);
	return ret;
}

static int take_after(struct parser *p, struct text rest)
{
	if (!is(rest, "idle"))
		return expected(p, "idle", rest);
	p->seq.after_idle = true;
	return 0;
}

static int take_delay(struct parser *parser, struct text rest)
{
	struct text lo = rest, hi;
	uint64_t lo_ns, hi_ns;

	for (lo.len = 0; lo.len < rest.len && lo.at[lo.len] != '.'; lo.len++)
		;
	hi.at = lo.at + lo.len;
	hi.len = rest.len - lo.len;
	if (hi.len < 3 || hi.at[1] != '.')
		return expected(parser, "delay FROM..TO in ns", rest);
	hi.at += 2;
	hi.len -= 2;
	if (!number(lo, &lo_ns) || !number(hi, &hi_ns) || lo_ns > hi_ns || hi_ns > INT64_MAX)
		return expected(parser, "delay FROM..TO in ns", rest);
	parser->seq.delay_lo_ns = (int64_t)lo_ns;
	parser->seq.delay_hi_ns = (int64_t)hi_ns;
	return 0;
}

static int take_off(struct parser *p, struct text rest)
{
	if (rest.len)
		return expected(p, "nothing after off", rest);
	p->seq.enabled = false;
	return 0;
}

static const struct {
	const char *word;
	int (*take)(struct parser *p, struct text rest);
} keys[] = {
	{ "help", take_help },	 { "direction", take_direction }, { "take", take_take },
	{ "guest", take_guest }, { "host", take_host },		  { "key", take_key },
	{ "after", take_after }, { "delay", take_delay },	  { "off", take_off },
};

static int complete(struct parser *parser)
{
	const struct vms_sequence *seq = &parser->seq;
	const char *host = seq->dir == VMS_GUEST_TO_HOST ? "kvm_exit" : "kvm_entry";
	const char *missing = NULL;
	unsigned int i;

	if (!parser->has_dir)
		missing = "direction";
	else if (!seq->guest_nr)
		missing = "guest";
	else if (!seq->host_nr)
		missing = "host";
	if (missing)
		return vms_fail(parser->err, VMS_EFORMAT, "line %u: sequence %s has no line \"%s\"",
				parser->begun_line, seq->name, missing);
	for (i = 0; i < seq->host_nr; i++)
		if (strcmp(seq->host[i].name, host))
			return vms_fail(parser->err, VMS_EFORMAT,
					"line %u: sequence %s: its direction needs host %s, not %s",
					parser->begun_line, seq->name, host, seq->host[i].name);
	return 0;
}

static int finish(struct parser *parser)
{
	struct vms_catalogue *cat = parser->into;
	struct vms_sequence *all;
	int at, ret;

	if (!parser->seq.name)
		return 0;
	ret = complete(parser);
	if (ret)
		return ret;
	if (!parser->has_take)
		parser->seq.which =
			parser->seq.dir == VMS_GUEST_TO_HOST ? VMS_SEQ_LAST : VMS_SEQ_FIRST;
	at = vms_sequence_find(cat, parser->seq.name);
	if (at >= 0) {
		vms_sequence_clear(&cat->seqs[at]);
	} else {
		if (cat->seqs_nr == VMS_SEQUENCES_MAX)
			return vms_fail(parser->err, VMS_EFORMAT, "line %u: more than %d sequences",
					parser->begun_line, VMS_SEQUENCES_MAX);
		all = vms_realloc(cat->seqs, ((size_t)cat->seqs_nr + 1) * sizeof(*all));
		if (!all)
			return no_memory(parser);
		cat->seqs = all;
		at = (int)cat->seqs_nr++;
	}
	cat->seqs[at] = parser->seq;
	memset(&parser->seq, 0, sizeof(parser->seq));
	return 0;
}

static int begin(struct parser *parser, struct text line)
{
	struct text rest = line;
	int ret;

	ret = finish(parser);
	if (ret)
		return ret;
	if (!is(word(&rest), "sequence"))
		return expected(parser, "sequence NAME, or an indented line", line);
	if (!rest.len || memchr(rest.at, ' ', rest.len) || memchr(rest.at, '\t', rest.len))
		return expected(parser, "a name without spaces after sequence", rest);
	parser->begun_line = parser->line;
	parser->has_dir = parser->has_take = false;
	parser->seq.enabled = true;
	return set_text(parser, &parser->seq.name, rest);
}

static int parse_line(struct parser *parser, struct text line)
{
	const bool indented = line.len && (line.at[0] == ' ' || line.at[0] == '\t');
	struct text rest = trim(line), name;
	size_t i;

	if (!rest.len || rest.at[0] == '#')
		return 0;
	if (!indented)
		return begin(parser, rest);
	if (!parser->seq.name)
		return expected(parser, "sequence NAME before indented lines", rest);
	name = word(&rest);
	for (i = 0; i < VMS_ARRAY_NR(keys); i++)
		if (is(name, keys[i].word))
			return keys[i].take(parser, rest);
	return expected(parser, "help, direction, take, guest, host, key, after, delay or off",
			name);
}

int vms_catalogue_parse(struct vms_catalogue *into, const char *text, struct vms_err *err)
{
	struct parser parser = { .into = into, .err = err };
	int ret = 0;

	while (*text && !ret) {
		struct text line = { .at = text, .len = strcspn(text, "\n") };

		parser.line++;
		parser.line_at = text;
		ret = parse_line(&parser, line);
		text += line.len + (text[line.len] == '\n');
	}
	if (!ret)
		ret = finish(&parser);
	vms_sequence_clear(&parser.seq);
	return ret;
}

void vms_catalogue_clear(struct vms_catalogue *c)
{
	unsigned int i;

	for (i = 0; i < c->seqs_nr; i++)
		vms_sequence_clear(&c->seqs[i]);
	free(c->seqs);
	memset(c, 0, sizeof(*c));
}

int vms_sequence_find(const struct vms_catalogue *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->seqs_nr; i++)
		if (!c->seqs[i].removed && !strcmp(c->seqs[i].name, name))
			return (int)i;
	return -1;
}
