/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/file.h"
#include "capture/names.h"
#include "core/log.h"
#include "host/allowed.h"

#include "core/banned.h"

/* Directories, even where one file is meant: a file that is replaced by another of its name, as
 * editors and `mv` do, is another file to the kernel. */
#define BESIDE_SOCKET \
	(ALLOWED_READ | ALLOWED_WRITE | ALLOWED_DEVICE | ALLOWED_MAKE | ALLOWED_REMOVE)

static int
allow(const struct landlock *landlock, const char *path, unsigned access)
{
	int ret = landlock_allow(landlock, path, access);

	/* A pipe, as behind /dev/stdout, has no rules: whoever has it open has it. */
	if (ret == 0 || ret == -ENOENT || ret == -ENOTDIR || ret == -EBADFD)
		return 0;
	/* What can't even be looked at can't be opened later either: whoever needs it will say
	 * so. */
	if (ret == -EACCES) {
		log_debug("sandbox: %s: not in reach", path);
		return 0;
	}
	return log_fail(ret, "sandbox: a rule for %s", path);
}

static int
allow_directory_of(const struct landlock *landlock, const char *file, unsigned access)
{
	const char *slash = strrchr(file, '/');
	char *directory;
	int ret;

	if (!slash)
		return allow(landlock, ".", access);
	directory = slash == file ? strdup("/") : strndup(file, slash - file);
	if (!directory)
		return log_fail(ENOMEM, "sandbox");
	ret = allow(landlock, directory, access);
	free(directory);
	return ret;
}

/* The file where it really lies too: a link in the directory may lead out of it. */
static int
allow_beside(const struct landlock *landlock, const char *file)
{
	char *real = realpath(file, NULL);
	int ret = allow_directory_of(landlock, file, ALLOWED_READ);

	if (ret == 0 && real)
		ret = allow_directory_of(landlock, real, ALLOWED_READ);
	free(real);
	return ret;
}

static int
allow_written(const struct landlock *landlock, const char *file)
{
	/* Only to make it: a FIFO that is opened and closed is at its end for whoever reads it. */
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd >= 0)
		close(fd);
	return allow(landlock, file, ALLOWED_READ | ALLOWED_WRITE);
}

/* Of a word of a virtual device, "KEY=/some/path": a socket or file there, which may have to be
 * made; a directory; or a device of the kernel. */
static int
allow_word(const struct landlock *landlock, const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			return allow(landlock, path, BESIDE_SOCKET);
		if (S_ISCHR(status.st_mode))
			return allow(landlock, path, ALLOWED_READ | ALLOWED_WRITE | ALLOWED_DEVICE);
	}
	return allow_directory_of(landlock, path, BESIDE_SOCKET);
}

/* Keys of DPDK's drivers whose values are paths even without a slash in them. */
static bool
names_file(const char *device, const char *word)
{
	static const char *const keys[] = {"rx_pcap=", "tx_pcap=", "socket=", "path=", "xdp_prog="};

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strncmp(word, keys[i], strlen(keys[i])) == 0)
			return true;
	}
	/* Elsewhere this is an interface. */
	return strncmp(device, "eth_vhost", strlen("eth_vhost")) == 0 &&
	       strncmp(word, "iface=", strlen("iface=")) == 0;
}

static int
allow_vdev(const struct landlock *landlock, const char *device)
{
	char *words = strdup(device), *rest = words, *word;
	bool socket = false, abstract = true;
	int ret = 0;

	if (!words)
		return log_fail(ENOMEM, "sandbox");
	while (ret == 0 && (word = strsep(&rest, ","))) {
		char *value = strchr(word, '=');

		socket |= strncmp(word, "socket=", strlen("socket=")) == 0;
		abstract &= strcmp(word, "socket-abstract=no") != 0;
		if (value && value[1] && (strchr(value, '/') || names_file(device, word)))
			ret = allow_word(landlock, value + 1);
	}
	free(words);
	/* net_memif's own choice where it is given none. */
	if (ret == 0 && strncmp(device, "net_memif", strlen("net_memif")) == 0 && !socket &&
	    !abstract)
		ret = allow_word(landlock, "/run/memif.sock");
	return ret;
}

/* Where the files really lie that a directory or a glob stands for now: links in it may lead out of
 * it. What can't be found is told of by whoever opens it. */
static int
allow_found(const struct landlock *landlock, const struct config_captures *captures)
{
	char reason[CAPTURE_REASON_MAX], *before = NULL;
	struct capture_names names;
	int ret = capture_names_find(&names, captures, reason, sizeof(reason)) < 0 ? -ENOENT : 0;

	if (ret < 0)
		return 0;
	for (unsigned i = 0; ret == 0 && i < names.count; i++) {
		char *real = realpath(names.items[i], NULL);
		char *slash = real ? strrchr(real, '/') : NULL;

		if (slash)
			slash[slash == real] = '\0';
		/* Most of them lie beside each other. */
		if (real && (!before || strcmp(before, real) != 0))
			ret = allow(landlock, real, ALLOWED_READ);
		free(before);
		before = real;
	}
	free(before);
	capture_names_free(&names);
	return ret;
}

