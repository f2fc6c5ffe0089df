/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "replay/replay.h"
#include "replay/source.h"

#include "core/banned.h"

static int
check_file(const struct config_replay *replay, const char *path, struct error_list *errors)
{
	char reason[SOURCE_REASON_MAX];
	struct source source;
	int ret = source_open(&source, path, reason, sizeof(reason));

	if (ret < 0) {
		error_add(errors, replay->place.line, replay->place.column, NULL, "replay %s: %s",
			  replay->name, reason);
		return ret;
	}
	source_close(&source);
	return 0;
}

int
replay_check(const struct config *config, struct error_list *errors)
{
	int ret = 0;

	for (unsigned i = 0; i < config->replay_count; i++) {
		const struct config_replay *replay = &config->replays[i];

		for (unsigned f = 0; f < replay->file_count; f++) {
			if (check_file(replay, replay->files[f], errors) < 0)
				ret = -EINVAL;
		}
	}
	return ret;
}
