#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where the instructions of one operation go: every one of them, by function.

    trace.py PLATFORM.toml FOLDER op=NAME [lane=neutral] [skip=N] [flow=no] [qemu= cpu= mem= cc=]

Logs every instruction of one occurrence of the operation in the benchmark guest (at_NAME in
bench/guests/ISA/start.S), after N earlier ones, to its end: the next iteration of a loop, or the
moment a shot takes the time. Prints the functions in order with the instructions each took, then
the sum for each function and for what is inlined into it. The emulator's debugging port is driven
directly; no debugger is needed. op=entry is the way from reset to the guest's first instruction
(only the sums; takes a minute).
"""
import bisect
import collections
import itertools
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

import machine

TIMEOUT_S = 120
LINE = re.compile(r"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")


class Stub:
    """The few words of the GDB remote protocol that are needed here."""

    def __init__(self, path):
        self.sock = self._connect(path)
        self.buffer = b""
        self.ask("Qqemu.sstep=1")  # interrupts and timers go on while stepping

    @staticmethod
    def _connect(path):
        end = time.monotonic() + 10
        while True:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.connect(path)
                sock.settimeout(TIMEOUT_S)
                return sock
            except OSError:
                sock.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _byte(self):
        if not self.buffer:
            self.buffer = self.sock.recv(65536)
            if not self.buffer:
                sys.exit("trace.py: the emulator has ended: the operation was not reached")
        c, self.buffer = self.buffer[:1], self.buffer[1:]
        return c

    def ask(self, text):
        raw = text.encode()
        self.sock.sendall(b"$" + raw + b"#%02x" % (sum(raw) & 0xff))
        while self._byte() != b"$":
            pass
        answer = b""
        while (c := self._byte()) != b"#":
            answer += c
        self._byte(), self._byte()
        self.sock.sendall(b"+")
        return answer.decode()

    def pc(self):
        """The program counter: behind x0..x30 and SP among all registers."""
        return int.from_bytes(bytes.fromhex(self.ask("g")[32 * 16:33 * 16]), "little")

    def run_to(self, pc):
        self.ask("s")  # off a breakpoint at the very place, which would not let go
        self.ask(f"Z0,{pc:x},4")
        self.ask("c")
        if self.pc() != pc:
            sys.exit(f"trace.py: stopped at {self.pc():#x} instead of {pc:#x}")
        self.ask(f"z0,{pc:x},4")

    def monitor(self, text):
        self.ask("qRcmd," + text.encode().hex())


class Places:
    """Address to function."""

    def __init__(self, elf, prefix):
        self.prefix = prefix
        pairs = sorted((v, n) for n, v in elf.symbols.items())
        self.starts = [v for v, _ in pairs]
        self.names = [n for _, n in pairs]

    def name(self, pc):
        i = bisect.bisect_right(self.starts, pc) - 1
        return self.prefix + (self.names[i] if i >= 0 else "?")


def one_by_one(emulator):
    """The option that makes every instruction a block, and so a line of the log, of its own."""
    text = subprocess.run([emulator, "--version"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    major = int(re.search(r"version (\d+)", text)[1])
    return ["-accel", "tcg,one-insn-per-tb=on"] if major >= 9 else ["-singlestep"]


def collect(stub, log, guest, op, skip):
    """
    The emulator stops only before and after: while it is stopped its clock jumps to the next event,
    so stepping through would change what is to be seen.
    """
    begin = guest.symbols.get("shot_" + op, guest.symbols["at_" + op])
    end = guest.symbols["sled_end" if "shot_" + op in guest.symbols else "at_" + op]
    for _ in range(skip + 1):
        stub.run_to(begin)
    stub.monitor("log exec,nochain")
    stub.run_to(end)
    stub.monitor("log none")
    with open(log, encoding="ascii") as f:
        trace = [int(m[1], 16) for m in map(LINE.match, f) if m]
    trace = trace[trace.index(guest.symbols["at_" + op]):]
    return trace[:-1] if trace[-1] == end else trace


def collect_entry(words, log, stop):
    """From reset on, counted while it runs: the log would be a gigabyte."""
    os.mkfifo(log)
    emulator = subprocess.Popen(words + ["-d", "exec,nochain"], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL)
    count = collections.Counter()
    try:
        with open(log, encoding="ascii") as f:
            for m in map(LINE.match, f):
                if m and m[1] == stop:
                    break
                if m:
                    count[m[1]] += 1
    finally:
        emulator.kill()
        emulator.wait()
    return collections.Counter({int(pc, 16): n for pc, n in count.items()})


def without_waiting(trace, name_of, base):
    """A shot's trace from the end of the last waiting: the CPU's sleep, or the guest's own."""
    asleep = [i for i, pc in enumerate(trace) if name_of(pc) == "arch_cpu_idle"]
    if asleep:
        return trace[asleep[-1]:]
    first = next((i for i, pc in enumerate(trace) if pc >= base), 0)
    return trace[max(first - 1, 0):]


