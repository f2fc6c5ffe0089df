/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify/machine.h"
#include "config/expression.h"

#include "core/banned.h"

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
	if (use == FILTER_BEST) {
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
