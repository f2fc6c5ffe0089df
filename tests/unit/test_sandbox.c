/* SPDX-License-Identifier: BSD-3-Clause */
/* What the sandbox leaves: each case in a process of its own, which enters it as the daemon does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "host/allowed.h"
#include "host/sandbox.h"
#include "sandbox_kit.h"

#include "core/banned.h"

#define NEEDED "version: 1\nports: { a: { vdev: net_null } }\n"

/* Exit code of a child that could not even enter; what is below is an errno, 0 for what was allowed. */
#define NOT_ENTERED 200

static struct config *
config_in_directory(const char *text)
{
	struct error_list errors;
	struct config *config = NULL;

	error_list_init(&errors, NULL);
	config_parse(text, strlen(text), directory, &config, &errors);
	error_list_clear(&errors);
	if (config && asprintf(&config->file, "%s/sluice.yaml", directory) < 0)
		config->file = NULL;
	return config;
}

/* How the child ended that entered the sandbox and tried: -SIGNAL, or what try returned. */
static int
outcome(const char *text, int (*try)(void))
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		struct config *config = config_in_directory(text);

		log_set_level(LOG_LEVEL_ERROR);
		if (!config || sandbox_enter(config, NULL, 0) < 0 || sandbox_seal(config) < 0)
			_exit(NOT_ENTERED);
		_exit(try());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#define OF_SANITIZERS 1

/* Everything that is refused, and beside it what goes on working. */
static const struct trial {
	const char *what;
	int (*try)(void);
	int outcome; /* an errno, 0 for success, or -SIGNAL */
	int except;  /* OF_SANITIZERS: not with them, whose runtime needs it */
} trials[] = {
	{"another's secrets", try_shadow, EACCES, 0},
	{"the same in a new thread", try_in_thread, EACCES, 0},
	{"homes", try_home, EACCES, 0},
	{"the config", try_own_config, 0, 0},
	{"the config, for writing", try_write_config, EACCES, 0},
	{"a new file beside the config", try_make_file, EACCES, 0},
	{"its own memory as a file", try_write_proc, EACCES, 0},
	{"a program", try_exec, -SIGSYS, 0},
	{"a process", try_fork, EPERM, OF_SANITIZERS},
	{"tracing", try_ptrace, -SIGSYS, OF_SANITIZERS},
	{"a file system", try_mount, -SIGSYS, 0},
	{"a program in the kernel", try_bpf, -SIGSYS, 0},
	{"a module", try_module, -SIGSYS, 0},
	{"another user", try_setuid, -SIGSYS, 0},
	{"TCP", try_tcp, EPERM, 0},
	{"raw packets past DPDK", try_packet, EPERM, 0},
	{"another family", try_vsock, EPERM, 0},
	{"a local socket", try_unix, 0, 0},
	{"io_uring, without replays", try_uring, EPERM, 0},
	{"a signal to another process", try_kill, EPERM, 0},
	{"memory to write and run", try_write_and_run, EPERM, 0},
	{"memory to write, then run", try_write_then_run, 0, 0},
	{"core dumps", try_core, EPERM, 0},
	{"new privileges", try_privileges, EPERM, 0},
	{"capabilities", try_capabilities, EPERM, 0},
};

static void
test_trials(void **state)
{
	unsigned bad = 0;

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		int got;

		if (ALLOWED_SANITIZED && (trials[i].except & OF_SANITIZERS))
			continue;
		got = outcome(NEEDED, trials[i].try);
		if (got != trials[i].outcome) {
			print_error("%s: expected %d, got %d\n", trials[i].what, trials[i].outcome,
				    got);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* The same calls where the config asks for what needs them, or for no sandbox: the refusals above are its own. */
static void
test_what_a_config_needs(void **state)
{
	static const char replays[] = NEEDED "replays: { r: { file: in.pcap, to: a } }\n";
	static const char written[] = "version: 1\nports: { a: { pcap: { out: out.pcap } } }\n";
	static const char off[] = NEEDED "sandbox: off\n";
	static const char cores[] = NEEDED "sandbox: { core-dumps: true }\n";

	assert_int_not_equal(outcome(replays, try_uring), EPERM);
	assert_int_equal(outcome(written, try_capture), 0);
	assert_int_equal(outcome(NEEDED, try_capture), EACCES);
	assert_int_equal(outcome(off, try_home), result(open("/root", O_RDONLY | O_DIRECTORY)));
	assert_int_equal(outcome(off, try_fork), 0);
	assert_int_equal(outcome(off, try_tcp), 0);
	assert_int_equal(outcome(cores, try_shadow), EACCES);
	assert_int_equal(outcome(cores, try_core), 0);
}

static pthread_barrier_t barrier;

static void *
wait_and_look(void *argument)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	*(int *)argument = try_capabilities() == EPERM && try_tcp() == EPERM;
	return NULL;
}

/* Threads that were there before are sealed too: DPDK's are. */
static int
older_thread(void)
{
	struct config *config = config_in_directory(NEEDED);
	pthread_t thread;
	int sealed = 0;

	log_set_level(LOG_LEVEL_ERROR);
	pthread_barrier_init(&barrier, NULL, 2);
	if (!config || sandbox_enter(config, NULL, 0) < 0 ||
	    pthread_create(&thread, NULL, wait_and_look, &sealed) != 0)
		return NOT_ENTERED;
	pthread_barrier_wait(&barrier);
	if (sandbox_seal(config) < 0)
		return NOT_ENTERED;
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	return sealed ? 0 : 1;
}

static void
test_older_threads(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(older_thread());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Each entry has its reason, and no call is both allowed and forbidden for one config. */
static void
test_tables(void **state)
{
	for (const struct allowed_path *path = allowed_paths; path->path; path++)
		assert_true(path->why && *path->why && path->path[0] == '/' && path->access);
	for (const struct allowed_call *call = allowed_calls; call->name; call++) {
		assert_true(call->why && *call->why);
		for (const struct forbidden_call *bad = forbidden_calls; bad->name; bad++) {
			if (strcmp(bad->name, call->name) == 0)
				assert_true(call->needed && (call->needed & ~bad->unless) == 0);
		}
	}
	for (const struct forbidden_call *bad = forbidden_calls; bad->name; bad++)
		assert_true(bad->why && *bad->why);
}

static int
make_directory(void **state)
{
	int config, capture;

	if (!mkdtemp(directory))
		return -1;
	config = open(below("sluice.yaml"), O_WRONLY | O_CREAT, 0600);
	capture = open(below("out.pcap"), O_WRONLY | O_CREAT, 0600);
	close(config);
	close(capture);
	return config < 0 || capture < 0 ? -1 : 0;
}

static int
remove_directory(void **state)
{
	unlink(below("sluice.yaml"));
	unlink(below("out.pcap"));
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trials),
		cmocka_unit_test(test_what_a_config_needs),
		cmocka_unit_test(test_older_threads),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
