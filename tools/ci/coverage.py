#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many lines of each source file the host tests have run.

    coverage.py [--files] [--least PERCENT] [--missed FILE] OBJECT_FOLDER LAYER[!]...

OBJECT_FOLDER is that of a build with --coverage whose tests have been run; layers are folders of
sources (lib vdev). --files names every file, worst first; --missed shows the lines of one file
that no test ran. --least: a layer marked with ! that has less fails.
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
    parser.add_argument("--least", type=float, default=0)
    parser.add_argument("--missed")
    parser.add_argument("folder")
    parser.add_argument("layers", nargs="+")
    args = parser.parse_args()

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        measured = dict(pool.map(lambda note: measure(note, args.folder),
                                 notes(args.folder, [n.rstrip("!") for n in args.layers])))
    if args.missed:
        show_missed(args.missed, measured.get(args.missed, {}))
        return 0
    rows = [(sum(1 for c in lines.values() if c), len(lines), source)
            for source, lines in measured.items() if lines]
    if args.files:
        for run, total, source in sorted(rows, key=lambda r: (r[0] / r[1], r[2])):
            print("  %-36s %s" % (source, share(run, total)))
    return show_layers(rows, args.layers, args.least)


def show_layers(rows, layers, least):
    """1 when a layer that has to has not got @least percent."""
    status = 0
    for layer in layers:
        mine = [r for r in rows if r[2].startswith(layer.rstrip("!") + "/")]
        run, total = sum(r[0] for r in mine), sum(r[1] for r in mine)
        few = layer.endswith("!") and (not total or 100.0 * run / total < least)
        print("%-38s %s%s" % (layer.rstrip("!"), share(run, total),
                              "  less than %g %%" % least if few else ""))
        status |= few
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
