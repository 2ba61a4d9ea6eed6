# SPDX-License-Identifier: Apache-2.0
"""Host CPUs and vCPUs: models of CPUs, more and fewer of them, and the neutral lane."""

from harness import GICV2, case
from vmfile import linux

BOOT = 150
SPIN = "i=0; while [ $i -lt %d ]; do i=$((i+1)); done"


def poweroff(vm):
    vm.send("poweroff\n")
    vm.wait_exit(60)


def every_cpu_works(vm, n):
    """Each CPU computes, has its own timer and hears the others."""
    vm.check(vm.run("nproc") == "%d\n" % n, "nproc is not %d" % n)
    before = vm.interrupts("arch_timer")
    for cpu in range(n):
        vm.run("taskset %x sh -c '%s'" % (1 << cpu, SPIN % 5000), 120)
    after = vm.interrupts("arch_timer")
    vm.check(len(after) == n, "%d CPUs have a timer, not %d" % (len(after), n))
    still = [cpu for cpu in range(n) if after[cpu] <= before[cpu]]
    vm.check(not still, "CPUs %s had no timer interrupt: %s, %s" % (still, before, after))
    begin = float(vm.run("cat /proc/uptime").split()[0])
    vm.run("sleep 1")
    slept = float(vm.run("cat /proc/uptime").split()[0]) - begin
    vm.check(0.99 < slept < 3, "sleep 1 took %.2f s" % slept)


def boots_on(name, **options):
    """A test that Linux with two vCPUs runs on another machine."""

    def test(vm):
        vm.expect(r"^Welcome to linux", BOOT)
        vm.shell()
        every_cpu_works(vm, 2)
        poweroff(vm)

    test.__name__ = name
    words = options.get("qemu_args", []) + [options.get("append", "")]
    test.__doc__ = "Two vCPUs with " + " ".join(words) + (
        " on QEMU 10" if "qemu" in options else "")
    case(vms=[linux("linux", cpus=[0, 1])], limit=300, **options)(test)


boots_on("cpu_max", qemu_args=["-cpu", "max,pauth-impdef=on"])
boots_on("qemu10_max", qemu_args=["-cpu", "max,pauth-impdef=on"], qemu="10")
boots_on("cpu_a53", qemu_args=["-cpu", "cortex-a53"], slow=True)
boots_on("cpu_a76", qemu_args=["-cpu", "cortex-a76"])
boots_on("cpu_n1", qemu_args=["-cpu", "neoverse-n1"], slow=True)
boots_on("cpu_max_lpa2", qemu_args=["-cpu", "max,pauth-impdef=on,lpa2=on"], slow=True)
boots_on("lane_neutral", append="lane=neutral")
boots_on("lane_neutral_max", append="lane=neutral", slow=True,
         qemu_args=["-cpu", "max,pauth-impdef=on"])
boots_on("gicv3_its_off", qemu_args=["-machine", "its=off"], slow=True)
boots_on("gicv2", qemu_args=GICV2)
boots_on("gicv2_qemu10", qemu_args=GICV2, qemu="10", slow=True)
boots_on("tcg_single", qemu_args=["-accel", "tcg,thread=single"], slow=True)
boots_on("smp2", smp="2", slow=True)
boots_on("memory_1g", mem="1G", slow=True)


@case(vms=[linux("one", cpus=[0])], smp="1", qemu_args=["-cpu", "cortex-a53"])
def one_cpu_a53(vm):
    """One vCPU on one CPU, a Cortex-A53"""
    vm.expect(r"^Welcome to one", BOOT)
    vm.shell()
    every_cpu_works(vm, 1)
    poweroff(vm)


@case(vms=[linux("large", mib=6144, cpus=[0, 1])], mem="8G")
def memory_8g(vm):
    """A VM with 6 GiB of a machine's 8: it finds and uses them"""
    vm.expect(r"^Welcome to large", BOOT)
    vm.shell()
    every_cpu_works(vm, 2)
    total = int(vm.run("grep MemTotal /proc/meminfo").split()[1])
    vm.check(total > 5 << 20, "Linux finds %d KiB" % total)
    vm.run("mount -t tmpfs -o size=5g none /tmp && "
           "dd if=/dev/zero of=/tmp/high bs=1M count=600 2>/dev/null && rm /tmp/high", 120)
    poweroff(vm)


@case(name="eight_cpus_gicv2", qemu_args=GICV2, vms=[linux("eight", cpus=list(range(8)))],
      smp="8", limit=400)
@case(vms=[linux("eight", cpus=list(range(8)))], smp="8", limit=400)
def eight_cpus(vm):
    """Eight vCPUs on eight CPUs"""
    vm.expect(r"^Welcome to eight", BOOT)
    vm.shell()
    every_cpu_works(vm, 8)
    poweroff(vm)


@case(vms=[linux("twenty", mib=512, cpus=list(range(16)) + [0x100, 0x101, 0x102, 0x103],
                 sets=[1 << i % 4 for i in range(20)])], limit=900, slow=True)
def twenty_vcpus(vm):
    """Twenty vCPUs, five on each CPU: more than interrupts between CPUs name at once"""
    vm.expect(r"^Welcome to twenty", 600)
    vm.shell()
    every_cpu_works(vm, 20)
    poweroff(vm)


@case(vms=[linux("clusters", cpus=[0x0, 0x1, 0x100, 0x10000], sets=[1, 2, 4, 8])])
def clusters(vm):
    """vCPUs of three clusters: affinity values with more than one level"""
    vm.expect(r"^Welcome to clusters", BOOT)
    vm.shell()
    every_cpu_works(vm, 4)
    poweroff(vm)


@case(name="more_vcpus_than_cpus_gicv2", qemu_args=GICV2, slow=True, smp="2", limit=400,
      vms=[linux("crowd", cpus=[0, 1, 2, 3], sets=[3, 3, 3, 3])])
@case(vms=[linux("crowd", cpus=[0, 1, 2, 3], sets=[3, 3, 3, 3])], smp="2", limit=400)
def more_vcpus_than_cpus(vm):
    """Four vCPUs on two CPUs: all work, alone and at once, and sleeps end"""
    vm.expect(r"^Welcome to crowd", BOOT)
    vm.shell()
    every_cpu_works(vm, 4)
    vm.run("for c in 1 2 4 8; do taskset $c sh -c '%s' & done; wait" % (SPIN % 20000), 180)
    vm.run("(while :; do :; done) & (while :; do :; done) & (while :; do :; done) & echo")
    for i in range(3):
        vm.check(vm.run("sleep 1; echo $((%d + 1))" % i, 60) == "%d\n" % (i + 1), "it hangs")
    vm.run("kill %1 %2 %3")
    poweroff(vm)
