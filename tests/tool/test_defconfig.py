# SPDX-License-Identifier: Apache-2.0
""".trivet.toml: what `make defconfig` writes is read again; what is wrong with it is said with its place."""
import subprocess
import sys


def tree(t):
    for name in ("configs", "vdev", "drivers", "tools"):
        (t.folder / name).symlink_to(t.root / name)


def run(t, *words):
    return subprocess.run([sys.executable, "tools/defconfig.py", *words], cwd=t.folder, capture_output=True, text=True,
                          timeout=60, check=False)


def written(t, platform="aarch64-qemu-virt", *vms):
    tree(t)
    done = run(t, "write", f"configs/platforms/{platform}.toml", ".trivet.toml", *vms)
    assert done.returncode == 0, done
    return (t.folder / ".trivet.toml").read_text()


def mistakes(t, old, new):
    text = written(t)
    assert old in text, old
    t.write(".trivet.toml", text.replace(old, new))
    done = run(t, "vars", ".trivet.toml")
    assert done.returncode == 1 and done.stdout == "", done
    return done.stderr


def test_written_and_read(t):
    vm = "configs/vms/linux-aarch64-qemu-smp2.toml"
    written(t, "aarch64-qemu-virt", vm)
    lines = run(t, "vars", ".trivet.toml").stdout.splitlines()
    for line in ("PLAT ?= aarch64-qemu-virt", f"VMS ?= {vm}", "COMPILER ?= gcc", "LOG ?= info"):
        assert line in lines, (line, lines)
    t.equal(next(line for line in lines if line.startswith("CONFIG_COMPONENTS")).split()[2:],
            subprocess.run([sys.executable, "tools/platform.py", "configs/platforms/aarch64-qemu-virt.toml", "components"],
                           cwd=t.folder, capture_output=True, text=True, check=True).stdout.split())
    assert not any(line.startswith(("SMP", "MEM", "QEMU")) for line in lines), lines


def test_every_platform(t):
    tree(t)
    for path in sorted((t.root / "configs/platforms").glob("*.toml")):
        assert run(t, "write", f"configs/platforms/{path.name}", ".trivet.toml").returncode == 0
        done = run(t, "vars", ".trivet.toml")
        assert done.returncode == 0 and f"PLAT ?= {path.stem}\n" in done.stdout, done


def test_one_that_is_there_is_kept(t):
    t.write(".trivet.toml", "mine")
    written(t)
    t.equal((t.folder / ".trivet.toml.old").read_text(), "mine")


def test_arguments_keep_their_words(t):
    t.write(".trivet.toml", written(t).replace("arguments = []", 'arguments = ["-name", "a b"]')
            .replace('smp = ""', 'smp = "2"'))
    lines = run(t, "vars", ".trivet.toml").stdout.splitlines()
    assert "QEMU_ARGS ?= -name 'a b'" in lines and "SMP ?= 2" in lines, lines


def test_mistakes(t):
    for old, new, text in (
            ('log = "info"', 'log = "loud"', ':6:1: error: log = "loud": write one of error, warn'),
            ('log = "info"', 'logg = "info"', ":6:1: error: unknown key 'logg'"),
            ("[build]", "[built]", ":10:2: error: unknown table [built]"),
            ('smp = ""', "smp = 2", "error: emulator.smp: expected a string"),
            ("arguments = []", 'arguments = ["$(rm)"]', "has a character that make would take"),
            ('platform = "aarch64-qemu-virt"', 'platform = "atari"', ":4:1: error: platform = \"atari\": there is no"),
            ('platform = "aarch64-qemu-virt"', "", ":1:1: error: platform: is missing"),
            ("vms = []", 'vms = ["x.toml"]', ":5:1: error: vms: there is no file x.toml"),
            ("vms = []", "vms = [", ": error: "),
            ('"uart/pl011"', '"uart/none"', "error: build.vdev: there is no vdev/uart/none.c")):
        for name in ("configs", "vdev", "drivers", "tools"):
            (t.folder / name).unlink(missing_ok=True)
        err = mistakes(t, old, new)
        assert err.startswith(".trivet.toml:") and text in err, (text, err)


def test_the_program_takes_its_platform(t):
    t.write(".trivet.toml", 'platform = "aarch64-roc-rk3568-pc"\n')
    t.write("vm.toml", "")
    assert "aarch64-roc-rk3568-pc" in t.expect(1, "check", "-v", "vm.toml").err
    t.write(".trivet.toml", 'platform = "atari"\n')
    assert "there is no such platform" in t.expect(1, "check", "vm.toml").err
