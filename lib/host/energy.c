/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/energy.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/banned.h"

#define POWERCAP "/sys/class/powercap"
#define HWMON "/sys/class/hwmon"
#define MICRO 1e-6
#define NANO 1e-9
#define NUMBER_MAX 32

/* sysfs makes a file's text anew for whoever reads from its beginning. */
static int
read_counter(const struct energy_counter *counter, uint64_t *value)
{
	char text[NUMBER_MAX];
	ssize_t got = pread(fileno(counter->file), text, sizeof(text) - 1, 0);
	char *end;

	if (got < 0)
		return -errno;
	text[got] = '\0';
	*value = strtoull(text, &end, 10);
	return end == text ? -ENODATA : 0;
}

static void __attribute__((format(printf, 2, 3)))
give_up(struct energy *energy, const char *format, ...)
{
	va_list args;

	for (unsigned i = 0; i < energy->count; i++)
		fclose(energy->counters[i].file);
	energy->count = 0;
	energy->source = NULL;
	va_start(args, format);
	vsnprintf(energy->why, sizeof(energy->why), format, args);
	va_end(args);
}

/* False: it can't be read, which is said, and nothing is: a part of the energy would pass for
 * all. */
static bool
add(struct energy *energy, const struct root *root, const char *path, const char *name,
    uint64_t range)
{
	struct energy_counter *counter = &energy->counters[energy->count];
	int ret;

	if (energy->count == ENERGY_COUNTERS_MAX)
		return true;
	*counter = (struct energy_counter){.range = range, .file = root_open(root, "%s", path)};
	snprintf(counter->name, sizeof(counter->name), "%s", name);
	if (!counter->file) {
		ret = errno;
		give_up(energy, "%s: %s%s", path, strerror(ret),
			ret == EACCES ? "; only root may, where nobody allows it" : "");
		return false;
	}
	energy->count++;
	ret = read_counter(counter, &counter->last);
	if (ret < 0)
		give_up(energy, "%s: %s", path, strerror(-ret));
	return ret == 0;
}

/* intel-rapl:0, which AMD's have, too. Behind another colon stand parts of one, and psys is all of
 * them with more. */
static bool
is_package(const struct root *root, const char *zone, char *name, size_t size)
{
	static const char prefix[] = "intel-rapl:";

	return strncmp(zone, prefix, strlen(prefix)) == 0 && !strchr(zone + strlen(prefix), ':') &&
	       root_read(root, name, size, POWERCAP "/%s/name", zone) == 0 &&
	       strncmp(name, "package", strlen("package")) == 0;
}

static void
open_rapl(struct energy *energy, const struct root *root)
{
	struct root_names zones;

	root_list(root, &zones, POWERCAP);
	for (unsigned i = 0; i < zones.count; i++) {
		char name[64], path[ROOT_NAME_MAX + 64];
		uint64_t range = 0;

		if (!is_package(root, zones.items[i], name, sizeof(name)))
			continue;
		root_number(root, &range, POWERCAP "/%s/max_energy_range_uj", zones.items[i]);
		snprintf(path, sizeof(path), POWERCAP "/%s/energy_uj", zones.items[i]);
		energy->source = "rapl";
		if (!add(energy, root, path, name, range))
			break;
	}
	root_names_free(&zones);
}

/* Whether a name is word, a number and ending: "energy12_input". */
static bool
is_file(const char *name, const char *word, const char *ending)
{
	size_t length = strlen(word), digits;

	if (strncmp(name, word, length) != 0)
		return false;
	digits = strspn(name + length, "0123456789");
	return digits > 0 && strcmp(name + length + digits, ending) == 0;
}

/* A card that draws pictures takes no part in this. */
static bool
is_graphics(const char *chip)
{
	static const char *const names[] = {"amdgpu", "radeon", "nouveau", "i915", "xe"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(chip, names[i]) == 0)
			return true;
	}
	return false;
}

