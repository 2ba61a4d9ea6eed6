# SPDX-License-Identifier: Apache-2.0
"""trivet convert: every sound description there is goes into every language and back."""
import os
import re

LANGUAGES = {"toml": ".toml", "qvmconf": ".qvmconf", "camkes": ".camkes"}
# What golden descriptions take from their surroundings.
ENV = {"GUEST": "linux", "BASE": "0x80000000", "TWO": "one two"}
TOML = """[base]
id = 7
name = "linux"
cpu_num = 2
[kernel]
entry_point = 0x8020_0000
image_location = "fs"
kernel_path = "Image"
memory_regions = [[0x8000_0000, 0x1000_0000, 0x7, 0]]
"""


def descriptions(t):
    for folder in ("configs/vms", "tests/golden/good", "tests/golden/qvmconf/good", "tests/golden/camkes/good"):
        for path in sorted((t.root / folder).glob("*")):
            # Guests of the machine that is checked for have a GICv3.
            if path.suffix in LANGUAGES.values() and path.stem != "gic_v2":
                yield path


def machine(t):
    return ["--platform", t.root / "tests/tool/golden.toml", "--tree", t.data / "host.dtb"]


def convert(t, path, to, out):
    r = t.run("convert", path, "--to", to, "-o", f"{out}/", *machine(t), env=ENV)
    assert r.status in (0, 1) and "comes out as another board" not in r.err, r
    if r.status == 1:
        return None, r
    return sorted((t.folder / out).iterdir()), r


def same(t, a, b):
    r = t.run("diff", a, b, *machine(t), "--no-images", env=ENV)
    return r.status == 0, r


def test_there_and_back(t):
    """X, X as Y, and that as X again: the same board. convert itself has compared each step as well."""
    whole = lost = skipped = 0
    for i, path in enumerate(descriptions(t)):
        own = {v: k for k, v in LANGUAGES.items()}[path.suffix]
        for to in LANGUAGES:
            there, r = convert(t, path, to, f"{i}-{to}")
            if there is None:
                lost += 1
                continue
            if len(there) != 1:
                skipped += 1
                continue
            ok, r = same(t, path, there[0])
            if f"diff: {path} has mistakes" in r.err:
                skipped += 1
                continue  # of another machine than this
            assert ok, f"{path} as {to}: {r}"
            back, r = convert(t, there[0], own, f"{i}-{to}-back")
            if back is None:
                lost += 1
                continue
            ok, r = same(t, there[0], back[0])
            assert ok, f"{path} as {to} and back: {r}"
            whole += 1
    # Those that are lost: a name or a place that a language has no room for, areas of another machine.
    assert whole > 600 and lost + skipped < 30, (whole, lost, skipped)


def test_samples_are_one_board(t):
    for to, suffix in LANGUAGES.items():
        t.expect(0, "convert", t.root / "configs/vms/linux-aarch64-board-smp2.toml", "--to", to, "-o", f"x{suffix}")
        sample = t.root / f"configs/vms/linux-aarch64-board-smp2{suffix}"
        ok, r = same(t, f"x{suffix}", sample)
        assert ok, r


def test_silence_is_spelt_out(t):
    """qvm has no console unasked, and its interrupt controller elsewhere."""
    t.write("a.toml", TOML)
    text = t.expect(0, "convert", "a.toml", "--to", "qvmconf").out
    for words in ("gicd 0x08000000", "gicr 0x080a0000", "vdev pl011", "loc 0x09000000", "set trivet-id 7",
                  "set trivet-image_location fs", "unsupported reference fail", "guest load Image"):
        assert words in text, text


def test_same_language_stays_short(t):
    """What the file leaves to the default board stays left to it."""
    t.write("a.toml", TOML)
    text = t.expect(0, "convert", "a.toml", "--to", "toml").out
    assert "emu_devices" not in text and "phys_cpu_ids" not in text and "0x8000_0000" in text, text


