/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/emit.h"
#include "config/list.h"
#include "core/text.h"

#include "core/banned.h"

/* The code point of the UTF-8 character that text begins with (RFC 3629 section 3). */
static uint32_t
code_point(const char *text, unsigned length)
{
	uint32_t code = (unsigned char)text[0] & (length == 1 ? 0x7f : 0x7f >> length);

	for (unsigned i = 1; i < length; i++)
		code = code << 6 | (text[i] & 0x3f);
	return code;
}

void
emit_quoted(FILE *out, const char *text)
{
	unsigned length;

	fputc('"', out);
	for (; (length = text_utf8(text)) != 0; text += length) {
		uint32_t code = code_point(text, length);

		if (code == '"' || code == '\\')
			fprintf(out, "\\%c", (char)code);
		else if (code >= 0x20 && code < 0x7f)
			fputc(code, out);
		else if (code <= 0xffff)
			fprintf(out, "\\u%04" PRIx32, code);
		else
			fprintf(out, "\\U%08" PRIx32, code);
	}
	fputc('"', out);
}

void
emit_name(FILE *out, const char *name)
{
	static const char *const words[] = {"null", "true", "false", "yes", "no",
					    "on",   "off",  "y",     "n"};
	bool plain = (name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z') ||
		     name[0] == '_';

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		plain &= strcasecmp(name, words[i]) != 0;
	if (plain)
		fputs(name, out);
	else
		emit_quoted(out, name);
}

void
emit_plain(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '{' || *text == '[')
			fputc('(', out);
		else if (*text == '}' || *text == ']')
			fputc(')', out);
		else if (*text != '"' && strncmp(text, ": ", 2) != 0 && strncmp(text, " }", 2) != 0)
			fputc(*text, out);
		text += *text == '{' && text[1] == ' ';
	}
}

void
emit_section(const struct key_out *out, const char *section, const struct key_map *map,
	     const void *items, unsigned count, size_t size)
{
	if (count)
		fprintf(out->file, "%s:\n", section);
	for (const char *item = items; count > 0; count--, item += size) {
		fputs("  ", out->file);
		emit_name(out->file, *(char *const *)item);
		fputs(": ", out->file);
		key_write_flow(out, map, item);
		fputc('\n', out->file);
	}
}

static void
put_edits(const struct key_out *out)
{
	fputs(out->config->edit_count ? "edits:\n" : "", out->file);
	for (unsigned i = 0; i < out->config->edit_count; i++) {
		fputs("  ", out->file);
		emit_name(out->file, out->config->edits[i].name);
		fputs(": [", out->file);
		list_write(out, &out->config->edits[i].actions);
		fputs("]\n", out->file);
	}
}

static void
put_replays(const struct key_out *out)
{
	fputs(out->config->replay_count ? "replays:\n" : "", out->file);
	for (unsigned i = 0; i < out->config->replay_count; i++) {
		fputs("  ", out->file);
		emit_name(out->file, out->config->replays[i].name);
		fputs(":\n", out->file);
		key_write_lines(out, &key_replay, &out->config->replays[i], "    ", "    ");
	}
}

void
config_emit_rule(FILE *out, const struct config *config, unsigned rule)
{
	const struct key_out text = {out, config};

	key_write_lines(&text, &key_rule, &config->rules[rule], "  - ", "    ");
}

char *
config_emit_rest(const struct config *config, unsigned rule)
{
	const struct key_map rest = {.keys = key_rule.keys + 1, .count = key_rule.count - 1};
	char *text = NULL;
	size_t size;
	struct key_out out = {open_memstream(&text, &size), config};

	if (!out.file)
		return NULL;
	key_write_flow(&out, &rest, &config->rules[rule]);
	return text_close(out.file, &text);
}

static void
put_config(FILE *file, const struct config *config, const char *rules)
{
	const struct key_out out = {file, config};

	key_write_lines(&out, &key_root, config, "", "");
	target_write_all(&out);
	emit_section(&out, "policers", &key_policer, config->policers, config->policer_count,
		     sizeof(config->policers[0]));
	put_edits(&out);
	fputs(config->rule_count ? "rules:\n" : "", file);
	for (unsigned i = 0; !rules && i < config->rule_count; i++)
		config_emit_rule(file, config, i);
	fputs(rules ? rules : "", file);
	fputs("default: ", file);
	list_write(&out, &config->default_actions);
	fputc('\n', file);
	put_replays(&out);
}

char *
config_emit(const struct config *config)
{
	return config_emit_around(config, NULL);
}

char *
config_emit_around(const struct config *config, const char *rules)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_config(out, config, rules);
	return text_close(out, &text);
}
