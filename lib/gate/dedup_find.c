/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_prefetch.h>

#include "gate/dedup.h"
#include "gate/dedup_set.h"

#include "core/banned.h"

/* A set is held for some tens of cycles, or as long as the kernel takes away the core of the worker
 * that has it. For a second or so the others wait for that; then a packet passes, and is not
 * remembered. */
#define TRIES (1u << 26)

/* Packets whose digests are made before their sets are fetched, as bits. */
#define AT_ONCE UINT32_C(0xff)
#define AT_ONCE_COUNT 8

/* Two slots. */
typedef uint64_t pair __attribute__((vector_size(16), may_alias));
typedef int64_t signed_pair __attribute__((vector_size(16)));

/* A burst's packets, as a gate asks for them. */
struct asked {
	const struct gate_dedup *gate;
	struct dedup_part *part;
	unsigned port;
	uint32_t found; /* duplicates, as bits */
	unsigned same_port, overwritten;
};

struct search {
	struct dedup_set *set;
	uint64_t tag;
	uint64_t now; /* its time, above the port */
};

/* Of a line's slots, as bits. */
struct slots {
	unsigned equal;
	unsigned room; /* never used, or of what passed a window ago */
};

/* Others that wait set no bit but the one that is set. */
static inline bool
take(const struct dedup *dedup, struct dedup_set *set)
{
	if (dedup->workers == 1)
		return true;
	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t was =
			__atomic_fetch_or(&set->lines[0].tags[0], DEDUP_TAKEN, __ATOMIC_ACQUIRE);

		if (!(was & DEDUP_TAKEN))
			return true;
		rte_pause();
	}
	return false;
}

static inline void
give_back(const struct dedup *dedup, struct dedup_set *set)
{
	uint64_t *word = &set->lines[0].tags[0];

	if (dedup->workers > 1)
		__atomic_store_n(word, dedup_get(word) & ~DEDUP_TAKEN, __ATOMIC_RELEASE);
}

static inline unsigned
bits_of(pair low, pair high)
{
	pair bits = (low & (pair){1, 2}) | (high & (pair){4, 8});

	return bits[0] | bits[1];
}

static inline pair
has_room(pair tags, pair whens, uint64_t now, int64_t window)
{
	pair lags = now - (whens & ~(pair){DEDUP_PORT_MASK, DEDUP_PORT_MASK});

	return (pair)((signed_pair)lags >= window) | (pair)(tags == 0);
}

static inline struct slots
look(const struct asked *asked, const struct dedup_line *line, const struct search *search)
{
	const pair *tags = (const pair *)line->tags, *whens = (const pair *)line->whens;
	const pair first = tags[0] & ~(pair){DEDUP_MARKS, 0}, second = tags[1];
	const int64_t window = asked->gate->window_ns << DEDUP_PORT_BITS;

	return (struct slots){
		bits_of((pair)(first == search->tag), (pair)(second == search->tag)),
		bits_of(has_room(first, whens[0], search->now, window),
			has_room(second, whens[1], search->now, window)),
	};
}

/* An equal one passed. Whether it was within the window, and so that it counts; if not, this one
 * has. */
static inline bool
meet(struct asked *asked, const struct search *search, uint64_t *when)
{
	int64_t lag = dedup_age(search->now, *when);
	bool same_port = (*when & DEDUP_PORT_MASK) == asked->port;

	if (lag >= (int64_t)asked->gate->window_ns || (asked->gate->across_ports && same_port)) {
		dedup_put(when, search->now | asked->port);
		return false;
	}
	asked->same_port += same_port;
	histogram_add(&asked->part->lag, lag > 0 ? lag : 0);
	return true;
}

static inline void
settle(const struct asked *asked, const struct search *search, struct dedup_line *line,
       unsigned slot)
{
	dedup_put(&line->tags[slot], search->tag | (line->tags[slot] & DEDUP_MARKS));
	dedup_put(&line->whens[slot], search->now | asked->port);
}

static unsigned
oldest_of(const struct dedup_set *set, uint64_t now)
{
	int64_t most = INT64_MIN;
	unsigned oldest = 0;

	for (unsigned i = 0; i < DEDUP_SLOTS; i++) {
		const struct dedup_line *line = &set->lines[i / DEDUP_LINE_SLOTS];
		int64_t lag = dedup_age(now, line->whens[i % DEDUP_LINE_SLOTS]);

		if (lag <= most)
			continue;
		most = lag;
		oldest = i;
	}
	return oldest;
}

/* Whether some of these slots are of packets that belong in the second line, or in the first. */
static bool
has_some_of(const struct dedup_line *line, unsigned slots, bool second)
{
	for (; slots; slots &= slots - 1) {
		if (((line->tags[__builtin_ctz(slots)] & DEDUP_LINE) != 0) == second)
			return true;
	}
	return false;
}

