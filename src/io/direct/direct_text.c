// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Event text and task names: libtraceevent is fed one format at a time, when an event of it is
 * first shown, and in a child process, since a damaged format kills it.
 */
#include "io/direct/direct_impl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <traceevent/event-parse.h>
#include <traceevent/trace-seq.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "core/base/util.h"
#include "io/files/child.h"

/*
 * libtraceevent follows offsets and texts of an event without knowing where the event ends. A
 * dynamic field can point 64 KiB away; zeros behind the copy end every text.
 */
#define SCRATCH_BYTES ((size_t)3 * 65536)
#define NESTING_MAX 64
#define FMT_BYTES_MAX ((size_t)1 << 16)
#define COMMS_MAX ((size_t)1 << 18)
#define SYMBOLS_MAX ((size_t)1 << 20) /* a kernel has a quarter of it; each takes 100 bytes */

struct comm {
	int32_t tid;
	const char *name;
};

/** struct question - what the child is asked: an event, whose bytes follow */
struct question {
	unsigned int type, cpu;
	int64_t time_raw;
	size_t size;
};

#define KNOWN_NR 256u /* texts of the last screens */
#define TEXT_BYTES 1024u

/** struct known - a text that was asked for a moment ago */
struct known {
	struct vms_ref ref;
	char text[TEXT_BYTES]; /* "" = nothing; else "+" and the text */
};

enum format_state { FORMAT_NEW, FORMAT_PARSED, FORMAT_RAW };

struct direct_text {
	struct direct_file *f;
	const struct direct_formats *fm;
	struct answerer *child;
	uint8_t *parsed; /* enum format_state by type; the child has its own */
	char *question, *answers;
	struct known *known;
	/* the child's */
	struct tep_handle *tep;
	uint8_t *scratch;
	struct comm *comms;
	size_t comms_nr, comms_cap;
};

static int comm_cmp(const void *a, const void *b)
{
	const struct comm *x = a;
	const struct comm *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

/* "PID NAME" a line */
static void read_comms(struct direct_text *text)
{
	struct cursor c = cursor_of(text->f->section[DIRECT_CMDLINES], text->f->swap);
	const uint64_t size = cursor_left(&c) >= 8 ? cursor_u64(&c) : 0;
	const char *at = (const char *)c.p;
	const char *end = at ? at + VMS_MIN(size, cursor_left(&c)) : NULL;

	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		const char *stop = nl ? nl : end;
		const char *space = memchr(at, ' ', (size_t)(stop - at));
		char number[16] = "";
		char *name;

		if (space && space - at < (ptrdiff_t)sizeof(number)) {
			memcpy(number, at, (size_t)(space - at));
			name = direct_strndup(text->f, space + 1,
					      VMS_MIN((size_t)(stop - space - 1), 64));
			if (!name || vms_grow(&text->comms, &text->comms_cap, text->comms_nr + 1,
					      sizeof(*text->comms), COMMS_MAX))
				break;
			text->comms[text->comms_nr++] =
				(struct comm){ (int32_t)strtol(number, NULL, 10), name };
		}
		at = nl ? nl + 1 : end;
	}
	if (text->comms_nr)
		qsort(text->comms, text->comms_nr, sizeof(*text->comms), comm_cmp);
}

static size_t answer(void *arg, const void *question, size_t question_size, char *answers);

struct direct_text *direct_text_new(struct direct_file *direct, const struct direct_formats *fm)
{
	struct direct_text *text = vms_calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->f = direct;
	text->fm = fm;
	text->parsed = vms_calloc(fm->nr, 1);
	text->question = vms_calloc(1, ANSWERER_QUESTION_BYTES);
	text->answers = vms_calloc(1, ANSWERER_ANSWER_BYTES);
	text->known = vms_calloc(KNOWN_NR, sizeof(*text->known));
	text->child = answerer_new(answer, text);
	if (!text->parsed || !text->question || !text->answers || !text->known || !text->child) {
		direct_text_free(text);
		return NULL;
	}
	read_comms(text);
	return text;
}

void direct_text_free(struct direct_text *t)
{
	if (!t)
		return;
	answerer_free(t->child);
	free(t->parsed);
	free(t->question);
	free(t->answers);
	free(t->known);
	free(t->comms);
	free(t);
}

/* "ffffffff81000000 T name\t[module]" a line; what does not look so is left out */
static void read_symbols(struct direct_text *text)
{
	struct cursor c = cursor_of(text->f->section[DIRECT_KALLSYMS], text->f->swap);
	const struct bytes all =
		cursor_left(&c) >= 4 ? cursor_bytes(&c, cursor_u32(&c)) : (struct bytes){ 0 };
	const char *at = (const char *)all.p;
	const char *end = at + all.size;
	size_t nr;

	for (nr = 0; at && at < end && nr < SYMBOLS_MAX; nr++) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		char line[512] = "", name[256], module[64] = "";
		unsigned long long addr;
		char kind;

		memcpy(line, at, VMS_MIN((size_t)((nl ? nl : end) - at), sizeof(line) - 1));
		at = nl ? nl + 1 : end;
		if (sscanf(line, "%16llx %c %255[^ \t]%*[\t ][%63[^]]", &addr, &kind, name,
			   module) >= 3 &&
		    addr && kind != 'A' && kind != 'a')
			(void)tep_register_function(text->tep, name, addr, *module ? module : NULL);
	}
}

