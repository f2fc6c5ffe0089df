/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify/machine.h"

#include "core/banned.h"

/* Offsets that Linux gives to what its own sockets know of a packet: `inbound`, `ifindex` and the like.
 * libpcap compiles them for a handle that reads no file, and nothing here could answer them. */
#define ANCILLARY_FIRST 0xfffff000u
#define ANCILLARY_LAST 0xfffff0ffu

static bool
asks_the_socket(const struct bpf_program *program)
{
	for (unsigned i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *insn = &program->bf_insns[i];

		if (BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_ABS &&
		    insn->k >= ANCILLARY_FIRST && insn->k <= ANCILLARY_LAST)
			return true;
	}
	return false;
}

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
	if (asks_the_socket(&filter->program)) {
		snprintf(message, size,
			 "it asks what the packet's bytes do not say (inbound, outbound, "
			 "ifindex); use the rule's from for where packets come in");
		pcap_freecode(&filter->program);
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
