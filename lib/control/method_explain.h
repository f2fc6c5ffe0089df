/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What would happen to a packet, and why. Asked in the job thread, as it may compile filters and a
 * config, and as no other program comes into force there meanwhile.
 */
#ifndef CONTROL_METHOD_EXPLAIN_H
#define CONTROL_METHOD_EXPLAIN_H

#include "control/method.h"

/* Beside a config's. */
#define EXPLAIN_PARAMS                                                                          \
	{.name = "packet",                                                                      \
	 .text = "its bytes in hexadecimal, or words: tcp 10.0.0.6:43211 > 192.0.2.1:443 syn",  \
	 .required = true},                                                                     \
		{.name = "port", .text = "as if received there; the first that receives"},      \
		{.name = "down",                                                                \
		 .type = METHOD_NAMES,                                                          \
		 .text = "ports that are supposed to have no link"},                            \
		{.name = "near",                                                                \
		 .type = METHOD_INTEGER,                                                        \
		 .text = "so many rules that nearly took it; 3"},                               \
	{                                                                                       \
		.name = "cost", .type = METHOD_BOOLEAN, .text = "what it costs, measured there" \
	}

void work_explain(const struct method_daemon *daemon, struct call *call);
void answer_explain(struct method_daemon *daemon, struct call *call);

#endif
