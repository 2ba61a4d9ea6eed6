#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many lines of each source file the host tests have run.

    coverage.py [--files] [--missed FILE] OBJECT_FOLDER LAYER...

OBJECT_FOLDER is that of a build with --coverage whose tests have been run; layers are folders of
sources (lib vdev). --files names every file, worst first; --missed shows the lines of one file
that no test ran.
"""

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys


def notes(folder, layers):
    for layer in layers:
        for path, _, names in sorted(os.walk(os.path.join(folder, layer))):
            for name in sorted(names):
                if name.endswith(".gcno"):
                    yield os.path.join(path, name)


def measure(note, folder):
    """(source, {line: how often}) of the source itself, not of headers in it."""
    source = os.path.relpath(note, folder).removesuffix(".gcno") + ".c"
    out = subprocess.run(["gcov", "--json-format", "--stdout", note], capture_output=True,
                         check=True).stdout
    lines = {}
    for document in out.splitlines():
        for file in json.loads(document)["files"]:
            if file["file"] != source:
                continue
            for line in file["lines"]:
                n = line["line_number"]
                lines[n] = max(lines.get(n, 0), line["count"])
    return source, lines


def share(run, total):
    return "%5d of %5d  %5.1f %%" % (run, total, 100.0 * run / total if total else 100.0)


def show_missed(source, lines):
    with open(source, encoding="utf-8") as file:
        for n, text in enumerate(file, 1):
            if lines.get(n) == 0:
                print("%s:%d:%s" % (source, n, text.rstrip()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--missed")
    parser.add_argument("folder")
    parser.add_argument("layers", nargs="+")
    args = parser.parse_args()

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        measured = dict(pool.map(lambda note: measure(note, args.folder),
                                 notes(args.folder, args.layers)))
    if args.missed:
        show_missed(args.missed, measured.get(args.missed, {}))
        return
    rows = [(sum(1 for c in lines.values() if c), len(lines), source)
            for source, lines in measured.items() if lines]
    if args.files:
        for run, total, source in sorted(rows, key=lambda r: (r[0] / r[1], r[2])):
            print("  %-36s %s" % (source, share(run, total)))
    for layer in args.layers:
        mine = [r for r in rows if r[2].startswith(layer + "/")]
        print("%-38s %s" % (layer, share(sum(r[0] for r in mine), sum(r[1] for r in mine))))


if __name__ == "__main__":
    sys.exit(main())
