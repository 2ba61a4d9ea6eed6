# SPDX-License-Identifier: Apache-2.0
"""What cases with test guests have in common (tests/guests/README.md)."""

import re
import time

from machine import OWN_LINE, Failure

RESULT = re.compile(r"(not )?ok (\d+) (\w+)(?: - ([^;]*))?;")


def read_tests(vm, place, name, timeout=60):
    """Everything the guest at @place tells until it is done; each of its tests is a part."""
    if place != vm_in_focus(vm):
        vm.focus(place)
    begin = vm.at
    why = None
    try:
        vm.told(r"done: [^;]*;|not ok 0 [^;]*;", timeout)
    except Failure as failure:  # what it told before it stopped counts all the same
        why = str(failure)
    text = OWN_LINE.sub("", vm.text[begin:])
    plan = re.search(r"1\.\.(\d+);", text)
    found = RESULT.findall(text)
    for failed, _, test, reason in found:
        vm.part("%s/%s" % (name, test), reason or "failed" if failed else None)
    if why or not plan or len(found) != int(plan.group(1)):
        raise Failure('guest "%s" planned %s tests and told of %d, the last %s%s'
                      % (name, plan.group(1) if plan else "no", len(found),
                         found[-1][2] if found else "none", ": " + why if why else ""))


def vm_in_focus(vm):
    """The place of the VM whose console is shown: the first one until somebody changes it."""
    names = re.findall(r'^--- console of VM (\d+) "', vm.text, re.MULTILINE)
    return int(names[-1]) if names else 1


# What a busy host can do to it as well; then it does not come again and again.
LATE = ("a tick came too late", "its ticks do not come")
TRIES = 3
STANDS = "the neighbour stands still"
MOMENTS = 25  # of 20 ms


class Neighbour:
    """The guest that looks at itself while others misbehave; asked after each misdeed."""

    def __init__(self, vm):
        self.vm = vm
        self.place = 1
        self.ticks = self.rounds = 0
        vm.told(r"neighbour begins;", 30)  # the first in the list has the focus
        self.ask()

    def ask(self, timeout=20):
        """None, or what is wrong with it. What was asked in between may take less than a tick."""
        for _ in range(MOMENTS):
            why = self.ask_once(timeout)
            if why != STANDS:
                break
            time.sleep(0.02)
        return why

    def ask_once(self, timeout):
        self.vm.focus(self.place)
        self.vm.send("?")
        m = self.vm.told(r"(?s)(neighbour WRONG: [^;]*;.*)?"
                         r"neighbour (ok|BAD): (\d+) ticks, worst (\d+) late, (\d+) rounds;",
                         timeout)
        ticks, rounds = int(m.group(3)), int(m.group(5))
        if m.group(2) != "ok":
            return re.search(r"WRONG: ([^;]*)", m.group(1) or "WRONG: it does not say what").group(1)
        if ticks <= self.ticks or rounds < self.rounds:
            return STANDS
        self.ticks, self.rounds = ticks, rounds
        return None

    def ask_again(self):
        """The same of a time in which nothing new happens; a late tick has to come every time."""
        for _ in range(TRIES):
            why = self.ask()
            if why not in LATE:
                break
            self.vm.expect_not(r"trivet: panic", 1)
        return why

    def during(self, act):
        """@act, and how it was for the neighbour; a late tick has to come every time."""
        for _ in range(TRIES):
            why = act() or self.ask()
            if why not in LATE:
                break
        return why


def misdeed(vm, place, mode, timeout=30):
    """Have the hostile guest at @place do something that it comes back from. None, or why not."""
    vm.focus(place)
    vm.send(mode + "\n")
    m = vm.told(r"(not )?ok \d+ (%s|unexpected)(?: - ([^;]*)| [^;]*)?;" % mode, timeout)
    return m.group(0) if m.group(1) else None


def last_misdeed(vm, place, mode, log=None, state=None, timeout=20):
    """One that it does not come back from: @log must be said, @state be shown. None, or why not."""
    vm.focus(place)
    begin = vm.at
    vm.send(mode + "\n")
    if log:
        vm.expect(log, timeout)
    if state:
        now = list(vm.consoles().values())[place - 1][1]
        if now not in state:
            return "the VM is %s" % now
    if "not ok" in vm.text[begin:]:
        return "it came back"
    return None
