/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether edits find something to do in the packets that their rule takes, and gates something to
 * stop. */
#include "config/facts.h"
#include "config/list.h"
#include "core/ethertype.h"

#include "core/banned.h"

#define FRAME_MAX 65535u
#define ETHER_BYTES 14 /* no link header is shorter */

#define NOTHING "; the edit would change nothing: leave it out, or match other packets"
#define NOTHING_OF_IT "; it would change nothing: leave it out, or match other packets"

struct fit {
	struct reader *reader;
	struct spot spot; /* of the action of the rule, or of its mirror */
	const char *list; /* the named list that it stands for, or NULL */
	struct facts facts;
	bool grown; /* something was put on */
	const struct config_action *dedups[CONFIG_GATES_MAX];
	unsigned dedup_count;
};

#define WARN(fit, format, ...)                                                                    \
	reader_warning((fit)->reader, &(fit)->spot, "%s%s%s" format, (fit)->list ? "edit: " : "", \
		       (fit)->list ? (fit)->list : "", (fit)->list ? ": " : "", __VA_ARGS__)

enum fault { FITS, NO_IP, OTHER_VERSION, NO_PORTS, SAME };

static enum fault
fault_of(const struct facts *facts, const struct config_set_edit *set, enum config_set_field field)
{
	const struct config_prefix *address = field == CONFIG_SET_SRC ? &set->src : &set->dst;

	switch (field) {
	case CONFIG_SET_SRC_MAC:
	case CONFIG_SET_DST_MAC:
		return FITS;
	case CONFIG_SET_VLAN:
	case CONFIG_SET_PCP:
		return facts_same(facts, set, field) ? SAME : FITS;
	default:
		break;
	}
	if (!facts_ip(facts))
		return NO_IP;
	if ((field == CONFIG_SET_SRC || field == CONFIG_SET_DST) &&
	    !facts_version(facts, address->family))
		return OTHER_VERSION;
	if ((field == CONFIG_SET_SRC_PORT || field == CONFIG_SET_DST_PORT) && !facts_ports(facts))
		return NO_PORTS;
	return facts_same(facts, set, field) ? SAME : FITS;
}

static void
warn_field(const struct fit *fit, const struct config_set_edit *set, enum config_set_field field)
{
	const char *name = key_set_field(field);
	const char *nothing = set->given == (unsigned)field ? NOTHING : NOTHING_OF_IT;
	unsigned family = field == CONFIG_SET_SRC ? set->src.family : set->dst.family;

	switch (fault_of(&fit->facts, set, field)) {
	case FITS:
		break;
	case NO_IP:
		WARN(fit, "set: %s: this is IP's, and the rule takes no IP packets%s", name,
		     nothing);
		break;
	case OTHER_VERSION:
		WARN(fit,
		     "set: %s: the rule takes packets of IPv%u alone, and this address is of "
		     "IPv%u%s",
		     name, family == 4 ? 6 : 4, family, nothing);
		break;
	case NO_PORTS:
		WARN(fit,
		     "set: %s: ports are those of tcp, udp and sctp, and the rule takes packets of "
		     "none of them%s",
		     name, nothing);
		break;
	case SAME:
		WARN(fit, "set: %s: the packets that the rule takes have that already%s", name,
		     nothing);
		break;
	}
}

/* Of a named list, which may be there for the packets of several rules, only that which writes no
 * field. */
static void
fit_set(const struct fit *fit, const struct config_set_edit *set)
{
	bool some = false;

	for (unsigned field = 1; field < 1u << CONFIG_SET_FIELDS; field <<= 1)
		some |= (set->given & field) && fault_of(&fit->facts, set, field) == FITS;
	for (unsigned field = 1; field < 1u << CONFIG_SET_FIELDS; field <<= 1) {
		if ((set->given & field) && !(fit->list && some))
			warn_field(fit, set, field);
	}
}

static bool
is_itself(const struct config_nat_pair *pair)
{
	for (unsigned i = 0; i < sizeof(pair->from.address); i++) {
		if (pair->from.address[i] != pair->to.address[i])
			return false;
	}
	return true;
}

/* ARP has addresses of IPv4. */
static bool
may_have_version(const struct facts *facts, unsigned family)
{
	return facts_version(facts, family) || (family == 4 && facts_link(facts, TYPE_ARP));
}

static void
fit_nat(const struct fit *fit, const struct config_nat *nat)
{
	bool other = false, version = false, place = facts_quotes(&fit->facts);

	for (unsigned i = 0; i < nat->count; i++) {
		other |= !is_itself(&nat->pairs[i]);
		version |= may_have_version(&fit->facts, nat->pairs[i].from.family);
		place |= !facts_elsewhere(&fit->facts, &nat->pairs[i].from);
	}
	if (!other)
		WARN(fit, "nat: %s" NOTHING, "each prefix is mapped to itself");
	else if (!facts_ip(&fit->facts) && !facts_link(&fit->facts, TYPE_ARP))
		WARN(fit, "nat: %s" NOTHING, "the rule takes neither IP packets nor ARP");
	else if (!version)
		WARN(fit,
		     "nat: the rule takes no packets of IPv%u, of which its prefixes are" NOTHING,
		     nat->pairs[0].from.family);
	else if (!place)
		WARN(fit, "nat: %s" NOTHING, "src and dst of the rule lie in none of its prefixes");
}

