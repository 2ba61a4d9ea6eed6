# SPDX-License-Identifier: Apache-2.0
"""Boards as text, JSON, device trees and pictures, beside what they were when somebody last looked.

TRIVET_UPDATE=1 in the environment writes tests/tool/show: look at the difference before you commit it.
"""
import json
import os
import re
import subprocess
import xml.etree.ElementTree

GOLDEN = "tests/tool/golden.toml"
# name: (files, tree)
BOARDS = {
    "linux": (["configs/vms/linux-aarch64-qemu-smp2.toml"], "host"),
    "u-boot": (["configs/vms/u-boot-aarch64.toml"], "host"),
    "installer": (["configs/vms/debian-installer-aarch64.toml"], "host"),
    "passthrough": (["tests/golden/good/pass_everything.toml"], "host"),
    "odd": (["tests/tool/show/odd.toml"], None),
    "vcpus": (["tests/golden/good/vcpus_20.toml"], None),
    "gateway": (["docs/pictures/gateway/1-linux.toml", "docs/pictures/gateway/2-control.toml",
                 "docs/pictures/gateway/3-update.toml"], "gateway"),
}
SVG = "{http://www.w3.org/2000/svg}"


def tree_of(t, name):
    if name == "gateway":
        blob = t.folder / "gateway.dtb"
        subprocess.run(["dtc", "-q", "-O", "dtb", "-o", blob, t.root / "docs/pictures/gateway.dts"], check=True)
        return blob
    return t.data / f"{name}.dtb"


def show(t, name, *words):
    files, tree = BOARDS[name]
    full = ["show", "--no-images", "--platform", t.root / GOLDEN, *words]
    if tree:
        full += ["--tree", tree_of(t, tree)]
    return t.expect(0, *full, *files, cwd=t.root).out


