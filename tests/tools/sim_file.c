// SPDX-License-Identifier: LGPL-2.1-or-later
/* The trace.dat format as a writer needs it: see trace-cmd's trace-cmd.dat(5), versions 6 and 7. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim_pages.h"

/* Text that grows: formats and tables. */
struct text {
	char *p;
	size_t len;
};

static void text_add(struct text *t, const void *bytes, size_t len)
{
	char *grown = realloc(t->p, t->len + len + 1);

	if (!grown)
		abort(); /* a test tool: nothing better to do */
	memcpy(grown + t->len, bytes, len);
	grown[t->len + len] = '\0';
	t->p = grown;
	t->len += len;
}

static void text_str(struct text *t, const char *s)
{
	text_add(t, s, strlen(s) + 1);
}

static void text_u32(struct text *t, uint32_t v)
{
	text_add(t, &v, sizeof(v));
}

static void text_u64(struct text *t, uint64_t v)
{
	text_add(t, &v, sizeof(v));
}

static void format_text(struct text *t, enum sim_event ev)
{
	const struct sim_format *fmt = &sim_formats[ev];
	char *p = NULL;
	size_t len = 0;
	FILE *m = open_memstream(&p, &len);
	unsigned int i;

	if (!m)
		abort();
	fprintf(m,
		"name: %s\nID: %u\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n",
		fmt->name, sim_event_id(ev));
	for (i = 0; fmt->fields[i].decl; i++)
		fprintf(m, "\tfield:%s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", fmt->fields[i].decl,
			sim_field_offset(fmt, i), fmt->fields[i].size, fmt->fields[i].is_signed);
	fprintf(m, "\nprint fmt: %s\n", fmt->print);
	(void)fclose(m);
	text_u64(t, len);
	text_add(t, p, len);
	free(p);
}

/* Events of an arch that share a name must not both be in a file. */
static bool in_file(enum sim_event ev, bool arm)
{
	if (ev == SIM_KVM_ENTRY || ev == SIM_KVM_EXIT)
		return !arm;
	if (ev == SIM_KVM_ENTRY_ARM || ev == SIM_KVM_EXIT_ARM)
		return arm;
	return true;
}

static void formats_text(struct text *t, bool arm)
{
	unsigned int systems_nr = 0, i, k;
	const char *seen[SIM_EVENTS_NR];

	for (i = 0; i < SIM_EVENTS_NR; i++) {
		for (k = 0; k < systems_nr && strcmp(seen[k], sim_formats[i].system); k++)
			;
		if (k == systems_nr)
			seen[systems_nr++] = sim_formats[i].system;
	}
	text_u32(t, systems_nr);
	for (k = 0; k < systems_nr; k++) {
		uint32_t nr = 0;

		for (i = 0; i < SIM_EVENTS_NR; i++)
			nr += !strcmp(sim_formats[i].system, seen[k]) &&
			      in_file((enum sim_event)i, arm);
		text_str(t, seen[k]);
		text_u32(t, nr);
		for (i = 0; i < SIM_EVENTS_NR; i++)
			if (!strcmp(sim_formats[i].system, seen[k]) &&
			    in_file((enum sim_event)i, arm))
				format_text(t, (enum sim_event)i);
	}
}

static const char header_page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
static const char header_event[] = "# compressed entry header\n\ttype_len    :    5 "
				   "bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
				   "\tpadding     : type == 29\n\ttime_extend : type == "
				   "30\n\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";

static void headers_text(struct text *t)
{
	text_str(t, "header_page");
	text_u64(t, sizeof(header_page) - 1);
	text_add(t, header_page, sizeof(header_page) - 1);
	text_str(t, "header_event");
	text_u64(t, sizeof(header_event) - 1);
	text_add(t, header_event, sizeof(header_event) - 1);
}

static void cmdlines_text(struct text *t, const struct sim_meta *m)
{
	struct text lines = { 0 };
	char line[64];
	unsigned int i;

	for (i = 0; i < m->comms_nr; i++) {
		const int n = snprintf(line, sizeof(line), "%d %s\n", m->comm_tids[i], m->comms[i]);

		text_add(&lines, line, (size_t)n);
	}
	text_add(&lines, "", 1);
	text_u64(t, lines.len);
	text_add(t, lines.p, lines.len);
	free(lines.p);
}

static void option(struct text *t, uint16_t id, const void *data, size_t len)
{
	const uint32_t size = (uint32_t)len;

	text_add(t, &id, sizeof(id));
	text_add(t, &size, sizeof(size));
	text_add(t, data, len);
}

