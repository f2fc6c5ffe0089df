# SPDX-License-Identifier: BSD-3-Clause
"""Values of match that stand in files of their own."""

from lib import capture
from lib.daemon import Daemon
from lib.offline import SLUICED, Run, config, offline, write_config

LIST = b"\xef\xbb\xbf# blocked\r\n10.0.0.0/8\n\n   192.168.1.1 # one host\r\n\t2001:db8::/32\n10.1.0.0/16"


def udp(source, port=53):
    header = b"\x45\0\0\x1c\0\0\0\0\x40\x11\0\0" + bytes(map(int, source.split("."))) + b"\xc0\0\2\1"
    return bytes(12) + b"\x08\0" + header + b"\x04\0" + port.to_bytes(2, "big") + b"\0\x08\0\0"


def blocked(tmp_path, **match):
    capture.write(tmp_path / "in.pcap", [udp("10.9.9.9"), udp("192.168.1.1"), udp("192.168.1.2"), udp("10.1.2.3", 80)])
    (tmp_path / "lists").mkdir(exist_ok=True)
    (tmp_path / "lists" / "prefixes.txt").write_bytes(LIST)
    return config({"in": {"pcap": {"in": str(tmp_path / "in.pcap")}}},
                  [{"name": "blocked", "match": {"src": {"file": "lists/prefixes.txt"}, **match}, "actions": ["drop"]}],
                  idle="sleep")


def test_values_are_read_from_files(tmp_path):
    """Of every kind of key; names are relative to the config, comments, spaces and empty lines say nothing."""
    (tmp_path / "ports.txt").write_text("53\n1000-2000\n")
    (tmp_path / "protocols.txt").write_text("udp\n")
    assert offline(blocked(tmp_path), tmp_path).report["rules"]["blocked"]["packets"] == 3
    what = blocked(tmp_path, **{"dst-port": {"file": "ports.txt"}, "protocol": {"file": "protocols.txt"}})
    assert offline(what, tmp_path).report["rules"]["blocked"]["packets"] == 2


def test_mistakes_are_told_with_their_lines(tmp_path):
    what = blocked(tmp_path)
    path = tmp_path / "lists" / "prefixes.txt"
    for text, says in ((b"10.0.0.0/8\n# one\nten\n\n11.0.0.0/33\n", ["lists/prefixes.txt:3: src:", "lists/prefixes.txt:5: src:"]),
                       (b"# nothing\n", ["has no values"]), (b"1.2.3.4\n\0", ["NUL character in line 2"]),
                       (b"x\n" * 1000, ["prefixes.txt:20:", "no more lines were looked at after 20 mistakes"]),
                       (None, ["can't be read: No such file"])):
        path.unlink()
        if text is not None:
            path.write_bytes(text)
        run = Run([SLUICED, "check", write_config(tmp_path / "config.yaml", what)], tmp_path)
        assert run.code == 2 and all(words in run.err for words in says), run.err
        assert run.err.count("\n") <= 21
        path.touch()


def test_a_list_is_read_anew_in_the_sandbox(tmp_path):
    """What is shown says what was read, and can be applied; a list that changed is a change of the config."""
    what = blocked(tmp_path)
    with Daemon(what, tmp_path) as daemon:
        shown = daemon.call("config.show")["text"]
        assert f'src: {{ file: "{tmp_path}/lists/prefixes.txt", read: "4 values, ' in shown
        assert daemon.call("config.diff", text=shown)["equal"] is True
        # As editors do: another file of the same name.
        (tmp_path / "new.txt").write_text("10.0.0.0/8\n")
        (tmp_path / "new.txt").rename(tmp_path / "lists" / "prefixes.txt")
        diff = daemon.call("config.diff", text=shown)
        assert diff["equal"] is False and 'read: "1 value, ' in diff["diff"]
        daemon.call("config.apply", text=shown)
        assert 'read: "1 value, ' in daemon.call("config.show")["text"]
        daemon.stop()


def test_a_million_values(tmp_path):
    with open(tmp_path / "many.txt", "w", encoding="ascii") as many:
        for number in range(1_000_000):
            many.write(f"10.{number >> 15 & 255}.{number >> 7 & 255}.{number * 2 + 1 & 255}\n")
    what = blocked(tmp_path, src={"file": "many.txt"})
    assert offline(what, tmp_path).report["rules"]["blocked"]["packets"] == 2
