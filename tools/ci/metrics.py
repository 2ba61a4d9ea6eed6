#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The numbers and rules of docs/style.md that can be counted.

    metrics.py [--summary] [ROOT]

Prints "path:line: what is wrong" for each violation and ends with status 1 if there was one.
--summary adds a table of what was measured.
"""

import argparse
import fnmatch
import os
import re
import statistics
import sys

MAX_FUNCTION = 60
MAX_PARAMS = 6
MAX_FILE = 600
MAX_MEDIAN = 12
MAX_P90 = 35
MAX_DOWN = 46
MAX_UP = 6

PORT_ARCH = "port/arch/include/port/arch.h"
UP_MARK = "ISA -> core (up)"

PRODUCT = ("base", "lib", "port", "arch", "core", "vdev", "drivers", "shell", "main", "tools")
NEUTRAL = ("base", "lib", "core", "vdev")

SKIPPED_DIRS = {".git", ".cache", "build", "__pycache__"}
# What tests read is foreign by intention.
FOREIGN = ("tests/data/*", "tests/golden/*", "tests/tool/axplat/*", "tests/fuzz/corpus/*", "tests/fuzz/seeds/*")

# Files of neutral layers whose subject is one ISA or one interrupt controller.
ISA_FILES = (
    "lib/config/axvisor*", "lib/config/qvm*", "lib/config/camkes*", "lib/image/linux_*", "lib/image/bzimage.c", "lib/insn/*", "lib/*/*_aarch64.[ch]",
    "lib/*/*_riscv64.[ch]", "lib/*/*_x86_64.[ch]", "lib/hostdesc/irq_*.c", "vdev/intc/*",
    "vdev/include/vdev/gic*.h", "vdev/include/vdev/*apic.h", "vdev/include/vdev/*plic.h",
)
# An underscore ends a word here, so that identifiers are seen as well.
ISA_WORDS = re.compile(
    r"(?<![a-z0-9])(aarch(?:32|64)|arm(?:64|v[789]\w*)|risc-?v(?:32|64)?|x86|i[3-6]86|amd64|el[0-3]"
    r"|psci|sbi|gic(?:v[1-5]|[drchv])?|mpidr|smccc|a?plic|imsic|l?apic|ioapic|vmcs|vmcb|cpuid)"
    r"(?![a-z0-9])", re.IGNORECASE)
# Spelled in two halves: this file is looked at, too.
UNFINISHED = re.compile(r"\b(%s)\b" % "|".join(("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK")))
CONDITIONAL = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif|else)\b")
UPWARD_INCLUDE = re.compile(r'^\s*#\s*include\s+"\.\./')
LICENCE = "SPDX-License-Identifier: Apache-2.0"

SOURCE = re.compile(r"(\.(c|h|S|def|py|sh|mk|toml|list)|(^|/)Makefile|(^|/)\.clang-format)$")


def blank(match):
    """The same number of lines, nothing on them."""
    return re.sub(r"[^\n]", " ", match.group(0))


def code_of(text):
    """C without comments, literals and preprocessor lines; every line keeps its number."""
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.DOTALL)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.MULTILINE)


def matching(code, at, opening, closing):
    """Index behind the bracket that closes the one at `at`; the end of the text if none does."""
    depth = 0
    for i in range(at, len(code)):
        if code[i] == opening:
            depth += 1
        elif code[i] == closing:
            depth -= 1
            if depth == 0:
                return i + 1
    return len(code)


def parameters(text):
    depth, n = 0, 1
    if text.strip() in ("", "void"):
        return 0
    for c in text:
        depth += (c == "(") - (c == ")")
        n += c == "," and depth == 0
    return n - (1 if text.strip().endswith("...") else 0)


def signature(head):
    """(name, parameters) when `head` is what stands before a function's body or semicolon."""
    if "=" in head or re.match(r"\s*(typedef|_Static_assert|static_assert)\b", head):
        return None
    for match in re.finditer(r"\b([a-z_]\w*)\s*\(", head, re.IGNORECASE):
        name = match.group(1)
        before = head[:match.start()].strip()
        if name in ("__attribute__", "printf_like", "_Alignas", "alignas", "in_section") or not before:
            continue
        end = matching(head, match.end() - 1, "(", ")")
        return name, parameters(head[match.end():end - 1])
    return None


def statements(code):
    """(head, start, end, has body) of everything at file level."""
    at = start = 0
    while at < len(code):
        if code[at] == "(":
            at = matching(code, at, "(", ")")
        elif code[at] == "{":
            end = matching(code, at, "{", "}")
            yield code[start:at], start, end, True
            at = start = end
        elif code[at] == ";":
            yield code[start:at], start, at + 1, False
            at = start = at + 1
        else:
            at += 1


def functions(text):
    """(name, line, lines, parameters) of each function that has a body."""
    code = code_of(text)
    for head, start, end, body in statements(code):
        found = signature(head) if body else None
        if found:
            start += len(head) - len(head.lstrip())
            line = code.count("\n", 0, start) + 1
            yield found[0], line, code.count("\n", start, end) + 1, found[1]


def declared(text):
    for head, _, _, _ in statements(code_of(text)):
        found = signature(head)
        if found:
            yield found[0]


