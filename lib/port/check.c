/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/reel.h"
#include "port/memory.h"
#include "port/ports.h"

#include "core/banned.h"

#define REASON_MAX 512

struct check {
	const struct config *config;
	const struct config_port *port;
	struct error_list *errors;
};

/* The path as the config most likely has it: relative to the config's directory. */
static const char *
shown(const struct config *config, const char *path)
{
	size_t length = config->directory ? strlen(config->directory) : 0;

	if (length > 1 && strncmp(path, config->directory, length) == 0 && path[length] == '/')
		return path + length + 1;
	return path;
}

/* text is what is wrong with the file that is to be written. */
static void
found(const struct check *check, const char *path, const char *text)
{
	const struct config_port *port = check->port;
	char field[CONFIG_NAME_MAX + sizeof("ports..pcap.out")];

	snprintf(field, sizeof(field), "ports.%s.pcap.out", port->name);
	error_add(check->errors, port->place.line, port->place.column, field, "%s: %s %s",
		  port->name, shown(check->config, path), text);
}

/* What is refused before anything starts; what is damaged or cut shows when it is read. */
static void
check_input(const struct check *check)
{
	const struct config_port *port = check->port;
	const struct capture_options options = {.other_links = port->in.other_links, .check = true};
	char field[CONFIG_NAME_MAX + sizeof("ports..pcap.in")];
	char reason[CAPTURE_REASON_MAX];
	struct reel *reel = NULL;

	if (reel_open(&port->in, port->gap_ns, &options, &reel, reason, sizeof(reason)) < 0) {
		snprintf(field, sizeof(field), "ports.%s.pcap.in", port->name);
		error_add(check->errors, port->place.line, port->place.column, field, "%s: %s",
			  port->name, reason);
	}
	reel_close(reel);
}

static bool
same_file(const char *one, const char *other)
{
	struct stat a, b;

	if (strcmp(one, other) == 0)
		return true;
	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static bool
is_device(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISCHR(status.st_mode);
}

static bool
reads(const struct config_port *port, const char *path)
{
	char reason[CAPTURE_REASON_MAX];
	struct capture_names names;
	bool found = false;

	if (capture_names_find(&names, &port->in, reason, sizeof(reason)) < 0)
		return false;
	for (unsigned i = 0; i < names.count && !found; i++)
		found = same_file(path, names.items[i]);
	capture_names_free(&names);
	return found;
}

/* An output would truncate what another port reads, or mix with what it writes. */
static void
check_shared(const struct check *check)
{
	const char *path = check->port->pcap_out;
	char text[REASON_MAX];

	for (unsigned i = 0; i < check->config->port_count && !is_device(path); i++) {
		const struct config_port *other = &check->config->ports[i];

		if (reads(other, path))
			snprintf(text, sizeof(text), "is what port %s reads; write to another file",
				 other->name);
		else if (other < check->port && other->pcap_out && same_file(path, other->pcap_out))
			snprintf(text, sizeof(text),
				 "is what port %s writes; write to another file", other->name);
		else
			continue;
		found(check, path, text);
	}
}

static void
check_output(const struct check *check)
{
	const char *path = check->port->pcap_out;
	char directory[PATH_MAX], text[PATH_MAX + REASON_MAX];
	struct stat status;

	check_shared(check);
	if (stat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			found(check, path, "is a directory; name a file");
		else if (access(path, W_OK) < 0)
			found(check, path, "may not be written by this user");
		return;
	}
	snprintf(directory, sizeof(directory), "%s", path);
	dirname(directory);
	if (stat(directory, &status) < 0 || !S_ISDIR(status.st_mode)) {
		snprintf(text, sizeof(text), "can't be written: there is no directory %s",
			 directory);
		found(check, path, text);
	} else if (access(directory, W_OK | X_OK) < 0) {
		snprintf(text, sizeof(text),
			 "can't be written: this user may not create files in %s", directory);
		found(check, path, text);
	}
}

static void
check_memory(const struct config *config, struct error_list *errors)
{
	unsigned workers = config->worker_count ? config->worker_count : 1;
	uint32_t needed = memory_packets_needed(config, workers);

	if (config->packets < needed)
		error_add(errors, 0, 0, "memory.packets",
			  "memory.packets: %u are too few for the rings of the ports, the "
			  "queues of captures and the workers' caches; %u would do",
			  config->packets, needed);
}

int
ports_check(const struct config *config, struct error_list *errors)
{
	unsigned before = errors->count;

	for (unsigned i = 0; i < config->port_count; i++) {
		struct check check = {config, &config->ports[i], errors};

		if (check.port->in.file_count)
			check_input(&check);
		if (check.port->pcap_out)
			check_output(&check);
	}
	check_memory(config, errors);
	return errors->count > before ? -EINVAL : 0;
}
