/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Config: what a user asked for, checked, as plain data. A value of this type is valid as a whole:
 * names are resolved to indices, ranges are sorted and merged, files are made absolute. It knows
 * nothing of DPDK and never changes after config_load returned it; threads may share it.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/action.h"
#include "config/capture.h"
#include "config/pace.h"
#include "config/return.h"
#include "core/error.h"

/* Bounds that keep per-worker tables small and indices in one byte. */
#define CONFIG_KIND_MAX 64 /* targets of one kind */
#define CONFIG_PORTS_MAX CONFIG_KIND_MAX
#define CONFIG_GROUPS_MAX CONFIG_KIND_MAX
#define CONFIG_GROUP_PORTS_MAX 64
#define CONFIG_SHARES_MAX 1024 /* of a group's weights in lowest terms, the sum */
#define CONFIG_WORKERS_MAX 64
#define CONFIG_RULES_MAX 1000000
#define CONFIG_REPLAYS_MAX 64
#define CONFIG_LISTS_MAX 4096
#define CONFIG_COPY_BREAK_AUTO UINT32_MAX /* what is cheaper, as measured at the start */
#define CONFIG_EDITS_MAX 4096             /* named lists of edits */
#define CONFIG_POLICERS_MAX 1024
#define CONFIG_LOOPS_MAX UINT64_C(1000000000000)
#define CONFIG_ALLOW_MAX 64
#define CONFIG_FILES_MAX \
	4096 /* captures that a port or a replay names; a directory may hold more */
#define CONFIG_VERIFY_DEFAULT 1024
#define CONFIG_VERIFY_MAX 1000000000
#define CONFIG_NAME_MAX 63 /* bytes of a port's, group's or rule's name */

/* An inclusive range of a number; a set is sorted and its ranges neither touch nor overlap. */
struct config_range {
	uint32_t low, high;
};

struct config_set {
	struct config_range *ranges;
	unsigned count; /* 0: the key was not given, everything matches */
	uint32_t list;  /* of config->lists, from 1, that they were read from; 0: none */
};

static inline bool
config_set_has(const struct config_set *set, uint32_t value)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (value >= set->ranges[i].low && value <= set->ranges[i].high)
			return true;
	}
	return false;
}

/* A file of values, as it was when it was read. */
struct config_list {
	char *file;      /* absolute */
	uint32_t values; /* lines that have one */
	uint64_t digest; /* of what was made of them: other values have another */
};

enum config_tunnel_kind {
	CONFIG_TUNNEL_MPLS = 1,
	CONFIG_TUNNEL_VXLAN,
	CONFIG_TUNNEL_GENEVE,
	CONFIG_TUNNEL_GRE,
	CONFIG_TUNNEL_ERSPAN,
	CONFIG_TUNNEL_GTP_U,
	CONFIG_TUNNEL_IPIP,
	CONFIG_TUNNEL_KINDS
};
#define CONFIG_TUNNEL_BIT(kind) (UINT32_C(1) << (kind))

/* What a packet's tunnel must be, and the packet inside. */
struct config_tunnel {
	uint32_t kinds;       /* bits of those that it may be: of named, those with such an id */
	uint32_t named;       /* bits of those that the key names; 0: it was not given */
	unsigned id_of;       /* which key says the id, in the order of keys from 1; 0: none */
	struct config_set id; /* VNI, TEID, key, label or session */
	struct config_match *inner; /* or NULL */
};

/* The key that says the id: "vni"; NULL: none does. */
const char *config_tunnel_id(const struct config_tunnel *tunnel);

/* All keys that were given must hold. */
struct config_match {
	struct config_set ether_type; /* host order */
	struct config_set vlan;       /* 0 to 4095 */
	struct config_set protocol;
	struct config_set src_port, dst_port; /* host order */
	struct config_prefixes src, dst;
	struct config_tunnel *tunnel; /* NULL: nothing is said of one */
};

