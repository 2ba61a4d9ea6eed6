#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/trivet.1 from what the program says of itself.

    gen_man.py PROGRAM [--check]

The parts between `.\\" NAME:begin` and `.\\" NAME:end` are replaced by what `trivet help` prints:
synopsis, commands with their own options, and the options of every command. --check: only say
whether the page is up to date.
"""
import pathlib
import re
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[1] / "docs/trivet.1"


def text(s):
    """Words of the program as roff text."""
    s = s.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", re.sub(r"^([.'])", r"\\&\1", s))


def ask(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def commands(program):
    """[(synopsis, help)]"""
    return re.findall(r"^  trivet (.+)\n      (.+)$", ask(program, "help"), re.M)[:-1]


def options(block):
    """[(option, words, help)]: an option too long for its column has its help in the next line."""
    out = []
    for line in block.splitlines():
        found = re.match(r"  (-[-A-Za-z]*) ?(\S*)(?: {2,}(.*))?$", line)
        if found:
            out.append([found[1], found[2], found[3] or ""])
        elif line.strip() and out:
            out[-1][2] = (out[-1][2] + " " + line.strip()).strip()
    return out


def tagged(items):
    lines = []
    for name, words, what in items:
        lines += [".TP", f"\\fB{text(name)}\\fR" + (f" \\fI{text(words)}\\fR" if words else ""), text(what)]
    return lines


def parts(program):
    synopsis, described, common = [], [], []
    for usage, what in commands(program):
        name, _, rest = usage.partition(" ")
        page = ask(program, "help", name)
        own, _, every = page.partition("\nOptions of every command:\n")
        synopsis += [".br", f".B trivet {name}", text(rest)]
        described += [f".SS trivet {text(usage)}", text(what[0].upper() + what[1:] + ".")] + tagged(options(own))
        common = tagged(options(every))
    return {"synopsis": synopsis[1:], "commands": described, "options": common}


def main(argv):
    if len(argv) not in (2, 3) or argv[2:] not in ([], ["--check"]):
        sys.exit(__doc__)
    old = PAGE.read_text()
    new = old
    for name, lines in parts(argv[1]).items():
        begin, end = f'.\\" {name}:begin\n', f'.\\" {name}:end\n'
        if new.count(begin) != 1 or new.count(end) != 1:
            sys.exit(f"gen_man.py: {PAGE}: there is no place for {name}")
        new = new[:new.index(begin) + len(begin)] + "".join(f"{line}\n" for line in lines) + new[new.index(end):]
    if argv[2:] and new != old:
        sys.exit(f"{PAGE}: is not what the program says of itself; run tools/gen_man.py {argv[1]}")
    if new != old:
        PAGE.write_text(new)


main(sys.argv)
