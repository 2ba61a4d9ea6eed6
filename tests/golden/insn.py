#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the decoder says of instructions that the assembler has made.

    insn.py GOLDEN_PROGRAM ASSEMBLER OBJCOPY

Instructions are written here as text, each beside what it does; the words come from the assembler,
so nobody has to trust this file's idea of an encoding. Prints TAP: a test for each group.
"""

import struct
import subprocess
import sys
import tempfile

MARCH = ".arch armv8.6-a+memtag+sve\n"


def what(write, data, size, sign, n=1):
    """data: registers as the program names them"""
    name = "store" if write else "load"
    more = " sign %d" % sign if sign else ""
    return "%s %d %s%s" % (name, size, ",".join(data), more)


# mnemonic, its unscaled form, register, bytes, store?, sign
SINGLES = [
    ("ldrb", "ldurb", "w7", 1, False, 0), ("ldrh", "ldurh", "w7", 2, False, 0),
    ("ldr", "ldur", "w7", 4, False, 0), ("ldr", "ldur", "x7", 8, False, 0),
    ("ldrsb", "ldursb", "w7", 1, False, 32), ("ldrsb", "ldursb", "x7", 1, False, 64),
    ("ldrsh", "ldursh", "w7", 2, False, 32), ("ldrsh", "ldursh", "x7", 2, False, 64),
    ("ldrsw", "ldursw", "x7", 4, False, 64),
    ("strb", "sturb", "w7", 1, True, 0), ("strh", "sturh", "w7", 2, True, 0),
    ("str", "stur", "w7", 4, True, 0), ("str", "stur", "x7", 8, True, 0),
    ("str", "stur", "xzr", 8, True, 0),
    ("ldr", "ldur", "b7", 1, False, 0), ("ldr", "ldur", "h7", 2, False, 0),
    ("ldr", "ldur", "s7", 4, False, 0), ("ldr", "ldur", "d7", 8, False, 0),
    ("ldr", "ldur", "q7", 16, False, 0), ("str", "stur", "b7", 1, True, 0),
    ("str", "stur", "h7", 2, True, 0), ("str", "stur", "s7", 4, True, 0),
    ("str", "stur", "d31", 8, True, 0), ("str", "stur", "q0", 16, True, 0),
]


def reg(name):
    """As the program names it: r or v, and the number."""
    if name in ("wzr", "xzr"):
        return "r31"
    return ("r" if name[0] in "wx" else "v") + name[1:]


def base(name):
    return "31" if name == "sp" else name[1:]


def singles():
    for mnemonic, unscaled, r, size, write, sign in SINGLES:
        does = what(write, [reg(r)], size, sign)
        for b in ("x9", "sp"):
            at = base(b)
            for off in (0, size, 4095 * size):
                yield "%s %s, [%s, #%d]" % (mnemonic, r, b, off), "%s [%s+%d]" % (does, at, off)
            for off in (-256, -1, 255):
                yield "%s %s, [%s, #%d]!" % (mnemonic, r, b, off), "%s [%s+%d]!" % (does, at, off)
                yield "%s %s, [%s], #%d" % (mnemonic, r, b, off), "%s [%s]+%d" % (does, at, off)
                if off != 255 or size > 1:
                    yield "%s %s, [%s, #%d]" % (unscaled, r, b, off), "%s [%s+%d]" % (does, at, off)
            scale = size.bit_length() - 1
            for x, how, extend in (("w5", "uxtw", 2), ("x5", "lsl", 3), ("w5", "sxtw", 6),
                                   ("x5", "sxtx", 7)):
                for shift in {0, scale}:
                    if size == 1 and shift == 0 and how == "lsl":
                        continue
                    yield ("%s %s, [%s, %s, %s #%d]" % (mnemonic, r, b, x, how, shift),
                           "%s [%s+r5 extend %d shift %d]" % (does, at, extend, shift))


def unprivileged():
    for mnemonic, r, size, write, sign in (
            ("ldtrb", "w1", 1, False, 0), ("ldtrh", "w1", 2, False, 0), ("ldtr", "w1", 4, False, 0),
            ("ldtr", "x1", 8, False, 0), ("ldtrsb", "w1", 1, False, 32),
            ("ldtrsb", "x1", 1, False, 64), ("ldtrsh", "w1", 2, False, 32),
            ("ldtrsw", "x1", 4, False, 64), ("sttrb", "w1", 1, True, 0), ("sttr", "x1", 8, True, 0)):
        yield "%s %s, [x2, #-7]" % (mnemonic, r), "%s [2+-7]" % what(write, [reg(r)], size, sign)


def pairs():
    for mnemonic, a, b, size, write, sign, modes in (
            ("ldp", "w3", "w4", 4, False, 0, "opi"), ("ldp", "x3", "x4", 8, False, 0, "opi"),
            ("stp", "w3", "w4", 4, True, 0, "opi"), ("stp", "x3", "xzr", 8, True, 0, "opi"),
            ("ldpsw", "x3", "x4", 4, False, 64, "opi"), ("ldnp", "w3", "w4", 4, False, 0, "o"),
            ("ldnp", "x3", "x4", 8, False, 0, "o"), ("stnp", "w3", "w4", 4, True, 0, "o"),
            ("stnp", "x3", "x4", 8, True, 0, "o"), ("ldp", "s3", "s4", 4, False, 0, "opi"),
            ("ldp", "d3", "d4", 8, False, 0, "opi"), ("ldp", "q3", "q4", 16, False, 0, "opi"),
            ("stp", "s3", "s4", 4, True, 0, "opi"), ("stp", "d3", "d31", 8, True, 0, "opi"),
            ("stp", "q30", "q4", 16, True, 0, "opi"), ("ldnp", "q3", "q4", 16, False, 0, "o"),
            ("stnp", "d3", "d4", 8, True, 0, "o")):
        does = what(write, [reg(a), reg(b)], size, sign)
        for at in ("x20", "sp"):
            for off in (0, size, -64 * size, 63 * size):
                if "o" in modes:
                    yield ("%s %s, %s, [%s, #%d]" % (mnemonic, a, b, at, off),
                           "%s [%s+%d]" % (does, base(at), off))
                if "p" in modes:
                    yield ("%s %s, %s, [%s, #%d]!" % (mnemonic, a, b, at, off),
                           "%s [%s+%d]!" % (does, base(at), off))
                    yield ("%s %s, %s, [%s], #%d" % (mnemonic, a, b, at, off),
                           "%s [%s]+%d" % (does, base(at), off))


def literals():
    for r, mnemonic, size, sign in (("w2", "ldr", 4, 0), ("x2", "ldr", 8, 0), ("x2", "ldrsw", 4, 64),
                                    ("s2", "ldr", 4, 0), ("d2", "ldr", 8, 0), ("q2", "ldr", 16, 0)):
        for off in (8, -4, 0xffffc, -0x100000):
            yield ("%s %s, .%+d" % (mnemonic, r, off),
                   "%s [pc+%d]" % (what(False, [reg(r)], size, sign), off))


def ordered():
    for suffix, r, size in (("b", "w6", 1), ("h", "w6", 2), ("", "w6", 4), ("", "x6", 8)):
        load, store = what(False, ["r6"], size, 0), what(True, ["r6"], size, 0)
        for mnemonic in ("ldar", "ldlar", "ldapr"):
            yield "%s%s %s, [x8]" % (mnemonic, suffix, r), "%s [8+0]" % load
        for mnemonic in ("stlr", "stllr"):
            yield "%s%s %s, [sp]" % (mnemonic, suffix, r), "%s [31+0]" % store
        yield "ldapur%s %s, [x8, #-9]" % (suffix, r), "%s [8+-9]" % load
        yield "stlur%s %s, [x8, #9]" % (suffix, r), "%s [8+9]" % store
    yield "ldapursb w6, [x8]", "%s [8+0]" % what(False, ["r6"], 1, 32)
    yield "ldapursh x6, [x8]", "%s [8+0]" % what(False, ["r6"], 2, 64)
    yield "ldapursw x6, [x8]", "%s [8+0]" % what(False, ["r6"], 4, 64)


def exclusives():
    for text in ("ldxr w0, [x1]", "ldxr x0, [x1]", "ldxrb w0, [x1]", "ldaxrh w0, [x1]",
                 "stxr w2, x0, [x1]", "stlxrb w2, w0, [x1]", "ldxp x0, x3, [x1]",
                 "ldaxp w0, w3, [x1]", "stxp w2, x0, x3, [x1]", "stlxp w2, w0, w3, [x1]"):
        yield text, "exclusive"


def atomics():
    for op in ("add", "clr", "eor", "set", "smax", "smin", "umax", "umin"):
        for order in ("", "a", "l", "al"):
            yield "ld%s%s x0, x1, [x2]" % (op, order), "atomic"
            yield "ld%s%sb w0, w1, [x2]" % (op, order), "atomic"
        yield "st%s w0, [x2]" % op, "atomic"
    for text in ("swp w0, w1, [x2]", "swpalh w0, w1, [x2]", "cas x0, x1, [x2]", "casalb w0, w1, [x2]",
                 "casp w0, w1, w2, w3, [x4]", "caspal x0, x1, x2, x3, [x4]"):
        yield text, "atomic"


def nothing():
    for text in ("prfm pldl1keep, [x0]", "prfm pstl3strm, [x0, #32760]", "prfm #6, [x0, x1]",
                 "prfum pldl2keep, [x0, #-3]", "prfm pldl1keep, .+16", "dc cvac, x0", "dc cvau, x0",
                 "dc cvap, x0", "dc cvadp, x0", "dc civac, x0", "dc ivac, x0", "ic ivau, x0"):
        yield text, "nothing"
    yield "dc zva, x0", "zero block"


def others():
    for text in ("nop", "mov x0, x1", "add x0, x1, x2", "ret", "svc #0", "hvc #0", "b .", "cbz x0, .",
                 "ldraa x0, [x1]", "ldrab x0, [x1, #8]!", "stg x0, [x1]", "ldg x0, [x1]",
                 "stgp x0, x1, [x2]", "stz2g x0, [x1]", "dc gva, x0", "dc gzva, x0", "dc isw, x0",
                 "dc cisw, x0", "ic iallu", "at s1e1r, x0", "tlbi vae1, x0", "ld1 {v0.16b}, [x0]",
                 "st1 {v0.d}[1], [x0]", "ld4 {v0.16b-v3.16b}, [x0], #64", "ld1r {v0.8h}, [x0]",
                 "fadd d0, d0, d0", "mrs x0, esr_el1", "ldr z0, [x0]", "str p0, [x0]",
                 "ld1d z0.d, p0/z, [x0]"):
        yield text, "other"


GROUPS = [singles, unprivileged, pairs, literals, ordered, exclusives, atomics, nothing, others]


def assemble(lines, assembler, objcopy):
    with tempfile.TemporaryDirectory() as folder:
        source, made, flat = folder + "/a.s", folder + "/a.o", folder + "/a.bin"
        with open(source, "w", encoding="ascii") as file:
            file.write(MARCH + "\n".join(lines) + "\n")
        subprocess.run(assembler.split() + ["-o", made, source], check=True)
        subprocess.run([objcopy, "-O", "binary", "-j", ".text", made, flat], check=True)
        with open(flat, "rb") as file:
            data = file.read()
    return ["%08x" % w for w in struct.unpack("<%dI" % (len(data) // 4), data)]


def main():
    program, assembler, objcopy = sys.argv[1:4]
    failed = 0
    print("1..%d" % len(GROUPS))
    for n, group in enumerate(GROUPS, 1):
        wanted = list(group())
        words = assemble([text for text, _ in wanted], assembler, objcopy)
        assert len(words) == len(wanted), group.__name__
        out = subprocess.run([program, "insn"] + words, capture_output=True, check=True, text=True)
        got = out.stdout.splitlines()
        assert len(got) == len(wanted), group.__name__
        bad = [(t, w, g, x) for (t, w), g, x in zip(wanted, got, words) if w != g]
        for text, want, have, word in bad[:5]:
            print("# %s %s: \"%s\", not \"%s\"" % (word, text, have, want))
        failed += bool(bad)
        print("%sok %d - insn/%s: %d instructions" % ("not " if bad else "", n, group.__name__,
                                                      len(wanted)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
