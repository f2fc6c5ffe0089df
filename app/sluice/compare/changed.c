/* SPDX-License-Identifier: BSD-3-Clause */
#include "changed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "format/write.h"
#include "sluice.h"

#include "core/banned.h"

/* So many bytes of a range are shown on a line. */
#define SHOWN_MAX 16
#define PAD 3

enum { INTERFACE_SENT, INTERFACE_BACK };

static json_t *
hex_of(const uint8_t *bytes, uint32_t kept, uint32_t at, uint32_t length)
{
	char *text, *end;
	json_t *hex;

	if (at > kept)
		at = kept;
	if (length > kept - at)
		length = kept - at;
	text = end = malloc(2 * (size_t)length + 1);
	if (!text)
		return json_string("");
	*end = 0;
	for (uint32_t i = 0; i < length; i++)
		end += snprintf(end, 3, "%02x", bytes[at + i]);
	hex = json_string(text);
	free(text);
	return hex;
}

static json_t *
example_of(const struct match_example *example)
{
	json_t *differs = json_array();

	for (unsigned i = 0; i < example->difference.ranges; i++) {
		const struct match_range *range = &example->difference.range[i];

		json_array_append_new(differs,
				      json_pack("{s:i, s:i, s:o, s:o}", "at", (int)range->old_at,
						"back_at", (int)range->new_at, "old",
						hex_of(example->old, example->old_length,
						       range->old_at, range->old_length),
						"new",
						hex_of(example->new, example->new_length,
						       range->new_at, range->new_length)));
	}
	return json_pack("{s:I, s:I, s:i, s:b, s:o}", "sent", (json_int_t)example->number, "back",
			 (json_int_t)example->back_number, "bytes", (int)example->difference.bytes,
			 "more", example->difference.more, "differs", differs);
}

static json_t *
kind_of(const struct match_kind *kind)
{
	json_t *fields = json_array(), *examples = json_array();

	for (unsigned i = 0; i < MATCH_FIELDS; i++) {
		if (kind->fields & (1u << i))
			json_array_append_new(fields, json_string(match_field_word(i)));
	}
	for (unsigned i = 0; i < kind->examples; i++)
		json_array_append_new(examples, example_of(&kind->example[i]));
	return json_pack("{s:o, s:I, s:o}", "fields", fields, "packets", (json_int_t)kind->packets,
			 "examples", examples);
}

json_t *
changed_make(const struct match_changes *changes)
{
	json_t *kinds = json_array();

	for (unsigned i = 0; i < changes->kinds; i++)
		json_array_append_new(kinds, kind_of(&changes->kind[i]));
	return json_pack("{s:o, s:I, s:I}", "kinds", kinds, "others", (json_int_t)changes->others,
			 "unseen", (json_int_t)changes->unseen);
}

static void
print_bytes(const char *hex, FILE *out)
{
	size_t length = strlen(hex);

	if (length == 0)
		fprintf(out, "nothing");
	else if (length <= (size_t)2 * SHOWN_MAX)
		fprintf(out, "%s", hex);
	else
		fprintf(out, "%.*s... (%zu bytes)", 2 * SHOWN_MAX, hex, length / 2);
}

static void
print_example(const json_t *example, FILE *out)
{
	const json_t *differs = json_object_get(example, "differs"), *range;
	size_t i;

	fprintf(out, "  packet %" JSON_INTEGER_FORMAT " came back as packet %" JSON_INTEGER_FORMAT,
		json_integer_value(json_object_get(example, "sent")),
		json_integer_value(json_object_get(example, "back")));
	json_array_foreach (differs, i, range) {
		json_int_t at = json_integer_value(json_object_get(range, "at"));
		json_int_t back_at = json_integer_value(json_object_get(range, "back_at"));

		fprintf(out, "%s byte %" JSON_INTEGER_FORMAT, i ? ";" : ":", at);
		if (back_at != at)
			fprintf(out, " (back: %" JSON_INTEGER_FORMAT ")", back_at);
		fprintf(out, " ");
		print_bytes(json_string_value(json_object_get(range, "old")), out);
		fprintf(out, " -> ");
		print_bytes(json_string_value(json_object_get(range, "new")), out);
	}
	fprintf(out, "%s\n", json_is_true(json_object_get(example, "more")) ? "; and more" : "");
}

