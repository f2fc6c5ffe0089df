/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/cpulist.h"

#include <stdio.h>

#include "core/banned.h"

struct cpulist_text
cpulist_format(const cpu_set_t *set)
{
	struct cpulist_text list = {"none"};
	size_t used = 0;

	for (int first = 0; first < CPU_SETSIZE && used < sizeof(list.text); first++) {
		int last = first;

		if (!CPU_ISSET(first, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		used += snprintf(list.text + used, sizeof(list.text) - used, used ? ",%d" : "%d",
				 first);
		if (last > first && used < sizeof(list.text))
			used += snprintf(list.text + used, sizeof(list.text) - used, "-%d", last);
		first = last;
	}
	return list;
}
