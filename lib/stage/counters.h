/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters: what is counted and told of a thing (a port, a replay, a worker), as data. A room has a
 * struct of it, and tables with a row a number: what it is called on the socket, what it is, where
 * it stands in the struct, and what is told of those of several workers. The engine adds up and
 * control writes JSON by the tables alone, so a new number is a member and a row.
 */
#ifndef STAGE_COUNTERS_H
#define STAGE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTER_UNKNOWN UINT64_MAX

enum counter_kind {
	COUNTER_END,     /* behind the last row */
	COUNTER_NUMBER,  /* unsigned, of 1, 2, 4 or 8 bytes */
	COUNTER_SIGNED,  /* int */
	COUNTER_KNOWN,   /* uint64_t; COUNTER_UNKNOWN: null */
	COUNTER_GIVEN,   /* uint64_t; COUNTER_UNKNOWN: left out */
	COUNTER_SECONDS, /* uint64_t of nanoseconds */
	COUNTER_REAL,    /* double */
	COUNTER_SHARE,   /* double; below 0: null */
	COUNTER_SHARES,  /* double[]: a list, which ends before the first below 0 */
	COUNTER_FLAG,    /* bool */
	COUNTER_TEXT,    /* const char * */
	COUNTER_REMARK,  /* const char *; NULL: left out */
	COUNTER_WORDS,   /* char[] */
	COUNTER_LINES,   /* char[]: a list of texts, each with a newline behind it */
	COUNTER_MAC,     /* uint8_t[6] */
	COUNTER_LIST,    /* uint64_t[] */
	COUNTER_DROPS,   /* uint64_t[DROP_REASONS]: an object, by reason */
	COUNTER_TABLE,   /* an object of its own, by the rows of what stands there */
};

/* What is told of the numbers of several workers. */
enum counter_sum {
	COUNTER_APART, /* what the room works out */
	COUNTER_ADD,   /* of uint64_t, their sum; for each reason its own */
	COUNTER_LEAST, /* of uint64_t, the least */
};

struct counter {
	const char *name;
	enum counter_kind kind;
	enum counter_sum sum;
	size_t offset, size;
	const struct counter *table;
};

/* A row: struct, kind, name, member, sum. */
#define COUNTER(type, kind, name, member, sum)                               \
	{                                                                    \
		name, COUNTER_##kind, COUNTER_##sum, offsetof(type, member), \
			sizeof(((type *)0)->member), NULL                    \
	}
/* An object of further rows of the same struct, and one of a struct that is a member. */
#define COUNTER_OBJECT(name, table)                             \
	{                                                       \
		name, COUNTER_TABLE, COUNTER_APART, 0, 0, table \
	}
#define COUNTER_PART(type, name, member, table)                                      \
	{                                                                            \
		name, COUNTER_TABLE, COUNTER_APART, offsetof(type, member), 0, table \
	}

/* Of struct histogram_sums. */
extern const struct counter counters_histogram[];

/* Adds the numbers of one worker to those of others, in two structs that the table is of. */
void counters_add(const struct counter *table, void *sum, const void *part);

#endif
