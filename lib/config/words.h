/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words: names of ether types (IEEE 802 numbers), of IP protocols (IANA's protocol numbers) and of
 * DSCPs. Tables of our own, so that a config means the same on every machine, whatever its
 * /etc/protocols says.
 */
#ifndef CONFIG_WORDS_H
#define CONFIG_WORDS_H

#include <stdbool.h>
#include <stdint.h>

struct words;

extern const struct words ether_type_words, protocol_words, dscp_words;

/* False when the word is unknown. Upper and lower case are the same. */
bool words_number(const struct words *words, const char *word, uint32_t *number);

/* The number's first name, or NULL. */
const char *words_name(const struct words *words, uint32_t number);

/* The known word that an unknown one was most likely meant to be, or NULL. */
const char *words_nearest(const struct words *words, const char *word);

#endif