static void
fit_push(const struct fit *fit, const struct config_push *push)
{
	const struct facts *facts = &fit->facts;

	if (push->kind == CONFIG_PUSH_MPLS && !facts_ip(facts) && !facts_link(facts, TYPE_MPLS) &&
	    !facts_link(facts, TYPE_MPLS_MULTICAST))
		WARN(fit, "push: %s" NOTHING,
		     "mpls: a label goes before IP or other labels, and the rule takes neither");
}

static void
fit_strip(const struct fit *fit, const struct config_strip *strip)
{
	struct facts facts = fit->facts;

	for (unsigned i = 0; i < strip->count; i++) {
		if (facts_strip(&facts, strip->what[i]))
			return;
	}
	if (strip->count == 1)
		WARN(fit, "strip: %s: the rule takes no packets that have it" NOTHING,
		     key_strip_word(strip->what[0]));
	else
		WARN(fit, "strip: %s" NOTHING, "the rule takes no packets that have any of these");
}

static void
fit_slice(const struct fit *fit, const struct config_slice *slice)
{
	unsigned before = slice->after == CONFIG_AFTER_NOTHING ? 0 : ETHER_BYTES;

	if (!fit->grown && slice->bytes + before >= FRAME_MAX)
		WARN(fit,
		     "slice: no frame has more than %u bytes; the edit would change nothing: leave "
		     "it out, or keep fewer",
		     FRAME_MAX);
}

static void
fit_mask(const struct fit *fit, const struct config_mask *mask)
{
	unsigned before = mask->after == CONFIG_AFTER_NOTHING ? 0 : ETHER_BYTES;

	if (!fit->grown && mask->from + before >= FRAME_MAX)
		WARN(fit,
		     "mask: no frame has more than %u bytes; the edit would change nothing: leave "
		     "it out, or begin earlier",
		     FRAME_MAX);
}

/* Whether one stops all that the other would. */
static bool
covers(const struct config_dedup *one, const struct config_dedup *other)
{
	uint32_t entries = one->entries ? one->entries : CONFIG_ENTRIES;

	return one->window_ns >= other->window_ns && !(other->ignoring & ~one->ignoring) &&
	       (!one->across_ports || other->across_ports) &&
	       entries >= (other->entries ? other->entries : CONFIG_ENTRIES);
}

static void
fit_dedup(struct fit *fit, const struct config_action *dedup)
{
	for (unsigned i = 0; i < fit->dedup_count; i++) {
		if (!covers(fit->dedups[i]->dedup, dedup->dedup))
			continue;
		WARN(fit,
		     "dedup: the one in line %u lets through nothing that this one would stop; "
		     "leave one out",
		     fit->dedups[i]->place.line);
		break;
	}
	if (fit->dedup_count < CONFIG_GATES_MAX)
		fit->dedups[fit->dedup_count++] = dedup;
}

static void fit_actions(struct fit *fit, const struct config_actions *actions);

static void
fit_action(struct fit *fit, const struct config_action *action)
{
	switch (action->verb) {
	case CONFIG_SET:
		fit_set(fit, action->set);
		break;
	case CONFIG_NAT:
		fit_nat(fit, action->nat);
		break;
	case CONFIG_PUSH:
		fit_push(fit, action->push);
		break;
	case CONFIG_STRIP:
		fit_strip(fit, action->strip);
		break;
	case CONFIG_SLICE:
		fit_slice(fit, action->slice);
		break;
	case CONFIG_MASK:
		fit_mask(fit, action->mask);
		break;
	case CONFIG_SAMPLE:
		if (action->sample->one_in == 1)
			WARN(fit, "sample: %s",
			     "one in 1 is every packet, and it would stop nothing; leave it out");
		break;
	case CONFIG_DEDUP:
		fit_dedup(fit, action);
		break;
	default:
		break;
	}
	fit->grown |= action->verb == CONFIG_PUSH || action->verb == CONFIG_STAMP;
	facts_edit(&fit->facts, action);
}

/* Findings about a named list are the rule's that uses it: to others it may do something. */
static void
fit_list(struct fit *fit, const struct config_edits *edits)
{
	fit->list = edits->name;
	for (unsigned i = 0; i < edits->actions.count; i++)
		fit_action(fit, &edits->actions.items[i]);
	fit->list = NULL;
}

static void
fit_actions(struct fit *fit, const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];
		struct fit own;

		fit->spot =
			(struct spot){.line = action->place.line, .column = action->place.column};
		own = *fit;
		if (action->verb == CONFIG_EDIT)
			fit_list(fit, &fit->reader->config->edits[action->edits]);
		else if (action->verb == CONFIG_MIRROR && action->with)
			fit_actions(&own, action->with);
		else
			fit_action(fit, action);
	}
}

void
fit_warn(struct reader *reader, const struct config_match *match,
	 const struct config_actions *actions)
{
	struct fit fit = {.reader = reader, .facts = {.match = match}};

	fit_actions(&fit, actions);
}
