/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A store that obeys lines on stdin, for tests that look at its files with other tools:
 *   make KEY=VALUE...               name, directory, and members of setup and terms
 *   ports NAME...                   the interfaces of slots 0, 1, ... (before make, or a change)
 *   put COUNT LENGTH SLOT TIME STEP [ID]   packets, the first at TIME; byte 0 on is the packet's
 *                                   number since the start, big endian, and zeros
 *   tick EPOCH MONO | live SECONDS | rotate | trigger TIME | change KEY=VALUE... | end | quit
 *   flood PACKETS LENGTH [WAITS]    put with ticks between, as fast as it goes, from now on; WAITS:
 *                                   as fast as the disk takes them
 *   stall | answer                  a disk that does not answer, while nothing is under way
 *   limit BYTES                     no file may be longer
 *   numbers | files                 answered by a line of JSON
 * Each other line is answered by "ok", or by what is wrong.
 */
#include <inttypes.h>
#include <rte_mbuf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "core/when.h"
#include "eal.h"
#include "fake_mbuf.h"
#include "store/inside.h"

#include "core/banned.h"

#define FRAME_MAX 300000

static struct store *store;
static struct store_setup setup = {.application = "keep_packets", .comment = "a test", .numa = -1};
static struct store_terms terms;
static struct store_interface ports[STORE_SLOTS];
static unsigned port_count;
static char name[64], directory[STORE_PATH_MAX];
static uint8_t frame[FRAME_MAX];
static uint32_t number;

static void
set_one(const char *key, const char *value)
{
	const struct {
		const char *key;
		uint64_t *value;
	} rows[] = {
		{"rotate_size", &terms.rotate_size},
		{"rotate_every", &terms.rotate_every_ns},
		{"rotate_packets", &terms.rotate_packets},
		{"keep_files", &terms.keep_files},
		{"keep_size", &terms.keep_size},
		{"keep_free", &terms.keep_free},
		{"before", &terms.before_ns},
		{"after", &terms.after_ns},
		{"memory", &setup.memory},
	};
	uint64_t whole = strtoull(value, NULL, 0);

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			*rows[i].value = whole;
	if (strcmp(key, "snap") == 0)
		terms.snap = (uint32_t)whole;
	else if (strcmp(key, "triggered") == 0)
		terms.triggered = whole;
	else if (strcmp(key, "offline") == 0)
		setup.offline = whole;
	else if (strcmp(key, "direct") == 0)
		setup.direct = whole;
	else if (strcmp(key, "name") == 0)
		snprintf(name, sizeof(name), "%s", value);
	else if (strcmp(key, "directory") == 0)
		snprintf(directory, sizeof(directory), "%s", value);
}

static void
set(char *words)
{
	char *place, *word = strtok_r(words, " \n", &place);

	for (; word; word = strtok_r(NULL, " \n", &place)) {
		char *equals = strchr(word, '=');

		if (equals) {
			*equals = '\0';
			set_one(word, equals + 1);
		}
	}
}

static void
set_ports(char *words)
{
	char *place, *word = strtok_r(words, " \n", &place);

	port_count = 0;
	for (; word && port_count < STORE_SLOTS; word = strtok_r(NULL, " \n", &place)) {
		ports[port_count].slot = (uint8_t)port_count;
		snprintf(ports[port_count].name, sizeof(ports[port_count].name), "%s", word);
		port_count++;
	}
}

/* In three segments, where it is long enough. */
static bool
put_one(uint32_t length, unsigned slot, uint64_t time_ns, uint64_t id)
{
	const uint32_t ends[] = {14, length / 2};
	struct rte_mbuf packet[3];
	struct store_packet about = {.time_ns = time_ns,
				     .id = id,
				     .wire_length = length,
				     .slot = (uint8_t)slot,
				     .direction = STORE_INBOUND};

	for (unsigned i = 0; i < 4 && i < length; i++)
		frame[i] = (uint8_t)(number >> (24 - 8 * i));
	number++;
	if (length > 60)
		fake_mbuf_chain(packet, 3, frame, ends, length);
	else
		fake_mbuf(packet, frame, length);
	return store_put(store, packet, &about);
}

static void
put(const char *words)
{
	uint64_t count, length, slot, time_ns, step, id = 0, taken = 0;

	if (sscanf(words, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		   &count, &length, &slot, &time_ns, &step, &id) < 5 ||
	    length > FRAME_MAX) {
		puts("what is put?");
		return;
	}
	for (uint64_t i = 0; i < count; i++)
		taken += put_one((uint32_t)length, (unsigned)slot, time_ns + i * step,
				 id ? id + i : 0);
	printf("ok %" PRIu64 "\n", taken);
}

static void
tick_now(void)
{
	store_tick(store, when_now(), now_ns());
}

static void
live(double seconds)
{
	double until = now_seconds() + seconds;

	do {
		tick_now();
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	} while (now_seconds() < until);
	puts("ok");
}

static void
flood(const char *words)
{
	uint64_t count = 0, length = 60, waits = 0, taken = 0;
	double began;

	sscanf(words, "%" SCNu64 " %" SCNu64 " %" SCNu64, &count, &length, &waits);
	began = now_seconds();
	for (uint64_t i = 0; i < count; i++) {
		if (i % 32 == 0)
			tick_now();
		while (waits && store->ring.head - store->ring.tail >= store->ring.count - 1)
			saver_poll(&store->saver, 100000), tick_now();
		taken += put_one((uint32_t)length, 0, when_now(), 0);
	}
	printf("ok %" PRIu64 " %.6f\n", taken, now_seconds() - began);
}

