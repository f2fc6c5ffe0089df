/* SPDX-License-Identifier: BSD-3-Clause */
#include "graph.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "sluice.h"

#include "core/banned.h"

#define WIDTH 900
#define PANEL 300
#define LEFT 90
#define RIGHT 30
#define TOP 40
#define BOTTOM 50
#define LINES 5

/* What a panel shows of a trial. */
struct panel {
	const char *title;
	double (*value)(const json_t *trial);
	struct units_text (*text)(double value);
};

static double
number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static double
loss_of(const json_t *trial)
{
	double sent = number(trial, "sent");

	return sent > 0 ? 100 * number(trial, "lost") / sent : 0;
}

static double
latency_of(const json_t *trial)
{
	return number(json_object_get(trial, "latency_ns"), "p99");
}

static struct units_text
percent(double value)
{
	struct units_text text;

	snprintf(text.text, sizeof(text.text), "%.3g %%", value);
	return text;
}

static struct units_text
time_of(double value)
{
	return units_ns((uint64_t)value);
}

static const struct panel panels[] = {
	{"loss", loss_of, percent},
	{"latency, 99th percentile", latency_of, time_of},
};
#define PANELS (sizeof(panels) / sizeof(panels[0]))

static double
greatest(const json_t *trials, double (*value)(const json_t *trial))
{
	const json_t *trial;
	double most = 0;
	size_t i;

	json_array_foreach (trials, i, trial)
		most = fmax(most, value(trial));
	return most > 0 ? most : 1;
}

static double
pace_of(const json_t *trial)
{
	return number(trial, "pace_pps");
}

static void
draw_panel(FILE *out, const json_t *report, const struct panel *panel, unsigned place)
{
	const json_t *trials = json_object_get(report, "trials"), *trial;
	double top = place * PANEL + TOP, height = PANEL - TOP - BOTTOM;
	double width = WIDTH - LEFT - RIGHT, most = greatest(trials, panel->value);
	double fastest = greatest(trials, pace_of);
	double found = LEFT + number(report, "pace_pps") / fastest * width;
	size_t i;

	fprintf(out, "<text x='%d' y='%.0f' font-weight='bold'>%s</text>\n", LEFT, top - 12,
		panel->title);
	for (unsigned line = 0; line <= LINES; line++) {
		double share = (double)line / LINES, y = top + height * (1 - share);

		fprintf(out,
			"<line x1='%d' y1='%.1f' x2='%d' y2='%.1f' stroke='#ddd'/>"
			"<text x='%d' y='%.1f' text-anchor='end'>%s</text>\n"
			"<text x='%.1f' y='%.1f' text-anchor='middle'>%s</text>\n",
			LEFT, y, WIDTH - RIGHT, y, LEFT - 6, y + 4, panel->text(most * share).text,
			LEFT + share * width, top + height + 18,
			units_rate(fastest * share, "pps").text);
	}
	fprintf(out,
		"<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#2ca02c' "
		"stroke-dasharray='6 4'/>\n",
		found, top, found, top + height);
	json_array_foreach (trials, i, trial) {
		const char *verdict = json_string_value(json_object_get(trial, "verdict"));
		bool passed = strcmp(verdict, "pass") == 0, none = strcmp(verdict, "invalid") == 0;

		fprintf(out,
			"<circle cx='%.1f' cy='%.1f' r='4' stroke='%s' fill='%s'>"
			"<title>%s, %s: %s</title></circle>\n",
			LEFT + pace_of(trial) / fastest * width,
			top + height * (1 - panel->value(trial) / most),
			none     ? "#999"
			: passed ? "#2ca02c"
				 : "#d62728",
			passed ? "#2ca02c" : "none", units_rate(pace_of(trial), "pps").text,
			panel->text(panel->value(trial)).text, verdict);
	}
}

bool
graph_write(const json_t *report, const char *path)
{
	FILE *out = fopen(path, "w");
	bool done;

	if (!out) {
		say_failed(EXIT_FAILED, "%s: %s", path, strerror(errno));
		return false;
	}
	fprintf(out,
		"<svg xmlns='http://www.w3.org/2000/svg' version='1.1' width='%d' height='%d' "
		"font-family='sans-serif' font-size='12'>\n"
		"<rect width='100%%' height='100%%' fill='white'/>\n",
		WIDTH, (int)PANELS * PANEL);
	for (unsigned i = 0; i < PANELS; i++)
		draw_panel(out, report, &panels[i], i);
	fprintf(out, "</svg>\n");
	done = !ferror(out);
	if (fclose(out) != 0 || !done) {
		say_failed(EXIT_FAILED, "%s: can't write: %s", path, strerror(errno));
		return false;
	}
	return true;
}
