/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Emit: what the writers of the canonical text share. Errors stay in the stream, whose owner asks
 * for them once.
 */
#ifndef CONFIG_EMIT_H
#define CONFIG_EMIT_H

#include <stdio.h>

#include "config/config.h"
#include "config/key.h"

/* In double quotes, all but plain ASCII escaped, so that no reader folds or refuses any of it. */
void emit_quoted(FILE *out, const char *text);

/* A name, quoted when it would mean something else to a reader of YAML. */
void emit_name(FILE *out, const char *name);

/* What was emitted, for people: "{ vlan: 100, ttl: -1 }" as "(vlan 100, ttl -1)". */
void emit_plain(FILE *out, const char *text);

/* A section, with "  NAME: { … }" of each of its structs, which begin with the name; nothing where
 * there are none. */
void emit_section(const struct key_out *out, const char *section, const struct key_map *map,
		  const void *items, unsigned count, size_t size);

#endif
