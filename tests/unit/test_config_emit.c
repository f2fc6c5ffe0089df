/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "config_kit.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD
#define RANDOM_CONFIGS 500
#define MANY_RULES 10000

static char *
emit_of(const char *text)
{
	struct config *config = config_of(text);
	char *emitted;

	assert_non_null(config);
	emitted = config_emit(config);
	assert_non_null(emitted);
	config_free(config);
	return emitted;
}

/* What is emitted must read as what it was emitted from. */
static void
assert_round_trip(const char *text)
{
	char *once = emit_of(text);
	char *twice = emit_of(once);

	assert_string_equal(once, twice);
	free(once);
	free(twice);
}

static void
test_canonical(void **state)
{
	char *text = emit_of("version: 1\nrun-dir: /run/x\nworkers: [2]\n"
			     "rules:\n- name: \"true\"\n  from: b\n"
			     "  match: { dst: '::1', src-port: [2, 1, 9], protocol: [6, 200],\n"
			     "           ether-type: [0x86dd, 5] }\n"
			     "  filter: \"ip[0] = 0x45 and not udp\"\n"
			     "  actions: [mirror: b, forward: '1']\n"
			     "groups: { 1: { ports: [b] }, 2: { hash: inner, weights: [4, 2], "
			     "ports: [\"null\", b] } }\n"
			     "ports:\n  b: { vdev: \"net_ring,name=\\u00e4\\t\\U0001f40c\\\\\" }\n"
			     "  null: { null: {}, queues: 2 }\n");

	assert_string_equal(
		text,
		"version: 1\n"
		"workers: [2]\n"
		"memory: { packets: 65535, packet-size: 2048, hugepages: auto }\n"
		"idle: poll\n"
		"looks: full\n"
		"sandbox: on\n"
		"run-dir: \"/run/x\"\n"
		"ports:\n"
		"  b: { vdev: \"net_ring,name=\\u00e4\\u0009\\U0001f40c\\\\\" }\n"
		"  \"null\": { null: {}, queues: 2 }\n"
		"groups:\n"
		"  \"1\": { ports: [b] }\n"
		"  \"2\": { ports: [\"null\", b], weights: [4, 2], hash: inner }\n"
		"rules:\n"
		"  - name: \"true\"\n"
		"    from: [b]\n"
		"    match: { ether-type: [0x0005, ipv6], dst: \"::1/128\", protocol: [tcp, 200], "
		"src-port: [1-2, 9] }\n"
		"    filter: \"ip[0] = 0x45 and not udp\"\n"
		"    actions: [{ mirror: b }, { forward: \"1\" }]\n"
		"default: drop\n");
	assert_round_trip(text);
	free(text);
}

static void
random_set(FILE *out, unsigned *seed, unsigned max)
{
	unsigned count = 1 + below(seed, 4);

	fputs("[", out);
	for (unsigned i = 0; i < count; i++) {
		unsigned low = below(seed, max + 1), high = low + below(seed, max + 1 - low);

		fprintf(out, "%s%u", i ? ", " : "", low);
		if (below(seed, 2))
			fprintf(out, "-%u", high);
	}
	fputs("]", out);
}

static void
random_prefixes(FILE *out, unsigned *seed)
{
	unsigned count = 1 + below(seed, 4);

	fputs("[", out);
	for (unsigned i = 0; i < count; i++) {
		const char *separator = i ? ", " : "";

		if (below(seed, 2))
			fprintf(out, "%s%u.%u.0.0/%u", separator, below(seed, 256),
				below(seed, 256), 16 + below(seed, 17));
		else
			fprintf(out, "%s\"%x:%x::/%u\"", separator, below(seed, 65536),
				below(seed, 65536), 32 + below(seed, 97));
	}
	fputs("]", out);
}

static void
random_match(FILE *out, unsigned *seed)
{
	fputs("    match:\n      vlan: ", out);
	random_set(out, seed, 4095);
	if (below(seed, 2)) {
		fputs("\n      src: ", out);
		random_prefixes(out, seed);
	} else if (below(seed, 2)) {
		fputs("\n      dst: ", out);
		random_prefixes(out, seed);
	}
	if (below(seed, 2)) {
		fputs("\n      protocol: ", out);
		random_set(out, seed, 255);
	} else if (below(seed, 2)) {
		fputs("\n      dst-port: ", out);
		random_set(out, seed, 65535);
	} else if (below(seed, 2)) {
		fputs("\n      ether-type: [ip, 0-100, arp, ip6]", out);
	}
	fputs("\n", out);
}

static void
random_rule(FILE *out, unsigned *seed, unsigned index)
{
	static const char *const filters[] = {"tcp", "\"tcp[13] & 2 != 0\"", "'greater 100'",
					      "|\n      udp\n      port 53"};
	static const char *const ends[] = {"", "drop", "forward: w", "forward: g1", "forward: a"};

	fprintf(out, "  - name: rule.%u\n", index);
	if (below(seed, 2))
		fprintf(out, "    from: [%s]\n", below(seed, 2) ? "a, b" : "r");
	if (below(seed, 2))
		random_match(out, seed);
	if (below(seed, 3) == 0)
		fprintf(out, "    filter: %s\n", filters[below(seed, 4)]);
	fputs("    actions: [", out);
	for (unsigned i = below(seed, 3); i > 0; i--)
		fprintf(out, "mirror: %s, ", below(seed, 2) ? "g2" : "b");
	fprintf(out, "%s]\n", ends[below(seed, 5)]);
}

