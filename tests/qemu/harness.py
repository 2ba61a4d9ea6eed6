# SPDX-License-Identifier: Apache-2.0
"""What a test case consists of, and how its machine is put together from tests.json."""

import hashlib
import json
import os
import subprocess
import tomllib

from machine import Failure, Machine

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VM_FOLDER = "guest/vm_default"  # where the hypervisor looks for VM files on a disk
IMAGE_KEYS = ("kernel_path", "dtb_path", "bios_path", "uefi_firmware_path", "ramdisk_path")

CASES = []


class Case:
    def __init__(self, steps, **options):
        self.name = steps.__name__
        self.about = (steps.__doc__ or "").strip().splitlines()[0:1]
        self.steps = steps
        self.kernel = options.pop("kernel", "default")
        self.vms = options.pop("vms", [])
        self.files = options.pop("files", {})
        self.missing = options.pop("missing", ())
        self.smp = options.pop("smp", "")
        self.mem = options.pop("mem", "")
        self.append = options.pop("append", "")
        self.qemu_args = options.pop("qemu_args", [])
        self.limit = options.pop("limit", 240)
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
            self.kernels = {name: path(file) for name, file in doc["kernels"].items()}
            self.guests = path(doc["guests"])
            self.qemu = os.environ.get("QEMU") or doc.get("qemu", "")
            self.qemu_args = doc.get("qemu_args", [])
        except (OSError, ValueError, KeyError) as error:
            raise Failure("%s: %s %s" % (config, type(error).__name__, error)) from None
        self.disks = path("build/test-disks")
        self.logs = path("build/test-logs")
        os.makedirs(self.logs, exist_ok=True)

    def start(self, this):
        command = self._emulator(this, self._kernel(this), self._disk(this))
        log = os.path.join(self.logs, this.name + ".log")
        return Machine(command + list(this.qemu_args) + self.qemu_args, log, this.limit)

    def _kernel(self, this):
        kernel = self.kernels.get(this.kernel)
        if not kernel:
            raise Failure('tests.json names no kernel "%s"' % this.kernel)
        if not os.path.exists(kernel):
            raise Failure("there is no %s; build it first" % os.path.relpath(kernel, ROOT))
        return kernel

    def _emulator(self, this, kernel, disk):
        words = ["kernel=" + kernel, "disk=" + disk, "qemu=" + self.qemu, "smp=" + this.smp,
                 "mem=" + this.mem, "append=" + this.append]
        tool = [path("tools/platform.py"), self.platform, "emulator"]
        done = subprocess.run(tool + words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(done.stderr.strip())
        return done.stdout.splitlines()

    # ---- disks ------------------------------------------------------------------------------

    def _disk(self, this):
        """A disk with the case's VM files and the images these name; made once, kept."""
        pairs = {VM_FOLDER + "/" + os.path.basename(vm): path(vm) for vm in this.vms}
        for vm in this.vms:
            for image in images_of(path(vm)):
                source = os.path.join(self.guests, os.path.basename(image))
                if image in this.missing:
                    continue
                if not os.path.exists(source):
                    raise Failure("%s asks for %s, which is not in %s" % (vm, image, self.guests))
                pairs[VM_FOLDER + "/" + image] = source
        pairs.update({dest: path(source) for dest, source in this.files.items()})
        if not pairs:
            return ""
        disk = os.path.join(self.disks, fingerprint(pairs) + ".img")
        if not os.path.exists(disk):
            make_disk(disk, pairs)
        return disk


def images_of(vm):
    """The images on the disk that a VM file names; a file that is no TOML names none."""
    try:
        with open(vm, "rb") as file:
            kernel = tomllib.load(file).get("kernel", {})
    except ValueError:
        return []
    if kernel.get("image_location", "fs") != "fs":
        return []
    return [kernel[key] for key in IMAGE_KEYS if isinstance(kernel.get(key), str) and kernel[key]]


def fingerprint(pairs):
    state = [(dest, source, os.stat(source).st_size, os.stat(source).st_mtime_ns)
             for dest, source in sorted(pairs.items())]
    return hashlib.sha256(repr(state).encode()).hexdigest()[:16]


def make_disk(disk, pairs):
    os.makedirs(os.path.dirname(disk), exist_ok=True)
    words = [source + "=" + dest for dest, source in sorted(pairs.items())]
    done = subprocess.run([path("tools/mkdisk.sh"), disk, "--"] + words, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise Failure("mkdisk.sh: " + done.stdout.strip())
