#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An archive with the benchmark guest in company: of other VMs, or of other devices.

    crowd.py OUT.cpio TRIVET PLATFORM.toml BENCH.toml BENCH.bin IDLE.bin vms=N windows=N

Other VMs have a CPU of their own and wait there for ever. Other devices are windows onto registers
of the machine that are forwarded (its virtio slots, a page of which has several).
"""
import os
import subprocess
import sys
import tempfile

OWN_WINDOWS = 3  # distributor, redistributors, UART
WINDOW = 0x100

IDLE_VM = """[base]
id = {n}
name = "idle{n}"
vm_type = 1
cpu_num = 1
phys_cpu_ids = [1]

[kernel]
entry_point = 0x4008_0000
image_location = "memory"
kernel_path = "idle.bin"
kernel_load_addr = 0x4008_0000
memory_regions = [[0x4000_0000, 0x20_0000, 0x7, 0]]

[devices]
emu_devices = []
passthrough_devices = []
"""


def with_windows(text, n):
    rows = [f'  ["w{i}", {0x0c000000 + i * WINDOW:#x}, {0x0a000000 + i * WINDOW:#x}, {WINDOW:#x}, 0],\n'
            for i in range(n - OWN_WINDOWS)]
    return text.replace("passthrough_devices = []",
                        "passthrough_devices = [\n" + "".join(rows) + "]")


def main():
    out, tool, platform, toml, guest, idle = sys.argv[1:7]
    given = dict(word.split("=") for word in sys.argv[7:])
    with tempfile.TemporaryDirectory() as tmp, open(toml, encoding="utf-8") as f:
        texts = {"bench": with_windows(f.read(), int(given["windows"]))}
        for n in range(2, int(given["vms"]) + 1):
            texts[f"idle{n:02}"] = IDLE_VM.format(n=n)
        # The machine that measures is not of the size that its platform file says.
        words = ["--platform", platform, "--file", f"bench.bin={guest}", "--file", f"idle.bin={idle}", "--force"]
        for name, text in texts.items():
            path = os.path.join(tmp, name + ".toml")
            with open(path, "w", encoding="utf-8") as g:
                g.write(text)
            words.append(path)
        subprocess.run([tool, "pack", "-o", out] + words, check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
