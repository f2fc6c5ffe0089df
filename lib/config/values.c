/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/values.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/emit.h"
#include "core/digest.h"
#include "core/text.h"

#include "core/banned.h"

#define FILE_BYTES_MAX ((size_t)512 << 20)
/* Findings about one file: of a million lines that are wrong in the same way. */
#define FINDINGS_MAX 20
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* What it holds, with a NUL behind it. NULL with errno set; EINVAL: no regular file, which might
 * keep whoever reads it. */
static char *
read_whole(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	char *text = NULL;
	ssize_t got = 0;

	if (fd < 0)
		return NULL;
	*length = 0;
	if (fstat(fd, &status) < 0)
		got = -1;
	else if (!S_ISREG(status.st_mode))
		errno = EINVAL;
	else if ((size_t)status.st_size > FILE_BYTES_MAX)
		errno = EFBIG;
	else
		text = malloc(status.st_size + 1);
	while (text && got >= 0 && *length < (size_t)status.st_size) {
		got = read(fd, text + *length, status.st_size - *length);
		if (got == 0)
			break;
		*length += got > 0 ? got : 0;
	}
	if (text && got < 0) {
		free(text);
		text = NULL;
	}
	if (text)
		text[*length] = '\0';
	close(fd);
	return text;
}

static unsigned
count_lines(const char *text)
{
	unsigned count = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		count++;
	}
	return count;
}

static bool
open_file(struct values *values, const struct spot *file, const char *name)
{
	struct reader *reader = values->reader;
	size_t length;

	if (reader->config->list_count == CONFIG_LISTS_MAX) {
		reader_error(reader, file, "%s: more than %u lists in files",
			     spot_key(values->spot), CONFIG_LISTS_MAX);
		return false;
	}
	if (reader->config->alone) {
		reader_error(reader, file,
			     "%s: %s is not read for who may only read; write the "
			     "values into the config",
			     spot_key(values->spot), text_quote(name).text);
		return false;
	}
	values->path = reader_path(reader, file, name);
	values->text = values->path ? read_whole(values->path, &length) : NULL;
	if (!values->path)
		return false;
	if (!values->text) {
		reader_error(reader, file, "%s: %s can't be read: %s", spot_key(values->spot),
			     text_quote(values->path).text,
			     errno == EINVAL ? "it is no regular file" : strerror(errno));
		return false;
	}
	if (strlen(values->text) < length) {
		reader_error(reader, file, "%s: %s is no text: it has a NUL character in line %u",
			     spot_key(values->spot), text_quote(values->path).text,
			     count_lines(values->text));
		return false;
	}
	values->next = values->text;
	if (strncmp(values->next, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		values->next += strlen(BYTE_ORDER_MARK);
	values->most = count_lines(values->text);
	return true;
}

/* `read` is what config_emit says of the file; it may have others by now. */
static bool
find_file(struct values *values)
{
	static const char what[] = "a value, a list of them, or { file: NAME } with one a line";
	struct field fields[] = {{"file"}, {"read"}};
	struct reader *reader = values->reader;
	const struct spot *spot = values->spot;
	unsigned before = reader->errors->count;
	const char *name;

	if (!reader_fields(reader, spot, fields, 2, what))
		return false;
	if (!fields[0].given) {
		if (reader->errors->count == before)
			reader_error(reader, spot,
				     "%s: file is missing, as in { file: prefixes.txt }",
				     spot_key(spot));
		return false;
	}
	if (!reader_text(reader, &fields[0].spot, "the name of a file with one value a line",
			 &name) ||
	    !open_file(values, &fields[0].spot, name))
		return false;
	values->node = (struct node){.kind = NODE_SCALAR, .plain = true};
	values->item = (struct spot){.up = spot->up,
				     .key = spot->key,
				     .index = spot->index,
				     .node = &values->node,
				     .line = fields[0].spot.line,
				     .column = fields[0].spot.column};
	reader->list = (struct reader_list){.name = name};
	return true;
}

static void
free_file(struct values *values)
{
	free(values->text);
	free(values->path);
	values->text = values->path = NULL;
}

bool
values_open(struct values *values, struct reader *reader, const struct spot *spot)
{
	*values = (struct values){
		.reader = reader, .spot = spot, .most = 1, .before = reader->errors->count};
	if (spot->node->kind == NODE_MAP) {
		if (find_file(values))
			return true;
		free_file(values);
		return false;
	}
	if (spot->node->kind != NODE_LIST)
		return true;
	values->most = spot->node->count;
	if (values->most == 0)
		reader_error(reader, spot,
			     "%s: an empty list matches nothing; leave %s out to match everything",
			     spot_key(spot), spot_key(spot));
	return values->most > 0;
}

/* Cuts the next line off, and what is no value from it. */
static char *
take_line(struct values *values)
{
	char *line = values->next, *end;

	values->next = line + strcspn(line, "\n");
	if (*values->next)
		*values->next++ = '\0';
	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t\r");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return line;
}

static bool
next_line(struct values *values)
{
	struct reader *reader = values->reader;

	while (*values->next) {
		const char *line = take_line(values);

		reader->list.line++;
		if (!*line)
			continue;
		if (reader->errors->count - values->before >= FINDINGS_MAX) {
			reader_error(reader, &values->item,
				     "%s: no more lines were looked at after %u mistakes",
				     spot_key(values->spot), FINDINGS_MAX);
			return false;
		}
		values->node.text = line;
		values->found++;
		return true;
	}
	return false;
}

bool
values_next(struct values *values)
{
	if (values->text)
		return next_line(values);
	if (values->spot->node->kind == NODE_LIST)
		return spot_next_item(values->spot, &values->item);
	values->item = *values->spot;
	return !values->done && (values->done = true);
}

/* Adds it to the lists of the config, which has the path from then on. */
static uint32_t
remember(struct values *values, uint64_t hash)
{
	struct config *config = values->reader->config;
	struct config_list *lists =
		realloc(config->lists, (config->list_count + 1) * sizeof(*config->lists));

	if (!lists) {
		values->reader->no_memory = true;
		return 0;
	}
	lists[config->list_count] = (struct config_list){values->path, values->found, hash};
	config->lists = lists;
	values->path = NULL;
	return ++config->list_count;
}

uint32_t
values_close(struct values *values, const void *made, size_t size)
{
	struct reader *reader = values->reader;
	uint32_t list = 0;

	if (!values->text)
		return 0;
	reader_list_end(reader, &values->item);
	if (values->found == 0)
		reader_error(reader, &values->item,
			     "%s: %s has no values, and an empty list matches nothing",
			     spot_key(values->spot), text_quote(values->path).text);
	else
		list = remember(values, digest(made, size));
	free_file(values);
	return list;
}

void
values_write(const struct key_out *out, uint32_t list)
{
	const struct config_list *from = &out->config->lists[list - 1];

	fputs("{ file: ", out->file);
	emit_quoted(out->file, from->file);
	fprintf(out->file, ", read: \"%" PRIu32 " value%s, %016" PRIx64 "\" }", from->values,
		from->values == 1 ? "" : "s", from->digest);
}
