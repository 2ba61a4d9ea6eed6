# SPDX-License-Identifier: Apache-2.0
"""Lives of VMs: many at once, restarts, ends; what they had goes back to the pool, all of it."""

import re

from harness import case
from vmfile import inmate, linux

BOOT = 240
MEMORY = r"debug: memory: (\d+) pages free, (\d+) ours"


@case(vms=[linux("vm%d" % i, id=i, mib=128, cpus=[i % 4]) for i in range(1, 7)], limit=600)
def six_vms(vm):
    """Six VMs on four CPUs: all get to their prompts, are listed, and end one by one"""
    for place in range(1, 7):
        if place > 1:
            vm.focus(place)
        vm.shell(BOOT)
        vm.check(vm.run("hostname", 60) == "vm%d\n" % place, "VM %d is another one" % place)
    listed = vm.consoles()
    vm.check(sorted(listed) == [1, 2, 3, 4, 5, 6], "the list shows VMs %s" % sorted(listed))
    vm.check(all(v[1] == "running" for v in listed.values()), "not all run: %s" % listed)
    for place in (3, 6, 1, 5, 2, 4):
        vm.focus(place)
        vm.shell(60)
        vm.send("poweroff\n")
        if place != 4:
            vm.expect(r'VM %d "vm%d" powered off' % (place, place), 60)
    vm.wait_exit(60)


@case(vms=[linux("again", cpus=[0, 1])], append="log=debug", limit=600)
def reboots(vm):
    """Five restarts in a row, each with all CPUs; the pool has the same free pages after each"""
    for _ in range(5):
        vm.expect(r"^Welcome to again: .* 2 CPU\(s\)", BOOT)
        vm.shell()
        vm.send("reboot -f\n")
        vm.expect(r'VM 1 "again" restarts', 30)
    vm.expect(r"^Welcome to again", BOOT)
    vm.shell()
    vm.send("poweroff\n")
    vm.wait_exit()
    counts = [(int(free), int(ours)) for free, ours in re.findall(MEMORY, vm.text)]
    vm.check(len(counts) == 7, "the pool was told of %d times, not 7: %s" % (len(counts), counts))
    started, ended = counts[:6], counts[6]
    vm.check(len(set(started)) == 1, "restarts change the pool: %s" % started)
    vm.check(ended[0] - started[0][0] >= 256 * 256, "the VM's memory did not come back: %s" % counts)
    vm.check(ended[1] <= started[0][1], "the hypervisor keeps more than before: %s" % counts)


@case(vms=[linux("leaves", id=1, cpus=[0]), linux("stays", id=2, cpus=[0, 1], sets=[1, 2])])
def neighbour_leaves(vm):
    """A VM ends, and one crashes and restarts, while another on the same CPU keeps answering"""
    vm.expect(r"^Welcome to leaves", BOOT)
    vm.shell()
    vm.focus(2)
    vm.shell(BOOT)
    vm.run("(i=0; while sleep 0.2; do i=$((i+1)); echo $i > /tmp/beat; done) & echo")
    vm.focus(1)
    vm.shell()
    vm.run("echo 1 > /proc/sys/kernel/sysrq")
    vm.send("echo b > /proc/sysrq-trigger\n")  # a reset that asks nobody
    vm.expect(r'VM 1 "leaves" restarts', 30)
    vm.expect(r"^Welcome to leaves", BOOT)
    vm.shell()
    vm.focus(2)
    vm.shell()
    first = int(vm.run("cat /tmp/beat"))
    vm.focus(1)
    vm.shell()
    vm.send("poweroff\n")
    vm.expect(r'VM 1 "leaves" powered off', 30)
    vm.focus(2)
    vm.shell()
    vm.run("sleep 1")
    vm.check(int(vm.run("cat /tmp/beat")) > first, "VM 2's work stood still")
    vm.check(vm.consoles()[1][1] == "off", "VM 1 is not listed as off")
    vm.send("poweroff\n")
    vm.wait_exit()


RESTARTS = 1000


@case(vms=[inmate("again", "counter", "again=1")], guests="inmates", append="log=debug", smp="2",
      limit=300)
def thousand_restarts(vm):
    """A thousand restarts in a row; the pool has the same free pages after each of them"""
    for _ in range(RESTARTS):
        vm.expect(r'VM 1 "again": started again', 10)
    while "powered off" not in vm.text:
        vm.send("q")
        vm.expect(r"restarts|powered off", 20)
    vm.wait_exit()
    counts = [(int(free), int(ours)) for free, ours in re.findall(MEMORY, vm.text)]
    started, ended = counts[:-1], counts[-1]
    vm.check(len(started) > RESTARTS, "it was started %d times" % len(started))
    vm.check(len(set(started)) == 1, "restarts change the pool: %s" % sorted(set(started)))
    vm.check(ended[0] - started[0][0] >= 4 * 256, "the VM's memory did not come back: %s, %s"
             % (started[0], ended))
