# SPDX-License-Identifier: BSD-3-Clause
"""Edits at random, cut from the packets that they are to be done to, so that they find something."""

import ipaddress

from lib import layers

WORDS = ["vlan", "vlans", "mpls", "vxlan", "geneve", "gre", "erspan", "gtp-u", "ipip", "pppoe", "vntag", "etag",
         "fabricpath", "tunnel"]
BITS = {4: 32, 6: 128}
ADDRESSES = {4: ipaddress.IPv4Address, 6: ipaddress.IPv6Address}
NETWORKS = {4: ipaddress.IPv4Network, 6: ipaddress.IPv6Network}


def address(chance, version):
    return str(ADDRESSES[version](chance.getrandbits(BITS[version])))


def network(chance, version, length):
    return str(NETWORKS[version]((chance.getrandbits(BITS[version]), length), strict=False))


def mac(chance):
    return ":".join(f"{chance.getrandbits(8) & (0xFE if place == 0 else 0xFF):02x}" for place in range(6))


def random_set(chance, _):
    version = chance.choice([4, 4, 6])
    choices = {
        "src-mac": lambda: mac(chance), "dst-mac": lambda: mac(chance), "vlan": lambda: chance.randrange(4096),
        "pcp": lambda: chance.randrange(8),
        "src-port": lambda: chance.randrange(65536), "dst-port": lambda: chance.randrange(65536),
        "dscp": lambda: chance.choice([chance.randrange(64), "ef", "af41", "cs3"]),
        "ttl": lambda: chance.choice([chance.randrange(1, 256), "-1", "+1", "-200", "+200"])}
    for key in ("src", "dst"):
        choices[key] = lambda: chance.choice([
            address(chance, version), network(chance, version, chance.randrange(1, BITS[version] + 1))])
    keys = chance.sample(list(choices), chance.randrange(1, 6))
    return {key: choices[key]() for key in keys}


def random_nat(chance, frame):
    """Around the addresses of the packet, and of one that it quotes."""
    found = layers.read(frame)
    places = []
    if found.network:
        inner, _ = layers.quoted(frame, found.network)
        places = [one for both in filter(None, (found.network, inner)) for one in (both.src, both.dst)]
    elif found.ether_type == layers.ARP and len(frame) >= found.link_end + 28:
        places = [(found.link_end + 14, found.link_end + 18), (found.link_end + 24, found.link_end + 28)]
    pairs = {}
    for _ in range(chance.randrange(1, 4)):
        if places and chance.random() < 0.9:
            own = frame[slice(*chance.choice(places))]
        else:
            own = bytes(chance.getrandbits(8) for _ in range(chance.choice([4, 16])))
        length = chance.choice([len(own) * 8, chance.randrange(1, len(own) * 8 + 1)])
        old = ipaddress.ip_network((own, length), strict=False)
        if not any(old.version == other.version and old.subnet_of(other) for other in pairs):
            pairs[old] = network(chance, old.version, length)
    return {str(old): new for old, new in pairs.items()}


def random_slice(chance, frame):
    if chance.random() < 0.5:
        return chance.choice([chance.randrange(14, 200), chance.randrange(14, max(15, len(frame) + 2))])
    after = chance.choice(["link", "network", "transport"])
    return {"after": after, "bytes": chance.choice([0, 1, chance.randrange(64)])}


def random_mask(chance, _):
    if chance.random() < 0.4:
        return "payload"
    what = {"after": chance.choice(["link", "network", "transport"]),
            "from": chance.choice([0, 0, chance.randrange(40)]),
            "bytes": chance.randrange(1, 100), "with": chance.choice([0, 255, chance.randrange(256)])}
    for key in chance.sample(["after", "from", "bytes"], chance.randrange(3)) + chance.choice([[], ["with"]]):
        del what[key]
    return what


def random_stamp(chance, _):
    return {"device": chance.randrange(65536)}


def random_strip(chance, _):
    if chance.random() < 0.5:
        return chance.choice(WORDS)
    words = chance.sample(WORDS, chance.randrange(1, 5))
    return sorted(words, key=lambda word: word == "vlans")  # behind which there is no tag left


def random_tunnel(chance, kind, version):
    """A push of the kind; of ERSPAN either version."""
    values = {"src": address(chance, version), "dst": address(chance, version)}
    if chance.random() < 0.7:
        values.update({"src-mac": mac(chance), "dst-mac": mac(chance)})
    if kind in ("vxlan", "geneve"):
        values["vni"] = chance.getrandbits(24)
    elif kind == "gre" and chance.random() < 0.5:
        values["key"] = chance.getrandbits(32)
    elif kind == "erspan":
        values.update({"version": chance.choice([2, 3]), "session": chance.randrange(1024)})
    return {"push": {kind: values}}


