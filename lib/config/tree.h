/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tree: a YAML document as nodes that know their places. One document, no aliases and no tags, so a
 * tree is never larger than its text calls for. A tree owns its nodes and their text, all freed at
 * once; it belongs to one thread.
 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* Lists and mappings within each other. A config has 9 floors. */
#define TREE_DEPTH_MAX 16

enum node_kind {
	NODE_SCALAR,
	NODE_LIST,
	NODE_MAP,
	NODE_BAD, /* a finding was made of it; readers pass over it in silence */
};

struct node {
	enum node_kind kind;
	bool plain;            /* a scalar without quotes */
	unsigned line, column; /* from 1 */
	unsigned count;        /* of a list's items or a mapping's pairs */
	const char *text;      /* of a scalar */
	struct node *first;    /* a list's items; a mapping's keys and values in turn */
	struct node *next;
};

struct tree {
	struct tree_chunk *chunks;
	size_t used;
	struct node *root;
};

/* Reads a text. Returns 0, -EINVAL when it is no single YAML document, or -ENOMEM. Findings, of
 * which there may be some with 0 too, go to errors. The tree must be freed in any case. */
int tree_read(struct tree *tree, const char *text, size_t length, struct error_list *errors);
void tree_free(struct tree *tree);

/* A scalar that stands for no value: nothing at all, ~ or null, without quotes. */
bool node_is_null(const struct node *node);

#endif
