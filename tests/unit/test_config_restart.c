/* SPDX-License-Identifier: BSD-3-Clause */
/* Which keys' changes need a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_kit.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD

static void
test_restart(void **state)
{
	static const struct {
		const char *before, *after, *key;
	} cases[] = {
		{HEAD, HEAD, NULL},
		{HEAD, HEAD "default: { forward: a }\nrules: [ { name: x } ]\n", NULL},
		{HEAD, HEAD "groups: { g: { ports: [a] } }\n", NULL},
		{HEAD, HEAD "workers: [1]\n", "workers"},
		{HEAD "workers: [1]\n", HEAD "workers: [2]\n", "workers"},
		{HEAD, HEAD "memory: { packets: 2047 }\n", "memory"},
		{HEAD, HEAD "memory: { hugepages: false }\n", "memory"},
		{HEAD, HEAD "memory: { reserve: 1GiB }\n", "memory"},
		{HEAD, HEAD "memory: { headers: 4095 }\n", "memory"},
		{HEAD, HEAD "memory: { copy-break: 0 }\n", "memory"},
		{HEAD, HEAD "memory: { copy-break: auto }\n", NULL},
		{HEAD, HEAD "idle: sleep\n", "idle"},
		{HEAD, HEAD "sandbox: off\n", "sandbox"},
		{HEAD, HEAD "sandbox: { core-dumps: true }\n", "sandbox"},
		{HEAD, HEAD "sandbox: { opener: off }\n", "sandbox"},
		{HEAD "sandbox: { core-dumps: true, opener: off }\n",
		 HEAD "sandbox: { core-dumps: true }\n", "sandbox"},
		{HEAD "sandbox: { opener: on }\n", HEAD "sandbox: on\n", NULL},
		{HEAD, HEAD "sandbox: { keep: [vdev] }\n", "sandbox"},
		{HEAD "sandbox: { keep: [vdev, af-xdp] }\n",
		 HEAD "sandbox: { keep: [af-xdp, vdev] }\n", NULL},
		{HEAD, HEAD "allow: [/captures]\n", "allow"},
		{HEAD "allow: [/captures]\n", HEAD "allow: [/captures, /x]\n", "allow"},
		{HEAD, HEAD "allow: []\n", NULL},
		{HEAD "allow: [/captures/]\n", HEAD "allow: [//captures]\n", NULL},
		{HEAD, HEAD "run-dir: /x\n", "run-dir"},
		{HEAD, HEAD "  c: { vdev: net_null }\n", NULL},
		{HEAD "  c: { vdev: x }\n", HEAD "  c: { vdev: x, mtu: 1500 }\n", NULL},
		{HEAD "  c: { vdev: x }\n", HEAD "  c: { vdev: y }\n", NULL},
		{HEAD "  c: { vdev: x }\n", HEAD "  c: { vdev: x, promiscuous: true }\n", NULL},
		{HEAD "  c: { vdev: x }\n", HEAD "  c: { vdev: x, verify: off }\n", NULL},
		{HEAD "  c: { vdev: x }\n", HEAD "  c: { vdev: x, verify: 1024 }\n", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *a = config_of(cases[i].before), *b = config_of(cases[i].after);
		const char *key = config_needs_restart(a, b);

		if (cases[i].key)
			assert_string_equal(key ? key : "(none)", cases[i].key);
		else
			assert_null(key);
		config_free(a);
		config_free(b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
