/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "port_kit.h"
#include "port/capture.h"
#include "port/ports.h"

#include "core/banned.h"

#define RECORDS 3
#define FILE_HEADER 24
#define RECORD_HEADER 16
#define REASON_MAX 512

static const struct kit_record records[RECORDS] = {
	{1000000000000000001, 60, 60},
	{1000000000000000999, 1500, 96},
	{999999999999999999, 1, 1},
};

static int
scan(const char *path, struct capture_info *info, char *reason)
{
	reason[0] = '\0';
	return capture_scan(path, info, reason, REASON_MAX);
}

static void
finds_counts_and_times(void **state)
{
	struct capture_info info;
	char reason[REASON_MAX];

	kit_capture(kit_path("good"), records, RECORDS);
	assert_int_equal(scan(kit_path("good"), &info, reason), 0);
	assert_int_equal(info.records, RECORDS);
	assert_int_equal(info.truncated, 1);
	assert_int_equal(info.bytes, 60 + 96 + 1);
	assert_int_equal(info.longest, 96);
	assert_int_equal(info.first_ns, 999999999999999999);
	assert_int_equal(info.last_ns, 1000000000000000999);
}

static void
takes_an_empty_capture(void **state)
{
	struct capture_info info;
	char reason[REASON_MAX];

	kit_capture(kit_path("empty"), NULL, 0);
	assert_int_equal(scan(kit_path("empty"), &info, reason), 0);
	assert_int_equal(info.records, 0);
	assert_int_equal(info.first_ns, 0);
}

/* Wherever the file ends inside a record, the record is named; between records it is a whole file. */
static void
finds_every_cut(void **state)
{
	static const size_t ends[RECORDS + 1] = {
		FILE_HEADER,
		FILE_HEADER + RECORD_HEADER + 60,
		FILE_HEADER + 2 * RECORD_HEADER + 60 + 96,
		FILE_HEADER + 3 * RECORD_HEADER + 60 + 96 + 1,
	};

	kit_capture(kit_path("whole"), records, RECORDS);
	for (size_t length = 0; length <= ends[RECORDS]; length++) {
		char reason[REASON_MAX], expected[64];
		struct capture_info info;
		unsigned whole = 0;
		int ret;

		kit_capture(kit_path("cut"), records, RECORDS);
		assert_int_equal(truncate(kit_path("cut"), length), 0);
		ret = scan(kit_path("cut"), &info, reason);
		while (whole < RECORDS && ends[whole + 1] <= length)
			whole++;
		if (length < FILE_HEADER) {
			assert_int_equal(ret, -EINVAL);
			assert_true(strstr(reason, length == 0  ? "is empty"
						   : length < 4 ? "is no capture file"
								: "ends within its header"));
		} else if (length == ends[whole]) {
			assert_int_equal(ret, 0);
			assert_int_equal(info.records, whole);
		} else {
			snprintf(expected, sizeof(expected), "from record %u on", whole + 1);
			assert_int_equal(ret, -EBADMSG);
			assert_non_null(strstr(reason, expected));
		}
	}
}

static void
takes_times_after_2038(void **state)
{
	struct kit_record late = {4000000000123456789, 60, 60};
	struct capture_info info;
	char reason[REASON_MAX];

	kit_capture(kit_path("late"), &late, 1);
	assert_int_equal(scan(kit_path("late"), &info, reason), 0);
	assert_int_equal(info.first_ns, 4000000000123456789);
}

static void
counts_records_that_are_no_packets(void **state)
{
	struct kit_record odd[] = {{1, 65535, 65535}, {2, 65536, 65536},   {3, 60, 0},
				   {4, 0, 0},         {5, 262144, 262144}, {6, 60, 60}};
	struct capture_info info;
	char reason[REASON_MAX];

	kit_capture(kit_path("odd"), odd, 6);
	assert_int_equal(scan(kit_path("odd"), &info, reason), 0);
	assert_int_equal(info.records, 6);
	assert_int_equal(info.empty, 2);
	assert_int_equal(info.too_long, 2);
}

static void
refuses_other_link_types(void **state)
{
	static const struct {
		const char *file, *words;
	} rows[] = {
		{FIXTURES "/linktype-cooked.pcap",
		 "has link type LINUX_SLL (Linux cooked v1), not Ethernet"},
		{FIXTURES "/linktype-raw-ip.pcap", "has link type RAW (Raw IP), not Ethernet"},
		{FIXTURES "/sctp.pcap", "has link type IPV4 (Raw IPv4), not Ethernet"},
		{FIXTURES "/big-endian.pcap", "has link type NETLINK"},
		{FIXTURES "/many-interfaces.pcapng", "different from the type of the first"},
		{FIXTURES "/one-interface.pcapng", "different from the type of the first"},
		{FIXTURES "/no-such-file", "No such file or directory"},
		{FIXTURES, "is a directory, not a file"},
		{"/dev/null", "is a device, not a file"},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct capture_info info;
		char reason[REASON_MAX];

		assert_true(scan(rows[i].file, &info, reason) < 0);
		assert_non_null(strstr(reason, rows[i].words));
	}
}

