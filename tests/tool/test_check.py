# SPDX-License-Identifier: Apache-2.0
"""trivet check: what stands on the screen, for people and for editors."""
import json
import re

GOOD = """\
[base]
id = 1
name = "linux"
vm_type = 1
cpu_num = 1
[kernel]
entry_point = 0x8020_0000
image_location = "memory"
kernel_path = "Image"
kernel_load_addr = 0x8020_0000
memory_regions = [[0x8000_0000, 0x1000_0000, 0x7, 0]]
[devices]
"""


def machine(t):
    return ["--platform", t.root / "tests/tool/golden.toml", "--tree", t.data / "host.dtb"]


def check(t, status, *words, **more):
    return t.expect(status, "check", *machine(t), "--no-images", *words, **more)


def bad_line(t, line, **more):
    """Messages about a file whose third line is this, instead of the name's."""
    t.write("vm.toml", GOOD.replace('name = "linux"', line))
    return check(t, 1, "vm.toml", **more).lines()


def test_clean_is_silent(t):
    t.write("vm.toml", GOOD)
    r = check(t, 0, "vm.toml")
    t.equal((r.out, r.err), ("", ""))


def test_verbose_says_what_was_checked(t):
    t.write("vm.toml", GOOD)
    r = check(t, 0, "-v", "vm.toml")
    assert "1 of 1 VM can start" in r.err and "golden.toml" in r.err and "host.dtb" in r.err, r


def test_message_line_and_mark(t):
    lines = bad_line(t, 'name = "a b"')
    t.equal("\n".join(lines[:4]), """\
vm.toml:3:8: error: VM "a b": base.name: has a character that names do not have
    3 | name = "a b"
      |        ^~~~~
vm.toml:3:8: fix: write 1 to 32 letters, digits or . _ - @ +""")
    assert lines[-1] == "1 error", lines


def marks(lines):
    """(column of the screen, length) of the first mark."""
    text = next(i for i, line in enumerate(lines) if re.match(r"^ +\d+ \| ", line))
    mark = lines[text + 1][8:]
    return len(mark) - len(mark.lstrip()), len(mark.strip()), lines[text][8:]


def test_mark_behind_tabs(t):
    column, length, text = marks(bad_line(t, '\tname\t=\t"a b"'))
    t.equal((text[column:column + length], column), ('"a b"', 24))


def test_mark_behind_wide_characters(t):
    lines = bad_line(t, 'name = "日本語" # 日本')
    column, length, text = marks(lines)
    t.equal((column, length), (7, 8))
    assert '"日本語" # 日本' in text, lines


def test_mark_behind_combining_characters(t):
    t.write("vm.toml", GOOD.replace("id = 1", '"e\u0301" = 2\nid = "x"'))
    lines = check(t, 1, "vm.toml").lines()
    at = next(i for i, line in enumerate(lines) if '| id = "x"' in line)
    t.equal(lines[at + 1], "      |      ^~~")


def test_long_line_is_cut_around_the_place(t):
    lines = bad_line(t, f'name = "a b" # {"x" * 5000}', env={"COLUMNS": "80"})
    shown = next(line for line in lines if " | name" in line)
    assert len(shown) <= 80 and shown.endswith("..."), shown
    t.write("vm.toml", GOOD.replace("[devices]", f'[devices]\nemu_devices = [{" " * 3000}[1], {" " * 3000}]'))
    lines = check(t, 1, "vm.toml", env={"COLUMNS": "80"}).lines()
    at = next(i for i, line in enumerate(lines) if "| ..." in line)
    column = lines[at + 1].index("^")
    t.equal(lines[at][column:column + 3], "[1]"), lines
    assert len(lines[at]) <= 80


def test_control_characters_do_not_reach_the_terminal(t):
    t.write("vm.toml", GOOD.encode().replace(b'"linux"', b'"a\x1b[31m\x07\xc2\x9b\xff" # \xe2\x80\xae'))
    r = check(t, 1, "vm.toml")
    for byte in ("\x1b", "\x07", "\x9b", "\u202e"):
        assert byte not in r.err, r


