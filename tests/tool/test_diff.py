# SPDX-License-Identifier: Apache-2.0
"""trivet diff: what it says, and how it ends. That nothing is overlooked: tests/unit/test_diff.c."""
import json

VM = '''[base]
id = %d
name = "%s"
cpu_num = 1
[kernel]
entry_point = 0x8020_0000
image_location = "fs"
kernel_path = "Image"
kernel_load_addr = 0x8020_0000
memory_regions = [[0x8000_0000, %s, 0x7, 0]]
[devices]
emu_devices = [["uart0", 0x900_0000, 0x1000, %d, 2, []]]
'''
GOLDEN = "tests/tool/golden.toml"


def diff(t, status, *words):
    return t.expect(status, "diff", "--platform", t.root / GOLDEN, *words)


def test_equal(t):
    t.write("a.toml", VM % (1, "linux", "0x2000_0000", 33))
    t.write("b.toml", (VM % (1, "linux", "536870912", 33)).replace("\n", "\n\n"))
    r = diff(t, 0, "a.toml", "b.toml")
    assert r.out == "" and r.err == "", r
    assert json.loads(diff(t, 0, "--json", "a.toml", "b.toml").out) == {"vms": []}


def test_default_board_is_no_difference(t):
    text = VM % (1, "linux", "0x2000_0000", 33)
    t.write("a.toml", text)
    t.write("b.toml", text.replace('["uart0", 0x900_0000, 0x1000, 33, 2, []]', ""))
    t.equal(diff(t, 0, "a.toml", "b.toml").out, "")


def test_changes(t):
    t.write("a.toml", VM % (1, "linux", "0x2000_0000", 33))
    t.write("b.toml", VM % (2, "linux", "0x4000_0000", 34))
    r = diff(t, 1, "a.toml", "b.toml")
    t.equal(r.out, '''VM "linux"
  id 1 -> 2
      a.toml:2:6 | b.toml:2:6
  memory 0x8000_0000: size 512 MiB -> 1 GiB
      a.toml:10:19 | b.toml:10:19
  device uart0: interrupt 33 -> 34
      a.toml:12:16 | b.toml:12:16
''')


def test_json(t):
    t.write("a.toml", VM % (1, "linux", "0x2000_0000", 33))
    t.write("b.toml", VM % (1, "linux", "0x2000_0000", 34))
    vms = json.loads(diff(t, 1, "--json", "a.toml", "b.toml").out)["vms"]
    assert vms == [{"vm": "linux", "change": "changed", "changes": [
        {"change": "changed", "subject": "device uart0", "field": "interrupt", "a": "33", "b": "34",
         "at_a": {"file": "a.toml", "line": 12, "column": 16},
         "at_b": {"file": "b.toml", "line": 12, "column": 16}}]}], vms


def test_added_and_removed(t):
    text = VM % (1, "linux", "0x2000_0000", 33)
    t.write("a.toml", text)
    t.write("b.toml", text.replace("[devices]", 'ramdisk_path = "rd"\nramdisk_load_addr = 0x8800_0000\n[devices]'))
    assert '  initrd: added: role initrd, file "rd"' in diff(t, 1, "a.toml", "b.toml").out
    assert '  initrd: removed: role initrd, file "rd"' in diff(t, 1, "b.toml", "a.toml").out


def test_another_name(t):
    t.write("a.toml", VM % (1, "linux", "0x2000_0000", 33))
    t.write("b.toml", VM % (1, "other", "0x2000_0000", 33))
    assert 'name "linux" -> "other"' in diff(t, 1, "a.toml", "b.toml").out
    assert "is not in b.toml" in diff(t, 2, "--vm", "linux", "a.toml", "b.toml").err


def test_mistakes(t):
    t.write("a.toml", VM % (1, "linux", "0x2000_0000", 33))
    t.write("b.toml", VM % (1, "linux", "0x2000_0001", 33))
    r = diff(t, 2, "a.toml", "b.toml")
    assert "b.toml has mistakes" in r.err and "b.toml:10" in r.err and r.out == "", r
    assert "which two files" in diff(t, 2, "a.toml").err
    diff(t, 2, "a.toml", "absent.toml")
