/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/trial.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#include "classify/classify.h"
#include "explain/pool.h"
#include "forward/forward.h"
#include "forward/shadow.h"
#include "gate/gate.h"
#include "packet/fill.h"
#include "port/time.h"

#include "core/banned.h"

#define LINE 64

/* A port's writer shows to one of these. */
struct exit_of {
	struct trial *trial;
	uint16_t slot;
};

static void
note(struct trial *trial, uint16_t slot, const struct rte_mbuf *packet)
{
	struct trial_sent *sent = &trial->sent[trial->sent_count];
	uint8_t *bytes;
	const void *from;

	if (trial->counts) {
		trial->counted++;
		return;
	}
	bytes = trial->sent_count < TRIAL_SENT_MAX ? malloc(packet->pkt_len + 1) : NULL;
	if (!bytes) {
		trial->lost = true;
		return;
	}
	from = rte_pktmbuf_read(packet, 0, packet->pkt_len, bytes);
	if (from != bytes)
		memcpy(bytes, from, packet->pkt_len);
	*sent = (struct trial_sent){.slot = slot, .length = packet->pkt_len, .bytes = bytes};
	trial->sent_count++;
}

static void
note_sent(void *context, const struct rte_mbuf *packet)
{
	const struct exit_of *exit_of = context;

	note(exit_of->trial, exit_of->slot, packet);
}

/* In the place of a target that is neither port nor group: what it has is a worker's. */
static void
note_taken(const void *state, unsigned index, struct burst *burst, struct rte_mbuf **packets,
	   const uint8_t *from, uint16_t count, uint32_t marked)
{
	struct trial *trial = (struct trial *)(uintptr_t)state;

	for (uint16_t i = 0; i < count; i++)
		note(trial, CONFIG_PORTS_MAX + index, packets[i]);
	rte_pktmbuf_free_bulk(packets, count);
}

static const struct target taker = {.take = note_taken};

void
trial_forget(struct trial *trial)
{
	for (unsigned i = 0; i < trial->sent_count; i++)
		free(trial->sent[i].bytes);
	trial->sent_count = 0;
	trial->lost = false;
}

/* A port of the config's that sends to nobody. */
static struct port *
show_port(struct trial *trial, const struct config_port *config, uint16_t slot,
	  const struct port *limits)
{
	struct port *port = ports_make(config, slot);
	struct exit_of *exit_of = malloc(sizeof(*exit_of));

	if (port && exit_of) {
		*exit_of = (struct exit_of){trial, slot};
		port->writer = capture_writer_show(note_sent, exit_of);
	}
	if (!port || !port->writer) {
		free(exit_of);
		ports_unmake(port);
		return NULL;
	}
	frames_judge_writer(port);
	atomic_store(&port->service, limits ? port_service(limits) : PORT_IN_SERVICE);
	if (limits)
		port->sends = limits->sends;
	port->pool = &trial->pool;
	port->writes = true;
	port->tx_queues = 1;
	atomic_store(&port->up, true);
	return port;
}

int
trial_ports(const struct config *config, const uint8_t *slots, struct port *const *limits,
	    struct trial *trial)
{
	int ret = pool_open(config, &trial->pool);

	for (unsigned i = 0; i < config->port_count && ret == 0; i++) {
		uint8_t slot = slots ? slots[i] : i;

		trial->ports[slot] =
			show_port(trial, &config->ports[i], slot, limits ? limits[i] : NULL);
		ret = trial->ports[slot] ? 0 : -ENOMEM;
	}
	return ret;
}

int
trial_local(struct trial_step *step)
{
	size_t size = step->stage->local_size ? step->stage->local_size(step->state) : 0;

	size = RTE_ALIGN_CEIL(size + 1, LINE);
	step->local = aligned_alloc(LINE, size);
	if (!step->local)
		return -ENOMEM;
	memset(step->local, 0, size);
	return step->stage->local_init ? step->stage->local_init(step->state, step->local) : 0;
}

void
trial_free_local(struct trial_step *step)
{
	if (step->local && step->stage->local_fini)
		step->stage->local_fini(step->state, step->local);
	free(step->local);
	step->local = NULL;
}

