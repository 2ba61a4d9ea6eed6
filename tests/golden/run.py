#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden tests of configurations: what the golden program prints for a file is the text beside it.

    run.py GOLDEN_PROGRAM [--update] [NAME...]

good/, bad/      NAME.toml -> NAME.txt; a folder is a set of VMs: NAME/*.toml -> NAME.txt
toml/, platform/ NAME.toml -> NAME.txt
samples/         NAME.txt for every configs/vms/NAME.toml, platform-NAME.txt for configs/platforms

A file in good/ that is refused, or one in bad/ that is accepted, fails whatever the text says.
--update writes the texts: read the difference before you commit it. Prints TAP.
"""
import argparse
import difflib
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def collect():
    """(name, mode, input files, expected file)"""
    tests = []
    for group, mode in (("good", "vm"), ("bad", "vm"), ("toml", "toml"), ("platform", "platform")):
        for path in sorted((HERE / group).iterdir()):
            if path.is_dir() and path.name != "__pycache__":
                tests.append((f"{group}/{path.name}", mode, sorted(path.glob("*.toml")), path.with_suffix(".txt")))
            elif path.suffix == ".toml":
                tests.append((f"{group}/{path.stem}", mode, [path], path.with_suffix(".txt")))
    for folder, mode, prefix in (("vms", "vm", ""), ("platforms", "platform", "platform-")):
        for path in sorted((ROOT / "configs" / folder).glob("*.toml")):
            tests.append((f"samples/{prefix}{path.stem}", mode, [path], HERE / "samples" / f"{prefix}{path.stem}.txt"))
    return tests


def verdict(name, text):
    """What is wrong with the output whatever is expected of it; '' when nothing."""
    accepted = "-- 0 errors" in text
    if name.startswith(("good/", "samples/")) and not accepted:
        return "a sound file is refused"
    if name.startswith("bad/") and accepted:
        return "a mistake is not found"
    if name.startswith("bad/") and text.count(": error: VM") > text.count(": fix: "):
        return "an error does not say what to write instead"
    return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    tests = [t for t in collect() if not args.names or any(n in t[0] for n in args.names)]
    failed = 0
    expected_files = {t[3] for t in tests}

    print(f"1..{len(tests)}")
    for i, (name, mode, inputs, expected) in enumerate(tests, 1):
        # Relative, so that the text is the same in every checkout.
        words = [args.program, mode] + [str(p.relative_to(ROOT)) for p in inputs]
        out = subprocess.run(words, capture_output=True, cwd=ROOT, timeout=60)
        text = out.stdout.decode(errors="backslashreplace")
        wrong = verdict(name, text)
        if out.returncode:
            wrong = f"exit status {out.returncode}: {out.stderr.decode(errors='replace')[:2000]}"
        if args.update:
            expected.parent.mkdir(exist_ok=True)
            expected.write_text(text)
        want = expected.read_text() if expected.exists() else ""
        if wrong or text != want:
            failed += 1
            print(f"not ok {i} - {name}")
            diff = difflib.unified_diff(want.splitlines(), text.splitlines(), "expected", "printed", lineterm="")
            print("\n".join("# " + line for line in [wrong, *diff] if line))
        else:
            print(f"ok {i} - {name}")
    if not args.names:
        for path in sorted(HERE.glob("*/*.txt")):
            if path not in expected_files:
                failed += 1
                print(f"# {path.relative_to(HERE)}: expected text of no test")
    sys.exit(1 if failed else 0)


main()
