#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `make` and `make run` do unless the command line says otherwise: .trivet.toml.

    defconfig.py write PLATFORM.toml OUT VM.toml...
        Make OUT for that platform, with everything in it that can be said. One that is there
        becomes OUT.old.

    defconfig.py vars FILE
        The same as variables for make. What is wrong with FILE is said as a compiler would, and
        nothing is printed.
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {"vdev": "vdev", "drivers": "driver", "config": "config", "image": "image"}
STRINGS, STRING = "an array of strings", "a string"
KEYS = {
    ("", "platform"): STRING, ("", "vms"): STRINGS, ("", "log"): STRING, ("", "append"): STRING,
    ("build", "compiler"): STRING, **{("build", kind): STRINGS for kind in KINDS},
    ("emulator", "binary"): STRING, ("emulator", "smp"): STRING, ("emulator", "mem"): STRING,
    ("emulator", "arguments"): STRINGS,
}
WORDS = {("", "log"): ("error", "warn", "info", "debug"), ("build", "compiler"): ("gcc", "clang")}


class Mistakes(Exception):
    """(line, column, text) of each."""


def place_of(text, table, key):
    """Where a key stands, or a table's header when key is ''; the start when nowhere."""
    now = ""
    for n, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]", line)
        if header:
            now = header[1]
        found = re.match(r'\s*(?="?' + re.escape(key) + r'"?\s*[=.])', line) if key and now == table else None
        if found or (not key and header and now == table):
            return n, (found.end() if found else header.start(1)) + 1
    return 1, 1


def is_a(kind, value):
    if kind == STRING:
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def check_value(name, value):
    """What is wrong with it; ''."""
    label = ".".join(filter(None, name))
    if name not in KEYS:
        known = ", ".join(key for table, key in KEYS if table == name[0])
        return f"unknown key '{label}'; known here are {known}"
    if not is_a(KEYS[name], value):
        return f"{label}: expected {KEYS[name]}"
    if name in WORDS and value not in WORDS[name]:
        return f"{label} = {json.dumps(value)}: write one of {', '.join(WORDS[name])}"
    for word in [value] if isinstance(value, str) else value:
        if re.search(r"[\x00-\x1f\x7f$#]", word):
            return f"{label} = {json.dumps(word)}: has a character that make would take for its own"
    return ""


def check_files(doc):
    """[(name, text)] of what is not there."""
    out = []
    platform = doc.get("platform")
    if platform is None:
        out.append((("", "platform"), "platform: is missing; write the name of a file of configs/platforms"))
    elif isinstance(platform, str) and not os.path.isfile(f"configs/platforms/{platform}.toml"):
        have = ", ".join(sorted(f[:-5] for f in os.listdir("configs/platforms") if f.endswith(".toml")))
        out.append((("", "platform"), f"platform = {json.dumps(platform)}: there is no such platform; have {have}"))
    for vm in doc.get("vms", []) if is_a(STRINGS, doc.get("vms", [])) else []:
        if not os.path.isfile(vm):
            out.append((("", "vms"), f"vms: there is no file {vm}"))
    return out


def check_components(doc):
    out, build = [], doc.get("build", {})
    for kind in KINDS if isinstance(build, dict) else ():
        names = build.get(kind, [])
        for name in names if is_a(STRINGS, names) else []:
            if not re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_]+)*", name):
                out.append((("build", kind), f"build.{kind}: {json.dumps(name)} is no name of a component"))
            elif kind in ("vdev", "drivers") and not os.path.isfile(f"{kind}/{name}.c"):
                out.append((("build", kind), f"build.{kind}: there is no {kind}/{name}.c"))
    return out


def read(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    try:
        doc = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        at = re.search(r"line (\d+), column (\d+)", str(e))
        lines = text.count("\n") + 1
        where = (int(at[1]), int(at[2])) if at else (lines, 1)
        raise Mistakes((*where, re.sub(r" \(at .*\)", "", str(e)))) from None
    found = []
    for key, value in doc.items():
        if not isinstance(value, dict):
            found.append((("", key), check_value(("", key), value)))
        elif key not in {table for table, _ in KEYS}:
            found.append(((key, ""), f"unknown table [{key}]; known are [build] and [emulator]"))
        else:
            found += [((key, k), check_value((key, k), v)) for k, v in value.items()]
    found += check_files(doc) + check_components(doc)
    wrong = sorted((*place_of(text, *name), what) for name, what in found if what)
    if wrong:
        raise Mistakes(*wrong)
    return doc


def variables(doc):
    build, emulator = doc.get("build", {}), doc.get("emulator", {})
    components = [f"{KINDS[kind]}:{name}" for kind in KINDS for name in build.get(kind, [])]
    values = {
        "CONFIG_PLAT": doc["platform"], "PLAT": doc["platform"], "COMPILER": build.get("compiler"),
        "VMS": " ".join(doc["vms"]) if "vms" in doc else None, "LOG": doc.get("log"), "APPEND": doc.get("append"),
        "QEMU": emulator.get("binary"), "SMP": emulator.get("smp"), "MEM": emulator.get("mem"),
        "QEMU_ARGS": shlex.join(emulator.get("arguments", [])), "CONFIG_COMPONENTS": " ".join(components),
    }
    return "".join(f"{name} ?= {value}\n" for name, value in values.items() if value)


def components_of(platform):
    words = subprocess.run([sys.executable, os.path.join(HERE, "platform.py"), platform, "components"], check=True,
                           capture_output=True, text=True).stdout.split()
    return {key: [w.split(":", 1)[1] for w in words if w.split(":")[0] == kind] for key, kind in KINDS.items()}


def write(platform, out, vms):
    name = os.path.basename(platform).removesuffix(".toml")
    lists = "".join(f"{kind} = {json.dumps(names)}\n" for kind, names in components_of(platform).items())
    text = f"""\
# What `make` and `make run` do unless the command line says otherwise; `make CONFIG=` ignores it.
# Written by `make defconfig`; it is yours to change, and not kept in the repository.

platform = {json.dumps(name)} # a file of configs/platforms
vms = {json.dumps(vms)} # what `make run` starts
log = "info" # error, warn, info, debug
append = "" # boot options: lane=neutral, ...

# What is linked into the hypervisor.
[build]
compiler = "gcc" # or clang
{lists}
# Over the platform file's [emulator].
[emulator]
binary = "" # another QEMU
smp = "" # CPUs of the machine; "": the platform's
mem = "" # its memory, such as "4G"
arguments = [] # more words of the command line
"""
    if os.path.exists(out):
        os.replace(out, out + ".old")
    with open(out, "w", encoding="utf-8") as f:
        f.write(text)
    print(f"  CONFIG  {out} for {name}")


def main(argv):
    if len(argv) >= 4 and argv[1] == "write":
        write(argv[2], argv[3], argv[4:])
        return
    if len(argv) != 3 or argv[1] != "vars":
        sys.exit(__doc__)
    try:
        print(variables(read(argv[2])), end="")
    except (OSError, UnicodeDecodeError) as e:
        sys.exit(f"{argv[2]}: error: {e}")
    except Mistakes as e:
        for line, column, what in e.args:
            print(f"{argv[2]}:{line}:{column}: error: {what}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv)
