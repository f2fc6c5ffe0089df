/* SPDX-License-Identifier: BSD-3-Clause */
/* Renewal with a reader whose memory takes as long as a test wants it to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "capture/file.h"
#include "core/now.h"
#include "replay/renewal.h"

#define PATIENCE_NS UINT64_C(10000000000)

static char path[] = "/dev/null";
static char *files[] = {path};
static const struct config_replay config = {
	.in = {.files = files, .file_count = 1},
};
static char made; /* what stands for a reader */
static atomic_bool begun, may_end;

struct identity *
reader_identities(const struct reader *reader, struct capture_names *names)
{
	char reason[CAPTURE_REASON_MAX];

	assert_int_equal(capture_names_find(names, &config.in, reason, sizeof(reason)), 0);
	return calloc(1, sizeof(struct identity));
}

int
reader_find(const struct config_replay *replay, struct reader **out, char *reason, size_t size)
{
	*out = (struct reader *)&made;
	return 0;
}

int
reader_make(struct reader *reader, unsigned lanes, int numa, int news, char *reason, size_t size)
{
	atomic_store(&begun, true);
	while (!atomic_load(&may_end))
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	return 0;
}

void
reader_close(struct reader *reader)
{
}

static void
await(bool (*holds)(const struct renewal *), const struct renewal *renewal)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;

	while (!holds(renewal)) {
		assert_true(now_ns() < deadline);
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
}

static bool
has_begun(const struct renewal *renewal)
{
	return atomic_load(&begun);
}

/* Whoever gives it up while it takes memory is not kept, and what it took can be had later. */
static void
test_given_up_while_it_takes_memory(void **state)
{
	struct renewal *renewal = renewal_begin(&config, NULL, 1, -1, -1, false);
	struct reader *reader = NULL;
	char reason[256];

	assert_non_null(renewal);
	await(has_begun, renewal);
	assert_false(renewal_give_up(renewal));
	assert_false(renewal_is_over(renewal));
	atomic_store(&may_end, true);
	await(renewal_is_over, renewal);
	assert_int_equal(renewal_end(renewal, &reader, reason, sizeof(reason)), 0);
	assert_ptr_equal(reader, &made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_up_while_it_takes_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
