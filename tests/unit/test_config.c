/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config_kit.h"
#include "core/reaper.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD
#define MANY_RULES 100000
#define MANY_SECONDS 20 /* a bound that holds under sanitizers too; far less is usual */

static void
test_defaults(void **state)
{
	struct config *config = config_of("version: 1\nports: { a: { vdev: net_null } }\n");
	char *run_dir = config_default_run_dir();

	assert_non_null(config);
	assert_int_equal(config->worker_count, 0);
	assert_int_equal(config->packets, 65535);
	assert_int_equal(config->packet_size, 2048);
	assert_int_equal(config->hugepages, CONFIG_HUGEPAGES_AUTO);
	assert_int_equal(config->idle, CONFIG_IDLE_POLL);
	assert_true(config->sandbox);
	assert_false(config->core_dumps);
	assert_string_equal(config->run_dir, run_dir);
	assert_string_equal(config->directory, "/etc");
	assert_null(config->file);
	assert_int_equal(config->port_count, 1);
	assert_true(config->ports[0].promiscuous);
	assert_false(config->ports[0].promiscuous_given);
	assert_int_equal(config->ports[0].queues, 0);
	assert_int_equal(config_end(&config->default_actions)->verb, CONFIG_DROP);
	assert_int_equal(config->rule_count, 0);
	free(run_dir);
	config_free(config);
}

static void
test_run_dir(void **state)
{
	struct config *config =
		config_of("version: 1\nrun-dir: sockets/.//x/\nports: {a: {vdev: n}}");
	char *path;

	assert_non_null(config);
	assert_string_equal(config->run_dir, "/etc/sockets/x");
	config_free(config);
	if (geteuid() == 0)
		return;
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	path = config_default_run_dir();
	assert_string_equal(path, "/run/user/7/sluice");
	free(path);
}

static void
test_settings(void **state)
{
	struct config *config =
		config_of("version: \"1\"\nworkers: [3, 1]\nidle: sleep\n"
			  "memory: { packets: 0x3ff, packet-size: 64,\n"
			  "          headers: 300, copy-break: 0, hugepages: false }\n"
			  "ports: { a: { vdev: net_null } }\ngroups:\nrules:\n");

	assert_non_null(config);
	assert_int_equal(config->worker_count, 2);
	assert_int_equal(config->workers[0], 3);
	assert_int_equal(config->workers[1], 1);
	assert_int_equal(config->packets, 1023);
	assert_int_equal(config->packet_size, 64);
	assert_int_equal(config->headers, 300);
	assert_int_equal(config->copy_break, 0);
	assert_int_equal(config->hugepages, CONFIG_HUGEPAGES_FALSE);
	assert_int_equal(config->idle, CONFIG_IDLE_SLEEP);
	config_free(config);
}

