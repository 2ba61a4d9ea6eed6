#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden tests of configurations: what the golden program prints for a file is the text beside it.

    run.py GOLDEN_PROGRAM [--update] [--counts FILE] [NAME...]

good/, bad/      NAME.toml -> NAME.txt; a folder is a set of VMs: NAME/*.toml -> NAME.txt
LANG/good, bad   the same of another language, NAME.LANG; NAME.words: a command line, a word a line
camkes/other     descriptions for another machine; all of camkes goes through the preprocessor first
toml/, platform/ NAME.toml -> NAME.txt
samples/         NAME.txt for every configs/vms/NAME.toml, NAME.LANG.txt of another language,
                 platform-NAME.txt for configs/platforms

A file in good/ that is refused, or one in bad/ that is accepted, fails whatever the text says.
--update writes the texts: read the difference before you commit it. Prints TAP.
--counts writes "golden PASSED FAILED" for tools/ci/tally.py.

Besides: docs/config-toml.md against the schema, and tools/platform.py on platform/build.toml.
(The TOML reader has toml/spec.py, and toml/oracle.py compares it with another one.)
"""
import argparse
import difflib
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


LANGUAGES = ("qvmconf", "camkes")


def collect_folder(folder, group, mode, suffixes):
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and path.name != "__pycache__":
            inputs = sorted(p for p in path.iterdir() if p.suffix in suffixes)
            yield f"{group}/{path.name}", mode, inputs, path.with_suffix(".txt")
        elif path.suffix in suffixes:
            yield f"{group}/{path.stem}", mode, [path], path.with_suffix(".txt")
        elif path.suffix == ".words" and suffixes != (".toml",):
            yield f"{group}/{path.stem}", "words", [path], path.with_suffix(".txt")


def collect():
    """(name, mode, input files, expected file)"""
    tests = []
    for group, mode in (("good", "vm"), ("bad", "vm"), ("toml", "toml"), ("platform", "platform")):
        tests += collect_folder(HERE / group, group, mode, (".toml",))
    for lang in LANGUAGES:
        for group in ("good", "bad", "other"):
            tests += collect_folder(HERE / lang / group, f"{lang}/{group}", "vm", (f".{lang}",))
    for path in sorted((ROOT / "configs/vms").iterdir()):
        if path.suffix == ".toml" or path.suffix[1:] in LANGUAGES:
            name = path.stem if path.suffix == ".toml" else path.name
            tests.append((f"samples/{name}", "vm", [path], HERE / "samples" / f"{name}.txt"))
    for path in sorted((ROOT / "configs/platforms").glob("*.toml")):
        tests.append((f"samples/platform-{path.stem}", "platform", [path],
                      HERE / "samples" / f"platform-{path.stem}.txt"))
    return tests


ERROR = re.compile(r"^(?! )(.*?): error: (.*)$")
PLACED = re.compile(r"^(command line|.+):[1-9]\d*:[1-9]\d*$")
# What breaks the grammar belongs to no VM yet, and TOML's reader says what to write in the error itself.
SYNTAX = re.compile(r"^(expected |table '.*' is defined twice|key '.*' is given twice|.* is no value; |.* is not closed; "
                    r"|.* is no escape; write )")


def errors_of(text):
    """Each error, and the lines between it and the next one."""
    lines = text.splitlines()
    at = [i for i, line in enumerate(lines) if ERROR.match(line)] + [len(lines)]
    return [(lines[a], lines[a + 1:b]) for a, b in zip(at, at[1:])]


def incomplete(error, rest):
    """What an error lacks of place and advice; '' when nothing. (A VM's has the VM, its key and value, too.)"""
    place, what = ERROR.match(error).groups()
    if not PLACED.match(place):
        return f"without a place: {error}"
    if not any(": fix: " in line for line in rest) and not SYNTAX.match(what):
        return f"does not say what to write instead: {error}"
    if what.startswith("VM ") and not re.match(r'VM( \d+| "[^"]*")?: [^ ]', what):
        return f"does not name VM and key: {error}"
    return ""


def verdict(name, text):
    """What is wrong with the output whatever is expected of it; '' when nothing."""
    accepted = "-- 0 errors" in text
    group = name.rpartition("/")[0].rpartition("/")[2]
    if group in ("good", "samples") and not accepted:
        return "a sound file is refused"
    if group == "bad" and accepted:
        return "a mistake is not found"
    if group == "bad":
        return "\n".join(filter(None, (incomplete(e, rest) for e, rest in errors_of(text))))
    return ""


def preprocessed(path):
    """The file to read: itself, or what the preprocessor makes of it. Its markers name the source."""
    source = path.relative_to(ROOT)
    if path.suffix != ".camkes":
        return str(source)
    out = ROOT / "build/camkes" / source
    out.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cpp", "-w", "-nostdinc", "-I", "tools/trivet/camkes/include", str(source), str(out)],
                   cwd=ROOT, timeout=60, check=True)
    return str(out)


def run_program(program, mode, inputs):
    """What the golden program prints, and what is wrong with its end."""
    # Relative, so that the text is the same in every checkout.
    words = [program, mode] + [preprocessed(p) for p in inputs]
    out = subprocess.run(words, capture_output=True, cwd=ROOT, timeout=60)
    text = out.stdout.decode(errors="backslashreplace")
    if out.returncode:
        return text, f"exit status {out.returncode}: {out.stderr.decode(errors='replace')[:2000]}"
    return text, ""


def compare(text, expected, update):
    """'' or a difference, line by line."""
    if update:
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text)
    want = expected.read_text() if expected.exists() else ""
    if text == want:
        return ""
    return "\n".join(difflib.unified_diff(want.splitlines(), text.splitlines(), str(expected.name), "printed",
                                          lineterm=""))


def tool(*words):
    out = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, cwd=ROOT, timeout=600)
    return out.returncode, out.stdout + out.stderr


def platform_py():
    """tools/platform.py: the words it prints, and that it refuses what it does not know."""
    script, build, full = ROOT / "tools/platform.py", HERE / "platform/build.toml", HERE / "platform/full.toml"
    cases = [
        ((build, "components"), 0, "vdev:uart/a vdev:b driver:c/d config:axvisor image:raw\n"),
        ((build, "emulator", "kernel=k"), 0, "emu\n-smp\n3\n-m\n1G\nk\n"),
        ((build, "emulator", "kernel=k", "smp=", "mem=5M", "qemu=/x/y"), 0, "/x/y\n-smp\n3\n-m\n5M\nk\n"),
        ((build, "emulator", "kernel=k", "disk=a b", "append=c d"), 0,
         "emu\n-smp\n3\n-m\n1G\nk\nfile=a b\n-append\nc d\n"),
        ((build, "emulator"), 1, "{kernel} has no value"),
        ((build, "emulator", "kernal=k"), 1, "argument kernal=k"),
        ((full, "components"), 1, "build.anything: unknown key"),
        ((full, "emulator", "kernel=k"), 1, "emulator.whatever: unknown key"),
        ((HERE / "platform/empty.toml", "components"), 1, "has no table [build]"),
        ((HERE / "platform/absent.toml", "components"), 1, "absent.toml"),
    ]
    for words, status, want in cases:
        got = tool(script, *words)
        if got[0] != status or (got[1] != want if status == 0 else want not in got[1]):
            return f"platform.py {' '.join(map(str, words))}: {got}, expected {(status, want)}"
    return ""


def extra_tests():
    def reference():
        status, text = tool(ROOT / "tools/gen_config_reference.py", "--check")
        return text if status else ""

    return [("config reference is up to date", reference), ("platform.py", platform_py)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--counts")
    parser.add_argument("names", nargs="*")
    args = parser.parse_intermixed_args()
    tests = collect()
    expected_files = {t[3] for t in tests}
    extras = extra_tests()
    if args.names:
        tests = [t for t in tests if any(n in t[0] for n in args.names)]
        extras = [t for t in extras if any(n in t[0] for n in args.names)]
    results = []

    print(f"1..{len(tests) + len(extras) + 1}")
    for name, mode, inputs, expected in tests:
        text, wrong = run_program(args.program, mode, inputs)
        wrong = wrong or verdict(name, text)
        difference = compare(text, expected, args.update)
        results.append((name, "\n".join(filter(None, (wrong, difference)))))
    results += [(name, test()) for name, test in extras]
    texts = [p for pattern in ("*", "*/good", "*/bad", "*/other") for p in HERE.glob(f"{pattern}/*.txt")]
    stray = [str(p.relative_to(HERE)) for p in sorted(texts) if p not in expected_files]
    results.append(("no stray texts", "\n".join(stray)))

    for i, (name, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {i} - {name}")
        for line in wrong.splitlines():
            print(f"# {line}")
    failed = sum(1 for _, wrong in results if wrong)
    if args.counts:
        pathlib.Path(args.counts).write_text(f"golden {len(results) - failed} {failed}\n")
    print(f"# golden: {len(results) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
