#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/ci/metrics.py must refuse what it is there to refuse, and nothing else.

Each case is a small tree with one thing wrong.
"""

import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import metrics  # noqa: E402  (the path above makes it visible)

TOP = "/* SPDX-License-Identifier: Apache-2.0 */\n"
SCRIPT_TOP = "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"
# Written in halves, so that this file can be looked at, too.
MARKS = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]


def function(lines, name="f"):
    """A function of exactly so many lines."""
    return "void %s(void)\n{\n%s}\n" % (name, "\tg();\n" * (lines - 3))


class Trees(unittest.TestCase):
    def check(self, files):
        """Status and output for a tree of {path: text}."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                path = os.path.join(root, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            with contextlib.redirect_stdout(io.StringIO()) as output:
                status = metrics.main([root])
        return status, output.getvalue()

    def refused(self, path, text, reason, more=None):
        status, output = self.check({path: text, **(more or {})})
        self.assertEqual(status, 1, output)
        self.assertIn(reason, output)
        self.assertEqual(len(output.splitlines()), 1, output)

    def accepted(self, path, text):
        self.assertEqual(self.check({path: text}), (0, ""))

    def test_good_tree(self):
        self.accepted("base/a.c", TOP + function(10) + "int i[] = { 1, 2 };\n")

    def test_function_length(self):
        # One long function alone would spoil median and p90 as well.
        short = "".join(function(5, "s%d" % i) for i in range(20))
        self.accepted("base/a.c", TOP + short + function(60))
        self.refused("base/a.c", TOP + short + function(61), "f() has 61 lines")

    def test_a_table_of_tests_may_be_long(self):
        self.accepted("tests/unit/test_a.c", TOP + function(100, "main"))
        self.refused("tests/unit/test_a.c", TOP + function(100, "other"), "other() has 100 lines")

    def test_median(self):
        self.accepted("core/a.c", TOP + function(12) * 3)
        self.refused("core/a.c", TOP + function(13) * 3, "median function has 13 lines")

    def test_p90(self):
        self.accepted("core/a.c", TOP + function(5) * 18 + function(50) * 2)
        self.refused("core/a.c", TOP + function(5) * 17 + function(36) * 3, "has more than 36 lines")

    def test_distribution_is_of_the_product(self):
        self.accepted("tests/unit/test_a.c", TOP + function(50) * 9)

    def test_parameters(self):
        ok = "int f(int a, void (*b)(int, int), int c, int d, int e, int g, ...)\n{\n}\n"
        self.accepted("lib/a.c", TOP + ok)
        self.refused("lib/a.c", TOP + ok.replace("...", "int h"), "f() has 7 parameters")

    def test_file_length(self):
        self.accepted("arch/a/a.S", TOP + "nop\n" * 599)
        self.refused("arch/a/a.S", TOP + "nop\n" * 600, "the file has 601 lines")

    def test_conditionals(self):
        for layer in ("base", "lib", "core", "vdev"):
            for line in ("#if 1", "# ifdef X", "#ifndef X", "\t#elif X"):
                self.refused(layer + "/a.c", TOP + line + "\n", "conditional compilation")
        self.accepted("third_party/shim/a.c", TOP + "#if 1\n#endif\n")

    def test_unfinished_work(self):
        for mark in MARKS:
            self.refused("main/a.c", TOP + "/* %s: later */\n" % mark, "unfinished work")
            self.refused("tools/a.sh", SCRIPT_TOP + "# %s\n" % mark, "unfinished work")
        self.accepted("tools/a.sh", SCRIPT_TOP + "mktemp a.%s\n" % ("X" * 6))

    def test_licence_line(self):
        for path in ("base/a.c", "base/a.h", "arch/a/a.S", "lib/a.def", "tools/a.py", "tools/a.sh",
                     "Makefile", "rules.mk", "configs/a.toml"):
            text = "#pragma once\n" if path.endswith(".h") else "\n"
            self.refused(path, text, "no line \"SPDX")
        self.refused("guests/init", "#!/bin/sh\n", "no line \"SPDX")
        self.accepted("tests/golden/foreign.toml", "a = 1\n")
        self.accepted("docs/a.md", "text\n")

    def test_climbing_include(self):
        self.refused("drivers/a.c", TOP + '#include "../core/a.h"\n', "climb out")
        self.refused("drivers/a.c", TOP + '#  include "../../a.h"\n', "climb out")
        self.accepted("drivers/a.c", TOP + '#include "a.h"\n')

    def test_pragma_once(self):
        self.refused("base/include/base/a.h", TOP, "without #pragma once")

    def test_isa_words(self):
        for word in ("aarch64", "ARM64", "RISC-V", "riscv64", "x86_64", "amd64", "EL2", "psci",
                     "SBI", "GICv3", "GICD", "gic_init", "hd_gic", "PLIC", "x2apic, or APIC"):
            self.refused("core/a.c", TOP + "/* %s */\n" % word, "in a neutral layer")
        for word in ("magic", "logic", "el", "arm the timer", "level2", "topsbi", "gice"):
            self.accepted("core/a.c", TOP + "/* %s */\n" % word)

    def test_isa_words_where_they_belong(self):
        text = TOP + "/* aarch64, GICv3 */\n"
        for path in ("lib/image/linux_arm64.c", "lib/vmdesc/board_aarch64.c", "vdev/intc/gicv3.c",
                     "lib/guestfw/fdt_aarch64.c", "lib/hostdesc/irq_gic.c", "arch/aarch64/a.c",
                     "drivers/irqchip/gicv3.c", "tests/unit/a.c"):
            self.accepted(path, text)

    def test_port(self):
        inline = "/*\n * SPDX-License-Identifier: Apache-2.0\n *   arch_x()\ta hint, arch_y()\n */\n"
        text = inline + "#pragma once\n%s/* ---- ISA -> core (up) ---- */\n%s"
        down = "".join("void arch_f%d(int a);\n" % i for i in range(metrics.MAX_DOWN - 2))
        up = "".join("noreturn_fn void core_f%d(void (*f)(void));\n" % i for i in range(metrics.MAX_UP))
        self.accepted(metrics.PORT_ARCH, text % (down, up))
        self.refused(metrics.PORT_ARCH, text % (down + "int arch_z(void);\n", up),
                     "%d functions down" % (metrics.MAX_DOWN + 1))
        self.refused(metrics.PORT_ARCH, text % (down, up + "int core_z(void);\n"),
                     "%d functions up" % (metrics.MAX_UP + 1))


class Parser(unittest.TestCase):
    def functions(self, text):
        return list(metrics.functions(text))

    def test_shapes(self):
        text = (
            "static inline u64 a(u64 v)\n{\n\treturn v;\n}\n\n"
            "/* f() { in a comment */\n"
            "struct s {\n\tint (*fn)(int);\n};\n"
            "static const char *const t[] = { \"}{\", \"f() {\" };\n"
            "#define M(x) \\\n\tdo {   \\\n\t} while (0)\n"
            "static void printf_like(2, 3)\n\tb(const char *f,\n\t  ...)\n{\n\tif (x) {\n\t}\n}\n"
            "void (*p)(int) = a;\n"
            "int c(char x) { return x == '}' ? '{' : '\\''; }\n"
            "enum status d(void);\n")
        self.assertEqual(self.functions(text), [("a", 1, 4, 1), ("b", 14, 7, 1), ("c", 22, 1, 1)])

    def test_nothing(self):
        self.assertEqual(self.functions(""), [])
        self.assertEqual(self.functions("void f(void\n{"), [])


if __name__ == "__main__":
    unittest.main()
