/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Units: numbers as people read them. Pure; results are small values, so that several can stand in
 * one printf.
 */
#ifndef CORE_UNITS_H
#define CORE_UNITS_H

#include <stdint.h>

struct units_text {
	char text[32];
};

/* 1234567 as "1,234,567". */
struct units_text units_count(uint64_t count);

/* What stands behind the noun of a count: "" for 1, else "s". */
const char *units_plural(uint64_t count);

/* Bytes of traffic, in powers of 1000: "1.23 MB". Below 1000 exact: "42 B". */
struct units_text units_bytes(uint64_t bytes);

/* Bytes of memory, in powers of 1024: "1.50 GiB". */
struct units_text units_memory(uint64_t bytes);

/* "1.20 Mpps", "3.40 Gbit/s": unit is what follows the prefix. */
struct units_text units_rate(double per_second, const char *unit);

/* "12.3 %"; "-" when whole is 0. */
struct units_text units_share(uint64_t part, uint64_t whole);

/* A short time: "850 ns", "1.23 us", "45.6 ms", "7.89 s". */
struct units_text units_ns(uint64_t ns);

/* "12.3 s", "5 min 04 s", "2 h 05 min", "3 d 04 h". */
struct units_text units_duration(double seconds);

#endif
