/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/dedup.h"

#include <rte_branch_prediction.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_prefetch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/populate.h"

#include "core/banned.h"

/* 58 bits of nanoseconds are nine years. */
#define DEDUP_PORT_BITS 6
#define PORT_MASK ((1u << DEDUP_PORT_BITS) - 1)

_Static_assert(CONFIG_PORTS_MAX <= 1 << DEDUP_PORT_BITS, "a port's slot");
_Static_assert(sizeof(struct dedup_set) == 128, "two lines, which are fetched as one");

/* A set is held for some tens of cycles, or as long as the kernel takes away the core of the worker that has it. For a second
 * or so the others wait for that; then a packet passes, and is not remembered. */
#define TRIES (1u << 26)

/* Bits of packets whose digests are made before their sets are fetched. */
#define FETCHED_AT_ONCE UINT32_C(0xff)

#define HUGEPAGE ((size_t)2 << 20)
#define SETS_LOOKED_AT 4096

static inline uint64_t
get(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void
put(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* ns; below 0 where it lies ahead, as times of captures may go backwards. */
static inline int64_t
age(uint64_t now, uint64_t when)
{
	return (int64_t)(now - (when & ~(uint64_t)PORT_MASK)) >> DEDUP_PORT_BITS;
}

static inline struct dedup_set *
set_of(const struct dedup *dedup, const struct packet_digest *digest)
{
	uint64_t index = (unsigned __int128)digest->high * dedup->set_count >> 64;

	return &dedup->sets[index];
}

static inline bool
take(const struct dedup *dedup, struct dedup_set *set)
{
	if (dedup->workers == 1)
		return true;
	for (unsigned i = 0; i < TRIES; i++) {
		if (!__atomic_exchange_n(&set->lock, 1, __ATOMIC_ACQUIRE))
			return true;
		rte_pause();
	}
	return false;
}

static inline void
give_back(const struct dedup *dedup, struct dedup_set *set)
{
	if (dedup->workers > 1)
		__atomic_store_n(&set->lock, 0, __ATOMIC_RELEASE);
}

static void
count_duplicate(struct dedup_part *part, int64_t lag, bool same_port)
{
	tally_count(&part->duplicates, 1);
	tally_count(same_port ? &part->same_port : &part->cross_port, 1);
	histogram_add(&part->lag, lag > 0 ? lag : 0);
}

/* Whether an equal packet passed; if not, this one has. The set is the worker's. now: the time above the port's slot. */
static inline bool
find(const struct gate_dedup *gate, struct dedup_part *part, struct dedup_set *set, uint64_t tag,
     uint64_t now, unsigned port)
{
	int64_t window = gate->window_ns, oldest = INT64_MIN;
	struct dedup_slot *room = NULL;

	for (struct dedup_slot *slot = set->slots; slot < set->slots + DEDUP_SLOTS; slot++) {
		uint64_t other = get(&slot->tag), when = get(&slot->when);
		int64_t lag = age(now, when);

		if (other == tag) {
			bool same_port = (when & PORT_MASK) == port;

			if (lag < window && !(gate->across_ports && same_port)) {
				count_duplicate(part, lag, same_port);
				return true;
			}
			put(&slot->when, now | port);
			return false;
		}
		/* Slots are used in order, so nothing is behind one that never was. */
		if (other == 0) {
			if (oldest < window)
				room = slot;
			oldest = window;
			break;
		}
		/* The first that no longer counts, or else the oldest. */
		if (oldest < window && lag > oldest) {
			room = slot;
			oldest = lag;
		}
	}
	if (oldest < window)
		tally_count(&part->overwritten, 1);
	put(&room->tag, tag);
	put(&room->when, now | port);
	return false;
}

/* Where a packet of the burst is looked for. */
struct search {
	struct dedup_set *set;
	uint64_t tag;
	unsigned packet;
};

/* Sets are fetched while further packets are read. */
static inline struct search
begin(const struct gate_dedup *gate, const struct packet_digest *digest, unsigned packet)
{
	struct dedup_set *set = set_of(gate->dedup, digest);

	rte_prefetch0(set);
	rte_prefetch0((char *)set + 64);
	return (struct search){set, digest->low ? digest->low : 1, packet};
}

/* Those of a few packets, as bits; returns how many they are. */
static unsigned
begin_some(const struct gate_dedup *gate, struct burst *burst, uint32_t packets,
	   struct search *searches)
{
	struct packet_digest digests[BURST_MAX];
	uint32_t rest = packet_digests(burst->packets, packets, &gate->mask, digests);
	unsigned count = 0;

	if (unlikely(rest))
		burst_parse(burst);
	for (; rest; rest &= rest - 1) {
		unsigned i = __builtin_ctz(rest);

		packet_digest(burst->packets[i], &burst->views[i], &gate->mask, &digests[i]);
	}
	for (uint32_t left = packets; left; left &= left - 1, count++) {
		unsigned i = __builtin_ctz(left);

		searches[count] = begin(gate, &digests[i], i);
	}
	return count;
}

uint32_t
dedup_find(const struct gate_dedup *gate, struct burst *burst, uint32_t packets)
{
	const struct dedup *dedup = gate->dedup;
	struct dedup_part *part = &gate->dedup->parts[burst->worker];
	unsigned port = burst->in - burst->tally->ports, count = 0;
	struct search searches[BURST_MAX];
	uint32_t found = 0;

	burst_times(burst);
	for (uint32_t some = FETCHED_AT_ONCE; some; some <<= __builtin_popcount(FETCHED_AT_ONCE))
		count += begin_some(gate, burst, packets & some, searches + count);
	for (unsigned i = 0; i < count; i++) {
		struct search *search = &searches[i];
		uint64_t now = burst->times[search->packet] << DEDUP_PORT_BITS;

		if (unlikely(!take(dedup, search->set)))
			continue;
		if (find(gate, part, search->set, search->tag, now, port))
			found |= 1u << search->packet;
		give_back(dedup, search->set);
	}
	tally_count(&part->looked_at, count);
	put(&part->time, burst->times[31 - __builtin_clz(packets)]);
	return found;
}

static uint32_t
entries_of(const struct config_dedup *wanted)
{
	return wanted->entries ? wanted->entries : CONFIG_ENTRIES;
}

/* Twice as many slots as entries, so that few sets fill up. */
static uint64_t
sets_of(uint32_t entries)
{
	return ((uint64_t)entries * 2 + DEDUP_SLOTS - 1) / DEDUP_SLOTS;
}

uint64_t
dedup_bytes(const struct config_dedup *wanted)
{
	uint64_t size = sets_of(entries_of(wanted)) * sizeof(struct dedup_set);

	return (size + HUGEPAGE - 1) / HUGEPAGE * HUGEPAGE;
}

/* No device sees them: they are ordinary memory, in large pages where the kernel has some. */
static struct dedup_set *
make_sets(const struct config_dedup *wanted)
{
	size_t size = dedup_bytes(wanted);
	struct dedup_set *sets = aligned_alloc(HUGEPAGE, size);

	if (!sets)
		return NULL;
	madvise(sets, size, MADV_HUGEPAGE);
	return memset(sets, 0, size);
}

struct dedup *
dedup_make(const char *name, const struct config_dedup *wanted, unsigned workers)
{
	size_t size = sizeof(struct dedup) + workers * sizeof(struct dedup_part);
	struct dedup *dedup = rte_zmalloc("dedup", size, RTE_CACHE_LINE_SIZE);

	if (!dedup)
		return NULL;
	populate_memory(dedup, size);
	dedup->holders = 1;
	dedup->workers = workers;
	dedup->entries = entries_of(wanted);
	dedup->ignoring = wanted->ignoring;
	dedup->name = strdup(name);
	dedup->set_count = sets_of(dedup->entries);
	dedup->sets = make_sets(wanted);
	if (dedup->name && dedup->sets)
		return dedup;
	dedup_drop(dedup);
	return NULL;
}

struct dedup *
dedup_hold(struct dedup *dedup)
{
	atomic_fetch_add(&dedup->holders, 1);
	return dedup;
}

void
dedup_drop(struct dedup *dedup)
{
	if (!dedup || atomic_fetch_sub(&dedup->holders, 1) > 1)
		return;
	free(dedup->sets);
	free(dedup->name);
	rte_free(dedup);
}

bool
dedup_fits(const struct dedup *dedup, const struct config_dedup *wanted)
{
	return dedup->entries == entries_of(wanted) && dedup->ignoring == wanted->ignoring;
}

uint64_t
dedup_used(const struct dedup *dedup, uint64_t window_ns)
{
	uint64_t step = dedup->set_count / SETS_LOOKED_AT + 1, now = 0, used = 0, looked = 0;

	for (unsigned i = 0; i < dedup->workers; i++)
		now = RTE_MAX(now, get(&dedup->parts[i].time));
	for (uint64_t i = 0; i < dedup->set_count; i += step, looked++) {
		for (unsigned s = 0; s < DEDUP_SLOTS; s++) {
			const struct dedup_slot *slot = &dedup->sets[i].slots[s];

			used += get(&slot->tag) &&
				age(now << DEDUP_PORT_BITS, get(&slot->when)) < (int64_t)window_ns;
		}
	}
	return looked ? used * dedup->set_count / looked : 0;
}
