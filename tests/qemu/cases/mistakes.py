# SPDX-License-Identifier: Apache-2.0
"""Configuration mistakes: all are told with their place, the VM is refused, others run."""

from harness import ROOT, case

BOOT = 90
BROKEN = "tests/qemu/vms/broken.toml"


def places(marker):
    """Numbers of the lines of broken.toml that end in a comment with @marker."""
    with open(ROOT + "/" + BROKEN, encoding="utf-8") as file:
        return [n for n, line in enumerate(file, 1) if line.rstrip().endswith("# " + marker)]


@case(vms=["configs/vms/linux-aarch64-qemu-smp2.toml", BROKEN])
def config_mistake_beside_good_vm(vm):
    """A VM file with several mistakes is refused, each with its line; the VM beside it runs"""
    vm.expect(r"^Welcome to ", BOOT)
    boot = vm.text[:vm.at]
    wrong = places("wrong")
    vm.check(len(wrong) > 1, "broken.toml marks fewer than two mistakes")
    for line in wrong:
        vm.check("broken.toml:%d:" % line in boot, "nothing was said of broken.toml:%d" % line)
    vm.check("fix: " in boot, "no fix was proposed")
    vm.shell()
    listed = vm.consoles()
    vm.check([v[0] for v in listed.values()] == ["linux"], "the list shows %s" % listed)
    vm.run("echo alive")
    vm.send("poweroff\n")
    vm.wait_exit()
