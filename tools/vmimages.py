#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""List the images that VM files in the AxVisor TOML schema, or in qvm's language, ask for.

    vmimages.py VM.toml... VM.qvmconf...

One line per image, "location<TAB>path", in the order of the files and without
repeats: location is "fs" (the FAT32 disk), "memory" (the archive linked to the
hypervisor) or "home" (where the file itself is), path is as written in the file.
Image keys that are absent or empty ask for nothing.
"""
import re
import sys
import tomllib

KEYS = ("kernel_path", "dtb_path", "bios_path", "uefi_firmware_path", "ramdisk_path")


# A comment, or a token: what quotes hold is one.
QVM_TOKEN = re.compile(r'#[^\n]*|((?:[^\s"]|"(?:\\.|[^"])*")+)')


def qvm_images(path):
    """Paths behind `load` in a .qvmconf, without the address before them."""
    with open(path, encoding="utf-8", errors="replace") as f:
        tokens = [m[1].replace('"', "") for m in QVM_TOKEN.finditer(f.read()) if m[1]]
    for option, value in zip(tokens, tokens[1:]):
        if option == "load" and "=" not in value and "$" not in value:
            address, comma, file = value.partition(",")
            yield file if comma and re.fullmatch(r"(0x|0d)?[0-9a-fA-F]+[KMGkmg]?", address) else value


def images(path):
    if path.endswith(".qvmconf"):
        yield from (("home", image) for image in qvm_images(path))
        return
    with open(path, "rb") as f:
        kernel = tomllib.load(f).get("kernel", {})
    if not isinstance(kernel, dict):
        raise ValueError("[kernel] is not a table")
    location = kernel.get("image_location", "fs")
    if location not in ("fs", "memory", "home"):
        raise ValueError(f'image_location = "{location}": none of "fs", "memory", "home"')
    for key in KEYS:
        value = kernel.get(key, "")
        if not isinstance(value, str):
            raise ValueError(f"{key} is not a string")
        if value:
            yield location, value


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    seen = {}
    for path in sys.argv[1:]:
        try:
            for item in images(path):
                seen.setdefault(item)
        except (OSError, ValueError) as e:
            sys.exit(f"vmimages.py: {path}: {e}")
    for location, image in seen:
        print(f"{location}\t{image}")


if __name__ == "__main__":
    main()
