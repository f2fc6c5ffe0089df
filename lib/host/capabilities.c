/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/capabilities.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "host/allowed.h"

#include "core/banned.h"

#define BIT(capability) (UINT64_C(1) << (capability))
/* A thread that runs takes a signal at once; one that waits for I/O, when the kernel lets it. */
#define ANSWER_TIMEOUT_MS 2000

/* One request to all threads, answered from a signal handler, where nothing may be locked or
 * allocated. */
static struct {
	struct __user_cap_data_struct wanted[_LINUX_CAPABILITY_U32S_3];
	_Atomic unsigned answered;
	_Atomic int failed;
} request;

static int
set(const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int
get(struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	memset(data, 0, _LINUX_CAPABILITY_U32S_3 * sizeof(data[0]));
	return syscall(SYS_capget, &header, data) < 0 ? -errno : 0;
}

uint64_t
capabilities_held(void)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return get(data) < 0 ? 0 : (uint64_t)data[1].effective << 32 | data[0].effective;
}

static void
answer(int number)
{
	int saved = errno;

	if (set(request.wanted) < 0)
		request.failed = errno ? errno : EPERM;
	request.answered++;
	errno = saved;
}

/* Sends the request to every other thread; returns how many those are. There are none of io_uring
 * yet, which would not answer. */
static int
ask_threads(int number)
{
	DIR *threads = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0;

	if (!threads)
		return -errno;
	while ((entry = readdir(threads))) {
		pid_t thread = isdigit((unsigned char)entry->d_name[0])
				       ? (pid_t)strtol(entry->d_name, NULL, 10)
				       : 0;

		if (thread == 0 || thread == gettid())
			continue;
		if (syscall(SYS_tgkill, getpid(), thread, number) == 0)
			count++;
	}
	closedir(threads);
	return count;
}

static int
await_threads(unsigned count)
{
	for (unsigned i = 0; request.answered < count; i++) {
		if (i == ANSWER_TIMEOUT_MS)
			return -ETIMEDOUT;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return request.failed ? -request.failed : 0;
}

static int
drop_everywhere(void)
{
	/* glibc keeps the first two real-time signals for itself, and DPDK uses none. */
	int number = SIGRTMIN + 5, count, ret;
	struct sigaction action = {.sa_handler = answer, .sa_flags = SA_RESTART}, before;

	request.answered = 0;
	request.failed = 0;
	if (sigaction(number, &action, &before) < 0)
		return -errno;
	count = ask_threads(number);
	ret = count < 0 ? count : await_threads(count);
	/* A late answer must find its handler: the old one comes back only when all have
	 * answered. */
	if (ret != -ETIMEDOUT)
		sigaction(number, &before, NULL);
	if (ret == 0)
		ret = set(request.wanted);
	return ret;
}

int
capabilities_drop(uint64_t keep)
{
	int ret = get(request.wanted);
	uint64_t lost = 0;

	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		uint32_t part = keep >> (32 * i);

		lost |= (request.wanted[i].permitted & ~part) | request.wanted[i].inheritable;
		request.wanted[i].permitted &= part;
		request.wanted[i].effective &= part;
		request.wanted[i].inheritable = 0;
	}
	/* An ordinary user has nothing to lose, and may have been forbidden to try. */
	if (ret < 0 || !lost)
		return ret;
	return drop_everywhere();
}

/* Whether a path that is there can be had in this way without the capabilities that overrule its
 * mode. */
static bool
within_reach(const char *path, int mode)
{
	return !path || faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 || errno != EACCES;
}

static bool
can_read_again(const struct config *config)
{
	bool can = within_reach(config->file, R_OK);

	for (unsigned i = 0; i < config->replay_count; i++) {
		for (unsigned f = 0; f < config->replays[i].in.file_count; f++)
			can &= within_reach(config->replays[i].in.files[f], R_OK);
	}
	return can;
}

static uint64_t
wanted_for_files(const struct config *config)
{
	struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3], without;
	uint64_t wanted = 0;

	if (get(held) < 0)
		return 0;
	without = held[0];
	held[0].effective &= ~(uint32_t)(BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH));
	if (set(held) < 0)
		return 0;
	if (!can_read_again(config)) {
		log_info("sandbox: CAP_DAC_READ_SEARCH is kept: the config or a capture is not "
			 "this user's to read");
		wanted |= BIT(CAP_DAC_READ_SEARCH);
	}
	if (!within_reach(config->run_dir, W_OK | X_OK)) {
		log_info("sandbox: CAP_DAC_OVERRIDE is kept: %s is not this user's to write to",
			 config->run_dir);
		wanted |= BIT(CAP_DAC_OVERRIDE);
	}
	held[0] = without;
	set(held);
	return wanted;
}

uint64_t
capabilities_wanted(const struct config *config, unsigned needs)
{
	uint64_t held = capabilities_held(), wanted = 0;

	for (const struct allowed_capability *entry = allowed_capabilities; entry->capability >= 0;
	     entry++) {
		if (allowed_applies(entry->needed, needs))
			wanted |= BIT(entry->capability);
	}
	if (held & (BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH)))
		wanted |= wanted_for_files(config);
	return wanted & held;
}
