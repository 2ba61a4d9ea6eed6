# SPDX-License-Identifier: Apache-2.0
"""What a test case consists of, and how its machine is put together from tests.json."""

import hashlib
import json
import os
import subprocess
import sys

import images
from machine import Failure, Machine
from vmfile import VmFile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

CASES = []
GICV2 = ["-machine", "gic-version=2"]  # qemu_args


class Case:
    def __init__(self, steps, **options):
        self.name = options.pop("name", steps.__name__)
        self.about = (steps.__doc__ or "").strip().splitlines()[0:1]
        self.steps = steps
        self.kernel = options.pop("kernel", "default")
        self.vms = options.pop("vms", [])
        self.guests = options.pop("guests", "linux")
        self.boot = options.pop("boot", "kernel")
        self.tree = options.pop("tree", "")
        self.platform = options.pop("platform", "")
        self.dts = options.pop("dts", "")
        self.table = options.pop("table", "none")
        self.smp = options.pop("smp", "")
        self.mem = options.pop("mem", "")
        self.append = options.pop("append", "")
        self.qemu = options.pop("qemu", "")
        self.qemu_args = options.pop("qemu_args", [])
        self.scratch = options.pop("scratch", 0)
        self.limit = options.pop("limit", 240)
        self.slow = options.pop("slow", False)
        if options:
            raise TypeError("case %s: unknown option %s" % (self.name, ", ".join(options)))


def case(**options):
    """Make a function a test case; tests/qemu/README.md lists the options."""
    def register(steps):
        CASES.append(Case(steps, **options))
        return steps
    return register


def path(name):
    return os.path.join(ROOT, name)


class Setup:
    """The machine to run on, as the build describes it."""

    def __init__(self, config):
        try:
            with open(config, encoding="utf-8") as file:
                doc = json.load(file)
            self.platform = path(doc["platform"])
            self.tool = path(doc["tool"])
            self.kernels = {name: path(file) for name, file in doc["kernels"].items()}
            self.guests = {name: path(folder) for name, folder in doc["guests"].items()}
            self.qemu = os.environ.get("QEMU") or doc.get("qemu", "")
            self.qemu_args = doc.get("qemu_args", [])
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise Failure("%s: %s %s" % (config, type(error).__name__, error)) from None
        self.disks = path("build/test-disks")
        self.files = path("build/test-vms")
        self.logs = path("build/test-logs")
        os.makedirs(self.logs, exist_ok=True)
        os.makedirs(self.disks, exist_ok=True)

    def start(self, this):
        command = self._emulator(this, self._kernel(this), self._disk(this))
        command += list(this.qemu_args) + self.qemu_args
        if this.dts:
            command += ["-dtb", self._compiled(this)]
        if this.tree:
            command += ["-dtb", self._tree(this, command)]
        log = os.path.join(self.logs, this.name + ".log")
        scratch = self._scratch(this)
        machine = Machine([w.replace("{scratch}", scratch) for w in command], log, this.limit)
        machine.scratch = scratch
        return machine

    def _scratch(self, this):
        """A file for a second disk, no two sectors of which are the same."""
        if not this.scratch:
            return ""
        name = os.path.join(self.disks, this.name + ".scratch")
        os.makedirs(self.disks, exist_ok=True)
        with open(name, "wb") as file:
            for n in range(this.scratch << 11):
                file.write(b"%015d\n" % n * 32)
        return name

    def _kernel(self, this):
        kernel = self.kernels.get(this.kernel)
        if not kernel:
            raise Failure('tests.json names no kernel "%s"' % this.kernel)
        if not os.path.exists(kernel):
            raise Failure("there is no %s; build it first" % os.path.relpath(kernel, ROOT))
        return kernel

    def _emulator(self, this, kernel, disk):
        qemu = self._fetched("qemu10") if this.qemu == "10" else self.qemu
        words = ["kernel=" + kernel, "disk=" + disk, "qemu=" + qemu, "smp=" + this.smp,
                 "mem=" + this.mem, "append=" + this.append]
        if this.boot == "u-boot":
            words.append("u_boot=" + self._fetched("u-boot"))
        platform = path(this.platform) if this.platform else self.platform
        return self._tool("platform.py", [platform, "emulator"] + words).splitlines()

    def _tree(self, this, command):
        """The machine's own device tree, with what the case adds to it."""
        base = os.path.join(self.files, this.name)
        os.makedirs(self.files, exist_ok=True)
        dump = command + ["-machine", "dumpdtb=%s.raw" % base]
        self._run([w for w in dump if w != "-nographic"] + ["-display", "none"])
        source = self._run(["dtc", "-q", "-I", "dtb", "-O", "dts", base + ".raw"])
        # Reservations stand before the first node, what shall win behind the last.
        first = "".join(line + "\n" for line in this.tree.splitlines() if "/memreserve/" in line)
        source = source.replace("/dts-v1/;", "/dts-v1/;\n" + first, 1)
        with open(base + ".dts", "w", encoding="utf-8") as file:
            file.write(source + this.tree.replace(first, ""))
        self._run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", base + ".dtb", base + ".dts"])
        return base + ".dtb"

    def _compiled(self, this):
        """A device tree of vms/, for a machine that brings none."""
        out = os.path.join(self.files, this.name + ".dtb")
        os.makedirs(self.files, exist_ok=True)
        self._run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", out,
                   path(os.path.join("tests/qemu/vms", this.dts))])
        return out

    @staticmethod
    def _run(words):
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failure("%s: %s" % (words[0], done.stderr.strip()))
        return done.stdout

    @staticmethod
    def _fetched(what):
        """The set-up has fetched it: a newer emulator, a boot loader."""
        done = subprocess.run([path("tools/setup/fetch-%s.sh" % what)], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(done.stderr.strip())
        return done.stdout.strip()

    def _disk(self, this):
        """A disk with the case's VM files and the images these name; kept while they are."""
        added = self._added(this)
        if not this.vms and not added:
            return ""
        folder = self.guests.get(this.guests)
        if not folder:
            raise Failure('tests.json names no guests "%s"' % this.guests)
        vms = [self._written(vm, this, folder) for vm in this.vms]
        key = repr((this.name, vms, folder, this.table, self.platform, added)).encode()
        base = os.path.join(self.disks, hashlib.sha256(key).hexdigest()[:16])
        # What is wrong with them is for the hypervisor to say: that is what is tested.
        self._run([self.tool, "pack", "--force", "--files", folder, "-o", base + ".cpio",
                   "--disk", base + ".img", "--table", this.table] + added + vms)
        return base + ".img"

    def _added(self, this):
        """What U-Boot wants to find."""
        if this.boot != "u-boot":
            return []
        return ["--add=%s=trivet.bin" % self._kernel(this),
                "--add=%s=extlinux/extlinux.conf" % path("configs/boot/extlinux.conf")]

    def _written(self, vm, this, guests):
        """The file's place; one of vmfile.py is written first, and the images made that it needs."""
        if not isinstance(vm, VmFile):
            return path(vm)
        folder = os.path.join(self.files, this.name)
        for name in vm.images():
            images.make(name, guests, folder)
        return vm.write(folder)

    @staticmethod
    def _tool(name, words):
        done = subprocess.run([sys.executable, path("tools/" + name)] + words, check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure("%s: %s" % (name, (done.stderr or done.stdout).strip()))
        return done.stdout