def test_line_ends_of_windows(t):
    t.write("vm.toml", GOOD.replace('"linux"', '"a b"').replace("\n", "\r\n"))
    r = check(t, 1, "vm.toml")
    assert '    3 | name = "a b"\n' in r.err and "\r" not in r.err, r


def test_note_shows_the_other_party(t):
    for name in ("a", "b"):
        t.write(f"{name}.toml", GOOD.replace("linux", name))
    r = check(t, 1, "a.toml", "b.toml")
    t.equal(r.err, """\
b.toml:2:6: error: VM "b": base.id = 1: another VM has this number
    2 | id = 1
      |      ^
a.toml:2:6: note: VM "a" has it
    2 | id = 1
      |      ^
b.toml:2:6: fix: write a number that no other VM has
1 error
""")


def test_once_for_a_file_named_twice(t):
    t.write("vm.toml", GOOD.replace('"linux"', '"a b"'))
    r = check(t, 1, "vm.toml", "vm.toml")
    assert r.err.count("has a character") == 1, r


def test_two_mistakes_are_counted(t):
    t.write("vm.toml", GOOD.replace('"linux"', '"a b"').replace("id = 1", "id = 0"))
    assert check(t, 1, "vm.toml").lines()[-1] == "2 errors"


def test_json(t):
    t.write("vm.toml", GOOD.replace('"linux"', '"a b"'))
    r = check(t, 1, "--json", "vm.toml")
    t.equal(r.err, "")
    t.equal(json.loads(r.out), [{
        "file": "vm.toml", "line": 3, "column": 8, "level": "error",
        "message": 'VM "a b": base.name: has a character that names do not have', "notes": [],
        "fixes": [{"file": "vm.toml", "line": 3, "column": 8,
                   "message": "write 1 to 32 letters, digits or . _ - @ +"}]}])


def test_json_of_nothing_wrong(t):
    t.write("vm.toml", GOOD)
    t.equal(json.loads(check(t, 0, "--json", "vm.toml").out), [])


def test_json_with_notes(t):
    for name in ("a", "b"):
        t.write(f"{name}.toml", GOOD.replace("linux", name))
    found = json.loads(check(t, 1, "--json", "a.toml", "b.toml").out)
    t.equal([(n["file"], n["line"]) for n in found[0]["notes"]], [("a.toml", 2)])


def test_json_of_foreign_bytes(t):
    t.write("vm.toml", GOOD.encode().replace(b'"linux"', b'"a\xff\xc0\x80 b\\u0007"'))
    for m in json.loads(check(t, 1, "--json", "vm.toml").out):
        assert m["level"] in ("error", "warning")


def test_json_of_a_file_that_is_not_there(t):
    found = json.loads(check(t, 1, "--json", "nothing.toml").out)
    t.equal([(m["file"], m["line"], m["level"]) for m in found], [("nothing.toml", None, "error")])


def test_colours(t):
    t.write("vm.toml", GOOD.replace('"linux"', '"a b"'))
    assert "\x1b" not in check(t, 1, "vm.toml").err
    assert "\x1b" not in check(t, 1, "vm.toml", env={"TERM": "xterm"}).err, "no terminal"
    r = check(t, 1, "--color=always", "vm.toml", env={"NO_COLOR": "1"})
    assert "\x1b[1;31merror: \x1b[0m" in r.err, r
    t.equal(re.sub(r"\x1b\[[0-9;]*m", "", r.err), check(t, 1, "--color=never", "vm.toml").err)


def on_terminal(t, env):
    """What a terminal gets to see."""
    import os
    import pty
    import subprocess
    t.write("vm.toml", GOOD.replace('"linux"', '"a b"'))
    ours, theirs = pty.openpty()
    full = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")} | {"TERM": "xterm"} | env
    subprocess.run([t.program, "check", *map(str, machine(t)), "--no-images", "vm.toml"], stderr=theirs, env=full,
                   cwd=t.folder, timeout=60, check=False)
    os.close(theirs)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    return text


def test_colours_on_a_terminal(t):
    assert "\x1b[1;31m" in on_terminal(t, {})
    assert "\x1b" not in on_terminal(t, {"NO_COLOR": "1"})
    assert "\x1b" not in on_terminal(t, {"TERM": "dumb"})


