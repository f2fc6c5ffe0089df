/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/brief.h"

#include <stdio.h>

#include "core/banned.h"

#define STEP 1000

struct brief_text
brief_number(double number)
{
	static const char prefixes[] = "kMGTPE";
	struct brief_text brief;
	int prefix = -1;

	if (!(number > 0))
		return (struct brief_text){"0"};
	if (number < 9.95 && number - (double)(int)(number + 0.05) > 0.05) {
		snprintf(brief.text, sizeof(brief.text), "%.1f", number);
		return brief;
	}
	/* As it will be rounded: 999.7 is 1.00k. */
	while (prefix + 2 < (int)sizeof(prefixes) && number >= STEP - 0.5) {
		number /= STEP;
		prefix++;
	}
	if (prefix < 0)
		snprintf(brief.text, sizeof(brief.text), "%.0f", number);
	else
		snprintf(brief.text, sizeof(brief.text), "%.*f%c",
			 number < 9.995   ? 2
			 : number < 99.95 ? 1
					  : 0,
			 number, prefixes[prefix]);
	return brief;
}

struct brief_text
brief_share(double share)
{
	struct brief_text brief;
	double percent = 100 * share;

	if (!(percent > 0))
		return (struct brief_text){"0 %"};
	if (percent < 0.05)
		return (struct brief_text){"<0.1 %"};
	snprintf(brief.text, sizeof(brief.text), percent < 9.95 ? "%.1f %%" : "%.0f %%", percent);
	return brief;
}

struct brief_text
brief_ns(double ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	struct brief_text brief;
	unsigned unit = 0;

	while (unit < 3 && ns >= STEP - 0.5) {
		ns /= STEP;
		unit++;
	}
	snprintf(brief.text, sizeof(brief.text), "%.*f%s", unit > 0 && ns < 9.95, ns, units[unit]);
	return brief;
}
