# SPDX-License-Identifier: Apache-2.0
"""Honest bare-metal guests: what the manuals promise a guest, as seen from inside."""

import re

from harness import GICV2, case
from inmate import read_tests

GUESTS = ["honest", "honest-shared", "honest-elf", "honest-gzip", "honest-image",
          "honest-image-gzip", "honest-restart", "honest-pass"]
MIDR_PARTS = {"cortex-a53": 0xD03, "cortex-a72": 0xD08, "cortex-a76": 0xD0B}


def midr_is_the_cpus(vm):
    """The guest sees the part number of the CPU model the emulator was started with."""
    start = vm.command
    model = start[len(start) - 1 - start[::-1].index("-cpu") + 1].split(",")[0]
    midrs = set(int(m, 16) for m in re.findall(r"# midr 0x([0-9a-f]+)", vm.text))
    wrong = not midrs or any(midr >> 4 & 0xFFF != MIDR_PARTS.get(model, midr >> 4 & 0xFFF)
                             for midr in midrs)
    vm.part("midr_passes", "guests saw %s on %s" % (midrs, model) if wrong else None)


def said_of_faults(vm):
    """Each of the faults the guests made on purpose has its line in the log."""
    for name, line in (("readonly", "access its memory region does not allow"),
                       ("noexec", "instruction fetch from memory that is not executable")):
        found = re.search(r'VM 1 "honest" vCPU 0 at 0x[0-9a-f]+: \w+ at 0x[0-9a-f]+: ' + line,
                          vm.text)
        vm.part("log_tells_of_" + name, None if found else "no line says: " + line)


def restart(vm, place):
    """Filled with a pattern, restarted: everything is as at the first start. Twice."""
    vm.focus(place)
    for n in (1, 2):
        vm.send("r")
        vm.expect(r'VM %d "honest-restart" restarts' % place)
        vm.expect(r'VM %d "honest-restart": started again' % place)
        read_tests(vm, place, "restart%d" % n)
    vm.send("q")


def honest(vm):
    for place, name in enumerate(GUESTS, 1):
        read_tests(vm, place, name, 90)
    said_of_faults(vm)
    midr_is_the_cpus(vm)
    restart(vm, 1 + GUESTS.index("honest-restart"))
    vm.wait_exit()
    vm.check("powered off" in vm.text, "nothing was said of guests that switched themselves off")


@case(kernel="inmates")
def inmates(vm):
    """Bare-metal guests test what they were promised: seven VMs, all image formats, restarts"""
    honest(vm)


@case(kernel="inmates", qemu="10", qemu_args=["-cpu", "max,pauth-impdef=on"])
def inmates_qemu10_max(vm):
    """The same with -cpu max of QEMU 10, whose counter counts nanoseconds"""
    honest(vm)


@case(kernel="inmates", append="lane=neutral")
def inmates_neutral_lane(vm):
    """The same without the short lane"""
    honest(vm)


@case(kernel="inmates", qemu_args=GICV2)
def inmates_gicv2(vm):
    """The same on a machine with a GICv2"""
    honest(vm)
