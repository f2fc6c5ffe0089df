/* SPDX-License-Identifier: BSD-3-Clause */
/* Edits and gates: how they are written, for programs and for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "action_kit.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define RANDOM_CONFIGS 500
#define ITEM_BYTES 512

/* How a list is written, and how it is told; of those that are written as they are read the text is NULL. */
static const struct {
	const char *read, *written, *told;
} writings[] = {
	{"{ mirror: b, with: [{ slice: 128 }, { edit: to-ids }] }", NULL,
	 "mirror b with (slice 128, edit to-ids)"},
	{"{ police: tools }, { edit: \"1\" }", NULL, "police tools, edit 1"},
	{"{ set: { ttl: +1, dscp: 46, vlan: 5, src-mac: 02:00:00:00:00:01 } }",
	 "{ set: { src-mac: \"02:00:00:00:00:01\", vlan: 5, dscp: ef, ttl: \"+1\" } }",
	 "set (src-mac 02:00:00:00:00:01, vlan 5, dscp ef, ttl +1)"},
	{"{ set: { src: 10.1.2.3/32, dst: 2001:db8::/32, dscp: 3, ttl: -3 } }",
	 "{ set: { src: 10.1.2.3, dst: \"2001:db8::/32\", dscp: 3, ttl: -3 } }",
	 "set (src 10.1.2.3, dst 2001:db8::/32, dscp 3, ttl -3)"},
	{"{ nat: { 10.0.0.0/8: 172.0.0.0/8, \"::1\": \"::2\" } }", NULL,
	 "nat (10.0.0.0/8 172.0.0.0/8, ::1 ::2)"},
	{"{ push: { vlan: 100, type: qinq } }", "{ push: { vlan: 100, pcp: 0, type: 0x88a8 } }",
	 "push (vlan 100, pcp 0, type 0x88a8)"},
	{"{ push: { mpls: { label: 0, ttl: 1 } } }",
	 "{ push: { mpls: { label: 0, tc: 0, ttl: 1 } } }", "push (mpls (label 0, tc 0, ttl 1))"},
	{"{ push: { gre: { key: 0, src: \"::1\", dst: \"::2\", src-mac: \"02:00:00:00:00:01\" } } "
	 "}",
	 NULL, "push (gre (key 0, src ::1, dst ::2, src-mac 02:00:00:00:00:01))"},
	{"{ push: { erspan: { version: 3, session: 7, src: 10.0.0.1, dst: 10.0.0.2 } } }", NULL,
	 "push (erspan (version 3, session 7, src 10.0.0.1, dst 10.0.0.2))"},
	{"{ push: { geneve: { vni: 0, src: 10.0.0.1, dst: 10.0.0.2 } } }", NULL,
	 "push (geneve (vni 0, src 10.0.0.1, dst 10.0.0.2))"},
	{"{ strip: [ vlan ] }, { strip: [vlans, gtp-u] }",
	 "{ strip: vlan }, { strip: [vlans, gtp-u] }", "strip vlan, strip (vlans, gtp-u)"},
	{"{ slice: { bytes: 0, after: transport } }", "{ slice: { after: transport, bytes: 0 } }",
	 "slice (after transport, bytes 0)"},
	{"{ mask: { after: transport } }", "{ mask: payload }", "mask payload"},
	{"{ mask: { bytes: 5 } }", "{ mask: { from: 0, bytes: 5, with: 0 } }",
	 "mask (from 0, bytes 5, with 0)"},
	{"{ stamp: { device: 0x10 } }", "{ stamp: { device: 16 } }", "stamp (device 16)"},
	{"{ police: 1000Mbps }, { above: 1.5 kpps }", "{ police: 1Gbps }, { above: 1.5kpps }",
	 "police 1Gbps, above 1.5kpps"},
	{"{ sample: { one-in: 9 } }, { sample: { one-in: 9, by: flow } }",
	 "{ sample: 9 }, { sample: { one-in: 9, by: flow } }",
	 "sample 9, sample (one-in 9, by flow)"},
	{"{ dedup: { ignoring: [] } }", "{ dedup: { window: 50ms, across: any } }",
	 "dedup (window 50ms, across any)"},
	{"{ dedup: { entries: 1000 } }", "{ dedup: { window: 50ms, across: any, entries: 1000 } }",
	 "dedup (window 50ms, across any, entries 1000)"},
	{"{ dedup: { window: 1ms, ignoring: [ checksums, mac ], across: ports } }",
	 "{ dedup: { window: 1ms, ignoring: [mac, checksums], across: ports } }",
	 "dedup (window 1ms, ignoring (mac, checksums), across ports)"},
};

