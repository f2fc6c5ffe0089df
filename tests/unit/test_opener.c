/* SPDX-License-Identifier: BSD-3-Clause */
/* The opener, asked by somebody who has taken over the daemon: for files that it must not give, and in ways that the
 * daemon never asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/opener.h"
#include "format/index.h"
#include "host/opener.h"

#include "core/banned.h"

#define READ O_RDONLY
#define WRITE (O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)
#define FLOOD 2000
#define HEADER offsetof(struct opener_question, path)

static char directory[] = "/tmp/sluice-opener-XXXXXX";
/* A pcap file of no packets, in nanoseconds. */
static const unsigned char capture[24] = {0x4d, 0x3c, 0xb2, 0xa1, 2,    0, 4, 0, 0, 0, 0, 0,
					  0,    0,    0,    0,    0xff, 0, 0, 0, 1, 0, 0, 0};
static const char text[] = "root:x:0:0: no capture, but somebody's secrets";

static const char *
below(const char *name)
{
	static char path[OPENER_PATH_MAX];

	if (name[0] == '/')
		return name;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void
put(const char *name, const void *bytes, size_t size)
{
	int fd = open(below(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static void
put_link(const char *to, const char *name, int (*make)(const char *, const char *))
{
	char target[OPENER_PATH_MAX];

	snprintf(target, sizeof(target), "%s", below(to));
	assert_int_equal(make(target, below(name)), 0);
}

static int
set_up(void **state)
{
	unsigned char index[INDEX_HEADER_SIZE];
	struct index_writer writer;

	assert_non_null(mkdtemp(directory));
	log_set_level(LOG_LEVEL_ERROR);
	put("capture.pcap", capture, sizeof(capture));
	put("capture.txt", capture, sizeof(capture));
	put("text.pcap", text, sizeof(text));
	put("short.pcap", capture, 3);
	put("empty.pcap", "", 0);
	index_begin(&writer, capture, sizeof(capture), index);
	put("capture.index", index, sizeof(index));
	put("short.index", index, sizeof(index) - 1);
	put("packed.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00", 8);
	put("twin.pcap", capture, sizeof(capture));
	put_link("twin.pcap", "other.pcap", link);
	put_link("text.pcap", "to-text.pcap", symlink);
	put_link("capture.pcap", "to-capture.pcap", symlink);
	put_link("/etc/shadow", "to-shadow.pcap", symlink);
	put_link("nowhere", "to-nothing.pcap", symlink);
	put_link("/etc/shadow", "to-shadow", symlink);
	assert_int_equal(mkdir(below("directory.pcap"), 0700), 0);
	assert_int_equal(mkfifo(below("fifo.pcap"), 0600), 0);
	assert_int_equal(mkfifo(below("fifo"), 0600), 0);
	return 0;
}

static int
tear_down(void **state)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;

	while ((entry = readdir(entries))) {
		if (unlink(below(entry->d_name)) < 0)
			rmdir(below(entry->d_name));
	}
	closedir(entries);
	return rmdir(directory);
}

static const struct trial {
	const char *path;
	int flags;
	int outcome; /* an errno, or 0 */
} trials[] = {
	{"capture.pcap", READ, 0},
	{"capture.txt", READ, 0},
	{"packed.gz", READ, 0},
	{"to-capture.pcap", READ, 0},
	{"capture.index", READ, 0},
	{"short.index", READ, EPERM},
	{"fifo", READ, 0},
	{"text.pcap", READ, EPERM},
	{"to-text.pcap", READ, EPERM},
	{"to-shadow", READ, EPERM},
	{"short.pcap", READ, EPERM},
	{"empty.pcap", READ, EPERM},
	{"directory.pcap", READ, EPERM},
	{"nowhere", READ, ENOENT},
	{"to-nothing.pcap", READ, ENOENT},
	{"/etc/passwd", READ, EPERM},
	{"/dev/zero", READ, EPERM},
	{"/dev/tty", READ, EPERM},
	{"/proc/self/environ", READ, EPERM},
	{"/proc/self/mem", READ, EPERM},
	{"/proc/self/fd/0", READ, EPERM},
	{"", READ, EPERM},

	{"new.pcap", WRITE, 0},
	{"new.pcapng", WRITE, 0},
	{"capture.pcap", WRITE, 0},
	{"empty.pcap", WRITE, 0},
	{"fifo.pcap", WRITE, ENXIO},
	{"text.pcap", WRITE, EPERM},
	{"short.pcap", WRITE, EPERM},
	{"capture.txt", WRITE, EPERM},
	{"fifo", WRITE, EPERM},
	{"authorized_keys", WRITE, EPERM},
	{"to-text.pcap", WRITE, EPERM},
	{"to-capture.pcap", WRITE, EPERM},
	{"to-shadow.pcap", WRITE, EPERM},
	{"to-nothing.pcap", WRITE, EPERM},
	{"twin.pcap", WRITE, EPERM},
	{"other.pcap", WRITE, EPERM},
	{"directory.pcap", WRITE, EPERM},
	{"no/directory.pcap", WRITE, ENOENT},
	{"/dev/full", WRITE, EPERM},
	{"/etc/passwd", WRITE, EPERM},
	{"/proc/self/mem", WRITE, EPERM},
	{"nothing.pcap", O_RDWR, ENOENT},
	{"new.pcapng.part", O_WRONLY | O_CREAT | O_EXCL, 0},
	{"new.pcapng.part", O_WRONLY | O_CREAT | O_EXCL, EEXIST},
	{"capture.pcap", O_WRONLY | O_CREAT | O_EXCL, EEXIST},
	{"text.pcap", O_WRONLY | O_CREAT | O_EXCL, EEXIST},
	{"new.pcap.part", WRITE, EPERM},
	{"new.part", WRITE, EPERM},
	{"new.pcapng.index", WRITE, 0},
	{"new.pcap.index", WRITE, EPERM},
	{"new.index", WRITE, EPERM},

	{"directory.pcap", O_RDONLY | O_DIRECTORY, 0},
	{"capture.pcap", O_RDONLY | O_DIRECTORY, ENOTDIR},
	/* No more than what was asked for is done. */
	{"text.pcap", O_RDONLY | O_TRUNC, EPERM},
	{"nothing", O_RDONLY | O_CREAT, ENOENT},
	{"nothing.txt", O_RDONLY | O_CREAT | O_TMPFILE, ENOENT},
};

/* EPERM for what a relative path says, wherever it leads. */
static void
test_what_it_gives(void **state)
{
	unsigned bad = 0;
	struct stat status;

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		const struct trial *trial = &trials[i];
		const char *path = trial->path[0] ? below(trial->path) : "capture.pcap";
		int fd = opener_serve(OPENER_OPEN, path, trial->flags), got = fd < 0 ? errno : 0;

		/* Root may look at what others may not. */
		if (got != trial->outcome && (got != EACCES || geteuid() == 0)) {
			print_error("%s, %#o: expected %s, got %s\n", trial->path,
				    (unsigned)trial->flags, strerror(trial->outcome),
				    strerror(got));
			bad++;
		}
		if (fd >= 0)
			close(fd);
	}
	assert_int_equal(bad, 0);
	assert_int_equal(stat(below("text.pcap"), &status), 0);
	assert_int_equal(status.st_size, sizeof(text));
	assert_int_equal(stat(below("twin.pcap"), &status), 0);
	assert_int_equal(status.st_size, sizeof(capture));
	assert_int_equal(stat(below("capture.pcap"), &status), 0);
	assert_int_equal(status.st_size, 0);
	put("capture.pcap", capture, sizeof(capture));
	assert_int_equal(access(below("nowhere"), F_OK), -1);
	assert_int_equal(access(below("nothing.pcap"), F_OK), -1);
	assert_int_equal(access(below("nothing"), F_OK), -1);
}

static const struct deed {
	const char *path;
	uint32_t act;
	int outcome;
} deeds[] = {
	{"text.pcapng.part", OPENER_COMPLETE, EPERM},
	{"text.pcap", OPENER_REMOVE, EPERM},
	{"short.pcap", OPENER_REMOVE, EPERM},
	{"capture.pcap", OPENER_COMPLETE, EPERM},
	{"capture.txt", OPENER_REMOVE, EPERM},
	{"capture.index", OPENER_REMOVE, EPERM},
	{"to-capture.pcap", OPENER_REMOVE, EPERM},
	{"to-nothing.pcap", OPENER_REMOVE, EPERM},
	{"fifo.pcap", OPENER_REMOVE, EPERM},
	{"directory.pcap", OPENER_REMOVE, EPERM},
	{"twin.pcap", OPENER_REMOVE, EPERM},
	{"nowhere", OPENER_REMOVE, EPERM},
	{"nowhere.pcap", OPENER_REMOVE, ENOENT},
	{"no/where.pcap", OPENER_REMOVE, ENOENT},
	{"/etc/passwd", OPENER_REMOVE, EPERM},
	{"", OPENER_REMOVE, EPERM},
	{"capture.pcap", OPENER_REMOVE + 1, EINVAL},
	{"written.pcapng.part", OPENER_COMPLETE, 0},
	{"written.pcapng.part", OPENER_COMPLETE, ENOENT},
	/* Nothing gives way to it. */
	{"taken.pcapng.part", OPENER_COMPLETE, EEXIST},
	{"taken.pcapng.part", OPENER_REMOVE, 0},
	{"written.pcapng", OPENER_REMOVE, 0},
	{"written.pcapng.index", OPENER_REMOVE, 0},
};

static void
test_what_it_renames_and_removes(void **state)
{
	unsigned char index[INDEX_HEADER_SIZE];
	struct index_writer writer;
	struct stat status;
	unsigned bad = 0;

	index_begin(&writer, capture, sizeof(capture), index);
	put("written.pcapng.part", capture, sizeof(capture));
	put("written.pcapng.index", index, sizeof(index));
	put("taken.pcapng.part", capture, sizeof(capture));
	put("taken.pcapng", text, sizeof(text));
	put("text.pcapng.part", text, sizeof(text));
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		const struct deed *deed = &deeds[i];
		const char *path = deed->path[0] ? below(deed->path) : "capture.pcap";
		int fd = opener_serve(deed->act, path, 0), got = fd < 0 ? errno : 0;

		/* The asker has the file until he lets go: its end may take a while. */
		if (fd >= 0) {
			assert_int_equal(fstat(fd, &status), 0);
			assert_int_equal(status.st_nlink, deed->act == OPENER_COMPLETE);
			close(fd);
		}
		if (got != deed->outcome) {
			print_error("%s, %u: expected %s, got %s\n", deed->path, deed->act,
				    strerror(deed->outcome), strerror(got));
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	assert_int_equal(access(below("text.pcap"), F_OK), 0);
	assert_int_equal(access(below("text.pcapng.part"), F_OK), 0);
	assert_int_equal(access(below("capture.pcap"), F_OK), 0);
	assert_int_equal(access(below("taken.pcapng"), F_OK), 0);
	assert_int_equal(access(below("taken.pcapng.part"), F_OK), -1);
	assert_int_equal(access(below("written.pcapng"), F_OK), -1);
	assert_int_equal(access(below("written.pcapng.index"), F_OK), -1);
}

/* Starts it, and returns the daemon's end of the socket. */
static int
start(void)
{
	int socket = fcntl(0, F_DUPFD, 3);

	/* The next one has its number. */
	close(socket);
	assert_int_equal(opener_start(), 0);
	return socket;
}

static int
ask(int socket, uint32_t number, const char *path, size_t size, struct opener_answer *answer)
{
	struct opener_question question = {.number = number, .flags = READ};

	snprintf(question.path, sizeof(question.path), "%s", path);
	assert_int_equal(send(socket, &question, size, MSG_NOSIGNAL), size);
	assert_int_equal(recv(socket, answer, sizeof(*answer), 0), sizeof(*answer));
	assert_int_equal(answer->number, answer->error == EINVAL ? 0 : number);
	return answer->error;
}

static void
test_questions_that_are_none(void **state)
{
	static char longest[sizeof(struct opener_question) + 100];
	struct opener_answer answer;
	int socket = start();
	const char *path = below("capture.pcap");
	size_t whole = HEADER + strlen(path) + 1;

	for (size_t size = 1; size < whole; size++)
		assert_int_equal(ask(socket, 1, path, size, &answer), EINVAL);
	/* With something behind its end, or longer than any. */
	assert_int_equal(ask(socket, 1, path, whole + 1, &answer), EINVAL);
	assert_int_equal(ask(socket, 1, path, sizeof(struct opener_question), &answer), EINVAL);
	memset(longest, '/', sizeof(longest));
	assert_int_equal(send(socket, longest, sizeof(longest), MSG_NOSIGNAL), sizeof(longest));
	assert_int_equal(recv(socket, &answer, sizeof(answer), 0), sizeof(answer));
	assert_int_equal(answer.error, EINVAL);
	memset(longest, 0, HEADER);
	memset(longest + HEADER, 'a', sizeof(longest) - HEADER);
	longest[HEADER] = '/';
	longest[sizeof(struct opener_question) - 1] = '\0';
	assert_int_equal(send(socket, longest, sizeof(struct opener_question), MSG_NOSIGNAL),
			 sizeof(struct opener_question));
	assert_int_equal(recv(socket, &answer, sizeof(answer), 0), sizeof(answer));
	assert_int_equal(answer.error, ENAMETOOLONG);
	/* And it goes on. */
	assert_int_equal(ask(socket, 7, path, whole, &answer), 0);
	assert_true(opener_is_there());
}

/* Whoever does not take the answers waits himself, and is answered when he does. */
static void
test_a_flood(void **state)
{
	struct opener_question question = {.flags = READ};
	const char *path = below("capture.pcap");
	size_t size = HEADER + strlen(path) + 1;
	struct opener_answer answer;
	unsigned sent = 0, answered = 0;
	int socket = start(), fd;

	snprintf(question.path, sizeof(question.path), "%s", path);
	for (; sent < FLOOD; sent++) {
		if (send(socket, &question, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
	}
	assert_int_equal(errno, EAGAIN);
	while (answered < sent) {
		assert_int_equal(recv(socket, &answer, sizeof(answer), 0), sizeof(answer));
		assert_int_equal(answer.error, 0);
		answered++;
	}
	fd = opener_open(path, READ, OPENER_PATIENCE_MS);
	assert_true(fd >= 0);
	close(fd);
}

static void
test_its_end(void **state)
{
	int socket = start();

	assert_true(opener_is_there());
	assert_int_equal(shutdown(socket, SHUT_RDWR), 0);
	assert_false(opener_is_there());
	assert_false(opener_is_there());
	/* What this process may open it still does. */
	assert_int_equal(opener_open(below("nowhere"), READ, OPENER_BRIEFLY_MS), -1);
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_it_gives),
		cmocka_unit_test(test_what_it_renames_and_removes),
		cmocka_unit_test(test_questions_that_are_none),
		cmocka_unit_test(test_a_flood),
		cmocka_unit_test(test_its_end),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
