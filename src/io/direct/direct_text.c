// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Event text and task names: libtraceevent is fed one format at a time, when an event of it is
 * first shown.
 */
#include "io/direct/direct_impl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <traceevent/event-parse.h>
#include <traceevent/trace-seq.h>

#include "core/base/util.h"

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

struct direct_text {
	struct direct_file *f;
	const struct direct_formats *fm;
	struct tep_handle *tep;
	uint8_t *scratch;
	uint8_t *parsed; /* by type: 1 = libtraceevent knows it, 2 = it cannot */
	bool symbols;
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
	const char *p = (const char *)c.p;
	const char *end = p + VMS_MIN(size, cursor_left(&c));

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl ? nl : end;
		const char *space = memchr(p, ' ', (size_t)(stop - p));
		char number[16] = "";
		char *name;

		if (space && space - p < (ptrdiff_t)sizeof(number)) {
			memcpy(number, p, (size_t)(space - p));
			name = direct_strndup(text->f, space + 1,
					      VMS_MIN((size_t)(stop - space - 1), 64));
			if (!name || vms_grow(&text->comms, &text->comms_cap, text->comms_nr + 1,
					      sizeof(*text->comms), COMMS_MAX))
				break;
			text->comms[text->comms_nr++] =
				(struct comm){ (int32_t)strtol(number, NULL, 10), name };
		}
		p = nl ? nl + 1 : end;
	}
	if (text->comms_nr)
		qsort(text->comms, text->comms_nr, sizeof(*text->comms), comm_cmp);
}

struct direct_text *direct_text_new(struct direct_file *direct, const struct direct_formats *fm)
{
	struct direct_text *text = vms_calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->f = direct;
	text->fm = fm;
	text->parsed = vms_calloc(fm->nr, 1);
	text->scratch = vms_calloc(1, SCRATCH_BYTES);
	text->tep = tep_alloc();
	if (!text->parsed || !text->scratch || !text->tep) {
		direct_text_free(text);
		return NULL;
	}
	tep_set_loglevel(TEP_LOG_NONE);
	tep_set_long_size(text->tep, (int)fm->layout.commit_size);
	tep_set_file_bigendian(text->tep, direct->big_endian ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	read_comms(text);
	return text;
}

void direct_text_free(struct direct_text *t)
{
	if (!t)
		return;
	if (t->tep)
		tep_free(t->tep);
	free(t->parsed);
	free(t->scratch);
	free(t->comms);
	free(t);
}

/* "ffffffff81000000 T name\t[module]" a line; what does not look so is left out */
static void read_symbols(struct direct_text *text)
{
	struct cursor c = cursor_of(text->f->section[DIRECT_KALLSYMS], text->f->swap);
	const struct bytes all =
		cursor_left(&c) >= 4 ? cursor_bytes(&c, cursor_u32(&c)) : (struct bytes){ 0 };
	const char *p = (const char *)all.p;
	const char *end = p + all.size;
	size_t nr;

	for (nr = 0; p && p < end && nr < SYMBOLS_MAX; nr++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		char line[512] = "", name[256], module[64] = "";
		unsigned long long addr;
		char kind;

		memcpy(line, p, VMS_MIN((size_t)((nl ? nl : end) - p), sizeof(line) - 1));
		p = nl ? nl + 1 : end;
		if (sscanf(line, "%16llx %c %255[^ \t]%*[\t ][%63[^]]", &addr, &kind, name,
			   module) >= 3 &&
		    addr && kind != 'A' && kind != 'a')
			(void)tep_register_function(text->tep, name, addr, *module ? module : NULL);
	}
}

/* "0xffffffff81000000 : \"text\"" a line */
static void read_printk(struct direct_text *t)
{
	struct cursor c = cursor_of(t->f->section[DIRECT_PRINTK], t->f->swap);
	const struct bytes all =
		cursor_left(&c) >= 4 ? cursor_bytes(&c, cursor_u32(&c)) : (struct bytes){ 0 };
	char *copy = all.p ? malloc(all.size + 1) : NULL;
	char *p, *nl;
	size_t nr;

	if (!copy)
		return;
	memcpy(copy, all.p, all.size);
	copy[all.size] = '\0';
	for (p = copy, nr = 0; p && nr < SYMBOLS_MAX; p = nl ? nl + 1 : NULL, nr++) {
		unsigned long long addr;
		char *colon, *text;

		nl = strchr(p, '\n');
		if (nl)
			*nl = '\0';
		colon = strchr(p, ':');
		text = colon ? strchr(colon, '"') : NULL;
		if (!text || !strrchr(text + 1, '"') || sscanf(p, "%llx", &addr) != 1)
			continue;
		*strrchr(text + 1, '"') = '\0';
		/* libtraceevent 1.7 looks for a line feed in front of texts shorter than that */
		if (strlen(text + 1) >= 3)
			(void)tep_register_print_string(t->tep, text + 1, addr);
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

static bool parse(struct direct_text *t, unsigned int type)
{
	const struct bytes text = t->fm->texts[type].text;

	if (!t->symbols) {
		t->symbols = true;
		read_symbols(t);
		read_printk(t);
	}
	if (!t->parsed[type]) {
		t->parsed[type] = 2;
		if (text_harmless(text) && tep_parse_event(t->tep, (const char *)text.p, text.size,
							   t->fm->types[type].system) == 0)
			t->parsed[type] = 1;
	}
	return t->parsed[type] == 1;
}

/* without a usable print format: every field by name */
static void print_fields(struct direct_text *t, unsigned int type, struct bytes payload, char *buf,
			 size_t size)
{
	const struct vms_stream swapped = { .swap = t->f->swap };
	const struct vms_event_type *et = &t->fm->types[type];
	size_t used = 0;
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < et->fields_nr && used + 1 < size; i++) {
		const struct vms_field *fd = &et->fields[i];
		int n;

		if (!strncmp(fd->name, "common_", 7) || fd->is_array)
			continue;
		n = snprintf(buf + used, size - used, "%s%s=0x%llx", used ? " " : "", fd->name,
			     (unsigned long long)vms_field_u64(&swapped, fd, payload.p));
		if (n > 0)
			used += (size_t)n;
	}
}

void direct_text_print(struct direct_text *text, unsigned int type, struct bytes payload,
		       unsigned int cpu, int64_t time_raw, char *buf, size_t size)
{
	struct tep_record rec = { .ts = (unsigned long long)time_raw,
				  .cpu = (int)cpu,
				  .data = text->scratch };
	struct trace_seq trace_seq;
	size_t len;

	if (!size)
		return;
	buf[0] = '\0';
	if (!type || !payload.size || payload.size > SCRATCH_BYTES / 2) {
		(void)snprintf(buf, size, "%zu bytes", payload.size);
		return;
	}
	if (!parse(text, type)) {
		print_fields(text, type, payload, buf, size);
		return;
	}
	memcpy(text->scratch, payload.p, payload.size);
	rec.size = (int)payload.size;
	rec.record_size = rec.size;
	trace_seq_init(&trace_seq);
	tep_print_event(text->tep, &trace_seq, &rec, "%s", TEP_PRINT_INFO);
	memset(text->scratch, 0, payload.size);
	if (trace_seq.buffer && trace_seq.buffer != (char *)(uintptr_t)-1 &&
	    trace_seq.state == TRACE_SEQ__GOOD) {
		len = VMS_MIN((size_t)trace_seq.len, size - 1);
		memcpy(buf, trace_seq.buffer, len);
		buf[len] = '\0';
	}
	trace_seq_destroy(&trace_seq);
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
