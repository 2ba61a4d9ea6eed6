# SPDX-License-Identifier: Apache-2.0
"""Devices of the host in a Linux guest: registers mapped and forwarded, interrupts level and edge."""

import hashlib
import re

from harness import GICV2, case
from line import SECOND_LINE, Line
from vmfile import MIB, linux

BOOT = 90  # seconds to the first prompt
PROMPT = r"^~ # "

# The row of AxVisor's documents: the guest's UART is the second of the host, where it has one.
UART = linux("second", passthrough_devices=[["uart", 0x9000000, 0x9040000, 0x1000, 1]])
# A slot that shares its page with that of the hypervisor's own disk, and the clock.
SLOT = "/virtio_mmio@a003c00"
DISK = linux("disk", cpus=[0, 1], memory_regions=[[0x80000000, 256 * MIB, 7, 1]],
             passthrough_devices=[[SLOT], ["/pl031@9010000"]])
WHOLE = linux("disk", memory_regions=[[0x80000000, 256 * MIB, 7, 1]],
              passthrough_devices=[["/"]])
SECOND_DISK = ["-drive", "if=none,id=disk1,format=raw,file={scratch}",
               "-device", "virtio-blk-device,drive=disk1,bus=virtio-mmio-bus.30"]


# ---- a UART, mapped -----------------------------------------------------------------------------

def uart_interrupts(line):
    line.send("cat /proc/interrupts\n")
    count = line.expect(r"^ *\d+: +(\d+) +GICv3 +40 +Level +uart-pl011").group(1)
    line.expect(PROMPT)
    return int(count)


def speak(line):
    """Both ways, in bulk; the interrupts of its line are counted."""
    line.expect(r"^Welcome to second", BOOT)
    line.expect(PROMPT)
    before = uart_interrupts(line)
    for n in range(5):
        line.send("echo $((%d * 1111)) and back\n" % n)
        line.expect(r"^%d and back$" % (n * 1111))
        line.expect(PROMPT)
    line.send("seq 1 2000 | tr '\\n' ' ' | wc -c; seq 2000 3000; echo end\n")
    line.expect(r"^8893$")
    line.expect("^" + "\n".join(str(n) for n in range(2000, 3001)) + "\nend$")
    line.expect(PROMPT)
    after = uart_interrupts(line)
    return None if after >= before + 5 else "%d interrupts, then %d" % (before, after)


@case(qemu="10", vms=[UART], qemu_args=SECOND_LINE)
def second_uart(vm):
    """The host's second UART as a Linux guest's console, before and after a restart (QEMU 10)"""
    line = Line(vm)
    vm.expect(r"passed +0x009000000\.\.0x009001000 +uart, host 0x9040000, mapped")
    vm.expect(r"passed +interrupt 40 +uart, host 40, level")
    vm.part("speaks", speak(line))
    line.send("reboot\n")
    vm.expect(r'VM 1 "second" restarts')
    vm.part("speaks_again", speak(line))
    line.send("poweroff\n")
    vm.wait_exit()
    line.close()


# ---- a disk, forwarded, and a clock, mapped -----------------------------------------------------

def md5(data):
    return hashlib.md5(data).hexdigest()


def load_drivers(vm):
    vm.expect(r"^Welcome to disk", BOOT)
    vm.shell()
    vm.run("insmod /lib/modules/virtio_mmio.ko && insmod /lib/modules/virtio_blk.ko")


def reads(vm):
    """What the host put there."""
    with open(vm.scratch, "rb") as file:
        data = file.read()
    out = vm.run("md5sum /dev/vda", 60)
    return None if out.split()[0] == md5(data) else "the guest read something else"


def writes(vm):
    """What the guest put there; the rest is as it was."""
    with open(vm.scratch, "rb") as file:
        before = file.read()
    vm.run("seq 1 60000 > /tmp/n; dd if=/tmp/n of=/dev/vda bs=4096 seek=100 conv=fsync", 60)
    new = "".join("%d\n" % n for n in range(1, 60001)).encode()
    with open(vm.scratch, "rb") as file:
        after = file.read()
    begin = 100 * 4096
    if after[begin:begin + len(new)] != new:
        return "the host does not find what the guest wrote"
    if after[:begin] != before[:begin] or after[begin + len(new):] != before[begin + len(new):]:
        return "something else has changed, too"
    return None


def counts(vm, name, kind, before):
    """Interrupts of @name came, of the right @kind, to more than @before; None or why not."""
    if not re.search(r"\b%s +%s$" % (kind, name), vm.run("cat /proc/interrupts"), re.MULTILINE):
        return "%s is not %s" % (name, kind)
    now = sum(vm.interrupts(name))
    return None if now > before else "%d interrupts, before %d" % (now, before)


def alarm(vm, times):
    """The clock's alarm, a level: once for each time it is set."""
    for n in range(times):
        before = sum(vm.interrupts("rtc-pl031"))
        vm.run("echo 0 > /sys/class/rtc/rtc0/wakealarm; echo +1 > /sys/class/rtc/rtc0/wakealarm")
        vm.run("sleep 2")
        now = sum(vm.interrupts("rtc-pl031"))
        if now != before + 1:
            return "alarm %d: %d interrupts, before %d" % (n, now, before)
    return counts(vm, "rtc-pl031", "Level", 0)


