/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether another process has what the ports need for themselves: an XDP socket on a queue, or a
 * card's group. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "host/checks.h"
#include "host/holders.h"
#include "port/iface.h"
#include "port/xdp.h"

#include "core/banned.h"

static void
say(const struct preflight *work, const struct config_port *port, const char *code, const char *key,
    const char *what, const struct holder *holder)
{
	struct finding *finding = finding_add_port(work->list, FINDING_REFUSED, code, port, key);
	char who[HOLDER_TEXT_MAX];

	holder_text(holder, who);
	finding_what(finding, "%s has %s", who, what);
	finding_why(finding, "it is one process's at a time");
	if (holder->pid)
		finding_mend(finding, "end it: sudo kill %u", holder->pid);
	else
		finding_mend(finding, "end it; sudo sluiced check names it");
}

/* Where the kernel does not tell of sockets: whoever has the program open that gives them their
 * packets. One that nobody has was left by a process that was killed, and is in nobody's way. */
static void
check_program(struct preflight *work, const struct config_port *port, unsigned program,
	      bool sockets)
{
	char what[128], name[XDP_NAME_MAX];
	struct holder holder = {0};
	struct finding *finding;

	if (!sockets) {
		holder = holder_of_program(work->root, program);
		work->unseen |= holder.unseen && holder.pid == 0;
	}
	if (holder.pid) {
		snprintf(what, sizeof(what), "interface %s, with an XDP program of its own",
			 port->device);
		say(work, port, "interface-busy", "af-xdp", what, &holder);
		return;
	}
	if (!xdp_program_foreign(program, name))
		return;
	finding =
		finding_add_port(work->list, FINDING_REFUSED, "interface-program", port, "af-xdp");
	finding_what(finding, "interface %s has an XDP program, %s, of somebody else's",
		     port->device, text_quote(name).text);
	finding_why(finding, "the port's own can't stand beside it");
	finding_mend(finding, "sudo ip link set %s xdp off", port->device);
}

static void
check_queues(struct preflight *work, const struct config_port *port)
{
	struct xdp_socket sockets[XDP_SOCKETS_MAX];
	char what[128], file[64];
	unsigned program;
	struct iface iface;
	int count;

	if (iface_read(port->device, &iface) < 0 || !iface.exists)
		return;
	count = xdp_sockets(iface.index, sockets);
	for (int i = 0; i < count; i++) {
		struct holder holder;

		if (sockets[i].queue >= (port->queues ? port->queues : iface.channels))
			continue;
		snprintf(file, sizeof(file), "socket:[%u]", sockets[i].inode);
		holder = holder_find(work->root, file);
		snprintf(what, sizeof(what), "an AF_XDP socket on queue %u of interface %s",
			 sockets[i].queue, port->device);
		say(work, port, "interface-busy", "af-xdp", what, &holder);
		return;
	}
	program = xdp_program(iface.index);
	if (program)
		check_program(work, port, program, count >= 0);
}

static void
check_group(struct preflight *work, const struct nic *nic)
{
	struct holder holder;
	char file[64];

	if (nic->holder != PCI_VFIO || !nic->has_group)
		return;
	snprintf(file, sizeof(file), "/dev/vfio/%s%u", nic->no_iommu ? "noiommu-" : "", nic->group);
	holder = holder_find(work->root, file);
	work->unseen |= holder.unseen && holder.pid == 0;
	if (holder.pid)
		say(work, nic->port, "group-busy", "pci", file, &holder);
}

void
check_busy(struct preflight *work)
{
	struct finding *finding;

	for (unsigned i = 0; i < work->config->port_count; i++) {
		if (work->config->ports[i].kind == CONFIG_PORT_AF_XDP)
			check_queues(work, &work->config->ports[i]);
	}
	for (unsigned i = 0; i < work->nic_count; i++)
		check_group(work, &work->nics[i]);
	if (!work->unseen)
		return;
	finding = finding_add(work->list, FINDING_NOTE, "holders-unseen", "host");
	finding_what(finding, "whether another user's process has a card or an interface can't be "
			      "seen");
	finding_why(finding, "each is one process's at a time");
	finding_mend(finding, "sudo sluiced check sees it");
}
