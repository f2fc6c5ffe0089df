/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/pmd.h"

#include <rte_build_config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/text.h"

#include "core/banned.h"

#ifndef RTE_EAL_PMD_PATH
#define RTE_EAL_PMD_PATH ""
#endif

#define FILE_START "librte_net_"
#define TEXT_START "PMD_INFO_STRING= "
#define NAME_START "\"name\": \""
#define IDS_START "\"pci_ids\": ["
#define NAME_MAX_BYTES 64
/* The least that a name in a file of machine code says something by. */
#define MENTION_MIN 4
#define ANY 0xffff

/* A file as it lies in memory. */
struct image {
	char *bytes;
	size_t size;
};

static bool
image_open(const struct root *root, const char *directory, const char *name, struct image *image)
{
	FILE *file = root_open(root, "%s%s%s", directory, directory[0] ? "/" : "", name);
	struct stat status;

	*image = (struct image){0};
	if (!file)
		return false;
	if (fstat(fileno(file), &status) == 0 && status.st_size > 0) {
		image->size = (size_t)status.st_size;
		image->bytes = mmap(NULL, image->size, PROT_READ, MAP_PRIVATE, fileno(file), 0);
		if (image->bytes == MAP_FAILED)
			image->bytes = NULL;
	}
	fclose(file);
	return image->bytes;
}

static void
image_close(struct image *image)
{
	munmap(image->bytes, image->size);
}

static bool
add(struct pmds *pmds, const char *text, size_t length)
{
	char **texts = realloc(pmds->texts, (pmds->count + 1) * sizeof(*texts));

	if (!texts)
		return false;
	pmds->texts = texts;
	texts[pmds->count] = strndup(text, length);
	pmds->count += texts[pmds->count] != NULL;
	return true;
}

static bool
add_file(struct pmds *pmds, const struct root *root, const char *name)
{
	static const char start[] = TEXT_START;
	struct image image;
	bool done = true;

	if (!image_open(root, RTE_EAL_PMD_PATH, name, &image))
		return false;
	for (char *at = image.bytes, *end = image.bytes + image.size; at && done;) {
		at = memmem(at, (size_t)(end - at), start, strlen(start));
		if (!at)
			break;
		at += strlen(start);
		done = add(pmds, at, strnlen(at, (size_t)(end - at)));
	}
	image_close(&image);
	return done;
}

void
pmds_read(const struct root *root, struct pmds *pmds)
{
	struct root_names names;

	*pmds = (struct pmds){0};
	pmds->complete = RTE_EAL_PMD_PATH[0] && root_list(root, &names, RTE_EAL_PMD_PATH) == 0;
	if (!RTE_EAL_PMD_PATH[0])
		return;
	for (unsigned i = 0; i < names.count; i++) {
		if (strncmp(names.items[i], FILE_START, strlen(FILE_START)) == 0 &&
		    strstr(names.items[i], ".so"))
			pmds->complete &= add_file(pmds, root, names.items[i]);
	}
	root_names_free(&names);
}

void
pmds_clear(struct pmds *pmds)
{
	for (unsigned i = 0; i < pmds->count; i++)
		free(pmds->texts[i]);
	free(pmds->texts);
	*pmds = (struct pmds){0};
}

static bool
name_of(const char *text, char name[NAME_MAX_BYTES])
{
	const char *at = strstr(text, NAME_START);
	size_t length;

	if (!at)
		return false;
	at += strlen(NAME_START);
	length = strcspn(at, "\"");
	if (length >= NAME_MAX_BYTES)
		return false;
	snprintf(name, NAME_MAX_BYTES, "%.*s", (int)length, at);
	return true;
}

/* Drivers have older names beside: eth_ for net_, and virtio_user. */
static const char *
old_name(const char *name)
{
	static char old[NAME_MAX_BYTES];

	if (strncmp(name, "net_", strlen("net_")) != 0)
		return name;
	if (strcmp(name, "net_virtio_user") == 0)
		return "virtio_user";
	snprintf(old, sizeof(old), "eth_%.*s", NAME_MAX_BYTES - 5, name + strlen("net_"));
	return old;
}

static bool
begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool
pmds_make(const struct pmds *pmds, const char *device)
{
	char name[NAME_MAX_BYTES];

	for (unsigned i = 0; i < pmds->count; i++) {
		if (name_of(pmds->texts[i], name) &&
		    (begins(device, name) || begins(device, old_name(name))))
			return true;
	}
	return false;
}

static bool
fits(unsigned id, uint16_t value)
{
	return id == ANY || id == value;
}

static bool
text_knows(const char *text, const struct pmd_model *model)
{
	const char *at = strstr(text, IDS_START);
	unsigned vendor, device, subvendor, subdevice;

	for (at = at ? strchr(at + strlen(IDS_START), '[') : NULL; at; at = strchr(at + 1, '[')) {
		if (sscanf(at, "[%u, %u, %u, %u]", &vendor, &device, &subvendor, &subdevice) == 4 &&
		    fits(vendor, model->vendor) && fits(device, model->device) &&
		    fits(subvendor, model->subvendor) && fits(subdevice, model->subdevice))
			return true;
	}
	return false;
}

bool
pmds_know(const struct pmds *pmds, const struct pmd_model *model)
{
	for (unsigned i = 0; i < pmds->count; i++) {
		if (text_knows(pmds->texts[i], model))
			return true;
	}
	return false;
}

const char *
pmds_nearest(const struct pmds *pmds, const char *device, char *text, size_t size)
{
	const char **known = calloc(pmds->count + 1, sizeof(const char *));
	char(*names)[NAME_MAX_BYTES] = calloc(pmds->count + 1, sizeof(*names));
	const char *nearest = NULL;
	unsigned count = 0;

	for (unsigned i = 0; known && names && i < pmds->count; i++) {
		if (name_of(pmds->texts[i], names[count])) {
			known[count] = names[count];
			count++;
		}
	}
	if (known && names)
		nearest = text_nearest(device, known, count);
	if (nearest)
		snprintf(text, size, "%s", nearest);
	free(known);
	free(names);
	return nearest ? text : NULL;
}

bool
pmd_mentions(const struct root *root, const char *path, const char *device)
{
	char name[NAME_MAX_BYTES];
	struct image image;
	bool found = false;

	if (!image_open(root, "", path, &image))
		return false;
	snprintf(name, sizeof(name), "%s", device);
	for (size_t length = strlen(name); length >= MENTION_MIN && !found; length--) {
		name[length] = '\0';
		found = memmem(image.bytes, image.size, name, length + 1);
	}
	image_close(&image);
	return found;
}

void
pmd_abi(char text[PMD_ABI_MAX])
{
	static const char start[] = "/pmds-";
	const char *at = strstr(RTE_EAL_PMD_PATH, start);

	at = at ? at + strlen(start) : "";
	snprintf(text, PMD_ABI_MAX, "%.*s", (int)strcspn(at, "."), at);
}
