/* SPDX-License-Identifier: BSD-3-Clause */
/* Real captures, and libpcap's opinion of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>

#include "format_kit.h"

#include "core/banned.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct image image;

static size_t
load(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	assert_non_null(file);
	size = fread(image.bytes, 1, sizeof(image.bytes), file);
	assert_true(size < sizeof(image.bytes));
	fclose(file);
	image.size = size;
	return size;
}

/* Whether libpcap takes it, and as Ethernet; its records must then be ours too. */
static bool
agrees_with_libpcap(const char *path)
{
	char message[PCAP_ERRBUF_SIZE];
	struct parsed parsed;
	pcap_t *pcap;

	load(path);
	pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);
	if (pcap && pcap_datalink(pcap) == DLT_EN10MB) {
		assert_as_libpcap(pcap, image.bytes, image.size);
		return true;
	}
	if (pcap)
		pcap_close(pcap);
	parsed = parse(image.bytes, image.size, 0);
	assert_true(parsed.ret < 0);
	parsed_free(&parsed);
	return false;
}

static unsigned
compare_folder(const char *folder)
{
	unsigned count = 0;
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char path[4096];

		if (!strstr(entry->d_name, ".pcap"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		count += agrees_with_libpcap(path);
		for (size_t step = 1000; step < 100000; step += 9999) {
			struct parsed whole = parse(image.bytes, image.size, 0);
			struct parsed pieces = parse(image.bytes, image.size, step);

			assert_true(agree(&whole, &pieces));
			parsed_free(&whole);
			parsed_free(&pieces);
		}
	}
	closedir(dir);
	return count;
}

static void
agrees_on_real_files(void **state)
{
	assert_true(compare_folder(FIXTURES) >= 13);
	assert_true(compare_folder(FIXTURES "/made") >= 12);
}

static void
refuses_real_files_by_name(void **state)
{
	static const struct {
		const char *file, *reason;
	} cases[] = {
		{"ipv6-http.pcap", "has link type RAW (12), not Ethernet; see other-links"},
		{"linktype-raw-ip.pcap", "has link type RAW (101), not Ethernet; see other-links"},
		{"sctp.pcap", "has link type IPV4 (228), not Ethernet; see other-links"},
		{"linktype-cooked.pcap",
		 "has link type LINUX_SLL (113), not Ethernet; see other-links"},
		{"big-endian.pcap", "has link type NETLINK (253), not Ethernet; see other-links"},
		{"made/no-capture.pcap",
		 "is no capture file: it begins neither as pcap nor as pcapng"},
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		struct parsed parsed;
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", FIXTURES, cases[i].file);
		load(path);
		parsed = parse(image.bytes, image.size, 0);
		assert_int_equal(parsed.ret, -EINVAL);
		assert_string_equal(parsed.reason, cases[i].reason);
		parsed_free(&parsed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_on_real_files),
		cmocka_unit_test(refuses_real_files_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