static char *
random_config(unsigned seed)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	static const char *const sandboxes[] = {"on", "off", "{ opener: off }",
						"{ core-dumps: yes }"};
	unsigned rules = below(&seed, 20);

	fputs(HEAD "groups:\n  g1: { ports: [a, w] }\n  g2: { ports: [b] }\n", out);
	fprintf(out, "idle: %s\n", below(&seed, 2) ? "pause" : "sleep");
	fprintf(out, "sandbox: %s\n", sandboxes[below(&seed, 4)]);
	fputs(below(&seed, 2) ? "allow: [/captures, here]\n" : "", out);
	fprintf(out, "memory: { packets: %u }\n", 1023 + below(&seed, 10000));
	if (below(&seed, 2))
		fputs("default: { forward: g1 }\n", out);
	fputs("rules:\n", out);
	for (unsigned i = 0; i < rules; i++)
		random_rule(out, &seed, i);
	fclose(out);
	return text;
}

static void
test_random(void **state)
{
	for (unsigned i = 0; i < RANDOM_CONFIGS; i++) {
		char *text = random_config(i);

		assert_round_trip(text);
		free(text);
	}
}

static char *
diff_of(const char *before, const char *after)
{
	struct config *a = config_of(before), *b = config_of(after);
	char *text;

	assert_non_null(a);
	assert_non_null(b);
	text = config_diff(a, b);
	assert_non_null(text);
	config_free(a);
	config_free(b);
	return text;
}

/* Applies a difference to a text, as patch(1) does but with no leeway. */
static char *
apply(const char *text, const char *diff)
{
	char *result;
	size_t size;
	FILE *out = open_memstream(&result, &size);
	unsigned line = 1, at;

	for (; *diff; diff = strchr(diff, '\n') + 1) {
		size_t length = strcspn(diff, "\n");

		if (*diff == '@') {
			unsigned count = 0;

			assert_int_equal(sscanf(diff, "@@ -%u,%u ", &at, &count), 2);
			for (at += count == 0; line < at; line++) {
				fwrite(text, 1, strcspn(text, "\n") + 1, out);
				text = strchr(text, '\n') + 1;
			}
			continue;
		}
		if (*diff != '-')
			fprintf(out, "%.*s\n", (int)length - 1, diff + 1);
		if (*diff != '+') {
			assert_int_equal(strcspn(text, "\n"), length - 1);
			assert_memory_equal(text, diff + 1, length - 1);
			text = strchr(text, '\n') + 1;
			line++;
		}
	}
	fputs(text, out);
	fclose(out);
	return result;
}

static void
assert_diff(const char *before, const char *after)
{
	char *a = emit_of(before), *b = emit_of(after), *diff = diff_of(before, after);
	char *applied = apply(a, diff);

	assert_string_equal(applied, b);
	assert_int_equal(*diff == '\0', strcmp(a, b) == 0);
	free(a);
	free(b);
	free(diff);
	free(applied);
}

static void
test_diff(void **state)
{
	char *diff = diff_of(HEAD "rules:\n- name: x\n  actions: [drop]\n- name: z\n",
			     HEAD "rules:\n- name: x\n  actions: [forward: a]\n- name: z\n");

	assert_string_equal(diff, "@@ -11,7 +11,7 @@\n"
				  "   w: { pcap: { out: \"/etc/w.pcap\" } }\n"
				  " rules:\n"
				  "   - name: x\n"
				  "-    actions: [drop]\n"
				  "+    actions: [{ forward: a }]\n"
				  "   - name: z\n"
				  "     actions: []\n"
				  " default: drop\n");
	free(diff);
	diff = diff_of(HEAD, HEAD "default: drop\n");
	assert_string_equal(diff, "");
	free(diff);
}

static void
test_random_diffs(void **state)
{
	for (unsigned i = 0; i < RANDOM_CONFIGS; i++) {
		char *a = random_config(i), *b = random_config(i + 1 + i % 3);

		assert_diff(a, b);
		free(a);
		free(b);
	}
}

static char *
many_rules(unsigned changed, unsigned missing)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs(HEAD "rules:\n", out);
	for (unsigned i = 0; i < MANY_RULES; i++) {
		if (i != missing)
			fprintf(out,
				"- { name: r%u, match: { dst-port: %u }, actions: [ forward: %s ] "
				"}\n",
				i, i, i == changed ? "a" : "b");
	}
	fclose(out);
	return text;
}

static void
test_large_diff(void **state)
{
	char *a = many_rules(MANY_RULES, MANY_RULES), *b = many_rules(77, 9000);
	char *diff = diff_of(a, b);
	unsigned added = 0, removed = 0;

	for (const char *at = diff; *at; at = strchr(at, '\n') + 1) {
		added += *at == '+';
		removed += *at == '-';
	}
	assert_int_equal(added, 1);
	assert_int_equal(removed, 4);
	assert_diff(a, b);
	free(a);
	free(b);
	free(diff);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),  cmocka_unit_test(test_random),
		cmocka_unit_test(test_diff),       cmocka_unit_test(test_random_diffs),
		cmocka_unit_test(test_large_diff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
