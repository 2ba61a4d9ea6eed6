# SPDX-License-Identifier: Apache-2.0
"""Started by U-Boot from the disk that has the VM files, at several places in memory."""

from harness import case
from vmfile import linux

U_BOOT = 60
BOOT = 120
MARK = "5a5a5a5a"


def prompt(vm):
    """Its prompt, before it boots by itself."""
    vm.expect(r"Hit any key to stop autoboot", U_BOOT)
    vm.send("\n")
    vm.expect(r"^=> ")


def order(vm, line, answer=""):
    vm.send(line + "\n")
    if answer:
        vm.expect(answer)
    vm.expect(r"^=> ", 30)


def booti(vm, image, tree="$fdtcontroladdr"):
    order(vm, "load virtio 0 %#x trivet.bin" % image, r"\d+ bytes read")
    vm.send("booti %#x - %s\n" % (image, tree))
    vm.expect(r"^Starting kernel \.\.\.", 30)


def up(vm, image):
    """We run, from where U-Boot has put us."""
    vm.expect(r"loader +U-Boot 20", 30)
    vm.expect(r"image +0x0*%x-" % image)


@case(boot="u-boot", kernel="linux-memory")
def u_boot_booti(vm):
    """booti from the prompt: 35 MiB of us over a GiB boundary, the tree over one of 2 MiB"""
    prompt(vm)
    order(vm, "setenv bootargs log=debug from=u-boot")
    order(vm, "setenv fdt_high 0xffffffffffffffff")  # leave the tree where it is
    order(vm, "fdt addr $fdtcontroladdr")
    order(vm, "fdt move $fdtcontroladdr 0x4fffe000 0x102000")
    order(vm, "mw.l 0x60000000 0x%s 0x2000000" % MARK)
    booti(vm, 0x7fe0_0000, "0x4fffe000")
    up(vm, 0x7fe0_0000)
    vm.expect(r"4 of 4 CPUs run")
    vm.expect(r"^Welcome to linux-mem: Linux .* 2 CPU\(s\)", BOOT)
    vm.shell(BOOT)
    # Memory that a boot loader has written to is zeroed although the platform file calls it clean.
    vm.monitor("xp /1xw 0x66000000", "0x00000000")
    vm.shell()
    vm.send("poweroff\n")
    vm.wait_exit()


@case(boot="u-boot", table="gpt", vms=[linux("by-itself")])
def u_boot_extlinux(vm):
    """U-Boot left alone finds extlinux.conf and starts us at its own address for kernels"""
    vm.expect(r"Found /extlinux/extlinux\.conf", U_BOOT)
    up(vm, 0x4040_0000)
    vm.expect(r"^Welcome to by-itself: Linux", BOOT)
    vm.shell(BOOT)
    vm.send("poweroff\n")
    vm.wait_exit()


@case(boot="u-boot", mem="1G")
def u_boot_unaligned(vm):
    """Loaded between two multiples of 2 MiB: U-Boot moves us to the next, and that is well"""
    prompt(vm)
    booti(vm, 0x5010_0000)
    up(vm, 0x5020_0000)
    vm.expect(r"no VM files: looked for ")
