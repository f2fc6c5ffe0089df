/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/notice.h"

#include <inttypes.h>

#include "core/log.h"
#include "core/units.h"
#include "engine/collect.h"

#include "core/banned.h"

#define LOOK_NS UINT64_C(1000000000) /* some NICs take long to answer */
#define TELL_NS UINT64_C(60000000000)

/* Whether it is time to tell of a counter; *more is by how much it grew since it was told last. */
static bool
is_due(struct notice *notice, unsigned port, enum notice_kind kind, uint64_t count, uint64_t now_ns,
       uint64_t *more)
{
	uint64_t *told = &notice->ports[port][kind].told;
	uint64_t *told_ns = &notice->ports[port][kind].told_ns;

	/* Another port has the slot. */
	if (count < *told)
		*told = 0;
	if (count <= *told || (*told_ns && now_ns - *told_ns < TELL_NS))
		return false;
	*more = count - *told;
	*told = count;
	*told_ns = now_ns;
	return true;
}

static void
tell_losses(struct notice *notice, const struct ports *ports, unsigned index, uint64_t now_ns)
{
	const struct port *port = ports->items[index];
	struct port_losses losses = port_losses(port);
	const char *name = port->config->name;
	uint64_t more;

	if (is_due(notice, index, NOTICE_NO_MBUF, losses.no_mbuf, now_ns, &more))
		log_warning("port %s: %" PRIu64
			    " time%s there was no buffer to receive into, as all "
			    "%u packets of the pool were in use; raise memory.packets, `sluice "
			    "memory` shows who holds them",
			    name, more, units_plural(more), port->pool ? port->pool->size : 0);
	if (is_due(notice, index, NOTICE_MISSED, losses.missed, now_ns, &more))
		log_warning("port %s: %" PRIu64 " packet%s lost before sluice, as the receive "
			    "ring was full; give it more queues and workers, a longer rx-ring, or "
			    "cores without other work, and see that memory.packets suffices",
			    name, more, more == 1 ? " was" : "s were");
}

static void
tell_checksums(struct notice *notice, const struct ports *ports, unsigned index,
	       struct worker *const *workers, unsigned worker_count, uint64_t now_ns)
{
	const struct port *port = ports->items[index];
	uint64_t checked = 0, wrong = 0, more;

	/* As they are at the moment; the ledger's rigour is not needed here. */
	for (unsigned i = 0; i < worker_count; i++) {
		const size_t place = offsetof(struct tally, ports[index]);

		checked += collect_look(workers[i],
					place + offsetof(struct tally_port, checksum_checked));
		wrong += collect_look(workers[i],
				      place + offsetof(struct tally_port, checksum_wrong));
	}
	if (is_due(notice, index, NOTICE_CHECKSUM, wrong, now_ns, &more))
		log_warning("port %s: %" PRIu64
			    " packet%s had a wrong checksum that the NIC called good "
			    "(%" PRIu64 " of %" PRIu64
			    " checked in all); the NIC, its memory or its "
			    "path to this machine's is at fault: don't trust what it receives",
			    port->config->name, more, units_plural(more), wrong, checked);
}

static void
tell_refused(struct notice *notice, const struct ports *ports, unsigned index,
	     struct worker *const *workers, unsigned worker_count, uint64_t now_ns)
{
	uint64_t refused = 0, more;

	for (unsigned i = 0; i < worker_count; i++)
		refused += collect_look(workers[i],
					offsetof(struct tally, ports[index].drops[DROP_REFUSED]));
	if (is_due(notice, index, NOTICE_REFUSED, refused, now_ns, &more))
		log_warning(
			"port %s: %" PRIu64
			" packet%s of replays were given up, as the port took nothing of them "
			"for a second, though it had a link and room; look at what is behind it",
			ports->items[index]->config->name, more, units_plural(more));
}

void
notice_tick(struct notice *notice, const struct ports *ports, struct worker *const *workers,
	    unsigned worker_count, uint64_t now_ns)
{
	if (now_ns - notice->looked_ns < LOOK_NS)
		return;
	notice->looked_ns = now_ns;
	for (unsigned i = 0; i < ports->count; i++) {
		if (ports->items[i]->ended)
			continue;
		tell_losses(notice, ports, i, now_ns);
		tell_checksums(notice, ports, i, workers, worker_count, now_ns);
		tell_refused(notice, ports, i, workers, worker_count, now_ns);
	}
}
