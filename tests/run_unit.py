#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run unit test programs, say how they went, and leave a count file for tools/ci/tally.py.

    run_unit.py [--counts FILE] [--timeout SECONDS] [--jobs N] PROGRAM...

Each program is one file of tests and speaks TAP (cmocka does when told to); a PROGRAM of several
words is a command. A program prints one line when all is well, and everything it said when not.
Besides a test that says "not ok", these are failures: a test that was announced and never reported
(the program died in it), a program that ends with a status other than 0, a sanitizer's complaint,
running out of time, no test at all.
"""

import argparse
import concurrent.futures
import os
import re
import shlex
import signal
import subprocess
import sys
import time

RESULT = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\s*(#.*)?$")
COMPLAINT = re.compile(r"runtime error:|(Address|Leak|UndefinedBehavior)Sanitizer")


class Outcome:
    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.skipped = 0
        self.wrong = []  # one sentence for each failure
        self.output = ""
        self.seconds = 0.0


def environment():
    env = dict(os.environ)
    env["CMOCKA_MESSAGE_OUTPUT"] = "TAP"
    env.setdefault("ASAN_OPTIONS", "detect_stack_use_after_return=1")
    env.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
    return env


def execute(program, timeout):
    """Status, or None when time ran out, and all output."""
    words = shlex.split(program)
    if len(words) == 1:
        words = [os.path.abspath(program)]
    child = subprocess.Popen(words, env=environment(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             start_new_session=True)
    try:
        output, _ = child.communicate(timeout=timeout)
        status = child.returncode
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # its own session: children go with it
        output, _ = child.communicate()
        status = None
    return status, output.decode("utf-8", "replace")


def ending(status, timeout):
    if status is None:
        return "ran longer than %g seconds" % timeout
    if status < 0:
        return "was ended by signal %d" % -status
    return "ended with status %d" % status


def judge(outcome, status, timeout):
    planned = 0
    seen = 0
    for line in outcome.output.splitlines():
        plan = PLAN.match(line)
        result = RESULT.match(line)
        if plan:
            planned += int(plan.group(1))
            outcome.skipped += plan.group(1) == "0"  # all of the file, and it says why
        if not result:
            continue
        seen += 1
        if re.search(r"#\s*skip", line, re.IGNORECASE):
            outcome.skipped += 1  # cmocka says "not ok" to these as well
        elif result.group(1):
            outcome.wrong.append("%s failed" % result.group(2))
        else:
            outcome.passed += 1
    if seen < planned:
        outcome.wrong.append("%d of %d tests did not report: the program %s"
                             % (planned - seen, planned, ending(status, timeout)))
    if seen + outcome.skipped == 0 and not outcome.wrong:
        outcome.wrong.append("no test has run")
    if status != 0 and not outcome.wrong:
        outcome.wrong.append("all tests reported, but the program " + ending(status, timeout))
    if not outcome.wrong and COMPLAINT.search(outcome.output):
        outcome.wrong.append("a sanitizer complained")


def run(program, timeout):
    script = [word for word in shlex.split(program) if "/" in word]
    outcome = Outcome("/".join((script or [program])[0].split("/")[-2 if script[1:] else -1:]))
    start = time.monotonic()
    try:
        status, outcome.output = execute(program, timeout)
        judge(outcome, status, timeout)
    except OSError as error:
        outcome.wrong.append("cannot be started: %s" % error)
    outcome.seconds = time.monotonic() - start
    return outcome


def show(outcome):
    skipped = ", %d skipped" % outcome.skipped if outcome.skipped else ""
    if not outcome.wrong:
        print("ok    %-32s %3d%s (%.1f s)"
              % (outcome.name, outcome.passed, skipped, outcome.seconds), flush=True)
        return
    print("FAIL  %-32s %3d passed, %d failed%s"
          % (outcome.name, outcome.passed, len(outcome.wrong), skipped))
    for sentence in outcome.wrong:
        print("      %s" % sentence)
    for line in outcome.output.splitlines():
        print("      | %s" % line)
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", help="write '<suite> <passed> <failed>' here")
    parser.add_argument("--suite", default="unit")
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("programs", nargs="*", metavar="PROGRAM")
    args = parser.parse_args()

    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, args.jobs)) as pool:
        for outcome in pool.map(lambda p: run(p, args.timeout), args.programs):
            show(outcome)
            passed += outcome.passed
            failed += len(outcome.wrong)
    if args.counts:
        with open(args.counts, "w", encoding="utf-8") as out:
            out.write("%s %d %d\n" % (args.suite, passed, failed))
    print("%s: %d passed, %d failed in %d programs" % (args.suite, passed, failed,
                                                       len(args.programs)))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
