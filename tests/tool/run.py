#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the program `trivet` as it was built: what it prints, and how it ends.

    run.py PROGRAM [--counts FILE] [NAME...]

Each function test_*(t) of a file test_*.py beside this one is a test; names given select those that
contain one of them. `t` (class Desk) runs the program in a folder of the test's own, which is empty
at first and gone afterwards. A test fails by an exception: assert, or t.equal() for a difference.
Prints TAP. --counts writes "desk PASSED FAILED" for tools/ci/tally.py.
"""
import argparse
import difflib
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# What must not come from the user's own shell.
HIDDEN = ("NO_COLOR", "COLUMNS", "TERM")


class Result:
    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err

    def lines(self):
        return self.err.splitlines()

    def __str__(self):
        return f"{' '.join(map(str, self.words))}\nstatus {self.status}\nout:\n{self.out}\nerr:\n{self.err}"


class Desk:
    root = ROOT
    data = pathlib.Path(os.environ.get("TRIVET_TEST_DATA", ROOT / "build/test-data"))

    def __init__(self, program, folder):
        self.program = str(program)
        self.folder = pathlib.Path(folder)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def run(self, *words, stdin=None, env=None, cwd=None, timeout=60):
        full = {k: v for k, v in os.environ.items() if k not in HIDDEN} | (env or {})
        done = subprocess.run([self.program, *map(str, words)], input=stdin, capture_output=True, env=full,
                              cwd=cwd or self.folder, timeout=timeout)
        if done.returncode < 0:
            raise AssertionError(f"{words}: ended by signal {-done.returncode}")
        return Result(words, done.returncode, done.stdout.decode(errors="replace"),
                      done.stderr.decode(errors="replace"))

    def expect(self, status, *words, **more):
        """run(), and the status it has to end with."""
        r = self.run(*words, **more)
        assert r.status == status, f"expected status {status}\n{r}"
        return r

    @staticmethod
    def equal(got, want):
        if got != want:
            raise AssertionError("\n".join(difflib.unified_diff(str(want).splitlines(), str(got).splitlines(),
                                                                "expected", "got", lineterm="")))


def collect():
    tests = []
    for path in sorted(HERE.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        tests += [(f"{path.stem.removeprefix('test_')}: {name.removeprefix('test_')}", f)
                  for name, f in vars(module).items() if name.startswith("test_")]
    return tests


def run_one(program, test):
    """'' or what is wrong."""
    folder = tempfile.mkdtemp(prefix="trivet-desk-")
    try:
        test(Desk(program, folder))
        return ""
    except AssertionError as e:
        where = traceback.extract_tb(e.__traceback__)
        lines = [f"{pathlib.Path(w.filename).name}:{w.lineno}: {w.line}" for w in where if "test_" in w.filename]
        return "\n".join(lines + [str(e)])
    except (OSError, ValueError, LookupError, TypeError, subprocess.SubprocessError):
        return traceback.format_exc()
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--counts")
    parser.add_argument("names", nargs="*")
    args = parser.parse_intermixed_args()
    tests = [t for t in collect() if not args.names or any(n in t[0] for n in args.names)]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for i, (name, test) in enumerate(tests, 1):
        wrong = run_one(os.path.abspath(args.program), test)
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {i} - {name}", flush=True)
        for line in wrong.splitlines():
            print(f"# {line}")
    if args.counts:
        pathlib.Path(args.counts).write_text(f"desk {len(tests) - failed} {failed}\n")
    print(f"# desk: {len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


sys.dont_write_bytecode = True
main()
