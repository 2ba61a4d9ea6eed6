#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write a newc CPIO archive of files, for images held in memory.

    mkarchive.py OUT.cpio SRC=NAME...

Names may hold slashes; no folders are written.  The same inputs give the same
bytes: entries in the order given, times 0, owner 0:0, inodes counted from 1.
Data starts and ends on a multiple of four, as the format says.
"""
import os
import sys


def entry(out, ino, name, mode, size):
    raw = name.encode() + b"\0"
    fields = (ino, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(raw), 0)
    out.write(b"070701" + b"".join(b"%08X" % f for f in fields) + raw)
    pad(out)


def pad(out):
    out.write(b"\0" * (-out.tell() % 4))


def copy(out, source, size):
    """Copy exactly size bytes, or fail: the header has promised them."""
    with open(source, "rb") as f:
        left = size
        while left and (block := f.read(min(left, 1 << 20))):
            out.write(block)
            left -= len(block)
        if left or f.read(1):
            sys.exit(f"mkarchive.py: {source} changed while it was read")
    pad(out)


def inputs(pairs):
    """(source, name, size) of every pair; all mistakes are found before writing."""
    seen = set()
    for pair in pairs:
        source, sep, name = pair.rpartition("=")
        name = name.lstrip("/")
        if not sep or not source or not name:
            sys.exit(f"mkarchive.py: not SRC=NAME: {pair}")
        if name in seen:
            sys.exit(f"mkarchive.py: {name} is given twice")
        seen.add(name)
        try:
            size = os.path.getsize(source)
        except OSError as e:
            sys.exit(f"mkarchive.py: {e}")
        if size >= 1 << 32:
            sys.exit(f"mkarchive.py: {source}: newc holds files below 4 GiB")
        yield source, name, size


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    target, files = sys.argv[1], list(inputs(sys.argv[2:]))
    with open(target + ".new", "wb") as out:
        for ino, (source, name, size) in enumerate(files, 1):
            entry(out, ino, name, 0o100644, size)
            copy(out, source, size)
        entry(out, 0, "TRAILER!!!", 0, 0)
    os.replace(target + ".new", target)


main()
