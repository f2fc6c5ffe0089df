/* SPDX-License-Identifier: BSD-3-Clause */
/* What `sluice top` shows over its panes, and which packets a tap is of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "top/aim.h"
#include "top/over.h"
#include "top/pane.h"

#include "core/banned.h"

static void
check_aim(unsigned pane, const char *name, const char *terms, const char *title)
{
	json_t *figures =
		json_pack("{s:{s:{s:s}, s:{s:s}}, s:{s:{s:s, s:b}, s:{s:s, s:b}}}", "drops",
			  "missed", "kind", "card", "rule", "kind", "policy", "replays", "in",
			  "port", "wan", "as", 1, "out", "port", "lan", "as", 0);
	json_t *talker = json_pack("{s:s}", "port", "wan"), *expected = NULL;
	struct aim aim = aim_at(pane, name, figures, talker);

	if (terms) {
		expected = json_loads(terms, 0, NULL);
		json_object_update_new(expected, json_pack("{s:i, s:i}", "snap", 128, "rate", 50));
	}
	assert_true(terms ? json_equal(aim.terms, expected) : !aim.terms);
	assert_string_equal(aim.name, title);
	assert_string_equal(aim.only, pane == PANE_TALKERS && terms ? name : "");
	json_decref(aim.terms);
	json_decref(expected);
	json_decref(talker);
	json_decref(figures);
}

#define TALKER(text, filter) \
	check_aim(PANE_TALKERS, text, "{\"in\": [\"wan\"], \"filter\": \"" filter "\"}", text)

static void
test_aim(void **state)
{
	check_aim(PANE_PORTS, "wan", "{\"in\": [\"wan\"], \"out\": [\"wan\"]}", "port wan");
	check_aim(PANE_PORTS, "lan (down)", "{\"in\": [\"lan\"], \"out\": [\"lan\"]}", "port lan");
	check_aim(PANE_RULES, "web", "{\"rule\": \"web\"}", "rule web");
	check_aim(PANE_DROPS, "rule", "{\"drops\": [\"rule\"]}", "what is dropped as rule");
	check_aim(PANE_DROPS, "missed", NULL,
		  "what the card dropped never came in: nobody can look at it");
	check_aim(PANE_REPLAYS, "in", "{\"in\": [\"wan\"]}",
		  "replay in, and what else comes in on wan");
	check_aim(PANE_REPLAYS, "out", "{\"out\": [\"lan\"]}",
		  "replay out, and what else leaves lan");
	check_aim(PANE_WORKERS, "core 1", NULL,
		  "a port, a rule, a reason, a replay or a talker can be tapped");
	check_aim(PANE_RULES, "", NULL, "there is nothing in that pane");
	TALKER("udp 10.0.0.1:1000 > 192.0.2.1:53",
	       "src host 10.0.0.1 and src port 1000 and dst host 192.0.2.1 and dst port 53");
	TALKER("tcp [2001:db8::1]:2000 > [2001:db8::2]:443",
	       "src host 2001:db8::1 and src port 2000 and dst host 2001:db8::2 and dst port 443");
	TALKER("icmpv6 fe80::1 > ff02::1", "src host fe80::1 and dst host ff02::1");
	TALKER("protocol 47 10.0.0.1 > 10.0.0.2 fragment",
	       "src host 10.0.0.1 and dst host 10.0.0.2");
	TALKER("icmp 10.0.0.1 > 10.0.0.2 vlan 7",
	       "vlan 7 and (src host 10.0.0.1 and dst host 10.0.0.2 or "
	       "(vlan and src host 10.0.0.1 and dst host 10.0.0.2))");
	check_aim(PANE_TALKERS, "ether_type 0x0806 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff",
		  "{\"in\": [\"wan\"]}", "ether_type 0x0806 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff");
	check_aim(PANE_TALKERS, "runt", "{\"in\": [\"wan\"]}", "runt");
}

static void
check_over(struct over *over, unsigned columns, unsigned rows, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	over_put(over, columns, rows, out);
	assert_non_null(text_close(out, &text));
	assert_string_equal(text, expected);
	free(text);
}

static void
test_over(void **state)
{
	struct over over = {OVER_NONE};

	over_begin(&over, OVER_TAP);
	check_over(&over, 20, 5, "");
	/* Long lines go on, at a space where there is one. */
	over_say(&over, strdup("one\n\ntwenty columns are few\n0123456789012345678901234\n"));
	check_over(&over, 20, 9,
		   "one\n\ntwenty columns are\n    few\n01234567890123456789\n    01234\n");
	check_over(&over, 10, 2, "0123456789\n01234\n");
	/* The end is followed; what was moved away from it stays. */
	over_say(&over, strdup("1\n2\n3\n4\n"));
	check_over(&over, 20, 2, "3\n4\n");
	over_move(&over, -1);
	check_over(&over, 20, 2, "2\n3\n");
	over_say(&over, strdup("1\n2\n3\n4\n5\n"));
	check_over(&over, 20, 2, "2\n3\n");
	over_move(&over, 100);
	check_over(&over, 20, 2, "4\n5\n");
	over_say(&over, strdup("1\n2\n3\n4\n5\n6\n"));
	check_over(&over, 20, 2, "5\n6\n");
	/* Another text begins at its beginning, and what a terminal would obey is none of it. */
	over_begin(&over, OVER_EXPLAIN);
	over_say(&over, strdup("a\033[2J\nb\nc\n"));
	check_over(&over, 20, 2, "a?[2J\nb\n");
	over_end(&over);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aim),
		cmocka_unit_test(test_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
