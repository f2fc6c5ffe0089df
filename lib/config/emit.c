/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"
#include "config/emit.h"
#include "config/key.h"
#include "config/words.h"
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

static void
put_number(FILE *out, uint32_t number, const struct words *words)
{
	if (words == &ether_type_words)
		fprintf(out, "0x%04" PRIx32, number);
	else
		fprintf(out, "%" PRIu32, number);
}

static void
put_range(FILE *out, const struct config_range *range, const struct words *words)
{
	const char *name = words ? words_name(words, range->low) : NULL;

	if (range->low == range->high && name) {
		fputs(name, out);
		return;
	}
	put_number(out, range->low, words);
	if (range->low == range->high)
		return;
	fputc('-', out);
	put_number(out, range->high, words);
}

static void
put_prefix(FILE *out, const struct config_prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	bool ipv4 = prefix->family == 4;

	inet_ntop(ipv4 ? AF_INET : AF_INET6, prefix->address, address, sizeof(address));
	/* Quoted, since "::" is a mapping's sign to some readers. */
	fprintf(out, ipv4 ? "%s/%u" : "\"%s/%u\"", address, prefix->length);
}

/* "key: " with what separates it from the key before. */
static void
put_key(FILE *out, const char *key, bool *first)
{
	fprintf(out, "%s%s: ", *first ? "" : ", ", key);
	*first = false;
}

static void
put_set(FILE *out, const char *key, const struct config_set *set, const struct words *words,
	bool *first)
{
	if (set->count == 0)
		return;
	put_key(out, key, first);
	if (set->count > 1)
		fputc('[', out);
	for (unsigned i = 0; i < set->count; i++) {
		fputs(i ? ", " : "", out);
		put_range(out, &set->ranges[i], words);
	}
	if (set->count > 1)
		fputc(']', out);
}

static void
put_prefixes(FILE *out, const char *key, const struct config_prefixes *prefixes, bool *first)
{
	if (prefixes->count == 0)
		return;
	put_key(out, key, first);
	if (prefixes->count > 1)
		fputc('[', out);
	for (unsigned i = 0; i < prefixes->count; i++) {
		fputs(i ? ", " : "", out);
		put_prefix(out, &prefixes->items[i]);
	}
	if (prefixes->count > 1)
		fputc(']', out);
}

static void
put_match(FILE *out, const struct config_match *match)
{
	bool first = true;

	fputs("    match: { ", out);
	put_set(out, "ether-type", &match->ether_type, &ether_type_words, &first);
	put_set(out, "vlan", &match->vlan, NULL, &first);
	put_prefixes(out, "src", &match->src, &first);
	put_prefixes(out, "dst", &match->dst, &first);
	put_set(out, "protocol", &match->protocol, &protocol_words, &first);
	put_set(out, "src-port", &match->src_port, NULL, &first);
	put_set(out, "dst-port", &match->dst_port, NULL, &first);
	fputs(first ? "}\n" : " }\n", out);
}

static void
put_target(FILE *out, const struct config *config, const char *action,
	   const struct config_target *target)
{
	fprintf(out, "{ %s: ", action);
	if (target->kind == CONFIG_TARGET_PORT)
		emit_name(out, config->ports[target->index].name);
	else
		emit_name(out, config->groups[target->index].name);
	fputs(" }", out);
}

static void
put_actions(FILE *out, const struct config *config, const struct config_actions *actions)
{
	const char *separator = "";

	for (unsigned i = 0; i < actions->mirror_count; i++) {
		fputs(separator, out);
		put_target(out, config, "mirror", &actions->mirrors[i]);
		separator = ", ";
	}
	if (actions->end == CONFIG_END_NEXT)
		return;
	fputs(separator, out);
	if (actions->end == CONFIG_END_DROP)
		fputs("drop", out);
	else
		put_target(out, config, "forward", &actions->forward);
}

static void
put_rule(FILE *out, const struct config *config, const struct config_rule *rule)
{
	bool first = true;

	fputs("  - name: ", out);
	emit_name(out, rule->name);
	fputc('\n', out);
	if (rule->from_given) {
		fputs("    from: [", out);
		for (unsigned i = 0; i < config->port_count; i++) {
			if (!(rule->from >> i & 1))
				continue;
			fputs(first ? "" : ", ", out);
			emit_name(out, config->ports[i].name);
			first = false;
		}
		fputs("]\n", out);
	}
	if (rule->match_given)
		put_match(out, &rule->match);
	if (rule->filter) {
		fputs("    filter: ", out);
		emit_quoted(out, rule->filter);
		fputc('\n', out);
	}
	fputs("    actions: [", out);
	put_actions(out, config, &rule->actions);
	fputs("]\n", out);
}

static void
put_group(FILE *out, const struct config *config, const struct config_group *group)
{
	fputs("  ", out);
	emit_name(out, group->name);
	fputs(": { ports: [", out);
	for (unsigned i = 0; i < group->port_count; i++) {
		fputs(i ? ", " : "", out);
		emit_name(out, config->ports[group->ports[i]].name);
	}
	fputs("] }\n", out);
}

static void
put_ports(const struct key_out *out)
{
	fputs("ports:\n", out->file);
	for (unsigned i = 0; i < out->config->port_count; i++) {
		fputs("  ", out->file);
		emit_name(out->file, out->config->ports[i].name);
		fputs(": ", out->file);
		key_write_flow(out, &key_port, &out->config->ports[i]);
		fputc('\n', out->file);
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
		key_write_lines(out, &key_replay, &out->config->replays[i], "    ");
	}
}

static void
put_config(FILE *file, const struct config *config, const char *rules)
{
	const struct key_out out = {file, config};

	key_write_lines(&out, &key_root, config, "");
	put_ports(&out);
	fputs(config->group_count ? "groups:\n" : "", file);
	for (unsigned i = 0; i < config->group_count; i++)
		put_group(file, config, &config->groups[i]);
	fputs(config->rule_count ? "rules:\n" : "", file);
	for (unsigned i = 0; !rules && i < config->rule_count; i++)
		put_rule(file, config, &config->rules[i]);
	fputs(rules ? rules : "", file);
	fputs("default: ", file);
	put_actions(file, config, &config->default_actions);
	fputc('\n', file);
	put_replays(&out);
}

void
config_emit_rule(FILE *out, const struct config *config, unsigned rule)
{
	put_rule(out, config, &config->rules[rule]);
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
	bool failed;

	if (!out)
		return NULL;
	put_config(out, config, rules);
	failed = ferror(out);
	if (fclose(out) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}
