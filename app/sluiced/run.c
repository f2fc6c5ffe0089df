/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluiced.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "config/config.h"
#include "control/control.h"
#include "control/print.h"
#include "core/log.h"
#include "engine/engine.h"
#include "host/preflight.h"
#include "host/sandbox.h"
#include "interrupt.h"

#include "core/banned.h"

/* Before any thread is started, so that all inherit it: signals are read by the control thread alone. */
static void
block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* What this machine refuses is logged, and what it could do better. Nothing is started yet. */
static bool
may_start(const struct config *config, const struct options *options)
{
	static const enum log_level levels[] = {
		[FINDING_NOTE] = LOG_LEVEL_INFO,
		[FINDING_WARNING] = LOG_LEVEL_WARNING,
		[FINDING_REFUSED] = LOG_LEVEL_ERROR,
	};
	struct finding_list findings;
	int ret;

	if (options->unsafe_no_iommu)
		log_warning("started with --unsafe-no-iommu: where no IOMMU stands between them, "
			    "devices can reach all memory of this machine");
	finding_list_init(&findings);
	ret = check_host(config, options, &findings);
	for (unsigned i = 0; i < findings.count; i++) {
		const struct finding *finding = &findings.items[i];
		char *line = finding_log_line(finding, options->config);

		log_at(levels[finding->severity], "%s", line ? line : finding->code);
		free(line);
	}
	finding_list_clear(&findings);
	if (ret == -ENOMEM)
		log_error("out of memory while the machine was checked");
	return ret >= 0;
}

/* Drains and reports; the exit code of the whole run. */
static int
finish(struct engine *engine, int ret)
{
	struct snapshot *last;
	int drained = engine_drain(engine);

	last = engine_snapshot(engine);
	if (!last)
		return EXIT_FAILED;
	report_print(last, stdout);
	fflush(stdout);
	if (last->leaked || !last->ledger.balanced || drained < 0)
		ret = -EIO;
	snapshot_free(last);
	return ret < 0 ? EXIT_FAILED : EXIT_DONE;
}

int
command_run(const struct options *options)
{
	struct engine_options engine_options = {
		.ready = sandbox_seal,
		.eal = {.plugins = options->plugins,
			.plugin_count = options->plugin_count,
			.unsafe_no_iommu = options->unsafe_no_iommu},
	};
	struct interrupt interrupt;
	struct error_list errors;
	struct control *control;
	struct engine *engine;
	struct config *config;
	int exit_code, ret;

	block_signals();
	exit_code = load_config(options->config, &config);
	if (exit_code != EXIT_DONE)
		return exit_code;
	/* First the lock of the run-dir: a second daemon must not touch the first one's devices. */
	if (control_open(config->run_dir, config->file, &control) < 0) {
		config_free(config);
		return EXIT_FAILED;
	}
	keep_private();
	if (!may_start(config, options)) {
		config_free(config);
		control_close(control);
		return EXIT_FAILED;
	}
	host_raise_memlock();
	ret = sandbox_enter(config, options->plugins, options->plugin_count);
	if (ret < 0) {
		config_free(config);
		control_close(control);
		return EXIT_FAILED;
	}
	error_list_init(&errors, options->config);
	/* Not sooner: what holds a thread is what held its maker. */
	interrupt_watch(&interrupt);
	ret = engine_start(config, &engine_options, &errors, &engine);
	interrupt_end(&interrupt);
	error_list_print(&errors, stderr);
	error_list_clear(&errors);
	if (ret < 0) {
		control_close(control);
		return EXIT_FAILED;
	}
	log_info("running: %u ports, %u rules; %s/control.sock", engine_config(engine)->port_count,
		 engine_config(engine)->rule_count, engine_config(engine)->run_dir);
	sd_notify(0, "READY=1");

	ret = control_run(control, engine);
	sd_notify(0, "STOPPING=1");
	exit_code = finish(engine, ret);
	control_settle(control);
	engine_free(engine);
	/* Last of all the lock: the devices are free when the next daemon may start. */
	control_close(control);
	return exit_code;
}
