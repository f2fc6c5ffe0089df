/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDR: the options of `sluice ndr` (no-drop rate) that no other command has, as typed; NULL: not
 * given.
 */
#ifndef SLUICE_NDR_NDR_H
#define SLUICE_NDR_NDR_H

struct ndr_options {
	const char *loss, *latency;
};

#endif
