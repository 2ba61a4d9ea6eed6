# SPDX-License-Identifier: Apache-2.0
"""trivet new: what it writes passes its own check; nothing is written over, nothing wrong is written."""
import struct
import tomllib


def image(t, name="Image", size=0x1000000):
    """A Linux Image for arm64 by its header: Documentation/arch/arm64/booting.rst."""
    head = struct.pack("<IIQQQQQQI4s", 0x14000010, 0, 0, size, 0xa, 0, 0, 0, 0x644d5241, bytes(4))
    head = head[:56] + b"ARM\x64" + bytes(4)
    return t.write(name, head + bytes(4096))


def new(t, status, *words):
    return t.expect(status, "new", "--platform", t.root / "tests/tool/golden.toml", *words)


def made(t, *words):
    new(t, 0, "--kernel", image(t), "-o", "x.toml", *words)
    text = (t.folder / "x.toml").read_text()
    t.expect(0, "check", "--platform", t.root / "tests/tool/golden.toml", "x.toml")
    return tomllib.loads(text), text


def test_name_by_the_convention(t):
    image(t)
    r = new(t, 0, "--kernel", "Image", "--cpus", "2")
    assert "linux-aarch64-golden-smp2.toml: written" in r.err, r
    t.expect(0, "new", "--kernel", "Image", "--cpus", "4", "--platform", "aarch64-qemu-virt")
    assert (t.folder / "linux-aarch64-qemu-smp4.toml").exists()


def test_defaults(t):
    doc, text = made(t)
    t.equal((doc["base"]["name"], doc["base"]["cpu_num"], doc["base"]["phys_cpu_ids"]), ("linux", 1, [0]))
    t.equal(doc["kernel"]["memory_regions"], [[0x80000000, 512 << 20, 7, 0]])
    t.equal((doc["kernel"]["kernel_load_addr"], doc["kernel"]["entry_point"]), (0x80200000, 0x80200000))
    t.equal((doc["kernel"]["kernel_path"], doc["kernel"]["cmdline"]), ("Image", "console=ttyAMA0"))
    assert text.count("#") > 12, text


def test_everything_said(t):
    t.write("rd", b"ramdisk")
    doc, _ = made(t, "--initrd", t.folder / "rd", "--cpus", "3", "--memory", "1G", "--cmdline", 'a="b c" \\d',
                  "--name", "guest-1", "--id", "7", "--location", "memory", "--arch", "arm64")
    t.equal((doc["base"]["id"], doc["base"]["name"], doc["base"]["cpu_num"]), (7, "guest-1", 3))
    t.equal((doc["kernel"]["image_location"], doc["kernel"]["ramdisk_path"]), ("memory", "rd"))
    t.equal((doc["kernel"]["cmdline"], doc["kernel"]["memory_regions"][0][1]), ('a="b c" \\d', 1 << 30))


def test_numbers_in_every_spelling(t):
    for word in ("256M", "256MiB", "256mb", "268435456", "0x10000000", "0x1000_0000", "262144K", "262_144k"):
        new(t, 0, "--kernel", image(t), "--memory", word, "-o", "x.toml", "--force")
        size = tomllib.loads((t.folder / "x.toml").read_text())["kernel"]["memory_regions"][0][1]
        t.equal((word, size), (word, 256 << 20))


def test_numbers_that_are_none(t):
    for word in ("", "M", "12Q", "-1", "0x", "1.5G", "99999999999999999999", "99999999999G", "_1", "1 G"):
        r = new(t, 1, "--kernel", image(t), "--memory", word)
        assert "is no number" in r.err, r


def test_more_cpus_than_the_machine_has(t):
    doc, text = made(t, "--cpus", "6")
    assert "phys_cpu_ids" not in doc["base"] and "#phys_cpu_ids" in text, text
    assert "a VM has 1 to 32" in new(t, 1, "--kernel", "Image", "--cpus", "33").err
    assert "a VM has 1 to 32" in new(t, 1, "--kernel", "Image", "--cpus", "0").err


def test_nothing_is_written_over(t):
    t.write("x.toml", "mine")
    r = new(t, 1, "--kernel", image(t), "-o", "x.toml")
    assert "is there already; --force" in r.err, r
    t.equal((t.folder / "x.toml").read_text(), "mine")
    new(t, 0, "--kernel", "Image", "-o", "x.toml", "--force")
    assert "kernel_path" in (t.folder / "x.toml").read_text()


def test_nothing_wrong_is_written(t):
    r = new(t, 1, "--kernel", image(t), "--name", "two words", "-o", "x.toml")
    assert "x.toml:8:8: error" in r.err and '    8 | name = "two words"' in r.err, r
    assert not (t.folder / "x.toml").exists()
    assert "the kernel alone needs" in new(t, 1, "--kernel", "Image", "--memory", "2M").err


def test_into_a_folder_and_to_standard_output(t):
    (t.folder / "vms").mkdir()
    r = new(t, 0, "--kernel", image(t), "-o", "vms")
    assert "vms/linux-aarch64-golden-smp1.toml: written" in r.err and "--files" in r.err, r
    r = new(t, 0, "--kernel", "Image", "-o", "-")
    t.equal(tomllib.loads(r.out)["base"]["name"], "linux")
    t.equal(r.err, "")


def elf(machine, address):
    """A program of one page at @address."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, address, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 1, 5, 0, address, address, 120, 0x1000, 0x1000)


def test_elf_goes_where_it_wants(t):
    t.write("k.elf", elf(183, 0x40080000))
    new(t, 0, "--kernel", "k.elf", "-o", "x.toml")
    kernel = tomllib.loads((t.folder / "x.toml").read_text())["kernel"]
    t.equal((kernel["kernel_load_addr"], kernel["entry_point"]), (0x40080000, 0x40080000))
    t.equal(kernel["memory_regions"][0][0], 0x40000000)
    assert "cmdline" not in kernel
    t.expect(0, "check", "--platform", t.root / "tests/tool/golden.toml", "x.toml")


def test_kernels_of_other_machines(t):
    t.write("elf", elf(62, 0x40080000))
    t.write("bz", bytes(0x202) + b"HdrS" + bytes(600))
    t.write("riscv", bytes(0x30) + b"RISCV\0\0\0RSC\5" + bytes(600))
    for name, text in (("elf", "another kind of CPU"), ("bz", "for x86_64"), ("riscv", "for riscv64")):
        assert text in new(t, 1, "--kernel", name).err, name


def test_raw_bytes(t):
    t.write("k.bin", bytes(range(64)))
    r = new(t, 0, "--kernel", "k.bin", "--base", "0x4000_0000", "-o", "x.toml")
    assert "taken as raw bytes" in r.err, r
    kernel = tomllib.loads((t.folder / "x.toml").read_text())["kernel"]
    t.equal((kernel["kernel_load_addr"], kernel["memory_regions"][0][0]), (0x40200000, 0x40000000))


def test_usage(t):
    for words, text in (((), "--kernel FILE is needed"), (("x",), "takes no file"),
                        (("--kernel", "x", "--arch", "riscv64"), "not supported yet"),
                        (("--kernel", "x", "--arch", "pdp11"), "aarch64 is what"),
                        (("--kernel", "x", "--location", "tape"), "write fs")):
        assert text in new(t, 2, *words).err, words
    assert "No such file" in new(t, 1, "--kernel", "nothing").err
    assert "is a folder" in new(t, 1, "--kernel", ".").err
