/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_kit.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD

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
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_run_dir),
		cmocka_unit_test(test_settings), cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_ports),    cmocka_unit_test(test_alone),
		cmocka_unit_test(test_load),     cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
