#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Start the emulator of a platform file with the hypervisor, and hand it the terminal.

    run.py PLATFORM.toml kernel=... disk=... [smp=... mem=... qemu=... append=...] [-- WORDS...]

WORDS go to the emulator as they are.

Says how to leave: the emulator takes Ctrl+A, Trivet Ctrl+X, the rest is the guest's.
"""
import os
import shutil
import subprocess
import sys

TOOLS = os.path.dirname(os.path.abspath(__file__))


def main():
    given, more = sys.argv[2:], []
    if "--" in given:
        given, more = given[:given.index("--")], given[given.index("--") + 1:]
    told = subprocess.run([sys.executable, f"{TOOLS}/platform.py", sys.argv[1], "emulator"] + given,
                          check=False, text=True, stdout=subprocess.PIPE)
    if told.returncode:
        sys.exit(told.returncode)
    words = told.stdout.split("\n")[:-1] + more
    if not shutil.which(words[0]):
        sys.exit(f"run.py: there is no emulator {words[0]!r}; `make setup` installs the usual one")
    print("starting the emulator; Ctrl+A x ends it, Ctrl+X ? shows Trivet's keys", flush=True)
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
