# SPDX-License-Identifier: BSD-3-Clause
"""A daemon that is killed leaves nothing behind that would keep the next from starting, or memory from others."""

from vm.daemon import Daemon, config, start_command

KILLS = 50
READY_SECONDS = 5

# In the guest's own time, which is what a user would wait there. One line a round: hundredths of a second until
# the daemon answered, and hugepages that were not back when it was gone.
ROUNDS = """
pages=$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages)
for round in $(seq {kills}); do
	read -r before _ < /proc/uptime
	{start} &
	pid=$!
	until sluice status > /dev/null 2>&1; do
		[ -d /proc/$pid ] || exit 1
		sleep 0.05
	done
	read -r after _ < /proc/uptime
	kill -KILL $(pidof sluiced)
	wait $pid
	free=$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages)
	echo round $((${{after%.*}}${{after#*.}} - ${{before%.*}}${{before#*.}})) $((pages - free))
done
"""


def test_killed(guest):
    what = config({"a0": guest.address("a0")})
    start = start_command(guest, what)
    text = guest.do(ROUNDS.format(kills=KILLS, start=start), seconds=10 * KILLS)
    rounds = [[int(word) for word in line.split()[1:]] for line in text.splitlines() if line.startswith("round ")]
    assert len(rounds) == KILLS, text
    assert max(hundredths for hundredths, _ in rounds) <= READY_SECONDS * 100, rounds
    assert not any(missing for _, missing in rounds), rounds
    # After all that, one more serves and ends as it should.
    with Daemon(guest, what) as daemon:
        daemon.stop()
