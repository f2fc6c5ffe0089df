/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#include "core/banned.h"

#define FIRST_CAPACITY 16
#define PLACE_MAX 32

static const char no_words[] = "out of memory";

static void
release(struct finding *finding)
{
	free(finding->subject);
	free(finding->what);
	free(finding->why);
	free(finding->mend);
	free(finding->field);
	*finding = (struct finding){0};
}

void
finding_list_init(struct finding_list *list)
{
	*list = (struct finding_list){0};
}

void
finding_list_clear(struct finding_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		release(&list->items[i]);
	release(&list->spare);
	free(list->items);
	finding_list_init(list);
}

static struct finding *
next_finding(struct finding_list *list)
{
	unsigned capacity = list->capacity ? list->capacity * 2 : FIRST_CAPACITY;
	struct finding *items;

	if (list->count == list->capacity) {
		items = realloc(list->items, capacity * sizeof(*items));
		if (!items) {
			list->no_memory = true;
			release(&list->spare);
			return &list->spare;
		}
		list->items = items;
		list->capacity = capacity;
	}
	return &list->items[list->count++];
}

struct finding *
finding_add(struct finding_list *list, enum finding_severity severity, const char *code,
	    const char *subject)
{
	struct finding *finding = next_finding(list);

	*finding = (struct finding){.severity = severity, .code = code, .subject = strdup(subject)};
	if (finding->subject)
		text_clean(finding->subject);
	return finding;
}

struct finding *
finding_add_port(struct finding_list *list, enum finding_severity severity, const char *code,
		 const struct config_port *port, const char *key)
{
	struct finding *finding = finding_add(list, severity, code, port->name);

	finding->line = port->place.line;
	finding->column = port->place.column;
	finding_field(finding, "ports.%s.%s", port->name, key);
	return finding;
}

/* What goes into a finding may come from a file that a device names: it is one line, whatever it
 * says. */
#define SAY(where, format)                                 \
	do {                                               \
		va_list args;                              \
		free(where);                               \
		va_start(args, format);                    \
		if (vasprintf(&(where), format, args) < 0) \
			(where) = NULL;                    \
		va_end(args);                              \
		if (where)                                 \
			text_clean(where);                 \
	} while (0)

void
finding_what(struct finding *finding, const char *format, ...)
{
	SAY(finding->what, format);
}

void
finding_why(struct finding *finding, const char *format, ...)
{
	SAY(finding->why, format);
}

void
finding_mend(struct finding *finding, const char *format, ...)
{
	SAY(finding->mend, format);
}

void
finding_field(struct finding *finding, const char *format, ...)
{
	SAY(finding->field, format);
}

const char *
finding_severity_name(enum finding_severity severity)
{
	static const char *const names[] = {"note", "warning", "refused"};

	return names[severity];
}

bool
finding_list_has(const struct finding_list *list, enum finding_severity severity)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (list->items[i].severity == severity)
			return true;
	}
	return severity == FINDING_REFUSED && list->no_memory;
}

static const char *
words(const char *text)
{
	return text ? text : no_words;
}

char *
finding_text(const struct finding *finding)
{
	char *text;

	if (asprintf(&text, "%s: %s; %s; mend: %s", words(finding->subject), words(finding->what),
		     words(finding->why), words(finding->mend)) < 0)
		return NULL;
	return text;
}

static char *
make_line(const struct finding *finding, const char *file, const char *severity)
{
	char *text = finding_text(finding), *line = NULL;
	char place[PLACE_MAX] = "";

	if (finding->line)
		snprintf(place, sizeof(place), "%u:%u:", finding->line, finding->column);
	if (text && asprintf(&line, "%s:%s %s%s%s [%s]", file, place, severity,
			     severity[0] ? ": " : "", text, finding->code) < 0)
		line = NULL;
	free(text);
	return line;
}

char *
finding_line(const struct finding *finding, const char *file)
{
	return make_line(finding, file, finding_severity_name(finding->severity));
}

char *
finding_log_line(const struct finding *finding, const char *file)
{
	return make_line(finding, file, "");
}
