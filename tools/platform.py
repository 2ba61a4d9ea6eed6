#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the build and `make run` need of a platform file (configs/platforms/NAME.toml).

    platform.py FILE components
        One line: every component as kind:name, such as "vdev:uart/pl011".
    platform.py FILE emulator [NAME=VALUE]...
        The command that starts the machine, one word per line. Values replace the {NAME}
        placeholders of the file: kernel= is needed, qemu= smp= mem= have defaults in it;
        disk= and append= add their own words. u_boot= starts that instead of the kernel, which
        it has to find on the disk, with its boot options.

    platform.py FILE tree OUT
        Make the machine's device tree in OUT: the emulator writes it, or it is the one that
        Debian's kernel has of a board ([desk] debian_tree; tools/setup/fetch-board-trees.sh).

The other tables of the file are read by the hypervisor itself.
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tomllib

KINDS = ("vdev", "drivers", "config", "image")
COMMAND_KEYS = {"binary", "smp", "mem", "command", "kernel", "u_boot", "disk", "append"}
GIVEN = ("qemu", "smp", "mem", "kernel", "u_boot", "disk", "append")


class Mistake(Exception):
    pass


def strings(table, name, key, default=None):
    value = table.get(key, default)
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise Mistake(f"{name}.{key}: expected an array of strings")
    return value


def table_of(doc, name, known):
    table = doc.get(name)
    if not isinstance(table, dict):
        raise Mistake(f"has no table [{name}]" +
                      (": no emulator plays this machine (docs/boards.md)" if name == "emulator" else ""))
    for key in table:
        if key not in known:
            raise Mistake(f"{name}.{key}: unknown key; known are {', '.join(sorted(known))}")
    return table


def components(doc):
    build = table_of(doc, "build", set(KINDS))
    words = []
    for kind in KINDS:
        for name in strings(build, "build", kind, []):
            if not re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_]+)*", name):
                raise Mistake(f'build.{kind}: "{name}" is no name of a component')
            word = f"{kind.removesuffix('s')}:{name}"
            if word in words:
                raise Mistake(f'build.{kind}: "{name}" is listed twice')
            words.append(word)
    return words


def emulator(doc, given):
    table = table_of(doc, "emulator", COMMAND_KEYS)
    values = {"smp": str(table.get("smp", 1)), "mem": table.get("mem", "1G")}
    values["qemu"] = table.get("binary", "")
    # An empty value asks for the default: make hands over variables that are not set.
    values.update({k: v for k, v in given.items() if v})
    words = strings(table, "emulator", "command")
    by_u_boot = bool(values.get("u_boot"))
    if by_u_boot and "u_boot" not in table:
        raise Mistake("emulator.u_boot: is not there: this machine is not started by U-Boot")
    for option in ("u_boot", "disk") if by_u_boot else ("kernel", "disk", "append"):
        if values.get(option):
            words = words + strings(table, "emulator", option, [])

    def fill(match):
        value = values.get(match[1], "")
        if not value:
            raise Mistake(f"{match[0]} has no value; give {match[1]}=...")
        return value

    return [re.sub(r"\{([a-z_]+)\}", fill, word) for word in words]


def with_memory(blob, banks):
    """A tree as a boot loader hands it over: with a node for the memory, last in the root."""
    total, at_struct, at_strings = struct.unpack_from(">III", blob, 4)
    n_strings, n_struct = struct.unpack_from(">II", blob, 32)
    body, strings = blob[at_struct:at_struct + n_struct], blob[at_strings:at_strings + n_strings]
    end = struct.pack(">II", 2, 9)
    if total > len(blob) or not body.endswith(end):
        raise Mistake("the tree is not sound")

    def prop(offset, value):
        return struct.pack(">III", 3, len(value), n_strings + offset) + value + bytes(-len(value) % 4)

    # Two cells for addresses and two for sizes: so have all 64-bit boards.
    reg = b"".join(struct.pack(">QQ", *bank) for bank in banks)
    node = struct.pack(">I", 1) + b"memory\0\0" + prop(0, b"memory\0") + prop(12, reg) + struct.pack(">I", 2)
    strings += b"device_type\0reg\0"
    body = body[:-len(end)] + node + end
    head = bytearray(blob[:at_struct])  # with the reservations
    struct.pack_into(">III", head, 4, at_struct + len(body) + len(strings), at_struct, at_struct + len(body))
    struct.pack_into(">II", head, 32, len(strings), len(body))
    return bytes(head) + body + strings


def tree(doc, out):
    """Into another file first: a tree is whole, or it is not there."""
    new = f"{out}.new"
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    desk = doc.get("desk", {})
    board = desk.get("debian_tree")
    if board:
        here = os.path.dirname(os.path.abspath(__file__))
        cache = os.environ.get("TRIVET_CACHE", os.path.join(here, "../.cache"))
        subprocess.run([os.path.join(here, "setup/fetch-board-trees.sh")], check=True)
        with open(os.path.join(cache, "boards", f"{board}.dtb"), "rb") as f, open(new, "wb") as g:
            g.write(with_memory(f.read(), desk["memory"]))
    else:
        words = emulator(doc, {"kernel": "none", "qemu": os.environ.get("QEMU", "")})
        words = words[:words.index("-kernel")] if "-kernel" in words else words
        if not shutil.which(words[0]):
            raise Mistake(f"there is no emulator {words[0]!r}; `make setup` installs the usual one")
        done = subprocess.run(words + ["-machine", f"dumpdtb={new}"], check=False, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode or not os.path.exists(new):
            raise Mistake(f"the emulator has written no tree: {done.stderr.strip()}")
    os.replace(new, out)


def main(argv):
    if len(argv) < 3 or argv[2] not in ("components", "emulator", "tree"):
        sys.exit(__doc__)
    try:
        with open(argv[1], "rb") as f:
            doc = tomllib.load(f)
        if argv[2] == "components":
            print(" ".join(components(doc)))
            return
        if argv[2] == "tree":
            if len(argv) != 4:
                sys.exit(__doc__)
            tree(doc, argv[3])
            return
        given = {}
        for arg in argv[3:]:
            name, sep, value = arg.partition("=")
            if not sep or name not in GIVEN:
                raise Mistake(f"argument {arg}: expected one of {'= '.join(GIVEN)}=")
            given[name] = value
        print("\n".join(emulator(doc, given)))
    except (OSError, ValueError, LookupError, TypeError, struct.error, subprocess.SubprocessError, Mistake) as e:
        sys.exit(f"platform.py: {argv[1]}: {e}")


if __name__ == "__main__":
    main(sys.argv)