def test_files_that_are_none(t):
    t.write("image.toml", b"\x7fELF\x00\x01")
    t.write("large.toml", "#" * 70000)
    t.write("empty.toml", "")
    (t.folder / "folder.toml").mkdir()
    r = check(t, 1, "image.toml", "large.toml", "folder.toml", "nothing.toml", "vm.ini", "empty.toml")
    for text in ("image.toml:1:5: error: is no text", "large.toml: error: cannot be read: more than 64 KiB",
                 "folder.toml: error: cannot be read: is a folder", "nothing.toml: error: cannot be read: No such",
                 "vm.ini: error: cannot be read: No such", "empty.toml:1:1: error: VM: table [base] is missing"):
        assert text in r.err, f"{text}\n{r}"


def test_unreadable_suffix(t):
    t.write("vm.ini", "")
    r = check(t, 1, "vm.ini")
    assert "no language has this suffix; known are .toml" in r.err and "--lang" in r.err, r


def test_language_by_name_and_standard_input(t):
    check(t, 0, "--lang", "axvisor", "-", stdin=GOOD.encode())
    r = check(t, 1, "--lang", "axvisor", "-", stdin=b"id = ")
    assert r.err.startswith("-:1:6: error: "), r
    t.write("vm", GOOD)
    check(t, 0, "--lang=axvisor", "vm")
    assert "no such language" in check(t, 1, "--lang", "latin", "vm").err


def test_thousand_vms_in_a_second(t):
    import time
    for i in range(1000):
        t.write(f"{i}.toml", GOOD.replace("id = 1", f"id = {i + 1}").replace("linux", f"l{i}")
                .replace("0x1000_0000", "0x10_0000").replace("0x8020_0000", "0x8000_0000"))
    began = time.monotonic()
    check(t, 0, *[f"{i}.toml" for i in range(1000)])
    took = time.monotonic() - began
    assert took < 1, f"took {took:.2f} s"


# ---- the machine ----------------------------------------------------------------------------------


def test_platform_by_name(t):
    t.write("vm.toml", GOOD)
    r = t.expect(0, "check", "--no-images", "--platform", "aarch64-qemu-virt", "-v", "vm.toml")
    assert "aarch64-qemu-virt.toml" in r.err, r


def test_platform_that_is_not_there(t):
    t.write("vm.toml", GOOD)
    r = t.expect(1, "check", "--platform", "atari", "vm.toml")
    assert "there is no such platform" in r.err and "aarch64-qemu-virt" in r.err, r
    r = t.expect(1, "check", "--platform", "./atari.toml", "vm.toml")
    assert "./atari.toml: error: cannot be read" in r.err, r


def test_mistake_in_a_platform_file(t):
    t.write("vm.toml", GOOD)
    t.write("p.toml", '[platform]\nname = ""\n[desk]\ncpus = "many"\nmemory = 0\ntreee = "x"\n')
    r = t.expect(1, "check", "--no-images", "--platform", "p.toml", "vm.toml")
    for text in ("p.toml:2:8: error: platform: platform.name: empty", "p.toml:4:8: error: platform: desk.cpus",
                 "p.toml:5:10: error: platform: desk.memory", "p.toml:6:1: error: platform: unknown key 'treee'"):
        assert text in r.err, f"{text}\n{r}"


def test_memory_of_the_machine(t):
    t.write("vm.toml", GOOD)
    t.write("small.toml", '[desk]\ncpus = 2\nmemory = "128M"\n')
    r = t.expect(1, "check", "--no-images", "--platform", "small.toml", "vm.toml")
    assert "128 MiB" in r.err or "126 MiB" in r.err, r
    t.write("small.toml", '[desk]\ncpus = 2\nmemory = "1GiB"\n')
    t.expect(0, "check", "--no-images", "--platform", "small.toml", "vm.toml")


