# SPDX-License-Identifier: Apache-2.0
"""Configuration mistakes: all are told with their place, the VM is refused, others run."""

import re

from harness import ROOT, case
from vmfile import linux

BOOT = 120
FOLDER = "tests/qemu/vms/"
NAMES = ["broken", "huge", "missing", "no-kernel", "no-toml", "no-tree", "overlap", "ten", "tight",
         "twin-b"]
FILES = [FOLDER + name + ".toml" for name in NAMES]


def places(name):
    """Numbers of the lines of a VM file that end in a comment that they are wrong."""
    with open(ROOT + "/" + FOLDER + name + ".toml", encoding="utf-8") as file:
        return {n for n, line in enumerate(file, 1) if line.rstrip().endswith("# wrong")}


def told(vm, name):
    """Numbers of the lines that are called errors."""
    return {int(n) for n in re.findall(r"disk:/\S+/%s\.toml:(\d+):\d+: error: " % name, vm.text)}


@case(vms=[linux("good", id=10, cpus=[1])] + FILES + [FOLDER + "twin-a.toml"])
def config_mistakes(vm):
    """Ten VM files with all kinds of mistakes: each is told, and no other; the VM beside them runs"""
    vm.expect(r"^Welcome to good", BOOT)
    for name in NAMES:
        vm.part(name, None if told(vm, name) == places(name) else
                "marked wrong: %s, told: %s" % (sorted(places(name)), sorted(told(vm, name))))
    vm.check(len(places("ten")) == 10, "ten.toml has not ten mistakes")
    vm.check(not told(vm, "twin-a"), "who comes first with its number has it")
    fixes = len(re.findall(r":\d+:\d+: fix: ", vm.text))
    vm.check(fixes >= 20, "only %d fixes were proposed" % fixes)
    vm.check('error: VM "missing" is not started' in vm.text, "a refusal was not told")
    vm.shell()
    listed = [v[0] for v in vm.consoles().values()]
    vm.check(listed == ["good", "twin-a"], "the list shows %s" % listed)
    vm.run("echo alive")


@case(vms=[file for file in FILES if "twin" not in file])
def nothing_to_start(vm):
    """Only VM files with mistakes: the machine switches itself off"""
    vm.expect(r"no VM is left", 30)
    vm.wait_exit()


@case()
def no_vm_files(vm):
    """Neither a disk nor an archive with VM files: said, and the machine switches itself off"""
    vm.expect(r"error: no VM files: looked for \*\.toml.* in /guest/vm_default", 30)
    vm.wait_exit()
