/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brief: numbers in six columns at most, for where there is no room for lib/core/units.h. Pure.
 */
#ifndef TOP_BRIEF_H
#define TOP_BRIEF_H

struct brief_text {
	char text[16];
};

/* "0", "12", "999", "1.21k", "12.1k", "121k", "1.21M" and so on; what is below 10 and no whole
 * number as "0.4". */
struct brief_text brief_number(double number);

/* "0 %", "<0.1 %", "0.3 %", "31 %". */
struct brief_text brief_share(double share);

/* "850n", "1.2u", "46m", "7.9s" of nanoseconds. */
struct brief_text brief_ns(double ns);

#endif