def test_what_is_not_known_is_not_checked(t):
    t.write("vm.toml", GOOD.replace("cpu_num = 1", "cpu_num = 1\nphys_cpu_ids = [0x700]")
            .replace("[devices]", '[devices]\npassthrough_devices = [["/pl011@9000000"]]'))
    t.write("p.toml", '[platform]\nname = "x"\n')
    r = t.expect(0, "check", "--no-images", "--platform", "p.toml", "vm.toml")
    assert r.err.count("note: not checked: ") == 1 and "devices" in r.err and "CPUs" in r.err, r
    r = check(t, 1, "vm.toml")
    assert "not checked" not in r.err, r


def test_tree_that_is_none(t):
    t.write("vm.toml", GOOD)
    t.write("x.dtb", b"no tree at all")
    r = t.expect(1, "check", "--tree", "x.dtb", "vm.toml")
    assert "x.dtb: error: is no device tree of a machine" in r.err, r


# ---- images ---------------------------------------------------------------------------------------


def with_images(t, status, *words):
    return t.expect(status, "check", *machine(t), *words, "vms/vm.toml")


def raw(t):
    return t.write("vms/vm.toml", GOOD.replace('"Image"', '"k.img"'))


def test_image_missing(t):
    raw(t)
    r = with_images(t, 1, "--files", ".")
    assert 'kernel.kernel_path = "k.img": there is no such file; looked in vms/, .' in r.err, r
    with_images(t, 0, "--no-images")


def test_image_beside_the_file(t):
    raw(t)
    t.write("vms/k.img", b"\x00" * 64)
    with_images(t, 0)


def test_image_in_a_folder(t):
    raw(t)
    t.write("else/k.img", b"\x00" * 64)
    with_images(t, 1)
    with_images(t, 0, "--files", "else")


def test_image_by_name(t):
    raw(t)
    t.write("k.bin", b"\x00" * 64)
    with_images(t, 0, "--file", "k.img=k.bin")
    assert "write NAME=PATH" in with_images(t, 1, "--file", "Image").err
    assert "there is no such file" in with_images(t, 1, "--file", "k.img=nothing").err


def test_image_in_an_archive(t):
    raw(t)
    image = t.write("k.bin", b"\x00" * 64)
    archive = t.folder / "a.cpio"
    t.expect(0, "pack", "-o", archive, "--add", f"{image}=guest/vm_default/k.img")
    with_images(t, 0, "--archive", "a.cpio")
    t.write("b.cpio", b"not one")
    assert "is no CPIO archive" in with_images(t, 1, "--archive", "b.cpio").err


def test_image_empty(t):
    raw(t)
    t.write("vms/k.img", b"")
    r = with_images(t, 1)
    assert "vm.toml:9:15: error" in r.err and "the image is empty" in r.err, r


def test_image_too_large(t):
    raw(t)
    with open(t.folder / "vms/k.img", "wb") as f:
        f.truncate(300 << 20)
    r = with_images(t, 1)
    assert "not inside of one memory region" in r.err and "fix: make the memory region larger" in r.err, r


def test_images_overlap(t):
    t.write("vms/vm.toml", GOOD.replace('"Image"', '"k.img"').replace("[devices]", 'ramdisk_path = "rd"\nramdisk_load_addr = 0x8020_1000\n[devices]'))
    t.write("vms/k.img", b"\x00" * 0x2000)
    t.write("vms/rd", b"\x00" * 64)
    r = with_images(t, 1)
    assert 'overlaps "k.img" at 0x80200000..0x80202000' in r.err, r


def test_image_for_another_machine(t):
    raw(t)
    elf = bytearray(64)
    elf[:7] = b"\x7fELF\x02\x01\x01"
    elf[16:24] = bytes((2, 0, 62, 0, 1, 0, 0, 0))
    t.write("vms/k.img", bytes(elf))
    assert 'kernel_path = "k.img": the image ' in with_images(t, 1).err


def test_tree_of_the_user_is_looked_into(t):
    t.write("vms/vm.toml", GOOD.replace('"Image"', '"k.img"').replace("[devices]", 'dtb_path = "x.dtb"\n[devices]'))
    t.write("vms/k.img", b"\x00" * 64)
    t.write("vms/x.dtb", b"no tree")
    assert "is not a sound device tree" in with_images(t, 1).err
