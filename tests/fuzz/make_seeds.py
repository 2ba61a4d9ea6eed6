#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the first inputs of the fuzz targets: tests/fuzz/make_seeds.py OUT

OUT/<target>/ gets small well-formed files, so that a fuzzer starts behind the
checks that random bytes never pass.
"""

import gzip
import pathlib
import struct
import sys
import zlib

SECTOR = 512
ROOT = pathlib.Path(__file__).resolve().parents[2]


def cpio():
    def entry(name, data, mode=0o100644, nlink=1, ino=1):
        fields = [ino, mode, 0, 0, nlink, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
        head += b"\0" * (-len(head) % 4)
        return head + data + b"\0" * (-len(data) % 4)

    end = entry("TRAILER!!!", b"")
    yield end
    yield entry("a", b"data") + entry("a/b", b"x") + end
    yield (entry("guest/vm_default", b"", 0o40755, 2) + entry("./guest/vm_default/x.toml", b"[base]")
           + entry("h1", b"", nlink=2, ino=7) + entry("h2", b"linked", nlink=2, ino=7) + end)


def kernel(image_size=0x3000, text_offset=0, size=256):
    header = struct.pack("<IIQQQQQQII", 0x91005A4D, 0, text_offset, image_size, 10, 0, 0, 0,
                         0x644D5241, 0)
    return header + bytes(size - len(header))


def elf():
    head = b"\x7fELF\2\1\1" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, 0x40000010, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    for i in range(2):
        head += struct.pack("<IIQQQQQQ", 1, 7, 0, 0x40000000 + i * 0x1000,
                            0x40000000 + i * 0x1000, 0x80, 0x800, 0x1000)
    return head + bytes(128)


def image():
    zboot = gzip.compress(kernel())
    plain = [kernel(), kernel(0, 0x80000), elf(), gzip.compress(kernel()), gzip.compress(elf()),
             gzip.compress(b"raw"), b"raw",
             b"MZ\0\0zimg" + struct.pack("<II", 64, len(zboot)) + bytes(8) + b"gzip" + bytes(36)
             + zboot]
    for p in plain:
        yield b"\0" + p
    yield b"\2" + kernel(0, 0x80000)


def insn():
    words = [0xf9400020, 0xb8004420, 0xa9bf7bfd, 0xad400420, 0x3dc00025, 0xc85f7c20, 0xf8200041,
             0xd50b7420, 0xd50b7a20, 0x58000040, 0xf8626820, 0xc8dffc20, 0xd9400020, 0xf9800000]
    for w in words:
        yield struct.pack("<IQ", w, 0xfffffffffffffff0)


def gunzip():
    text = b"".join(b"%015d\n" % i for i in range(300))
    yield b"\x1f\x07" + gzip.compress(text)
    yield b"\xff\xff" + gzip.compress(bytes(70000))
    stored = zlib.compressobj(0, zlib.DEFLATED, 31)
    yield b"\x00\x00" + stored.compress(b"stored" * 9) + stored.flush()
    fixed = zlib.compressobj(9, zlib.DEFLATED, 31, 9, zlib.Z_FIXED)
    yield b"\x05\x00" + fixed.compress(b"fixed" * 9) + fixed.flush()
    named = gzip.compress(b"named")
    yield b"\x00\x05" + named[:3] + b"\x1c" + named[4:10] + b"\3\0xyzname\0comment\0" + named[10:]


def boot_sector(fat32, total):
    s = bytearray(SECTOR)
    s[0:11] = b"\xeb\x58\x90mkfs.fat"
    struct.pack_into("<HBHBHHBH", s, 11, SECTOR, 1, 1, 1, 0 if fat32 else 16, 0, 0xF8,
                     0 if fat32 else 1)
    struct.pack_into("<I", s, 32, total)
    if fat32:
        struct.pack_into("<IHHI", s, 36, 513, 0, 0, 2)
        s[82:90] = b"FAT32   "
    s[510:512] = b"\x55\xaa"
    return bytes(s)


def dir_entry(name, cluster, size, attr=0x20):
    e = bytearray(32)
    e[0:11] = name
    e[11] = attr
    struct.pack_into("<H", e, 20, cluster >> 16)
    struct.pack_into("<HI", e, 26, cluster & 0xFFFF, size)
    return bytes(e)


def long_entry(number, last, text, short):
    total = 0
    for c in short:
        total = ((total >> 1) + ((total & 1) << 7) + c) & 0xFF
    chars = (text + "\0").ljust(13, "\uffff")[:13].encode("utf-16-le")
    return (bytes([number | (0x40 if last else 0)]) + chars[0:10] + b"\x0f\0" + bytes([total])
            + chars[10:22] + b"\0\0" + chars[22:26])


def padded(data):
    return data + bytes(-len(data) % SECTOR)


def fat32():
    long = long_entry(1, True, "long name.x", b"LONGNA~1X  ")
    root = padded(dir_entry(b"A       TXT", 3, 700) + long + dir_entry(b"LONGNA~1X  ", 4, 100)
                  + dir_entry(b"GUEST      ", 5, 0, 0x10) + dir_entry(b"A          ", 5, 0, 0x10))
    folder = padded(dir_entry(b"VM_DEFAUL~1"[:11], 5, 0, 0x10) + dir_entry(b"B       TXT", 3, 512))
    # folded: every FAT sector is the same, so cluster c and c + 128 are linked alike
    chain = [0x0FFFFFF8, 0x0FFFFFFF, 0x0FFFFFFF, 4, 0x0FFFFFFF, 0x0FFFFFFF]
    fat = padded(b"".join(struct.pack("<I", c) for c in chain))
    yield b"\1" + boot_sector(True, 514 + 66000) + fat + root + bytes(SECTOR) * 2 + folder
    # FAT12: reserved 1, FAT 1, root 1
    fat = padded(bytes([0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x05, 0xF0, 0xFF]))
    yield b"\0" + boot_sector(False, 200) + fat + root + bytes(SECTOR) * 3 + folder


def partition():
    mbr = bytearray(SECTOR)
    struct.pack_into("<BBBBBBBBII", mbr, 446, 0, 0, 0, 0, 0x0C, 0, 0, 0, 40, 20)
    mbr[510:512] = b"\x55\xaa"
    yield b"\0" + bytes(mbr) + bytes(SECTOR) * 39 + boot_sector(True, 20)
    mbr[450] = 0xEE
    head = bytearray(SECTOR)
    head[0:16] = b"EFI PART\0\0\1\0" + struct.pack("<I", 92)
    struct.pack_into("<QQ", head, 24, 1, 63)
    struct.pack_into("<QII", head, 72, 2, 4, 128)
    entry = b"\x11" * 32 + struct.pack("<QQ", 40, 59) + bytes(80)
    yield b"\1" + bytes(mbr) + bytes(head) + padded(entry) + bytes(SECTOR) * 37 + boot_sector(
        True, 20)
    yield b"\0" + boot_sector(True, 64)


def qvmconf():
    """What the golden tests accept: in one part, and cut in two."""
    for path in sorted((ROOT / "tests/golden/qvmconf/good").glob("*.qvmconf")):
        yield b"\0" + path.read_bytes()
        yield b"\1" + path.read_bytes()


def main():
    out = pathlib.Path(sys.argv[1])
    for make in (cpio, image, gunzip, fat32, partition, qvmconf):
        folder = out / make.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for i, data in enumerate(make()):
            (folder / f"seed{i}").write_bytes(data)


main()
