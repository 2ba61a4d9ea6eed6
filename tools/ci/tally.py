#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Add up what all test suites counted and close with one line, "N passed, N failed".

    tally.py FILE...        e.g. build/test/unit.counts build/test/golden.counts

Each file holds lines "<suite> <passed> <failed>". A file that is missing or cannot be read, and a
suite that has run no test, count as one failure each: silence is not success.
"""

import os
import re
import sys

LINE = re.compile(r"^(\S+)\s+(\d+)\s+(\d+)$")


def read(path):
    """[(suite, passed, failed, remark)]; a remark explains a failure that is ours."""
    name = os.path.splitext(os.path.basename(path))[0]
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file if line.strip()]
    except (OSError, UnicodeDecodeError):
        return [(name, 0, 1, "has left no counts")]
    rows = []
    for line in lines:
        match = LINE.match(line)
        if not match:
            rows.append((name, 0, 1, "has written %r for counts" % line))
            continue
        suite, passed, failed = match.group(1), int(match.group(2)), int(match.group(3))
        if passed + failed == 0:
            rows.append((suite, 0, 1, "has run no test"))
        else:
            rows.append((suite, passed, failed, ""))
    return rows or [(name, 0, 1, "has run no test")]


def main(paths):
    rows = [row for path in paths for row in read(path)]
    if not rows:
        rows = [("tests", 0, 1, "no suite was named")]
    for suite, passed, failed, remark in rows:
        print(("%-16s %6d passed %6d failed  %s" % (suite, passed, failed, remark)).rstrip())
    failed = sum(row[2] for row in rows)
    print("%d passed, %d failed" % (sum(row[1] for row in rows), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
