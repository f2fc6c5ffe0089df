/* SPDX-License-Identifier: BSD-3-Clause */
#include "format/format.h"

#include <errno.h>
#include <string.h>

#include "format/interface.h"
#include "format/number.h"
#include "format/pcap.h"
#include "format/pcapng.h"
#include "format/reason.h"
#include "format/variant.h"

#include "core/banned.h"

#define MAGIC_PCAPNG 0x0a0d0d0a /* a section header block's type, the same in either order */
#define MAGIC_SIZE 4

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
	{{0x02, 0x21, 0x4c, 0x18},
	 4,
	 "is compressed with lz4 in its legacy format; unpack it first, with unlz4"},
	{{'B', 'Z', 'h'}, 3, "is compressed with bzip2; unpack it first, with bunzip2"},
	{{'P', 'K', 3, 4}, 4, "is a zip archive; unpack it first, with unzip"},
	{{'s', 'n', 'o', 'o', 'p', 0, 0, 0},
	 8,
	 "is a snoop capture; convert it first, with editcap -F pcapng"},
	{{'G', 'M', 'B', 'U'},
	 4,
	 "is a Network Monitor capture; convert it first, with editcap -F pcapng"},
};

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

static int
begin(struct format *format, const void *head, size_t size, bool any_link)
{
	*format = (struct format){.any_link = any_link};
	if (size < MAGIC_SIZE)
		return refuse(format, head, size);
	if (format_get32(format, head) == MAGIC_PCAPNG) {
		format->kind = FORMAT_PCAPNG;
		return format_pcapng_begin(format, head, size);
	}
	if (!format_variant_find(format, head))
		return refuse(format, head, size);
	format->kind = FORMAT_PCAP;
	return format_pcap_begin(format, head, size);
}

int
format_begin(struct format *format, const void *head, size_t size)
{
	return begin(format, head, size, false);
}

int
format_begin_any(struct format *format, const void *head, size_t size)
{
	return begin(format, head, size, true);
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
	format_interface_free(format);
}
