/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng.h"

#include <stdlib.h>
#include <string.h>

#include "core/when.h"
#include "line.h"

#include "core/banned.h"

#define SECTION 0x0a0d0d0aU
#define INTERFACE 1U
#define PACKET 6U
#define ORDER_MAGIC 0x1a2b3c4dU
#define ETHERNET 1
#define LENGTH_UNKNOWN UINT64_MAX

/* Options. */
#define OPTION_END 0
#define OPTION_COMMENT 1
#define OPTION_NAME 2
#define OPTION_FLAGS 2
#define OPTION_DROPS 4
#define OPTION_USER 4
#define OPTION_RESOLUTION 9
#define NANOSECONDS 9
#define DIRECTION_IN 1U
#define DIRECTION_OUT 2U
#define OPTION_BYTES_MAX UINT16_MAX

/* Appends to the block; without memory nothing, which is seen where it is written. */
static void
put(struct pcapng *pcapng, const void *bytes, size_t count)
{
	size_t padded = (count + 3) & ~(size_t)3;

	if (pcapng->failed)
		return;
	if (pcapng->used + padded > pcapng->room) {
		size_t room = 2 * (pcapng->used + padded);
		uint8_t *block = realloc(pcapng->block, room);

		if (!block) {
			pcapng->failed = true;
			return;
		}
		pcapng->block = block;
		pcapng->room = room;
	}
	if (count)
		memcpy(pcapng->block + pcapng->used, bytes, count);
	memset(pcapng->block + pcapng->used + count, 0, padded - count);
	pcapng->used += padded;
}

static void
put32(struct pcapng *pcapng, uint32_t number)
{
	put(pcapng, &number, sizeof(number));
}

static void
put_option(struct pcapng *pcapng, uint16_t code, const void *bytes, size_t count)
{
	uint16_t head[2] = {code, (uint16_t)count};

	put(pcapng, head, sizeof(head));
	put(pcapng, bytes, count);
}

static void
begin_block(struct pcapng *pcapng, uint32_t type)
{
	pcapng->used = 0;
	put32(pcapng, type);
	put32(pcapng, 0); /* its length, which end_block knows */
}

static bool
end_block(struct pcapng *pcapng)
{
	uint32_t length = (uint32_t)pcapng->used + sizeof(uint32_t);

	put32(pcapng, length);
	if (pcapng->failed)
		return false;
	memcpy(pcapng->block + sizeof(uint32_t), &length, sizeof(length));
	return fwrite(pcapng->block, 1, length, pcapng->out) == length;
}

bool
pcapng_begin(struct pcapng *pcapng, FILE *out, uint32_t snap)
{
	static const char user[] = "sluice " SLUICE_VERSION;
	uint64_t length = LENGTH_UNKNOWN;
	uint16_t version[2] = {1, 0};

	*pcapng = (struct pcapng){.out = out, .snap = snap, .names = json_object()};
	begin_block(pcapng, SECTION);
	put32(pcapng, ORDER_MAGIC);
	put(pcapng, version, sizeof(version));
	put(pcapng, &length, sizeof(length));
	put_option(pcapng, OPTION_USER, user, strlen(user));
	put_option(pcapng, OPTION_END, NULL, 0);
	return pcapng->names && end_block(pcapng);
}

/* The number of a port's interface, which is told of before its first packet. */
static bool
interface_of(struct pcapng *pcapng, const char *name, uint32_t *number)
{
	const json_t *known = json_object_get(pcapng->names, name);
	uint16_t link[2] = {ETHERNET, 0};
	uint8_t resolution = NANOSECONDS;

	*number = known ? (uint32_t)json_integer_value(known)
			: (uint32_t)json_object_size(pcapng->names);
	if (known)
		return true;
	json_object_set_new(pcapng->names, name, json_integer(*number));
	begin_block(pcapng, INTERFACE);
	put(pcapng, link, sizeof(link));
	put32(pcapng, pcapng->snap);
	put_option(pcapng, OPTION_NAME, name, strlen(name));
	put_option(pcapng, OPTION_RESOLUTION, &resolution, sizeof(resolution));
	put_option(pcapng, OPTION_END, NULL, 0);
	return end_block(pcapng);
}

static unsigned
digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static bool
put_bytes(struct pcapng *pcapng, const char *hex, size_t count)
{
	uint8_t *bytes = malloc(count + 1);

	if (!bytes)
		return false;
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	put(pcapng, bytes, count);
	free(bytes);
	return true;
}

static void
put_fate(struct pcapng *pcapng, const json_t *packet)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	line_fate(out, packet);
	if (fclose(out) == 0)
		put_option(pcapng, OPTION_COMMENT, text,
			   size < OPTION_BYTES_MAX ? size : OPTION_BYTES_MAX);
	free(text);
}

bool
pcapng_packet(struct pcapng *pcapng, const json_t *packet, uint64_t lost)
{
	const char *hex = json_string_value(json_object_get(packet, "bytes"));
	const char *port = json_string_value(json_object_get(packet, "port"));
	const char *at = json_string_value(json_object_get(packet, "time"));
	bool leaves = json_is_true(json_object_get(packet, "leaves"));
	uint32_t flags = leaves ? DIRECTION_OUT : DIRECTION_IN;
	char reason[WHEN_REASON_MAX];
	uint32_t interface, kept;
	uint64_t ns;

	if (!hex || !port || !at || when_parse(at, 0, &ns, reason, sizeof(reason)) < 0 ||
	    !interface_of(pcapng, port, &interface))
		return false;
	kept = (uint32_t)(strlen(hex) / 2);
	begin_block(pcapng, PACKET);
	put32(pcapng, interface);
	put32(pcapng, (uint32_t)(ns >> 32));
	put32(pcapng, (uint32_t)ns);
	put32(pcapng, kept);
	put32(pcapng, (uint32_t)json_integer_value(json_object_get(packet, "length")));
	if (!put_bytes(pcapng, hex, kept))
		return false;
	put_fate(pcapng, packet);
	put_option(pcapng, OPTION_FLAGS, &flags, sizeof(flags));
	if (lost)
		put_option(pcapng, OPTION_DROPS, &lost, sizeof(lost));
	put_option(pcapng, OPTION_END, NULL, 0);
	return end_block(pcapng);
}

void
pcapng_end(struct pcapng *pcapng)
{
	json_decref(pcapng->names);
	free(pcapng->block);
}
