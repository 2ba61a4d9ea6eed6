#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run system tests: the hypervisor in an emulator, spoken to through its console.

    run.py [--config tests.json] [--all | --only NAME...] [--list] [--counts FILE] [--suite NAME]

One line per test. A test that fails says why and shows the end of its console; the whole console
is in build/test-logs/NAME.log, what the test did in NAME.log.steps. TRIVET_TIME_SCALE=2 doubles
all time limits, QEMU=... takes another emulator. tests/qemu/README.md tells how to write a case.
"""

import argparse
import glob
import importlib.util
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from harness import CASES, ROOT, Setup  # noqa: E402 (behind the path they are found by)
from machine import Failure  # noqa: E402

SHOWN_LINES = 60


def load_cases(folder):
    for file in sorted(glob.glob(os.path.join(folder, "*.py"))):
        name = os.path.splitext(os.path.basename(file))[0]
        spec = importlib.util.spec_from_file_location("cases." + name, file)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def default_config():
    given = os.environ.get("TRIVET_TESTS")
    found = [given] if given else glob.glob(os.path.join(ROOT, "build", "*", "tests.json"))
    if len(found) != 1:
        sys.exit("run.py: %s build/*/tests.json: name one with --config"
                 % ("several" if found else "no"))
    return found[0]


def play(setup, this):
    """None when the case passed, else (why, the end of the console); and its parts."""
    machine = None
    why = None
    try:
        machine = setup.start(this)
        this.steps(machine)
    except Failure as failure:
        why = str(failure)
    except Exception as error:  # a mistake in a case is a failure of that case
        why = "%s: %s" % (type(error).__name__, error)
    finally:
        if machine:
            machine.close()
    parts = machine.parts if machine else []
    return (why, machine.last_lines(SHOWN_LINES) if machine else []) if why else None, parts


def show(this, seconds, failure):
    print("%-5s %-36s %6.1f s" % ("FAIL" if failure else "ok", this.name, seconds))
    if failure:
        why, lines = failure
        for line in why.splitlines():
            print("      " + line)
        for line in lines:
            print("      | " + line)
    sys.stdout.flush()


def show_parts(this, parts):
    """Of tests that share a machine only those that failed have a line each."""
    for name, why in parts:
        if why:
            print("FAIL  %s/%s: %s" % (this.name, name, why))
    if parts:
        print("      %d of %d parts passed" % (sum(not why for _, why in parts), len(parts)))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", help="tests.json of the build (default: the only one)")
    parser.add_argument("--only", action="append", help="run this test, may be repeated")
    parser.add_argument("--all", action="store_true", help="run the slow ones as well")
    parser.add_argument("--list", action="store_true", help="name the tests")
    parser.add_argument("--counts", help="write '<suite> <passed> <failed>' here")
    parser.add_argument("--suite", default="qemu")
    parser.add_argument("--cases", default=os.path.join(HERE, "cases"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    args = arguments()
    # An end by signal goes through the finally clauses, so that no emulator stays behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    load_cases(args.cases)
    if args.list:
        for this in CASES:
            print("%-36s %s%s" % (this.name, "(slow) " if this.slow else "", " ".join(this.about)))
        return 0
    chosen = [c for c in CASES if (c.name in args.only if args.only else args.all or not c.slow)]
    for name in args.only or []:
        if name not in [c.name for c in CASES]:
            sys.exit("run.py: there is no test %s; --list names them" % name)
    setup = Setup(args.config or default_config())
    failed = total = 0
    for this in chosen:
        begin = time.monotonic()
        failure, parts = play(setup, this)
        show(this, time.monotonic() - begin, failure)
        show_parts(this, parts)
        total += 1 + len(parts)
        failed += (failure is not None) + sum(why is not None for _, why in parts)
    passed = total - failed
    if args.counts:
        with open(args.counts, "w", encoding="utf-8") as out:
            out.write("%s %d %d\n" % (args.suite, passed, failed))
    print("%s: %d passed, %d failed" % (args.suite, passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure_of_setup:
        sys.exit("run.py: %s" % failure_of_setup)
    except KeyboardInterrupt:
        sys.exit("run.py: interrupted")
