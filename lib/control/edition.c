/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/edition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "config/path.h"

#include "core/banned.h"

/* A hundred megabytes in a fifth of a second; rules are much alike. */
#define LEVEL 1

static bool
pack(struct edition *edition, const struct config_text *text)
{
	size_t room = ZSTD_compressBound(text->length);
	void *smaller;

	edition->packed = malloc(room);
	if (!edition->packed)
		return false;
	edition->length = text->length;
	edition->packed_length =
		ZSTD_compress(edition->packed, room, text->bytes, text->length, LEVEL);
	if (ZSTD_isError(edition->packed_length))
		return false;
	smaller = realloc(edition->packed, edition->packed_length);
	if (smaller)
		edition->packed = smaller;
	return true;
}

struct edition *
edition_new(const char *file, const char *directory, const struct config_text *text)
{
	struct edition *edition = calloc(1, sizeof(*edition));

	if (!edition)
		return NULL;
	edition->way = "start";
	edition->file = file ? strdup(file) : NULL;
	edition->directory = directory ? strdup(directory) : path_parent(file);
	if (edition->directory && !edition->file == !file && pack(edition, text))
		return edition;
	edition_free(edition);
	return NULL;
}

void
edition_free(struct edition *edition)
{
	if (!edition)
		return;
	free(edition->file);
	free(edition->directory);
	free(edition->packed);
	free(edition);
}

void
edition_sign(struct edition *edition, const char *way, const struct caller *caller)
{
	edition->way = way;
	edition->uid = caller->uid;
	edition->pid = caller->pid;
}

bool
edition_text(const struct edition *edition, struct config_text *text)
{
	size_t length;

	text->bytes = malloc(edition->length + 1);
	if (!text->bytes)
		return false;
	length = ZSTD_decompress(text->bytes, edition->length, edition->packed,
				 edition->packed_length);
	if (ZSTD_isError(length) || length != edition->length) {
		free(text->bytes);
		return false;
	}
	text->bytes[length] = '\0';
	text->length = length;
	return true;
}

int
edition_parse(const struct edition *edition, struct config **out, struct error_list *errors)
{
	struct config_text text;
	int ret;

	*out = NULL;
	if (!edition_text(edition, &text)) {
		error_add(errors, 0, 0, NULL, "out of memory while reading the config");
		return -ENOMEM;
	}
	if (edition->file)
		ret = config_parse_file(edition->file, &text, out, errors);
	else
		ret = config_parse(text.bytes, text.length, edition->directory, out, errors);
	free(text.bytes);
	return ret;
}

const char *
edition_name(const struct edition *edition)
{
	return edition->file ? edition->file : "a text";
}
