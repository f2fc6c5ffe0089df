/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics/family.h"

#include <string.h>

#include "metrics/table.h"

#include "core/banned.h"

#define PREFIX "sluice_"

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

/* In a label's value a quote is escaped, too. */
static void
put_escaped(FILE *out, const char *text, size_t length, bool quoted)
{
	const char *end = text + length, *plain = text;

	for (; text < end; text++) {
		if (*text != '\\' && *text != '\n' && (*text != '"' || !quoted))
			continue;
		fwrite(plain, 1, (size_t)(text - plain), out);
		fputc('\\', out);
		fputc(*text == '\n' ? 'n' : *text, out);
		plain = text + 1;
	}
	fwrite(plain, 1, (size_t)(end - plain), out);
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

	fprintf(family->out, "# HELP " PREFIX "%s ", metric->name);
	put_escaped(family->out, metric->help, strlen(metric->help), false);
	fprintf(family->out, "\n# TYPE " PREFIX "%s %s\n", metric->name, types[metric->type]);
	family->begun = true;
}

/* All of a line but its value. There may be many: words are put, not formatted. */
static void
begin(struct family *family, const char *suffix)
{
	FILE *out = family->out;
	char before = '{';

	if (!family->begun)
		put_head(family);
	fputs(PREFIX, out);
	fputs(family->metric->name, out);
	fputs(suffix, out);
	for (unsigned i = 0; i < family->labels && i < FAMILY_LABELS_MAX; i++) {
		const struct family_label *label = &family->label[i];

		fputc(before, out);
		fwrite(label->name, 1, family_length(label->name), out);
		fputs("=\"", out);
		put_escaped(out, label->value, label->length, true);
		fputc('"', out);
		before = ',';
	}
	if (family->labels)
		fputc('}', out);
}

void
family_whole(struct family *family, const char *suffix, json_int_t value)
{
	begin(family, suffix);
	fprintf(family->out, " %" JSON_INTEGER_FORMAT "\n", value);
}

void
family_real(struct family *family, const char *suffix, double value)
{
	begin(family, suffix);
	fprintf(family->out, " %.15g\n", value);
}
