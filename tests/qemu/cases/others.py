# SPDX-License-Identifier: Apache-2.0
"""Guests that others have put together: Debian's installer."""

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
