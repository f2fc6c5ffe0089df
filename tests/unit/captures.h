/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every packet of the Ethernet captures in FIXTURES, in memory.
 */
#ifndef TESTS_CAPTURES_H
#define TESTS_CAPTURES_H

#include <dirent.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct captured {
	uint8_t *bytes; /* of their exact size, so that sanitizers see a read beyond */
	uint32_t length;
	unsigned file;
};

struct captures {
	struct captured *packets;
	unsigned count, room;
	char *files[64];
	unsigned file_count;
};

static inline void
captures_add(struct captures *captures, const uint8_t *bytes, uint32_t length, unsigned file)
{
	struct captured *packet;

	if (captures->count == captures->room) {
		captures->room = captures->room ? captures->room * 2 : 1024;
		captures->packets =
			realloc(captures->packets, captures->room * sizeof(*captures->packets));
	}
	packet = &captures->packets[captures->count++];
	packet->bytes = malloc(length + !length);
	memcpy(packet->bytes, bytes, length);
	packet->length = length;
	packet->file = file;
}

static inline int
captures_is_file(const struct dirent *entry)
{
	return strstr(entry->d_name, ".pcap") != NULL;
}

static inline void
captures_load(struct captures *captures)
{
	struct dirent **entries = NULL;
	int count = scandir(FIXTURES, &entries, captures_is_file, alphasort);

	memset(captures, 0, sizeof(*captures));
	for (int i = 0; i < count; i++) {
		char path[4096], message[PCAP_ERRBUF_SIZE];
		struct pcap_pkthdr *header;
		const u_char *bytes;
		pcap_t *pcap;

		snprintf(path, sizeof(path), "%s/%s", FIXTURES, entries[i]->d_name);
		free(entries[i]);
		pcap = pcap_open_offline(path, message);
		if (!pcap)
			continue;
		if (pcap_datalink(pcap) == DLT_EN10MB && captures->file_count < 64) {
			captures->files[captures->file_count] = strdup(path);
			while (pcap_next_ex(pcap, &header, &bytes) == 1)
				captures_add(captures, bytes, header->caplen, captures->file_count);
			captures->file_count++;
		}
		pcap_close(pcap);
	}
	free(entries);
	if (captures->count == 0) {
		fprintf(stderr, "no captures in %s\n", FIXTURES);
		exit(1);
	}
}

static inline void
captures_free(struct captures *captures)
{
	for (unsigned i = 0; i < captures->count; i++)
		free(captures->packets[i].bytes);
	for (unsigned i = 0; i < captures->file_count; i++)
		free(captures->files[i]);
	free(captures->packets);
}

#endif
