/* SPDX-License-Identifier: BSD-3-Clause */
/* What the sandbox leaves: each case in a process of its own, which enters it as the daemon does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config_kit.h"
#include "core/log.h"
#include "host/allowed.h"
#include "host/capabilities.h"
#include "host/sandbox.h"

#include "core/banned.h"

#define NEEDED "version: 1\nports: { a: { vdev: net_null } }\n"

static char directory[] = "/tmp/sluice-sandbox-XXXXXX";

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

static int
result(long ret)
{
	return ret < 0 ? errno : 0;
}

static const char *
below(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static int
try_shadow(void)
{
	return result(open("/etc/shadow", O_RDONLY));
}

static int
try_home(void)
{
	return result(open("/root", O_RDONLY | O_DIRECTORY));
}

static int
try_own_config(void)
{
	return result(open(below("sluice.yaml"), O_RDONLY));
}

static int
try_write_config(void)
{
	return result(open(below("sluice.yaml"), O_WRONLY));
}

static int
try_make_file(void)
{
	return result(open(below("new"), O_WRONLY | O_CREAT, 0600));
}

static int
try_write_proc(void)
{
	return result(open("/proc/self/mem", O_RDWR));
}

static int
try_capture(void)
{
	return result(open(below("out.pcap"), O_WRONLY | O_TRUNC));
}

static int
try_exec(void)
{
	return result(execl("/bin/true", "true", (char *)NULL));
}

static int
try_fork(void)
{
	return result(fork());
}

static int
try_ptrace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
try_mount(void)
{
	return result(syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL));
}

static int
try_bpf(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

static int
try_module(void)
{
	return result(syscall(SYS_init_module, NULL, 0, ""));
}

static int
try_setuid(void)
{
	return result(syscall(SYS_setuid, 0));
}

static int
try_tcp(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int
try_packet(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int
try_vsock(void)
{
	return result(socket(AF_VSOCK, SOCK_STREAM, 0));
}

static int
try_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
try_uring(void)
{
	char parameters[128] = {0};

	return result(syscall(SYS_io_uring_setup, 4, parameters));
}

static int
try_kill(void)
{
	return result(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int
map_with(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? errno
		       : 0;
}

static int
try_write_and_run(void)
{
	return map_with(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int
try_write_then_run(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? errno : result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static void *
return_errno(void *argument)
{
	return (void *)(intptr_t)try_shadow();
}

static int
try_in_thread(void)
{
	pthread_t thread;
	void *returned;
	int ret = pthread_create(&thread, NULL, return_errno, NULL);

	if (ret != 0)
		return ret;
	pthread_join(thread, &returned);
	return (int)(intptr_t)returned;
}

static int
try_core(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_CORE, &limit);
	return limit.rlim_cur == 0 && limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0 ? EPERM
											 : 0;
}

static int
try_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0;
}

/* A memory limit that can't be raised leaves root CAP_IPC_LOCK, and nothing else. */
static int
try_capabilities(void)
{
	return capabilities_held() & ~(UINT64_C(1) << CAP_IPC_LOCK) ? 0 : EPERM;
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