struct config_rule {
	char *name;
	uint64_t from; /* bit i: port i; all bits of existing ports when the key was left out */
	bool from_given;
	bool match_given;
	struct config_match match;
	char *filter; /* pcap filter expression that libpcap accepts, or NULL */
	/* How the filter is carried out, once a program is made of it; constant. */
	const char *manner;
	struct config_actions actions;
	uint32_t step; /* where its numbers begin among those of all, see config_steps */
	struct config_place place; /* of the rule */
	struct config_place filter_place;
};

/* How the records of several captures follow each other. */
enum config_order {
	CONFIG_ORDER_MERGED,     /* by their times */
	CONFIG_ORDER_SEQUENTIAL, /* one file after the other */
};

/* What happens to records of another link type than Ethernet. */
enum config_other_links {
	CONFIG_LINKS_REFUSE,
	CONFIG_LINKS_SKIP,
	CONFIG_LINKS_CONVERT, /* IP packets get an Ethernet header; the rest is skipped */
};

/* What a port or a replay reads. */
struct config_captures {
	char **files; /* absolute paths of files, FIFOs and directories, globs, and "-" */
	unsigned file_count;
	enum config_order order;
	enum config_other_links other_links;
};

enum config_port_kind {
	CONFIG_PORT_PCI,
	CONFIG_PORT_AF_XDP,
	CONFIG_PORT_VDEV,
	CONFIG_PORT_PCAP,
	CONFIG_PORT_NULL, /* takes whatever it is sent, and gives nothing */
};

/* "pci", "af-xdp", "vdev", "pcap" or "null". */
const char *config_port_kind(enum config_port_kind kind);

struct config_port {
	char *name;
	enum config_port_kind kind;
	char *device; /* PCI address, interface name, or vdev string, "null"; NULL for pcap */
	struct config_captures in; /* at least one file, or pcap_out, for CONFIG_PORT_PCAP */
	uint64_t gap_ns;           /* of sequential captures, between one and the next */
	char *pcap_out;            /* absolute path or NULL */
	uint16_t queues;           /* 0: left to sluice */
	uint16_t rx_ring, tx_ring; /* descriptors; 0: left to the driver */
	uint16_t mtu;              /* 0: left to the driver */
	bool promiscuous, promiscuous_given;
	/* 1 in so many packets whose checksums the NIC calls good is checked; 0: none. */
	uint32_t verify;
	struct config_place place; /* of the port's name */
};

/* Which flow of a packet with a tunnel a group goes by. */
enum config_hash { CONFIG_HASH_OUTER, CONFIG_HASH_INNER };

struct config_group {
	char *name;
	uint16_t ports[CONFIG_GROUP_PORTS_MAX];
	unsigned port_count;
	/* By member: of what flows there are, so many parts are its; valid when given, otherwise
	 * all have one. */
	uint16_t weights[CONFIG_GROUP_PORTS_MAX];
	bool weights_given;
	enum config_hash hash;
	struct config_place place;
};

/* The weights in lowest terms, by member; returns their sum, at most CONFIG_SHARES_MAX of a group
 * that is valid. */
unsigned config_group_shares(const struct config_group *group,
			     uint16_t shares[CONFIG_GROUP_PORTS_MAX]);

/* What happens to packets whose time has passed because the worker fell behind. */
enum config_late {
	CONFIG_LATE_CATCH_UP, /* they leave as fast as they can; the rest is on time again */
	CONFIG_LATE_SHIFT,    /* they and all that follow leave later by as much */
	CONFIG_LATE_DROP,     /* they don't leave */
};

/* What happens to records that the capture's snap length cut. */
enum config_truncated {
	CONFIG_TRUNCATED_DROP,
	CONFIG_TRUNCATED_SEND, /* as short as they are */
	CONFIG_TRUNCATED_PAD,  /* zeros follow, up to the length they had on the wire */
};

