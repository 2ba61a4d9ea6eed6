# SPDX-License-Identifier: Apache-2.0
"""One board in three languages: the samples are equal, and a value that is changed is seen in each."""
import itertools
import subprocess

SAMPLE = "configs/vms/linux-aarch64-board-smp2."
# Of each language: what is changed, and to what.
CHANGES = {
    "toml": (
        ("memory", "0x2000_0000, 0x7", "0x1000_0000, 0x7"), ("CPUs", "[1, 2]", "[1, 4]"), ("interrupt", "33, 2", "34, 2"),
        ("command line", "rdinit=/init", "rdinit=/bin/sh"), ("initrd", "0x8800_0000", "0x8900_0000"),
        ("console", "0x0900_0000", "0x0901_0000"), ("controller", "0x080a_0000", "0x080c_0000"), ("id", "id = 1", "id = 2")),
    "qvmconf": (
        ("memory", "512M", "256M"), ("CPUs", "cpu runmask 1", "cpu runmask 2"), ("interrupt", "intc:33", "intc:34"),
        ("command line", "rdinit=/init", "rdinit=/bin/sh"), ("initrd", "0x88000000", "0x89000000"),
        ("console", "0x09000000", "0x09010000"), ("controller", "0x080a0000", "0x080c0000"), ("id", "trivet-id 1", "trivet-id 2")),
    "camkes": (
        ("memory", "512 * 1024", "256 * 1024"), ("CPUs", "[1, 2]", "[1, 4]"), ("interrupt", "33, 2", "34, 2"),
        ("command line", "rdinit=/init", "rdinit=/bin/sh"), ("initrd", "0x88000000", "0x89000000"),
        ("console", "0x09000000", "0x09010000"), ("controller", "0x080a0000", "0x080c0000"), ("id", '"id" : 1', '"id" : 2')),
}


def sample(t, language):
    return t.root / (SAMPLE + language)


def test_equal_boards(t):
    for a, b in itertools.permutations(CHANGES, 2):
        r = t.expect(0, "diff", sample(t, a), sample(t, b))
        assert r.out == "" and r.err == "", r


def test_equal_when_packed(t):
    """What the hypervisor reads of .camkes is the same board, too."""
    t.write("images/Image", "a kernel")
    t.write("images/initramfs.cpio.gz", "an initrd")
    t.expect(0, "pack", "--force", "--no-images", "--files", "images", sample(t, "camkes"), "-o", "a.cpio")
    subprocess.run(["cpio", "-id", "--quiet"], stdin=open(t.folder / "a.cpio", "rb"), cwd=t.folder, check=True)
    packed = "guest/vm_default/linux-aarch64-board-smp2.vmb"
    for language in CHANGES:
        t.equal(t.expect(0, "diff", packed, sample(t, language)).out, "")


def changed(t, language, what, old, new):
    text = sample(t, language).read_text()
    assert text.count(old) == 1, (language, what, text.count(old))
    return t.write(f"{what.replace(' ', '-')}.{language}", text.replace(old, new))


def test_changes_are_seen(t):
    """In each language against each, and the same change in two languages is no difference again."""
    for language, changes in CHANGES.items():
        for what, old, new in changes:
            file = changed(t, language, what, old, new)
            for other in CHANGES:
                r = t.expect(1, "diff", file, sample(t, other))
                assert r.out.count("\n") >= 2, r
    for what in (change[0].replace(" ", "-") for change in CHANGES["toml"]):
        for a, b in itertools.combinations(CHANGES, 2):
            t.equal(t.expect(0, "diff", f"{what}.{a}", f"{what}.{b}").out, "")
