/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/account.h"

#include "engine/change.h"
#include "engine/collect.h"
#include "engine/forecast.h"
#include "engine/gauges.h"
#include "engine/pulse.h"
#include "engine/replays.h"
#include "engine/surges.h"

#include <rte_cycles.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

static char *
copy(const char *text, bool *failed)
{
	char *result = text ? strdup(text) : NULL;

	*failed |= text && !result;
	return result;
}

static char *
device_text(const struct config_port *port, bool *failed)
{
	char *text;

	if (port->kind != CONFIG_PORT_PCAP)
		return copy(port->device, failed);
	if (asprintf(&text, "%s%s -> %s", port->in.file_count ? port->in.files[0] : "(nothing)",
		     port->in.file_count > 1 ? ", ..." : "",
		     port->pcap_out ? port->pcap_out : "(nothing)") < 0) {
		*failed = true;
		return NULL;
	}
	return text;
}

static void
settle_ledger(const struct tally_port *sum, uint64_t since, struct snapshot_ledger *ledger)
{
	ledger->in = sum->rx_packets + sum->replayed + sum->copies + since;
	ledger->out = sum->out;
	ledger->held = sum->held + since;
	for (unsigned i = 0; i < DROP_REASONS; i++)
		ledger->dropped += sum->drops[i];
	ledger->balanced = ledger->in == ledger->out + ledger->dropped + ledger->held;
}

static void
account_port(const struct account *account, unsigned slot, struct snapshot_port *out,
	     uint64_t since, bool *failed)
{
	const struct port *port = ports_at(account->ports, slot);
	const struct tally_port *sum = &out->counts;

	out->name = copy(port->config->name, failed);
	out->kind = config_port_kind(port->config->kind);
	out->device = device_text(port->config, failed);
	out->writes = copy(port->config->pcap_out, failed);
	out->driver = copy(port->driver, failed);
	out->state = port_state(port);
	out->why = port_why(port);
	out->link_changes = port->link_changes;
	out->up = atomic_load_explicit(&port->up, memory_order_relaxed);
	out->speed = atomic_load_explicit(&port->speed, memory_order_relaxed);
	out->numa = port->numa;
	out->rx_queues = port->rx_queues;
	out->tx_queues = port->tx_queues;
	out->rx_ring = port->rx_ring;
	out->tx_ring = port->tx_ring;
	out->mtu = port->mtu;
	out->min_frame = port->sends.min;
	out->max_frame = RTE_MIN(atomic_load_explicit(&port->sends.max, memory_order_relaxed),
				 (uint32_t)FRAME_MAX);
	out->max_untagged =
		RTE_MIN(atomic_load_explicit(&port->sends.untagged, memory_order_relaxed),
			(uint32_t)FRAME_MAX);
	out->max_chained = RTE_MIN(port->sends.chained, out->max_frame);
	out->promiscuous = port->promiscuous;
	out->tx_shared = port->tx_locks != NULL;
	memcpy(out->mac, port->mac, sizeof(out->mac));
	port_read(port, &out->read);
	out->losses = port_losses(port);
	out->backlog = (struct snapshot_backlog){
		port->tells_backlog, -1, -1, COUNTER_UNKNOWN, COUNTER_UNKNOWN, COUNTER_UNKNOWN};
	out->verify = port->verify;
	out->iommu_faults = account->ports->kernel_log >= 0 && port->config->kind == CONFIG_PORT_PCI
				    ? port->iommu_faults
				    : COUNTER_UNKNOWN;

	settle_ledger(sum, since, &out->ledger);
}

/* What came in to a worker that owes an answer since it last gave one. Where it went is not known
 * yet, but that of what targets were given some may be done with by now: it is at least that. */
static uint64_t
moved(const struct worker *worker, unsigned index)
{
	const struct tally_port *known = &worker->known.tally.ports[index];
	const size_t port = offsetof(struct tally, ports[index]);
	uint64_t in = collect_look(worker, port + offsetof(struct tally_port, rx_packets)) +
		      collect_look(worker, port + offsetof(struct tally_port, replayed)) -
		      known->rx_packets - known->replayed;
	uint64_t held =
		collect_look(worker, port + offsetof(struct tally_port, held)) - known->held;

	return RTE_MAX(in, held);
}

static void
account_copies(const struct output_copies *counts, struct tally_copy *copies)
{
	copies->packets += tally_look(&counts->packets);
	copies->bytes += tally_look(&counts->bytes);
}

static void
add_up(const struct tally_port *counts, const struct snapshot_ledger *ledger,
       struct snapshot *snapshot)
{
	counters_add(snapshot_ledger_counts, &snapshot->ledger, ledger);
	snapshot->ledger.balanced &= ledger->balanced;
	snapshot->sent += counts->tx_packets;
	snapshot->taken += counts->taken;
	for (unsigned r = 0; r < DROP_REASONS; r++)
		snapshot->drops[r] += counts->drops[r];
}

