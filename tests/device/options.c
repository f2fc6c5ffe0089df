/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <errno.h>
#include <rte_kvargs.h>
#include <rte_log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

#define SIZE_MIN 60
#define SIZE_MAX_BYTES 9000

static const char *const keys[] = {"rx",     "size",   "flows",    "queues", "tx-queues", "hold",
				   "accept", "room",   "link",     "fail",   "good",      "wrong",
				   "orders", "refuse", "segments", "ring",   "tells",     NULL};

static const char *const links[] = {"up", "down", "flap"};

static const char *const failures[] = {"nothing",  "probe", "info", "configure",  "rx-queue",
				       "tx-queue", "start", "mtu",  "promiscuous"};

struct number {
	uint64_t low, high, value;
};

static int
parse_number(const char *key, const char *value, void *out)
{
	struct number *number = out;
	char *end;

	if (strcmp(key, "rx") == 0 && value && strcmp(value, "endless") == 0) {
		number->value = DEVICE_ENDLESS;
		return 0;
	}
	errno = 0;
	number->value = strtoull(value ? value : "", &end, 10);
	if (errno == 0 && value && *value && *end == '\0' && number->value >= number->low &&
	    number->value <= number->high)
		return 0;
	RTE_LOG(ERR, PMD, "net_test: %s=%s: not a number this key takes\n", key,
		value ? value : "");
	return -1;
}

static uint64_t
read_number(struct rte_kvargs *list, const char *key, uint64_t low, uint64_t high, uint64_t initial,
	    bool *failed)
{
	struct number number = {low, high, initial};

	if (rte_kvargs_process(list, key, parse_number, &number) < 0)
		*failed = true;
	return number.value;
}

struct word {
	const char *const *words;
	unsigned count, value;
};

static int
parse_word(const char *key, const char *value, void *out)
{
	struct word *word = out;

	for (unsigned i = 0; value && i < word->count; i++) {
		if (strcmp(word->words[i], value) == 0) {
			word->value = i;
			return 0;
		}
	}
	RTE_LOG(ERR, PMD, "net_test: %s=%s: not a word this key takes\n", key, value ? value : "");
	return -1;
}

static unsigned
read_word(struct rte_kvargs *list, const char *key, const char *const *words, unsigned count,
	  bool *failed)
{
	struct word word = {words, count, 0};

	if (rte_kvargs_process(list, key, parse_word, &word) < 0)
		*failed = true;
	return word.value;
}

static int
parse_path(const char *key, const char *value, void *out)
{
	if (value && strlen(value) < DEVICE_PATH_MAX) {
		snprintf(out, DEVICE_PATH_MAX, "%s", value);
		return 0;
	}
	RTE_LOG(ERR, PMD, "net_test: %s: not a path this key takes\n", key);
	return -1;
}

bool
device_options_parse(const char *text, struct device_options *options)
{
	struct rte_kvargs *list = rte_kvargs_parse(text, keys);
	bool failed = false;

	if (!list) {
		RTE_LOG(ERR, PMD, "net_test: unknown key in \"%s\"\n", text);
		return false;
	}
	options->rx = read_number(list, "rx", 0, UINT64_MAX, 0, &failed);
	options->size = read_number(list, "size", SIZE_MIN, SIZE_MAX_BYTES, 64, &failed);
	options->flows = read_number(list, "flows", 1, 1 << 20, 256, &failed);
	options->queues = read_number(list, "queues", 1, DEVICE_QUEUES_MAX, 1, &failed);
	options->tx_queues =
		read_number(list, "tx-queues", 1, DEVICE_QUEUES_MAX, options->queues, &failed);
	options->hold = read_number(list, "hold", 0, DEVICE_HOLD_MAX, 0, &failed);
	options->accept = read_number(list, "accept", 0, UINT16_MAX, 0, &failed);
	options->room = read_number(list, "room", 0, UINT64_MAX, 0, &failed);
	options->refuse = read_number(list, "refuse", 0, UINT16_MAX, 0, &failed);
	options->segments = read_number(list, "segments", 0, UINT8_MAX, 0, &failed);
	options->ring = read_number(list, "ring", 0, UINT16_MAX, 0, &failed);
	options->link = read_word(list, "link", links, RTE_DIM(links), &failed);
	options->failure = read_word(list, "fail", failures, RTE_DIM(failures), &failed);
	options->tells = read_number(list, "tells", 0, 1, 0, &failed);
	options->good = read_number(list, "good", 0, 1, 0, &failed);
	options->wrong = read_number(list, "wrong", 0, UINT32_MAX, 0, &failed);
	options->orders[0] = '\0';
	if (rte_kvargs_process(list, "orders", parse_path, options->orders) < 0)
		failed = true;
	rte_kvargs_free(list);
	return !failed;
}
