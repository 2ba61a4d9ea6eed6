# SPDX-License-Identifier: Apache-2.0
"""One Linux guest: from the disk as `make run` starts it, and from the hypervisor's own archive."""

from harness import case
from vmfile import NewFile

BOOT = 90  # seconds to the first prompt


def timer_and_uart_count(vm):
    timer, uart = vm.interrupts("arch_timer"), vm.interrupts("uart-pl011")
    vm.check(len(timer) == 2, "arch_timer counts for %d CPUs, not 2" % len(timer))
    vm.check(all(timer), "a CPU has had no timer interrupt: %s" % timer)
    vm.run("sleep 1")
    later_timer, later_uart = vm.interrupts("arch_timer"), vm.interrupts("uart-pl011")
    vm.check(sum(later_timer) > sum(timer), "arch_timer does not count: %s" % later_timer)
    vm.check(sum(later_uart) > sum(uart), "uart-pl011 does not count: %s" % later_uart)


def cpu1_goes_and_comes(vm):
    online = "/sys/devices/system/cpu/cpu1/online"
    vm.run("echo 0 > %s" % online)
    vm.check(vm.run("nproc") == "1\n", "CPU 1 did not go offline")
    before = vm.interrupts("arch_timer")
    vm.check(len(before) == 1, "an offline CPU has interrupt counts")
    vm.run("echo 1 > %s" % online)
    vm.check(vm.run("nproc") == "2\n", "CPU 1 did not come online again")
    before = vm.interrupts("arch_timer")[1]
    vm.run("taskset 2 sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'", 60)
    vm.check(vm.interrupts("arch_timer")[1] > before, "CPU 1 has no timer after it came back")


@case(vms=["configs/vms/linux-aarch64-qemu-smp2.toml"])
def linux_fs(vm):
    """Linux from the disk: two CPUs, interrupts count, CPU 1 off and on, reboot, poweroff"""
    vm.expect(r"^Welcome to ", BOOT)
    vm.shell()
    vm.check(vm.run("nproc") == "2\n", "nproc is not 2")
    timer_and_uart_count(vm)
    cpu1_goes_and_comes(vm)
    vm.run("touch /tmp/before")
    vm.send("reboot\n")
    vm.expect(r"^Welcome to ", BOOT)
    vm.shell()
    vm.run("test ! -e /tmp/before")
    vm.check(vm.run("nproc") == "2\n", "nproc is not 2 after reboot")
    vm.send("poweroff\n")
    vm.wait_exit()


@case(kernel="linux-memory")
def linux_memory(vm):
    """The same Linux from the archive inside the hypervisor, without a disk"""
    vm.expect(r"^Welcome to linux-mem", BOOT)
    vm.shell()
    vm.check(vm.run("nproc") == "2\n", "nproc is not 2")
    timer_and_uart_count(vm)
    vm.send("poweroff\n")
    vm.wait_exit()


@case(vms=[NewFile("made", "--cpus", "3", "--memory", "0x1800_0000",
                   "--cmdline", "console=ttyAMA0 rdinit=/init hostname=made quiet")])
def linux_made(vm):
    """A file that `trivet new` has written boots as it is"""
    vm.expect(r"VM 1 \"made\" from disk:/guest/vm_default/made.toml")
    vm.expect(r"memory  0x080000000..0x098000000   384 MiB")
    vm.expect(r"^Welcome to made", BOOT)
    vm.shell()
    vm.check(vm.run("nproc") == "3\n", "nproc is not 3")
    vm.send("poweroff\n")
    vm.wait_exit()
