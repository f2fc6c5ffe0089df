/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sieve: takes out of what net_pcap receives the records that are no packets: those without a byte, and those of more
 * than CAPTURE_RECORD_MAX bytes. Ports without such records have none.
 * Control thread.
 */
#ifndef PORT_SIEVE_H
#define PORT_SIEVE_H

struct port;

/* Puts one in front of a capture port, which is set up and stands still, when its input needs it. Negative errno,
 * logged. */
int sieve_open(struct port *port);

/* Takes it away; no worker may poll the port any more. */
void sieve_close(struct port *port);

#endif