/* In the words that replays have for it. */
static void
says_what_is_no_capture(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *reason;
	} cases[] = {
		{"\x1f\x8b\x08\0\0\0\0\0", 8,
		 "is compressed with gzip; unpack it first, with gunzip"},
		{"\x28\xb5\x2f\xfd\0\0\0\0", 8,
		 "is compressed with zstd; unpack it first, with unzstd"},
		{"snoop\0\0\0\0\0\0\2", 12,
		 "is a snoop capture; convert it first, with editcap -F pcapng"},
		{"This is a text.\n", 16,
		 "is no capture file: it begins neither as pcap nor as pcapng"},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *file = fopen(kit_path("stranger"), "wb");
		struct capture_info info;
		char reason[REASON_MAX];

		assert_non_null(file);
		assert_int_equal(fwrite(cases[i].bytes, 1, cases[i].size, file), cases[i].size);
		fclose(file);
		assert_int_equal(scan(kit_path("stranger"), &info, reason), -EINVAL);
		assert_string_equal(reason, cases[i].reason);
	}
}

static void
takes_any_byte_order_and_precision(void **state)
{
	static const char *const files[] = {FIXTURES "/nanosecond.pcap",
					    FIXTURES "/nanosecond-big-endian.pcap",
					    FIXTURES "/vlan.pcap"};

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct capture_info info;
		char reason[REASON_MAX];

		assert_int_equal(scan(files[i], &info, reason), 0);
		assert_true(info.records > 0);
	}
}

/* The sentence that a finding about a field has, or "". */
static const char *
finding(const struct error_list *errors, const char *field)
{
	for (unsigned i = 0; i < errors->count; i++) {
		if (errors->items[i].field && strcmp(errors->items[i].field, field) == 0)
			return errors->items[i].message;
	}
	return "";
}

static void
check_finds_all_at_once(void **state)
{
	struct config *config = kit_config();
	struct error_list errors;

	kit_capture(kit_path("in"), records, RECORDS);
	kit_capture(kit_path("empty"), NULL, 0);
	kit_pcap(config, FIXTURES "/linktype-cooked.pcap", NULL);
	kit_pcap(config, kit_path("empty"), kit_path("no/such/out"));
	kit_pcap(config, kit_path("in"), kit_path("in"));
	kit_pcap(config, NULL, kit_path("out"));
	kit_pcap(config, NULL, kit_path("out"));
	kit_pcap(config, NULL, kit_path("."));
	config->packets = 64;
	config->worker_count = 1;

	error_list_init(&errors, NULL);
	assert_int_equal(ports_check(config, &errors), -EINVAL);
	assert_non_null(strstr(finding(&errors, "ports.p0.pcap.in"), "p0: "));
	assert_non_null(strstr(finding(&errors, "ports.p0.pcap.in"), "LINUX_SLL"));
	assert_string_equal(finding(&errors, "ports.p1.pcap.in"), "p1: empty has no packets");
	assert_non_null(strstr(finding(&errors, "ports.p1.pcap.out"), "there is no directory"));
	assert_non_null(strstr(finding(&errors, "ports.p2.pcap.out"), "port p2 reads"));
	assert_non_null(strstr(finding(&errors, "ports.p4.pcap.out"), "port p3 writes"));
	assert_non_null(strstr(finding(&errors, "ports.p5.pcap.out"), "is a directory"));
	assert_non_null(strstr(finding(&errors, "memory.packets"), "would do"));
	assert_int_equal(errors.count, 7);
	assert_int_equal(errors.items[0].line, 1);
	assert_int_equal(errors.items[0].column, 3);
	error_list_clear(&errors);
}

static void
check_takes_what_is_sound(void **state)
{
	struct config *config = kit_config();
	struct error_list errors;

	kit_capture(kit_path("in"), records, RECORDS);
	kit_pcap(config, kit_path("in"), kit_path("out"));
	kit_pcap(config, kit_path("in"), "/dev/null");
	kit_pcap(config, NULL, "/dev/null");
	error_list_init(&errors, NULL);
	assert_int_equal(ports_check(config, &errors), 0);
	assert_int_equal(errors.count, 0);
	error_list_clear(&errors);
}

/* The number that the finding names is enough. */
static void
check_names_a_number_that_would_do(void **state)
{
	struct config *config = kit_config();
	struct error_list errors;
	unsigned number;

	for (unsigned i = 0; i < 4; i++) {
		struct config_port *port = kit_port(config, CONFIG_PORT_AF_XDP);

		port->device = (char *)(uintptr_t) "eth0";
		port->queues = 2;
	}
	config->packets = 1000;
	error_list_init(&errors, NULL);
	assert_int_equal(ports_check(config, &errors), -EINVAL);
	assert_int_equal(
		sscanf(strstr(finding(&errors, "memory.packets"), "; ") + 2, "%u", &number), 1);
	error_list_clear(&errors);
	config->packets = number;
	assert_int_equal(ports_check(config, &errors), 0);
	error_list_clear(&errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_counts_and_times),
		cmocka_unit_test(takes_an_empty_capture),
		cmocka_unit_test(finds_every_cut),
		cmocka_unit_test(takes_times_after_2038),
		cmocka_unit_test(counts_records_that_are_no_packets),
		cmocka_unit_test(refuses_other_link_types),
		cmocka_unit_test(says_what_is_no_capture),
		cmocka_unit_test(takes_any_byte_order_and_precision),
		cmocka_unit_test(check_finds_all_at_once),
		cmocka_unit_test(check_takes_what_is_sound),
		cmocka_unit_test(check_names_a_number_that_would_do),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