/* YAML 1.1 has many words for on and off, and a program that writes it takes its own. */
static void
test_sandbox(void **state)
{
	static const struct {
		const char *text;
		bool sandbox, core_dumps, opener;
	} cases[] = {
		{"on", true, false, true},
		{"True", true, false, true},
		{"YES", true, false, true},
		{"off", false, true, true},
		{"no", false, true, true},
		{"false", false, true, true},
		{"{}", true, false, true},
		{"{ core-dumps: on }", true, true, true},
		{"{ opener: off }", true, false, false},
		{"{ core-dumps: yes, opener: no }", true, true, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *config;
		char text[128];

		snprintf(text, sizeof(text), "version: 1\nports: { a: { vdev: x } }\nsandbox: %s\n",
			 cases[i].text);
		config = config_of(text);
		assert_non_null(config);
		assert_int_equal(config->sandbox, cases[i].sandbox);
		assert_int_equal(config->core_dumps, cases[i].core_dumps);
		assert_int_equal(config->opener, cases[i].opener);
		config_free(config);
	}
}

static void
test_ports(void **state)
{
	struct config *config =
		config_of("version: 1\nports:\n"
			  "  a: { pci: 3A:00.1, queues: 2, rx-ring: 512, tx-ring: 256, mtu: 9000, "
			  "verify: every }\n"
			  "  b: { af-xdp: eth1, promiscuous: true }\n"
			  "  c: { vdev: 'net_null,size=64' }\n"
			  "  d:\n    pcap:\n      in: ./x.pcap\n      out: /tmp//y.pcap\n"
			  "  e: { vdev: 'net_null,size=64', promiscuous: false, verify: off }\n"
			  "  f: { pci: \"00010000:03:00.0\" }\n"
			  "  g: { pcap: { out: /dev/null } }\n  h: { pcap: { out: /dev/null } }\n"
			  "  null: { null: {} }\n");

	assert_non_null(config);
	assert_int_equal(config->port_count, 9);
	assert_string_equal(config->ports[8].name, "null");
	assert_int_equal(config->ports[8].kind, CONFIG_PORT_NULL);
	assert_string_equal(config->ports[8].device, "null");
	assert_string_equal(config->ports[0].device, "0000:3a:00.1");
	assert_int_equal(config->ports[0].queues, 2);
	assert_int_equal(config->ports[0].rx_ring, 512);
	assert_int_equal(config->ports[0].tx_ring, 256);
	assert_int_equal(config->ports[0].mtu, 9000);
	assert_int_equal(config->ports[0].verify, 1);
	assert_int_equal(config->ports[1].verify, 1024);
	assert_int_equal(config->ports[4].verify, 0);
	assert_int_equal(config->ports[1].kind, CONFIG_PORT_AF_XDP);
	assert_true(config->ports[1].promiscuous_given && config->ports[1].promiscuous);
	assert_int_equal(config->ports[3].kind, CONFIG_PORT_PCAP);
	assert_null(config->ports[3].device);
	assert_string_equal(config->ports[3].in.files[0], "/etc/x.pcap");
	assert_string_equal(config->ports[3].pcap_out, "/tmp/y.pcap");
	assert_int_equal(config->ports[3].place.line, 6);
	assert_int_equal(config->ports[3].place.column, 3);
	assert_true(config->ports[4].promiscuous_given && !config->ports[4].promiscuous);
	assert_string_equal(config->ports[5].device, "10000:03:00.0");
	config_free(config);
}

/* Whoever brings it learns nothing of files that he may not read. */
static void
test_alone(void **state)
{
	static const char text[] = HEAD "rules:\n  - name: x\n"
					"    match: { src: { file: /etc/hostname } }\n";
	struct error_list errors;
	struct config *config;

	error_list_init(&errors, NULL);
	assert_true(config_parse_alone(text, sizeof(text) - 1, "/", &config, &errors) < 0);
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.items[0].message, "is not read for who may only read"));
	error_list_clear(&errors);
}

