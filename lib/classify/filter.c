/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify/machine.h"
#include "config/expression.h"

#include "core/banned.h"

/* Machine code knows the bytes that are there alone. */
static bool
reads_length(const struct filter *filter)
{
	for (unsigned i = 0; i < filter->program.bf_len; i++) {
		const struct bpf_insn *insn = &filter->program.bf_insns[i];

		if ((BPF_CLASS(insn->code) == BPF_LD || BPF_CLASS(insn->code) == BPF_LDX) &&
		    BPF_MODE(insn->code) == BPF_LEN)
			return true;
	}
	return false;
}

int
filter_make(const char *expression, enum filter_use use, struct filter **out, char *message,
	    size_t size)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	int ret;

	if (!filter) {
		snprintf(message, size, "out of memory");
		return -ENOMEM;
	}
	ret = expression_compile(expression, &filter->program, message, size);
	if (ret < 0) {
		free(filter);
		return ret;
	}
	if (use == FILTER_BEST && !(packet_wire_length_offset >= 0 && reads_length(filter))) {
		filter->bpf = machine_make(&filter->program);
		filter->code = filter->bpf ? machine_code(filter->bpf) : NULL;
	}
	*out = filter;
	return 0;
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
