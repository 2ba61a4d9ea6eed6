#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write a compressed initramfs: a newc archive of a few files, device nodes included.

    mkinitramfs.py OUT.cpio.gz [-d DIR]... [-f MODE:SRC=/DEST]... [-l TARGET=/LINK]... [-n MODE:MAJOR:MINOR=/DEV]...

Needs no root, since nothing is created on disk.  The same inputs give the same
bytes: entries sorted by name, owner 0:0, all times 0, inodes counted from 1, no
name or time in the gzip header.  Parent folders are added as needed.
"""
import argparse
import gzip
import io
import os
import stat
import sys


def newc(out, ino, path, mode, data=b"", rdev=(0, 0)):
    """Append one entry; header and data each end on a multiple of four."""
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (ino, mode, 0, 0, links, 0, len(data), 0, 0, rdev[0], rdev[1], len(name), 0)
    out.write(b"070701" + b"".join(b"%08X" % f for f in fields))
    for part in (name, data):
        out.write(part)
        out.write(b"\0" * (-out.tell() % 4))


def split(text, what):
    left, sep, right = text.rpartition("=")
    if not sep or not left or not right.startswith("/"):
        sys.exit(f"mkinitramfs.py: bad {what}: {text}")
    return left, right.strip("/")


def collect(args):
    """All entries as path -> (mode, data, rdev), parents included."""
    entries = {}
    for path in args.dir:
        entries[path.strip("/")] = (stat.S_IFDIR | 0o755, b"", (0, 0))
    for text in args.file:
        left, dest = split(text, "file")
        mode, _, source = left.partition(":")
        with open(source, "rb") as f:
            entries[dest] = (stat.S_IFREG | int(mode, 8), f.read(), (0, 0))
    for text in args.link:
        target, dest = split(text, "link")
        entries[dest] = (stat.S_IFLNK | 0o777, target.encode(), (0, 0))
    for text in args.node:
        left, dest = split(text, "node")
        mode, major, minor = left.split(":")
        entries[dest] = (stat.S_IFCHR | int(mode, 8), b"", (int(major), int(minor)))
    for path in list(entries):
        while path := os.path.dirname(path):
            entries.setdefault(path, (stat.S_IFDIR | 0o755, b"", (0, 0)))
    return entries


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("-d", dest="dir", action="append", default=[])
    p.add_argument("-f", dest="file", action="append", default=[])
    p.add_argument("-l", dest="link", action="append", default=[])
    p.add_argument("-n", dest="node", action="append", default=[])
    args = p.parse_args()

    archive = io.BytesIO()
    entries = collect(args)
    for ino, path in enumerate(sorted(entries), 1):
        mode, data, rdev = entries[path]
        newc(archive, ino, path, mode, data, rdev)
    newc(archive, 0, "TRAILER!!!", 0)
    with open(args.out + ".new", "wb") as f:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=f, mtime=0) as z:
            z.write(archive.getvalue())
    os.replace(args.out + ".new", args.out)


main()
