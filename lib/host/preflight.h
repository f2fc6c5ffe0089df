/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preflight: what a config asks of this machine, checked before anything is started. It reads files
 * and asks about interfaces; it changes nothing, opens no device and needs no privileges. The table
 * in preflight.c has one line a check; docs/preflight.md has one row a finding. One thread.
 */
#ifndef HOST_PREFLIGHT_H
#define HOST_PREFLIGHT_H

#include <stdbool.h>

#include "config/config.h"
#include "host/finding.h"
#include "host/host.h"

struct preflight_options {
	bool unsafe_no_iommu; /* what is unsafe for want of an IOMMU is a warning, not refused */
	const char *const *plugins; /* files of further drivers */
	unsigned plugin_count;
};

/* Appends every finding to list. Returns 0 when `run` may start, -EPERM when it may not, or
 * -ENOMEM. */
int preflight(const struct config *config, const struct host *host,
	      const struct preflight_options *options, struct finding_list *list);

#endif
