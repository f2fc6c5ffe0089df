/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * draw_top COLUMNS ROWS CLOCK: what `sluice top` shows of figures, which stdin has as
 * `sluice top --json` prints them, a line each; of the last, with the trail of those before it.
 * CLOCK: seconds since 1970.
 */
#include <stdlib.h>

#include "top/screenful.h"

#include "core/banned.h"

int
main(int argc, char **argv)
{
	struct screenful screenful = {.paint.utf8 = true, .seconds = 1};
	json_t *figures;
	char *text;

	if (argc != 4)
		return 2;
	screenful_begin(&screenful);
	screenful.clock = (time_t)strtoll(argv[3], NULL, 10);
	while ((figures = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL))) {
		json_decref(screenful.figures);
		screenful.figures = figures;
		trail_add(&screenful.trail, figures);
	}
	text = screenful_make(&screenful, (unsigned)strtoul(argv[1], NULL, 10),
			      (unsigned)strtoul(argv[2], NULL, 10));
	if (text)
		puts(text);
	free(text);
	screenful_end(&screenful);
	return text == NULL;
}
