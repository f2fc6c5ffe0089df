/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/format.h"

#include <errno.h>
#include <pcap/dlt.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>

#include "replay/format_kind.h"

#include "core/banned.h"

#define MAGIC_MICRO 0xa1b2c3d4
#define MAGIC_NANO 0xa1b23c4d
#define MAGIC_PCAPNG 0x0a0d0d0a /* a section header block's type, the same in either order */
#define MAGIC_SIZE 4

#define NS_PER_MICROSECOND 1000

/* First bytes of what people take for captures, or have captures in. */
static const struct {
	uint8_t magic[8];
	uint8_t length;
	const char *reason;
} strangers[] = {
	{{0x1f, 0x8b}, 2, "is compressed with gzip; unpack it first, with gunzip"},
	{{0x28, 0xb5, 0x2f, 0xfd}, 4, "is compressed with zstd; unpack it first, with unzstd"},
	{{0xfd, '7', 'z', 'X', 'Z', 0}, 6, "is compressed with xz; unpack it first, with unxz"},
	{{0x04, 0x22, 0x4d, 0x18}, 4, "is compressed with lz4; unpack it first, with unlz4"},
	{{'B', 'Z', 'h'}, 3, "is compressed with bzip2; unpack it first, with bunzip2"},
	{{'P', 'K', 3, 4}, 4, "is a zip archive; unpack it first, with unzip"},
	{{'s', 'n', 'o', 'o', 'p', 0, 0, 0},
	 8,
	 "is a snoop capture; convert it first, with editcap -F pcapng"},
	{{'G', 'M', 'B', 'U'},
	 4,
	 "is a Network Monitor capture; convert it first, with editcap -F pcapng"},
	{{0xa1, 0xb2, 0xcd, 0x34},
	 4,
	 "is a modified (Kuznetzov) pcap file; convert it first, with editcap -F pcapng"},
	{{0x34, 0xcd, 0xb2, 0xa1},
	 4,
	 "is a modified (Kuznetzov) pcap file; convert it first, with editcap -F pcapng"},
	{{0x1c, 0x00, 0x01, 0xac},
	 4,
	 "is an IXIA capture; convert it first, with editcap -F pcapng"},
	{{0xac, 0x01, 0x00, 0x1c},
	 4,
	 "is an IXIA capture; convert it first, with editcap -F pcapng"},
	{{0x1c, 0x00, 0x01, 0xab},
	 4,
	 "is an IXIA capture; convert it first, with editcap -F pcapng"},
	{{0xab, 0x01, 0x00, 0x1c},
	 4,
	 "is an IXIA capture; convert it first, with editcap -F pcapng"},
};

/* Link types whose numbers in files may differ from those that libpcap has names for. */
static const struct {
	unsigned link_type;
	const char *name;
} low_link_types[] = {
	{0, "NULL"},       {3, "AX25"},          {6, "IEEE802_5"}, {7, "ARCNET"},
	{8, "SLIP"},       {9, "PPP"},           {10, "FDDI"},     {50, "PPP_SERIAL"},
	{51, "PPP_ETHER"}, {100, "ATM_RFC1483"}, {101, "RAW"},
};

int
format_fail(struct format *format, int ret, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(format->reason, sizeof(format->reason), text, arguments);
	va_end(arguments);
	return ret;
}

static const char *
link_name(unsigned link_type)
{
	for (unsigned i = 0; i < sizeof(low_link_types) / sizeof(low_link_types[0]); i++) {
		if (low_link_types[i].link_type == link_type)
			return low_link_types[i].name;
	}
	return pcap_datalink_val_to_name((int)link_type);
}

int
format_fail_link(struct format *format, int ret, const char *lead, unsigned link_type)
{
	const char *name = link_name(link_type);

	if (!name)
		return format_fail(format, ret, "%s link type %u, not Ethernet", lead, link_type);
	return format_fail(format, ret, "%s link type %s (%u), not Ethernet", lead, name,
			   link_type);
}

static int
refuse(struct format *format, const uint8_t *head, size_t size)
{
	for (unsigned i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		if (size >= strangers[i].length &&
		    memcmp(head, strangers[i].magic, strangers[i].length) == 0)
			return format_fail(format, -EINVAL, "%s", strangers[i].reason);
	}
	if (size == 0)
		return format_fail(format, -EINVAL, "is empty");
	return format_fail(format, -EINVAL,
			   "is no capture file: it begins neither as pcap nor as pcapng");
}

int
format_begin(struct format *format, const void *head, size_t size)
{
	uint32_t magic;

	*format = (struct format){0};
	if (size < MAGIC_SIZE)
		return refuse(format, head, size);
	magic = format_get32(format, head);
	if (magic == MAGIC_PCAPNG) {
		format->kind = FORMAT_PCAPNG;
		return format_pcapng_begin(format, head, size);
	}
	format->swapped =
		magic == __builtin_bswap32(MAGIC_MICRO) || magic == __builtin_bswap32(MAGIC_NANO);
	magic = format_get32(format, head);
	if (magic != MAGIC_MICRO && magic != MAGIC_NANO)
		return refuse(format, head, size);
	format->kind = FORMAT_PCAP;
	format->time_unit = magic == MAGIC_NANO ? 1 : NS_PER_MICROSECOND;
	return format_pcap_begin(format, head, size);
}

int
format_next(struct format *format, const void *bytes, size_t size, bool last, size_t *at,
	    struct format_record *out)
{
	if (format->kind == FORMAT_PCAP)
		return format_pcap_next(format, bytes, size, last, at, out);
	return format_pcapng_next(format, bytes, size, last, at, out);
}

void
format_end(struct format *format)
{
	format_pcapng_end(format);
}
