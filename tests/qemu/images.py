# SPDX-License-Identifier: Apache-2.0
"""Images that VM files of the cases name and no guest folder has: made of those it has."""

import gzip
import os
import shutil
import subprocess

from machine import Failure

HERE = os.path.dirname(os.path.abspath(__file__))


def gzip_kernel(guests, out):
    with open(os.path.join(guests, "Image"), "rb") as file, \
            gzip.GzipFile(out, "wb", compresslevel=1, mtime=0) as packed:
        shutil.copyfileobj(file, packed, 1 << 20)


def board_tree(guests, out):
    del guests
    done = subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", out,
                           os.path.join(HERE, "vms", "board.dts")],
                          check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure("dtc: %s" % done.stderr.strip())


MAKERS = {
    "Image.gz": (gzip_kernel, lambda guests: os.path.join(guests, "Image")),
    "board.dtb": (board_tree, lambda guests: os.path.join(HERE, "vms", "board.dts")),
}


def make(name, guests, folder):
    """Make @name in @folder if we know how and it is not there yet, or its source is newer."""
    if name not in MAKERS:
        return
    maker, source = MAKERS[name]
    out = os.path.join(folder, name)
    if os.path.exists(out) and os.path.getmtime(out) >= os.path.getmtime(source(guests)):
        return
    os.makedirs(folder, exist_ok=True)
    maker(guests, out + ".new")
    os.replace(out + ".new", out)
