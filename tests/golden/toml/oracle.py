#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare our TOML reader with Python's tomllib: what is accepted, and every value.

    oracle.py GOLDEN_PROGRAM [--seed N] [--mutants N]

The documents are those of cases.py, our own configuration files, random ones, and mutants of all
of them. A document the two disagree on is a failure, but for the differences cases.py names.
"""
import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import tomllib

import cases

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


class Float:
    """A float as it was written: the reader does not convert."""

    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, Float) and self.text == other.text

    def __repr__(self):
        return f"Float({self.text})"


def too_large(v):
    if isinstance(v, dict):
        return any(map(too_large, v.values()))
    if isinstance(v, list):
        return any(map(too_large, v))
    return isinstance(v, int) and not -(2**63) <= v < 2**63


def depth(v):
    """Levels of tables and arrays, the document's own table not counted."""
    if isinstance(v, dict):
        return 1 + max(map(depth, v.values()), default=0)
    if isinstance(v, list):
        return 1 + max(map(depth, v), default=0)
    return 0


def oracle(doc):
    """The document's value, or None when it is refused."""
    try:
        value = tomllib.loads(doc.decode(), parse_float=Float)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    return None if too_large(value) or depth(value) - 1 > 32 else value


def parse_dump(words):
    """What the golden program printed, as Python values."""
    word = next(words)
    if word == "[":
        out = []
        while True:
            item = parse_dump(words)
            if item is StopIteration:
                return out
            out.append(item)
    if word == "{":
        out = {}
        while True:
            key = next(words)
            if key == "}":
                return out
            name = bytes.fromhex(key[2:]).decode(errors="surrogateescape")
            assert name not in out, f"key {name} twice"
            out[name] = parse_dump(words)
    if word in "]}":
        return StopIteration
    kind, text = word[0], word[2:]
    if kind == "i":
        return int(text)
    if kind == "b":
        return text == "1"
    text = bytes.fromhex(text).decode(errors="surrogateescape")
    if kind == "s":
        return text
    if kind == "f":
        float(text)
        return Float(text)
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except ValueError:  # a second 60, a year 0000
        return ("time", text)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def run(program, docs):
    """Ours: for each document its value or None, and its number of errors."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, doc in enumerate(docs):
            paths.append(os.path.join(folder, str(i)))
            pathlib.Path(paths[-1]).write_bytes(doc)
        for start in range(0, len(paths), 500):
            part = paths[start:start + 500]
            out = subprocess.run([program, "toml", *part], capture_output=True, timeout=300)
            if out.returncode:
                sys.exit(f"{program} failed:\n{out.stderr.decode(errors='replace')}")
            lines = iter(out.stdout.split(b"\n"))
            messages = 0
            for line in lines:
                if not line.startswith(b"== "):
                    messages += b": error: " in line
                    continue
                status, errors = map(int, line.split()[-2:])
                if (status == 0) != (errors == 0) or errors != messages:
                    # A document full of errors shows only the first of them.
                    if not (errors > 64 and messages == 65) and not (errors == 65):
                        sys.exit(f"status {status}, {errors} errors, {messages} messages: {docs[len(results)]!r}")
                value = None
                if status == 0:
                    value = parse_dump(iter(next(lines).decode().split()))
                results.append((value, errors))
                messages = 0
    return results


# ---- random documents --------------------------------------------------------------------------

def random_key(rng):
    part = lambda: rng.choice(["a", "b", "c", "d", '"a"', "'b'", '"x y"', "1", "k-1", '""'])
    return rng.choice([".", " . "]).join(part() for _ in range(rng.choice([1, 1, 1, 2, 3])))


def random_value(rng, level=0):
    scalars = ["1", "-5", "0x1f", "1_000", "1.5", "-inf", "nan", "1e3", "true", "false", '"s"', "'l'", '"\\u00e9"',
               '"""m\n"""', "'''n'''", "1979-05-27", "07:32:00", "1979-05-27 07:32:00Z", "0b11", '"""a"" \\\n b"""']
    pick = rng.random()
    if level > 4 or pick < 0.6:
        return rng.choice(scalars)
    n = rng.randrange(4)
    if pick < 0.8:
        sep = rng.choice([", ", ",\n", " , # c\n"])
        return "[" + sep.join(random_value(rng, level + 1) for _ in range(n)) + rng.choice(["", " ", "\n"]) + "]"
    return "{" + ", ".join(f"{random_key(rng)} = {random_value(rng, level + 1)}" for _ in range(n)) + "}"


def random_doc(rng):
    lines = []
    for _ in range(rng.randrange(1, 12)):
        pick = rng.random()
        if pick < 0.2:
            lines.append(f"[{random_key(rng)}]")
        elif pick < 0.35:
            lines.append(f"[[{random_key(rng)}]]")
        elif pick < 0.4:
            lines.append("# comment")
        else:
            lines.append(f"{random_key(rng)} = {random_value(rng)}")
    return rng.choice(["\n", "\n", "\r\n"]).join(lines).encode()


def mutate(rng, doc):
    doc = bytearray(doc)
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(len(doc) + 1)
        pick = rng.random()
        if pick < 0.35 and doc:
            del doc[at:at + rng.choice([1, 1, 2, 5])]
        elif pick < 0.75:
            doc[at:at] = rng.choice([b"[", b"]", b"{", b"}", b"=", b",", b".", b'"', b"'", b"#", b"\n", b"\r\n", b"\\", b"_",
                                     b" ", b"0", b"1", b"-", b"+", b"e", b":", b"T", b'"""', b"'''", b"\x01", b"\xff", b"a", b"\r"])
        elif doc:
            other = rng.randrange(len(doc))
            size = rng.randrange(1, 8)
            doc[at:at] = doc[other:other + size]
    return bytes(doc)


def known_difference(doc):
    """A mutant that hits a difference named in cases.py."""
    return (doc.startswith(b"\xef\xbb\xbf") or re.search(rb":60", doc) or re.search(rb"(?<![0-9])0000-", doc))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, default=4000)
    args = parser.parse_args()
    if oracle(b"a = {b = 1,}") is not None:
        print("ok 1 - # skip: this Python reads a later TOML than 1.0")
        return
    rng = random.Random(args.seed)

    docs = {}
    for name, doc in cases.CASES.items():
        docs[name] = doc if isinstance(doc, bytes) else doc.encode()
    for path in sorted(ROOT.glob("configs/*/*.toml")):
        docs[path.name] = path.read_bytes()
    for i in range(args.mutants // 4):
        docs[f"random_{i}"] = random_doc(rng)
    seeds = list(docs.values())
    for i in range(args.mutants):
        docs[f"mutant_{i}"] = mutate(rng, rng.choice(seeds))

    ours = run(args.program, list(docs.values()))
    failed = accepted = 0
    for (name, doc), (value, errors) in zip(docs.items(), ours):
        want = oracle(doc)
        accepted += value is not None
        if name in cases.OURS:
            if (value is not None) == cases.OURS[name]:
                continue
        elif value is None and want is None or value is not None and want is not None and same(value, want):
            continue
        elif name.startswith("mutant_") and known_difference(doc):
            continue
        failed += 1
        print(f"not ok - {name}: {doc!r}\n#   ours {value!r} ({errors} errors)\n#   tomllib {want!r}")
    print(f"# {len(docs)} documents, {accepted} accepted by ours")
    print(f"{'not ok' if failed else 'ok'} - TOML reader agrees with tomllib on {len(docs) - failed} of {len(docs)} documents")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
