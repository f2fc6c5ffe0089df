# SPDX-License-Identifier: BSD-3-Clause
"""One table of words: what the client takes, its help, its manual page and bash say the same."""

import re
import subprocess

import pytest

from lib.fake import Daemon
from lib.offline import ROOT, SLUICE, SLUICED
from lib.words import commands, complete, options


@pytest.fixture(name="daemon")
def running():
    with Daemon() as daemon:
        yield daemon


@pytest.mark.parametrize("group", ["capture", "config", "port", "replay"])
def test_help_of_a_group(group):
    done = subprocess.run([SLUICE, group, "--help"], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 0 and not done.stderr
    described = re.findall(r"^  sluice ((?:[a-z]+ ?)+)", done.stdout, re.MULTILINE)
    assert [words.strip() for words in described] == [words for words in commands() if words.startswith(group + " ")]
    alone = subprocess.run([SLUICE, group], capture_output=True, text=True, timeout=10, check=False)
    assert alone.returncode == 2 and not alone.stdout
    assert all(words.split()[1] in alone.stderr for words in commands() if words.startswith(group + " "))


@pytest.mark.parametrize("program", [SLUICE, SLUICED], ids=["sluice", "sluiced"])
def test_help_fits_a_terminal(program):
    groups = {words.split()[0] for words in commands() if " " in words}
    for words in [[], *([group] for group in groups), *(words.split() for words in commands())] if program == SLUICE else [[], ["explain"], ["diff"], ["replay"]]:
        text = subprocess.run([program, *words, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
        assert text.endswith("\n") and max(map(len, text.split("\n"))) <= 80, text


def help_of(words):
    """What a command's help says, and the options that it lists at its end."""
    done = subprocess.run([SLUICE, *words.split(), "--help"], capture_output=True, text=True, timeout=60, check=True)
    said, listed = done.stdout.split("\nOptions: ")
    return said, set(re.findall(r"--?[a-z][a-z-]*", listed))


@pytest.mark.parametrize("words", commands())
def test_options_that_help_explains_are_listed(words):
    said, listed = help_of(words)
    explained = re.findall(r"(?<![`\w-])--?[a-z][a-z-]*", re.sub("`[^`]*`", "", said))
    assert set(explained) <= listed, said


def test_exit_codes_of_the_manual_are_in_the_help():
    page = (ROOT / "docs" / "man" / "sluice.1").read_text(encoding="ascii")
    described = dict(re.findall(r"^\.It Cm ([a-z ]+?)(?: Ar .*)?\n((?:(?!\.It Cm|\.El).*\n)*)", page, re.MULTILINE))
    assert described["wait"] and sorted(described) == sorted(commands())
    for words, text in described.items():
        assert ("exit code" in " ".join(text.split()).lower()) <= ("exit code" in " ".join(help_of(words)[0].split()).lower()), words


def test_commands_are_those_of_the_manual():
    page = (ROOT / "docs" / "man" / "sluice.1").read_text(encoding="ascii")
    described = re.findall(r"^\.It Cm ([a-z ]+?)(?: Ar .*)?$", page, re.MULTILINE)
    assert sorted(described) == sorted(commands())
    assert set("--" + name for name in re.findall(r"Fl -([a-z][a-z-]*)", page)) == options()


def test_completion():
    assert sorted(complete("")) == sorted({command.split()[0] for command in commands()})
    follow = [command.split()[1] for command in commands() if command.startswith("config ")]
    assert sorted(complete("config", "")) == sorted(follow)
    assert set(complete("--")) == options()
    assert complete("--json", "sta") == ["status"]
    assert complete("--socket", "/tmp", "config", "ap") == ["apply"]
    assert complete("ports", "--sort", "in-") == ["in-bytes", "in-now"]
    assert complete("--top", "5", "drops", "--sort", "") == ["name", "packets", "now"]
    assert "README.md" in complete("config", "apply", "READ")
    assert "README.md" in complete("capture", "read", "-w", "out.pcapng", "--from", "-10min", "READ")


def test_completion_of_methods(daemon):
    assert complete("--socket", daemon.run_dir, "call", "config.a") == ["config.apply"]
    assert complete("--socket", "/none", "call", "config.a") == []
    assert complete("--socket", daemon.run_dir, "drops", "no-memb") == ["no-member"]
    assert complete("--socket", daemon.run_dir, "workers", "") == ["2"]