class Report:
    def __init__(self):
        self.violations = []
        self.lengths = {}  # layer -> lengths of its functions
        self.longest = (0, "")
        self.lines = {}
        self.port = (0, 0)

    def say(self, path, line, what):
        self.violations.append("%s:%d: %s" % (path, line, what))


def check_functions(report, path, text):
    layer = path.split("/")[0]
    for name, line, length, n_params in functions(text):
        if layer in PRODUCT:
            report.lengths.setdefault(layer, []).append(length)
            report.longest = max(report.longest, (length, "%s:%d %s" % (path, line, name)))
        # A test program's main() is a table of its tests.
        if length > MAX_FUNCTION and not (layer == "tests" and name == "main"):
            report.say(path, line, "%s() has %d lines; at most %d" % (name, length, MAX_FUNCTION))
        if n_params > MAX_PARAMS:
            report.say(path, line, "%s() has %d parameters; at most %d"
                       % (name, n_params, MAX_PARAMS))


def check_lines(report, path, lines):
    layer = path.split("/")[0]
    neutral = layer in NEUTRAL
    isa_free = neutral and not any(fnmatch.fnmatch(path, p) for p in ISA_FILES)
    for n, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            report.say(path, n, "unfinished work is marked; finish it or open an issue")
        if UPWARD_INCLUDE.match(line):
            report.say(path, n, "an include may not climb out of its root")
        if neutral and CONDITIONAL.match(line):
            report.say(path, n, "conditional compilation in a neutral layer")
        word = ISA_WORDS.search(line) if isa_free else None
        if word:
            report.say(path, n, "the word \"%s\" in a neutral layer" % word.group(1))


def check_file(report, root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        text = file.read()
    lines = text.splitlines()
    script = bool(lines) and lines[0].startswith("#!")
    if not SOURCE.search(path) and not script:
        return
    layer = path.split("/")[0]
    report.lines[layer] = report.lines.get(layer, 0) + len(lines)
    if not any(LICENCE in line for line in lines[:3]):
        report.say(path, 1, "no line \"%s\" at the top" % LICENCE)
    if len(lines) > MAX_FILE:
        report.say(path, len(lines), "the file has %d lines; at most %d" % (len(lines), MAX_FILE))
    if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
        report.say(path, 1, "a header without #pragma once")
    check_lines(report, path, lines)
    if path.endswith((".c", ".h")):
        check_functions(report, path, text)


def check_port(report, root):
    path = os.path.join(root, PORT_ARCH)
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as file:
        text = file.read()
    below, _, above = text.partition(UP_MARK)
    # Inline primitives are named in the header comment; <arch/types.h> defines them.
    top = text[:text.find("#pragma once")]
    down = set(declared(below + "*/")) | set(re.findall(r"(arch_\w+)\(", top))
    up = set(declared("/*" + above)) if above else set()
    report.port = (len(down), len(up))
    if len(down) > MAX_DOWN:
        report.say(PORT_ARCH, 1, "%d functions down; at most %d" % (len(down), MAX_DOWN))
    if len(up) > MAX_UP:
        report.say(PORT_ARCH, 1, "%d functions up; at most %d" % (len(up), MAX_UP))


def p90(values):
    return sorted(values)[(len(values) * 9 + 9) // 10 - 1]


def check_distribution(report):
    every = [n for lengths in report.lengths.values() for n in lengths]
    if not every:
        return
    if statistics.median(every) > MAX_MEDIAN:
        report.say(".", 0, "the median function has %g lines; at most %d"
                   % (statistics.median(every), MAX_MEDIAN))
    if p90(every) > MAX_P90:
        report.say(".", 0, "one function in ten has more than %d lines; at most %d"
                   % (p90(every), MAX_P90))


def files(root):
    for folder, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in SKIPPED_DIRS)
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
            if os.path.isfile(os.path.join(root, path)) and \
                    not any(fnmatch.fnmatch(path, p) for p in FOREIGN):
                yield path


def summary(report):
    print("%-10s %8s %10s %7s %5s %5s" % ("layer", "lines", "functions", "median", "p90", "max"))
    rows = [(layer, report.lengths.get(layer, []), report.lines[layer])
            for layer in PRODUCT if layer in report.lines]
    every = [n for _, lengths, _ in rows for n in lengths]
    rows.append(("all", every, sum(row[2] for row in rows)))
    for layer, lengths, lines in rows:
        if lengths:
            print("%-10s %8d %10d %7g %5d %5d" % (layer, lines, len(lengths),
                                                  statistics.median(lengths), p90(lengths),
                                                  max(lengths)))
        else:
            print("%-10s %8d %10d" % (layer, lines, 0))
    print("longest function: %d lines, %s" % report.longest)
    print("port/arch.h: %d functions down, %d up" % report.port)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--summary", action="store_true", help="print what was measured as well")
    parser.add_argument("root", nargs="?", default=".")
    args = parser.parse_args(argv)

    report = Report()
    for path in files(args.root):
        check_file(report, args.root, path)
    check_port(report, args.root)
    check_distribution(report)
    if args.summary:
        summary(report)
    for violation in report.violations:
        print(violation)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
