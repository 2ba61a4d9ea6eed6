# SPDX-License-Identifier: Apache-2.0
"""What becomes of accesses that nobody answers: as the VM's file says."""

from harness import case
from inmate import misdeed
from vmfile import inmate

CLASSES = ("reference", "register", "instruction")


def hostile(name, id, action, classes=CLASSES):
    return inmate(name, "hostile", "mem=0x400000", id=id,
                  **{"unsupported_" + c: action for c in classes})


@case(vms=[hostile("ignores", 1, "ignore")] + [hostile("stops-" + c, i, "abort", [c])
                                              for i, c in enumerate(CLASSES, 2)],
      guests="inmates")
def rules(vm):
    """Ignored: reads are all ones. Abort: the VM is stopped, with what it did. Others go on"""
    vm.told(r"ready;", 30)
    vm.part("ignored", misdeed(vm, 1, "rules_ignored"))
    for place, name, said in (
            (2, "reference", r"4-byte read at 0x[0-9a-f]+: nothing is there \([^)]*\)"),
            (3, "register", r"a system register that the board does not have \(0x[0-9a-f]+\)"),
            (4, "instruction", r"read at 0x[0-9a-f]+: exclusive or atomic access [^\n]*")):
        vm.focus(place)
        vm.send("rules_%s\n" % name)
        vm.expect(r'VM %d "stops-%s" vCPU 0 at 0x[0-9a-f]+: %s: the VM is stopped' % (place, name, said), 20)
    vm.part("ignored_again", misdeed(vm, 1, "rules_ignored"))