/* "0xffffffff81000000 : \"text\"" a line */
static void read_printk(struct direct_text *text)
{
	struct cursor c = cursor_of(text->f->section[DIRECT_PRINTK], text->f->swap);
	const struct bytes all =
		cursor_left(&c) >= 4 ? cursor_bytes(&c, cursor_u32(&c)) : (struct bytes){ 0 };
	char *copy = all.p ? malloc(all.size + 1) : NULL;
	char *at, *nl;
	size_t nr;

	if (!copy)
		return;
	memcpy(copy, all.p, all.size);
	copy[all.size] = '\0';
	for (at = copy, nr = 0; at && nr < SYMBOLS_MAX; at = nl ? nl + 1 : NULL, nr++) {
		unsigned long long addr;
		char *colon, *format;

		nl = strchr(at, '\n');
		if (nl)
			*nl = '\0';
		colon = strchr(at, ':');
		format = colon ? strchr(colon, '"') : NULL;
		if (!format || !strrchr(format + 1, '"') || sscanf(at, "%llx", &addr) != 1)
			continue;
		*strrchr(format + 1, '"') = '\0';
		/* libtraceevent 1.7 looks for a line feed in front of texts shorter than that */
		if (strlen(format + 1) >= 3)
			(void)tep_register_print_string(text->tep, format + 1, addr);
	}
	free(copy);
}

/* what libtraceevent's recursive parser can be given */
static bool text_harmless(struct bytes text)
{
	int depth = 0;
	size_t i;

	if (text.size > FMT_BYTES_MAX)
		return false;
	for (i = 0; i < text.size; i++) {
		const unsigned char ch = text.p[i];

		if (!isprint(ch) && ch != '\n' && ch != '\t')
			return false;
		depth += ch == '(' || ch == '{' || ch == '[';
		depth -= ch == ')' || ch == '}' || ch == ']';
		if (depth > NESTING_MAX || depth < -NESTING_MAX)
			return false;
	}
	return true;
}