/* How a replay is split over workers. */
enum config_flows {
	CONFIG_FLOWS_KEEP,   /* by flow: each stays on one worker, and in order */
	CONFIG_FLOWS_SINGLE, /* not at all: one worker sends everything, in the file's order */
};

/* A place in a replay's timeline. */
struct config_moment {
	enum { CONFIG_MOMENT_NONE, CONFIG_MOMENT_TIME, CONFIG_MOMENT_PACKET } kind;
	uint64_t value; /* ns since the first record, or the number of a record, from 1 */
};

struct config_replay {
	char *name;
	struct config_captures in; /* at least one file */
	bool as;         /* false: straight out of the port; true: in, as if received on it */
	bool pair;       /* out of two ports: what servers send leaves through the other */
	uint16_t port;   /* index into ports; of two, the one for what clients send */
	uint16_t server; /* index of the other */
	struct config_prefixes clients; /* who is one where nothing else tells */
	struct config_actions edits;    /* those alone */
	bool unique;                    /* addresses are others in each loop */
	struct config_pace pace;
	uint64_t loops; /* 0: for ever */
	bool gap_given;
	/* Between the last packet of a loop, or a sequential file, and the next one's first. */
	uint64_t gap_ns;
	uint64_t max_gap_ns; /* the longest pause at pace original or Nx; 0: as long as they are */
	bool start_auto;
	struct config_moment from, until; /* from is within, until is the first that is not */
	char *filter;                     /* pcap filter expression, or NULL */
	enum config_late late;
	enum config_truncated truncated;
	uint64_t memory; /* bytes of the arena */
	enum config_flows flows;
	bool tolerance_given;
	uint64_t tolerance_ns;     /* greatest error at the 99th percentile that passes */
	struct config_place place; /* of the replay's name */
};

/* Kinds of ports that may come later, though what they need is given up without one, bit by bit. */
enum config_keep {
	CONFIG_KEEP_AF_XDP = 1 << 0,
	CONFIG_KEEP_VDEV = 1 << 1, /* those that are interfaces or sockets of the kernel's */
};

struct config_allow {
	char **directories; /* absolute paths */
	unsigned count;
};

enum config_hugepages { CONFIG_HUGEPAGES_AUTO, CONFIG_HUGEPAGES_TRUE, CONFIG_HUGEPAGES_FALSE };

enum config_idle { CONFIG_IDLE_POLL, CONFIG_IDLE_PAUSE, CONFIG_IDLE_SLEEP };

/* What may be seen of packets that pass. */
enum config_looks { CONFIG_LOOKS_FULL, CONFIG_LOOKS_HEADERS, CONFIG_LOOKS_OFF };

struct config {
	unsigned holders; /* who have it beside its owner; see config_hold */
	unsigned keepers; /* beside all these */

	char *file;      /* absolute path, or NULL when it came as text */
	char *directory; /* what relative file names are relative to; absolute */
	bool alone; /* who brought it may learn nothing of files: none that it names is looked at */
	/* The default is filled in, see config_default_run_dir. Not NULL but for who wants no
	 * sockets. */
	char *run_dir;

	uint16_t workers[CONFIG_WORKERS_MAX]; /* cores */
	unsigned worker_count;                /* 0: one worker, sluice picks the core */

	uint32_t packets;     /* mbufs of the pool */
	uint32_t packet_size; /* bytes of packet data an mbuf holds, without headroom */
	uint32_t headers;     /* mbufs for what edits make; 0: half as many as packets */
	uint32_t copy_break;  /* packets of fewer bytes are copied whole for an edit; or ..._AUTO */
	uint64_t reserve;     /* bytes for ports and replays that come while the daemon runs */
	bool reserve_given;
	enum config_hugepages hugepages;
	enum config_idle idle;
	enum config_looks looks;
	bool sandbox;    /* the daemon gives up what it does not need */
	bool core_dumps; /* although they hold packets; true without a sandbox */
	bool opener;     /* a process outside the sandbox opens captures that come later */
	unsigned keep;   /* enum config_keep */
	struct config_allow allow; /* what the sandbox leaves for configs that come later */

