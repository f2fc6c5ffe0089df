/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/report_counters.h"

#include <string.h>

#include "control/report_number.h"
#include "stage/reasons.h"

#include "core/banned.h"

json_t *
report_reasons(const uint64_t *drops)
{
	json_t *result = json_object();

	for (unsigned i = 0; i < DROP_REASONS; i++)
		json_object_set_new(result, drop_reasons[i].name, number(drops[i]));
	return result;
}

/* Members are in this machine's order: their first bytes are the lowest. */
static json_t *
number_of(const void *at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, at, size);
	return number(value);
}

static json_t *
text_of(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *
mac_of(const uint8_t *mac)
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
			    mac[5]);
}

static json_t *
list_of(const uint64_t *values, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, number(values[i]));
	return list;
}

static json_t *
shares_of(const double *values, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count && values[i] >= 0; i++)
		json_array_append_new(list, json_real(values[i]));
	return list;
}

static json_t *
lines_of(const char *lines)
{
	json_t *list = json_array();

	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1)
		json_array_append_new(list, json_stringn(lines, end - lines));
	return list;
}

/* NULL: nothing is told. */
static json_t *
value_of(const struct counter *row, const void *from)
{
	const void *at = (const char *)from + row->offset;

	switch (row->kind) {
	case COUNTER_NUMBER:
		return number_of(at, row->size);
	case COUNTER_SIGNED:
		return json_integer(*(const int *)at);
	case COUNTER_KNOWN:
		return *(const uint64_t *)at == COUNTER_UNKNOWN ? json_null()
								: number(*(const uint64_t *)at);
	case COUNTER_GIVEN:
		return *(const uint64_t *)at == COUNTER_UNKNOWN ? NULL
								: number(*(const uint64_t *)at);
	case COUNTER_SECONDS:
		return json_real((double)*(const uint64_t *)at / 1e9);
	case COUNTER_SHARE:
		return *(const double *)at < 0 ? json_null() : json_real(*(const double *)at);
	case COUNTER_SHARES:
		return shares_of(at, row->size / sizeof(double));
	case COUNTER_REAL:
		return json_real(*(const double *)at);
	case COUNTER_FLAG:
		return json_boolean(*(const bool *)at);
	case COUNTER_TEXT:
		return text_of(*(const char *const *)at);
	case COUNTER_REMARK:
		return *(const char *const *)at ? text_of(*(const char *const *)at) : NULL;
	case COUNTER_WORDS:
		return json_string(at);
	case COUNTER_LINES:
		return lines_of(at);
	case COUNTER_MAC:
		return mac_of(at);
	case COUNTER_LIST:
		return list_of(at, row->size / sizeof(uint64_t));
	case COUNTER_DROPS:
		return report_reasons(at);
	case COUNTER_TABLE:
		return report_object(row->table, at);
	case COUNTER_END:
		break;
	}
	return NULL;
}

void
report_counters(json_t *object, const struct counter *table, const void *from)
{
	for (; table->kind != COUNTER_END; table++) {
		json_t *value = value_of(table, from);

		if (value)
			json_object_set_new(object, table->name, value);
	}
}

json_t *
report_object(const struct counter *table, const void *from)
{
	json_t *object = json_object();

	report_counters(object, table, from);
	return object;
}
