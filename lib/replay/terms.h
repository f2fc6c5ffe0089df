/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Terms: how one run of a replay differs from what its config says. All zero: in nothing.
 */
#ifndef REPLAY_TERMS_H
#define REPLAY_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/pace.h"

struct replay_terms {
	bool pace_given, loops_given;
	struct config_pace pace;
	uint64_t loops;       /* 0: for ever */
	uint64_t limit;       /* packets, of all loops together; 0: all */
	uint64_t duration_ns; /* from its first packet on; 0: as long as it takes */
	/* When its first packet is due, on the wall clock; 0: as soon as it can. Not unless the
	 * kernel takes that clock to be less wrong than clock_error_ns. */
	uint64_t at_ns, clock_error_ns;
};

#endif
