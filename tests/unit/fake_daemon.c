/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fake_daemon RUN-DIR [PREPARE-MS]: the control room around an engine without packets, for tests of the
 * socket that need neither DPDK nor privileges.
 */
#include <signal.h>
#include <stdio.h>

#include "control/control.h"
#include "core/log.h"
#include "fake_engine.h"

#include "core/banned.h"

static struct control *control;

static void
stop(int number)
{
	(void)number;
	control_stop(control);
}

int
main(int argc, char **argv)
{
	const struct sigaction ending = {.sa_handler = stop};
	struct engine *engine;
	sigset_t hangup, ends;
	int ret;

	if (argc < 2)
		return 2;
	sigemptyset(&hangup);
	sigaddset(&hangup, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &hangup, NULL);
	/* Whoever finds the sockets may end this at once: what would end it waits until it is understood. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	log_open(LOG_LEVEL_INFO);
	if (control_open(argv[1], "/dev/null", NULL, &control) < 0)
		return 1;
	sigaction(SIGTERM, &ending, NULL);
	sigaction(SIGINT, &ending, NULL);
	pthread_sigmask(SIG_UNBLOCK, &ends, NULL);
	engine = fake_engine(FAKE_YAML);
	if (argc > 2)
		engine->prepare_ms = (unsigned)strtoul(argv[2], NULL, 10);
	ret = control_run(control, engine);
	control_settle(control);
	engine_free(engine);
	control_close(control);
	return ret < 0;
}
