/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/iommu_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/log.h"
#include "core/now.h"
#include "port/ports.h"

#include "core/banned.h"

#define RECORD_MAX 2048
#define RECORDS_MAX 256 /* in one poll; the rest waits for the next */
#define TELL_NS UINT64_C(60000000000)
#define FACILITY_SHIFT \
	3 /* of a record's priority; 0 is the kernel, which no process can say it is */

static bool
is_kernel_log(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
	       status.st_rdev == makedev(1, 11);
}

static int
open_log(void)
{
	int flags;

	if (!is_kernel_log(STDIN_FILENO))
		return open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	flags = fcntl(STDIN_FILENO, F_GETFL);
	if (flags < 0 || fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK) < 0)
		return -1;
	return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

void
iommu_log_open(struct ports *ports)
{
	bool any = false;

	for (unsigned i = 0; i < ports->count; i++)
		any |= ports->items[i]->opened && ports->items[i]->config->kind == CONFIG_PORT_PCI;
	if (!any)
		return;
	ports->kernel_log = open_log();
	if (ports->kernel_log >= 0 && lseek(ports->kernel_log, 0, SEEK_END) >= 0)
		return;
	log_info("the kernel's log can't be read (%s): accesses that the IOMMU blocks are not "
		 "counted here, but stand in dmesg",
		 strerror(errno));
	iommu_log_close(ports);
}

void
iommu_log_close(struct ports *ports)
{
	if (ports->kernel_log >= 0)
		close(ports->kernel_log);
	ports->kernel_log = -1;
}

static bool
take_device(const char *text, char device[IOMMU_LOG_DEVICE_MAX])
{
	size_t length = strspn(text, "0123456789abcdef:.");

	if (length == 0 || length >= IOMMU_LOG_DEVICE_MAX)
		return false;
	snprintf(device, IOMMU_LOG_DEVICE_MAX, "%.*s", (int)length, text);
	return true;
}

/* Intel: "DMAR: [DMA Write NO_PASID] Request device [02:00.0] fault addr ...". AMD: "vfio-pci
 * 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT ...]", or "AMD-Vi: Event logged [IO_PAGE_FAULT
 * device=02:00.0 ...". */
bool
iommu_log_parse(const char *record, char device[IOMMU_LOG_DEVICE_MAX])
{
	static const char request[] = "Request device [",
			  event[] = "AMD-Vi: Event logged [IO_PAGE_FAULT";
	const char *text = strchr(record, ';');
	const char *found;

	if (!text || strtoul(record, NULL, 10) >> FACILITY_SHIFT != 0)
		return false;
	text++;
	if (strncmp(text, "DMAR: [DMA ", 11) == 0) {
		found = strstr(text, request);
		return found && take_device(found + strlen(request), device);
	}
	found = strstr(text, event);
	if (!found)
		return false;
	if (found == text) {
		found = strstr(text, "device=");
		return found && take_device(found + strlen("device="), device);
	}
	text = strchr(text, ' ');
	if (!text || !take_device(text + 1, device))
		return false;
	device[strcspn(device, ".") + 2] = '\0'; /* past the colon that ends the name */
	return true;
}

/* The kernel may leave out the domain. */
static bool
is_device(const char *address, const char *device)
{
	size_t length = strlen(address), part = strlen(device);

	return part <= length && strcmp(address + length - part, device) == 0 &&
	       (part == length || address[length - part - 1] == ':');
}

static void
tell(struct port *port)
{
	uint64_t now = now_ns();

	if (port->iommu_told_ns && now - port->iommu_told_ns < TELL_NS)
		return;
	port->iommu_told_ns = now;
	log_warning("port %s: the IOMMU has blocked %" PRIu64 " accesses of %s to memory that it "
		    "was not given; packets that it received then are damaged. Update its firmware "
		    "or replace it; dmesg has the addresses",
		    port->config->name, port->iommu_faults, port->device);
}

static void
count(struct ports *ports, const char *device)
{
	for (unsigned i = 0; i < ports->count; i++) {
		struct port *port = ports->items[i];

		if (port->config->kind != CONFIG_PORT_PCI || !is_device(port->device, device))
			continue;
		port->iommu_faults++;
		tell(port);
	}
}

void
iommu_log_poll(struct ports *ports)
{
	char record[RECORD_MAX], device[IOMMU_LOG_DEVICE_MAX];

	for (unsigned i = 0; ports->kernel_log >= 0 && i < RECORDS_MAX; i++) {
		ssize_t length = read(ports->kernel_log, record, sizeof(record) - 1);

		/* Records that were overwritten before they were read. */
		if (length < 0 && errno == EPIPE)
			continue;
		if (length <= 0)
			return;
		record[length] = '\0';
		if (iommu_log_parse(record, device))
			count(ports, device);
	}
}
