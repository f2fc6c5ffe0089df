/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PMD: what the files of DPDK's network drivers say of themselves, without loading them. Each holds
 * a text for every driver in it, {"name": "net_tap", ..., "pci_ids": [[vendor, device, subvendor,
 * subdevice], ...]}, which dpdk-pmdinfo reads too. One thread.
 */
#ifndef PORT_PMD_H
#define PORT_PMD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/root.h"

struct pmds {
	char **texts; /* one a driver */
	unsigned count;
	bool complete; /* all could be read; what is not among them is not there */
};

/* A PCI device's numbers, as the kernel shows them. */
struct pmd_model {
	uint16_t vendor, device, subvendor, subdevice;
};

/* The number in the names of Debian's packages of drivers: "23". */
#define PMD_ABI_MAX 8
void pmd_abi(char text[PMD_ABI_MAX]);

/* To be cleared whatever came of it. */
void pmds_read(const struct root *root, struct pmds *pmds);
void pmds_clear(struct pmds *pmds);

/* Whether a driver would take a virtual device of this name, which begins with the driver's or its
 * old name. */
bool pmds_make(const struct pmds *pmds, const char *device);

/* Whether one takes a card of this model. */
bool pmds_know(const struct pmds *pmds, const struct pmd_model *model);

/* The driver's name with that beginning that is nearest to a device's, for a "did you mean"; or
 * NULL. */
const char *pmds_nearest(const struct pmds *pmds, const char *device, char *text, size_t size);

/* Whether a further driver's file, which has no such text, mentions the beginning of a device's
 * name. */
bool pmd_mentions(const struct root *root, const char *path, const char *device);

#endif