/* "Esocket0" of energy9_input; a chip that tells of sockets tells of their cores besides. */
static void
read_label(const struct root *root, const char *device, const char *file, char *label, size_t size)
{
	int length = (int)strcspn(file, "_");

	root_read(root, label, size, HWMON "/%s/%.*s_label", device, length, file);
}

static bool
has_sockets(const struct root *root, const char *device, const struct root_names *files)
{
	char label[32];

	for (unsigned i = 0; i < files->count; i++) {
		read_label(root, device, files->items[i], label, sizeof(label));
		if (strncmp(label, "Esocket", strlen("Esocket")) == 0)
			return true;
	}
	return false;
}

/* Files of a device of that kind. False: none was there, or one can't be read. */
static bool
open_files(struct energy *energy, const struct root *root, const char *device, const char *chip,
	   const char *word, const char *ending)
{
	struct root_names files;
	bool sockets, fine = true;

	root_list(root, &files, HWMON "/%s", device);
	sockets = has_sockets(root, device, &files);
	for (unsigned i = 0; i < files.count && fine; i++) {
		char path[2 * ROOT_NAME_MAX + 32], label[32], name[64];

		read_label(root, device, files.items[i], label, sizeof(label));
		if (!is_file(files.items[i], word, ending) ||
		    (sockets && strncmp(label, "Esocket", strlen("Esocket")) != 0))
			continue;
		snprintf(path, sizeof(path), HWMON "/%s/%s", device, files.items[i]);
		snprintf(name, sizeof(name), "%.30s %.31s", chip, *label ? label : files.items[i]);
		energy->source = "hwmon";
		fine = add(energy, root, path, name, 0);
	}
	root_names_free(&files);
	return energy->count > 0;
}

/* Of the first device that tells: two would tell of the same. What is counted counts more than what
 * is estimated from the power. */
static void
open_hwmon(struct energy *energy, const struct root *root)
{
	static const char *const kinds[][2] = {
		{"energy", "_input"}, {"power", "_average"}, {"power", "_input"}};
	struct root_names devices;
	bool found = false;

	root_list(root, &devices, HWMON);
	for (unsigned kind = 0; kind < 3 && !found; kind++) {
		energy->power = kind > 0;
		for (unsigned i = 0; i < devices.count && !found; i++) {
			char chip[64];

			root_read(root, chip, sizeof(chip), HWMON "/%s/name", devices.items[i]);
			found = !is_graphics(chip) &&
				open_files(energy, root, devices.items[i], chip, kinds[kind][0],
					   kinds[kind][1]);
		}
	}
	root_names_free(&devices);
}

void
energy_open(struct energy *energy, const struct root *root, uint64_t now_ns)
{
	*energy = (struct energy){.read_ns = now_ns};
	open_rapl(energy, root);
	if (!energy->source)
		open_hwmon(energy, root);
	if (!energy->source && !*energy->why)
		snprintf(energy->why, sizeof(energy->why), "%s",
			 "no energy counter on this machine: no RAPL, no hwmon");
}

void
energy_close(struct energy *energy)
{
	give_up(energy, "closed");
}

/* What it counted since: in joules; of power that which was taken now. */
static double
advance(struct energy_counter *counter, bool power, uint64_t value, uint64_t passed_ns)
{
	uint64_t before = counter->last;

	counter->last = value;
	if (power)
		return (double)value * MICRO * (double)passed_ns * NANO;
	if (value >= before)
		return (double)(value - before) * MICRO;
	/* It began anew at 0, where it ends, or when nobody knows. */
	return (double)value * MICRO +
	       (counter->range > before ? (double)(counter->range - before) * MICRO : 0);
}

void
energy_read(struct energy *energy, uint64_t now_ns)
{
	for (unsigned i = 0; i < energy->count; i++) {
		struct energy_counter *counter = &energy->counters[i];
		uint64_t value = 0;
		int ret = read_counter(counter, &value);

		if (ret < 0) {
			give_up(energy, "%s: %s", counter->name, strerror(-ret));
			return;
		}
		energy->joules += advance(counter, energy->power, value, now_ns - energy->read_ns);
	}
	energy->read_ns = now_ns;
}
