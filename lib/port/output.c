/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/output.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

#include "core/banned.h"

/* draft-ietf-opsawg-pcap, sections 4 and 5. */
#define FILE_HEADER 24
#define RECORD_HEADER 16

void
output_watch(struct port *port)
{
	struct stat file;

	port->incomplete = false;
	/* As it is now, whatever its name leads to later. */
	port->output = open(port->config->pcap_out, O_PATH | O_CLOEXEC);
	if (port->output >= 0 && (fstat(port->output, &file) < 0 || !S_ISREG(file.st_mode)))
		output_forget(port);
}

bool
output_is_short(struct port *port)
{
	struct rte_eth_stats sent;
	struct stat file;
	uint64_t length;

	if (port->output < 0 || port->incomplete || rte_eth_stats_get(port->id, &sent) < 0 ||
	    sent.opackets == 0 || fstat(port->output, &file) < 0)
		return port->incomplete;
	/* The driver flushes each burst before it counts it: the file is never behind. */
	length = FILE_HEADER + sent.opackets * RECORD_HEADER + sent.obytes;
	if ((uint64_t)file.st_size >= length)
		return false;
	log_error("port %s: %s is incomplete: %" PRIu64 " of %" PRIu64
		  " bytes could be written (is the disk full?); from now on the port has no link",
		  port->config->name, port->config->pcap_out, (uint64_t)file.st_size, length);
	port->incomplete = true;
	return true;
}

void
output_forget(struct port *port)
{
	if (port->output >= 0)
		close(port->output);
	port->output = -1;
}