static void
test_rules(void **state)
{
	struct config *config = config_of(
		HEAD
		"groups: { g: { ports: [b, a] } }\n"
		"rules:\n"
		"  - { name: one, from: [r, a], actions: [ mirror: g, mirror: w, forward: a ] }\n"
		"  - name: two\n    filter: >-\n      tcp port 80\n      or udp\n"
		"    actions: [ drop ]\n"
		"  - name: three\n    match: {}\n"
		"default: { forward: g }\n");
	const struct config_rule *rule;

	assert_non_null(config);
	assert_int_equal(config->groups[0].port_count, 2);
	assert_int_equal(config->groups[0].ports[0], 1);
	rule = &config->rules[0];
	assert_string_equal(rule->name, "one");
	assert_true(rule->from_given && rule->from == 5 && !rule->match_given && !rule->filter);
	assert_int_equal(rule->actions.count, 3);
	assert_int_equal(config_targets(&rule->actions), 3);
	assert_int_equal(rule->actions.items[0].verb, CONFIG_MIRROR);
	assert_int_equal(rule->actions.items[0].target.kind, CONFIG_TARGET_GROUP);
	assert_int_equal(rule->actions.items[0].target.index, 0);
	assert_int_equal(rule->actions.items[1].verb, CONFIG_MIRROR);
	assert_int_equal(rule->actions.items[1].target.kind, CONFIG_TARGET_PORT);
	assert_int_equal(rule->actions.items[1].target.index, 3);
	assert_ptr_equal(config_end(&rule->actions), &rule->actions.items[2]);
	assert_int_equal(rule->actions.items[2].verb, CONFIG_FORWARD);
	assert_int_equal(rule->actions.items[2].target.index, 0);
	assert_int_equal(rule->place.line, 9);
	assert_int_equal(rule->place.column, 5);
	rule = &config->rules[1];
	assert_string_equal(rule->filter, "tcp port 80 or udp");
	assert_true(!rule->from_given && rule->from == 0xf);
	assert_int_equal(config_end(&rule->actions)->verb, CONFIG_DROP);
	assert_int_equal(rule->filter_place.line, 11);
	assert_int_equal(rule->filter_place.column, 13);
	rule = &config->rules[2];
	assert_true(rule->match_given);
	assert_null(config_end(&rule->actions));
	assert_int_equal(config->default_actions.items[0].verb, CONFIG_FORWARD);
	assert_int_equal(config->default_actions.items[0].target.kind, CONFIG_TARGET_GROUP);
	config_free(config);
}

static void
assert_set(const struct config_set *set, unsigned count, const uint32_t *values)
{
	assert_int_equal(set->count, count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(set->ranges[i].low, values[2 * i]);
		assert_int_equal(set->ranges[i].high, values[2 * i + 1]);
	}
}

static void
test_sets(void **state)
{
	struct config *config = config_of(HEAD "rules:\n"
					       "- name: one\n  match:\n"
					       "    ether-type: [ \"0x86DD\", IPv4, 35000-35002 ]\n"
					       "    vlan: 4095\n"
					       "    protocol: [ 17, tcp, '6', 0-2, 3 ]\n"
					       "    src-port: [ 20-30, 1, 25-40, 41, 65535 ]\n"
					       "    dst-port: 0x10-0x1f\n");
	const struct config_match *match;

	assert_non_null(config);
	match = &config->rules[0].match;
	assert_set(&match->ether_type, 3, (uint32_t[]){0x800, 0x800, 0x86dd, 0x86dd, 35000, 35002});
	assert_set(&match->vlan, 1, (uint32_t[]){4095, 4095});
	assert_set(&match->protocol, 3, (uint32_t[]){0, 3, 6, 6, 17, 17});
	assert_set(&match->src_port, 3, (uint32_t[]){1, 1, 20, 41, 65535, 65535});
	assert_set(&match->dst_port, 1, (uint32_t[]){16, 31});
	assert_int_equal(match->src.count, 0);
	config_free(config);
}

static void
test_prefixes(void **state)
{
	struct config *config = config_of(
		HEAD "rules:\n"
		     "- name: one\n  match:\n"
		     "    src: [ 10.1.0.0/16, 192.0.2.1, 10.0.0.0/8, \"::/0\", \"2001:db8::/32\",\n"
		     "           10.0.0.0/8, 10.255.255.255 ]\n"
		     "    dst: 0.0.0.0/0\n");
	const struct config_prefixes *src;

	assert_non_null(config);
	src = &config->rules[0].match.src;
	assert_int_equal(src->count, 3);
	assert_int_equal(src->items[0].family, 4);
	assert_int_equal(src->items[0].length, 8);
	assert_memory_equal(src->items[0].address, "\x0a\0\0\0", 4);
	assert_int_equal(src->items[1].length, 32);
	assert_memory_equal(src->items[1].address, "\xc0\0\x02\x01", 4);
	assert_int_equal(src->items[2].family, 6);
	assert_int_equal(src->items[2].length, 0);
	assert_int_equal(config->rules[0].match.dst.items[0].length, 0);
	config_free(config);
}

