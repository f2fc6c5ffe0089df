/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reasons: why packets end here, and why the CPU copies bytes of them. A row each, and nothing else
 * lists them; a test holds docs/guide.md against the rows. Includes nothing of DPDK's, so that
 * lib/view may look at it.
 */
#ifndef STAGE_REASONS_H
#define STAGE_REASONS_H

#include <stdint.h>

enum reason_kind {
	REASON_POLICY, /* the config says so */
	REASON_LOSS,   /* it should have left */
	REASON_COPY,
};

/* Identifier, name on the socket, kind, what it means to an operator, what to do about it. */
#define DROP_REASON_TABLE(X)                                                                      \
	X(RULE, "rule", POLICY, "a rule's last action was drop",                                  \
	  "nothing, if you meant it; `sluice rules` shows which rule")                            \
	X(DEFAULT, "default", POLICY, "no rule decided and the default is drop",                  \
	  "add a rule, or set `default: { forward: PORT }`")                                      \
	X(POLICED, "policed", POLICY, "a police or above in its rule's list kept it back",        \
	  "raise the rate, if more should pass; `sluice policers` shows how much does")           \
	X(SAMPLED_OUT, "sampled-out", POLICY, "a sample in its rule's list did not choose it",    \
	  "nothing, if you meant it; `sluice rules` shows which rule")                            \
	X(DUPLICATE, "duplicate", POLICY, "an equal packet passed a dedup within its window",     \
	  "nothing, mostly; `sluice dedups` shows how far behind they come")                      \
	X(TX_FULL, "tx-full", LOSS, "the port's transmit ring took no more",                      \
	  "the port is slower than what is sent to it: spread it over a group, send it less, or " \
	  "raise `tx-ring` if only bursts are lost")                                              \
	X(NO_BUFFER, "no-buffer", LOSS, "no memory was left for an edited copy",                  \
	  "raise `memory.headers`, or `memory.packets`; `sluice memory` shows which is used up")  \
	X(NO_MEMBER, "no-member", LOSS, "no port of the group had a link",                        \
	  "bring up the link of a member")                                                        \
	X(PORT_DOWN, "port-down", LOSS, "the port had no link, or was taken out of service",      \
	  "bring up the link, or `sluice port up NAME`; `sluice ports` shows which, and why: a "  \
	  "capture that can't be written has no link")                                            \
	X(CAPTURE_FULL, "capture-full", LOSS,                                                     \
	  "the capture's `queue` was full, as its thread had no core, or its `memory`, as its "   \
	  "disk is slower than what it is given; `sluice captures` says which",                   \
	  "more of what was full, if only bursts are lost; else a faster disk, a `slice` or "     \
	  "`snap`")                                                                               \
	X(CAPTURE_FAILED, "capture-failed", LOSS, "the capture's disk would not take it",         \
	  "`sluice captures` says why; it is tried again every second")                           \
	X(CAPTURE_PASSED, "capture-passed", POLICY,                                               \
	  "it left the memory of a capture's `before`, and no trigger came",                      \
	  "nothing: that is what `before` is for")                                                \
	X(REMOVED, "removed", LOSS,                                                               \
	  "the port's device was removed, or a config without the port applied",                  \
	  "bring the device back, then `sluice port up NAME`")                                    \
	X(SEGMENTS, "segments", LOSS,                                                             \
	  "longer than memory.packet-size, and the port can't send it",                           \
	  "raise `memory.packet-size` to the longest frame")                                      \
	X(TOO_LONG, "too-long", LOSS, "longer than any frame that the port can send",             \
	  "`sluice ports` shows how long those are")                                              \
	X(TOO_SHORT, "too-short", LOSS, "shorter than any frame that the port can send",          \
	  "nothing, mostly: it has no whole Ethernet header")                                     \
	X(RETURN_FULL, "return-full", LOSS,                                                       \
	  "it came back faster than its return could look at it, and was not matched",            \
	  "send slower, or match less: a rule that gives the return the replay's packets alone")  \
	X(REFUSED, "refused", LOSS,                                                               \
	  "the port took nothing for a second, though it had a link and room",                    \
	  "look at what is behind the port, to which a replay sends; the log says once a minute " \
	  "how many there were")

enum drop_reason {
#define X(id, name, kind, text, mend) DROP_##id,
	DROP_REASON_TABLE(X)
#undef X
		DROP_REASONS
};

#define COPY_REASON_TABLE(X)                                                                   \
	X(FILTER_SEGMENTS, "filter-segments", COPY,                                            \
	  "an interpreted filter read a packet of several mbufs",                              \
	  "raise `memory.packet-size`, so that a packet lies in one mbuf")                     \
	X(FIFO_PART, "fifo-part", COPY,                                                        \
	  "a FIFO took a part of a packet; a copy of the rest waited for room",                \
	  "let what reads the FIFO read faster")                                               \
	X(EDIT_HEADERS, "edit-headers", COPY,                                                  \
	  "headers were written of a packet that others hold, too",                            \
	  "nothing: the bytes behind them are shared")                                         \
	X(EDIT_SHORT, "edit-short", COPY,                                                      \
	  "an edited packet was so short that a copy is cheaper than sharing", "nothing")      \
	X(EDIT_FLAT, "edit-flat", COPY,                                                        \
	  "an edited packet was for a port that can't send it in so many mbufs",               \
	  "send it to a port that can; AF_XDP can't")                                          \
	X(EDIT_DEEP, "edit-deep", COPY, "headers that were written are longer than 192 bytes", \
	  "nothing")                                                                           \
	X(RETURN, "return", COPY,                                                              \
	  "a return kept the beginning of what a replay sent, to show what a device changed",  \
	  "nothing")                                                                           \
	X(CAPTURE, "capture", COPY, "it was given to a capture that is written",               \
	  "nothing; a `slice` before it, or `snap`, makes it less")                            \
	X(LOOK, "look", COPY, "somebody looked at it with `sluice trace` or `sluice tap`",     \
	  "nothing; it ends when they do")

enum copy_reason {
#define X(id, name, kind, text, mend) COPY_##id,
	COPY_REASON_TABLE(X)
#undef X
		COPY_REASONS
};

struct reason {
	const char *name;
	enum reason_kind kind;
	const char *text, *mend;
};

extern const struct reason drop_reasons[DROP_REASONS];
extern const struct reason copy_reasons[COPY_REASONS];

/* NULL: none that this program knows; a newer daemon may have others. */
const struct reason *drop_reason_named(const char *name);

/* Of drops by reason, how many should have left. */
uint64_t reasons_lost(const uint64_t drops[DROP_REASONS]);

#endif
