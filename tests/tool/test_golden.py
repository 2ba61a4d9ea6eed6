# SPDX-License-Identifier: Apache-2.0
"""The desk and the golden program, which is the hypervisor's code, say the same of the same files."""
import pathlib
import re

MESSAGE = re.compile(r"^[^ ].*: (error|warning|note|fix): ")
# The golden program's first disk is the hypervisor's own; the desk cannot know which one has a volume.
DISK = re.compile(r"the hypervisor's own \(disk\)|/virtio_mmio@a000000")
# The golden program has one controller's class; the desk has both, and sees which one guests can have.
ONE_CLASS = ("gic_v2", "gic_version_2_gicr")


# As golden_main.c has them.
VARIABLES = {"GUEST": "linux", "EMPTY": "", "TWO": "a b", "BASE": "80000000"}


def files_of(folder, text):
    at = folder / text.stem
    inside = sorted(at.iterdir()) if at.is_dir() else [p for p in folder.glob(text.stem + ".*") if p != text]
    return [p for p in inside if p.suffix in (".toml", ".qvmconf", ".camkes", ".vmb")]


def messages(text):
    """
    Those of preprocessed files have their folder with them in the golden texts. The desk says a
    message once, and what the preprocessor has to say as well.
    """
    lines = [re.sub(r"^tests/golden/\S*/", "", line) for line in text.splitlines() if MESSAGE.match(line)]
    return list(dict.fromkeys(line for line in lines if "missing terminating" not in line))


def check(t, folder, text):
    want = text.read_text()
    files = files_of(folder, text)
    if not files or text.stem in ONE_CLASS or DISK.search(want) or not re.search(r"^-- \d+ errors", want, re.M):
        return None
    words = ["check", "--no-images", "--platform", t.root / "tests/tool/golden-areas.toml", "--tree", t.data / "host.dtb"]
    for f in files:
        t.write(f.name, f.read_bytes())
    r = t.run(*words, *[f.name for f in files], env=VARIABLES)
    if messages(r.err) != messages(want):
        return f"{text.stem}:\n" + "\n".join(["got"] + messages(r.err) + ["want"] + messages(want))
    if r.status != (0 if "\n-- 0 errors" in "\n" + want else 1):
        return f"{text.stem}: status {r.status}"
    return ""


def agree(t, group, least):
    folder = t.root / "tests/golden" / group
    results = [check(t, folder, text) for text in sorted(folder.glob("*.txt"))]
    wrong = [r for r in results if r]
    assert not wrong, f"{len(wrong)} of {len(results)} differ\n" + "\n".join(wrong[:3])
    n = sum(r is not None for r in results)
    assert n >= least, f"only {n} files were compared"


def test_good(t):
    agree(t, "good", 30)


def test_bad(t):
    agree(t, "bad", 100)


def test_qvmconf_good(t):
    agree(t, "qvmconf/good", 50)


def test_qvmconf_bad(t):
    agree(t, "qvmconf/bad", 80)


def test_camkes_good(t):
    agree(t, "camkes/good", 20)


def test_camkes_bad(t):
    agree(t, "camkes/bad", 70)
