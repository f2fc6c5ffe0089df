/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluiced.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "control/control.h"
#include "control/print.h"
#include "core/log.h"
#include "core/notify.h"
#include "core/spool.h"
#include "core/units.h"
#include "ending.h"
#include "engine/engine.h"
#include "host/preflight.h"
#include "host/sandbox.h"

#include "core/banned.h"

/* What the log may take to be written before the process ends. */
#define LAST_WORDS_NS UINT64_C(200000000)
/* What the service manager may take to hear that the daemon is ready, or ends. */
#define READY_NS UINT64_C(1000000000)
#define STOPPING_NS UINT64_C(50000000)

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

/* Ports are up, and this thread stays off the workers' cores since. */
static int
get_ready(const struct config *config)
{
	spool_follow();
	return sandbox_seal(config);
}

/* Drains and reports; the exit code of the whole run. */
static int
finish(struct engine *engine, const struct session *session, int ret)
{
	struct snapshot *last;
	int drained = engine_drain(engine), exit_code;

	last = engine_snapshot(engine);
	if (!last || last->leaked || !last->ledger.balanced || drained < 0)
		ret = -EIO;
	exit_code = session->judge(session->context, last, ret < 0 ? EXIT_FAILED : EXIT_DONE);
	ending_clean(exit_code);
	session->report(session->context, last);
	fflush(stdout);
	snapshot_free(last);
	return exit_code;
}

static int
judge(void *context, const struct snapshot *last, int exit_code)
{
	return exit_code;
}

static void
report(void *context, const struct snapshot *last)
{
	if (last)
		report_print(last, stdout);
}

static int
serve(struct control *control, struct engine *engine, const struct session *session)
{
	const struct config *config = engine_config(engine);
	int exit_code, ret;

	ending_serve();
	if (config->run_dir)
		log_info("running: %u port%s, %u rule%s; %s/control.sock", config->port_count,
			 units_plural(config->port_count), config->rule_count,
			 units_plural(config->rule_count), config->run_dir);
	if (session->tick)
		control_on_tick(control, session->tick, session->context);
	if (notify("READY=1", READY_NS) < 0)
		log_warning("the service manager could not be told that the daemon is ready");
	ret = control_run(control, engine);
	ending_drain();
	notify("STOPPING=1", STOPPING_NS);
	exit_code = finish(engine, session, ret);
	control_settle(control);
	engine_free(engine);
	return exit_code;
}

/* Takes the config over. */
static int
start(struct config *config, const struct options *options, struct engine **engine)
{
	struct engine_options engine_options = {
		.ready = get_ready,
		.eal = {.plugins = options->plugins,
			.plugin_count = options->plugin_count,
			.unsafe_no_iommu = options->unsafe_no_iommu},
	};
	struct error_list errors;
	int ret;

	error_list_init(&errors, options->config);
	ret = engine_start(config, &engine_options, &errors, engine);
	error_list_print(&errors, stderr);
	error_list_clear(&errors);
	return ret;
}

static int
open_and_serve(struct config *config, const struct options *options, const struct session *session,
	       struct control *control)
{
	struct engine *engine;
	int ret = -EPERM;

	keep_private();
	if (may_start(config, options)) {
		host_raise_memlock();
		ret = sandbox_enter(config, options->plugins, options->plugin_count);
	}
	if (ret < 0) {
		config_free(config);
		return EXIT_FAILED;
	}
	/* Not sooner: what holds a thread is what held its maker. */
	ending_begin(control);
	if (spool_begin() < 0)
		log_warning("no thread for the log: what stderr does not take is lost");
	ret = start(config, options, &engine);
	return ret < 0 ? EXIT_FAILED : serve(control, engine, session);
}

/* Until the thread of ending.h has them SIGTERM and SIGINT end the process by themselves; SIGHUP
 * waits for the control thread. */
void
session_begin(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	log_unblock();
}

int
session_run(struct config *config, struct config_text *text, const struct options *options,
	    const struct session *session)
{
	struct control *control;
	int exit_code, ret;

	/* First the lock of the run-dir: a second daemon must not touch the first one's devices. */
	ret = control_open(config->run_dir, config->file, text, &control);
	if (text)
		free(text->bytes);
	if (ret < 0) {
		config_free(config);
		return EXIT_FAILED;
	}
	exit_code = open_and_serve(config, options, session, control);
	ending_forget_control();
	/* Last of all the lock: the devices are free when the next daemon may start. */
	control_close(control);
	return exit_code;
}

int
command_run(const struct options *options)
{
	static const struct session plain = {.judge = judge, .report = report};
	struct config_text text = {0};
	struct config *config;
	int exit_code;

	session_begin();
	exit_code = load_config(options->config, &config, &text);
	if (exit_code == EXIT_DONE)
		exit_code = session_run(config, &text, options, &plain);
	spool_flush(LAST_WORDS_NS);
	return exit_code;
}
