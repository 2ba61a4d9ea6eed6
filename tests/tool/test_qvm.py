# SPDX-License-Identifier: Apache-2.0
"""trivet qvm: qvm's command line, its messages and its exit codes."""
import shutil
import subprocess

SOUND = ["system", "a", "ram", "0x80000000,512M", "load", "0x80200000,Image"]


def qvm(t, status, *words, images=False):
    more = ["--platform", t.root / "tests/tool/golden.toml", "--tree", t.data / "host.dtb"]
    return t.expect(status, "qvm", *more, *([] if images else ["--no-images"]), *words)


def test_words_alone(t):
    r = qvm(t, 0, *SOUND, "dryrun")
    t.equal((r.out, r.err), ("Exiting: dryrun complete\n", ""))


def test_says_that_it_does_not_run(t):
    r = qvm(t, 0, *SOUND)
    assert "dryrun complete" in r.out and "the hypervisor runs VMs" in r.err, r


def test_files_and_words(t):
    t.write("a.config", "system a\nram 0x80000000,512M\n")
    t.write("b.conf", "load Image\n")
    qvm(t, 0, "@a.config", "cpu", "sched", "8", "@b.conf", "dryrun")


def test_argument_in_other_file(t):
    t.write("a.config", "system a\nram\n")
    r = qvm(t, 65, "@a.config", "0x80000000,512M", "load", "Image")
    assert "[a.config:2] VM \"a\": ram: its argument is missing" in r.err, r


def test_mistake_is_65(t):
    t.write("a.qvmconf", "system a\n\nram 0x80000000,512MB\nload Image\nvdev gic\n  version 4\n")
    r = qvm(t, 65, "@a.qvmconf")
    lines = r.lines()
    assert lines[0].startswith('[a.qvmconf:3] VM "a": ram = 0x80000000,512MB: '), r
    assert lines[1].startswith("    fix: "), r
    assert lines[2].startswith("[a.qvmconf:6] "), r


def test_no_such_file_is_64(t):
    assert "[nowhere:0] " in qvm(t, 64, "@nowhere", "dryrun").err


def test_no_such_image_is_64(t):
    r = qvm(t, 64, *SOUND, "initrd", "load", "no-such-file", images=True)
    assert "no-such-file" in r.err, r


def test_fdt_dump_file(t):
    r = qvm(t, 0, *SOUND, "set", "fdt-dump-file", "a.dtb", "dryrun")
    assert "FDT saved to 'a.dtb'" in r.out, r
    if shutil.which("dtc"):
        out = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", t.folder / "a.dtb"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        assert "memory@80000000" in out, out


def test_variables(t):
    r = qvm(t, 0, "set", "?")
    assert "exit-on-halt" in r.out and "tristate" in r.out, r


def test_environment(t):
    r = qvm(t, 65, *SOUND, "cmdline", "$env{TRIVET_NOT_SET}")
    assert "there is no such environment variable" in r.err, r


def test_no_words(t):
    qvm(t, 2)
