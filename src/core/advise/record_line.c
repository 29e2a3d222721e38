// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The words of a trace-cmd record: which events serve on which side, and in which order options
 * stand. What follows an -A is that guest's until the next -A; the command comes last, and guests
 * without a -C of their own get the host's clock (trace-cmd-record(1)).
 */
#include <vmsync/advise.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/advise/advise_impl.h"
#include "core/base/util.h"

enum side { HOST = 1, GUEST = 2 };
enum { ANY_ISA = 0, X86, OTHERS };

/* What stretches, facts and the catalogue's sequences need; without a name: the whole system. */
static const struct {
	uint8_t sides, isa;
	const char *system, *name;
} wanted[] = {
	{ HOST, ANY_ISA, "kvm", NULL },
	{ HOST | GUEST, ANY_ISA, "sched", "sched_switch" },
	{ HOST | GUEST, ANY_ISA, "sched", "sched_waking" },
	{ HOST | GUEST, ANY_ISA, "irq", NULL },
	{ HOST | GUEST, ANY_ISA, "timer", "hrtimer_start" },
	{ GUEST, ANY_ISA, "timer", "hrtimer_cancel" },
	{ HOST | GUEST, ANY_ISA, "timer", "hrtimer_expire_entry" },
	{ HOST | GUEST, ANY_ISA, "timer", "hrtimer_expire_exit" },
	{ GUEST, ANY_ISA, "power", "cpu_idle" },
	{ GUEST, X86, "irq_vectors", NULL },
	{ GUEST, X86, "msr", NULL },
	{ GUEST, OTHERS, "ipi", NULL },
};

/* Of more events of one system that were recorded, the whole system is; of more systems, all. */
#define NAMED_MOST 4u
#define SYSTEMS_MOST 8u
#define WORDS_MAX 65536u

struct words {
	char **word;
	size_t nr, cap;
	bool failed;
};

static void add(struct words *w, const char *word)
{
	char *const own = vms_strdup(word);

	if (!own || vms_grow(&w->word, &w->cap, w->nr + 2, sizeof(*w->word), WORDS_MAX)) {
		free(own);
		w->failed = true;
		return;
	}
	w->word[w->nr++] = own;
	w->word[w->nr] = NULL;
}

static void add_event(struct words *w, const char *system, const char *name)
{
	char event[256];

	(void)snprintf(event, sizeof(event), "%s%s%s", system, name ? ":" : "", name ? name : "");
	add(w, "-e");
	add(w, event);
}

bool advise_x86(enum vms_isa isa)
{
	return isa == VMS_ISA_VMX || isa == VMS_ISA_SVM;
}

static bool is_wanted(enum vms_isa isa, enum side side, size_t row)
{
	return wanted[row].sides & side &&
	       (wanted[row].isa == ANY_ISA || (wanted[row].isa == X86) == advise_x86(isa));
}

static bool in_line(enum vms_isa isa, enum side side, const char *system, const char *name)
{
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(wanted); i++)
		if (is_wanted(isa, side, i) && !strcmp(wanted[i].system, system) &&
		    (!wanted[i].name || !strcmp(wanted[i].name, name)))
			return true;
	return false;
}

const char *advise_system(enum vms_isa isa, bool guest, const char *name)
{
	/* of what a line names by its system alone, the events that sequences name */
	static const char *const whole[][2] = {
		{ "write_msr", "msr" },
		{ "read_msr", "msr" },
		{ "local_timer_entry", "irq_vectors" },
		{ "reschedule_entry", "irq_vectors" },
		{ "call_function_entry", "irq_vectors" },
		{ "call_function_single_entry", "irq_vectors" },
		{ "irq_handler_entry", "irq" },
		{ "ipi_raise", "ipi" },
	};
	const char *system = strncmp(name, "kvm_", 4) ? NULL : "kvm";
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(wanted) && !system; i++)
		if (wanted[i].name && !strcmp(wanted[i].name, name))
			system = wanted[i].system;
	for (i = 0; i < VMS_ARRAY_NR(whole) && !system; i++)
		if (!strcmp(whole[i][0], name))
			system = whole[i][1];
	return system && in_line(isa, guest ? GUEST : HOST, system, name) ? system : NULL;
}

/* Events that stand in the line already, or that -e does not take. */
static bool covered(const struct vms_record *r, enum side side, const struct vms_event_type *type)
{
	return in_line(r->isa, side, type->system, type->name) || !strcmp(type->system, "ftrace");
}

/* What was recorded besides is recorded again: it was wanted for something. */
static void add_kept(struct words *w, const struct vms_record *r, enum side side,
		     const struct vms_stream *stream)
{
	uint64_t *const counts = vms_type_counts(stream);
	unsigned int i, k, systems = 0;

	for (i = 1; counts && i < stream->types_nr; i++) {
		counts[i] *= !covered(r, side, &stream->types[i]);
		for (k = 1; k < i && counts[i]; k++)
			if (counts[k] && !strcmp(stream->types[k].system, stream->types[i].system))
				break;
		systems += counts[i] && k == i;
	}
	if (systems > SYSTEMS_MOST)
		add_event(w, "all", NULL);
	for (i = 1; counts && i < stream->types_nr && systems <= SYSTEMS_MOST; i++) {
		unsigned int same = 0;

		for (k = i; counts[i] && k < stream->types_nr; k++)
			same += counts[k] &&
				!strcmp(stream->types[k].system, stream->types[i].system);
		if (same)
			add_event(w, stream->types[i].system,
				  same > NAMED_MOST ? NULL : stream->types[i].name);
		for (k = i; same > NAMED_MOST && k < stream->types_nr; k++)
			counts[k] *= strcmp(stream->types[k].system, stream->types[i].system) != 0;
	}
	w->failed |= !counts;
	free(counts);
}

static void add_side(struct words *w, const struct vms_record *r, enum side side,
		     const struct vms_record_side *of)
{
	char kib[24];
	size_t i;

	if (of->kib) {
		(void)snprintf(kib, sizeof(kib), "%llu", (unsigned long long)of->kib);
		add(w, "-b");
		add(w, kib);
	}
	for (i = 0; i < VMS_ARRAY_NR(wanted); i++)
		if (is_wanted(r->isa, side, i))
			add_event(w, wanted[i].system, wanted[i].name);
	if (of->stream)
		add_kept(w, r, side, of->stream);
}

int vms_record_line(char ***argv, unsigned int *argc, const struct vms_record *record,
		    struct vms_err *err)
{
	struct words w = { 0 };
	unsigned int i;

	add(&w, "trace-cmd");
	add(&w, "record");
	if (record->clock) {
		add(&w, "-C");
		add(&w, record->clock);
	}
	add_side(&w, record, HOST, &record->host);
	for (i = 0; i < record->options_nr; i++)
		add(&w, record->options[i]);
	for (i = 0; i < record->guests_nr; i++) {
		add(&w, "-A");
		add(&w, record->guests[i].name);
		add_side(&w, record, GUEST, &record->guests[i]);
	}
	for (i = 0; i < record->command_nr; i++)
		add(&w, record->command[i]);
	if (w.failed) {
		vms_record_free(w.word, (unsigned int)w.nr);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	*argv = w.word;
	*argc = (unsigned int)w.nr;
	return 0;
}

void vms_record_free(char **argv, unsigned int argc)
{
	unsigned int i;

	for (i = 0; i < argc; i++)
		free(argv[i]);
	free(argv);
}
