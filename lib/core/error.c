/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#include "core/banned.h"

#define FIRST_CAPACITY 16

/* What is said when there is no memory to say more; never freed. */
static char no_memory[] = "out of memory";
static struct error no_memory_error = {.message = no_memory};

void
error_list_init(struct error_list *list, const char *file)
{
	memset(list, 0, sizeof(*list));
	list->file = file ? strdup(file) : NULL;
}

void
error_list_clear(struct error_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		free(list->items[i].field);
		if (list->items[i].message != no_memory)
			free(list->items[i].message);
	}
	if (list->items != &no_memory_error)
		free(list->items);
	free(list->file);
	memset(list, 0, sizeof(*list));
}

/* The place of one more finding. A full list keeps one place free, so that a finding which gets no
 * memory is not lost altogether. NULL when that is taken too. */
static struct error *
next_error(struct error_list *list)
{
	unsigned capacity = list->capacity ? list->capacity * 2 : FIRST_CAPACITY;
	struct error *items;

	if (list->count + 1 < list->capacity)
		return &list->items[list->count++];
	if (list->items == &no_memory_error)
		return NULL;
	items = realloc(list->items, capacity * sizeof(*items));
	if (items) {
		list->items = items;
		list->capacity = capacity;
		return &items[list->count++];
	}
	if (list->count < list->capacity) {
		list->items[list->count++] = no_memory_error;
	} else if (list->count == 0) {
		list->items = &no_memory_error;
		list->count = 1;
	}
	return NULL;
}

void
error_add(struct error_list *list, unsigned line, unsigned column, const char *field,
	  const char *format, ...)
{
	struct error *error = next_error(list);
	va_list args;

	if (!error)
		return;
	error->line = line;
	error->column = column;
	error->field = field ? strdup(field) : NULL;
	va_start(args, format);
	if (vasprintf(&error->message, format, args) < 0)
		error->message = no_memory;
	va_end(args);
	if (error->field)
		text_clean(error->field);
	text_clean(error->message);
}

/* Findings at one place stay in the order in which they were made. */
static bool
is_before(const struct error *a, const struct error *b)
{
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

static void
merge(struct error *items, unsigned middle, unsigned count, struct error *room)
{
	unsigned left = 0, right = middle;

	memcpy(room, items, middle * sizeof(*items));
	for (unsigned i = 0; left < middle; i++) {
		if (right < count && is_before(&items[right], &room[left]))
			items[i] = items[right++];
		else
			items[i] = room[left++];
	}
}

static void
merge_sort(struct error *items, unsigned count, struct error *room)
{
	unsigned middle = count / 2;

	if (count < 2)
		return;
	merge_sort(items, middle, room);
	merge_sort(items + middle, count - middle, room);
	if (is_before(&items[middle], &items[middle - 1]))
		merge(items, middle, count, room);
}

void
error_list_sort(struct error_list *list)
{
	struct error *room = calloc(list->count / 2 + 1, sizeof(*room));

	/* Without memory they are shown as they were found. */
	if (room)
		merge_sort(list->items, list->count, room);
	free(room);
}

void
error_list_print(struct error_list *list, FILE *out)
{
	error_list_sort(list);
	for (unsigned i = 0; i < list->count; i++) {
		const struct error *error = &list->items[i];

		if (list->file)
			fprintf(out, "%s:", list->file);
		if (error->line)
			fprintf(out, "%u:%u:", error->line, error->column);
		fprintf(out, "%s%s\n", list->file || error->line ? " " : "", error->message);
	}
}
