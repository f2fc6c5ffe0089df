/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/format.h"

#include "core/banned.h"

#define NS_PER_SECOND 1000000000ull
#define PCAPNG_SECTION \
	0x0a0d0d0au /* the type of a file's first block, the same in either byte order */
#define PCAPNG_SIMPLE 3u
#define TIME_MAX (UINT64_MAX - 1) /* the one behind it means that there is no record */

uint64_t
capture_record_ns(const struct pcap_pkthdr *header)
{
	int64_t seconds = header->ts.tv_sec;

	/* libpcap reads the file's unsigned 32 bits as signed: from 2038 on they come out negative. */
	if (seconds < 0 && seconds >= INT32_MIN)
		seconds += 1ll << 32;
	if (seconds < 0)
		return 0;
	if ((uint64_t)seconds >= TIME_MAX / NS_PER_SECOND)
		return TIME_MAX;
	return (uint64_t)seconds * NS_PER_SECOND + (uint32_t)header->ts.tv_usec;
}

static bool
word_at(int fd, off_t at, uint32_t *word)
{
	return pread(fd, word, sizeof(*word), at) == sizeof(*word);
}

/* libpcap stands behind the block, whose last word is its length (draft-ietf-opsawg-pcapng, section 3.1), in the byte
 * order of its section. */
bool
capture_has_time(pcap_t *pcap, const struct pcap_pkthdr *header)
{
	FILE *file = pcap_file(pcap);
	uint32_t magic, end, length, type, again;

	/* The time that it makes of none has no fraction of a second. */
	if (header->ts.tv_usec != 0 || !file || !word_at(fileno(file), 0, &magic) ||
	    magic != PCAPNG_SECTION || !word_at(fileno(file), ftello(file) - 4, &end))
		return true;
	for (unsigned swapped = 0; swapped < 2; swapped++) {
		length = swapped ? __builtin_bswap32(end) : end;
		if (length <= ftello(file) && word_at(fileno(file), ftello(file) - length, &type) &&
		    word_at(fileno(file), ftello(file) - length + 4, &again) && again == end &&
		    type == (swapped ? __builtin_bswap32(PCAPNG_SIMPLE) : PCAPNG_SIMPLE))
			return false;
	}
	return true;
}

static void
add_record(const struct pcap_pkthdr *header, struct capture_info *info)
{
	uint64_t ns = capture_record_ns(header);

	if (info->records == 0 || ns < info->first_ns)
		info->first_ns = ns;
	if (info->records == 0 || ns > info->last_ns)
		info->last_ns = ns;
	if (header->caplen < header->len)
		info->truncated++;
	if (header->caplen == 0)
		info->empty++;
	else if (!capture_is_packet(header))
		info->too_long++;
	if (header->caplen > info->longest)
		info->longest = header->caplen;
	info->bytes += header->caplen;
	info->records++;
}

static int
read_records(pcap_t *pcap, struct capture_info *info, char *reason, size_t size)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int ret;

	while ((ret = pcap_next_ex(pcap, &header, &data)) == 1)
		add_record(header, info);
	if (ret == PCAP_ERROR_BREAK)
		return 0;
	snprintf(reason, size, "can't be read from record %" PRIu64 " on: %s", info->records + 1,
		 pcap_geterr(pcap));
	return -EBADMSG;
}

/* A FIFO or a device would be read empty, or wait for ever. */
static int
check_kind(const char *path, char *reason, size_t size)
{
	struct stat status;

	if (stat(path, &status) < 0) {
		int err = errno;

		snprintf(reason, size, "%s", strerror(err));
		return -err;
	}
	if (!S_ISREG(status.st_mode)) {
		snprintf(reason, size, "is %s, not a file",
			 S_ISDIR(status.st_mode) ? "a directory" : "a device");
		return -EINVAL;
	}
	return 0;
}

/* What replays say of a file that they don't read either, where libpcap only says that it does not know it: how it is
 * compressed, whose format it has. */
static void
say_what_it_is(const char *path, const char *message, char *reason, size_t size)
{
	uint8_t head[FORMAT_HEAD];
	struct format format;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count = fd >= 0 ? read(fd, head, sizeof(head)) : -1;

	if (fd >= 0)
		close(fd);
	if (count >= 0 && format_begin(&format, head, count) < 0)
		snprintf(reason, size, "%s", format.reason);
	else
		snprintf(reason, size, "is no capture: %s", message);
	if (count >= 0)
		format_end(&format);
}

int
capture_scan(const char *path, struct capture_info *info, char *reason, size_t reason_size)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	const char *name, *text;
	pcap_t *pcap;
	int type, ret;

	*info = (struct capture_info){0};
	ret = check_kind(path, reason, reason_size);
	if (ret < 0)
		return ret;
	pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, errbuf);
	if (!pcap) {
		say_what_it_is(path, errbuf, reason, reason_size);
		return -EINVAL;
	}
	type = pcap_datalink(pcap);
	if (type == DLT_EN10MB) {
		ret = read_records(pcap, info, reason, reason_size);
	} else {
		name = pcap_datalink_val_to_name(type);
		text = pcap_datalink_val_to_description(type);
		if (name)
			snprintf(reason, reason_size, "has link type %s (%s), not Ethernet", name,
				 text ? text : "no description");
		else
			snprintf(reason, reason_size, "has link type %d, not Ethernet", type);
		ret = -EPROTOTYPE;
	}
	pcap_close(pcap);
	return ret;
}
