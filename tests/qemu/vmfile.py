# SPDX-License-Identifier: Apache-2.0
"""VM files that differ from the sample of configs/vms in a few keys, written when a case needs them.

What a user would write stands in configs/vms; here are the many that nobody would keep: one for
each combination that a case wants to see. A file is only touched when its text changes, so that
disks made of it are used again.
"""

import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLES = {
    "base": ("id", "name", "vm_type", "cpu_num", "phys_cpu_ids", "phys_cpu_sets"),
    "kernel": ("entry_point", "image_location", "kernel_path", "kernel_load_addr", "ramdisk_path",
               "ramdisk_load_addr", "dtb_path", "dtb_load_addr", "cmdline", "memory_regions"),
    "trivet": ("unsupported_reference", "unsupported_register", "unsupported_instruction"),
    "devices": ("emu_devices", "passthrough_devices", "excluded_devices", "interrupt_mode"),
}
MIB = 1 << 20


def literal(value):
    """A Python value as TOML writes it."""
    if isinstance(value, list):
        return "[%s]" % ", ".join(literal(v) for v in value)
    if isinstance(value, int):
        return "0x%x" % value if value > 4096 else "%d" % value
    return '"%s"' % value


class VmFile:
    """One VM file. Keys that are None are left out."""

    def __init__(self, name, **keys):
        self.name = name
        self.keys = dict(keys, name=name)
        unknown = set(self.keys) - {key for table in TABLES.values() for key in table}
        if unknown:
            raise TypeError("VM %s: unknown key %s" % (name, ", ".join(sorted(unknown))))

    def __repr__(self):
        return self.text()

    def text(self):
        lines = []
        for table, keys in TABLES.items():
            lines.append("[%s]" % table)
            lines += ["%s = %s" % (key, literal(self.keys[key])) for key in keys
                      if self.keys.get(key) is not None]
        return "\n".join(lines) + "\n"

    def images(self):
        return [self.keys[key] for key in ("kernel_path", "dtb_path", "ramdisk_path")
                if self.keys.get(key)]

    def write(self, folder):
        path = os.path.join(folder, self.name + ".toml")
        try:
            with open(path, encoding="utf-8") as old:
                if old.read() == self.text():
                    return path
        except FileNotFoundError:
            pass
        os.makedirs(folder, exist_ok=True)
        with open(path, "w", encoding="utf-8") as new:
            new.write(self.text())
        return path


class NewFile(VmFile):
    """One that `trivet new` writes, for the sample's kernel and with @words."""

    def __init__(self, name, *words):
        super().__init__(name)
        self.words = list(words)

    def text(self):
        guests = os.path.join(TOP, ".cache/guests/aarch64")
        command = [os.path.join(TOP, "build/trivet"), "new", "--name", self.name, "-o", "-",
                   "--kernel", os.path.join(guests, "Image"),
                   "--initrd", os.path.join(guests, "initramfs.cpio.gz")] + self.words
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def linux(name, mib=256, base=0x80000000, words="quiet", **keys):
    """The sample Linux, with one vCPU and @mib of memory at @base unless told otherwise.

    @words go to its command line; cpus=[...] are phys_cpu_ids, sets=[...] phys_cpu_sets.
    """
    cpus = keys.pop("cpus", [0])
    out = dict(
        id=1, vm_type=1, cpu_num=len(cpus), phys_cpu_ids=cpus,
        phys_cpu_sets=keys.pop("sets", None),
        entry_point=base + 2 * MIB, image_location="fs",
        kernel_path="Image", kernel_load_addr=base + 2 * MIB,
        ramdisk_path="initramfs.cpio.gz", ramdisk_load_addr=base + 64 * MIB,
        cmdline="console=ttyAMA0 rdinit=/init hostname=%s %s" % (name, words),
        memory_regions=[[base, mib * MIB, 7, 0]],
        emu_devices=[], passthrough_devices=[])
    out.update(keys)
    return VmFile(name, **out)


def inmate(name, program, words="", cpus=None, mib=4, base=0x80000000, **keys):
    """A VM of one of the small guests of tests/guests, its image linked 2 MiB behind @base."""
    cpus = cpus or [0]
    out = dict(
        id=1, vm_type=1, cpu_num=len(cpus), phys_cpu_ids=list(range(len(cpus))),
        phys_cpu_sets=[1 << cpu for cpu in cpus],
        entry_point=base + 2 * MIB, image_location="fs",
        kernel_path=program + ".bin", kernel_load_addr=base + 2 * MIB, cmdline=words,
        memory_regions=[[base, mib * MIB, 7, 0]],
        emu_devices=[], passthrough_devices=[])
    out.update(keys)
    return VmFile(name, **out)
