/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks of preflight, and what they share. Inside the room only: preflight.c has the order.
 */
#ifndef HOST_CHECKS_H
#define HOST_CHECKS_H

#include "host/finding.h"
#include "host/host.h"
#include "host/nic.h"
#include "host/preflight.h"
#include "port/cores.h"
#include "port/memory.h"

struct preflight {
	const struct config *config;
	const struct host *host;
	const struct root *root; /* the host's */
	const struct preflight_options *options;
	struct finding_list *list;
	struct nic nics[CONFIG_PORTS_MAX]; /* behind the ports that are PCI devices */
	unsigned nic_count;
	bool translates;        /* there is an IOMMU, with groups of its own */
	struct core_plan cores; /* without workers when the config's can't be had */
	struct memory_plan memory;
	bool unseen;        /* processes that may have a card open */
	uint64_t xdp_bytes; /* that the sockets of af-xdp ports pin */
};

/* Behind a check stands the one that must have run before. */
void check_cores(struct preflight *work);
void check_drivers(struct preflight *work);
void check_rights(struct preflight *work);
void check_busy(struct preflight *work);
void check_interfaces(struct preflight *work);
void check_iommu(struct preflight *work);
void check_nics(struct preflight *work);
void check_reach(struct preflight *work);
void check_captures(struct preflight *work);
void check_groups(struct preflight *work);
void check_run_dir(struct preflight *work);
void check_unsafe(struct preflight *work);
void check_vfio(struct preflight *work);
void check_hugepages(struct preflight *work); /* check_cores */
void check_memlock(struct preflight *work);   /* check_hugepages, check_interfaces */
void check_entries(struct preflight *work);   /* check_hugepages */
void check_numa(struct preflight *work);      /* check_cores */
void check_tuning(struct preflight *work);    /* check_cores */
void check_load(struct preflight *work);      /* check_cores */
void check_flat(struct preflight *work);

/* Refused, unless the user has typed that it is not to be. */
enum finding_severity unsafe_severity(const struct preflight *work);

/* Whether any port's memory is mapped for a device through vfio and the IOMMU. */
bool uses_vfio(const struct preflight *work);

#endif
