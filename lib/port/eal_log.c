/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/eal_log.h"

#include <dlfcn.h>
#include <errno.h>
#include <rte_log.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "core/log.h"

#include "core/banned.h"

#define LINE_MAX_LENGTH 512

static struct {
	FILE *stream;
	char line[LINE_MAX_LENGTH]; /* guarded by the stream's own lock */
	size_t length;
	char reason[LINE_MAX_LENGTH];
	atomic_bool held;
} eal_log;

static void
line_ended(void)
{
	uint32_t level = rte_log_cur_msg_loglevel();

	eal_log.line[eal_log.length] = '\0';
	while (eal_log.length > 0 && eal_log.line[eal_log.length - 1] == ' ')
		eal_log.line[--eal_log.length] = '\0';
	if (eal_log.length == 0)
		return;
	eal_log.length = 0;
	if (level > RTE_LOG_ERR) {
		log_debug("dpdk: %s", eal_log.line);
	} else if (atomic_load(&eal_log.held)) {
		memcpy(eal_log.reason, eal_log.line, sizeof(eal_log.reason));
		log_debug("dpdk: error: %s", eal_log.line);
	} else {
		log_warning("dpdk: %s", eal_log.line);
	}
}

static ssize_t
take_text(void *cookie, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			line_ended();
		else if (eal_log.length < LINE_MAX_LENGTH - 1)
			eal_log.line[eal_log.length++] = text[i] == '\t' ? ' ' : text[i];
	}
	return size;
}

int
eal_log_open(void)
{
	eal_log.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = take_text});
	if (!eal_log.stream)
		return log_fail(errno, "stream for DPDK's log");
	/* rte_vlog flushes after each message, so a buffer keeps a line whole and its level
	 * right. */
	setvbuf(eal_log.stream, NULL, _IOFBF, BUFSIZ);
	rte_openlog_stream(eal_log.stream);
	return 0;
}

void
eal_log_close(void)
{
	if (!eal_log.stream)
		return;
	rte_openlog_stream(NULL);
	fclose(eal_log.stream);
	eal_log.stream = NULL;
}

void
eal_log_hold(bool held)
{
	if (held)
		eal_log_forget();
	atomic_store(&eal_log.held, held);
}

void
eal_log_forget(void)
{
	eal_log.reason[0] = '\0';
}

const char *
eal_log_reason(void)
{
	return eal_log.reason;
}

const char *
eal_log_error(int err)
{
	if (eal_log.reason[0])
		return eal_log.reason;
	/* Many drivers return -1 for everything, which would read as a lack of permission. */
	return err == -1 ? "the driver gives no reason" : strerror(-err);
}

__attribute__((format(printf, 2, 0))) static int
take_bpf(int level, const char *format, va_list args)
{
	char line[LINE_MAX_LENGTH];

	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug("%s", line);
	return 0;
}

static void
take_library(const char *library, const char *setter)
{
	int (*(*set_print)(int (*)(int, const char *, va_list)))(int, const char *, va_list);
	void *handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD);

	if (!handle)
		return;
	*(void **)&set_print = dlsym(handle, setter);
	if (set_print)
		set_print(take_bpf);
	dlclose(handle);
}

void
eal_log_take_bpf(void)
{
	take_library("libbpf.so.1", "libbpf_set_print");
	take_library("libxdp.so.1", "libxdp_set_print");
}