/* Of ports that the program does not have. */
static void
account_ended(const struct account *account, struct snapshot *snapshot)
{
	struct snapshot_ended *ended = &snapshot->ended;
	uint64_t here = 0;

	if (!account->changes)
		return;
	for (unsigned i = 0; i < snapshot->port_count; i++)
		here |= UINT64_C(1) << account->program->slots[i];
	ended->ports = account->changes->ended_count;
	ended->counts = account->changes->ended;
	for (unsigned slot = 0; slot < account->ports->count; slot++) {
		for (unsigned w = 0; w < account->worker_count && !(here >> slot & 1); w++)
			tally_add_port(&ended->counts,
				       &account->workers[w]->known.tally.ports[slot]);
		if (!(here >> slot & 1))
			targets_settle(&account->done.ports[slot], &ended->counts);
	}
	settle_ledger(&ended->counts, 0, &ended->ledger);
	add_up(&ended->counts, &ended->ledger, snapshot);
}

static bool
account_surges(const struct account *account, unsigned slot, struct snapshot_port *port)
{
	struct surges_one *last = calloc(SURGES, sizeof(*last));

	if (!last)
		return false;
	port->burst_count = surges_count(account->surges, slot);
	port->bursts_kept =
		surges_tell(account->surges, account->workers, account->worker_count, slot, last);
	port->bursts = calloc(port->bursts_kept + 1, sizeof(*port->bursts));
	for (unsigned i = 0; port->bursts && i < port->bursts_kept; i++)
		port->bursts[i] = surges_burst(&last[i], account->clock, port->backlog.told);
	free(last);
	return port->bursts != NULL;
}

static void
account_ports(const struct account *account, struct snapshot *snapshot, bool *failed)
{
	struct snapshot_ledger *all = &snapshot->ledger;

	all->balanced = true;
	for (unsigned i = 0; i < snapshot->port_count; i++) {
		struct snapshot_port *port = &snapshot->ports[i];
		unsigned slot = account->program->slots[i];
		uint64_t since = 0;

		for (unsigned w = 0; w < account->worker_count; w++) {
			const struct worker *worker = account->workers[w];

			tally_add_port(&port->counts, &worker->known.tally.ports[slot]);
			if (worker->known.late)
				since += moved(worker, slot);
		}
		targets_settle(&account->done.ports[slot], &port->counts);
		account_port(account, slot, port, since, failed);
		if (account->surges)
			*failed |= !account_surges(account, slot, port);
		*failed |= !gauges_tell(account->workers, account->worker_count, slot, port);
		forecast_port(account->workers, account->worker_count, slot, port);
		add_up(&port->counts, &port->ledger, snapshot);
	}
	account_copies(&account->ports->past_copies, &snapshot->copies[COPY_FIFO_PART]);
	for (unsigned slot = 0; slot < account->ports->count; slot++)
		account_copies(&ports_at(account->ports, slot)->copies,
			       &snapshot->copies[COPY_FIFO_PART]);
	for (unsigned r = 0; r < COPY_REASONS; r++) {
		snapshot->copies[r].packets += account->done.copies[r].packets;
		snapshot->copies[r].bytes += account->done.copies[r].bytes;
	}
	account_ended(account, snapshot);
	/* Whose packets left is one account, by which port or other target they left another: both
	 * must agree. */
	all->balanced &= snapshot->sent + snapshot->taken == all->out;
}

static void
account_workers(const struct account *account, struct snapshot *snapshot)
{
	for (unsigned i = 0; i < account->worker_count; i++) {
		struct snapshot_worker *out = &snapshot->workers[i];
		const struct collected *known = &account->workers[i]->known;
		const struct tally *tally = &known->tally;
		struct pulse_faults faults = pulse_faults(account->workers[i]);

		out->core = account->workers[i]->core;
		out->fresh = !known->late;
		out->age_ns = collect_age_ns(account->workers[i]);
		out->stalled = pulse_stalled(account->workers[i]);
		out->minor_faults = faults.minor;
		out->major_faults = faults.major;
		out->packets = tally->packets;
		out->bursts = tally->bursts;
		out->busy_cycles = tally->busy_cycles;
		out->idle_cycles = tally->idle_cycles;
		out->sleep_ns = tally->sleep_ns;
		out->cycles_per_packet =
			tally->packets ? (double)tally->busy_cycles / (double)tally->packets : 0;
		out->cache_lookups = tally->cache_lookups;
		out->cache_hits = tally->cache_hits;
		memcpy(out->fill, tally->fill, sizeof(out->fill));
		forecast_worker(account->workers[i], out);
		for (unsigned r = 0; r < COPY_REASONS; r++) {
			snapshot->copies[r].packets += tally->copies[r].packets;
			snapshot->copies[r].bytes += tally->copies[r].bytes;
		}
	}
}

