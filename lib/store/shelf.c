/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/shelf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "core/listing.h"
#include "core/log.h"
#include "core/opener.h"
#include "format/index.h"
#include "store/part.h"
#include "store/recall.h"

#include "core/banned.h"

#define DIGITS_MIN 6
#define MOMENT      \
	"-dddddddd" \
	"T"         \
	"dddddd"    \
	"Z.pcapng" /* d: a digit */

static bool
fits(const char *text, const char *pattern, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (pattern[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
			return false;
	return true;
}

/* Whether a name is one that this capture gives. */
static bool
is_ours(const char *capture, const char *name, struct store_file *out)
{
	size_t lead = strlen(capture), moment = sizeof(MOMENT) - 1;
	const char *digits = name + lead + 1;
	char *behind;

	if (strncmp(name, capture, lead) != 0 || name[lead] != '-' ||
	    strlen(name) >= sizeof(out->name) || !isdigit((unsigned char)digits[0]))
		return false;
	errno = 0;
	*out = (struct store_file){.number = strtoull(digits, &behind, 10)};
	if (errno || behind - digits < DIGITS_MIN || strlen(behind) < moment ||
	    !fits(behind, MOMENT, moment))
		return false;
	out->whole = behind[moment] == '\0';
	snprintf(out->name, sizeof(out->name), "%s", name);
	return out->whole || strcmp(behind + moment, STORE_PART_SUFFIX) == 0;
}

static void
free_names(char **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static void
find(struct store_shelf *shelf, const char *name, uint64_t *next, unsigned *unfinished)
{
	char path[STORE_PATH_MAX];
	struct store_file file;
	struct stat status;

	if (!is_ours(shelf->name, name, &file))
		return;
	if (file.number >= *next)
		*next = file.number + 1;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", shelf->directory, name) >= sizeof(path) ||
	    stat(path, &status) < 0 || !S_ISREG(status.st_mode))
		return;
	file.bytes = (uint64_t)status.st_size;
	if (file.whole)
		store_recall(path, &file);
	*unfinished += !file.whole;
	store_shelf_add(shelf, &file);
}

int
store_shelf_open(struct store_shelf *shelf, const char *name, const char *directory, uint64_t *next)
{
	unsigned unfinished = 0;
	char **names = NULL;
	int count = listing_names(directory, &names);

	*shelf = (struct store_shelf){.name = name, .directory = directory};
	pthread_mutex_init(&shelf->lock, NULL);
	*next = 1;
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		find(shelf, names[i], next, &unfinished);
	free_names(names, count);
	if (unfinished)
		log_warning(
			"capture %s: %u file%s in %s %s not finished when %s written, and %s"
			" as %s; each can be read up to its last whole block",
			name, unfinished, unfinished == 1 ? "" : "s", directory,
			unfinished == 1 ? "was" : "were", unfinished == 1 ? "it was" : "they were",
			unfinished == 1 ? "stays" : "stay", unfinished == 1 ? "it is" : "they are");
	return 0;
}

void
store_shelf_close(struct store_shelf *shelf)
{
	free(shelf->files);
	pthread_mutex_destroy(&shelf->lock);
}

void
store_shelf_keep(struct store_shelf *shelf, const struct store_terms *terms)
{
	pthread_mutex_lock(&shelf->lock);
	shelf->keep_files = terms->keep_files;
	shelf->keep_size = terms->keep_size;
	shelf->keep_free = terms->keep_free;
	pthread_mutex_unlock(&shelf->lock);
}

static bool
make_room(struct store_shelf *shelf)
{
	unsigned room = shelf->room ? 2 * shelf->room : 16;
	struct store_file *grown;

	if (shelf->count < shelf->room)
		return true;
	grown = realloc(shelf->files, room * sizeof(*grown));
	if (!grown)
		return false;
	shelf->files = grown;
	shelf->room = room;
	return true;
}

void
store_shelf_add(struct store_shelf *shelf, const struct store_file *file)
{
	unsigned at;

	pthread_mutex_lock(&shelf->lock);
	if (make_room(shelf)) {
		at = shelf->count++;
		for (; at > 0 && shelf->files[at - 1].number > file->number; at--)
			shelf->files[at] = shelf->files[at - 1];
		shelf->files[at] = *file;
		if (file->whole) {
			shelf->whole++;
			shelf->whole_bytes += file->bytes;
		}
	}
	pthread_mutex_unlock(&shelf->lock);
}

/* With the lock. */
static bool
is_over(const struct store_shelf *shelf, bool open, uint64_t open_bytes)
{
	return (shelf->keep_files && shelf->whole + open > shelf->keep_files) ||
	       (shelf->keep_size && shelf->whole_bytes + open_bytes > shelf->keep_size);
}

bool
store_shelf_is_over(struct store_shelf *shelf, bool open, uint64_t open_bytes)
{
	bool over;

	pthread_mutex_lock(&shelf->lock);
	over = shelf->whole > 0 && is_over(shelf, open, open_bytes);
	pthread_mutex_unlock(&shelf->lock);
	return over;
}

static bool
lacks_room(const struct store_shelf *shelf)
{
	struct statfs status;

	return shelf->keep_free && statfs(shelf->directory, &status) == 0 &&
	       (uint64_t)status.f_bavail * (uint64_t)status.f_bsize < shelf->keep_free;
}

/* Takes the oldest whole file off, if it has to go. */
static bool
take_oldest(struct store_shelf *shelf, bool open, uint64_t open_bytes, bool scarce,
	    struct store_file *out)
{
	unsigned at = 0;
	bool goes;

	pthread_mutex_lock(&shelf->lock);
	while (at < shelf->count && !shelf->files[at].whole)
		at++;
	goes = at < shelf->count && (scarce || is_over(shelf, open, open_bytes));
	if (goes) {
		*out = shelf->files[at];
		shelf->count--;
		for (; at < shelf->count; at++)
			shelf->files[at] = shelf->files[at + 1];
		shelf->whole--;
		shelf->whole_bytes -= out->bytes;
		shelf->removed++;
	}
	pthread_mutex_unlock(&shelf->lock);
	return goes;
}

void
store_shelf_sweep(struct store_shelf *shelf, bool open, uint64_t open_bytes, bool free)
{
	struct store_file file;

	while (take_oldest(shelf, open, open_bytes, free && lacks_room(shelf), &file)) {
		char path[STORE_PATH_MAX], index[STORE_PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", shelf->directory, file.name);
		if (opener_remove(path, OPENER_PATIENCE_MS) < 0 && errno != ENOENT)
			log_warning("capture %s: %s can't be removed: %s", shelf->name, path,
				    strerror(errno));
		else
			log_info("capture %s: removed %s", shelf->name, path);
		if (index_name(path, index, sizeof(index)))
			opener_remove(index, OPENER_PATIENCE_MS);
	}
}

unsigned
store_shelf_list(struct store_shelf *shelf, struct store_file *files, unsigned room)
{
	unsigned count, from;

	pthread_mutex_lock(&shelf->lock);
	count = shelf->count;
	from = count > room ? count - room : 0;
	if (count > from)
		memcpy(files, shelf->files + from, (count - from) * sizeof(*files));
	pthread_mutex_unlock(&shelf->lock);
	return count;
}

uint64_t
store_shelf_removed(struct store_shelf *shelf)
{
	uint64_t removed;

	pthread_mutex_lock(&shelf->lock);
	removed = shelf->removed;
	pthread_mutex_unlock(&shelf->lock);
	return removed;
}
