/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edit: what a rule changes of a packet, as plain data: the values of the verbs `set`, `nat`,
 * `push`, `strip`, `slice`, `mask` and `stamp`.
 */
#ifndef CONFIG_EDIT_H
#define CONFIG_EDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/prefix.h"

#define CONFIG_NAT_MAX 256  /* pairs of one nat, of which the first that holds is looked for */
#define CONFIG_STRIP_MAX 16 /* words of one strip */

/* The fields that a set has. */
enum config_set_field {
	CONFIG_SET_SRC_MAC = 1 << 0,
	CONFIG_SET_DST_MAC = 1 << 1,
	CONFIG_SET_VLAN = 1 << 2,
	CONFIG_SET_PCP = 1 << 3,
	CONFIG_SET_SRC = 1 << 4,
	CONFIG_SET_DST = 1 << 5,
	CONFIG_SET_SRC_PORT = 1 << 6,
	CONFIG_SET_DST_PORT = 1 << 7,
	CONFIG_SET_DSCP = 1 << 8,
	CONFIG_SET_TTL = 1 << 9,
};
#define CONFIG_SET_FIELDS 10

struct config_set_edit {
	uint32_t given; /* enum config_set_field, one at least; the others are 0 */
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan; /* 0 to 4095, of the outermost tag */
	uint8_t pcp;   /* 0 to 7 */
	/* At least one bit long; as many bits are replaced, in packets of that IP version. */
	struct config_prefix src, dst;
	uint16_t src_port, dst_port; /* host order */
	uint8_t dscp;                /* 0 to 63 */
	bool ttl_relative;           /* ttl is added, and what comes of it kept within 1 to 255 */
	int16_t ttl;                 /* 1 to 255, or, relative, -255 to 255 but 0 */
};

/* Of one family and length. The same twice: what is in it stays as it is. */
struct config_nat_pair {
	struct config_prefix from, to;
};

struct config_nat {
	struct config_nat_pair *pairs; /* none lies in one before it */
	unsigned count;                /* at least 1 */
};

enum config_push_kind {
	CONFIG_PUSH_VLAN,
	CONFIG_PUSH_MPLS,
	CONFIG_PUSH_VXLAN,
	CONFIG_PUSH_GENEVE,
	CONFIG_PUSH_GRE,
	CONFIG_PUSH_ERSPAN,
};

struct config_push {
	enum config_push_kind kind;
	uint16_t vlan, type; /* of a VLAN tag; type is 0x8100, 0x88a8 or 0x9100 */
	uint8_t pcp;
	uint8_t tc, ttl; /* of MPLS, ttl is at least 1 */
	uint32_t label;
	/* The rest is of tunnels. id is the VNI (24 bits), the session (10 bits), or the key of
	 * GRE, which alone may be missing. */
	uint32_t id;
	bool id_given;
	uint8_t version;               /* of ERSPAN: 2 or 3 */
	struct config_prefix src, dst; /* whole addresses of one family */
	/* Those that are not given are the packet's own. */
	uint8_t src_mac[6], dst_mac[6];
	bool src_mac_given, dst_mac_given;
};

enum config_strip_word {
	CONFIG_STRIP_VLAN,  /* the outermost tag */
	CONFIG_STRIP_VLANS, /* all tags */
	CONFIG_STRIP_MPLS,
	CONFIG_STRIP_VXLAN,
	CONFIG_STRIP_GENEVE,
	CONFIG_STRIP_GRE,
	CONFIG_STRIP_ERSPAN,
	CONFIG_STRIP_GTP_U,
	CONFIG_STRIP_IPIP,
	CONFIG_STRIP_PPPOE,
	CONFIG_STRIP_VNTAG,
	CONFIG_STRIP_ETAG,
	CONFIG_STRIP_FABRICPATH,
	CONFIG_STRIP_TUNNEL, /* whichever of these it is */
};

struct config_strip {
	uint8_t what[CONFIG_STRIP_MAX]; /* enum config_strip_word, from left to right */
	unsigned count;                 /* at least 1 */
};

/* Behind which header bytes are counted; each lies behind those before it. */
enum config_after {
	CONFIG_AFTER_NOTHING, /* from the start of the frame */
	CONFIG_AFTER_LINK,
	CONFIG_AFTER_NETWORK,
	CONFIG_AFTER_TRANSPORT,
};

struct config_slice {
	enum config_after after;
	uint32_t bytes; /* that are kept behind it; at least 1 where it is NOTHING */
};

struct config_mask {
	enum config_after after;
	uint32_t from;  /* bytes behind it that stay */
	uint32_t bytes; /* 0: to the end of the frame */
	uint8_t with;   /* what is written over each */
};

struct config_stamp {
	uint16_t device;
};

#endif
