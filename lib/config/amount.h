/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Amounts: durations ("1.5s", "200ms"), sizes ("256MiB") and moments ("60s", "#17") as a user
 * writes them, in the config and in commands. Pure. Readers return 0, or -EINVAL with what is wrong
 * and what would be right in reason (CONFIG_AMOUNT_REASON_MAX bytes do); writers write what the
 * reader reads to the same value.
 */
#ifndef CONFIG_AMOUNT_H
#define CONFIG_AMOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

#define CONFIG_AMOUNT_REASON_MAX 320
#define CONFIG_AMOUNT_TEXT_MAX 80

/* How a message lists them. */
#define CONFIG_DURATION_FORMS "a duration such as 60s, 1.5s, 200ms, 10us or 500ns"
#define CONFIG_SIZE_FORMS "a size such as 256MiB or 1.5GiB"
#define CONFIG_MOMENT_FORMS                                                                  \
	"a time since the first packet such as 1.5s, or a packet's number such as \"#17\" (" \
	"in quotes, since a bare # begins a comment)"

/* Ten years, so that sums of some fit into 64 bits. */
#define CONFIG_DURATION_MAX (UINT64_C(87600) * 3600 * 1000000000)

/* In ns, us, ms, s, min or h. Whole nanoseconds, at most CONFIG_DURATION_MAX. */
int config_duration_parse(const char *text, uint64_t *ns, char *reason, size_t reason_size);
void config_duration_format(uint64_t ns, char *out, size_t size);

/* In KiB, MiB, GiB or TiB; rounded up to whole bytes. */
int config_size_parse(const char *text, uint64_t *bytes, char *reason, size_t reason_size);
void config_size_format(uint64_t bytes, char *out, size_t size);

/* Never CONFIG_MOMENT_NONE, which has no text. */
int config_moment_parse(const char *text, struct config_moment *out, char *reason,
			size_t reason_size);
void config_moment_format(const struct config_moment *moment, char *out, size_t size);

#endif