def same(t, name, got):
    path = t.root / "tests/tool/show" / name
    if os.environ.get("TRIVET_UPDATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(got)
    t.equal(got, path.read_text() if path.exists() else "")


def test_text(t):
    for name in BOARDS:
        text = show(t, name)
        same(t, name + ".txt", text)
        assert max(map(len, text.splitlines())) <= 100, name
        assert "\033" not in text and not re.search(r" $", text, re.M), name


def test_json(t):
    for name in BOARDS:
        text = show(t, name, "--json")
        same(t, name + ".json", text)
        vms = json.loads(text)["vms"]
        assert len(vms) == len(BOARDS[name][0])
        for vm in vms:
            assert [a["address"] for a in vm["memory_map"]] and vm["cpus"] and vm["interrupts"], name


def test_svg(t):
    for name in BOARDS:
        text = show(t, name, "--svg")
        same(t, name + ".svg", text)
        assert show(t, name, "--svg") == text, "the same board gives another picture"
        check_picture(text)


# ---- pictures ----------------------------------------------------------------------------------

def measure(element, sizes):
    """left, top, right, bottom of a text, as wide as a usual font is."""
    size, mono = sizes[element.get("class")]
    text = element.text or element[0].tail  # behind its <title>
    width = len(text) * size * (0.6 if mono else 0.57)
    x, y = float(element.get("x")), float(element.get("y"))
    x -= {"end": width, "middle": width / 2}.get(element.get("text-anchor"), 0)
    return x, y - 0.72 * size, x + width, y + 0.2 * size, text


def check_picture(text):
    """Well-formed, and no text covers another one or leaves the page."""
    root = xml.etree.ElementTree.fromstring(text)
    style = root.find(SVG + "style").text
    sizes = {m[1]: (float(m[2]), "mono" in m[3]) for m in
             re.finditer(r"\.(\w+)\{font-size:([\d.]+)px;([^}]*)\}", style)}
    page = float(root.get("width")), float(root.get("height"))
    boxes = [measure(e, sizes) for e in root.iter(SVG + "text")]
    assert len(boxes) > 20
    for i, a in enumerate(boxes):
        assert a[0] >= 0 and a[1] >= 0 and a[2] <= page[0] and a[3] <= page[1], f"off the page: {a}"
        for b in boxes[:i]:
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
                raise AssertionError(f"{a} covers {b}")
    for e in root.iter(SVG + "rect"):
        assert float(e.get("width")) >= 0 and float(e.get("height")) >= 0


HOSTILE = '''
[base]
id = 1
name = "<b>&amp; \\"x\\" ]]> \\u001b[31m %s"
cpu_num = 2
[kernel]
entry_point = 0x8020_0000
image_location = "fs"
kernel_path = "%s/<i>'&.bin"
kernel_load_addr = 0x8020_0000
cmdline = "%s"
memory_regions = [[0x8000_0000, 0x2000_0000, 0x7, 0]]
[devices]
'''


def test_hostile_names(t):
    t.write("x.toml", HOSTILE % ("\u00e4\u4e16" * 3, "d" * 200, "word<&> " * 200))
    for form in (["--svg"], ["--json"], []):
        r = t.run("show", "--no-images", "--platform", t.root / GOLDEN, *form, "x.toml")
        assert r.out and "\033" not in r.out, r
        if form == ["--svg"]:
            check_picture(r.out)
        elif form:
            assert json.loads(r.out)["vms"][0]["command_line"].startswith("word<&>")
        else:
            assert max(map(len, r.out.splitlines())) <= 130  # the name and path stand whole in the head


def test_many_small_things(t):
    """Room for labels is found on boards that have no room."""
    rows = ",\n".join(f"[0x{0x8000_0000 + i * 0x20_0000:x}, 0x20_0000, 0x7, 0]" for i in range(40))
    t.write("x.toml", (HOSTILE % ("", "", "")).replace("[0x8000_0000, 0x2000_0000, 0x7, 0]", rows))
    check_picture(t.run("show", "--no-images", "--platform", t.root / GOLDEN, "--svg", "x.toml").out)


# ---- device trees ------------------------------------------------------------------------------

def test_dts(t):
    for name, (files, _) in BOARDS.items():
        if len(files) > 1:
            continue
        text = show(t, name, "--dts")
        same(t, name + ".dts", text)
        t.write("x.dts", text)
        blob = t.folder / "x.dtb"
        show(t, name, "--dtb", "-o", blob)
        # By the compiler, so that both lay out their strings in the same way.
        for form, source in (("dts", "x.dts"), ("dtb", "x.dtb")):
            subprocess.run(["dtc", "-q", "-I", form, "-O", "dtb", "-o", form + ".out", source], check=True,
                           cwd=t.folder)
        assert (t.folder / "dts.out").read_bytes() == (t.folder / "dtb.out").read_bytes(), name


def test_dts_completes_the_tree_that_is_given(t):
    t.write("given.dtb", (t.data / "small.dtb").read_bytes())
    text = (t.root / "configs/vms/linux-aarch64-qemu-smp2.toml").read_text()
    t.write("x.toml", text.replace("cmdline", 'dtb_path = "given.dtb"\ncmdline'))
    r = t.expect(0, "show", "--platform", t.root / GOLDEN, "--dts", "x.toml")
    assert 'bootargs = "console=ttyAMA0 rdinit=/init"' in r.out and "memory@80000000" in r.out, r
    (t.folder / "given.dtb").unlink()
    r = t.expect(1, "show", "--platform", t.root / GOLDEN, "--dts", "x.toml")
    assert "given.dtb is not here" in r.err and r.out == "", r


# ---- use ---------------------------------------------------------------------------------------

def test_one_of_several(t):
    two = ["configs/vms/linux-aarch64-qemu-smp2.toml", "configs/vms/linux-b-aarch64-qemu-smp2.toml"]
    words = ["show", "--no-images", "--platform", t.root / GOLDEN]
    assert "--vm NAME" in t.expect(2, *words, "--dts", *two, cwd=t.root).err
    r = t.expect(0, *words, "--dts", "--vm", "linux-b", *two, cwd=t.root)
    assert "hostname=linux-b" in r.out, r
    t.equal(t.expect(0, *words, "--dts", "--vm", "2", *two, cwd=t.root).out, r.out)
    assert "no VM has that name or number" in t.expect(2, *words, "--vm", "nobody", *two, cwd=t.root).err
    assert "one of" in t.expect(2, *words, "--svg", "--json", *two, cwd=t.root).err
    t.expect(2, "show")


def test_colors(t):
    words = ["show", "--no-images", "--platform", t.root / GOLDEN, "configs/vms/u-boot-aarch64.toml"]
    colored = t.expect(0, *words, "--color=always", cwd=t.root).out
    assert "\033[1m" in colored
    t.equal(re.sub(r"\033\[\d*m", "", colored), t.expect(0, *words, cwd=t.root).out)


def test_refused(t):
    t.write("x.toml", (HOSTILE % ("", "", "")).replace("0x2000_0000, 0x7", "0x2000_0001, 0x7"))
    words = ["show", "--no-images", "--platform", t.root / GOLDEN]
    r = t.expect(1, *words, "x.toml")
    assert "REFUSED" in r.out and "error:" in r.err, r
    r = t.expect(1, *words, "--dts", "x.toml")
    assert "is refused" in r.err and r.out == "", r
