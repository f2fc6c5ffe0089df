/* SPDX-License-Identifier: BSD-3-Clause */
/* A matcher against a slow and plain model, and whether it adds up whatever comes. */
#include "match_kit.h"

#include "core/banned.h"

#define MODEL_MAX 4000

struct model_packet {
	uint64_t key[3], time;
	enum { WAITS, IS_BACK, IS_LOST } is;
};

static struct {
	struct model_packet sent[MODEL_MAX];
	unsigned count, came_count;
	uint64_t came[MODEL_MAX]; /* numbers of sent, as they came */
	struct match_numbers numbers;
} model;

static void
model_tick(uint64_t now, uint64_t within)
{
	for (unsigned i = 0; i < model.count; i++) {
		if (model.sent[i].is == WAITS && within != FOR_EVER &&
		    now - model.sent[i].time > within)
			model.sent[i].is = IS_LOST;
	}
}

static int
model_back(const struct match_packet *one, unsigned levels)
{
	for (unsigned level = 0; level < levels; level++) {
		bool known = false;

		for (unsigned is = WAITS; is <= IS_LOST; is += IS_LOST) {
			for (unsigned i = 0; i < model.count; i++) {
				if (model.sent[i].key[level] != one->keys.of[level])
					continue;
				known = true;
				if (model.sent[i].is != is)
					continue;
				model.sent[i].is = IS_BACK;
				model.came[model.came_count++] = i;
				if (is == WAITS)
					model.numbers.matched++;
				else
					model.numbers.late++;
				model.numbers.by[level]++;
				return is == WAITS ? MATCH_IS_MATCHED : MATCH_IS_LATE;
			}
		}
		if (known) {
			model.numbers.duplicated++;
			return MATCH_IS_DUPLICATE;
		}
	}
	return MATCH_IS_PENDING;
}

/* By the words of RFC 4737. */
static void
model_order(void)
{
	uint64_t next = 0;

	for (unsigned i = 0; i < model.came_count; i++) {
		uint64_t s = model.came[i];
		unsigned far = 0, n = 0;

		if (s >= next) {
			next = s + 1;
			continue;
		}
		model.numbers.reordered++;
		for (unsigned j = i; j-- > 0;)
			far = model.came[j] > s ? i - j : far;
		model.numbers.extent_sum += far;
		if (far > model.numbers.extent_max)
			model.numbers.extent_max = far;
		while (n < MATCH_N_MAX && n < i && model.came[i - 1 - n] > s)
			model.numbers.n[n++]++;
	}
}

static void
agrees_with_model(unsigned seed, bool automatic, uint64_t within, unsigned keys)
{
	uint64_t now = 1000, lost = 0;
	struct match_numbers all;

	srand(seed);
	begin(automatic, within, MODEL_MAX, 0);
	memset(&model, 0, sizeof(model));
	for (unsigned step = 0; step < 2 * MODEL_MAX && model.count < MODEL_MAX; step++) {
		struct match_packet one = packet(rand() % keys, now, step);

		/* Of looser keys there are fewer. */
		one.keys.of[1] = mixed(one.keys.of[0] % 64 + 1000);
		one.keys.of[2] = mixed(one.keys.of[1] % 16 + 2000);
		now += rand() % 10;
		if (rand() % 2) {
			struct model_packet *other = &model.sent[model.count++];

			model_tick(one.time_ns, within);
			*other = (struct model_packet){
				{one.keys.of[0], one.keys.of[1], one.keys.of[2]},
				one.time_ns,
				WAITS};
			match_sent(match, &one, 1);
			continue;
		}
		for (unsigned i = 0; automatic && i < 2 && rand() % 3 == 0; i++)
			one.keys.of[i] = rand();
		model_tick(one.time_ns, within);
		match_back(match, &one, 1, &found);
		assert_int_equal(found.is, model_back(&one, automatic ? 3 : 1));
	}
	match_end(match);
	model_order();
	for (unsigned i = 0; i < model.count; i++)
		lost += model.sent[i].is != IS_BACK;
	all = numbers();
	assert_int_equal(all.lost, lost);
	assert_int_equal(all.matched, model.numbers.matched);
	assert_int_equal(all.late, model.numbers.late);
	assert_int_equal(all.duplicated, model.numbers.duplicated);
	assert_memory_equal(all.by, model.numbers.by, sizeof(all.by));
	/* With times twins that are owed have no place in the order. */
	if (within == FOR_EVER) {
		assert_int_equal(all.reordered, model.numbers.reordered);
		assert_int_equal(all.extent_max, model.numbers.extent_max);
		assert_int_equal(all.extent_sum, model.numbers.extent_sum);
		assert_memory_equal(all.n, model.numbers.n, sizeof(all.n));
	}
}

static void
it_agrees_with_a_plain_model(void **state)
{
	for (unsigned seed = 0; seed < 12; seed++) {
		agrees_with_model(seed, false, FOR_EVER, 20 + 300 * seed);
		agrees_with_model(seed, false, 50 + 100 * seed, 20 + 300 * seed);
		agrees_with_model(seed, true, FOR_EVER, 20 + 100 * seed);
	}
}

/* Whatever comes, in batches of any size, while few are held: it adds up, and its lists hold. */
static void
it_adds_up_when_crowded(void **state)
{
	static struct match_packet some[100];
	static struct match_found what[100];

	for (unsigned seed = 0; seed < 30; seed++) {
		uint64_t now = 0;

		srand(seed);
		begin(seed % 2, seed % 3 ? 500 + 3000 * (seed % 3) : FOR_EVER, MATCH_HELD_MIN, 100);
		for (unsigned step = 0; step < 1000; step++) {
			unsigned count = rand() % 100;

			for (unsigned i = 0; i < count; i++) {
				now += rand() % 3;
				some[i] = packet(rand() % (10 + 200 * seed), now, i);
				some[i].keys.of[1] = some[i].keys.of[0] & 0xff;
				some[i].keys.of[2] = some[i].keys.of[0] & 0xf;
				if (rand() % 10 == 0)
					some[i].keys.of[0] = some[i].keys.of[1] = rand();
				some[i].keys.flow = rand() % 50;
				some[i].keys.payload = rand() % 50;
			}
			if (rand() % 2)
				match_sent(match, some, count);
			else
				match_back(match, some, count, what);
			numbers();
		}
		match_end(match);
		assert_int_equal(numbers().waiting + numbers().pending, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_agrees_with_a_plain_model),
		cmocka_unit_test(it_adds_up_when_crowded),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
