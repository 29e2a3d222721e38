// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the entries and exits of all host CPUs become one order, without a list of them. */
#include "core/fitness/thesis_impl.h"

#include <stdlib.h>

#include <vmsync/err.h>
#include <vmsync/model.h>

#include "core/base/util.h"
#include "core/record/soon.h"

uint64_t thesis_shown_ns(const struct vms_stream *s, unsigned int cpu, uint32_t idx)
{
	const struct vms_cpu *c = &s->cpus[cpu];

	return vms_recorded_final(
		s, c->cpu, (uint64_t)(c->stored_raw ? c->stored_raw : c->time_raw)[idx], false);
}

/* The guest that the host's file names a thread of, -1 = none. */
static int guest_of(const struct vms_trace *trace, int32_t tid)
{
	unsigned int g;
	uint32_t i;

	for (g = 0; g < trace->guests_nr; g++)
		for (i = 0; trace->guests[g].decl && i < trace->guests[g].decl->vcpus_nr; i++)
			if (trace->guests[g].decl->tid[i] == tid)
				return (int)g;
	return -1;
}

/* Whether a host event is one that counts. */
static bool is_turn(const struct thesis_turns *turns, struct thesis_head *head, uint32_t idx,
		    struct thesis_turn *turn)
{
	const unsigned int cpu = (unsigned int)(head - turns->heads);
	const struct vms_stream *host = turns->trace->host;
	const uint16_t type = host->cpus[cpu].type[idx];
	const struct vms_field *pid;
	int32_t tid;

	if (type != turns->entry && type != turns->leave)
		return false;
	*turn = (struct thesis_turn){ .cpu = cpu, .idx = idx, .exit = type == turns->leave };
	pid = turns->of[turn->exit];
	tid = pid ? (int32_t)vms_field_u64(host, pid, vms_payload(&host->cpus[cpu], idx)) : 0;
	if (tid != head->tid) {
		head->tid = tid;
		head->tid_guest = guest_of(turns->trace, tid);
	}
	turn->guest = head->tid_guest;
	turn->at_ns = (int64_t)thesis_shown_ns(host, cpu, idx);
	return true;
}

/* The next one in the order of the ring buffer; host events on the way may lie inside. */
static bool turn_find(struct thesis_turns *turns, struct thesis_head *head,
		      struct thesis_turn *turn)
{
	const struct vms_stream *host = turns->trace->host;
	const unsigned int cpu = (unsigned int)(head - turns->heads);

	while (head->next < host->cpus[cpu].nr) {
		const uint32_t idx = head->next++;

		VMS_PAYLOAD_SOON(&host->cpus[cpu], idx);
		if (vms_event_in_instance(host, cpu, idx))
			continue;
		if (!is_turn(turns, head, idx, turn)) {
			turns->inside_nr += head->inside;
		} else if (turn->guest >= 0) {
			head->inside = !turn->exit;
			return true;
		}
	}
	return false;
}

/* Whether its entries and exits are shown in the order of the ring buffer. */
static bool is_in_order(const struct thesis_turns *turns, unsigned int cpu)
{
	const struct vms_cpu *c = &turns->trace->host->cpus[cpu];
	int64_t before = INT64_MIN;
	uint32_t i;

	for (i = 0; i < c->nr; i++) {
		int64_t at_ns;

		if (c->type[i] != turns->entry && c->type[i] != turns->leave)
			continue;
		at_ns = (int64_t)thesis_shown_ns(turns->trace->host, cpu, i);
		if (at_ns < before)
			return false;
		before = at_ns;
	}
	return true;
}

static int head_place(struct thesis_turns *turns, struct thesis_head *head)
{
	size_t cap = 0;
	struct thesis_turn turn;
	int ret = 0;

	while (!ret && turn_find(turns, head, &turn)) {
		ret = vms_grow(&head->placed, &cap, (size_t)head->placed_nr + 1,
			       sizeof(*head->placed), UINT32_MAX);
		if (!ret)
			head->placed[head->placed_nr++] =
				(struct vms_placed){ turn.at_ns, turn.idx };
	}
	head->next = 0;
	return ret ? ret : vms_placed_sort(head->placed, head->placed_nr, NULL);
}

static bool head_next(struct thesis_turns *turns, struct thesis_head *head)
{
	if (!head->placed)
		return turn_find(turns, head, &head->turn);
	return head->next < head->placed_nr &&
	       is_turn(turns, head, head->placed[head->next++].idx, &head->turn);
}

/* At equal times the CPU that comes first. */
static bool goes_first(const struct thesis_turns *turns, uint32_t cpu, uint32_t other)
{
	const int64_t at_ns = turns->heads[cpu].turn.at_ns,
		      of_other = turns->heads[other].turn.at_ns;

	return at_ns != of_other ? at_ns < of_other : cpu < other;
}

/* The heap below a place is one again. */
static void queue_settle(struct thesis_turns *turns, uint32_t at)
{
	uint32_t *queue = turns->queue, child;

	while ((child = 2 * at + 1) < turns->queue_nr) {
		const uint32_t cpu = queue[at];

		if (child + 1 < turns->queue_nr &&
		    goes_first(turns, queue[child + 1], queue[child]))
			child++;
		if (!goes_first(turns, queue[child], cpu))
			return;
		queue[at] = queue[child];
		queue[child] = cpu;
		at = child;
	}
}

int thesis_turns_begin(struct thesis_turns *turns, const struct vms_trace *trace,
		       unsigned int entry, unsigned int leave)
{
	unsigned int cpu;
	int ret = 0;

	*turns = (struct thesis_turns){
		.trace = trace,
		.entry = entry,
		.leave = leave,
		.of = { vms_type_field(&trace->host->types[entry], "common_pid"),
			vms_type_field(&trace->host->types[leave], "common_pid") },
		.heads = vms_calloc(trace->host->cpus_nr, sizeof(*turns->heads)),
		.queue = vms_calloc(trace->host->cpus_nr, sizeof(*turns->queue)),
	};
	if (!turns->heads || !turns->queue)
		return -VMS_ENOMEM;
	for (cpu = 0; cpu < trace->host->cpus_nr && !ret; cpu++) {
		struct thesis_head *head = &turns->heads[cpu];

		head->tid_guest = guest_of(trace, 0);
		if (!is_in_order(turns, cpu))
			ret = head_place(turns, head);
		if (!ret && head_next(turns, head))
			turns->queue[turns->queue_nr++] = cpu;
	}
	for (cpu = turns->queue_nr / 2; cpu-- > 0;)
		queue_settle(turns, cpu);
	return ret;
}

bool thesis_turns_next(struct thesis_turns *turns, struct thesis_turn *out)
{
	struct thesis_head *head;

	if (!turns->queue_nr)
		return false;
	head = &turns->heads[turns->queue[0]];
	*out = head->turn;
	if (!head_next(turns, head))
		turns->queue[0] = turns->queue[--turns->queue_nr];
	queue_settle(turns, 0);
	return true;
}

void thesis_turns_end(struct thesis_turns *turns)
{
	unsigned int cpu;

	for (cpu = 0; turns->heads && cpu < turns->trace->host->cpus_nr; cpu++)
		free(turns->heads[cpu].placed);
	free(turns->heads);
	free(turns->queue);
}
