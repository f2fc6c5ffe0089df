/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcap files, draft-ietf-opsawg-pcap: a header (section 4), then records (section 5).
 */
#include "format/pcap.h"

#include <errno.h>
#include <inttypes.h>

#include "format/number.h"
#include "format/reason.h"

#include "core/banned.h"

#define HEADER_SIZE 24
#define RECORD_HEADER_SIZE 16
#define VERSION_MAJOR 2
#define VERSION_MINOR 4
#define NS_PER_SECOND 1000000000ull

int
format_pcap_begin(struct format *format, const uint8_t *head, size_t size)
{
	unsigned major, minor, link_type;

	if (size < HEADER_SIZE)
		return format_fail(format, -EINVAL,
				   "ends within its header: it has %zu bytes, and a pcap file's "
				   "header alone has %d",
				   size, HEADER_SIZE);
	major = format_get16(format, head + 4);
	minor = format_get16(format, head + 6);
	if (major != VERSION_MAJOR || minor != VERSION_MINOR)
		return format_fail(format, -EINVAL,
				   "is a pcap file of version %u.%u; write it anew as version "
				   "%d.%d, as editcap does",
				   major, minor, VERSION_MAJOR, VERSION_MINOR);
	/* The upper bits may say that frames carry an FCS. Such frames are taken as they are, FCS and
	 * all, as other tools that replay do: the bits are set by few, and not rightly by all. The
	 * snap length is not looked at: records that are longer have their bytes in the file. */
	link_type = format_get32(format, head + 20) & 0xffff;
	if (link_type != FORMAT_LINK_ETHERNET)
		return format_fail_link(format, -EINVAL, "has", link_type);
	return HEADER_SIZE;
}

int
format_pcap_next(struct format *format, const uint8_t *bytes, size_t size, bool last, size_t *at,
		 struct format_record *out)
{
	size_t left = *at <= size ? size - *at : 0;
	const uint8_t *header;
	uint32_t length, wire_length;

	if (left < RECORD_HEADER_SIZE) {
		if (!last || *at == size)
			return 0;
		return format_fail(format, -EBADMSG, "the file ends in the middle of a record");
	}
	header = bytes + *at;
	length = format_get32(format, header + 8);
	wire_length = format_get32(format, header + 12);
	if (length > FORMAT_RECORD_MAX)
		return format_fail(format, -EBADMSG,
				   "the record says it is %" PRIu32 " bytes long; %d are the most",
				   length, FORMAT_RECORD_MAX);
	if (left - RECORD_HEADER_SIZE < length) {
		if (!last && length <= FORMAT_PACKET_MAX)
			return 0;
		if (last)
			return format_fail(format, -EBADMSG,
					   "the record says it is %" PRIu32
					   " bytes long, and the file has "
					   "only %zu more",
					   length, left - RECORD_HEADER_SIZE);
	}
	out->time_ns = format_get32(format, header) * NS_PER_SECOND +
		       format_get32(format, header + 4) * format->time_unit;
	out->timed = true;
	out->offset = *at + RECORD_HEADER_SIZE;
	out->length = length;
	out->wire_length = wire_length > length ? wire_length : length;
	*at = out->offset + length;
	return 1;
}
