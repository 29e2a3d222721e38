// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vmsync-dump: prints what a source makes of a file: facts, counts, events. A tool for tests and
 * for looking.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vmsync/io/open.h>

static void print_shift(const struct vms_time_shift *ts)
{
	uint32_t i, k;

	printf("time_shift peer=0x%" PRIx64 " flags=%u cpus=%u\n", ts->peer_id, ts->flags,
	       ts->cpus_nr);
	for (i = 0; i < ts->cpus_nr; i++)
		for (k = 0; k < ts->cpus[i].samples_nr; k++)
			printf("  cpu %u time=%" PRIu64 " offset=%" PRId64 " scaling=%" PRIu64
			       " fraction=%" PRIu64 "\n",
			       i, ts->cpus[i].samples[k].time, ts->cpus[i].samples[k].offset,
			       ts->cpus[i].samples[k].scaling, ts->cpus[i].samples[k].fraction);
}

static void print_counts(const struct vms_stream *s)
{
	uint64_t *nr = calloc(s->types_nr, sizeof(*nr));
	uint32_t i, k;

	if (!nr)
		return;
	for (i = 0; i < s->cpus_nr; i++)
		for (k = 0; k < s->cpus[i].nr; k++)
			nr[s->cpus[i].type[k]]++;
	for (i = 0; i < s->types_nr; i++)
		if (nr[i])
			printf("count %s:%s %" PRIu64 "\n", s->types[i].system, s->types[i].name,
			       nr[i]);
	free(nr);
}

static void print_facts(const struct vms_stream *s)
{
	uint32_t i, k;

	printf("path %s\nname %s\nid 0x%" PRIx64
	       "\nversion %u\ncompression %s\nsource %s\nswap %d\nlong %u\n",
	       s->path, s->name, s->trace_id, s->version, s->compression, s->source, s->swap,
	       s->long_size);
	printf("clock %s ns=%d mult=%u shift=%u ns_per_unit=%.9f\nts_offset %" PRId64 "\n",
	       s->clock.name, s->clock.counts_ns, s->clock.mult, s->clock.shift,
	       s->clock.ns_per_unit, s->ts_offset);
	printf("events %" PRIu64 "\nlost %" PRIu64 "\nfirst %" PRId64 "\nlast %" PRId64
	       "\ntypes %u\n",
	       s->events_nr, s->lost_nr, s->first_raw, s->last_raw, s->types_nr);
	for (i = 0; i < s->buffers_nr; i++)
		printf("buffer %u \"%s\" clock %s\n", i, s->buffers[i].name, s->buffers[i].clock);
	for (i = 0; i < s->cpus_nr; i++) {
		printf("cpu %u events %u sorted %d\n", s->cpus[i].cpu, s->cpus[i].nr,
		       s->cpus[i].sorted);
		for (k = 0; k < s->cpus[i].lost_nr; k++)
			printf("  lost %" PRIu64 " before event %u in buffer %u\n",
			       s->cpus[i].lost[k].count, s->cpus[i].lost[k].idx,
			       s->cpus[i].lost[k].buffer);
	}
	for (i = 0; i < s->decls_nr; i++) {
		printf("guest \"%s\" id=0x%" PRIx64 "\n", s->decls[i].name, s->decls[i].trace_id);
		for (k = 0; k < s->decls[i].vcpus_nr; k++)
			printf("  vcpu %u tid %d\n", s->decls[i].vcpu[k], s->decls[i].tid[k]);
	}
	if (s->shift)
		print_shift(s->shift);
}

static void print_events(const struct vms_stream *s)
{
	char text[1024];
	uint32_t i, k;

	for (i = 0; i < s->cpus_nr; i++) {
		for (k = 0; k < s->cpus[i].nr; k++) {
			const struct vms_ref ref = { (int32_t)i, k };
			const int32_t tid = vms_event_tid(s, ref);
			const char *comm = s->ops->comm(s, tid);

			s->ops->text(s, ref, text, sizeof(text));
			printf("%u %" PRId64 " %s-%d %s: %s\n", s->cpus[i].cpu,
			       vms_event_time(s, ref), comm ? comm : "<...>", tid,
			       vms_event_type(s, ref)->name, text);
		}
	}
}

static int dump_trace(const char *const *paths, unsigned int nr, const char *reader)
{
	struct vms_err err = { 0 };
	struct vms_trace *t = NULL;
	const struct vms_open_how how = { .reader = reader };
	unsigned int i;

	if (vms_trace_open(&t, paths, nr, &how, NULL, &err)) {
		fprintf(stderr, "vmsync-dump: %s\n", err.msg);
		return 2;
	}
	for (i = 0; i < t->log_nr; i++)
		printf("log %s\n", t->log[i]);
	print_facts(t->host);
	for (i = 0; i < t->guests_nr; i++) {
		printf("\nids_match %d decl %s\n", t->guests[i].ids_match,
		       t->guests[i].decl ? t->guests[i].decl->name : "-");
		print_facts(t->guests[i].stream);
	}
	vms_trace_free(t);
	return 0;
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	const struct vms_source *src;
	const char *reader = NULL;
	const char *what = "facts";
	struct vms_stream *s = NULL;
	struct vms_err err = { 0 };
	double begin;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strncmp(argv[i], "--reader=", 9))
			reader = argv[i] + 9;
		else
			what = argv[i] + 2;
	}
	if (i == argc) {
		fprintf(stderr, "usage: vmsync-dump [--reader=NAME] "
				"[--facts|--counts|--events|--time|--trace] FILE...\n");
		return 2;
	}
	if (!strcmp(what, "trace"))
		return dump_trace((const char *const *)argv + i, (unsigned int)(argc - i), reader);
	src = vms_source_find(reader);
	begin = seconds();
	if (!src || src->load(&s, argv[i], NULL, &err)) {
		fprintf(stderr, "vmsync-dump: %s\n", src ? err.msg : "no such reader");
		return 2;
	}
	if (!strcmp(what, "time"))
		printf("%.3f s for %" PRIu64 " events\n", seconds() - begin, s->events_nr);
	else if (!strcmp(what, "events"))
		print_events(s);
	else
		print_facts(s);
	if (!strcmp(what, "counts"))
		print_counts(s);
	vms_stream_free(s);
	return 0;
}
