/* SPDX-License-Identifier: BSD-3-Clause */
/* Row: what stands in a row of the result, as paths.h has it. Texts are the row's. */
#ifndef PATHS_ROW_H
#define PATHS_ROW_H

#include <jansson.h>

/* "": it has none. */
static inline const char *
row_word(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

/* Of a figure with its spread: which of median, least and most; 0: none. */
static inline double
row_figure(const json_t *row, const char *key, const char *which)
{
	return json_number_value(json_object_get(json_object_get(row, key), which));
}

#endif