	struct config_port *ports; /* in the order of the file, which is the order of all tables */
	unsigned port_count;       /* at least 1 */
	struct config_group *groups;
	unsigned group_count;
	struct config_return *returns;
	unsigned return_count;
	struct config_capture *captures;
	unsigned capture_count;
	struct config_policer *policers;
	unsigned policer_count;
	struct config_edits *edits;
	unsigned edit_count;
	struct config_rule *rules;
	unsigned rule_count;
	uint32_t step_count;       /* of all rules */
	struct config_list *lists; /* what rules were read from beside the config */
	unsigned list_count;
	struct config_replay *replays;
	unsigned replay_count;
	struct config_actions default_actions; /* one, which ends */
};

/* Reads and checks a file. On success *out is the caller's, to be freed with config_free, and 0 is
 * returned. On failure every finding is in errors (which the caller initialised) and -EINVAL is
 * returned, or -errno when the file could not be read (a finding too). */
int config_load(const char *path, struct config **out, struct error_list *errors);

/* What a config's file holds, up to 512 MiB; whoever has it frees bytes. */
struct config_text {
	char *bytes; /* not ended by a zero */
	size_t length;
};

/* Reads a descriptor to its end. Returns 0, or a negative errno: -EFBIG for more. */
int config_read(int fd, struct config_text *text);

/* As config_load, which is made of these two, with what was read before. */
int config_parse_file(const char *path, const struct config_text *text, struct config **out,
		      struct error_list *errors);

/* As config_load; on success *text is the caller's too. */
int config_load_text(const char *path, struct config **out, struct config_text *text,
		     struct error_list *errors);

/* The same for text in memory; directory is what relative file names are relative to. */
int config_parse(const char *text, size_t length, const char *directory, struct config **out,
		 struct error_list *errors);

/* The same for a text of somebody who may learn nothing of the machine's files: lists in files are
 * refused, not read, and the config is marked as `alone`. */
int config_parse_alone(const char *text, size_t length, const char *directory, struct config **out,
		       struct error_list *errors);

/* Any thread. Frees it unless others hold it, as they do after config_hold: each gives it up by
 * config_free. */
void config_free(struct config *config);
struct config *config_hold(const struct config *config);

/* The same, for whoever needs all but the rules, which may be many: they go when nobody holds it
 * but those who keep it. Each gives it up by config_leave. */
const struct config *config_keep(const struct config *config);
void config_leave(const struct config *config);

/* The config as canonical YAML, every default spelled out, which config_parse reads to the same
 * value. The caller frees the text; NULL when out of memory. */
char *config_emit(const struct config *config);

/* The same in pieces, for a text of a hundred megabytes: with other text in the place of all rules,
 * and a rule by itself. */
char *config_emit_around(const struct config *config, const char *rules);
void config_emit_rule(FILE *out, const struct config *config, unsigned rule);

/* What a key of a match asks for, as it is written, and of many values the first few. */
void config_match_put(FILE *out, const struct config *config, const struct config_match *match,
		      const char *key);

/* What a rule is but for its name: of rules that are the same the text is. The caller frees it;
 * NULL without memory. */
char *config_emit_rest(const struct config *config, unsigned rule);

/* What changes from one config to the other, as the lines of a unified diff of their canonical
 * texts ("" when nothing does). The caller frees it; NULL when out of memory. */
char *config_diff(const struct config *before, const struct config *after);

/* The first top-level key that differs and that a running daemon can't change ("workers", "memory",
 * "run-dir", "idle", "sandbox"), or NULL when the second can be applied over the first. */
const char *config_needs_restart(const struct config *running, const struct config *wanted);

/* /run/sluice for root, $XDG_RUNTIME_DIR/sluice otherwise (/tmp/sluice-UID without one). The
 * caller frees it. */
char *config_default_run_dir(void);

#endif
