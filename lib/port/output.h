/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Output: the capture that net_pcap writes for a live port. The driver does not look whether a write worked, as on a
 * full disk it does not; so the file's length is compared with what was sent. Control thread.
 */
#ifndef PORT_OUTPUT_H
#define PORT_OUTPUT_H

#include "port/port.h"

/* Begins to watch the file, once the driver has made it. What is no regular file has no length to be compared. */
void output_watch(struct port *port);

/* Whether the file lacks something of what was sent; it then never again is whole. Logged the first time. */
bool output_is_short(struct port *port);

void output_forget(struct port *port);

#endif