static char *
told(const struct config *config)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	config_put_actions(out, config, &config->rules[0].actions);
	fclose(out);
	return text;
}

static void
test_writings(void **state)
{
	for (size_t i = 0; i < COUNT(writings); i++) {
		const char *written = writings[i].written ? writings[i].written : writings[i].read;
		struct config *config = config_with(writings[i].read), *again;
		char *text = config_emit(config), *people = told(config), line[ITEM_BYTES];

		snprintf(line, sizeof(line), "    actions: [%s, { forward: a }]\n", written);
		if (!strstr(text, line))
			fail_msg("no %s in\n%s", line, text);
		again = config_of(text);
		assert_non_null(again);
		free(text);
		text = config_diff(config, again);
		assert_string_equal(text, "");
		snprintf(line, sizeof(line), "%s, forward a", writings[i].told);
		assert_string_equal(people, line);
		free(text);
		free(people);
		config_free(again);
		config_free(config);
	}
}

static void
test_sections(void **state)
{
	struct config *config = config_with("{ edit: to-ids }"), *other, *none;
	char *text = config_emit(config), *diff;

	assert_non_null(strstr(text, "policers:\n"
				     "  tools: { rate: 1.5Gbps, burst: 1MiB }\n"
				     "  slow: { rate: 50pps, burst: 16 }\n"
				     "edits:\n"
				     "  to-ids: [{ strip: vlans }, { slice: 128 }]\n"
				     "  \"1\": [{ mask: payload }]\n"
				     "rules:\n"));
	free(text);
	other = config_of(HEAD "edits: { to-ids: [ strip: vlans, slice: 64 ] }\n"
			       "rules: [ { name: x, actions: [ edit: to-ids, forward: a ] } ]\n");
	assert_null(config_needs_restart(config, other));
	diff = config_diff(config, other);
	assert_non_null(strstr(diff, "-  to-ids: [{ strip: vlans }, { slice: 128 }]\n"));
	assert_non_null(strstr(diff, "+  to-ids: [{ strip: vlans }, { slice: 64 }]\n"));
	assert_non_null(strstr(diff, "-  tools: { rate: 1.5Gbps, burst: 1MiB }\n"));
	free(diff);
	none = config_of(HEAD "edits:\npolicers:\n");
	assert_non_null(none);
	assert_true(none->edit_count == 0 && none->policer_count == 0);
	config_free(none);
	config_free(other);
	config_free(config);
}

/* Of what stands in a table above, at random: what does not go together is refused, and that is fine. */
static void
test_random(void **state)
{
	unsigned good = 0;

	for (unsigned seed = 0; seed < RANDOM_CONFIGS; seed++) {
		unsigned at = seed, count = 1 + below(&at, 3);
		struct error_list errors;
		struct config *config, *again;
		char *text, *once, *twice;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		fputs(HEAD ACTION_TOP "rules: [ { name: x, actions: [ ", out);
		for (unsigned i = 0; i < count; i++)
			fprintf(out, "%s, ", writings[below(&at, COUNT(writings))].read);
		fputs(below(&at, 2) ? "mirror: b ] } ]\n" : "forward: b ] } ]\n", out);
		fclose(out);
		error_list_init(&errors, NULL);
		config_parse(text, size, "/etc", &config, &errors);
		error_list_clear(&errors);
		free(text);
		if (!config)
			continue;
		good++;
		once = config_emit(config);
		again = config_of(once);
		assert_non_null(again);
		twice = config_emit(again);
		assert_string_equal(once, twice);
		free(once);
		free(twice);
		config_free(again);
		config_free(config);
	}
	assert_true(good > RANDOM_CONFIGS / 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writings),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
