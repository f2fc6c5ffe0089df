/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reader: what turns the nodes of a file into a config. Each function takes a spot, which is a node
 * and the path that leads to it, and on a mistake adds a finding there and goes on, so that all are
 * found. One thread.
 *
 * Reading order: tree.h (nodes), this, key.h (rows), then config.c, which has the table of
 * sections.
 */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/names.h"
#include "config/tree.h"
#include "config/words.h"

/* Spots live on the stack; each points up to the one that holds it. */
struct spot {
	const struct spot *up; /* NULL: the document */
	const char *key;       /* in a mapping; NULL in a list */
	unsigned index;        /* in a list */
	const struct node *node;
	unsigned line, column;
};

/* A file of values that is being read: findings are in this line of it. */
struct reader_list {
	const char *name; /* as it stands in the config; NULL: none */
	unsigned line;
	unsigned warnings; /* so far; few of them are told */
};

struct reader {
	struct error_list *errors;
	struct config *config; /* being filled */
	struct reader_list list;
	struct names targets;                /* see reader_target */
	struct names rules, policers, edits; /* by index */
	uint64_t bad_ports; /* bit i: port i has findings, so what it lacks is no news */
	bool no_ports;      /* the ports could not be read at all */
	bool no_memory;
	bool takes_stdin; /* a port or a replay so far */
	pcap_t *pcap;     /* what filters are checked with */
};

/* Adds a finding at the spot. */
void reader_error(struct reader *reader, const struct spot *spot, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Logs what is allowed, but hardly meant, with its place. */
void reader_warning(struct reader *reader, const struct spot *spot, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Behind the last line of a list: says what was not told. */
void reader_list_end(struct reader *reader, const struct spot *spot);

/* Adds "KEY: expected WHAT, not WHAT-STANDS-THERE". In silence if a finding was made there
 * before. */
void reader_expected(struct reader *reader, const struct spot *spot, const char *what);

/* The nearest key above, "dst-port" for the second item of a list of ports. */
const char *spot_key(const struct spot *spot);

/* Memory from calloc, or NULL with no_memory noted. */
void *reader_alloc(struct reader *reader, size_t count, size_t size);
char *reader_copy(struct reader *reader, const char *text);

/* Walks a list: the first item with *item zeroed; false behind the last. */
bool spot_next_item(const struct spot *list, struct spot *item);

/* Walks a mapping by its values; the spot of the key goes to key unless that is NULL. Keys that are
 * no words make findings and are passed over. */
bool reader_next_pair(struct reader *reader, const struct spot *map, struct spot *value,
		      struct spot *key);

#define FIELDS_MAX 24 /* of one mapping */

/* One key that a mapping may have. */
struct field {
	const char *name;
	struct spot spot; /* of its value */
	bool given;
};

/* Fills the fields of a mapping. Unknown keys and keys that stand twice make findings. False when
 * the node is no mapping; what is then the expectation to show. */
bool reader_fields(struct reader *reader, const struct spot *map, struct field *fields,
		   unsigned count, const char *what);

/* Whether there is anything to read in a section that maps names; a finding when it is something
 * else, or else what is then the expectation to show. */
bool reader_section(struct reader *reader, const struct spot *spot, const char *what);

/* Scalars: false and a finding when it is not what it should be. Of a text, what is shown as
 * expected; of a number, its noun: "a number". */
bool reader_text(struct reader *reader, const struct spot *spot, const char *what,
		 const char **text);
bool reader_number(struct reader *reader, const struct spot *spot, const char *noun, uint32_t low,
		   uint32_t high, uint32_t *number);

/* A list, or false and a finding. */
bool reader_list(struct reader *reader, const struct spot *spot, const char *what);

/* The absolute path of a file, for the caller to free, or NULL. */
char *reader_path(struct reader *reader, const struct spot *spot, const char *path);

/* Whether the name is well formed; a finding at the spot otherwise. kind: "port", "group", "rule",
 * "replay". */
bool reader_name(struct reader *reader, const struct spot *spot, const char *kind,
		 const char *name);

/* Checks and takes the name of a target in its section, to be found by all that come behind; it is
 * borrowed. */
void reader_claim(struct reader *reader, const struct spot *key, enum config_target_kind kind,
		  const char *name, unsigned index);
bool reader_target(const struct reader *reader, const char *name, struct config_target *target);

/* Finds a port. False and a finding when there is none, but in silence when no ports could be
 * read. */
bool reader_port(struct reader *reader, const struct spot *spot, const char *what, uint16_t *index);

/* Whether packets can leave through a port; also true of one that has findings of its own. */
bool reader_can_send(const struct reader *reader, unsigned port);

/* A pcap filter that libpcap can compile, or NULL and a finding. shorter is what to do about one
 * that is too long. */
char *read_filter(struct reader *reader, const struct spot *spot, const char *shorter);

#endif
