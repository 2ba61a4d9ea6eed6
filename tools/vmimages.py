#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""List the images that VM files in the AxVisor TOML schema ask for.

    vmimages.py VM.toml...

One line per image, "location<TAB>path", in the order of the files and without
repeats: location is "fs" (the FAT32 disk) or "memory" (the archive linked to the
hypervisor), path is as written in the file.  Image keys that are absent or empty
ask for nothing.
"""
import sys
import tomllib

KEYS = ("kernel_path", "dtb_path", "bios_path", "uefi_firmware_path", "ramdisk_path")


def images(path):
    with open(path, "rb") as f:
        kernel = tomllib.load(f).get("kernel", {})
    if not isinstance(kernel, dict):
        raise ValueError("[kernel] is not a table")
    location = kernel.get("image_location", "fs")
    if location not in ("fs", "memory"):
        raise ValueError(f'image_location = "{location}": neither "fs" nor "memory"')
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


main()
