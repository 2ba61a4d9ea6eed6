# SPDX-License-Identifier: Apache-2.0
"""Machines as boards are: memory with holes and reservations, CPUs in clusters, two security states."""

from harness import case
from vmfile import MIB, linux

BOOT = 120
PATTERN = "0x5a5a5a5a5a5a5a5a"

# Of 1 GiB: what firmware keeps, what somebody else holds, what nobody may map.
RESERVED = """
/memreserve/ 0x44000000 0x00100000;
/ {
    reserved-memory {
        #address-cells = <2>;
        #size-cells = <2>;
        ranges;
        held@50000000 { reg = <0x0 0x50000000 0x0 0x02000000>; };
        secure@60000000 { reg = <0x0 0x60001000 0x0 0x07ffe000>; no-map; };
    };
};
"""
PLACES = [0x44000000, 0x440ffff8, 0x50000000, 0x51fffff8, 0x60001000, 0x67ffeff8]


def marks():
    """Words at both ends of each, to be found untouched."""
    out = []
    for place in PLACES:
        out += ["-device", "loader,addr=%#x,data=%s,data-len=8" % (place, PATTERN)]
    return out


@case(mem="1G", tree=RESERVED, qemu_args=marks(), vms=[
    linux("all-of-it", mib=720, words="quiet", cpus=[0]),
    linux("on-it", id=2, cpus=[1], base=0x5000_0000,
          memory_regions=[[0x5000_0000, 128 * MIB, 7, 1]])])
def reserved_memory(vm):
    """Reserved memory is nobody's; what may not be mapped is not mapped by us"""
    vm.expect(r"memory +0x40000000-0x60000fff [^\n]*\n[^\n]* 0x67fff000-0x7fffffff")
    vm.expect(r"reserved +0x44000000-0x440fffff")
    free = int(vm.expect(r"memory: \d+ MiB, (\d+) MiB free for guests").group(1))
    vm.check(1024 - 1 - 32 - 128 - 8 <= free <= 1024 - 1 - 32 - 128, "%d MiB are free" % free)
    vm.expect(r'VM "on-it": kernel.memory_regions: 0x50000000, [^\n]* in use', 30)
    vm.expect(r"^Welcome to all-of-it", BOOT)
    vm.shell(BOOT)
    # Nearly all of it, written to.
    vm.run("mount -t tmpfs -o size=600m none /tmp; dd if=/dev/zero bs=1M count=480 | tr '\\0' 'x' > /tmp/a",
           120)
    for place in PLACES:
        vm.monitor("xp /1xg %#x" % place, PATTERN)
    # A CPU that nobody uses is in our own address space: what it sees there of memory.
    vm.monitor("cpu 3\ngva2gpa 0x800060000000", r"gpa: 0x60000000")
    vm.monitor("gva2gpa 0x800060001000", r"Unmapped")
    vm.monitor("gva2gpa 0x800050000000", r"gpa: 0x50000000")
    vm.shell()
    vm.send("poweroff\n")
    vm.wait_exit()


CLUSTERS = "/ { cpus { %s }; };" % " ".join('cpu@%d { status = "disabled"; };' % i
                                            for i in range(1, 16))


@case(smp="20", tree=CLUSTERS,
      vms=[linux("second-cluster", cpus=[0x100, 0x101, 0x102]), linux("first", id=2, cpus=[0])])
def cpu_clusters(vm):
    """CPUs in clusters: their ids have more than one field"""
    vm.expect(r"CPUs +5, hardware ids 0x0 0x100 0x101 0x102 0x103")
    vm.expect(r"5 of 5 CPUs run")
    vm.expect(r"^Welcome to second-cluster: Linux .* 3 CPU\(s\)", BOOT)
    vm.shell(BOOT)
    before = vm.interrupts("Rescheduling interrupts")
    vm.run("for i in 1 2 3 4 5 6; do taskset $((1 << i % 3)) sh -c 'i=0; while [ $i -lt 2000 ]; do "
           "i=$((i + 1)); done' & done; wait", 60)
    after = vm.interrupts("Rescheduling interrupts")
    vm.check(sum(after) > sum(before), "no interrupt from CPU to CPU")
    vm.send("poweroff\n")
    vm.expect(r'VM 1 "second-cluster" powered off', 30)
    vm.focus(2)
    vm.shell(BOOT)
    vm.send("poweroff\n")
    vm.wait_exit()


NODES = [word for i in range(2)
         for word in ["-object", "memory-backend-ram,id=node%d,size=1G" % i,
                      "-numa", "node,memdev=node%d,cpus=%d-%d" % (i, 4 * i, 4 * i + 3)]]


@case(smp="8", qemu_args=["-machine", "secure=on"] + NODES, vms=[linux("normal-world", cpus=list(range(8)))])
def eight_cpus_two_security_states(vm):
    """Eight CPUs, memory in two nodes, and a controller that another world has the half of, as on boards"""
    vm.expect(r"memory +0x40000000-0xbfffffff 2048 MiB")
    vm.expect(r"8 of 8 CPUs run")
    vm.expect(r"^Welcome to normal-world: Linux .* 8 CPU\(s\)", BOOT)
    vm.shell(BOOT)
    vm.check(len([n for n in vm.interrupts("arch_timer") if n]) == 8, "a CPU has no timer")
    vm.send("poweroff\n")
    vm.wait_exit()
