/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program in the sandbox may try. Each returns an errno, or 0 when it was allowed; a forbidden system call does
 * not return.
 */
#ifndef TESTS_SANDBOX_KIT_H
#define TESTS_SANDBOX_KIT_H

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/capabilities.h"

/* Where the config lies. */
static char directory[] = "/tmp/sluice-sandbox-XXXXXX";

static inline int
result(long ret)
{
	return ret < 0 ? errno : 0;
}

static inline const char *
below(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static inline int
try_shadow(void)
{
	return result(open("/etc/shadow", O_RDONLY));
}

static inline int
try_home(void)
{
	return result(open("/root", O_RDONLY | O_DIRECTORY));
}

static inline int
try_own_config(void)
{
	return result(open(below("sluice.yaml"), O_RDONLY));
}

static inline int
try_write_config(void)
{
	return result(open(below("sluice.yaml"), O_WRONLY));
}

static inline int
try_make_file(void)
{
	return result(open(below("new"), O_WRONLY | O_CREAT, 0600));
}

static inline int
try_write_proc(void)
{
	return result(open("/proc/self/mem", O_RDWR));
}

static inline int
try_capture(void)
{
	return result(open(below("out.pcap"), O_WRONLY | O_TRUNC));
}

static inline int
try_exec(void)
{
	return result(execl("/bin/true", "true", (char *)NULL));
}

static inline int
try_fork(void)
{
	return result(fork());
}

static inline int
try_ptrace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static inline int
try_mount(void)
{
	return result(syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL));
}

static inline int
try_bpf(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

static inline int
try_module(void)
{
	return result(syscall(SYS_init_module, NULL, 0, ""));
}

static inline int
try_setuid(void)
{
	return result(syscall(SYS_setuid, 0));
}

static inline int
try_tcp(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static inline int
try_packet(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static inline int
try_vsock(void)
{
	return result(socket(AF_VSOCK, SOCK_STREAM, 0));
}

static inline int
try_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static inline int
try_uring(void)
{
	char parameters[128] = {0};

	return result(syscall(SYS_io_uring_setup, 4, parameters));
}

static inline int
try_kill(void)
{
	return result(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static inline int
map_with(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? errno
		       : 0;
}

static inline int
try_write_and_run(void)
{
	return map_with(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static inline int
try_write_then_run(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? errno : result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static inline void *
return_errno(void *argument)
{
	return (void *)(intptr_t)try_shadow();
}

static inline int
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

static inline int
try_core(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_CORE, &limit);
	return limit.rlim_cur == 0 && limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0 ? EPERM
											 : 0;
}

static inline int
try_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0;
}

/* A memory limit that can't be raised leaves root CAP_IPC_LOCK, and nothing else. */
static inline int
try_capabilities(void)
{
	return capabilities_held() & ~(UINT64_C(1) << CAP_IPC_LOCK) ? 0 : EPERM;
}

#endif