static void
test_many_rules(void **state)
{
	struct error_list errors;
	struct config *config;
	struct timespec from, to;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, HEAD "rules:\n");
	for (unsigned i = 0; i < MANY_RULES; i++)
		fprintf(out,
			"- { name: rule-%u, match: { protocol: tcp, src: 10.%u.%u.%u, dst-port: %u "
			"}, "
			"actions: [ { forward: b } ] }\n",
			i, i >> 16, i >> 8 & 255, i & 255, i & 65535);
	fprintf(out, "- { name: rule-7 }\n");
	fclose(out);
	clock_gettime(CLOCK_MONOTONIC, &from);
	error_list_init(&errors, NULL);
	assert_int_equal(config_parse(text, size, NULL, &config, &errors), -EINVAL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(errors.count, 1);
	assert_string_equal(
		errors.items[0].message,
		"name: \"rule-7\" is the rule in line 15 already; a name is one rule's");
	assert_true(to.tv_sec - from.tv_sec < MANY_SECONDS);
	error_list_clear(&errors);
	free(text);
}

static void
test_load(void **state)
{
	char directory[] = "/tmp/sluice-config-XXXXXX", path[128];
	struct error_list errors;
	struct config *config;
	FILE *out;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/site.yaml", directory);
	error_list_init(&errors, path);
	assert_int_equal(config_load(path, &config, &errors), -ENOENT);
	assert_null(config);
	assert_int_equal(errors.count, 1);
	assert_int_equal(config_load(directory, &config, &errors), -EISDIR);
	assert_int_equal(errors.count, 2);
	error_list_clear(&errors);

	out = fopen(path, "w");
	fprintf(out, "version: 1\nports: { a: { pcap: { in: a.pcap } } }\n");
	fclose(out);
	assert_int_equal(chdir(directory), 0);
	error_list_init(&errors, path);
	assert_int_equal(config_load("./site.yaml", &config, &errors), 0);
	assert_int_equal(errors.count, 0);
	assert_string_equal(config->file, path);
	assert_string_equal(config->directory, directory);
	assert_string_equal(config->ports[0].in.files[0] + strlen(directory), "/a.pcap");
	config_free(config);
	error_list_clear(&errors);
	unlink(path);
	rmdir(directory);
}

/* Whether a thread of this process has that name. */
static bool
has_thread(const char *name)
{
	glob_t files;
	bool found = false;

	assert_int_equal(glob("/proc/self/task/*/comm", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char text[32] = "";
		FILE *file = fopen(files.gl_pathv[i], "r");

		if (!file)
			continue;
		if (fgets(text, sizeof(text), file))
			found |= strncmp(text, name, strlen(name)) == 0;
		fclose(file);
	}
	globfree(&files);
	return found;
}

/* Who holds a large config last may be the thread that waits for nobody. */
static void
test_many_are_freed_beside(void **state)
{
	struct config *config;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, HEAD "rules:\n");
	for (unsigned i = 0; i < 5000; i++)
		fprintf(out, "- { name: rule-%u, actions: [ drop ] }\n", i);
	fclose(out);
	config = config_hold(config_of(text));
	free(text);
	config_free(config);
	assert_false(has_thread("sluiced-free"));
	config_free(config);
	for (unsigned i = 0; i < 1000 && !has_thread("sluiced-free"); i++)
		usleep(10000);
	assert_true(has_thread("sluiced-free"));
	reaper_settle();
}

static void
test_example(void **state)
{
	struct error_list errors;
	struct config *config;

	error_list_init(&errors, "full.yaml");
	config_load(FIXTURES "/../docs/examples/full.yaml", &config, &errors);
	error_list_print(&errors, stderr);
	assert_int_equal(errors.count, 0);
	assert_int_equal(config->rule_count, 8);
	assert_int_equal(config->policer_count, 1);
	assert_int_equal(config->edit_count, 1);
	assert_int_equal(config->replay_count, 3);
	config_free(config);
	error_list_clear(&errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_are_freed_beside),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_run_dir),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_many_rules),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
