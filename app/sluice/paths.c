/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths.h"

#include <stdlib.h>
#include <string.h>

#include "core/table.h"
#include "line.h"

#include "core/banned.h"

bool
paths_add(json_t *paths, const json_t *packet)
{
	char *way = NULL;
	size_t size;
	FILE *out = open_memstream(&way, &size);
	int ret;

	if (!out)
		return false;
	fprintf(out, "%s|", json_string_value(json_object_get(packet, "port")));
	line_fate(out, packet);
	if (fclose(out) != 0)
		return false;
	ret = json_object_set_new(
		paths, way, json_integer(json_integer_value(json_object_get(paths, way)) + 1));
	free(way);
	return ret == 0;
}

static int
by_count(const void *a, const void *b)
{
	json_int_t x = json_integer_value(json_object_iter_value(*(void *const *)a));
	json_int_t y = json_integer_value(json_object_iter_value(*(void *const *)b));

	return x < y ? 1 : x > y ? -1 : 0;
}

void
paths_print(const json_t *paths)
{
	size_t count = json_object_size(paths), i = 0;
	void **rows = malloc((count + 1) * sizeof(*rows));
	struct table *table = table_new(">packets|in|way");

	if (!rows)
		return;
	for (void *at = json_object_iter((json_t *)paths); at;
	     at = json_object_iter_next((json_t *)paths, at))
		rows[i++] = at;
	qsort(rows, count, sizeof(*rows), by_count);
	for (i = 0; i < count; i++) {
		const char *way = json_object_iter_key(rows[i]);
		size_t port = strcspn(way, "|");

		table_cell(table, "%lld", json_integer_value(json_object_iter_value(rows[i])));
		table_cell(table, "%.*s", (int)port, way);
		table_cell(table, "%s", way + port + 1);
	}
	table_print(table, stdout);
	free(rows);
}
