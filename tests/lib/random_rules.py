# SPDX-License-Identifier: BSD-3-Clause
"""Rules at random, cut from the packets that they are to take."""

import ipaddress

import oracle


def prefix_of(chance, address):
    bits = len(address) * 8
    length = chance.choice([bits, bits, chance.randrange(bits + 1), chance.randrange(bits * 3 // 4, bits + 1)])
    return str(ipaddress.ip_network((address, length), strict=False))


def range_around(chance, value, most):
    low = max(0, value - chance.choice([0, 0, 1, 5, 500]))
    high = min(most, value + chance.choice([0, 0, 1, 5, 500]))
    return f"{low}-{high}"


def number_of(chance, value, most, names):
    named = [name for name, number in names.items() if number == value]
    if named and chance.random() < 0.5:
        return chance.choice(named)
    return chance.choice([value, range_around(chance, value, most), hex(value)])


def listed(chance, make):
    """One value, or a list of some, seldom of so many that rules are looked up another way."""
    most = 60 if chance.random() < 0.05 else 5
    return make() if chance.random() < 0.7 and most == 5 else [make() for _ in range(chance.randrange(1, most))]


def random_match(chance, seen):
    """Keys cut from a packet, so that rules hit; a few from another one, so that not all do."""
    def cut(name):
        fields = seen[chance.randrange(len(seen))] if chance.random() < 0.2 else whole
        return getattr(fields, name)

    whole = seen[chance.randrange(len(seen))]
    match = {}
    for key in ("ether-type", "vlan", "src", "dst", "protocol", "src-port", "dst-port"):
        name, names = oracle.KEYS.get(key, (key, {}))
        if chance.random() < 0.6 or getattr(whole, name) is None:
            continue
        most = {"vlan": 4095, "protocol": 255}.get(key, 65535)

        def one(name=name, names=names, key=key, most=most):
            value = cut(name)
            value = getattr(whole, name) if value is None else value
            return prefix_of(chance, value) if key in ("src", "dst") else number_of(chance, value, most, names)

        match[key] = listed(chance, one)
    return match


def random_actions(chance):
    actions = [{"mirror": chance.choice(["a", "b", "c", "tools"])} for _ in range(chance.choice([0, 0, 0, 1, 2]))]
    last = chance.choice([None, None, "drop", {"forward": "a"}, {"forward": "b"}, {"forward": "tools"}])
    return actions + ([last] if last else [])
