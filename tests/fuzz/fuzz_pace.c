/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any word is a pace, a duration, a size or a moment, or is refused with a reason; one that is taken is
 * written so that it reads the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/amount.h"
#include "config/pace.h"

#include "core/banned.h"

#define TEXT_BYTES 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_pace(const char *text)
{
	char reason[CONFIG_PACE_REASON_MAX] = "", written[CONFIG_PACE_TEXT_MAX];
	struct config_pace pace, again;

	if (config_pace_parse(text, &pace, reason, sizeof(reason)) < 0) {
		must(*reason);
		return;
	}
	must(pace.num > 0 && pace.num <= UINT64_C(1000000000000000));
	must(pace.den > 0 && pace.den <= 1000000000);
	config_pace_format(&pace, written, sizeof(written));
	must(config_pace_parse(written, &again, reason, sizeof(reason)) == 0);
	must(again.kind == pace.kind && again.num == pace.num && again.den == pace.den);
}

static void
check_moment(const char *text)
{
	char reason[CONFIG_AMOUNT_REASON_MAX] = "", written[CONFIG_AMOUNT_TEXT_MAX];
	struct config_moment moment, again;
	uint64_t ns;

	if (config_moment_parse(text, &moment, reason, sizeof(reason)) < 0) {
		must(*reason);
		return;
	}
	config_moment_format(&moment, written, sizeof(written));
	must(config_moment_parse(written, &again, reason, sizeof(reason)) == 0);
	must(again.kind == moment.kind && again.value == moment.value);
	if (moment.kind == CONFIG_MOMENT_TIME)
		must(config_duration_parse(text, &ns, reason, sizeof(reason)) == 0 &&
		     ns == moment.value);
}

static void
check_size(const char *text)
{
	char reason[CONFIG_AMOUNT_REASON_MAX] = "", written[CONFIG_AMOUNT_TEXT_MAX];
	uint64_t bytes, again;

	if (config_size_parse(text, &bytes, reason, sizeof(reason)) < 0) {
		must(*reason);
		return;
	}
	config_size_format(bytes, written, sizeof(written));
	/* Sizes that are no multiple of 1 KiB can take more digits than are read. */
	if (bytes % 1024 == 0)
		must(config_size_parse(written, &again, reason, sizeof(reason)) == 0 &&
		     again == bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_BYTES];

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_pace(text);
	check_moment(text);
	check_size(text);
	return 0;
}
