#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Put the header of an arm64 Linux Image before a raw guest: make_image.py IN.bin OUT.

The header (Linux, Documentation/arm64/booting.rst) is 64 bytes; the guest begins 4096 bytes behind
it, so a VM file loads the image one page lower than the raw file.
"""
import struct
import sys

PAGE = 4096
BSS = 2 << 20  # memory behind the file that the guest uses
TEXT_OFFSET = 0x1FF000  # distance from a multiple of 2 MiB

with open(sys.argv[1], "rb") as file:
    guest = file.read()
branch = 0x14000000 | PAGE // 4
flags = 1 << 1 | 1 << 3  # 4 KiB pages, anywhere in memory
head = struct.pack("<IIQQQQQQII", branch, 0, TEXT_OFFSET, PAGE + len(guest) + BSS, flags, 0, 0, 0,
                   0x644D5241, 0)
with open(sys.argv[2], "wb") as file:
    file.write(head.ljust(PAGE, b"\0") + guest)
