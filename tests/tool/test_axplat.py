# SPDX-License-Identifier: Apache-2.0
"""AxVisor's platform, board and .hvconfig files, turned into ours: tests/tool/axplat/NAME.toml becomes NAME.txt.

With TRIVET_UPDATE=1 the texts are written: read the difference before you commit it.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib

NAMES = ("x86_64-qemu-q35", "aarch64-qemu-virt-hv", "axconfig", "wrong", "window", "hvconfig", "hvconfig_least",
         "hvconfig_wrong", "qemu-aarch64", "roc-rk3568-pc", "build", "qemu-x86_64")
REFUSED = ("wrong", "window", "hvconfig_wrong")


def convert(t, name, *words):
    shutil.copy(t.root / f"tests/tool/axplat/{name}.toml", t.folder)
    return t.run("convert", f"{name}.toml", *words)


def compare(t, text, name):
    path = t.root / f"tests/tool/axplat/{name}.txt"
    if os.environ.get("TRIVET_UPDATE"):
        path.write_text(text)
    t.equal(text, path.read_text())


def test_golden(t):
    for name in NAMES:
        r = convert(t, name)
        compare(t, r.err + r.out, name)
        assert r.status == (1 if name in REFUSED else 0), r
        assert (r.out == "") == (name in REFUSED), r


def test_every_file_is_tested(t):
    have = {p.stem for p in (t.root / "tests/tool/axplat").glob("*.toml")}
    t.equal(sorted(have), sorted(NAMES))


def test_console_from_the_tree(t):
    r = convert(t, "aarch64-qemu-virt-hv", "--tree", t.data / "host.dtb")
    t.equal(tomllib.loads(r.out)["console"], {"path": "/pl011@9000000"})


def test_platform_is_a_platform(t):
    """The machine made of it is one to check a VM against, and one to build for."""
    out = t.folder / "ours.toml"
    assert convert(t, "aarch64-qemu-virt-hv", "-o", out).status == 0
    doc = tomllib.loads(out.read_text())
    t.equal(doc["memory"]["window"], [0x40000000, 0x80000000])
    t.equal(doc["machine"]["pci_ecam"], [0x4010000000, 0x10000000])
    t.expect(0, "check", "--platform", out, "--tree", t.data / "host.dtb", "--no-images",
             t.root / "configs/vms/linux-aarch64-qemu-smp1.toml")
    words = subprocess.run([sys.executable, t.root / "tools/platform.py", out, "components"], capture_output=True,
                           text=True, check=True).stdout.split()
    assert "config:axvisor" in words, words


def test_build_configuration_is_one_of_ours(t):
    for name in ("configs", "vdev", "drivers", "tools"):
        (t.folder / name).symlink_to(t.root / name)
    if not pathlib.Path(t.root / "tools/defconfig.py").exists():
        return
    assert convert(t, "qemu-aarch64", "-o", ".trivet.toml").status == 0
    done = subprocess.run([sys.executable, "tools/defconfig.py", "vars", ".trivet.toml"], cwd=t.folder,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    assert "PLAT ?= aarch64-qemu-virt\n" in done.stdout and "SMP ?= 2\n" in done.stdout, done