/* The line where a packet belongs does not have it, and is full, or was so a window ago or less. */
static __rte_noinline bool
find_beside(struct asked *asked, const struct search *search, unsigned room)
{
	bool second = (search->tag & DEDUP_LINE) != 0;
	struct dedup_line *home = &search->set->lines[second];
	struct dedup_line *other = &search->set->lines[!second];
	const unsigned all = (1 << DEDUP_LINE_SLOTS) - 1;
	struct slots slots = look(asked, other, search);
	uint64_t spilt = home->tags[0] | DEDUP_SPILT;

	if (slots.equal) {
		dedup_put(&home->tags[0], spilt);
		return meet(asked, search, &other->whens[__builtin_ctz(slots.equal)]);
	}
	if (room) {
		if (!has_some_of(other, all & ~slots.room, second))
			dedup_put(&home->tags[0], home->tags[0] & ~DEDUP_SPILT);
		settle(asked, search, home, __builtin_ctz(room));
		return false;
	}
	dedup_put(&home->tags[0], spilt);
	if (slots.room) {
		settle(asked, search, other, __builtin_ctz(slots.room));
	} else {
		unsigned oldest = oldest_of(search->set, search->now);

		settle(asked, search, &search->set->lines[oldest / DEDUP_LINE_SLOTS],
		       oldest % DEDUP_LINE_SLOTS);
		asked->overwritten++;
	}
	return false;
}

/* Whether an equal packet passed; if not, this one has. The set is the worker's. */
static inline bool
find(struct asked *asked, const struct search *search)
{
	struct dedup_line *home = &search->set->lines[(search->tag & DEDUP_LINE) != 0];
	struct slots slots = look(asked, home, search);

	if (slots.equal)
		return meet(asked, search, &home->whens[__builtin_ctz(slots.equal)]);
	if (unlikely(!slots.room || (home->tags[0] & DEDUP_SPILT)))
		return find_beside(asked, search, slots.room);
	settle(asked, search, home, __builtin_ctz(slots.room));
	return false;
}

/* No tag is 0. */
static inline struct search
begin(const struct dedup *dedup, const struct packet_digest *digest, uint64_t time)
{
	uint64_t index = (unsigned __int128)digest->high * dedup->set_count >> 64;
	uint64_t tag = digest->low & ~DEDUP_MARKS;
	struct dedup_set *set = &dedup->sets[index];

	/* Where there are several workers, both lines. */
	rte_prefetch0(&set->lines[(tag & DEDUP_LINE) != 0]);
	if (dedup->workers > 1)
		rte_prefetch0(&set->lines[0]);
	return (struct search){set, tag ? tag : DEDUP_MARKS + 1, time << DEDUP_PORT_BITS};
}

/* Of packets, as bits. */
static inline void
begin_some(const struct asked *asked, struct burst *burst, uint32_t packets,
	   struct search searches[BURST_MAX])
{
	struct packet_digest digests[BURST_MAX];
	uint32_t rest = packet_digests(burst->packets, packets, &asked->gate->mask, digests);

	if (unlikely(rest))
		burst_parse(burst);
	for (; rest; rest &= rest - 1) {
		unsigned i = __builtin_ctz(rest);

		packet_digest(burst->packets[i], &burst->views[i], &asked->gate->mask, &digests[i]);
	}
	for (; packets; packets &= packets - 1) {
		unsigned i = __builtin_ctz(packets);

		searches[i] = begin(asked->gate->dedup, &digests[i], burst->times[i]);
	}
}

static void
count(const struct asked *asked, unsigned looked_at, uint64_t time)
{
	struct dedup_part *part = asked->part;
	unsigned duplicates = __builtin_popcount(asked->found);

	tally_count(&part->looked_at, looked_at);
	tally_count(&part->duplicates, duplicates);
	tally_count(&part->same_port, asked->same_port);
	tally_count(&part->cross_port, duplicates - asked->same_port);
	tally_count(&part->overwritten, asked->overwritten);
	dedup_put(&part->time, time);
}

uint32_t
dedup_find(const struct gate_dedup *gate, struct burst *burst, uint32_t packets)
{
	const struct dedup *dedup = gate->dedup;
	struct asked asked = {.gate = gate,
			      .part = &gate->dedup->parts[burst->worker],
			      .port = burst->in - burst->tally->ports};
	struct search searches[BURST_MAX];

	burst_times(burst);
	/* Sets are fetched while further packets are read. */
	for (uint32_t some = AT_ONCE; some; some <<= AT_ONCE_COUNT)
		begin_some(&asked, burst, packets & some, searches);
	for (uint32_t left = packets; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);

		if (unlikely(!take(dedup, searches[i].set)))
			continue;
		asked.found |= (uint32_t)find(&asked, &searches[i]) << i;
		give_back(dedup, searches[i].set);
	}
	count(&asked, __builtin_popcount(packets), burst->times[31 - __builtin_clz(packets)]);
	return asked.found;
}
