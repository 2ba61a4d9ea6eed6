#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tools that judge tests and layers must see what is wrong; those that build must be exact."""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Tool(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = folder.name

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def script(self, name, text):
        return self.write(name, "#!/bin/sh\n" + text, 0o755)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def run_tool(self, tool, *words, env=None):
        """Status and all output."""
        tool = os.path.join(ROOT, tool)
        command = [sys.executable, tool] if tool.endswith(".py") else [tool]
        done = subprocess.run(command + list(words), stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, text=True, cwd=self.dir,
                              env=dict(os.environ, **(env or {})))
        return done.returncode, done.stdout


class Tally(Tool):
    def tally(self, *texts):
        files = [self.write("%d.counts" % i, text) for i, text in enumerate(texts)]
        status, out = self.run_tool("tools/ci/tally.py", *files)
        return status, out.splitlines()[-1]

    def test_sum(self):
        self.assertEqual(self.tally("unit 10 0\n", "qemu 3 0\ngolden 4 0\n"),
                         (0, "17 passed, 0 failed"))
        self.assertEqual(self.tally("unit 10 0\n", "qemu 3 2\n"), (1, "13 passed, 2 failed"))

    def test_silence_is_failure(self):
        self.assertEqual(self.tally("unit 0 0\n"), (1, "0 passed, 1 failed"))
        self.assertEqual(self.tally("unit 5 0\n", ""), (1, "5 passed, 1 failed"))
        self.assertEqual(self.tally("unit five\n"), (1, "0 passed, 1 failed"))
        status, out = self.run_tool("tools/ci/tally.py", self.path("none.counts"))
        self.assertEqual((status, out.splitlines()[-1]), (1, "0 passed, 1 failed"))
        status, out = self.run_tool("tools/ci/tally.py")
        self.assertEqual((status, out.splitlines()[-1]), (1, "0 passed, 1 failed"))


class Judge(Tool):
    """tests/run_unit.py"""

    def judge(self, text, passed, failed, *words):
        program = self.script("program", text)
        status, out = self.run_tool("tests/run_unit.py", "--counts", self.path("counts"),
                                    *words, program)
        self.assertEqual(self.read("counts"), "unit %d %d\n" % (passed, failed), out)
        self.assertEqual(status, 0 if passed and not failed else 1, out)
        return out

    def test_good(self):
        self.judge("echo 1..2; echo 'ok 1 - a'; echo 'ok 2 - b'", 2, 0)

    def test_not_ok(self):
        out = self.judge("echo 1..2; echo 'ok 1 - a'; echo 'not ok 2 - b'; exit 1", 1, 1)
        self.assertIn("b failed", out)

    def test_died(self):
        out = self.judge("echo 1..3; echo 'ok 1 - a'; kill -11 $$", 1, 1)
        self.assertIn("2 of 3 tests did not report: the program was ended by signal 11", out)

    def test_status(self):
        self.judge("echo 1..1; echo 'ok 1 - a'; exit 3", 1, 1)

    def test_sanitizer(self):
        self.judge("echo 1..1; echo 'ok 1 - a'; echo 'x.c:1:2: runtime error: overflow'", 1, 1)

    def test_time(self):
        out = self.judge("echo 1..1; sleep 30 & sleep 30", 0, 1, "--timeout", "0.5")
        self.assertIn("ran longer than 0.5 seconds", out)

    def test_nothing(self):
        self.judge("true", 0, 1)
        self.judge("exit 127", 0, 1)

    def test_skipped(self):
        self.judge("echo 1..2; echo 'ok 1 - a'; echo 'not ok 2 # SKIP b'", 1, 0)

    def test_command(self):
        program = self.script("program", "echo 1..1; echo \"ok 1 - $1\"")
        status, out = self.run_tool("tests/run_unit.py", "sh %s word" % program)
        self.assertEqual(status, 0, out)
        status, _ = self.run_tool("tests/run_unit.py", self.path("none"))
        self.assertEqual(status, 1)
        status, _ = self.run_tool("tests/run_unit.py")
        self.assertEqual(status, 1)


class Fuzz(Tool):
    """tests/fuzz/run.py"""

    def fuzz(self, text, passed, failed):
        self.script("fuzz_x", text)
        status, out = self.run_tool("tests/fuzz/run.py", "--work", self.dir, "--seconds", "1",
                                    "--counts", self.path("counts"), "fuzz_x")
        self.assertEqual(self.read("counts"), "fuzz %d %d\n" % (passed, failed), out)
        self.assertEqual(status, 1 if failed else 0)

    def test_verdicts(self):
        self.fuzz("echo 'stat::number_of_executed_units: 5000'", 1, 0)
        self.fuzz("echo 'stat::number_of_executed_units: 5000'; exit 77", 0, 1)
        self.fuzz("echo 'stat::number_of_executed_units: 3'", 0, 1)
        self.fuzz("true", 0, 1)

    def test_missing(self):
        status, _ = self.run_tool("tests/fuzz/run.py", "--work", self.dir, "fuzz_none")
        self.assertEqual(status, 1)
        status, _ = self.run_tool("tests/fuzz/run.py", "--work", self.dir)
        self.assertEqual(status, 1)


