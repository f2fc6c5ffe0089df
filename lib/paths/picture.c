/* SPDX-License-Identifier: BSD-3-Clause */
/* A result as a picture (SVG 1.1): a panel a job, size across and cost up, both logarithmic. A line
 * a way with its span; dashed what the model says of the ways that copy. */
#include <math.h>
#include <string.h>

#include "paths/paths.h"
#include "paths/row.h"

#include "core/banned.h"

#define WIDTH 1200
#define PANEL 440
#define LEFT 80
#define RIGHT 260 /* the legend */
#define HEAD 30   /* what is said of all panels */
#define TOP 50
#define BOTTOM 60
#define SIZE_LEAST 50.0
#define SIZE_MOST 80000.0
#define MODEL_STEPS 60

static const char *const colours[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd",
				      "#ff7f0e", "#17becf", "#8c564b", "#e377c2"};
static const char *const jobs[] = {"frames", "datagrams", "stream"};

struct panel {
	FILE *out;
	const char *job;
	double top;
	unsigned least, most; /* costs that it shows, ns */
	unsigned ways;
};

static double
size_of(const json_t *row)
{
	return json_number_value(json_object_get(row, "size"));
}

static double
across(double size)
{
	return LEFT + log(size / SIZE_LEAST) / log(SIZE_MOST / SIZE_LEAST) * (WIDTH - LEFT - RIGHT);
}

static double
up(const struct panel *panel, double cost)
{
	double height = PANEL - TOP - BOTTOM;
	double share = log(fmax(cost, 1) / panel->least) / log((double)panel->most / panel->least);

	return panel->top + TOP + height * (1 - fmin(fmax(share, 0), 1));
}

/* The step of 1, 2, 5, 10, 20 and so on above a cost. */
static unsigned
step_above(double cost)
{
	static const unsigned steps[] = {1, 2, 5};

	for (unsigned decade = 1;; decade *= 10) {
		for (unsigned i = 0; i < 3; i++) {
			if (decade * steps[i] > cost)
				return decade * steps[i];
		}
	}
}

/* From the step below the least cost of a job to the one above the most. */
static void
fit_panel(struct panel *panel, const json_t *rows)
{
	double least = INFINITY, most = 1;
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		if (strcmp(row_word(row, "job"), panel->job) != 0 ||
		    !json_object_get(row, "cpu_ns"))
			continue;
		least = fmin(least, row_figure(row, "cpu_ns", "least"));
		most = fmax(most, row_figure(row, "cpu_ns", "most"));
	}
	panel->least = 1;
	while (step_above(panel->least) <= least && isfinite(least))
		panel->least = step_above(panel->least);
	panel->most = step_above(most);
}

static void
draw_grid(const struct panel *panel)
{
	static const unsigned sizes[] = {64, 256, 1024, 4096, 16384, 65536};

	fprintf(panel->out,
		"<text x=\"%d\" y=\"%.1f\" font-size=\"16\">%s: ns of CPU a packet</text>\n", LEFT,
		panel->top + TOP - 15, panel->job);
	for (unsigned i = 0; i < 6; i++)
		fprintf(panel->out,
			"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>"
			"<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%u</text>\n",
			across(sizes[i]), up(panel, panel->most), across(sizes[i]),
			up(panel, panel->least), across(sizes[i]), up(panel, panel->least) + 18,
			sizes[i]);
	for (unsigned cost = panel->least; cost <= panel->most; cost = step_above(cost))
		fprintf(panel->out,
			"<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>"
			"<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%u</text>\n",
			LEFT, up(panel, cost), WIDTH - RIGHT, up(panel, cost), LEFT - 8,
			up(panel, cost) + 4, cost);
}