def runs_of(names):
    return [(name, len(list(group))) for name, group in itertools.groupby(names)]


def print_flow(runs):
    print("in order (instructions in a row, function):")
    for name, n in runs:
        print(f"  {n:6}  {name}")
    print()


def inlined(elf_path, cc, pcs):
    """The innermost function of each address, with line numbers from the compiler."""
    tool = cc.split()[0].removesuffix("gcc") + "addr2line"
    if "clang" in tool:
        tool = "llvm-addr2line"
    out = subprocess.run([tool, "-e", elf_path, "-f", "-i", "-a"], input="\n".join(map(hex, pcs)),
                         text=True, check=True, stdout=subprocess.PIPE).stdout.splitlines()
    found, at = {}, None
    for i, line in enumerate(out):
        if line.startswith("0x"):
            at = int(line, 16)
            found[at] = out[i + 1]
    return found


def summary(count, name_of, inner):
    by_function = collections.Counter()
    by_inner = collections.defaultdict(collections.Counter)
    for pc, n in count.items():
        by_function[name_of(pc)] += n
        by_inner[name_of(pc)][inner.get(pc, "")] += n
    print("by function:")
    for name, n in by_function.most_common():
        parts = [f"{m} {i}" for i, m in by_inner[name].most_common() if i not in ("", "??", name)]
        print(f"  {n:8}  {name}" + (f"  (of these: {', '.join(parts)})" if parts else ""))
    print(f"  {count.total():8}  in all")


class Bench:
    """What is run, and the names of what runs there."""

    def __init__(self, platform, folder, given):
        self.given = given
        self.lane = given.get("lane", "short")
        kind = "-pass" if given.get("op") == "pass" else ""
        self.image_path = os.path.join(folder, machine.IMAGE_ELF.replace(".elf", kind + ".elf"))
        self.guest = machine.Elf(os.path.join(folder, machine.GUEST_ELF.replace(".elf", kind + ".elf")))
        image = machine.Elf(self.image_path)
        self.base = image.symbols["image_start"]
        self.places = Places(image, ""), Places(self.guest, "guest:")
        self.words = machine.hypervisor_command(
            platform, folder, self.lane, given, machine.IMAGE_BIN.replace(".bin", kind + ".bin"))

    def name_of(self, pc):
        return self.places[0 if pc >= self.base else 1].name(pc)

    def ops(self):
        return sorted(n[3:] for n in self.guest.symbols if n.startswith("at_")) + ["entry"]

    def inner(self, pcs):
        return inlined(self.image_path, self.given.get("cc", "aarch64-linux-gnu-gcc"),
                       [pc for pc in pcs if pc >= self.base])

    def stepwise(self, tmp):
        """The emulator's words, every instruction logged to a file in @tmp when asked to."""
        return self.words + ["-D", os.path.join(tmp, "log")] + one_by_one(self.words[0])

    def trace_entry(self, tmp):
        stop = f"{self.guest.symbols['_start']:016x}"
        count = collect_entry(self.stepwise(tmp), os.path.join(tmp, "log"), stop)
        print(f"entry, {self.lane} lane: {count.total()} instructions")
        summary(count, self.name_of, self.inner(count))

    def trace(self, tmp, op):
        port = os.path.join(tmp, "stub")
        words = self.stepwise(tmp) + ["-gdb", "chardev:stub", "-S", "-chardev",
                                      f"socket,path={port},server=on,wait=off,id=stub"]
        emulator = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            trace = collect(Stub(port), os.path.join(tmp, "log"), self.guest, op,
                            int(self.given.get("skip", "3")))
        finally:
            emulator.kill()
            emulator.wait()
        if "shot_" + op in self.guest.symbols:
            trace = without_waiting(trace, self.name_of, self.base)
        print(f"{op}, {self.lane} lane: {len(trace)} instructions")
        if self.given.get("flow") != "no":
            print_flow(runs_of(map(self.name_of, trace)))
        count = collections.Counter(trace)
        summary(count, self.name_of, self.inner(count))


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    bench = Bench(sys.argv[1], sys.argv[2], machine.words_of(sys.argv[3:]))
    op = bench.given.get("op")
    if op not in bench.ops() or bench.lane not in machine.LANES:
        sys.exit(f"trace.py: op= one of {' '.join(bench.ops())}; "
                 f"lane= one of {' '.join(machine.LANES)}")
    with tempfile.TemporaryDirectory() as tmp:
        if op == "entry":
            bench.trace_entry(tmp)
        else:
            bench.trace(tmp, op)


if __name__ == "__main__":
    main()