def other_cpu(vm):
    """Routed by the guest to its other vCPU, on another CPU of the host."""
    irq = re.search(r"^ *(\d+):.*virtio0$", vm.run("cat /proc/interrupts"), re.MULTILINE).group(1)
    vm.run("echo 2 > /proc/irq/%s/smp_affinity" % irq)
    before = vm.interrupts("virtio0")
    vm.run("echo 3 > /proc/sys/vm/drop_caches; md5sum /dev/vda", 60)
    now = vm.interrupts("virtio0")
    if now[1] <= before[1] or now[0] != before[0]:
        return "interrupts per vCPU: %s, before %s" % (now, before)
    return None


def passed_disk(vm):
    vm.expect(r"disk: virtio-blk at %s, 4 MiB: left to guests" % SLOT)
    vm.expect(r"disk: virtio-blk at /virtio_mmio@a003e00")
    vm.expect(r"warning: .*%s may do DMA" % SLOT)
    vm.expect(r"passed +0x00a003c00\.\.0x00a003e00 +%s, host 0xa003c00, forwarded" % SLOT)
    load_drivers(vm)
    vm.part("reads", reads(vm))
    vm.part("writes", writes(vm))
    vm.part("disk_is_an_edge", counts(vm, "virtio0", "Edge", 10))
    vm.part("clock_is_a_level", alarm(vm, 2))
    vm.part("routed_to_the_other_cpu", other_cpu(vm))
    vm.send("reboot\n")  # our own disk shares the page: images are read from it
    load_drivers(vm)
    vm.part("reads_after_restart", reads(vm))
    vm.part("clock_after_restart", alarm(vm, 1))
    vm.send("poweroff\n")
    vm.wait_exit()


@case(vms=[DISK], qemu_args=SECOND_DISK, scratch=4)
def host_disk(vm):
    """A virtio disk and the clock of the host in a Linux guest: data, interrupts, restart"""
    passed_disk(vm)


@case(vms=[DISK], qemu_args=SECOND_DISK + GICV2, scratch=4, slow=True)
def host_disk_gicv2(vm):
    """The same on a machine with a GICv2"""
    passed_disk(vm)


@case(vms=[DISK], qemu_args=SECOND_DISK, scratch=4, append="lane=neutral", slow=True)
def host_disk_neutral_lane(vm):
    """The same without the short lane"""
    passed_disk(vm)


# ---- everything ---------------------------------------------------------------------------------

@case(vms=[WHOLE], qemu_args=SECOND_DISK, scratch=4)
def whole_machine(vm):
    """A Linux guest that is passed "/": all devices but the hypervisor's own, of which it has twins"""
    for path, use, twin in (("/virtio_mmio@a003e00", "disk", "none"),
                            ("/pl011@9000000", "console", "an emulated one at 0x0900_0000"),
                            ("/intc@8000000", "interrupt controller", "an emulated one at 0x0800_0000"),
                            ("/timer", "timer", "those of its vCPUs")):
        why = None if re.search(r"warning: .*%s is the hypervisor's own \(%s\): the guest gets %s"
                                % (path, use, twin), told_of_passing(vm)) else "not said"
        vm.part("twin_of_" + use.replace(" ", "_"), why)
    load_drivers(vm)
    vm.part("reads", reads(vm))
    vm.part("clock_is_a_level", alarm(vm, 1))
    gpio = vm.run("cat /sys/bus/gpio/devices/gpiochip*/uevent /sys/class/gpio/gpiochip*/label", status=None)
    vm.part("gpio", None if "9030000.pl061" in gpio else "no 9030000.pl061: " + gpio)
    vm.send("poweroff\n")
    vm.wait_exit()


def told_of_passing(vm):
    """The log up to the start of the VM."""
    if 'VM 1 "disk": started' not in vm.text:
        vm.expect(r'VM 1 "disk": started')
    return vm.text


# As AxVisor's files are since late 2025: no addresses, and all that the host's tree has.
BARE = linux("disk", memory_regions=[[0x80000000, 256 * MIB, 7, 1]], entry_point=None,
             kernel_load_addr=None, ramdisk_load_addr=None, vm_type=0,
             passthrough_devices=[["/"]], excluded_devices=[["/pl031@9010000"]],
             interrupt_mode="passthrough")


@case(slow=True, vms=[BARE], scratch=4, qemu_args=SECOND_DISK)
def bare_file(vm):
    """The same without any address in the file, and with the clock kept out"""
    load_drivers(vm)
    vm.part("reads", reads(vm))
    nodes = vm.run("ls /proc/device-tree").split()
    vm.check("pl061@9030000" in nodes, "a device is missing: %s" % nodes)
    vm.check("pl031@9010000" not in nodes, "what was excluded is there")
    vm.check("virtio_mmio@a003e00" not in nodes, "the hypervisor's own slot is there")
    vm.send("poweroff\n")
    vm.wait_exit()
