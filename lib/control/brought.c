/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/brought.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/path.h"
#include "host/sandbox.h"

#include "core/banned.h"

/* Findings shown in one answer; a config of a hundred thousand lines can have as many. */
#define FINDINGS_MAX 1000
/* Nothing can change or cut it short while it is read. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static json_t *
findings_json(const struct error_list *errors)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < errors->count && i < FINDINGS_MAX; i++) {
		const struct error *error = &errors->items[i];

		json_array_append_new(
			list, json_pack("{s:s?, s:i, s:i, s:s?, s:s}", "file", errors->file, "line",
					(int)error->line, "column", (int)error->column, "field",
					error->field, "message",
					error->message ? error->message : "out of memory"));
	}
	return json_pack("{s:o, s:i}", "errors", list, "count", (int)errors->count);
}

void
brought_fail(struct call *call, struct error_list *errors)
{
	error_list_sort(errors);
	rpc_fail(&call->error, RPC_INVALID_CONFIG, findings_json(errors),
		 "the config is not valid: %u finding%s", errors->count,
		 errors->count == 1 ? "" : "s");
}

static void
refuse_param(struct call *call, const char *field, const char *message)
{
	rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", field), "%s",
		 message);
}

/* What the parameters name, and no more than one of it. */
static bool
is_sound(struct call *call)
{
	const char *file = call_param(call, "file"), *text = call_param(call, "text");

	if (call->caller.has_descriptor && text)
		refuse_param(call, "text", "a descriptor came with it; give either that or `text`");
	else if (!call->caller.has_descriptor && !file == !text)
		refuse_param(call, "file", "give either `file` or `text`, or pass a descriptor");
	else if (file && *file != '/')
		refuse_param(call, "file", "`file` must be an absolute path");
	else if (call->caller.reading_only && file && !call->caller.has_descriptor)
		rpc_fail(&call->error, RPC_FORBIDDEN, json_pack("{s:s}", "field", "file"),
			 "the daemon reads no file for who may only read; pass a descriptor of it, "
			 "or its `text`");
	return call->error.code == 0;
}

/* Who calls may be able to read what the daemon is not, and can then pass it; data says so. A pipe
 * would keep the thread until somebody writes to it. -1 with errno set, and the call's error where
 * there is more to be said. */
static int
open_file(const char *file, struct call *call)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0 && errno == EACCES)
		rpc_fail(&call->error, RPC_REFUSED,
			 json_pack("{s:s, s:b}", "field", "file", "readable", 0),
			 "%s: the daemon may not read it; pass a descriptor of it, as `sluice` "
			 "does, or give what it holds as `text`",
			 file);
	else if (fd >= 0 && fstat(fd, &status) == 0 && !S_ISREG(status.st_mode))
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "file"),
			 "%s is no regular file; give what it holds as `text`", file);
	if (call->error.code && fd >= 0) {
		close(fd);
		fd = -1;
		errno = EINVAL;
	}
	return fd;
}

/* Whether what was passed can be read to its end at once. Of who may only read it must be memory
 * that is sealed: a file may be on a disk of his own that does not answer. */
static bool
is_readable(struct call *call, int fd)
{
	bool guest = call->caller.reading_only;
	int seals = guest ? fcntl(fd, F_GET_SEALS) : SEALS;
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || lseek(fd, 0, SEEK_SET) < 0)
		refuse_param(call, "file", "what was passed is no regular file");
	else if (guest && (seals < 0 || (seals & SEALS) != SEALS))
		refuse_param(call, "file",
			     "what was passed is no sealed memory, see memfd_create(2)");
	else if (guest && status.st_size > CALLER_GUEST_BYTES)
		refuse_param(call, "file",
			     "more than 1 MiB; a longer config is for the daemon's user to bring");
	return call->error.code == 0;
}

/* Returns 0 or a negative errno, also where the call's error is set. */
static int
read_text(struct call *call, struct config_text *text)
{
	const char *given = call_param(call, "text");
	int fd, ret;

	if (given) {
		text->bytes = strdup(given);
		text->length = strlen(given);
		return text->bytes ? 0 : -ENOMEM;
	}
	if (call->caller.has_descriptor)
		return is_readable(call, call->caller.descriptor)
			       ? config_read(call->caller.descriptor, text)
			       : -EINVAL;
	fd = open_file(call_param(call, "file"), call);
	if (fd < 0)
		return -errno;
	ret = config_read(fd, text);
	close(fd);
	return ret;
}

/* For who may only read no file is read that the text names: what is wrong with one tells of what
 * it holds. */
static int
parse_of_guest(const char *file, const char *directory, const struct config_text *text,
	       struct config **config, struct error_list *errors)
{
	char *parent = file ? path_parent(file) : strdup(directory ? directory : "/");
	int ret = -ENOMEM;

	if (parent)
		ret = config_parse_alone(text->bytes, text->length, parent, config, errors);
	free(parent);
	return ret;
}

static int
parse(struct call *call, const struct config_text *text, struct config **config,
      struct error_list *errors)
{
	const char *file = call_param(call, "file"), *directory = call_param(call, "directory");

	if (call->caller.reading_only)
		return parse_of_guest(file, directory, text, config, errors);
	if (file)
		return config_parse_file(file, text, config, errors);
	return config_parse(text->bytes, text->length, directory ? directory : "/", config, errors);
}

/* Of a list that the sandbox keeps from the daemon, not the file's rights. */
static void
hint_at_lists(struct error_list *errors)
{
	bool denied = false;

	for (unsigned i = 0; i < errors->count; i++)
		denied |= errors->items[i].message &&
			  strstr(errors->items[i].message, strerror(EACCES));
	if (denied && sandbox_state()->on)
		error_add(errors, 0, 0, NULL,
			  "the sandbox lets the daemon read lists that lie beside its first "
			  "config or that one's lists, or beneath `allow`; for others it must be "
			  "restarted");
}

struct config *
brought_read(struct call *call, struct edition **edition)
{
	struct config_text text = {0};
	struct config *config = NULL;
	struct error_list errors;
	int ret;

	if (!is_sound(call))
		return NULL;
	error_list_init(&errors, call_param(call, "file"));
	ret = read_text(call, &text);
	if (ret < 0)
		error_add(&errors, 0, 0, NULL, "the config can't be read: %s", strerror(-ret));
	else
		ret = parse(call, &text, &config, &errors);
	if (ret == 0 && edition)
		*edition = edition_new(config->file, config->directory, &text);
	if (ret < 0 && call->error.code == 0) {
		hint_at_lists(&errors);
		brought_fail(call, &errors);
	}
	error_list_clear(&errors);
	free(text.bytes);
	return ret < 0 ? NULL : config;
}
