# SPDX-License-Identifier: BSD-3-Clause
"""Prometheus' text format 0.0.4, read more strictly than promtool and Prometheus do: they let series that stand twice
pass, and histograms that are none."""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
ESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


class Text:
    """samples: value by name and set of labels; types: by family; helps likewise."""

    def __init__(self, text):
        self.samples, self.types, self.helps = {}, {}, {}
        assert text.endswith("\n") and "\r" not in text
        family = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name, help_text = line.split(" ", 3)[2:]
                assert name not in self.helps and help_text, f"{name} stands twice"
                self.helps[name], family = help_text, None
            elif line.startswith("# TYPE "):
                family, kind = line.split(" ")[2:]
                assert family not in self.types and list(self.helps)[-1] == family
                assert kind in ("counter", "gauge", "histogram")
                self.types[family] = kind
            else:
                self.add(family, line)
        assert self.types.keys() == self.helps.keys()
        for name, kind in self.types.items():
            assert (kind == "counter") == name.endswith("_total"), name
            if kind == "histogram":
                self.check_histogram(name)

    def add(self, family, line):
        name, labels, value = SAMPLE.fullmatch(line).groups()
        suffix = name.removeprefix(family)
        assert suffix in (("_bucket", "_sum", "_count") if self.types[family] == "histogram" else ("",)), line
        pairs = [] if labels is None else LABEL.findall(labels)
        assert labels is None or (pairs and LABEL.sub("", labels) == ""), line
        pairs = [(key, re.sub(r'\\[\\"n]', lambda match: ESCAPED[match[0]], text)) for key, text in pairs]
        assert len({key for key, _ in pairs}) == len(pairs), line
        at = (name, frozenset(pairs))
        assert at not in self.samples, f"{line} stands twice"
        self.samples[at] = float(value)
        assert math.isfinite(self.samples[at]) and (self.types[family] != "counter" or self.samples[at] >= 0), line

    def check_histogram(self, name):
        """Every one has buckets that grow, of which the last has all; a count that says so; and a sum that may be."""
        series = {}
        for (sample, labels), value in self.samples.items():
            if sample == f"{name}_bucket":
                bounds = [text for key, text in labels if key == "le"]
                assert len(bounds) == 1, labels
                rest = frozenset(pair for pair in labels if pair[0] != "le")
                series.setdefault(rest, []).append((float(bounds[0]), value))
        counts = {labels for sample, labels in self.samples if sample == f"{name}_count"}
        assert series.keys() == counts
        for labels, buckets in series.items():
            assert buckets == sorted(buckets) and len({bound for bound, _ in buckets}) == len(buckets)
            assert [count for _, count in buckets] == sorted(count for _, count in buckets)
            assert buckets[-1][0] == math.inf and buckets[-1][1] == self.samples[f"{name}_count", labels]
            total = self.samples[f"{name}_sum", labels]
            least = sum((count - before) * low for (low, before), (_, count) in zip(buckets, buckets[1:]))
            assert total >= least * 0.98, (name, labels, total, least)

    def get(self, name, **labels):
        return self.samples[name, frozenset((key, str(value)) for key, value in labels.items())]

    def labelled(self, name, label):
        """Values by what one label is, of samples that have no other."""
        return {text: value for (sample, labels), value in self.samples.items() if sample == name
                for key, text in labels if key == label}
