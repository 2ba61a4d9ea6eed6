# SPDX-License-Identifier: Apache-2.0
"""What each guest of a CPU gets of it, counted in instructions of the guests."""

from harness import case
from vmfile import inmate

TOLERANCE = 0.05
# One virtual nanosecond for each instruction: time does not depend on what else the host does.
COUNTED = ["-icount", "shift=0", "-accel", "tcg,thread=single"]
WORDS = "from=500 for=1000"


def counts(vm, names):
    """What each guest has counted, by place."""
    out = []
    for place in range(1, len(names) + 1):
        if place > 1:
            vm.focus(place)
        out.append(int(vm.told(r"counted (\d+);", 120).group(1)))
        vm.send("q")
    vm.wait_exit()
    return out


def fair(vm, got):
    mean = sum(got) / len(got)
    worst = max(abs(n - mean) / mean for n in got)
    vm.check(worst <= TOLERANCE, "shares of %s are %.1f %% off" % (got, 100 * worst))


@case(vms=[inmate("solo", "counter", WORDS)] , guests="inmates", smp="1", qemu_args=COUNTED)
def share_of_one(vm):
    """A guest alone on its CPU gets all of it"""
    got = counts(vm, ["solo"])
    # A second is 10^9 instructions; a round has 4, 256 of them are counted at once.
    whole = 10 ** 9 / (4 * 256)
    vm.check(got[0] >= whole * (1 - TOLERANCE), "%d of %d were counted" % (got[0], whole))


@case(vms=[inmate(n, "counter", WORDS, id=i) for i, n in enumerate(("a", "b"), 1)],
      guests="inmates", smp="1", qemu_args=COUNTED)
def shares_of_two(vm):
    """Two VMs that share one CPU get the same number of instructions, within 5 %"""
    fair(vm, counts(vm, ["a", "b"]))


@case(vms=[inmate(n, "counter", WORDS, id=i) for i, n in enumerate(("a", "b", "c"), 1)],
      guests="inmates", smp="1", qemu_args=COUNTED)
def shares_of_three(vm):
    """Three VMs that share one CPU, the same"""
    fair(vm, counts(vm, ["a", "b", "c"]))
