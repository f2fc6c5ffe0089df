/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics/family.h"

#include <stdint.h>
#include <string.h>

#include "metrics/table.h"

#include "core/banned.h"

#define PREFIX "sluice_"
/* Longer than any number, with a blank before and a line's end behind it. */
#define NUMBER_MAX 40

size_t
family_length(const char *names)
{
	return strcspn(names, "|");
}

const char *
family_next(const char *names)
{
	size_t length = family_length(names);

	return names[length] ? names + length + 1 : NULL;
}

static void
add_label(struct family *family, const char *name, const char *value, size_t length)
{
	if (family->labels < FAMILY_LABELS_MAX)
		family->label[family->labels] = (struct family_label){name, value, length};
	family->labels++;
}

void
family_label(struct family *family, const char *name, const char *value)
{
	add_label(family, name, value, strlen(value));
}

void
family_label_word(struct family *family, const char *name, const char *words)
{
	add_label(family, name, words, family_length(words));
}

void
family_unlabel(struct family *family)
{
	family->labels--;
}

void
family_end(struct family *family)
{
	fwrite(family->text, 1, family->used, family->out);
	family->used = 0;
}

/* There may be many lines of many words: none is formatted, and few are handed on by themselves. */
static void
put(struct family *family, const char *text, size_t length)
{
	if (length > sizeof(family->text) - family->used)
		family_end(family);
	if (length > sizeof(family->text)) {
		fwrite(text, 1, length, family->out);
		return;
	}
	memcpy(family->text + family->used, text, length);
	family->used += length;
}

static void
put_word(struct family *family, const char *word)
{
	put(family, word, strlen(word));
}

/* In a label's value a quote is escaped, too. */
static void
put_escaped(struct family *family, const char *text, size_t length, bool quoted)
{
	const char *end = text + length, *plain = text;

	for (; text < end; text++) {
		if (*text != '\\' && *text != '\n' && (*text != '"' || !quoted))
			continue;
		put(family, plain, (size_t)(text - plain));
		put(family, "\\", 1);
		put(family, *text == '\n' ? "n" : text, 1);
		plain = text + 1;
	}
	put(family, plain, (size_t)(end - plain));
}

static void
put_head(struct family *family)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
	};
	const struct metric *metric = family->metric;

	put_word(family, "# HELP " PREFIX);
	put_word(family, metric->name);
	put_word(family, " ");
	put_escaped(family, metric->help, strlen(metric->help), false);
	put_word(family, "\n# TYPE " PREFIX);
	put_word(family, metric->name);
	put_word(family, " ");
	put_word(family, types[metric->type]);
	put_word(family, "\n");
	family->begun = true;
}

/* All of a line but its value. */
static void
begin(struct family *family, const char *suffix)
{
	const char *before = "{";

	if (!family->begun)
		put_head(family);
	put_word(family, PREFIX);
	put_word(family, family->metric->name);
	put_word(family, suffix);
	for (unsigned i = 0; i < family->labels && i < FAMILY_LABELS_MAX; i++) {
		const struct family_label *label = &family->label[i];

		put(family, before, 1);
		put(family, label->name, family_length(label->name));
		put(family, "=\"", 2);
		put_escaped(family, label->value, label->length, true);
		put(family, "\"", 1);
		before = ",";
	}
	if (family->labels)
		put(family, "}", 1);
}

void
family_whole(struct family *family, const char *suffix, json_int_t value)
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char text[NUMBER_MAX], *digits = text + sizeof(text);

	*--digits = '\n';
	do
		*--digits = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--digits = '-';
	*--digits = ' ';
	begin(family, suffix);
	put(family, digits, (size_t)(text + sizeof(text) - digits));
}

void
family_real(struct family *family, const char *suffix, double value)
{
	char text[NUMBER_MAX];

	snprintf(text, sizeof(text), " %.15g\n", value);
	begin(family, suffix);
	put_word(family, text);
}
