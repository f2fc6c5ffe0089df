/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Action: what a rule does with the packets that it takes, as plain data: a list of edits, gates,
 * mirrors and an end, which holds from left to right.
 */
#ifndef CONFIG_ACTION_H
#define CONFIG_ACTION_H

#include <stdint.h>
#include <stdio.h>

#include "config/edit.h"
#include "config/gate.h"

#define CONFIG_TARGETS_MAX 64 /* of one rule: its mirrors and its forward */
/* Of one rule: ways in which a packet is given away, by what it looks like and which gates it
 * passed. */
#define CONFIG_FORMS_MAX 16
#define CONFIG_STEPS_MAX 32 /* edits and gates before one target, those of named lists among them */
#define CONFIG_GATES_MAX 32 /* of one rule */

struct config;

struct config_place {
	unsigned line, column; /* from 1, of the value in the file */
};

/* What packets can be given to, in one space of names; a row has the noun, which its section and
 * the members below have in the plural, and whose keys are key_NOUN. The section has structs that
 * begin with a name, CONFIG_KIND_MAX of them at most. */
#define CONFIG_TARGET_TABLE(X) \
	X(PORT, port)          \
	X(GROUP, group)        \
	X(CAPTURE, capture)    \
	X(RETURN, return )

enum config_target_kind {
#define X(kind, noun) CONFIG_TARGET_##kind,
	CONFIG_TARGET_TABLE(X)
#undef X
		CONFIG_TARGET_KINDS
};

struct config_target {
	enum config_target_kind kind;
	uint16_t index; /* into the config's ports or groups */
};

unsigned config_target_count(const struct config *config, enum config_target_kind kind);
const char *config_target_name(const struct config *config, const struct config_target *target);
const char *config_target_section(enum config_target_kind kind); /* "ports" */

/* The index of the one of this name, or -1; and whether one of each config is written the same. */
int config_target_find(const struct config *config, enum config_target_kind kind, const char *name);
bool config_target_same(const struct config *a, const struct config *b,
			enum config_target_kind kind, unsigned a_index, unsigned b_index);

/* Each has a row in lib/config/action.c. */
enum config_verb {
	CONFIG_DROP,
	CONFIG_FORWARD,
	CONFIG_MIRROR,
	/* Edits. */
	CONFIG_EDIT, /* those of a named list */
	CONFIG_SET,
	CONFIG_NAT,
	CONFIG_PUSH,
	CONFIG_STRIP,
	CONFIG_SLICE,
	CONFIG_MASK,
	CONFIG_STAMP,
	/* Gates. */
	CONFIG_POLICE,
	CONFIG_ABOVE,
	CONFIG_SAMPLE,
	CONFIG_DEDUP,
	CONFIG_VERBS
};

enum config_action_kind {
	CONFIG_IS_END,
	CONFIG_IS_MIRROR,
	CONFIG_IS_EDIT, /* changes the packet for what stands behind it */
	CONFIG_IS_GATE, /* who does not pass is done with the list */
};

struct config_actions {
	struct config_action *items; /* in the order given; the same may stand twice */
	unsigned count;
};

struct config_action {
	enum config_verb verb;
	struct config_target target; /* of forward and mirror */
	struct config_place place;
	/* By verb; the action owns it. */
	union {
		struct config_actions *with; /* mirror: edits and gates for it alone; NULL: none */
		struct config_set_edit *set;
		struct config_nat *nat;
		struct config_push *push;
		struct config_strip *strip;
		struct config_slice *slice;
		struct config_mask *mask;
		struct config_stamp *stamp;
		struct config_rate *rate; /* police, above */
		struct config_sample *sample;
		struct config_dedup *dedup;
		uint16_t edits; /* edit: index into the config's */
	};
};

/* A list of edits with a name, none of which is CONFIG_EDIT. */
struct config_edits {
	char *name;
	struct config_actions actions; /* at least one */
};

enum config_action_kind config_action_kind(const struct config_action *action);

/* As it is written: "mirror". */
const char *config_verb_name(enum config_verb verb);

/* The action that ends the list, or NULL: the packet goes on to the next rule. */
const struct config_action *config_end(const struct config_actions *actions);

/* How many targets a packet is given to, at most: gates may keep it from some. */
unsigned config_targets(const struct config_actions *actions);

/* The verbs of a list, `with` included, a bit each; named lists are CONFIG_EDIT. */
unsigned config_verbs(const struct config_actions *actions);
#define CONFIG_EDIT_VERBS ((1u << CONFIG_POLICE) - (1u << CONFIG_EDIT))
#define CONFIG_GATE_VERBS ((1u << CONFIG_VERBS) - (1u << CONFIG_POLICE))

/* A gate of a list. They are numbered from 0 as they are read from left to right, those in a
 * mirror's `with` at its place. */
struct config_gate {
	const struct config_action *action;
	/* The number of the one that is asked next where this one is not passed, or how many there
	 * are: one in `with` keeps the packet from that mirror alone, any other from all that
	 * stands behind it. */
	unsigned otherwise;
};

/* Returns how many there are; of more than CONFIG_GATES_MAX gates are the first. */
unsigned config_gates(const struct config_actions *actions,
		      struct config_gate gates[CONFIG_GATES_MAX]);

/* Of lists with edits or gates is counted: in how many packets the list was carried out; by gate,
 * how many it stopped; and by edit, numbered as gates are, in how many of those that were given
 * away behind it it found nothing to do. */
enum { CONFIG_STEP_TAKEN, CONFIG_STEP_GATES };

/* So many numbers; 0 of a list that has neither. */
unsigned config_steps(const struct config_actions *actions);
/* Where those of edits begin. */
unsigned config_step_edits(const struct config_actions *actions);

/* One of them; of a mirror without what it has with. */
void config_put_action(FILE *out, const struct config *config, const struct config_action *action);

/* In words for people: "police tools, mirror tap with (slice 128), forward tools". */
void config_put_actions(FILE *out, const struct config *config,
			const struct config_actions *actions);

#endif
