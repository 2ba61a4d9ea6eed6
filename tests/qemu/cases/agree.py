# SPDX-License-Identifier: Apache-2.0
"""The desk and the machine say the same of the same files, word for word."""

import os
import re
import subprocess

from harness import ROOT, case

BAD = "tests/golden/bad"
FILES = sorted(f for f in os.listdir(os.path.join(ROOT, BAD)) if f.endswith(".toml"))
# As many at once as the hypervisor takes: each is a VM until it is refused.
RUNS = -(-len(FILES) // 60)
# What depends on the other files, or on where images are, or on which disk is the hypervisor's own.
ELSEWHERE = re.compile(r"another VM|put the file there|\(disk\)|may do DMA|guests can have only")


def groups(lines):
    """Messages with their notes and fixes, as lists of lines."""
    out = []
    for line in lines:
        if re.search(r": (error|warning): ", line) or not out:
            out.append([])
        out[-1].append(line)
    return [g for g in out if not any(ELSEWHERE.search(line) for line in g)]


def on_machine(vm, name):
    lines = re.findall(r"^disk:/guest/vm_default/(.*)$", vm.text, re.M)
    return [g for g in groups(lines) if g[0].startswith(name + ":")]


def at_desk(name):
    platform = os.path.join(ROOT, "configs/platforms/aarch64-qemu-virt.toml")
    tree = os.path.join(ROOT, "build/trees/aarch64-qemu-virt.dtb")
    done = subprocess.run([os.path.join(ROOT, "build/trivet"), "check", "--no-images", "--platform", platform, "--tree",
                           tree, name], cwd=os.path.join(ROOT, BAD), capture_output=True, text=True, timeout=60,
                          check=False)
    return groups([line for line in done.stderr.splitlines() if line.startswith(name + ":")])


def same(a, b):
    """Lines of the machine are cut a little earlier: its names of files are longer."""
    return a == b or (a.endswith("...") and b.startswith(a[:-3]))


def differ(machine, desk):
    flat = [[line for group in side for line in group] for side in (machine, desk)]
    for a, b in zip(*flat):
        if not same(a, b):
            return "machine: %s; desk: %s" % (a, b)
    if len(flat[0]) != len(flat[1]):
        return "the machine has %d lines, the desk %d" % (len(flat[0]), len(flat[1]))
    return None


def agree(vm, files):
    """What the hypervisor says of files with mistakes is what trivet check says of them"""
    vm.expect(r"no VM is left", 60)
    vm.wait_exit()
    compared = 0
    for name in files:
        machine, desk = on_machine(vm, name), at_desk(name)
        compared += len(machine)
        vm.part(name.removesuffix(".toml"), differ(machine, desk))
    vm.check(compared >= len(files), "only %d messages were compared" % compared)


def run(files):
    def body(vm):
        agree(vm, files)

    body.__doc__ = agree.__doc__
    return body


for i in range(RUNS):
    case(vms=[os.path.join(BAD, f) for f in FILES[i::RUNS]],
         name="desk_and_machine_agree_%d" % (i + 1))(run(FILES[i::RUNS]))
