/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: all ports of a config, their mbuf pools and the EAL below them, brought up and taken down
 * as one.
 */
#ifndef PORT_PORTS_H
#define PORT_PORTS_H

#include <rte_mempool.h>
#include <stdbool.h>

#include "config/config.h"
#include "port/iommu_log.h"
#include "port/port.h"

enum port_mode {
	PORT_LIVE,
	PORT_OFFLINE, /* no hugepages, no devices; outputs are capture_writers */
};

struct port_pool {
	struct rte_mempool *pool;
	char name[RTE_MEMPOOL_NAMESIZE];
	int numa;
	/* For headers of edited packets, and windows on the rest of them, on the same node; NULL:
	 * it is such a pool itself. */
	struct rte_mempool *headers;
	uint32_t packet_size;  /* bytes that an mbuf has room for */
	uint32_t size;         /* mbufs */
	uint32_t driver_holds; /* of them, how many drivers are known to keep (driver.c) */
	uint32_t forgotten;    /* that drivers did not hand back when they closed */
	uint32_t may_hold;     /* and perhaps so many more, where that can't be known */
	uint64_t bytes;
	/* Of a pool of packets: see own.h. measured: at the start, and not named by the config. */
	uint32_t copy_break;
	bool measured;
};

#define PORT_POOLS_MAX (2 * CONFIG_PORTS_MAX)

struct ports {
	enum port_mode mode;
	struct port *items[CONFIG_PORTS_MAX]; /* by slot */
	unsigned count;
	struct port_pool pools[PORT_POOLS_MAX];
	unsigned pool_count;
	struct output_copies past_copies; /* of ports whose places others took */
	bool past_lacks; /* a capture that one of these read or wrote is not whole */
	int kernel_log;  /* where iommu_log reads; -1 when it can't */
	bool hugepages;  /* the pools lie in hugepages */
	bool pci;        /* some port was a PCI device at the start */
	bool flat;       /* the packets lie as AF_XDP needs them, see pool.c */
};

/* What a config asks of the machine before anything is started: captures that exist, are Ethernet
 * and whole; memory that holds the rings. All findings, with the config's line and column. No EAL
 * needed, no privileges. Returns 0 or -EINVAL. */
int ports_check(const struct config *config, struct error_list *errors);

/* The worker that polls a queue: that many places after the port's own, so that ports with a single
 * queue spread over workers too. */
static inline unsigned
ports_worker(unsigned port, unsigned queue, unsigned workers)
{
	return (port + queue) % workers;
}

struct eal_options {
	const char *const *plugins; /* paths of further DPDK drivers */
	unsigned plugin_count;
	bool unsafe_no_iommu; /* devices may be given physical addresses, without an IOMMU */
};

/* Starts the EAL: main lcore 0 on the cores no worker has, worker i on lcore i + 1, named pmd-CORE.
 * options may be NULL: none. cores[] gets the core of each worker; returns the number of workers
 * (config's, or 1) or a negative errno after logging why. One EAL a process. */
int ports_start_eal(const struct config *config, enum port_mode mode,
		    const struct eal_options *options, uint16_t cores[CONFIG_WORKERS_MAX]);
void ports_stop_eal(void);

/* Makes the pools, opens and starts every port. Logs each failure with what would mend it, undoes
 * everything and returns a negative errno. */
int ports_open(struct ports *ports, const struct config *config, enum port_mode mode,
	       unsigned workers);

/* A port that is to come while others run: without a device, out of service and known to nobody.
 * Any thread. NULL: no memory. It is opened by ports_retake, after ports_prepare. */
struct port *ports_make(const struct config_port *config, uint16_t slot);

/* Frees one that is closed and that nobody has any more. NULL is fine. */
void ports_unmake(struct port *port);

/* It will have what a port has had that was closed: the kernel may not have let go of it yet. */
void ports_follow(struct port *port, const struct port *before);

/* Puts it into its slot, and returns the one whose place it takes, or NULL; of that one, if it is
 * of the same name, what it counts goes on. Control thread. */
struct port *ports_put(struct ports *ports, struct port *port);

/* Closes the device of one port and hands it back, so that it may be taken out of the machine; the
 * others go on. No worker touches it any more, and port->service says what has become of it. */
void ports_release(struct ports *ports, struct port *port);

/* Of a slot. Workers too, who hold it as they hold a program. */
static inline struct port *
ports_at(const struct ports *ports, uint16_t slot)
{
	return __atomic_load_n(&ports->items[slot], __ATOMIC_ACQUIRE);
}

/* The port of that name, or NULL. */
struct port *ports_find(const struct ports *ports, const char *name);

/* Whether a port that was released may be opened again at once, or has something to be done before:
 * the kernel lets go of its queues some time after they were closed, and an input capture is read
 * from end to end. Control thread. */
bool ports_can_retake(const struct port *port);

/* Does that, in any thread, while nobody opens the port. */
void ports_prepare(struct port *port);

/* Looks at the captures that it is to receive when it is opened. 0, or a negative errno, logged.
 * Any thread, as ports_prepare. */
int ports_look(struct port *port);

/* Opens the device of a port that was released, as ports_open does. Failures are logged, and the
 * port stays as it was. -EAGAIN before the kernel has let go. */
int ports_retake(struct ports *ports, const struct config *config, struct port *port,
		 unsigned workers);

/* The same of one that was released before, or stands for one that was: the file that it writes
 * goes on behind what is there. */
int ports_restore(struct ports *ports, const struct config *config, struct port *port,
		  unsigned workers);

/* How many packets the rings hold in which it sends; of one that has none yet, can hold. */
uint64_t ports_sending(const struct port *port, unsigned workers);

/* Stops receiving and sending on every device, so that it gives back what it holds; then closes
 * devices and writers. Returns 0 or the first writer's error. Workers must have stopped. */
int ports_close(struct ports *ports);

/* Mbufs missing from the pools after ports_close, beyond what drivers are known to keep. */
uint64_t ports_leaked(const struct ports *ports);

/* Frees the pools. */
void ports_free(struct ports *ports);

#endif
