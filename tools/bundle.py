#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Put VM files and their images where the hypervisor looks for them.

    bundle.py --platform P.toml --guests DIR --archive OUT.cpio --disk OUT.img [--table T]
              [--home memory|fs] [--add SRC=NAME]... VM.toml... VM.qvmconf...

A VM file with image_location = "memory" travels, with its images, in the archive that is linked
into the hypervisor; one with "fs" on the FAT32 disk; one with "home", or in qvm's language, where
--home says (the disk). Both have the same layout: the VM file in
guest/vm_default/, images by the path the file gives, relative to the root. An image is looked for
beside its VM file, then in DIR. Outputs are only touched when they change, so a second run is
quick. --add puts a file on the disk that is no VM's, such as the hypervisor for U-Boot to load. A
file that cannot be read as TOML is copied to the disk all the same: the hypervisor says what is
wrong with it.
"""
import argparse
import os
import subprocess
import sys
import tomllib

from vmimages import qvm_images

FOLDER = "guest/vm_default"
KEYS = ("kernel_path", "dtb_path", "bios_path", "ramdisk_path")
TOOLS = os.path.dirname(os.path.abspath(__file__))


def images_of(vm, home):
    """(location, [paths]) of a VM file; what is wrong in it is not our business."""
    if vm.endswith(".qvmconf"):
        return home, list(qvm_images(vm))
    try:
        with open(vm, "rb") as f:
            kernel = tomllib.load(f).get("kernel", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return "fs", []
    if not isinstance(kernel, dict):
        return "fs", []
    location = {"memory": "memory", "home": home}.get(kernel.get("image_location"), "fs")
    return location, [kernel[k] for k in KEYS if isinstance(kernel.get(k), str)]


def find(vm, path, guests):
    for folder in (os.path.dirname(vm), guests):
        full = os.path.join(folder, path.lstrip("/"))
        if os.path.isfile(full):
            return full
    print(f"bundle: {vm}: image {path!r} is neither beside it nor in {guests}", file=sys.stderr)
    return None


def collect(vms, guests, home):
    """{location: {name there: source}}"""
    out = {"fs": {}, "memory": {}}

    def put(location, name, source):
        there = out[location].setdefault(name, source)
        if not os.path.samefile(there, source):
            sys.exit(f"bundle: {there} and {source} would both be {name}: give one another name")

    for vm in dict.fromkeys(vms):
        location, paths = images_of(vm, home)
        put(location, f"{FOLDER}/{os.path.basename(vm)}", vm)
        for path in paths:
            source = find(vm, path, guests)
            if source:
                put(location, path.lstrip("/"), source)
    return out


def signature(words):
    """What the output depends on: names, sizes and times of the inputs."""
    lines = []
    for word in words:
        source = word.partition("=")[0]
        st = os.stat(source)
        lines.append(f"{word} {st.st_size} {st.st_mtime_ns}")
    return "\n".join(lines) + "\n"


def make(out, words, command):
    stamp, now = out + ".inputs", signature(words)
    if os.path.exists(out) and os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as f:
            if f.read() == now:
                return
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    subprocess.run(command + words, check=True)
    with open(stamp, "w", encoding="utf-8") as f:
        f.write(now)


def runtime_of(platform, archive):
    """The platform file as it goes into the archive, beside that."""
    out = archive + ".platform.toml"
    text = subprocess.run([sys.executable, f"{TOOLS}/platform.py", platform, "runtime"], check=True,
                          stdout=subprocess.PIPE).stdout
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    if not os.path.exists(out) or open(out, "rb").read() != text:
        with open(out, "wb") as f:
            f.write(text)
    return out


def main():
    p = argparse.ArgumentParser()
    for name in ("platform", "guests", "archive", "disk"):
        p.add_argument(f"--{name}", required=True)
    p.add_argument("--table", default="none")
    p.add_argument("--home", choices=("fs", "memory"), default="fs")
    p.add_argument("--add", action="append", default=[])
    p.add_argument("vms", nargs="*")
    a = p.parse_args()

    missing = [vm for vm in a.vms if not os.path.isfile(vm)]
    if missing:
        sys.exit(f"bundle: no such VM file: {' '.join(missing)}")
    files = collect(a.vms, a.guests, a.home)
    archive = [f"{runtime_of(a.platform, a.archive)}=platform.toml"]
    archive += [f"{src}={name}" for name, src in sorted(files["memory"].items())]
    make(a.archive, archive, [sys.executable, f"{TOOLS}/mkarchive.py", a.archive])
    disk = [f"{src}={name}" for name, src in sorted(files["fs"].items())] + a.add
    make(a.disk, disk, [f"{TOOLS}/mkdisk.sh", a.disk, "--table", a.table, "--"])


if __name__ == "__main__":
    main()
