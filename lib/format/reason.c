/* SPDX-License-Identifier: BSD-3-Clause */
#include "format/reason.h"

#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/banned.h"

enum {
	LINK_USB_LINUX = 189,
	LINK_USB_LINUX_MMAPPED = 220,
	LINK_DBUS = 231,
	LINK_USBPCAP = 249,
	LINK_EBHSCR = 279,
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

uint32_t
format_record_max(uint16_t link_type)
{
	switch (link_type) {
	case LINK_USB_LINUX:
	case LINK_USB_LINUX_MMAPPED:
	case LINK_DBUS:
	case LINK_USBPCAP:
	case LINK_EBHSCR:
		return FORMAT_TRANSFER_MAX;
	default:
		return FORMAT_RECORD_MAX;
	}
}

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
	static const char why[] = "not Ethernet; see other-links";
	const char *name = link_name(link_type);

	if (!name)
		return format_fail(format, ret, "%s link type %u, %s", lead, link_type, why);
	return format_fail(format, ret, "%s link type %s (%u), %s", lead, name, link_type, why);
}