static int
allow_captures(const struct landlock *landlock, const struct config_captures *captures)
{
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < captures->file_count; i++) {
		const char *file = captures->files[i];
		struct stat status;
		bool directory = stat(file, &status) == 0 && S_ISDIR(status.st_mode);

		if (directory)
			ret = allow(landlock, file, ALLOWED_READ);
		else if (strcmp(file, "-") != 0)
			ret = allow_beside(landlock, file);
	}
	return ret < 0 ? ret : allow_found(landlock, captures);
}

static int
allow_port(const struct landlock *landlock, const struct config_port *port)
{
	int ret = 0;

	if (port->kind == CONFIG_PORT_VDEV)
		return allow_vdev(landlock, port->device);
	ret = allow_captures(landlock, &port->in);
	if (ret == 0 && port->pcap_out)
		ret = allow_written(landlock, port->pcap_out);
	return ret;
}

static int
allow_replay(const struct landlock *landlock, const struct config_replay *replay)
{
	return allow_captures(landlock, &replay->in);
}

static int
allow_config(const struct landlock *landlock, const struct config *config)
{
	int ret = config->file ? allow_beside(landlock, config->file) : 0;

	if (ret == 0 && config->run_dir)
		ret = allow(landlock, config->run_dir,
			    ALLOWED_READ | ALLOWED_MAKE | ALLOWED_REMOVE);
	for (unsigned i = 0; ret == 0 && i < config->port_count; i++)
		ret = allow_port(landlock, &config->ports[i]);
	for (unsigned i = 0; ret == 0 && i < config->capture_count; i++)
		ret = allow(landlock, config->captures[i].directory,
			    ALLOWED_READ | ALLOWED_WRITE | ALLOWED_MAKE | ALLOWED_REMOVE);
	for (unsigned i = 0; ret == 0 && i < config->replay_count; i++)
		ret = allow_replay(landlock, &config->replays[i]);
	for (unsigned i = 0; ret == 0 && i < config->list_count; i++)
		ret = allow_beside(landlock, config->lists[i].file);
	for (unsigned i = 0; ret == 0 && i < config->allow.count; i++)
		ret = allow(landlock, config->allow.directories[i],
			    ALLOWED_READ | ALLOWED_WRITE | ALLOWED_MAKE | ALLOWED_REMOVE);
	return ret;
}

/* Where libraries are looked for before the system's own, in a build that is not installed for
 * example. */
static int
allow_libraries(const struct landlock *landlock)
{
	const char *variable = getenv("LD_LIBRARY_PATH");
	char *words = variable ? strdup(variable) : NULL, *rest = words, *word;
	int ret = allow_beside(landlock, "/proc/self/exe");

	while (ret == 0 && rest && (word = strsep(&rest, ":;"))) {
		if (*word)
			ret = allow(landlock, word, ALLOWED_READ);
	}
	free(words);
	return ret;
}

/* LeakSanitizer reads what it is not to tell of only when it has found something. */
static int
allow_suppressions(const struct landlock *landlock)
{
	static const char key[] = "suppressions=";
	const char *options = getenv("LSAN_OPTIONS");
	const char *found = options ? strstr(options, key) : NULL;
	char *path;
	int ret;

	if (!found)
		return 0;
	found += strlen(key);
	path = strndup(found, strcspn(found, ": "));
	ret = path ? allow(landlock, path, ALLOWED_READ) : log_fail(ENOMEM, "sandbox");
	free(path);
	return ret;
}

int
paths_allow(const struct landlock *landlock, const struct config *config,
	    const char *const *plugins, unsigned plugin_count, unsigned needs)
{
	int ret = 0;

	/* libxdp makes it on first use, which may be too late. */
	if (needs & ALLOWED_FOR_AF_XDP)
		mkdir("/run/xdp", 0700);
	for (const struct allowed_path *path = allowed_paths; ret == 0 && path->path; path++) {
		if (allowed_applies(path->needed, needs))
			ret = allow(landlock, path->path, path->access);
	}
	if (ret == 0)
		ret = allow_libraries(landlock);
	if (ret == 0 && (needs & ALLOWED_FOR_SANITIZERS))
		ret = allow_suppressions(landlock);
	for (unsigned i = 0; ret == 0 && i < plugin_count; i++)
		ret = allow_beside(landlock, plugins[i]);
	if (ret == 0)
		ret = allow_config(landlock, config);
	return ret;
}
