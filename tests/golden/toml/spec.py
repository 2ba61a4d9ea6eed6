#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TOML 1.0 by its specification: spec.cases, which says how it is written.

    spec.py GOLDEN_PROGRAM [--update]

Prints TAP: a test for each production. --update writes what is said of refused documents.
"""
import argparse
import ast
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import oracle

CASES = pathlib.Path(__file__).resolve().parent / "spec.cases"
READ, REFUSED, AGREED = "+=", "-~", "+-"


class Case:
    def __init__(self, mark, literal):
        value = ast.literal_eval(literal)
        self.mark, self.literal, self.said = mark, literal, []
        self.doc = value if isinstance(value, bytes) else value.encode()


def parse(text):
    """Lines as they stand; a Case in place of a document's, without what is said of it."""
    out = []
    for line in text.splitlines():
        if line[:2] in ("+ ", "= ", "- ", "~ "):
            out.append(Case(line[0], line[2:]))
        elif line.startswith("    "):
            out[-1].said.append(line.strip())
        else:
            out.append(line)
    return out


def ask(program, cases):
    """What the program says of each: its messages, and the value or None."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder, str(i)) for i in range(len(cases))]
        for path, case in zip(paths, cases):
            path.write_bytes(case.doc)
        out = subprocess.run([program, "toml", *map(str, paths)], capture_output=True, timeout=300)
    if out.returncode:
        sys.exit(f"{program} failed:\n{out.stderr.decode(errors='replace')}")
    answers, said = [], []
    lines = iter(out.stdout.split(b"\n"))
    for line in lines:
        if not line.startswith(b"== "):
            said.append(line.decode(errors="backslashreplace").partition(":")[2])
            continue
        value = None
        if line.split()[-2] == b"0":
            value = oracle.parse_dump(iter(next(lines).decode().split()))
        answers.append((said, value))
        said = []
    return answers


def theirs(doc):
    """The value that tomllib reads, or None."""
    try:
        return tomllib.loads(doc.decode(), parse_float=oracle.Float)
    except ValueError:
        return None


def wrong(case, said, value):
    """What is wrong with our answer; '' when nothing."""
    other = theirs(case.doc)
    if (value is not None) != (case.mark in READ):
        return "ours reads it" if value is not None else f"ours refuses it: {said}"
    if (other is not None) != ((case.mark in READ) == (case.mark in AGREED)):
        return "tomllib reads it" if other is not None else "tomllib refuses it"
    if case.mark == "+" and not oracle.same(value, other):
        return f"ours {value!r}, tomllib {other!r}"
    if case.mark in REFUSED and case.said != said:
        return "says " + "\n#   ".join(said)
    return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    lines = parse(CASES.read_text(encoding="utf-8"))
    cases = [c for c in lines if isinstance(c, Case)]
    answers = ask(args.program, cases)
    if args.update:
        for case, (said, _) in zip(cases, answers):
            case.said = said if case.mark in REFUSED else []
        CASES.write_text("".join(
            line + "\n" if isinstance(line, str) else
            f"{line.mark} {line.literal}\n" + "".join(f"    {s}\n" for s in line.said)
            for line in lines), encoding="utf-8")
    bad = {id(c): wrong(c, *a) for c, a in zip(cases, answers)}
    n = failed = 0
    group, members = None, []
    for line in lines + ["@ "]:
        if isinstance(line, Case):
            members.append(line)
        elif line.startswith("@ "):
            if group:
                n += 1
                faults = [m for m in members if bad[id(m)]]
                failed += bool(faults)
                for m in faults:
                    print(f"# {m.literal}: {bad[id(m)]}")
                print(f"{'not ok' if faults else 'ok'} {n} - spec/{group}: {len(members)} documents")
            group, members = line[2:], []
    print(f"1..{n}")
    print(f"# {len(cases)} documents, {sum(c.mark in READ for c in cases)} of them sound")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
