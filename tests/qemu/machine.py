# SPDX-License-Identifier: Apache-2.0
"""One emulator with its console: started, spoken to, and ended whatever happens.

Everything that waits has a limit, and ends at once when what it waits for cannot come any more:
the emulator has ended, or the hypervisor has panicked.
"""

import ctypes
import os
import re
import signal
import subprocess
import threading
import time

SCALE = float(os.environ.get("TRIVET_TIME_SCALE", "1"))
PROMPT = r"~ # "
CTRL_A = "\x01"
CTRL_X = "\x18"

# Control sequences of terminals, whole or cancelled, and the beginning of one at the end of what came.
SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~\x18]|[^\[])|[\r\x00\x18]")
BROKEN_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*)?$")
FATAL = re.compile(r"(?:trivet: panic|Kernel panic - not syncing)[^\n]*\n")
# A line of the hypervisor's log, with the line break before it.
OWN_LINE = re.compile(r"\n?^\[ *\d+\.\d{6}\] [^\n]*\n", re.MULTILINE)


class Failure(Exception):
    """A test's expectation that was not met."""


def die_with_parent():
    """In the child before exec: it shall not outlive us, whatever ends us."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class Machine:
    """The handle a test case gets."""

    def __init__(self, command, log_path, limit):
        self.command = command  # the emulator's
        self.text = ""  # all output, without what only moves a cursor
        self.at = 0  # where the next expect() begins
        self.panic_is_expected = False
        self.parts = []  # (name, None or why it failed) of tests that share this machine
        self._rest = ""  # the beginning of a control sequence
        self._changed = threading.Condition()
        self._ended = False
        self._begin = time.monotonic()
        self._deadline = self._begin + limit * SCALE
        self._log = open(log_path, "wb")
        self._steps = open(log_path + ".steps", "w", encoding="utf-8")
        self._step("start: " + " ".join(command))
        self._qemu = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, start_new_session=True,
                                      preexec_fn=die_with_parent)
        self._reader = threading.Thread(target=self._read_all, daemon=True)
        self._reader.start()

    # ---- what a case uses ------------------------------------------------------------------

    def expect(self, pattern, timeout=20):
        """Wait until @pattern matches behind what was matched last; returns the match."""
        self._step("expect %r" % pattern)
        regex = re.compile(pattern, re.MULTILINE)
        match = self._wait(lambda: regex.search(self.text, self.at), "/%s/" % pattern, timeout)
        self.at = match.end()
        return match

    def expect_not(self, pattern, seconds):
        """Watch for @seconds that @pattern does not come."""
        self._step("expect_not %r" % pattern)
        regex = re.compile(pattern, re.MULTILINE)
        with self._changed:
            if not self._changed.wait_for(lambda: regex.search(self.text, self.at),
                                          seconds * SCALE):
                return
        raise Failure("/%s/ should not have come" % pattern)

    def send(self, text):
        """Type @text; a line ends with "\\n"."""
        self._step("send %r" % text[:200])
        try:
            self._qemu.stdin.write(text.encode())
            self._qemu.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise Failure("cannot type %r: the emulator has ended" % text[:200]) from None

    def monitor(self, command, pattern, timeout=10):
        """Ask the emulator itself, whose prompt shares our line; returns the match of its answer."""
        self.send(CTRL_A + "c")
        self.expect(r"\(qemu\) ", timeout)
        self.send(command + "\n")
        match = self.expect(pattern, timeout)
        self.expect(r"\(qemu\) ", timeout)
        self.send(CTRL_A + "c")
        return match

    def shell(self, timeout=20):
        """A prompt that is certainly a new one: type returns until it comes."""
        end = time.monotonic() + timeout * SCALE
        while True:
            self.at = len(self.text)
            self.send("\n")
            try:
                return self.expect("^" + PROMPT, 3)
            except Failure:
                if self._ended or time.monotonic() > end:
                    raise

    def run(self, command, timeout=20, status=0):
        """Run @command at the guest's prompt; returns what it wrote. Status None: do not care."""
        # The quotes keep what is typed, and echoed, from looking like what is printed.
        self.send('echo @@"begin"@@; %s; echo @@"$?"@@\n' % command)
        self.expect(r"^@@begin@@\n", timeout)
        begin = self.at
        match = self.expect(r"@@(\d+)@@\n", timeout)
        self.expect(PROMPT)
        output = self.text[begin:match.start()]
        if status is not None and int(match.group(1)) != status:
            raise Failure("%r ended with status %s, not %d, and wrote:\n%s"
                          % (command, match.group(1), status, output))
        return output

    def focus(self, place, timeout=10):
        """Turn the console to the VM at @place (1..9) of the list."""
        self.send(CTRL_X + str(place))
        return self.expect(r'^--- console of VM (\d+) "([^"]*)" ---\n', timeout)

    def consoles(self, timeout=10):
        """What Ctrl+X l lists: {id: (name, state, bytes not shown, has focus)}."""
        self.send(CTRL_X + "l")
        n = int(self.expect(r"^--- (\d+) consoles?.* ---\n", timeout).group(1))
        out = {}
        for _ in range(n):
            m = self.expect(r'^([* ]) +(?:\d +)?VM (\d+) "([^"]*)": (\w+), (\d+) bytes not shown(?:, .*)?\n',
                            timeout)
            out[int(m.group(2))] = (m.group(3), m.group(4), int(m.group(5)), m.group(1) == "*")
        return out

    def interrupts(self, name):
        """Counts of the guest's interrupt @name, one per CPU; they are added up over lines."""
        total = None
        for line in self.run("cat /proc/interrupts").splitlines():
            if not line.rstrip().endswith(name):
                continue
            counts = []
            for word in line.split(":", 1)[1].split():
                if not word.isdigit():
                    break
                counts.append(int(word))
            total = counts if total is None else [a + b for a, b in zip(total, counts)]
        if total is None:
            raise Failure("/proc/interrupts of the guest has no %s" % name)
        return total

    def wait_exit(self, timeout=30):
        """The emulator ends by itself, with status 0."""
        self._step("wait_exit")
        self._wait(lambda: self._ended, "the emulator's end", timeout)
        status = self._qemu.wait()
        if status != 0:
            raise Failure("the emulator ended with status %d" % status)

    def check(self, condition, sentence):
        """Like assert, with a sentence for the one who reads the report."""
        if not condition:
            raise Failure(sentence)

    def part(self, name, why=None):
        """A test of its own that shares this machine: passed, or failed because of @why."""
        self._step("%s %s%s" % ("FAIL" if why else "ok", name, ": " + why if why else ""))
        self.parts.append((name, why))

    def told(self, pattern, timeout=20):
        """Like expect(), for what a guest writes: lines of ours may stand inside of it."""
        self._step("told %r" % pattern)
        regex = re.compile(pattern)

        def search():
            return regex.search(OWN_LINE.sub("", self.text[self.at:]))

        match = self._wait(search, "/%s/" % pattern, timeout)
        self.at = len(self.text)
        return match

    # ---- machinery -------------------------------------------------------------------------

    def close(self):
        """End the emulator if it still runs. Never fails."""
        if self._qemu.poll() is None:
            self._qemu.terminate()
            try:
                self._qemu.wait(3)
            except subprocess.TimeoutExpired:
                self._qemu.kill()
                self._qemu.wait()
        self._reader.join(5)
        try:
            self._qemu.stdin.close()
        except OSError:
            pass
        self._log.close()
        self._step("end, status %s" % self._qemu.returncode)
        self._steps.close()

    def last_lines(self, n):
        with self._changed:
            return self.text.splitlines()[-n:]

    def _step(self, what):
        self._steps.write("%7.2f  %s\n" % (time.monotonic() - self._begin, what))
        self._steps.flush()

    def _read_all(self):
        fd = self._qemu.stdout.fileno()
        while True:
            data = os.read(fd, 65536)
            if data:
                self._log.write(data)
                self._log.flush()
            with self._changed:
                if data:
                    self._take(data.decode("utf-8", "replace"))
                else:
                    self._ended = True
                self._changed.notify_all()
            if not data:
                return

    def _take(self, new):
        text = self._rest + new
        broken = BROKEN_SEQUENCE.search(text)
        self._rest = text[broken.start():] if broken else ""
        self.text += SEQUENCE.sub("", text[:broken.start()] if broken else text)

    def _wait(self, found, what, timeout):
        end = min(time.monotonic() + timeout * SCALE, self._deadline)

        def done():
            return found() or self._ended or (not self.panic_is_expected and
                                              FATAL.search(self.text))

        with self._changed:
            self._changed.wait_for(done, max(0, end - time.monotonic()))
            result = found()
            if result:
                return result
            panic = FATAL.search(self.text)
            if panic and not self.panic_is_expected:
                raise Failure("waited for %s and got: %s" % (what, panic.group(0).strip()))
            if self._ended:
                raise Failure("the emulator ended (status %s) before %s came"
                              % (self._qemu.wait(), what))
        if time.monotonic() >= self._deadline:
            raise Failure("the case's time is over; it waited for %s" % what)
        raise Failure("%s did not come within %g s" % (what, timeout * SCALE))
