#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pack the section of cold texts, as the image carries it (base/cold.h).

    pack_texts.py SECTION.bin PACKED.gz

A gzip file without name and time: the same bytes give the same file.
"""

import sys
import zlib


def pack(raw):
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + 15, 9)
    return packer.compress(raw) + packer.flush()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as f:
        raw = f.read()
    with open(sys.argv[2], "wb") as f:
        f.write(pack(raw))


if __name__ == "__main__":
    main()
