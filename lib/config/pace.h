/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pace: how fast a replay goes, as a user writes it: `original`, `2x`, `0.25x`, `1.5Mpps`,
 * `200kpps`, `10Gbps` (of frame bytes, without FCS), `10Gbps-wire` (with preamble, FCS and gap),
 * `top`. Decimal fractions are kept exactly.
 */
#ifndef CONFIG_PACE_H
#define CONFIG_PACE_H

#include <stddef.h>
#include <stdint.h>

enum config_pace_kind {
	CONFIG_PACE_ORIGINAL,   /* num/den times the capture's own speed */
	CONFIG_PACE_PACKETS,    /* num/den packets a second */
	CONFIG_PACE_FRAME_BITS, /* num/den bits of frames a second */
	CONFIG_PACE_WIRE_BITS,  /* num/den bits on the wire a second */
	CONFIG_PACE_TOP,        /* as fast as it goes; num and den are 1 */
};

struct config_pace {
	enum config_pace_kind kind;
	/* Both at least 1, without a common divisor; num <= 10^15, den <= 10^9. */
	uint64_t num, den;
};

/* How a message lists them. */
#define CONFIG_PACE_FORMS "original, 2x, 0.25x, 1.5Mpps, 200kpps, 10Gbps, 10Gbps-wire or top"
#define CONFIG_PACE_REASON_MAX 320
#define CONFIG_PACE_TEXT_MAX 80

/* Reads text. Returns 0, or -EINVAL with what is wrong and what would be right in reason. */
int config_pace_parse(const char *text, struct config_pace *out, char *reason, size_t reason_size);

/* Writes a pace as text that config_pace_parse reads to the same value: "1.5Mpps". */
void config_pace_format(const struct config_pace *pace, char *out, size_t size);

#endif