static void time_shift_option(struct text *t, const struct sim_meta *m, unsigned int cpus_nr)
{
	struct text o = { 0 };
	unsigned int c, i;

	text_u64(&o, m->peer_id);
	text_u32(&o, m->shift_flags);
	text_u32(&o, cpus_nr);
	for (c = 0; c < cpus_nr; c++) {
		const struct sim_sample *s = m->samples + (size_t)c * m->samples_nr;

		text_u32(&o, m->samples_nr);
		for (i = 0; i < m->samples_nr; i++)
			text_u64(&o, (uint64_t)s[i].time);
		for (i = 0; i < m->samples_nr; i++)
			text_u64(&o, (uint64_t)s[i].offset);
		for (i = 0; i < m->samples_nr; i++)
			text_u64(&o, s[i].scaling);
	}
	for (c = 0; c < cpus_nr; c++)
		for (i = 0; i < m->samples_nr; i++)
			text_u64(&o, m->samples[(size_t)c * m->samples_nr + i].fraction);
	option(t, 12, o.p, o.len);
	free(o.p);
}

static void guest_options(struct text *t, const struct sim_meta *m)
{
	unsigned int g, v;

	for (g = 0; g < m->guests_nr; g++) {
		struct text o = { 0 };
		char name[16];

		(void)snprintf(name, sizeof(name), "vm%u", g + 1);
		text_str(&o, name);
		text_u64(&o, m->guest_ids[g]);
		text_u32(&o, m->vcpus_nr);
		for (v = 0; v < m->vcpus_nr; v++) {
			text_u32(&o, v);
			text_u32(&o, (uint32_t)m->tids[g * m->vcpus_nr + v]);
		}
		option(t, 13, o.p, o.len);
		free(o.p);
	}
}

static void options_common(struct text *t, const struct sim_file *f, const struct sim_meta *m)
{
	char clock[64], text[32];
	const uint32_t cpus = f->cpus_nr;
	struct text ns = { 0 };

	(void)snprintf(clock, sizeof(clock), "local global [%s]\n", m->clock);
	if (!strcmp(m->clock, "local"))
		(void)snprintf(clock, sizeof(clock), "[local] global x86-tsc\n");
	option(t, 4, clock, strlen(clock) + 1);
	option(t, 11, &m->trace_id, sizeof(m->trace_id));
	option(t, 8, &cpus, sizeof(cpus));
	if (m->ts_offset)
		option(t, 7, text,
		       (size_t)snprintf(text, sizeof(text), "%" PRId64, m->ts_offset) + 1);
	if (m->date)
		option(t, 1, text,
		       (size_t)snprintf(text, sizeof(text), "0x%" PRIx64, (uint64_t)m->date) + 1);
	if (m->samples_nr)
		time_shift_option(t, m, f->cpus_nr);
	if (m->guests_nr)
		guest_options(t, m);
	if (m->tsc2nsec) {
		text_u32(&ns, m->mult);
		text_u32(&ns, m->shift);
		text_u64(&ns, 0);
		option(t, 14, ns.p, ns.len);
		free(ns.p);
	}
}

static void copy_pages(FILE *out, FILE *in)
{
	static uint8_t block[1u << 20];
	size_t n;

	rewind(in);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		(void)fwrite(block, 1, n, out);
}

static uint64_t pad_to_page(FILE *out, uint64_t at)
{
	const uint64_t end = (at + PAGE - 1) / PAGE * PAGE;

	for (; at < end; at++)
		(void)fputc(0, out);
	return end;
}

static void write_v6(FILE *out, struct sim_file *f, const struct sim_meta *m)
{
	struct text t = { 0 };
	uint64_t at;
	unsigned int c;

	text_add(&t, "\x17\x08\x44tracing", 10);
	text_str(&t, "6");
	text_add(&t, "\0\x08", 2);
	text_u32(&t, PAGE);
	headers_text(&t);
	text_u32(&t, 0); /* ftrace's own events */
	formats_text(&t, m->arm);
	text_u32(&t, 0); /* kallsyms */
	text_u32(&t, 0); /* printk */
	cmdlines_text(&t, m);
	text_u32(&t, f->cpus_nr);
	text_add(&t, "options  ", 10);
	options_common(&t, f, m);
	text_add(&t, "\0\0", 2);
	text_add(&t, "flyrecord", 10);
	at = (t.len + (uint64_t)f->cpus_nr * 16 + PAGE - 1) / PAGE * PAGE;
	for (c = 0; c < f->cpus_nr; c++) {
		text_u64(&t, at);
		text_u64(&t, f->cpus[c].pages_nr * PAGE);
		at += f->cpus[c].pages_nr * PAGE;
	}
	(void)fwrite(t.p, 1, t.len, out);
	(void)pad_to_page(out, t.len);
	for (c = 0; c < f->cpus_nr; c++)
		copy_pages(out, f->cpus[c].f);
	free(t.p);
}

