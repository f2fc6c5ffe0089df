/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify/machine.h"

#include "core/banned.h"

int
filter_make(const char *expression, enum filter_use use, struct filter **out, char *message,
	    size_t size)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, FILTER_SNAP);
	int ret = -ENOMEM;

	if (!filter || !pcap) {
		snprintf(message, size, "out of memory");
		goto failed;
	}
	/* Netmask 0, as tcpdump gives it for a file. */
	if (pcap_compile(pcap, &filter->program, expression, 1, 0) < 0) {
		snprintf(message, size, "%s", pcap_geterr(pcap));
		ret = -EINVAL;
		goto failed;
	}
	pcap_close(pcap);
	if (use == FILTER_BEST) {
		filter->bpf = machine_make(&filter->program);
		filter->code = filter->bpf ? machine_code(filter->bpf) : NULL;
	}
	*out = filter;
	return 0;

failed:
	if (pcap)
		pcap_close(pcap);
	free(filter);
	return ret;
}

void
filter_free(struct filter *filter)
{
	if (!filter)
		return;
	rte_bpf_destroy(filter->bpf);
	pcap_freecode(&filter->program);
	free(filter);
}
