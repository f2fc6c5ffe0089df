# SPDX-License-Identifier: BSD-3-Clause
"""What a list of actions does with packets, one after the other: edits, gates, mirrors, the end. From the words of
sluice.yaml(5) alone. Where they leave something open, "Question:" says what was taken."""

from typing import NamedTuple

from lib import edits, edits_tunnels, gates

EDITS = {"set": edits.set_fields, "nat": edits.nat, "push": edits_tunnels.push, "strip": edits_tunnels.strip,
         "slice": edits.cut, "mask": edits.mask, "stamp": edits.stamp}
GATES = {"police": gates.Police, "above": gates.Above, "sample": gates.sample, "dedup": gates.Dedup}


def verb_of(action):
    """("mirror", "tap") of { mirror: tap, with: [...] }, ("drop", None) of drop."""
    if action == "drop":
        return "drop", None
    verb = next(word for word in action if word != "with")
    return verb, action[verb]


def flat(actions, config):
    """A list with the named ones in it written out, each action with its number in the list as it is written."""
    for number, action in enumerate(actions):
        verb, value = verb_of(action)
        for one in config["edits"][value] if verb == "edit" else [action]:
            yield number, one


def edited(actions, frame, context=edits.Context()):
    """A frame after edits alone, and whether one of them found nothing to do."""
    idle = False
    for action in actions:
        verb, value = verb_of(action)
        result = EDITS[verb](frame, value, context)
        idle = idle or result is None
        frame = result or frame
    return frame, idle


class Shape(NamedTuple):
    """A packet as somebody is to get it: one frame with all bits that can't be foretold 0, one with all of them 1."""
    low: edits.Frame
    high: edits.Frame

    def fits(self, data, wire):
        """Whether this is it."""
        if self.low == self.high:
            return (data, wire) == self.low
        if (len(data), wire) != (len(self.low.data), self.low.wire):
            return False
        low, high, got = (int.from_bytes(bits, "big") for bits in (self.low.data, self.high.data, data))
        return (low ^ got) & ~(low ^ high) == 0

    def after(self, action, context):
        """With an edit done to it; None if there was nothing to do."""
        verb, value = verb_of(action)
        both = [EDITS[verb](frame, value, context._replace(entropy=entropy))
                for frame, entropy in ((self.low, 0), (self.high, -1))]
        assert (both[0] is None) == (both[1] is None)
        return None if both[0] is None else Shape(*both)


class Given(NamedTuple):
    """What somebody is given, and by which rule."""
    target: str
    shape: Shape
    rule: str


class Walk:
    """One packet on its way through the lists of the rules that take it."""

    def __init__(self, config, state, packet, came_in):
        self.config, self.state, self.packet, self.came_in = config, state, packet, came_in
        self.given = []  # in the order in which it is
        self.noted = set()  # (rule, "unedited", "policed", "duplicate" or "sampled_out")
        self.idle = set()  # (rule, place) of edits that found nothing to do; place: (2, 0), the first with of the third
        self.context = edits.Context(packet.time, list(config["ports"]).index(came_in))
        frame = edits.Frame(packet.data, packet.wire)
        self.whole = Shape(frame, frame)

    def take(self, rule, actions):
        """Walks a rule's list: ("drop", reason), ("forward", target), ("gate", reason) of one that was not passed, or
        None behind a list without an end."""
        return self._walk(rule, actions, self.whole, frozenset(), ())[0]

    def _walk(self, rule, actions, shape, idle, place):
        """Returns how the list ends, and what the packet is then."""
        for number, action in flat(actions, self.config):
            verb, value = verb_of(action)
            here = (*place, number)
            if verb in EDITS:
                result = shape.after(action, self.context)
                idle, shape = idle if result else idle | {here}, result or shape
            elif verb in GATES:
                reason = self._stopped((rule, *here), verb, value)
                if reason:
                    self.noted.add((rule, reason.replace("-", "_")))
                    return ("gate", reason), shape, idle
            elif verb == "mirror":
                end, *copy = self._walk(rule, action.get("with", []), shape, idle, here)
                if end is None:
                    self.give(rule, value, *copy)
            elif verb == "forward":
                self.give(rule, value, shape, idle)
                return ("forward", value), shape, idle
            else:
                return ("drop", "rule"), shape, idle
        return None, shape, idle

    def _stopped(self, place, verb, value):
        """Why a gate is not passed, or None. Question: it sees the packet as it came in, wherever it stands, since edits
        hold for mirrors and the end."""
        reason = self.state.gate(place, verb, value).stops(self.packet, self.came_in)
        if reason == "duplicate":
            self.context = self.context._replace(duplicate=True)
        return reason

    def give(self, rule, target, shape, idle):
        """Question: a packet is unedited once a rule, if an edit found nothing to do in what at least one target was
        given."""
        self.given.append(Given(target, shape, rule))
        self.idle.update((rule, place) for place in idle)
        if idle:
            self.noted.add((rule, "unedited"))


class State:
    """What gates remember from packet to packet. Question: each gate in the text has its own memory, but a policer that
    has a name has one for all, `above` with that name among them."""

    def __init__(self, config, chosen=None):
        """chosen(frame) says whether a flow is one that `sample by: flow` takes: that is a matter of its hash."""
        self.config, self.chosen, self.found = config, chosen, {}

    def gate(self, place, verb, value):
        named = verb in ("police", "above") and self.config.get("policers", {}).get(value)
        if verb in ("police", "above"):
            meter = self.found.setdefault(value if named else place, gates.Meter(named or value))
            return GATES[verb](meter)
        if place not in self.found:
            self.found[place] = GATES[verb](value, self.chosen)
        return self.found[place]
