/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethertype: numbers that say what stands behind an Ethernet header, a tag or a tunnel's header.
 */
#ifndef CORE_ETHERTYPE_H
#define CORE_ETHERTYPE_H

#define TYPE_IPV4 0x0800
#define TYPE_ARP 0x0806
#define TYPE_BRIDGED 0x6558 /* a frame: RFC 1701 */
#define TYPE_IPV6 0x86dd
#define TYPE_MPLS 0x8847
#define TYPE_MPLS_MULTICAST 0x8848
#define TYPE_PPPOE 0x8864 /* a session's */
#define TYPE_VNTAG 0x8926
#define TYPE_ETAG 0x893f
#define TYPE_FABRICPATH 0x8903
#define TYPE_ERSPAN2 0x88be /* draft-foschiano-erspan-03 */
#define TYPE_ERSPAN3 0x22eb

#endif
