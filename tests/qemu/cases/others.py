# SPDX-License-Identifier: Apache-2.0
"""Guests that others have put together: Debian's installer, U-Boot."""

from harness import case


@case(vms=["configs/vms/debian-installer-aarch64.toml"], guests="installer", limit=400)
def debian_installer(vm):
    """Debian's installer, an initrd of 40 MB: its first questions, a shell, all it found"""
    vm.expect(r"Select a language", 300)
    vm.expect(r"Prompt: '\?' for help, default=2> ", 60)
    vm.send("1\n")  # C: no translation
    vm.expect(r"Continent or region:|Select your location", 120)
    # Its screen(1) has a shell beside the installer. Ctrl+A is the emulator's key: twice is once.
    vm.send("\x01\x012")
    vm.expect(r"\(2\*shell\)", 30)
    vm.send("\n")
    vm.expect(r"BusyBox[^~]*~ # ", 30)
    vm.send("echo cpus:$(grep -c ^processor /proc/cpuinfo) mem:$(grep MemTotal /proc/meminfo)\n")
    vm.expect(r"cpus:2 mem:MemTotal: +(9|1\d)\d{5} kB", 30)
    vm.send("poweroff -f\n")
    vm.wait_exit(60)


@case(vms=["configs/vms/u-boot-aarch64.toml"], guests="u-boot", smp="1")
def u_boot_guest(vm):
    """U-Boot as a guest: its prompt, its memory from our tree, an EFI program, a restart"""
    for n in range(2):
        vm.expect(r"^U-Boot 20", 60)
        vm.expect(r"Hit any key to stop autoboot", 60)
        vm.send("\n")
        vm.expect(r"^=> ", 30)
        vm.send("version\n")
        vm.expect(r"^U-Boot 20[^\n]*Debian|^U-Boot 20", 30)
        vm.send("bdinfo\n")
        vm.expect(r"-> start += 0x0000000040000000\n-> size += 0x0000000010000000\n", 30)
        if n == 0:
            vm.send("bootefi hello\n")
            vm.expect(r"^Hello, world!\n", 30)
            vm.send("reset\n")
            vm.expect(r'VM 1 "u-boot" restarts', 30)
    vm.send("poweroff\n")
    vm.wait_exit()
