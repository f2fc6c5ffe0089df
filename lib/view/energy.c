/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/energy.h"

#include "view/value.h"
#include "view/view.h"

#include "core/banned.h"

void
energy_print(const struct view *view)
{
	const struct table_style *style = table_style(view->out);
	const json_t *energy = json_object_get(view->now, "energy"), *counter;
	const json_t *each = json_object_get(energy, "per_million_packets");
	size_t i;

	if (!energy)
		return;
	fprintf(view->out, "%senergy%s   ", style->bold, style->plain);
	if (!json_is_string(json_object_get(energy, "source"))) {
		fprintf(view->out, "%s\n\n", value_text(energy, "why"));
		return;
	}
	fprintf(view->out, "%.4g J since the start", value_real(energy, "joules"));
	if (json_is_number(each))
		fprintf(view->out, ", %.3g J for a million packets", json_number_value(each));
	fprintf(view->out, ", all that runs here included (%s:", value_text(energy, "source"));
	json_array_foreach (json_object_get(energy, "counters"), i, counter)
		fprintf(view->out, "%s %s", i ? "," : "", json_string_value(counter));
	fprintf(view->out, ")\n\n");
}