def test_lost_is_an_error_or_a_comment(t):
    t.write("a.qvmconf", "system a\nram 0x80000000,256M\nload Image\ncpu\ncpu runmask 1\n")
    r = t.expect(1, "convert", "a.qvmconf", "--to", "toml")
    assert re.search(r'a.qvmconf:\d+:\d+: error: VM "a": host CPUs of 1 of 2 vCPUs: AxVisor TOML cannot say it', r.err), r
    assert r.out == "" and "fix: use --lossy" in r.err
    r = t.expect(0, "convert", "a.qvmconf", "--to", "toml", "--lossy")
    assert "# lost: host CPUs of 1 of 2 vCPUs" in r.out, r


def test_nothing_is_written_of_a_mistake(t):
    t.write("a.toml", TOML.replace("cpu_num = 2", 'cpu_num = "2"'))
    t.expect(1, "convert", "a.toml", "--to", "qvmconf", "-o", "x.qvmconf")
    assert not (t.folder / "x.qvmconf").exists()


def test_a_refused_board_is_not_our_mistake(t):
    """What check refuses need not have a form in another language; that is not ours."""
    for old, new in (("cpu_num = 2", "cpu_num = 0"), ('name = "linux"', 'name = ""')):
        t.write("a.toml", TOML.replace(old, new))
        t.expect(1, "check", "--no-images", "a.toml")
        r = t.expect(1, "convert", "a.toml", "--to", "camkes", "-o", "a.camkes")
        assert "it has mistakes, `trivet check` says which" in r.err and "mistake of ours" not in r.err, r


def test_edges_of_passed_interrupts(t):
    """They are part of the board that is compared."""
    text = (t.root / "tests/golden/camkes/other/x86_irq_match.camkes").read_text()
    text = text.replace("ehternet", "ethernet").replace('"memory" : []', '"memory" : [{"paddr" : 0xf0000000, "size" : 0x1000}]')
    for level in (0, 1):
        t.write("a.camkes", text.replace('"level_trig" : 1', f'"level_trig" : {level}'))
        assert f"[17, 10], {1 - level}]," in t.expect(0, "convert", "a.camkes", "--to", "toml").out


def test_several_vms(t):
    t.write("a.toml", TOML)
    t.write("b.toml", TOML.replace("id = 7", "id = 8").replace("linux", "other"))
    assert "-o FOLDER/" in t.expect(2, "convert", "a.toml", "b.toml", "--to", "qvmconf").err
    t.expect(0, "convert", "a.toml", "b.toml", "--to", "qvmconf", "-o", "out/")
    t.equal(sorted(os.listdir(t.folder / "out")), ["a.qvmconf", "b.qvmconf"])
    t.expect(0, "convert", "a.toml", "b.toml", "--to", "camkes", "-o", "both.camkes")
    t.expect(0, "convert", "both.camkes", "--to", "toml", "-o", "back/")
    t.equal(sorted(os.listdir(t.folder / "back")), ["linux.toml", "other.toml"])
    ok, r = same(t, "a.toml", "back/linux.toml")
    assert ok, r


def test_a_name_stays_in_its_folder(t):
    """Names are checked later: one that leads out of the folder is not followed."""
    t.write("a.toml", TOML)
    t.write("b.toml", TOML.replace("id = 7", "id = 8").replace("linux", "../evil"))
    t.expect(0, "convert", "a.toml", "b.toml", "--to", "camkes", "-o", "both.camkes")
    r = t.expect(1, "convert", "both.camkes", "--to", "toml", "-o", "out/")
    assert "no file can have the name" in r.err, r
    assert not (t.folder / "evil.toml").exists() and not list((t.folder / "out").iterdir()), r


def test_two_of_one_name(t):
    """Neither takes the other's place."""
    t.write("one/a.toml", TOML)
    t.write("two/a.toml", TOML.replace("id = 7", "id = 8"))
    r = t.expect(1, "convert", "one/a.toml", "two/a.toml", "--to", "qvmconf", "-o", "out/")
    assert "out/a.qvmconf: two VMs would both be there" in r.err, r
    t.equal(os.listdir(t.folder / "out"), [])


def test_words(t):
    assert "which file" in t.expect(2, "convert").err
    t.write("a.toml", TOML)
    assert "--to" in t.expect(2, "convert", "a.toml").err
    assert "--to xen" in t.expect(2, "convert", "a.toml", "--to", "xen").err
