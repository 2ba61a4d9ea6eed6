# SPDX-License-Identifier: Apache-2.0
"""The machine that figures are made on, and the symbols of what runs there."""
import os
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PLATFORM_TOOL = os.path.join(HERE, "..", "tools", "platform.py")
GUEST_ELF = "bench/bench.elf"
GUEST_BIN = "bench/bench.bin"
IMAGE_ELF = "images/bench.elf"
IMAGE_BIN = "images/bench.bin"
# The same with a device of the host.
GUEST_PASS_BIN = "bench/bench-pass.bin"
IMAGE_PASS_BIN = "images/bench-pass.bin"
# One instruction, one nanosecond; a sleeping machine's clock jumps to its next event.
ICOUNT = ["-icount", "shift=0,sleep=off", "-nic", "none", "-rtc", "clock=vm"]
LANES = ("short", "neutral")


def words_of(argv):
    """NAME=VALUE words of a command line; an empty value is none."""
    given = dict(word.partition("=")[::2] for word in argv)
    return {name: value for name, value in given.items() if value}


def replaced(words, option, change):
    """The words with the argument behind @option changed."""
    at = words.index(option) + 1
    return words[:at] + [change(words[at])] + words[at + 1:]


def command(platform, kernel, append, given, smp=1):
    words = ["kernel=" + kernel, f"smp={smp}", "append=" + append]
    words += [f"{name}={given[name]}" for name in ("qemu", "mem") if name in given]
    out = subprocess.run([sys.executable, PLATFORM_TOOL, platform, "emulator"] + words,
                         check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
    if "cpu" in given:
        out = replaced(out, "-cpu", lambda _: given["cpu"])
    return out + ICOUNT


def hypervisor_command(platform, folder, lane, given, image=IMAGE_BIN, log="error", smp=1):
    append = f"log={log}" + (" lane=neutral" if lane == "neutral" else "")
    return command(platform, os.path.join(folder, image), append, given, smp)


def native_command(platform, folder, given, guest=GUEST_BIN, smp=1):
    """The guest on the bare machine: no hypervisor extension, so it starts where a guest does."""
    words = command(platform, os.path.join(folder, guest), "native", given, smp)
    return replaced(words, "-machine", lambda m: m.replace("virtualization=on", "virtualization=off"))


class Elf:
    """Sections and symbols of a 64-bit little-endian ELF file."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        shoff, = struct.unpack_from("<Q", self.data, 0x28)
        shentsize, shnum, shstrndx = struct.unpack_from("<HHH", self.data, 0x3a)
        self.headers = [struct.unpack_from("<IIQQQQIIQQ", self.data, shoff + i * shentsize)
                        for i in range(shnum)]
        names = self.headers[shstrndx][4]
        self.sections = {self._text(names + h[0]): h for h in self.headers}
        self.symbols = self._symbols()

    def flat_end(self):
        """Where the last section ends that has bytes and an address."""
        return max(h[3] + h[5] for h in self.headers if h[2] & 2 and h[1] != 8)

    def _text(self, at):
        return self.data[at:self.data.index(b"\0", at)].decode()

    def _symbols(self):
        out = {}
        table = self.sections[".symtab"]
        strings = self.headers[table[6]][4]
        for at in range(table[4], table[4] + table[5], 24):
            name, info, _, _, value, _ = struct.unpack_from("<IBBHQQ", self.data, at)
            # Functions and labels; the compiler's own marks begin with "$" or ".".
            text = self._text(strings + name)
            if info & 0xf in (0, 2) and text and text[0] not in "$.":
                out.setdefault(text, value)
        return out