static void
find_states(struct trial *trial)
{
	const struct program *program = trial->program;

	for (unsigned i = 0; i < program->stage_count; i++) {
		const struct program_stage *stage = &program->stages[i];

		if (stage->stage == &classify_stage)
			trial->classify = (struct trial_step){stage->stage, stage->state, NULL};
		else if (stage->stage == &forward_stage)
			trial->forward = (struct trial_step){stage->stage, stage->state, NULL};
		else if (stage->stage == &gate_stage) {
			trial->gates = stage->state;
			trial->gate_memory = program_of(program, trial->worker)->steps[i].local;
		}
	}
}

static int
make_burst(struct trial *trial)
{
	const struct config *config = trial->config;

	trial->burst = aligned_alloc(LINE, RTE_ALIGN_CEIL(sizeof(*trial->burst), LINE));
	trial->tally = aligned_alloc(LINE, RTE_ALIGN_CEIL(sizeof(*trial->tally), LINE));
	if (!trial->burst || !trial->tally)
		return -ENOMEM;
	memset(trial->burst, 0, sizeof(*trial->burst));
	trial->burst->rules = calloc(config->rule_count + 1, sizeof(*trial->burst->rules));
	trial->burst->acted = calloc(config->rule_count + 1, sizeof(*trial->burst->acted));
	trial->burst->steps = calloc(config->step_count + 1, sizeof(*trial->burst->steps));
	return trial->burst->rules && trial->burst->acted && trial->burst->steps ? 0 : -ENOMEM;
}

int
trial_make(const struct program *program, const struct explain_live *live, struct trial *trial)
{
	int ret = 0;

	trial->program = program;
	trial->config = program->config;
	trial->worker = live ? live->worker : 0;
	trial->clock = live ? live->clock : NULL;
	if (live)
		ret = trial_ports(program->config, program->slots, live->ports, trial);
	if (ret < 0)
		return ret;
	find_states(trial);
	trial->plan = trial->forward.state;
	trial->shadow = forward_shadow(
		trial->plan, &(struct forward_instead){trial->ports, &trial->pool, &taker, trial});
	if (!trial->shadow)
		return -ENOMEM;
	trial->forward.state = trial->shadow;
	return trial_local(&trial->classify) < 0 || make_burst(trial) < 0 ? -ENOMEM : 0;
}

void
trial_free(struct trial *trial)
{
	trial_forget(trial);
	if (trial->classify.stage)
		trial_free_local(&trial->classify);
	if (trial->forward.stage)
		trial_free_local(&trial->forward);
	forward_shadow_free(trial->shadow);
	if (trial->burst) {
		free(trial->burst->rules);
		free(trial->burst->acted);
		free(trial->burst->steps);
	}
	free(trial->burst);
	free(trial->tally);
	for (unsigned i = 0; i < CONFIG_PORTS_MAX; i++) {
		if (!trial->ports[i])
			continue;
		free(capture_writer_context(trial->ports[i]->writer));
		capture_writer_close(trial->ports[i]->writer);
		ports_unmake(trial->ports[i]);
	}
	pool_close(&trial->pool);
}

struct rte_mbuf *
trial_packet(const struct trial *trial, const struct explain_question *question)
{
	struct rte_mbuf *packet = packet_fill(trial->pool.pool, question->bytes, question->length);

	if (packet && packet_time_offset >= 0) {
		packet_time_set(packet, question->time_ns);
		packet_wire_length_set(packet, question->wire_length);
	}
	return packet;
}

uint64_t
trial_up(const struct trial *trial, const struct explain_question *question)
{
	uint64_t up = 0;

	for (unsigned i = 0; i < trial->config->port_count; i++) {
		if (!(question->down >> i & 1))
			up |= UINT64_C(1) << trial->program->slots[i];
	}
	return up;
}

uint64_t
trial_time(const struct trial *trial)
{
	const struct burst *burst = trial->burst;

	if (!trial->clock || !burst->timed)
		return 0;
	return burst->times[0] + clock_epoch(trial->clock);
}

uint16_t
trial_slot(const struct trial *trial, const struct config_target *target)
{
	if (target->kind == CONFIG_TARGET_PORT)
		return trial->program->slots[target->index];
	return CONFIG_PORTS_MAX + forward_others_first(&trial->plan->others, target);
}

const char *
trial_name(const struct trial *trial, uint16_t slot)
{
	const struct forward_other *other;

	if (slot < CONFIG_PORTS_MAX)
		return trial->ports[slot]->config->name;
	other = &trial->plan->others.items[slot - CONFIG_PORTS_MAX];
	return config_target_name(trial->config,
				  &(struct config_target){other->kind->kind, other->index});
}