/* The rows of one way lie together. Returns the first behind them. */
static size_t
draw_way(struct panel *panel, const json_t *rows, size_t from, double copy_ns)
{
	const json_t *first = json_array_get(rows, from), *base = NULL, *last = NULL, *row;
	const char *colour = colours[panel->ways % 8];
	double times = 0;
	size_t at;

	fprintf(panel->out, "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\" points=\"",
		colour);
	for (at = from; (row = json_array_get(rows, at)) &&
			strcmp(row_word(row, "way"), row_word(first, "way")) == 0 &&
			strcmp(row_word(row, "job"), panel->job) == 0;
	     at++) {
		if (!json_object_get(row, "cpu_ns"))
			continue;
		base = base ? base : row;
		last = row;
		fprintf(panel->out, "%.1f,%.1f ", across(size_of(row)),
			up(panel, row_figure(row, "cpu_ns", "median")));
	}
	fprintf(panel->out, "\"/>\n");
	for (size_t i = from; i < at; i++) {
		row = json_array_get(rows, i);
		if (json_object_get(row, "cpu_ns"))
			fprintf(panel->out,
				"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
				"stroke=\"%s\"/>\n",
				across(size_of(row)), up(panel, row_figure(row, "cpu_ns", "least")),
				across(size_of(row)), up(panel, row_figure(row, "cpu_ns", "most")),
				colour);
	}
	if (base)
		times = row_figure(json_object_get(base, "copied"), "times", "median");
	if (base && times > 0) {
		double cost = row_figure(base, "cpu_ns", "median");

		fprintf(panel->out,
			"<polyline fill=\"none\" stroke-dasharray=\"4 4\" stroke=\"%s\" points=\"",
			colour);
		for (unsigned i = 0; i <= MODEL_STEPS; i++) {
			double share = (double)i / MODEL_STEPS;
			double size = size_of(base) * pow(size_of(last) / size_of(base), share);

			fprintf(panel->out, "%.1f,%.1f ", across(size),
				up(panel, cost + times * copy_ns * (size - size_of(base))));
		}
		fprintf(panel->out, "\"/>\n");
	}
	fprintf(panel->out, "<text x=\"%d\" y=\"%.1f\" fill=\"%s\">%s%s</text>\n",
		WIDTH - RIGHT + 15, panel->top + TOP + 20 + panel->ways * 20, colour,
		row_word(first, "way"), base ? "" : " (not here)");
	panel->ways++;
	return at;
}

static void
draw_crossings(const struct panel *panel, const json_t *crossings)
{
	size_t i;
	const json_t *crossing;
	unsigned drawn = 0;

	json_array_foreach (crossings, i, crossing) {
		const json_t *size = json_object_get(crossing, "measured");

		if (strcmp(row_word(crossing, "job"), panel->job) != 0 || !json_is_real(size))
			continue;
		fprintf(panel->out,
			"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#444\" "
			"stroke-dasharray=\"1 3\"/><text x=\"%.1f\" y=\"%.1f\">%s pays from "
			"%.0f</text>\n",
			across(json_number_value(size)), up(panel, panel->most),
			across(json_number_value(size)), up(panel, panel->least),
			across(json_number_value(size)) + 4,
			up(panel, panel->most) + 14 + drawn * 15, row_word(crossing, "way"),
			json_number_value(size));
		drawn++;
	}
}

void
paths_picture(const json_t *result, FILE *out)
{
	const json_t *rows = json_object_get(result, "rows");
	double copy_ns = json_number_value(json_object_get(result, "copy_ns_per_byte"));

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%d\" "
		"height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"%d\" y=\"18\">dashed: the model, the cost at the smallest size and %.3f "
		"ns for each byte copied; upright: the span of the repeats</text>\n",
		WIDTH, HEAD + PANEL * 3, LEFT, copy_ns);
	for (unsigned i = 0; i < 3; i++) {
		struct panel panel = {.out = out, .job = jobs[i], .top = HEAD + i * PANEL};
		size_t at = 0;

		fit_panel(&panel, rows);
		draw_grid(&panel);
		while (at < json_array_size(rows)) {
			const json_t *row = json_array_get(rows, at);

			if (strcmp(row_word(row, "job"), panel.job) == 0)
				at = draw_way(&panel, rows, at, copy_ns);
			else
				at++;
		}
		draw_crossings(&panel, json_object_get(result, "crossings"));
	}
	fprintf(out, "</svg>\n");
}
