#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lists of configuration mistakes and hostile cases in README.md, from the tests themselves.

    gen_test_lists.py [--check]

Mistakes are the files and folders of tests/golden/**/bad, hostile cases the parts that
tests/qemu/cases/hostile.py has: its lists of names, and what it calls vm.part() with.
"""
import argparse
import ast
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
WIDTH = 110


# Of each language: where its mistakes are.
MISTAKES = (("TOML", "bad"), ("qvmconf", "qvmconf/bad"), ("CAmkES", "camkes/bad"))


def mistakes(folder):
    return sorted(path.stem for path in (ROOT / "tests/golden" / folder).glob("*.txt"))


def strings_of(node):
    """The strings of a list; of a list of tuples, the first of each."""
    for item in getattr(node, "elts", []):
        first = item.elts[0] if isinstance(item, ast.Tuple) and item.elts else item
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def hostile_cases():
    tree = ast.parse((ROOT / "tests/qemu/cases/hostile.py").read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found.update(strings_of(node.value))
    for node in ast.walk(tree):
        if (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "part"
                and isinstance(node.args[0], ast.Constant)):
            found.add(node.args[0].value)
    return sorted(found)


def filled(words):
    lines, line = [], ""
    for word in words:
        if line and len(line) + 2 + len(word) > WIDTH:
            lines.append(line + ",")
            line = word
        else:
            line = line + ", " + word if line else word
    return "\n".join(lines + [line + "."])


def block(title, words):
    return (f"<details><summary>{len(words)} {title}</summary>\n\n"
            f"{filled([w.replace('_', ' ') for w in words])}\n\n</details>\n")


def text():
    lists = [(language, mistakes(folder)) for language, folder in MISTAKES]
    return (f"{sum(len(names) for _, names in lists)} files and sets with mistakes, each told with its place and a fix:\n\n" +
            "\n".join(block(f"mistakes in {language}", names) for language, names in lists) +
            "\n" + block("hostile cases, each beside a neighbour that must not notice",
                         hostile_cases()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    begin, end = "<!-- tests:begin -->\n", "<!-- tests:end -->\n"
    old = README.read_text(encoding="utf-8")
    head, _, rest = old.partition(begin)
    _, _, tail = rest.partition(end)
    if not tail:
        sys.exit("gen_test_lists.py: README.md has not the lines tests:begin and tests:end")
    new = head + begin + text() + end + tail
    if args.check and new != old:
        sys.exit("README.md: the lists of tests are old: run tools/gen_test_lists.py")
    if new != old:
        README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
