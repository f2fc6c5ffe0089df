/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "config/amount.h"
#include "config/emit.h"

#include "core/banned.h"

static void
put_files(FILE *out, const struct config_replay *replay)
{
	fputs(replay->file_count > 1 ? "    file: [" : "    file: ", out);
	for (unsigned i = 0; i < replay->file_count; i++) {
		fputs(i ? ", " : "", out);
		emit_quoted(out, replay->files[i]);
	}
	fputs(replay->file_count > 1 ? "]\n" : "\n", out);
}

static void
put_to(FILE *out, const struct config *config, const struct config_replay *replay)
{
	fputs(replay->as ? "    to: { as: " : "    to: ", out);
	emit_name(out, config->ports[replay->port].name);
	fputs(replay->as ? " }\n" : "\n", out);
}

static void
put_duration(FILE *out, const char *key, bool given, uint64_t ns)
{
	char text[CONFIG_AMOUNT_TEXT_MAX];

	if (!given)
		return;
	config_duration_format(ns, text, sizeof(text));
	fprintf(out, "    %s: %s\n", key, text);
}

static void
put_moment(FILE *out, const char *key, const struct config_moment *moment)
{
	const char *quote = moment->kind == CONFIG_MOMENT_PACKET ? "\"" : "";
	char text[CONFIG_AMOUNT_TEXT_MAX];

	if (moment->kind == CONFIG_MOMENT_NONE)
		return;
	config_moment_format(moment, text, sizeof(text));
	fprintf(out, "    %s: %s%s%s\n", key, quote, text, quote);
}

/* How much of the files is sent, and how often. */
static void
put_extent(FILE *out, const struct config_replay *replay)
{
	if (replay->loops)
		fprintf(out, "    loops: %" PRIu64 "\n", replay->loops);
	else
		fputs("    loops: forever\n", out);
	put_duration(out, "gap", replay->gap_given, replay->gap_ns);
	put_duration(out, "max-gap", replay->max_gap_ns > 0, replay->max_gap_ns);
	fprintf(out, "    start: %s\n", replay->start_auto ? "auto" : "manual");
	put_moment(out, "from", &replay->from);
	put_moment(out, "until", &replay->until);
	if (!replay->filter)
		return;
	fputs("    filter: ", out);
	emit_quoted(out, replay->filter);
	fputc('\n', out);
}

static void
put_replay(FILE *out, const struct config *config, const struct config_replay *replay)
{
	static const char *const late[] = {
		[CONFIG_LATE_CATCH_UP] = "catch-up",
		[CONFIG_LATE_SHIFT] = "shift",
		[CONFIG_LATE_DROP] = "drop",
	};
	static const char *const truncated[] = {
		[CONFIG_TRUNCATED_DROP] = "drop",
		[CONFIG_TRUNCATED_SEND] = "send",
		[CONFIG_TRUNCATED_PAD] = "pad",
	};
	static const char *const flows[] = {
		[CONFIG_FLOWS_KEEP] = "keep",
		[CONFIG_FLOWS_SINGLE] = "single",
	};
	char text[CONFIG_AMOUNT_TEXT_MAX], pace[CONFIG_PACE_TEXT_MAX];

	fputs("  ", out);
	emit_name(out, replay->name);
	fputs(":\n", out);
	put_files(out, replay);
	put_to(out, config, replay);
	config_pace_format(&replay->pace, pace, sizeof(pace));
	fprintf(out, "    pace: %s\n", pace);
	put_extent(out, replay);
	fprintf(out, "    late: %s\n    truncated: %s\n", late[replay->late],
		truncated[replay->truncated]);
	config_size_format(replay->memory, text, sizeof(text));
	fprintf(out, "    memory: %s\n    flows: %s\n", text, flows[replay->flows]);
	put_duration(out, "tolerance", replay->tolerance_given, replay->tolerance_ns);
}

void
emit_replays(FILE *out, const struct config *config)
{
	fputs(config->replay_count ? "replays:\n" : "", out);
	for (unsigned i = 0; i < config->replay_count; i++)
		put_replay(out, config, &config->replays[i]);
}
