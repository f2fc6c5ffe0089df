/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys: what may stand in a mapping, a row each, from which a key is read, written, freed, and
 * named in findings. Two values are the same when they are written the same. Rows are data: what
 * takes a sentence of its own is a function, in a type beside the section's rows.
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
	void (*read)(struct reader *reader, const struct spot *spot, const struct key *key,
		     void *into);
	/* NULL: a section, which the whole text has in a place of its own. */
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
	/* Offset of a bool, true when the key was given, which alone is written then; 0: none. */
	uint16_t given;
	/* Of an unsigned at given, the bit that says so, where it is no bool. */
	uint32_t flag;
	uint64_t low, high;           /* of numbers */
	uint64_t step;                /* sizes are rounded up to a multiple */
	const struct key_word *words; /* of a word, as a message lists them */
	const struct words *names;    /* of a set's numbers, or NULL */
	/* Expected of a set or a list of words; of a number its noun, NULL: "a number". */
	const char *what;
	const char *advice;        /* on a value that is too long or too low */
	const struct key_map *map; /* of a mapping */
	const char *otherwise;     /* the value when it is left out, as it could be written */
	const char *required;      /* what to say when it is left out, see key_map */
};

#define KEY_AT(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)NULL)->member)

struct key_map {
	const char *what; /* expected, to a finding when something else stands there */
	/* "replay", of structs that begin with a name: "replay NAME: KEY is missing, as in
	 * REQUIRED". NULL: REQUIRED says all. */
	const char *kind;
	const struct key *keys;
	unsigned count;
	size_t size; /* of the struct, where a pointer owns it */
};

#define KEYS(rows) rows, sizeof(rows) / sizeof((rows)[0])
#define KEYS_MAX FIELDS_MAX

/* Reads a mapping. False when it is none; what was made of it otherwise is for findings to say. */
bool key_read(struct reader *reader, const struct spot *spot, const struct key_map *map,
	      void *into);

/* The same in two steps, for a section that looks at its fields, KEYS_MAX at most, between or
 * behind. */
bool key_find(struct reader *reader, const struct spot *spot, const struct key_map *map,
	      struct field *fields);
void key_take(struct reader *reader, const struct spot *spot, const struct key_map *map,
	      const struct field *fields, void *into);

/* In lines of their own, each with what comes before it. */
void key_write_lines(const struct key_out *out, const struct key_map *map, const void *from,
		     const char *first, const char *rest);

/* "{ KEY: VALUE, KEY: VALUE }" */
void key_write_flow(const struct key_out *out, const struct key_map *map, const void *from);

/* The first key that is written differently, each of its config, or NULL; without memory that is
 * the first. */
const struct key *key_difference(const struct key_map *map, const struct config *a_config,
				 const void *a, const struct config *b_config, const void *b);

/* Frees what the values own. */
void key_clear(const struct key_map *map, void *from);

static inline void *
key_at(const struct key *key, const void *whole)
{
	return (char *)whole + key->offset;
}

/* Numbers are members of any size, words the value of one: an enum's or a bool's. Numbers and
 * durations of 0 are those that were left out. */
extern const struct key_type key_number, key_word, key_bytes, key_duration;
extern const struct key_type key_limit;  /* bytes of which 0 was left out */
extern const struct key_type key_count;  /* a number of which 0 is one like others */
extern const struct key_type key_flags;  /* a list of words, whose values are bits of a set */
extern const struct key_type key_words;  /* one of them, or a list */
extern const struct key_type key_filter; /* text of pcap-filter(7) */
extern const struct key_type key_nested; /* a mapping within this one */
extern const struct key_type key_owned;  /* a mapping behind a pointer */
extern const struct key_type key_set, key_prefixes;
extern const struct key_type key_prefix;  /* one, of any length */
extern const struct key_type key_address; /* one of full length */
extern const struct key_type key_mac;     /* 6 bytes */
extern const struct key_type key_target;  /* the name of one, of any kind */
extern const struct key_type key_mirror;  /* of an action: with the list of its own */
extern const struct key_word key_bool[];
/* Of a struct config_captures: its files, and the words of its other members. */
extern const struct key_type key_captures;
extern const struct key_word key_order[], key_other_links[];
extern const struct key_type key_allow; /* of a struct config_allow */

/* Parts for types of a section's own. Text is the member's, who owns it. */
void key_read_word(struct reader *reader, const struct spot *spot, const struct key *key,
		   void *into);
void key_write_word(const struct key_out *out, const struct key *key, const void *from);
bool key_has_number(const struct key *key, const void *from);
void key_write_text(const struct key_out *out, const struct key *key, const void *from);
bool key_has_text(const struct key *key, const void *from);
void key_clear_text(const struct key *key, void *from);
void key_read_nested(struct reader *reader, const struct spot *spot, const struct key *key,
		     void *into);
void key_write_nested(const struct key_out *out, const struct key *key, const void *from);
void key_clear_nested(const struct key *key, void *from);
/* Of a member that is a pointer: zeroed memory for it, or NULL; what it points to; and its end. */
void *key_own(struct reader *reader, const struct key *key, void *into, size_t size);
void *key_owns(const struct key *key, const void *from);
void key_clear_owned(const struct key *key, void *from);

/* A prefix of any length, or false and a finding; and one as text, an address where it has full
 * length. */
bool key_read_prefix(struct reader *reader, const struct spot *spot, const char *what,
		     struct config_prefix *prefix);
void key_put_prefix(FILE *out, const struct config_prefix *prefix);

/* The sections, and mappings that others walk. */
extern const struct key_type key_ports, key_groups, key_replays, key_returns, key_rules,
	key_default;
extern const struct key_type key_policers, key_edits, key_captures_section;
extern const struct key_type key_replay_to, key_clients; /* of a replay */
extern const struct key_type key_match, key_actions;
extern const struct key_map key_root, key_port, key_group, key_replay, key_return, key_rule,
	key_policer, key_capture;

/* Values of verbs; each is given the action. */
extern const struct key_type key_edit, key_set_edit, key_nat, key_push, key_strip, key_slice,
	key_mask, key_police, key_above, key_sample;
extern const struct key_map key_stamp_map, key_dedup_map;
extern const struct key_word key_after[];

/* What can be said of captures' triggers only when rules are known. */
void capture_check_triggers(struct reader *reader);

/* All sections of targets, as canonical text and freed. */
void target_write_all(const struct key_out *out);
void target_clear_all(struct config *config);

/* A match, and one within another. */
void match_read(struct reader *reader, const struct spot *spot, struct config_match *match);
void match_write(const struct key_out *out, const struct config_match *match);
void match_clear(struct config_match *match);

/* Of what it says of a tunnel, which it has as long as it says something; each type is given the
 * match, the offsets are those of struct config_tunnel. */
extern const struct key_type key_tunnel, key_tunnel_id, key_inner;
extern const struct key_word key_tunnels[];

/* Finds out which tunnels it may be; a finding at the spot of the id's key where none has one, a
 * warning where no packet has all. */
void tunnel_check(struct reader *reader, const struct spot *spot, const struct spot *id,
		  struct config_match *match);

/* Whether the other keys leave it possible that a packet has such a tunnel. */
bool tunnel_allowed(const struct config_match *match, enum config_tunnel_kind kind);

/* As they are written: "src-port", "vxlan". */
const char *key_set_field(enum config_set_field field);
const char *key_push_kind(enum config_push_kind kind);
const char *key_strip_word(enum config_strip_word strip);

#endif
