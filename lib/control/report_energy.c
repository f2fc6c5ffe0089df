/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/report_energy.h"

#include "host/energy.h"

#include "core/banned.h"

#define MILLION 1e6

json_t *
report_energy(const struct energy *energy, uint64_t packets)
{
	json_t *counters = json_array();

	for (unsigned i = 0; i < energy->count; i++)
		json_array_append_new(counters, json_string(energy->counters[i].name));
	if (!energy->source)
		return json_pack("{s:n, s:o, s:n, s:n, s:s}", "source", "counters", counters,
				 "joules", "per_million_packets", "why", energy->why);
	return json_pack("{s:s, s:o, s:f, s:o, s:n}", "source", energy->source, "counters",
			 counters, "joules", energy->joules, "per_million_packets",
			 packets ? json_real(energy->joules * MILLION / (double)packets)
				 : json_null(),
			 "why");
}