static uint64_t section(struct text *t, uint16_t id, const struct text *body)
{
	const uint64_t at = t->len;
	const uint16_t flags = 0;

	text_add(t, &id, sizeof(id));
	text_add(t, &flags, sizeof(flags));
	text_u32(t, 0);
	text_u64(t, body->len);
	text_add(t, body->p ? body->p : "", body->len);
	return at;
}

static void section_option(struct text *opts, uint16_t id, uint64_t at)
{
	option(opts, id, &at, sizeof(at));
}

static void write_v7(FILE *out, struct sim_file *f, const struct sim_meta *m)
{
	struct text t = { 0 }, opts = { 0 }, body = { 0 }, buffer = { 0 };
	uint64_t at, zero = 0, size = 0, section_at, options_at;
	unsigned int c;

	text_add(&t, "\x17\x08\x44tracing", 10);
	text_str(&t, "7");
	text_add(&t, "\0\x08", 2);
	text_u32(&t, PAGE);
	text_str(&t, "none");
	text_str(&t, "");
	at = t.len;
	text_u64(&t, 0); /* where options are: filled in below */
	headers_text(&body);
	section_option(&opts, 16, section(&t, 16, &body));
	body.len = 0;
	/* empty ones of ftrace's own events, kallsyms, printk: trace-cmd convert wants them */
	text_u32(&body, 0);
	section_option(&opts, 17, section(&t, 17, &body));
	section_option(&opts, 19, section(&t, 19, &body));
	section_option(&opts, 20, section(&t, 20, &body));
	body.len = 0;
	formats_text(&body, m->arm);
	section_option(&opts, 18, section(&t, 18, &body));
	body.len = 0;
	cmdlines_text(&body, m);
	section_option(&opts, 21, section(&t, 21, &body));
	options_common(&opts, f, m);
	/* after the options, with room for the buffer option */
	section_at = t.len + 16 + opts.len + 6 + 8 + PAGE;
	section_at = (section_at + PAGE - 1) / PAGE * PAGE;
	text_u64(&buffer, section_at - 16);
	text_str(&buffer, "");
	text_str(&buffer, m->clock);
	text_u32(&buffer, PAGE);
	text_u32(&buffer, f->cpus_nr);
	for (c = 0; c < f->cpus_nr; c++) {
		text_u32(&buffer, c);
		text_u64(&buffer, section_at + size);
		text_u64(&buffer, f->cpus[c].pages_nr * PAGE);
		size += f->cpus[c].pages_nr * PAGE;
	}
	option(&opts, 3, buffer.p, buffer.len);
	option(&opts, 0, &zero, sizeof(zero));
	options_at = section(&t, 0, &opts);
	memcpy(t.p + at, &options_at, sizeof(options_at));
	while (t.len < section_at - 16)
		text_add(&t, "", 1);
	body.len = 0;
	(void)section(&t, 3, &body);
	memcpy(t.p + t.len - 8, &size, sizeof(size));
	(void)fwrite(t.p, 1, t.len, out);
	for (c = 0; c < f->cpus_nr; c++)
		copy_pages(out, f->cpus[c].f);
	free(t.p);
	free(opts.p);
	free(body.p);
	free(buffer.p);
}

bool sim_file_write(struct sim_file *f, const char *path, const struct sim_meta *m)
{
	FILE *out = fopen(path, "wb");
	bool good;
	unsigned int c;

	if (!out)
		return false;
	for (c = 0; c < f->cpus_nr; c++)
		sim_page_close(&f->cpus[c]);
	if (m->version == 6)
		write_v6(out, f, m);
	else
		write_v7(out, f, m);
	good = !ferror(out);
	good = !fclose(out) && good;
	for (c = 0; c < f->cpus_nr; c++)
		(void)fclose(f->cpus[c].f);
	free(f->cpus);
	f->cpus = NULL;
	return good;
}