class Components(Tool):
    def components(self, *words):
        return self.run_tool("tools/ci/components.sh", *words)

    def test_lists(self):
        status, out = self.components("vdev:uart/pl011", "vdev:intc/gicv3", "driver:uart/pl011",
                                      "image:raw", "image:elf")
        self.assertEqual(status, 0)
        self.assertLess(out.index("&vdev_gicv3"), out.index("&vdev_pl011"))
        self.assertLess(out.index("&image_elf"), out.index("&image_raw"))
        self.assertIn("&driver_uart_pl011,\n\tNULL", out)
        self.assertIn("config_langs[] = {\n\tNULL", out)

    def test_one_kind(self):
        _, out = self.components("-k", "image", "vdev:uart/pl011", "image:raw")
        self.assertIn("image_formats", out)
        self.assertNotIn("vdev_classes", out)

    def test_mistakes(self):
        for words in (["vdev:a/x", "vdev:b/x"], ["vdev"], ["tea:pot"], ["vdev:../x"]):
            self.assertNotEqual(self.components(*words)[0], 0, words)


class Layers(Tool):
    def object_of(self, name, text):
        source = self.write(name + ".c", text)
        subprocess.run(["cc", "-c", "-w", "-fno-pic", "-no-pie", "-o", self.path(name + ".o"),
                        source], check=True)
        return self.path(name + ".o")

    def test_upward_call(self):
        below = self.object_of("below", "void low(void) {}\n")
        layer = self.object_of("layer", "void low(void); void port(void); void high(void);\n"
                                        "extern int list[];\n"
                                        "void f(void) { low(); port(); list[0] = 1; }\n"
                                        "void g(void) { high(); }\n")
        header = self.write("port.h", "/* high(); */\nvoid port(void);\nextern int list[];\n")
        words = ["-a", below, "-p", header]
        status, out = self.run_tool("tools/ci/layers.sh", *words, "layer", layer)
        self.assertEqual(status, 1)
        self.assertIn('calls "high"', out)
        self.assertEqual(out.count("calls"), 1)
        self.assertEqual(self.run_tool("tools/ci/layers.sh", *words, "-s", "high", "layer", layer),
                         (0, ""))

    def test_headers(self):
        self.write("good/a.h", "#pragma once\ntypedef int t;\n")
        self.write("bad/a.h", "#pragma once\nstruct x { undeclared y; };\n")
        self.write("twice/a.h", "enum e { A };\n")
        for folder, expected in (("good", 0), ("bad", 1), ("twice", 1), ("none", 1)):
            os.makedirs(self.path(folder), exist_ok=True)
            status, out = self.run_tool("tools/ci/headers.sh", self.path(folder),
                                        "-I" + self.path(folder))
            self.assertEqual(status, expected, folder + out)


class Platform(Tool):
    TEXT = ('[build]\nvdev = ["uart/x"]\nimage = ["raw"]\n'
            '[emulator]\nbinary = "q"\nsmp = "2"\ncommand = ["{qemu}", "-smp", "{smp}", "{kernel}"]\n'
            'disk = ["-d", "{disk}"]\nappend = ["-a", "{append}"]\n')

    def platform(self, text, *words):
        return self.run_tool("tools/platform.py", self.write("p.toml", text), *words)

    def test_components(self):
        self.assertEqual(self.platform(self.TEXT, "components"), (0, "vdev:uart/x image:raw\n"))
        for wrong in ('vdev = ["UART"]', 'vdev = ["a", "a"]', "vdev = 1", 'vdevs = ["a"]'):
            text = self.TEXT.replace('vdev = ["uart/x"]', wrong)
            self.assertNotEqual(self.platform(text, "components")[0], 0, wrong)
        self.assertNotEqual(self.platform("x = [", "components")[0], 0)

    def test_emulator(self):
        self.assertEqual(self.platform(self.TEXT, "emulator", "kernel=k", "smp="),
                         (0, "q\n-smp\n2\nk\n"))
        self.assertEqual(self.platform(self.TEXT, "emulator", "kernel=k", "smp=4", "disk=f",
                                       "append=a b", "qemu=/q"),
                         (0, "/q\n-smp\n4\nk\n-d\nf\n-a\na b\n"))
        both = self.TEXT + 'kernel = ["-k", "{kernel}"]\nu_boot = ["-b", "{u_boot}"]\n'
        both = both.replace(', "{kernel}"]\ndisk', ']\ndisk')
        self.assertEqual(self.platform(both, "emulator", "kernel=k", "disk=f", "append=a"),
                         (0, "q\n-smp\n2\n-k\nk\n-d\nf\n-a\na\n"))
        self.assertEqual(self.platform(both, "emulator", "kernel=k", "disk=f", "append=a", "u_boot=u"),
                         (0, "q\n-smp\n2\n-b\nu\n-d\nf\n"))
        self.assertNotEqual(self.platform(self.TEXT, "emulator", "kernel=k", "u_boot=u")[0], 0)
        self.assertNotEqual(self.platform(self.TEXT, "emulator")[0], 0)
        self.assertNotEqual(self.platform(self.TEXT, "emulator", "kernel=k", "tea=pot")[0], 0)


if __name__ == "__main__":
    unittest.main()