void
changed_print(const json_t *changes, FILE *out)
{
	const json_t *kinds = json_object_get(changes, "kinds"), *kind, *field, *example;
	uint64_t others = (uint64_t)json_integer_value(json_object_get(changes, "others"));
	uint64_t unseen = (uint64_t)json_integer_value(json_object_get(changes, "unseen"));
	size_t i, j;

	json_array_foreach (kinds, i, kind) {
		uint64_t packets = (uint64_t)json_integer_value(json_object_get(kind, "packets"));

		fprintf(out, "changed in ");
		json_array_foreach (json_object_get(kind, "fields"), j, field)
			fprintf(out, "%s%s", j ? ", " : "", json_string_value(field));
		fprintf(out, ": %s packet%s\n", units_count(packets).text, units_plural(packets));
		json_array_foreach (json_object_get(kind, "examples"), j, example)
			print_example(example, out);
	}
	if (others)
		fprintf(out, "changed in other ways: %s packet%s\n", units_count(others).text,
			units_plural(others));
	if (unseen)
		fprintf(out, "changed in ways that are not known any more: %s packet%s\n",
			units_count(unseen).text, units_plural(unseen));
}

static bool
write_packet(FILE *out, const struct format_write_packet *packet, const uint8_t *bytes)
{
	static uint8_t block[MATCH_EXAMPLE_BYTES + FORMAT_WRITE_AROUND_MAX + PAD];
	uint32_t size = format_write_packet_size(packet);

	memcpy(format_write_packet(block, packet), bytes, packet->length);
	return fwrite(block, 1, size, out) == size;
}

static bool
write_example(FILE *out, const struct match_example *example, uint64_t id)
{
	const struct format_write_packet sent = {.time_ns = example->sent_ns,
						 .interface = INTERFACE_SENT,
						 .length = example->old_length,
						 .wire_length = example->old_whole,
						 .flags = FORMAT_OUTBOUND,
						 .id = id};
	const struct format_write_packet back = {.time_ns = example->back_ns,
						 .interface = INTERFACE_BACK,
						 .length = example->new_length,
						 .wire_length = example->new_whole,
						 .flags = FORMAT_INBOUND,
						 .id = id};

	return write_packet(out, &sent, example->old) && write_packet(out, &back, example->new);
}

static bool
write_all(const struct match_changes *changes, FILE *out)
{
	static uint8_t head[FORMAT_WRITE_SECTION_MAX + 2 * FORMAT_WRITE_INTERFACE_MAX];
	size_t size = format_write_section(head, "sluice " SLUICE_VERSION, NULL);
	uint64_t id = 1;

	size += format_write_interface(head + size, "sent", MATCH_EXAMPLE_BYTES);
	size += format_write_interface(head + size, "back", MATCH_EXAMPLE_BYTES);
	if (fwrite(head, 1, size, out) != size)
		return false;
	for (unsigned i = 0; i < changes->kinds; i++) {
		for (unsigned j = 0; j < changes->kind[i].examples; j++) {
			if (!write_example(out, &changes->kind[i].example[j], id++))
				return false;
		}
	}
	return true;
}

bool
changed_write(const struct match_changes *changes, const char *path)
{
	bool standard = strcmp(path, "-") == 0, done;
	FILE *out = standard ? stdout : fopen(path, "wb");

	if (!out) {
		say_failed(EXIT_FAILED, "%s: %s", path, strerror(errno));
		return false;
	}
	done = write_all(changes, out);
	if (!standard && fclose(out) != 0)
		done = false;
	if (!done)
		say_failed(EXIT_FAILED, "%s: can't write: %s", path, strerror(errno));
	return done;
}
