/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys: what may stand in a mapping, a row each, from which a key is read, written, freed, and named in
 * findings. Two values are the same when they are written the same. Rows are data: what takes a
 * sentence of its own is a function, in a type beside the section's rows.
 */
#ifndef CONFIG_KEY_H
#define CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/reader.h"

struct key;

struct key_out {
	FILE *file; /* errors stay in it, whose owner asks for them once */
	const struct config *config;
};

/* What kind of value a key has. All are given the struct that the row is about, not its member. */
struct key_type {
	/* Makes the findings. What it returns is what `given` becomes. */
	bool (*read)(struct reader *reader, const struct spot *spot, const struct key *key,
		     void *into);
	void (*write)(const struct key_out *out, const struct key *key, const void *from);
	/* Whether there is something to write; NULL: always. */
	bool (*stands)(const struct key *key, const void *from);
	void (*clear)(const struct key *key, void *from); /* NULL: owns nothing */
};

struct key_word {
	const char *name; /* NULL behind the last */
	unsigned value;
};

struct key {
	const char *name;
	const struct key_type *type;
	uint16_t offset, size; /* of the member, see KEY_AT */
	/* Offset of a bool, true when the key was given, and only then it is written. 0: none. */
	uint16_t given;
	uint64_t low, high, step;     /* of numbers and sizes, which are rounded up to steps */
	const struct key_word *words; /* of a word, as a message lists them */
	const char *advice;           /* how to mend a value that is too large */
	const char *otherwise;        /* the value when it is left out, as it could be written */
	const char *required;         /* what to say when it is left out */
};

#define KEY_AT(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)NULL)->member)

struct key_map {
	const char *what; /* a finding's expectation when something else stands there */
	/* "replay", of structs that begin with a name, which findings show; or NULL. */
	const char *kind;
	const struct key *keys;
	unsigned count;
};

#define KEYS_MAX FIELDS_MAX

/* Reads a mapping. False when it is none; what was made of it otherwise is for findings to say. */
bool key_read(struct reader *reader, const struct spot *spot, const struct key_map *map,
	      void *into);

/* The same in two steps, for a section that looks at its fields, KEYS_MAX at most, between or behind. */
bool key_find(struct reader *reader, const struct spot *spot, const struct key_map *map,
	      struct field *fields);
void key_take(struct reader *reader, const struct spot *spot, const struct key_map *map,
	      const struct field *fields, void *into);

/* In lines of their own, indented by so many spaces. */
void key_write_lines(const struct key_out *out, const struct key_map *map, const void *from,
		     int indent);

/* Whether both, each of its config, are written the same; without memory they are taken to differ. */
bool key_same(const struct key_map *map, const struct config *a_config, const void *a,
	      const struct config *b_config, const void *b);

/* Frees what the values own. */
void key_clear(const struct key_map *map, void *from);

static inline void *
key_at(const struct key *key, const void *whole)
{
	return (char *)whole + key->offset;
}

/* Numbers are members of any size, words the value of one: an enum's or a bool's. */
extern const struct key_type key_word, key_bytes, key_duration, key_filter;

/* For types of sections. */
bool key_read_duration(struct reader *reader, const struct spot *spot, const struct key *key,
		       void *into);
void key_write_duration(const struct key_out *out, const struct key *key, const void *from);
bool key_has_number(const struct key *key, const void *from);

/* The mappings that there are. */
extern const struct key_map key_replay;

#endif