/* In the child, before its first answer. */
static void child_first(struct direct_text *text)
{
	size_t type;

	if (text->tep)
		return;
	text->tep = tep_alloc();
	text->scratch = calloc(1, SCRATCH_BYTES);
	if (!text->tep || !text->scratch)
		_exit(1);
	for (type = 0; type < text->fm->nr; type++)
		if (text->parsed[type] == FORMAT_PARSED)
			text->parsed[type] = FORMAT_NEW; /* by a child before this one */
	tep_set_loglevel(TEP_LOG_NONE);
	tep_set_long_size(text->tep, (int)text->fm->layout.commit_size);
	tep_set_file_bigendian(text->tep, text->f->big_endian ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	read_symbols(text);
	read_printk(text);
}

static bool parse(struct direct_text *t, unsigned int type)
{
	const struct bytes text = t->fm->texts[type].text;

	if (t->parsed[type] == FORMAT_NEW)
		t->parsed[type] = tep_parse_event(t->tep, (const char *)text.p, text.size,
						  t->fm->types[type].system) == 0
					  ? FORMAT_PARSED
					  : FORMAT_RAW;
	return t->parsed[type] == FORMAT_PARSED;
}

/* In the child: "+" and the text; "-" for a format that libtraceevent does not take. */
static void print(struct direct_text *text, const struct question *event, const char *bytes,
		  char answer[TEXT_BYTES])
{
	struct tep_record rec = { .ts = (unsigned long long)event->time_raw,
				  .cpu = (int)event->cpu,
				  .size = (int)event->size,
				  .record_size = (int)event->size,
				  .data = text->scratch };
	struct trace_seq trace_seq;
	size_t len;

	(void)snprintf(answer, TEXT_BYTES, "-");
	if (!parse(text, event->type))
		return;
	memcpy(text->scratch, bytes, event->size);
	trace_seq_init(&trace_seq);
	tep_print_event(text->tep, &trace_seq, &rec, "%s", TEP_PRINT_INFO);
	memset(text->scratch, 0, event->size);
	(void)snprintf(answer, TEXT_BYTES, "+");
	if (trace_seq.buffer && trace_seq.buffer != (char *)(uintptr_t)-1 &&
	    trace_seq.state == TRACE_SEQ__GOOD) {
		len = VMS_MIN((size_t)trace_seq.len, TEXT_BYTES - 2);
		memcpy(answer + 1, trace_seq.buffer, len);
		answer[1 + len] = '\0';
	}
	trace_seq_destroy(&trace_seq);
}

/* In the child: texts, each with its NUL. */
static size_t answer(void *arg, const void *question, size_t question_size, char *answers)
{
	struct direct_text *t = arg;
	const char *at = question, *end = at + question_size;
	struct question event;
	size_t used = 0;

	child_first(t);
	for (; at < end; at += sizeof(event) + event.size) {
		memcpy(&event, at, sizeof(event));
		print(t, &event, at + sizeof(event), answers + used);
		used += strlen(answers + used) + 1;
	}
	return used;
}

/* Without a usable print format: every field by name, marked as that. */
static void print_fields(struct direct_text *t, unsigned int type, struct bytes payload, char *buf,
			 size_t size)
{
	const struct vms_stream swapped = { .swap = t->f->swap };
	const struct vms_event_type *et = &t->fm->types[type];
	size_t used = (size_t)snprintf(buf, size, "raw:");
	unsigned int i;

	for (i = 0; i < et->fields_nr && used + 1 < size; i++) {
		const struct vms_field *fd = &et->fields[i];
		int n;

		if (!strncmp(fd->name, "common_", 7) || fd->is_array)
			continue;
		n = snprintf(buf + used, size - used, " %s=0x%llx", fd->name,
			     (unsigned long long)vms_field_u64(&swapped, fd, payload.p));
		if (n > 0)
			used += (size_t)n;
	}
}

static struct known *known_of(const struct direct_text *t, struct vms_ref ref)
{
	return &t->known[(ref.idx + ref.cpu * (KNOWN_NR / 8 + 1)) % KNOWN_NR];
}

const char *direct_text_known(const struct direct_text *t, struct vms_ref ref)
{
	const struct known *known = known_of(t, ref);

	return known->text[0] && known->ref.cpu == ref.cpu && known->ref.idx == ref.idx
		       ? known->text + 1
		       : NULL;
}

/* Whether the child may be asked for the text of an event. */
static bool printable(const struct direct_text *text, const struct direct_event *event)
{
	if (!event->type || !event->payload.size || event->payload.size > SCRATCH_BYTES / 2)
		return false;
	if (text->parsed[event->type] == FORMAT_NEW &&
	    !text_harmless(text->fm->texts[event->type].text))
		text->parsed[event->type] = FORMAT_RAW;
	return text->parsed[event->type] != FORMAT_RAW;
}

static void is_raw(struct direct_text *text, unsigned int type, const char *why)
{
	text->parsed[type] = FORMAT_RAW;
	vms_log(VMS_LOG_WARN, "read", "%s: format of %s:%s: %s; its events show their fields",
		text->f->path, text->fm->types[type].system, text->fm->types[type].name, why);
}

/* Asks for the texts of events, which become known. Return: 0 or an error code */
static int ask(struct direct_text *text, const struct direct_event *events, unsigned int nr,
	       struct vms_err *err)
{
	const struct direct_event *asked[DIRECT_TEXTS_NR];
	const char *at = text->answers;
	unsigned int i, asked_nr = 0;
	size_t size = 0;
	int ret;

	for (i = 0; i < nr; i++) {
		const struct bytes payload = events[i].payload;
		const struct question question = { events[i].type, events[i].cpu,
						   events[i].time_raw, payload.size };

		if (!printable(text, &events[i]) ||
		    size + sizeof(question) + payload.size > ANSWERER_QUESTION_BYTES)
			continue;
		memcpy(text->question + size, &question, sizeof(question));
		memcpy(text->question + size + sizeof(question), payload.p, payload.size);
		size += sizeof(question) + payload.size;
		asked[asked_nr++] = &events[i];
	}
	ret = answerer_ask(text->child, text->question, size, text->answers, err);
	for (i = 0; ret > 0 && i < asked_nr; i++, at += strlen(at) + 1) {
		struct known *known = known_of(text, asked[i]->ref);

		known->ref = asked[i]->ref;
		(void)snprintf(known->text, sizeof(known->text), "%s", *at == '+' ? at : "");
		if (*at == '+')
			text->parsed[asked[i]->type] = FORMAT_PARSED;
		else if (text->parsed[asked[i]->type] != FORMAT_RAW)
			is_raw(text, asked[i]->type, "libtraceevent does not take it");
	}
	return VMS_MIN(ret, 0);
}

void direct_text_print(struct direct_text *text, const struct direct_event *events, unsigned int nr,
		       char *buf, size_t size)
{
	const struct bytes payload = events->payload;
	struct vms_err why = { 0 };
	const char *known;

	if (!events->type || !payload.size || payload.size > SCRATCH_BYTES / 2) {
		(void)snprintf(buf, size, "%zu bytes", payload.size);
		return;
	}
	/* of several events one may have killed the child: this one alone, and it is known which */
	if (printable(text, events) && ask(text, events, nr, &why) && ask(text, events, 1, &why))
		is_raw(text, events->type, why.msg);
	known = direct_text_known(text, events->ref);
	if (known)
		(void)snprintf(buf, size, "%s", known);
	else
		print_fields(text, events->type, payload, buf, size);
}

const char *direct_text_comm(struct direct_text *t, int32_t tid)
{
	const struct comm key = { .tid = tid };
	const struct comm *c;

	if (!tid)
		return "<idle>";
	c = t->comms_nr ? bsearch(&key, t->comms, t->comms_nr, sizeof(*t->comms), comm_cmp) : NULL;
	return c ? c->name : NULL;
}