static void
print_numbers(void)
{
	static const char *const states[] = {"waiting", "recording", "failed", "ended"};
	static struct store_numbers numbers;

	store_numbers(store, &numbers);
	printf("{\"state\":\"%s\",\"reason\":\"%s\",\"file\":\"%s\",\"files\":%" PRIu64
	       ",\"closed\":%" PRIu64 ",\"removed\":%" PRIu64 ",\"blocks\":%" PRIu64
	       ",\"used\":%" PRIu64 ",\"direct\":%d,\"slots\":[",
	       states[numbers.state], numbers.reason, numbers.file, numbers.files, numbers.closed,
	       numbers.removed, numbers.blocks, numbers.blocks_used, numbers.direct);
	for (unsigned i = 0; i < port_count; i++) {
		const struct store_count *count = &numbers.slots[i];

		printf("%s{\"taken\":[%" PRIu64 ",%" PRIu64 "],\"stored\":[%" PRIu64 ",%" PRIu64
		       "],\"full\":[%" PRIu64 ",%" PRIu64 "],\"failed\":[%" PRIu64 ",%" PRIu64
		       "],\"passed\":[%" PRIu64 ",%" PRIu64 "]}",
		       i ? "," : "", count->taken_packets, count->taken_bytes,
		       count->stored_packets, count->stored_bytes, count->lost_packets[STORE_FULL],
		       count->lost_bytes[STORE_FULL], count->lost_packets[STORE_FAILED],
		       count->lost_bytes[STORE_FAILED], count->lost_packets[STORE_PASSED],
		       count->lost_bytes[STORE_PASSED]);
	}
	puts("]}");
}

static void
print_files(void)
{
	static struct store_file files[1024];
	unsigned count = store_files(store, files, 1024);

	printf("[");
	for (unsigned i = 0; i < count && i < 1024; i++)
		printf("%s{\"number\":%" PRIu64 ",\"first\":%" PRIu64 ",\"last\":%" PRIu64
		       ",\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64
		       ",\"known\":%d,\"whole\":%d,\"lacks\":%d,\"name\":\"%s\"}",
		       i ? "," : "", files[i].number, files[i].first_ns, files[i].last_ns,
		       files[i].packets, files[i].bytes, files[i].known, files[i].whole,
		       files[i].lacks, files[i].name);
	puts("]");
}

static void
make(char *words)
{
	char reason[STORE_REASON_MAX] = "";

	set(words);
	setup.name = name;
	setup.directory = directory;
	if (store_make(&setup, &terms, ports, port_count, &store, reason, sizeof(reason)) < 0) {
		store = NULL;
		puts(reason);
		return;
	}
	puts("ok");
}

static void
tick(const char *words)
{
	uint64_t epoch = 0, mono = 0;

	sscanf(words, "%" SCNu64 " %" SCNu64, &epoch, &mono);
	store_tick(store, epoch, mono);
	puts("ok");
}

static void
change(char *words)
{
	set(words);
	puts(store_change(store, &terms, ports, port_count) < 0 ? "no memory" : "ok");
}

static void
stall(bool stalled)
{
	store->saving = stalled;
	store->save = (struct save){.state = stalled ? SAVE_UNDER_WAY : SAVE_DONE};
	puts("ok");
}

static void
limit(uint64_t bytes)
{
	struct rlimit most = {bytes, bytes};

	puts(setrlimit(RLIMIT_FSIZE, &most) == 0 ? "ok" : "not allowed");
}

static void
obey(const char *verb, char *words)
{
	if (strcmp(verb, "make") == 0)
		make(words);
	else if (strcmp(verb, "ports") == 0)
		set_ports(words), puts("ok");
	else if (!store)
		puts("there is no store");
	else if (strcmp(verb, "put") == 0)
		put(words);
	else if (strcmp(verb, "flood") == 0)
		flood(words);
	else if (strcmp(verb, "tick") == 0)
		tick(words);
	else if (strcmp(verb, "live") == 0)
		live(strtod(words, NULL));
	else if (strcmp(verb, "rotate") == 0)
		puts(store_rotate(store) ? "ok" : "nothing to close");
	else if (strcmp(verb, "trigger") == 0)
		puts(store_trigger(store, strtoull(words, NULL, 0)) ? "ok" : "no trigger");
	else if (strcmp(verb, "change") == 0)
		change(words);
	else if (strcmp(verb, "stall") == 0 || strcmp(verb, "answer") == 0)
		stall(strcmp(verb, "stall") == 0);
	else if (strcmp(verb, "limit") == 0)
		limit(strtoull(words, NULL, 0));
	else if (strcmp(verb, "numbers") == 0)
		print_numbers();
	else if (strcmp(verb, "files") == 0)
		print_files();
	else if (strcmp(verb, "end") == 0)
		puts(store_end(store, 10000) == 0 ? "ok" : "late");
	else
		puts("what?");
}

int
main(void)
{
	static char line[8192], verb[32];

	test_eal_start();
	signal(SIGXFSZ, SIG_IGN);
	log_set_level(LOG_LEVEL_INFO);
	while (fgets(line, sizeof(line), stdin)) {
		int used = 0;

		if (sscanf(line, "%31s%n", verb, &used) != 1)
			continue;
		if (strcmp(verb, "quit") == 0)
			break;
		obey(verb, line + used);
		fflush(stdout);
	}
	if (store)
		store_free(store);
	return 0;
}
