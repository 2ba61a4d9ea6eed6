#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Give every fuzz target some seconds; a finding, and a target that did not try, is a failed test.

    run.py [--seconds N] [--seed N] [--counts FILE] --work DIR TARGET...

DIR holds the programs (DIR/TARGET), the seeds (DIR/seeds/NAME for target fuzz_NAME) and what was
learnt in earlier runs (DIR/corpus/NAME; with --seed a run begins with nothing learnt). What fails
is left in DIR/findings/TARGET-...; running the program with that file shows it again.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import time

# Where the inputs are larger than the seeds suggest (README.md).
MAX_LEN = {"cpio": 4096, "gunzip": 4096, "image": 8192, "fat32": 8193, "partition": 34000}
ENOUGH = 50  # a target that ran fewer inputs did not try
SHOWN_LINES = 40


def command(args, target):
    name = target.removeprefix("fuzz_")
    corpus = os.path.join(args.work, "corpus", "seeded" if args.seed else "", name)
    findings = os.path.join(args.work, "findings")
    seeds = os.path.join(args.work, "seeds", name)
    if args.seed:
        shutil.rmtree(corpus, ignore_errors=True)
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(findings, exist_ok=True)
    words = [os.path.join(args.work, target), "-max_total_time=%d" % args.seconds, "-timeout=20",
             "-rss_limit_mb=2048", "-print_final_stats=1",
             "-artifact_prefix=%s/%s-" % (findings, target)]
    if args.seed:
        words.append("-seed=%d" % args.seed)
    if name in MAX_LEN:
        words.append("-max_len=%d" % MAX_LEN[name])
    return words + [corpus] + ([seeds] if glob.glob(seeds + "/*") else [])


def run(args, target):
    """(why it failed or "", inputs tried, seconds, output)"""
    begin = time.monotonic()
    limit = args.seconds * 4 + 60
    try:
        child = subprocess.Popen(command(args, target), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 start_new_session=True)
    except OSError as error:
        return "cannot be started: %s" % error, 0, 0.0, ""
    try:
        output = child.communicate(timeout=limit)[0].decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        output = child.communicate()[0].decode("utf-8", "replace")
        return "did not end within %d seconds" % limit, 0, time.monotonic() - begin, output
    tried = re.search(r"stat::number_of_executed_units:\s*(\d+)", output)
    n = int(tried.group(1)) if tried else 0
    why = ""
    if child.returncode != 0:
        why = "has found something (status %d)" % child.returncode
    elif n < ENOUGH:
        why = "tried only %d inputs" % n
    return why, n, time.monotonic() - begin, output


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", help="write '<suite> <passed> <failed>' here")
    parser.add_argument("--suite", default="fuzz")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="0: another in every run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--work", required=True)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    args = parser.parse_args()

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, args.jobs)) as pool:
        results = pool.map(lambda target: run(args, target), args.targets)
        for target, (why, n, seconds, output) in zip(args.targets, results):
            print("%-5s %-32s %8d inputs (%.1f s)" % ("FAIL" if why else "ok", target, n, seconds))
            if why:
                failed += 1
                print("      %s" % why)
                for line in output.splitlines()[-SHOWN_LINES:]:
                    print("      | %s" % line)
            sys.stdout.flush()
    passed = len(args.targets) - failed
    if args.counts:
        with open(args.counts, "w", encoding="utf-8") as out:
            out.write("%s %d %d\n" % (args.suite, passed, failed))
    print("%s: %d passed, %d failed" % (args.suite, passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
