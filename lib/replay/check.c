/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "capture/names.h"
#include "replay/replay.h"
#include "replay/source.h"

#include "core/banned.h"

static int
refuse(const struct config_replay *replay, struct error_list *errors, const char *reason)
{
	error_add(errors, replay->place.line, replay->place.column, NULL, "replay %s: %s",
		  replay->name, reason);
	return -EINVAL;
}

static int
check_files(const struct config_replay *replay, const struct capture_names *names,
	    struct error_list *errors)
{
	const struct capture_options options = {.other_links = replay->in.other_links,
						.check = true};
	char reason[CAPTURE_REASON_MAX];
	bool blank = true;
	int ret = 0;

	for (unsigned i = 0; i < names->count; i++) {
		struct source source;

		if (source_open(&source, names->items[i], &options, reason, sizeof(reason)) < 0) {
			ret = refuse(replay, errors, reason);
			blank = false;
			continue;
		}
		blank &= source.file.blank;
		source_close(&source);
	}
	if (!blank)
		return ret;
	capture_names_blank(names, reason, sizeof(reason));
	return refuse(replay, errors, reason);
}

int
replay_check(const struct config *config, struct error_list *errors)
{
	char reason[CAPTURE_REASON_MAX];
	int ret = 0;

	for (unsigned i = 0; i < config->replay_count; i++) {
		const struct config_replay *replay = &config->replays[i];
		struct capture_names names;

		if (capture_names_find(&names, &replay->in, reason, sizeof(reason)) < 0) {
			ret = refuse(replay, errors, reason);
			continue;
		}
		if (check_files(replay, &names, errors) < 0)
			ret = -EINVAL;
		capture_names_free(&names);
	}
	return ret;
}
