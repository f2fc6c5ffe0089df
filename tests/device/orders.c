/* SPDX-License-Identifier: BSD-3-Clause */
#define ALLOW_EXPERIMENTAL_API /* events of devices */
#include "orders.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <rte_dev.h>
#include <rte_log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

#include "core/banned.h"

#define SLOTS_MAX 64

struct slot {
	struct orders orders; /* first: callers hold a pointer to it */
	char path[PATH_MAX];
	char name[RTE_ETH_NAME_MAX_LEN];
	FILE *input;
	pthread_mutex_t lock; /* of dev */
	struct rte_eth_dev *dev;
};

static struct slot *slots[SLOTS_MAX];

static void
obey(struct slot *slot, const char *line)
{
	struct orders *orders = &slot->orders;
	bool remove = strcmp(line, "remove") == 0, vanish = strcmp(line, "vanish") == 0;

	if (strcmp(line, "link up") == 0)
		orders->link_down = false;
	else if (strcmp(line, "link down") == 0)
		orders->link_down = true;
	else if (strcmp(line, "dry on") == 0)
		orders->dry = true;
	else if (strcmp(line, "dry off") == 0)
		orders->dry = false;
	else if (strncmp(line, "miss ", 5) == 0)
		orders->missed += strtoull(line + 5, NULL, 10);
	else if (strncmp(line, "bring ", 6) == 0)
		orders->brought += strtoull(line + 6, NULL, 10);
	else if (strncmp(line, "stall ", 6) == 0)
		orders->stall_ms = strtoull(line + 6, NULL, 10);
	else if (strncmp(line, "room ", 5) == 0)
		orders->room += strtoull(line + 5, NULL, 10);
	else if (strcmp(line, "plug") == 0)
		orders->gone = false;
	else if (remove || vanish || strcmp(line, "die") == 0)
		orders->gone = true;
	else
		RTE_LOG(ERR, PMD, "net_test: order \"%s\" is not known\n", line);
	if (vanish)
		rte_dev_event_callback_process(slot->name, RTE_DEV_EVENT_REMOVE);
	pthread_mutex_lock(&slot->lock);
	if (remove && slot->dev)
		rte_eth_dev_callback_process(slot->dev, RTE_ETH_EVENT_INTR_RMV, NULL);
	pthread_mutex_unlock(&slot->lock);
}

static void *
listen_to(void *argument)
{
	struct slot *slot = argument;
	char line[64];

	while (fgets(line, sizeof(line), slot->input)) {
		line[strcspn(line, "\n")] = '\0';
		obey(slot, line);
	}
	return NULL;
}

static struct slot *
new_slot(const char *path)
{
	struct slot *slot = calloc(1, sizeof(*slot));
	pthread_t thread;
	int fd;

	if (!slot)
		return NULL;
	pthread_mutex_init(&slot->lock, NULL);
	snprintf(slot->path, sizeof(slot->path), "%s", path);
	/* For writing too, so that it never ends while nobody else has it open. */
	fd = open(path, O_RDWR | O_CLOEXEC);
	slot->input = fd < 0 ? NULL : fdopen(fd, "r");
	if (slot->input && pthread_create(&thread, NULL, listen_to, slot) == 0) {
		pthread_detach(thread);
		return slot;
	}
	RTE_LOG(ERR, PMD, "net_test: orders=%s can't be listened to\n", path);
	free(slot);
	return NULL;
}

struct orders *
orders_open(const char *path)
{
	unsigned i;

	for (i = 0; i < SLOTS_MAX && slots[i]; i++) {
		if (strcmp(slots[i]->path, path) == 0)
			return &slots[i]->orders;
	}
	if (i == SLOTS_MAX)
		return NULL;
	slots[i] = new_slot(path);
	return slots[i] ? &slots[i]->orders : NULL;
}

void
orders_attach(struct orders *orders, struct rte_eth_dev *dev, const char *name)
{
	struct slot *slot = (struct slot *)orders;

	pthread_mutex_lock(&slot->lock);
	slot->dev = dev;
	snprintf(slot->name, sizeof(slot->name), "%s", name);
	pthread_mutex_unlock(&slot->lock);
}
