/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/sandbox.h"

#include <errno.h>
#include <rte_eal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/log.h"
#include "host/allowed.h"
#include "host/capabilities.h"
#include "host/landlock.h"
#include "host/memlock.h"
#include "host/opener.h"
#include "host/paths.h"
#include "host/syscalls.h"

#include "core/banned.h"

#define SECCOMP_FILTERED 2 /* what PR_GET_SECCOMP says of a process under a filter */

static struct sandbox_state state;
/* enum allowed_for: what the config had that the daemon was started with. */
static unsigned granted;

/* Ends a step that failed: what was tried, why it failed, and what a user can do. */
static int
refuse(int err, const char *what, const char *remedy)
{
	err = err < 0 ? -err : err;
	log_error("sandbox: %s: %s; %s, or say `sandbox: off` in the config", what, strerror(err),
		  remedy);
	return -err;
}

/* A core dump would hold packets. The process can then not be traced by its user either. */
static int
forbid_core_dumps(void)
{
	struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return refuse(errno, "core dumps can't be forbidden",
			      "say `sandbox: { core-dumps: true }`");
	return 0;
}

/* Sockets without a path are how net_memif meets its other side, and some service managers. */
static bool
needs_abstract(unsigned needs)
{
	const char *notify = getenv("NOTIFY_SOCKET");

	return (needs & ALLOWED_FOR_MEMIF) || (notify && notify[0] == '@');
}

static const char *
landlock_remedy(int err)
{
	return err == -EOPNOTSUPP ? "start the kernel with `landlock` in its `lsm=` list"
				  : "take a kernel of 5.13 or later with CONFIG_SECURITY_LANDLOCK, "
				    "as Debian 12's is";
}

static int
close_file_system(const struct config *config, const char *const *plugins, unsigned plugin_count)
{
	unsigned needs = allowed_needs(config);
	struct landlock landlock;
	int ret = landlock_open(&landlock, needs_abstract(needs));

	if (ret < 0)
		return refuse(ret, "this kernel has no Landlock to close the file system with",
			      landlock_remedy(ret));
	ret = paths_allow(&landlock, config, plugins, plugin_count, needs);
	if (ret < 0) {
		landlock_close(&landlock);
		return ret;
	}
	ret = landlock_enforce(&landlock);
	if (ret < 0)
		return refuse(ret, "Landlock's rules do not hold",
			      "end a sandbox that the daemon was started in");
	state.landlock = landlock.abi;
	return 0;
}

int
sandbox_enter(const struct config *config, const char *const *plugins, unsigned plugin_count)
{
	int ret;

	state = (struct sandbox_state){.on = config->sandbox};
	granted = allowed_needs(config);
	if (!config->sandbox) {
		log_warning("sandbox: off: a fault in a driver or a parser can reach all that this "
			    "user can");
		return 0;
	}
	/* Nobody asks for anything new where there is no socket. */
	if (config->opener && config->run_dir && (ret = opener_start()) < 0)
		return refuse(ret, "the opener can't be started", "say `sandbox: { opener: off }`");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return refuse(errno, "new privileges can't be ruled out",
			      "take a kernel of 3.5 or later");
	if (!config->core_dumps && (ret = forbid_core_dumps()) < 0)
		return ret;
	return close_file_system(config, plugins, plugin_count);
}

static unsigned
needs_now(const struct config *config, bool unlimited)
{
	unsigned needs = allowed_needs(config);

	if ((needs & ALLOWED_FOR_PCI) && rte_eal_iova_mode() == RTE_IOVA_PA)
		needs |= ALLOWED_FOR_PHYSICAL;
	if (!unlimited)
		needs |= ALLOWED_FOR_LOCKING;
	return needs;
}

static void
look(const struct config *config)
{
	struct rlimit core = {0};

	getrlimit(RLIMIT_CORE, &core);
	state.on = config->sandbox;
	state.seccomp = prctl(PR_GET_SECCOMP) == SECCOMP_FILTERED;
	state.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	state.capabilities = capabilities_held();
	state.core_dumps = core.rlim_cur != 0 && prctl(PR_GET_DUMPABLE) == 1;
}

int
sandbox_seal(const struct config *config)
{
	bool unlimited = memlock_raise();
	unsigned needs = needs_now(config, unlimited);
	int ret;

	memlock_populate();
	state.memory_locked = memlock_all(unlimited || (capabilities_held() >> CAP_IPC_LOCK & 1));
	if (config->sandbox) {
		ret = capabilities_drop(capabilities_wanted(config, needs));
		if (ret < 0)
			return refuse(ret, "capabilities can't be dropped",
				      "start the daemon as an ordinary user");
		ret = syscalls_enforce(needs);
		if (ret < 0)
			return refuse(
				ret, "system calls can't be filtered",
				"take a kernel with CONFIG_SECCOMP_FILTER, as Debian 12's is");
	}
	look(config);
	log_info("sandbox: %s", config->sandbox ? "sealed" : "off");
	return 0;
}

bool
sandbox_admits(const struct config_port *port)
{
	return !state.on || !(allowed_needs_of_port(port) & ~granted);
}

const char *
sandbox_keeps(const struct config_port *port)
{
	unsigned needs = allowed_needs_of_port(port) & ~granted;

	/* Those need more of the start than that nothing is closed. */
	if (port->kind == CONFIG_PORT_PCI)
		return "";
	if (needs & ALLOWED_FOR_AF_XDP)
		return ", or once with `sandbox: { keep: [af-xdp] }`";
	return ", or once with `sandbox: { keep: [vdev] }` or `sandbox: off`";
}

const struct sandbox_state *
sandbox_state(void)
{
	return &state;
}

const char *
sandbox_capability_name(unsigned number, char name[SANDBOX_NAME_BYTES])
{
	char *full = cap_to_name((cap_value_t)number);

	/* libcap says "cap_net_admin", and "63" of one that it does not know. */
	snprintf(name, SANDBOX_NAME_BYTES, "%s",
		 full && strncmp(full, "cap_", 4) == 0 ? full + 4 : "unknown");
	cap_free(full);
	return name;
}