def random_push(chance, _):
    kind = chance.choice(["vlan", "vlan", "mpls", "vxlan", "geneve", "gre", "erspan"])
    if kind == "vlan":
        what = {"vlan": chance.randrange(4096), "pcp": chance.randrange(8),
                "type": chance.choice([0x8100, 0x88A8, 0x9100])}
        return {key: value for key, value in what.items() if key == "vlan" or chance.random() < 0.6}
    if kind == "mpls":
        what = {"label": chance.getrandbits(20), "tc": chance.randrange(8), "ttl": chance.randrange(1, 256)}
        return {"mpls": {key: value for key, value in what.items() if key == "label" or chance.random() < 0.6}}
    return random_tunnel(chance, kind, chance.choice([4, 6]))["push"]


MAKERS = {"set": random_set, "nat": random_nat, "slice": random_slice, "mask": random_mask, "stamp": random_stamp,
          "strip": random_strip, "push": random_push}


class Chain:
    """Edits one behind the other, without those that contradict what stands before, which are refused: a field that is
    set again, a mask or a slice of what was cut off or of a trailer, a strip of what was pushed, or of a tag where
    all were stripped."""

    def __init__(self, used=()):
        self.used = set(used)

    def copy(self):
        return Chain(self.used)

    def takes(self, verb):
        without = {"set": {"set"}, "slice": {"slice", "stamp"}, "mask": {"slice", "stamp"}, "strip": {"push", "vlans"}}
        return not self.used & without.get(verb, set())

    def add(self, edits):
        """True if it could be, in the order in which they stand."""
        chain = self.copy()
        for edit in edits:
            (verb, value), = edit.items()
            if not chain.takes(verb) or "vlans" in chain.used and verb == "set" and {"vlan", "pcp"} & set(value):
                return False
            if verb == "push":
                chain.used -= {"set", "vlans"}
            chain.used.add(verb)
            if verb == "strip" and ("vlans" == value or "vlans" in value):
                chain.used.add("vlans")
        self.used = chain.used
        return True


def random_edits(chance, frame, verbs=tuple(MAKERS), most=3):
    """A list of one edit or some."""
    found, chain = [], Chain()
    for _ in range(chance.randrange(1, most + 1)):
        verb = chance.choice(verbs)
        edit = {verb: MAKERS[verb](chance, frame)}
        found += [edit] if chain.add([edit]) else []
    return found


IGNORED = ["mac", "vlan", "ttl", "dscp", "checksums"]
SLOW = {"bits": {"rate": "3Mbps", "burst": "6KiB"}, "packets": {"rate": "2kpps", "burst": 5}}  # policers
RATES = ["2Mbps", "40Mbps", "1kpps", "3kpps"]


def random_gate(chance):
    return chance.choice([
        {"sample": chance.choice([1, 2, 3, 10])}, {"sample": {"one-in": chance.randrange(1, 8)}},
        {"police": chance.choice(list(SLOW))}, {"police": chance.choice(RATES)}, {"above": chance.choice(RATES)},
        {"dedup": {"window": chance.choice(["200us", "5ms", "1s"]),
                   "ignoring": chance.sample(IGNORED, chance.randrange(1, 6)),
                   "across": chance.choice(["any", "ports"])}}])


class Lists:
    """Lists of actions that are right: what is edited or gated is given to somebody, and nothing contradicts."""

    def __init__(self, chance, frames, targets, named):
        self.chance, self.frames, self.targets, self.named = chance, frames, targets, named

    def edit(self):
        """One edit, and those that it stands for."""
        if self.chance.random() < 0.2:
            name = self.chance.choice(list(self.named))
            return {"edit": name}, self.named[name]
        edit = random_edits(self.chance, self.chance.choice(self.frames), most=1)
        return edit[0], edit

    def some(self, most, chain):
        """Edits and gates behind those of the chain."""
        found = []
        for _ in range(self.chance.randrange(0, most + 1)):
            if self.chance.random() < 0.25:
                found.append(random_gate(self.chance))
                continue
            edit, means = self.edit()
            found += [edit] if chain.add(means) else []
        return found

    def mirror(self, chain):
        own = self.some(2, chain.copy())
        target = {"mirror": self.chance.choice(self.targets)}
        return {**target, "with": own} if own else target

    def actions(self):
        """Of a rule, which decides or passes on."""
        found, chain = [], Chain()
        for _ in range(self.chance.randrange(0, 3)):
            found += [*self.some(2, chain), self.mirror(chain)]
        last = self.chance.choice([None, "drop", "forward", "forward"])
        if last == "forward" or not found and last is None:
            return [*found, *self.some(3, chain), {"forward": self.chance.choice(self.targets)}]
        return [*found, "drop"] if last else found


def random_named(chance, frames, names):
    return {name: random_edits(chance, chance.choice(frames), most=2) for name in names}
