/* SPDX-License-Identifier: BSD-3-Clause */
/* Returns; and with -w the packets that one of them saw changed, as a capture. */
#include <stdlib.h>
#include <string.h>

#include "compare/changed.h"
#include "daemon.h"
#include "say.h"
#include "sluice.h"

#include "core/banned.h"

static int
digit(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* A packet as the daemon tells of it. False: it is none. */
static bool
read_side(const json_t *side, uint8_t *bytes, uint32_t *length, uint64_t *time_ns)
{
	const char *hex = json_string_value(json_object_get(side, "bytes"));
	size_t size = hex ? strlen(hex) / 2 : MATCH_EXAMPLE_BYTES + 1;

	if (size > MATCH_EXAMPLE_BYTES)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	*length = (uint32_t)size;
	*time_ns = (uint64_t)json_integer_value(json_object_get(side, "time_ns"));
	return true;
}

static bool
write_changed(const json_t *result, const char *path)
{
	static uint8_t old[MATCH_EXAMPLE_BYTES], new[MATCH_EXAMPLE_BYTES];
	struct match_changes changes = {.kinds = 0};
	const json_t *packet;
	bool done = true;
	size_t i;

	json_array_foreach (json_object_get(result, "packets"), i, packet) {
		struct match_example one = {.old = old, .new = new};

		done &= read_side(json_object_get(packet, "sent"), old, &one.old_length,
				  &one.sent_ns) &&
			read_side(json_object_get(packet, "back"), new, &one.new_length,
				  &one.back_ns);
		if (done)
			match_changes_add(&changes, &one);
	}
	if (done)
		done = changed_write(&changes, path);
	else
		say_failed(EXIT_FAILED, "the daemon's answer is none that is understood here");
	match_changes_clear(&changes);
	return done;
}

static int
keep_changed(const struct options *options, const char *name)
{
	struct daemon daemon;
	json_t *answer, *result;
	int ret = daemon_open(&daemon, options, false);

	if (ret != EXIT_DONE)
		return ret;
	ret = daemon_call(&daemon, "return.changed", json_pack("{s:s}", "name", name), false,
			  &answer);
	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && !result)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	else if (ret == EXIT_DONE && !write_changed(result, options->into))
		ret = EXIT_FAILED;
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}

int
run_returns(const struct command *command, const struct options *options, char *const *arguments)
{
	int ret;

	if (!options->into)
		return run_reading(command, options, arguments);
	if (!arguments[0] || arguments[1])
		return say_failed(EXIT_USAGE, "-w is for the packets of one return: `sluice "
					      "returns NAME -w FILE`");
	if (options->watch > 0)
		return say_failed(EXIT_USAGE, "-w writes once, and --watch would do so again");
	ret = keep_changed(options, arguments[0]);
	if (ret != EXIT_DONE || strcmp(options->into, "-") == 0)
		return ret;
	return run_reading(command, options, arguments);
}
