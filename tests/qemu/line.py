# SPDX-License-Identifier: Apache-2.0
"""A second serial line of the emulator, spoken to beside the console: "-serial", "pty"."""

import os
import re
import select
import time
import tty

from machine import SCALE, SEQUENCE, Failure

SECOND_LINE = ["-serial", "mon:stdio", "-serial", "pty"]  # qemu_args


class Line:
    """The emulator says at its start where the line is."""

    def __init__(self, vm):
        found = vm.expect(r"char device redirected to (/dev/\S+) \(label serial1\)")
        self._vm = vm
        self._fd = os.open(found.group(1), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._fd)
        self.text = ""
        self._at = 0

    def send(self, text):
        os.write(self._fd, text.encode())

    def expect(self, pattern, timeout=20):
        """As Machine.expect(), of this line."""
        regex = re.compile(pattern, re.MULTILINE)
        end = time.monotonic() + timeout * SCALE
        while True:
            match = regex.search(self.text, self._at)
            if match:
                self._at = match.end()
                return match
            left = end - time.monotonic()
            if left <= 0:
                raise Failure("/%s/ did not come on the second line; the last there: %r"
                              % (pattern, self.text[-300:]))
            self._read(min(left, 1))

    def _read(self, timeout):
        ready, _, _ = select.select([self._fd], [], [], timeout)
        if not ready:
            return
        try:
            self.text += SEQUENCE.sub("", os.read(self._fd, 65536).decode("utf-8", "replace"))
        except (BlockingIOError, OSError):
            time.sleep(0.05)  # nobody has it open at the other end

    def close(self):
        os.close(self._fd)
