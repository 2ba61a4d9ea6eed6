# SPDX-License-Identifier: Apache-2.0
"""What comes with the program: its manual page, completion, installation."""
import shutil
import subprocess
import sys


def test_manual_page_is_the_programs(t):
    done = subprocess.run([sys.executable, t.root / "tools/gen_man.py", t.program, "--check"], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_manual_page_is_sound(t):
    if not shutil.which("groff"):
        return
    done = subprocess.run(["groff", "-ww", "-man", "-Tutf8", t.root / "docs/trivet.1"], capture_output=True, text=True,
                          timeout=60, check=False)
    t.equal((done.returncode, done.stderr), (0, ""))
    assert len(done.stdout) > 3000


def complete(t, *words):
    """What bash would offer for the last word."""
    script = f"""
        . {t.root}/tools/trivet/completion/trivet.bash
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _trivet
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-euc", script, "bash", t.program, *words], cwd=t.folder, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stderr == "", done
    return done.stdout.split()


def test_completion_of_commands(t):
    t.equal(complete(t, "ch"), ["check"])
    assert {"check", "show", "convert", "new"} <= set(complete(t, ""))
    assert "new" in complete(t, "help", "n")


def test_completion_of_options(t):
    t.equal(complete(t, "check", "--no"), ["--no-images"])
    assert {"--kernel", "--platform", "--help"} <= set(complete(t, "new", "--"))
    assert "--kernel" not in complete(t, "check", "--")


def test_completion_of_values(t):
    t.equal(complete(t, "check", "--color", ""), ["auto", "never", "always"])
    assert "aarch64-qemu-virt" in complete(t, "check", "--platform", "aarch64-q")
    t.equal(complete(t, "convert", "--to", "q"), ["qvmconf"])
    t.write("my.toml", "")
    t.equal(complete(t, "check", "my"), ["my.toml"])


def test_every_option_in_the_help_is_known(t):
    """What help says of options, the reader knows: it asks for a value, or for a file."""
    for command in complete(t, ""):
        if command.startswith("-"):
            continue
        for option in complete(t, command, "-"):
            if option == "--help":
                continue
            r = t.run(command, option)
            assert "there is no option" not in r.err, (command, option, r.err)


def test_install(t):
    done = subprocess.run(["make", "-s", "install", f"PREFIX={t.folder}/usr"], cwd=t.root, capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done
    usr = t.folder / "usr"
    for name in ("bin/trivet", "share/man/man1/trivet.1", "share/bash-completion/completions/trivet",
                 "share/trivet/platforms/aarch64-qemu-virt.toml"):
        assert (usr / name).is_file(), name
    t.program = str(usr / "bin/trivet")
    t.write("vm.toml", "")
    r = t.run("check", "-v", "--no-images", "vm.toml")
    assert "checked for usr/share/trivet/platforms/aarch64-qemu-virt.toml" in r.err, r
    assert "checked for" in t.run("check", "-v", "--platform", "aarch64-phytiumpi", "vm.toml").err
