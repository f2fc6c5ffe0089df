/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/energy.h"
#include "host_kit.h"

#include "core/banned.h"

#define RAPL "/sys/class/powercap/"
#define HWMON "/sys/class/hwmon/"
#define NOBODY 65534
#define SECOND UINT64_C(1000000000)

static struct root root = {kit_root};
static struct energy energy;

static int
begin(void **state)
{
	snprintf(kit_root, sizeof(kit_root), "%s", "/tmp/sluice-energy-XXXXXX");
	return mkdtemp(kit_root) ? 0 : -1;
}

static int
end(void **state)
{
	energy_close(&energy);
	kit_remove("");
	return 0;
}

static void
zone(const char *zone, const char *name, const char *energy_uj)
{
	char path[256];

	snprintf(path, sizeof(path), RAPL "%s/name", zone);
	kit_file(path, name);
	snprintf(path, sizeof(path), RAPL "%s/max_energy_range_uj", zone);
	kit_file(path, "10000000\n");
	snprintf(path, sizeof(path), RAPL "%s/energy_uj", zone);
	kit_file(path, energy_uj);
}

static double
joules_at(uint64_t seconds)
{
	energy_read(&energy, seconds * SECOND);
	return energy.joules;
}

static void
nothing(void **state)
{
	energy_open(&energy, &root, 0);
	assert_null(energy.source);
	assert_string_equal(energy.why, "no energy counter on this machine: no RAPL, no hwmon");
	assert_true(joules_at(1) == 0);
}

/* Packages, and neither their parts, nor the machine around them, nor the other way to one. */
static void
packages(void **state)
{
	kit_file(RAPL "intel-rapl/enabled", "1\n");
	zone("intel-rapl:0", "package-0\n", "1000000\n");
	zone("intel-rapl:0:0", "core\n", "400000\n");
	zone("intel-rapl:1", "package-1\n", "9000000\n");
	zone("intel-rapl:2", "psys\n", "50\n");
	zone("intel-rapl-mmio:0", "package-0\n", "70\n");
	energy_open(&energy, &root, 0);
	assert_string_equal(energy.source, "rapl");
	assert_int_equal(energy.count, 2);
	assert_string_equal(energy.counters[0].name, "package-0");
	assert_string_equal(energy.counters[1].name, "package-1");

	zone("intel-rapl:0", "package-0\n", "3500000\n");
	zone("intel-rapl:1", "package-1\n", "9250000\n");
	zone("intel-rapl:0:0", "core\n", "9900000\n");
	zone("intel-rapl:2", "psys\n", "9900000\n");
	assert_float_equal(joules_at(1), 2.75, 1e-9);
}

/* From its end on it counts from 0. */
static void
begins_anew(void **state)
{
	zone("intel-rapl:0", "package-0\n", "9500000\n");
	energy_open(&energy, &root, 0);
	zone("intel-rapl:0", "package-0\n", "200000\n");
	assert_float_equal(joules_at(1), 0.7, 1e-9);
	zone("intel-rapl:0", "package-0\n", "300000\n");
	assert_float_equal(joules_at(2), 0.8, 1e-9);
}

/* A part of the energy would pass for all of it. */
static void
one_that_may_not_be_read(void **state)
{
	zone("intel-rapl:0", "package-0\n", "1\n");
	zone("intel-rapl:1", "package-1\n", "2\n");
	chmod(kit_path(RAPL "intel-rapl:1/energy_uj"), 0);
	chmod(kit_root, 0755);
	/* Root may read anything. */
	if (geteuid() == 0)
		assert_int_equal(seteuid(NOBODY), 0);
	energy_open(&energy, &root, 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_null(energy.source);
	assert_int_equal(energy.count, 0);
	assert_non_null(strstr(energy.why, RAPL "intel-rapl:1/energy_uj: Permission denied"));
}

static void
one_that_tells_nothing(void **state)
{
	zone("intel-rapl:0", "package-0\n", "");
	energy_open(&energy, &root, 0);
	assert_null(energy.source);
	assert_non_null(strstr(energy.why, "energy_uj: No data"));
}

/* It goes while the daemon runs. */
static void
one_that_goes(void **state)
{
	zone("intel-rapl:0", "package-0\n", "1\n");
	energy_open(&energy, &root, 0);
	assert_non_null(energy.source);
	zone("intel-rapl:0", "package-0\n", "");
	energy_read(&energy, SECOND);
	assert_null(energy.source);
	assert_non_null(strstr(energy.why, "package-0: No data"));
}

/* AMD's module has cores and sockets; a card that draws has power of its own. */
static void
sockets(void **state)
{
	kit_file(HWMON "hwmon0/name", "amdgpu\n");
	kit_file(HWMON "hwmon0/energy1_input", "1\n");
	kit_file(HWMON "hwmon1/name", "amd_energy\n");
	kit_file(HWMON "hwmon1/energy1_input", "100\n");
	kit_file(HWMON "hwmon1/energy1_label", "Ecore000\n");
	kit_file(HWMON "hwmon1/energy2_input", "1000000\n");
	kit_file(HWMON "hwmon1/energy2_label", "Esocket0\n");
	kit_file(HWMON "hwmon2/name", "power_meter\n");
	kit_file(HWMON "hwmon2/power1_average", "5000000\n");
	energy_open(&energy, &root, 0);
	assert_string_equal(energy.source, "hwmon");
	assert_int_equal(energy.count, 1);
	assert_string_equal(energy.counters[0].name, "amd_energy Esocket0");
	kit_file(HWMON "hwmon1/energy2_input", "1500000\n");
	assert_float_equal(joules_at(1), 0.5, 1e-9);
}

/* Power is what is taken now: energy is that for as long. */
static void
power(void **state)
{
	kit_file(HWMON "hwmon0/name", "coretemp\n");
	kit_file(HWMON "hwmon0/temp1_input", "40000\n");
	kit_file(HWMON "hwmon1/name", "power_meter\n");
	kit_file(HWMON "hwmon1/power1_average", "40000000\n");
	kit_file(HWMON "hwmon1/power1_average_interval", "1000\n");
	energy_open(&energy, &root, 10 * SECOND);
	assert_string_equal(energy.source, "hwmon");
	assert_int_equal(energy.count, 1);
	assert_string_equal(energy.counters[0].name, "power_meter power1_average");
	assert_float_equal(joules_at(12), 80, 1e-9);
	kit_file(HWMON "hwmon1/power1_average", "10000000\n");
	assert_float_equal(joules_at(13), 90, 1e-9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing, begin, end),
		cmocka_unit_test_setup_teardown(packages, begin, end),
		cmocka_unit_test_setup_teardown(begins_anew, begin, end),
		cmocka_unit_test_setup_teardown(one_that_may_not_be_read, begin, end),
		cmocka_unit_test_setup_teardown(one_that_tells_nothing, begin, end),
		cmocka_unit_test_setup_teardown(one_that_goes, begin, end),
		cmocka_unit_test_setup_teardown(sockets, begin, end),
		cmocka_unit_test_setup_teardown(power, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