static void
account_rules(const struct account *account, struct snapshot *snapshot)
{
	struct program_totals totals = {
		.rules = snapshot->rules, .acted = snapshot->acted, .steps = snapshot->steps};

	program_add_totals(account->program, &totals);
	snapshot->config = config_hold(account->program->config);
	snapshot->retired = totals.retired;
	snapshot->retired_passed = totals.retired_passed;
	snapshot->retired_acted = totals.retired_acted;
	snapshot->retired_passed_acted = totals.retired_passed_acted;
}

static void
account_pools(const struct account *account, struct snapshot *snapshot, bool *failed)
{
	for (unsigned i = 0; i < snapshot->pool_count; i++) {
		const struct port_pool *pool = &account->ports->pools[i];
		struct snapshot_pool *out = &snapshot->pools[i];

		out->name = copy(pool->name, failed);
		out->numa = pool->numa;
		out->size = pool->size;
		out->free = rte_mempool_avail_count(pool->pool);
		out->in_use = out->size - out->free;
		out->packet_size = pool->packet_size;
		out->bytes = pool->bytes;
	}
}

static void
account_replays(const struct account *account, struct snapshot *snapshot, bool *failed)
{
	for (unsigned i = 0; i < snapshot->replay_count; i++) {
		const struct replay *replay = account->replays->items[i];

		*failed |= !replay_look(replay, account->now_ns, &snapshot->replays[i]);
		if (!*failed)
			targets_judge(account->program, &snapshot->replays[i]);
	}
}

static void
account_section(const struct stage_section *section, const void *state, struct snapshot *snapshot,
		bool *failed)
{
	struct snapshot_section *out = &snapshot->sections[snapshot->section_count];
	unsigned count = section->count(state);

	if (count == 0 || snapshot->section_count == SNAPSHOT_SECTIONS_MAX)
		return;
	*out = (struct snapshot_section){.section = section, .count = count};
	snapshot->section_count++;
	out->names = calloc(count, sizeof(*out->names));
	out->numbers = calloc(count, section->size);
	*failed |= !out->names || !out->numbers;
	for (unsigned i = 0; i < count && out->names && out->numbers; i++) {
		out->names[i] = copy(section->thing(state, i), failed);
		section->look(state, i, (char *)out->numbers + i * section->size);
	}
}

static void
account_some(const struct stage_section *section, const void *state, struct snapshot *snapshot,
	     bool *failed)
{
	for (; section && section->name; section++)
		account_section(section, state, snapshot, failed);
}

static void
account_sections(const struct account *account, struct snapshot *snapshot, bool *failed)
{
	const struct program *program = account->program;

	for (unsigned i = 0; i < program->stage_count; i++)
		account_some(program->stages[i].stage->sections, program->stages[i].state, snapshot,
			     failed);
	for (const struct target_state *target = program->targets; target->kind; target++) {
		if (target->state)
			account_some(target->kind->sections, target->state, snapshot, failed);
	}
}

struct snapshot *
account_snapshot(const struct account *account)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	bool failed = false;

	if (!snapshot)
		return NULL;
	snapshot->port_count = account->program->config->port_count;
	snapshot->rule_count = account->program->config->rule_count + 1;
	snapshot->worker_count = account->worker_count;
	snapshot->pool_count = account->ports->pool_count;
	snapshot->replay_count = account->replays->count;
	snapshot->ports = snapshot_ports(snapshot->port_count);
	snapshot->rules = calloc(snapshot->rule_count, sizeof(*snapshot->rules));
	if (account->program->totals.acted) {
		snapshot->acted = calloc(snapshot->rule_count, sizeof(*snapshot->acted));
		snapshot->steps =
			calloc(account->program->config->step_count, sizeof(*snapshot->steps));
	}
	snapshot->workers = calloc(snapshot->worker_count + 1, sizeof(*snapshot->workers));
	snapshot->pools = calloc(snapshot->pool_count + 1, sizeof(*snapshot->pools));
	snapshot->replays = calloc(snapshot->replay_count + 1, sizeof(*snapshot->replays));
	if (!snapshot->ports || !snapshot->rules || !snapshot->workers || !snapshot->pools ||
	    !snapshot->replays ||
	    (account->program->totals.acted && (!snapshot->acted || !snapshot->steps))) {
		snapshot_free(snapshot);
		return NULL;
	}
	snapshot->tsc_hz = rte_get_tsc_hz();
	snapshot->hugepages = account->ports->hugepages;
	snapshot->copy_break = account->ports->pools[0].copy_break;
	snapshot->copy_break_measured = account->ports->pools[0].measured;
	account_ports(account, snapshot, &failed);
	account_workers(account, snapshot);
	account_rules(account, snapshot);
	account_pools(account, snapshot, &failed);
	account_replays(account, snapshot, &failed);
	account_sections(account, snapshot, &failed);
	if (failed) {
		snapshot_free(snapshot);
		return NULL;
	}
	return snapshot;
}
