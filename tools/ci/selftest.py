#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the tests of our own tools: every test_*.py beside this file.

    selftest.py [COUNTS]        COUNTS: where "tools <passed> <failed>" goes
"""

import os
import sys
import unittest


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    suite = unittest.defaultTestLoader.discover(here)
    result = unittest.TextTestRunner(stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as out:
            out.write("tools %d %d\n" % (result.testsRun - failed, failed))
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
