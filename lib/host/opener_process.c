/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/opener.h"
#include "core/pass.h"
#include "host/allowed.h"
#include "host/capabilities.h"
#include "host/opener.h"

#include "core/banned.h"

#define SOCKET 3 /* the first behind the standard ones */
#define BIT(capability) (UINT64_C(1) << (capability))

/* Every system call that it may make once it serves: those of opener_serve, of the socket, of the
 * log, and of the C library's memory. */
static const char *const calls[] = {
	"open",      "openat",        "close",           "fstat",   "newfstatat", "pread64",
	"ftruncate", "fcntl",         "recvfrom",        "sendmsg", "write",      "poll",
	"ppoll",     "clock_gettime", "futex",           "brk",     "munmap",     "mremap",
	"madvise",   "rt_sigreturn",  "restart_syscall", "exit",    "exit_group", "renameat",
	"renameat2", "unlinkat",
};

static int
keep_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int ret = filter ? 0 : -ENOMEM;

	for (size_t i = 0; ret == 0 && i < sizeof(calls) / sizeof(calls[0]); i++) {
		int number = seccomp_syscall_resolve_name(calls[i]);

		if (number >= 0)
			ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	/* Nothing that it maps is run. */
	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				       SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (ret == 0)
		ret = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return ret;
}

static void
answer(uint32_t number, int fd, int error)
{
	struct opener_answer reply = {.number = number, .error = error};

	pass_send(SOCKET, &reply, sizeof(reply), fd);
	if (fd >= 0)
		close(fd);
}

/* Whether a message of so many bytes is a whole question. */
static bool
is_whole(const struct opener_question *question, ssize_t size)
{
	const ssize_t least = offsetof(struct opener_question, path) + 1;

	return size >= least && size <= (ssize_t)sizeof(*question) &&
	       strnlen(question->path, size - least + 1) == (size_t)(size - least);
}

/* Until the daemon has ended. */
static void
serve(void)
{
	static struct opener_question question;
	ssize_t size;

	/* The size is that of the message, also where it is longer. */
	while ((size = recv(SOCKET, &question, sizeof(question), MSG_TRUNC)) != 0) {
		int fd;

		if (size < 0 && errno != EINTR)
			return;
		if (size < 0)
			continue;
		if (!is_whole(&question, size)) {
			log_info("opener: a question of %zd bytes was refused", size);
			answer(0, -1, EINVAL);
			continue;
		}
		fd = opener_serve(question.act, question.path, question.flags);
		answer(question.number, fd, fd < 0 ? errno : 0);
	}
}

/* What signals ask of the daemon is its business: this ends with it. */
static void
ignore_signals(void)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_IGN);
}

/* stderr stays, for the log. The lock of the run-dir and the sockets are the daemon's. */
static int
keep_descriptors(int socket)
{
	int nothing;

	if (socket != SOCKET && dup2(socket, SOCKET) < 0)
		return -errno;
	nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0)
		return -errno;
	return close_range(SOCKET + 1, ~0u, 0) < 0 ? -errno : 0;
}

static int
confine(void)
{
	const struct rlimit none = {0, 0};
	int ret;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0) < 0)
		return -errno;
	/* Root's right to files, as the daemon had it when it opened what its first config
	 * named. */
	ret = capabilities_drop(capabilities_held() &
				(BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH)));
	/* What a sanitizer's runtime does beside is its own affair. */
	return ret == 0 && !ALLOWED_SANITIZED ? keep_calls() : ret;
}

static void
live(int socket, pid_t daemon)
{
	int ret;

	prctl(PR_SET_NAME, "sluiced-opener");
	ignore_signals();
	ret = prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : keep_descriptors(socket);
	/* It may have died before. */
	if (getppid() != daemon)
		return;
	if (ret == 0)
		ret = confine();
	/* The daemon finds that it has ended. */
	if (ret < 0)
		log_fail(ret, "opener: it can't be confined, and ends");
	else
		serve();
}

int
opener_start(void)
{
	pid_t daemon = getpid(), opener;
	int pair[2], ret = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return log_fail(errno, "opener");
	/* The daemon may not wait for it in its sandbox, and has no other. */
	signal(SIGCHLD, SIG_IGN);
	opener = fork();
	if (opener == 0) {
		live(pair[1], daemon);
		_exit(0);
	}
	if (opener < 0)
		ret = log_fail(errno, "opener");
	close(pair[1]);
	if (ret < 0)
		close(pair[0]);
	else
		opener_use(pair[0]);
	return ret;
}
