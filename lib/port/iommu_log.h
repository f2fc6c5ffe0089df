/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel says of accesses to memory that the IOMMU blocked, by port. Neither the device
 * nor its driver notices: the packet seems to have come, its bytes were never written. The kernel's
 * log is the one place that names the device, and it drops repetitions, so the counts are the least
 * that happened. Control thread. Where the log can't be read (it takes CAP_SYSLOG, or /dev/kmsg
 * opened by the service manager as standard input) nothing is counted, and that is shown.
 */
#ifndef PORT_IOMMU_LOG_H
#define PORT_IOMMU_LOG_H

#include <stdbool.h>
#include <stddef.h>

#define IOMMU_LOG_DEVICE_MAX 16

struct ports;

/* Begins at the log's end, if there are PCI ports. */
void iommu_log_open(struct ports *ports);
void iommu_log_close(struct ports *ports);

/* Counts what came since, and logs it: the first at once, more once a minute and port. */
void iommu_log_poll(struct ports *ports);

/* Whether a record as /dev/kmsg gives it tells of a blocked access; device is then "00:03.0", or
 * with the domain in front where the kernel says it. */
bool iommu_log_parse(const char *record, char device[IOMMU_LOG_DEVICE_MAX]);

#endif
