/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcap files, draft-ietf-opsawg-pcap: a header (section 4), then records (section 5); and those of
 * its kin whose headers are longer.
 */
#include "format/pcap.h"

#include <errno.h>
#include <inttypes.h>

#include "format/number.h"
#include "format/reason.h"
#include "format/variant.h"

#include "core/banned.h"

#define HEADER_SIZE 24
#define VERSION_MAJOR 2
#define VERSION_MINOR 4
/* Of DG/UX' tcpdump. */
#define VERSION_DGUX 543
#define NS_PER_SECOND 1000000000ull

/* In older versions the length on the wire stands first; in 2.3, some wrote it so and some did
 * not. */
static int
take_version(struct format *format, unsigned major, unsigned minor)
{
	if (major == VERSION_DGUX && minor == 0) {
		format->lengths = FORMAT_WIRE_FIRST;
		return 0;
	}
	if (major != VERSION_MAJOR || minor > VERSION_MINOR)
		return format_fail(format, -EINVAL,
				   "is a pcap file of version %u.%u; write it anew as version "
				   "%d.%d, as editcap does",
				   major, minor, VERSION_MAJOR, VERSION_MINOR);
	if (minor == VERSION_MINOR)
		format->lengths = FORMAT_KEPT_FIRST;
	else
		format->lengths = minor == 3 ? FORMAT_SHORTER_KEPT : FORMAT_WIRE_FIRST;
	return 0;
}

int
format_pcap_begin(struct format *format, const uint8_t *head, size_t size)
{
	const struct format_variant *variant = format_variant_find(format, head);
	unsigned header_size = HEADER_SIZE + variant->header_extra;

	if (size < header_size)
		return format_fail(format, -EINVAL,
				   "ends within its header: it has %zu bytes, and a pcap file's "
				   "header alone has %u",
				   size, header_size);
	if (take_version(format, format_get16(format, head + 4), format_get16(format, head + 6)) <
	    0)
		return -EINVAL;
	/* The upper bits may say that frames carry an FCS. Such frames are taken as they are, FCS
	 * and all, as other tools that replay do: the bits are set by few, and not rightly by all.
	 * The snap length is not looked at: records that are longer have their bytes in the
	 * file. */
	format->link_type = format_get32(format, head + 20) & 0xffff;
	if (format->link_type != FORMAT_LINK_ETHERNET && !format->any_link)
		return format_fail_link(format, -EINVAL, "has", format->link_type);
	format->time_unit = variant->time_unit;
	format->record_header =
		format_variant_records(format, variant, head + header_size, size - header_size);
	return header_size;
}

int
format_pcap_next(struct format *format, const uint8_t *bytes, size_t size, bool last, size_t *at,
		 struct format_record *out)
{
	size_t left = *at <= size ? size - *at : 0;
	uint32_t length, wire_length, most = format_record_max(format->link_type);
	const uint8_t *header;

	if (left < format->record_header) {
		if (!last || *at == size)
			return 0;
		return format_fail(format, -ENODATA, "the file ends in the middle of a record");
	}
	header = bytes + *at;
	format_variant_lengths(format, header, &length, &wire_length);
	if (length > most)
		return format_fail(format, -EBADMSG,
				   "the record says it is %" PRIu32 " bytes long; %" PRIu32
				   " are the most",
				   length, most);
	left -= format->record_header;
	if (left < length) {
		if (!last && length <= FORMAT_PACKET_MAX)
			return 0;
		if (last)
			return format_fail(format, -ENODATA,
					   "the record says it is %" PRIu32
					   " bytes long, and the file has only %zu more",
					   length, left);
	}
	out->time_ns = format_get32(format, header) * NS_PER_SECOND +
		       (uint64_t)format_get32(format, header + 4) * format->time_unit;
	out->timed = true;
	out->link_type = format->link_type;
	out->offset = *at + format->record_header;
	out->length = length;
	out->wire_length = wire_length > length ? wire_length : length;
	*at = out->offset + length;
	return 1;
}
