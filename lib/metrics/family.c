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

void
family_label(struct family *family, const char *name, const char *value)
{
	if (family->labels < FAMILY_LABELS_MAX)
		family->label[family->labels] = (struct family_label){name, value};
	family->labels++;
}

void
family_unlabel(struct family *family)
{
	family->labels--;
}

/* In a label's value a quote is escaped, too. */
static void
put_escaped(FILE *out, const char *text, bool quoted)
{
	for (; *text; text++) {
		size_t plain = strcspn(text, quoted ? "\\\n\"" : "\\\n");

		fwrite(text, 1, plain, out);
		text += plain;
		if (!*text)
			break;
		fputc('\\', out);
		fputc(*text == '\n' ? 'n' : *text, out);
	}
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
	put_escaped(family->out, metric->help, false);
	fprintf(family->out, "\n# TYPE " PREFIX "%s %s\n", metric->name, types[metric->type]);
	family->begun = true;
}

/* All of a line but its value. */
static void
begin(struct family *family, const char *suffix)
{
	FILE *out = family->out;
	const char *before = "{";

	if (!family->begun)
		put_head(family);
	fprintf(out, PREFIX "%s%s", family->metric->name, suffix);
	for (unsigned i = 0; i < family->labels && i < FAMILY_LABELS_MAX; i++) {
		const struct family_label *label = &family->label[i];

		fprintf(out, "%s%.*s=\"", before, (int)family_length(label->name), label->name);
		put_escaped(out, label->value, true);
		fputc('"', out);
		before = ",";
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
