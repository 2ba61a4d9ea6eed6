#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions per operation, beside other hypervisors and the last baseline.

    run.py PLATFORM.toml FOLDER [qemu= cpu= mem= cc=] [store=yes]

FOLDER is the build's. Runs the benchmark guest on the bare machine and in both lanes of the
hypervisor, each twice; when two runs differ a third decides, and must agree with one of them. The
figures go to FOLDER/bench/result.json; store=yes puts them into bench/baseline/COMMIT.json, which a
tree with changes is not allowed to.
"""
import json
import os
import re
import subprocess
import sys
import threading
import tomllib

import machine

TIMEOUT_S = 60
BASELINES = os.path.join(machine.HERE, "baseline")
# What a baseline must share with us to be compared with.
STATE = ("isa", "qemu", "cpu", "machine")
HEAD = ("native", "short lane", "neutral")


MORE = ("sgi_running", "sgi_waiting", "gicd_ispendr")
# In company, as rules.mk makes the images: the first number is of the image for all else.
CURVES = {"vms": (1, 8, 64), "devices": (3, 16, 64)}
CURVE_OPS = {
    "vms": ("hvc_unknown", "gicd_typer", "uart_imsc", "sgi", "timer", "wfi"),
    "devices": ("gicd_typer", "two_devices"),
}


class Failed(Exception):
    pass


def output_of(words):
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


# ---- running -----------------------------------------------------------------------------------

def run_once(words):
    emulator = subprocess.Popen(words, stdin=subprocess.DEVNULL, text=True, errors="replace",
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    alarm = threading.Timer(TIMEOUT_S, emulator.kill)
    alarm.start()
    out = ""
    try:
        # Not to its end: other VMs may go on for ever.
        for line in emulator.stdout:
            out += line
            if line.startswith(("@done", "@failed")):
                break
    finally:
        alarm.cancel()
        emulator.kill()
        emulator.wait()
    lines = [line[1:].split() for line in out.splitlines() if line.startswith("@")]
    if not lines or lines[-1] != ["done"]:
        raise Failed(f"the guest did not finish: {' '.join(words)}\n{out}")
    return lines


def run_twice(words):
    """What two runs agree on. When they do not (the emulator's sleep may end a tick early), a third
    run decides, and that is said."""
    first, second = run_once(words), run_once(words)
    if first == second:
        return first
    text = "two runs differ:\n" + "\n".join(f"  {a}\n  {b}" for a, b in zip(first, second) if a != b)
    third = run_once(words)
    if third not in (first, second):
        raise Failed(text + "\nand a third from both")
    print(text + "\n  a third agrees with one of them", file=sys.stderr)
    return third


def figures_of(lines):
    """What the guest counted, in instructions. A tick of the counter is so many of them."""
    tick, loops, series, out = 0, {}, {}, {}
    for kind, *rest in lines:
        if kind == "hz":
            tick = 1_000_000_000 // int(rest[0])
        elif kind == "entry":
            out["entry"] = int(rest[0]) * tick
        elif kind == "loop":
            n, ticks = map(int, rest[1:])
            loops[rest[0]] = ticks * tick / n
        elif kind == "series":
            series[rest[0]] = list(map(int, rest[1:]))
    for name, each in loops.items():
        if name != "empty":
            out[name] = round(each - loops["empty"], 1)
    # From the write to the reading of the counter in the handler: see bench/README.md.
    base = series.pop("sgi_base")[2] - 2
    for name, (n, total, least, most, first) in series.items():
        own = base if name.startswith("sgi") or name == "pass" else 0
        out[name] = round(total / n, 1) - own
        out[name + "_min"] = least - own
        out[name + "_max"] = most - own
        out[name + "_first"] = first - own
    return out


def flat_size(elf):
    """The flat binary, less the archive that is linked into it."""
    archive = elf.symbols["image_archive_end"] - elf.symbols["image_archive_start"]
    return elf.symbols["image_data_end"] - elf.symbols["image_start"] - archive


def memory_of(words, elf):
    """What the hypervisor takes for itself, and for each VM, in KiB; page tables not counted."""
    out = subprocess.run(words, stdin=subprocess.DEVNULL, text=True, timeout=TIMEOUT_S, errors="replace",
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    found = re.search(r"memory: (\d+) KiB of the pool ours, (\d+) KiB more for (\d+) VMs", out)
    if not found:
        raise Failed(f"no line about memory:\n{out}")
    pool, vms, n = map(int, found.groups())
    at = elf.symbols
    image = at["image_end"] - at["image_start"] - (at["image_archive_end"] - at["image_archive_start"])
    image -= at["image_tables_end"] - at["image_tables_start"]
    return {"own_memory": (image + 1023) // 1024 + pool, "vm_memory": vms // n}


def state_of(platform, words, given):
    with open(platform, "rb") as f:
        isa = tomllib.load(f)["platform"]["isa"]
    changes = output_of(["git", "status", "--porcelain", "--untracked-files=no"])
    return {
        "isa": isa,
        "commit": output_of(["git", "rev-parse", "--short", "HEAD"]),
        "date": output_of(["git", "show", "-s", "--format=%cI", "HEAD"]),
        "changed": bool(changes),
        "qemu": output_of([words[0], "--version"]).splitlines()[0],
        "cpu": words[words.index("-cpu") + 1],
        "machine": f"1 CPU, {words[words.index('-m') + 1]}, {' '.join(machine.ICOUNT[:2])}",
        "compiler": output_of(given.get("cc", "gcc").split() + ["--version"]).splitlines()[0],
        "options": "release build, log=error, guest RAM 256 MiB, raw image from the archive",
    }


def measure(platform, folder, given):
    words = machine.hypervisor_command(platform, folder, "short", given)
    result = {"state": state_of(platform, words, given), "figures": {}}
    columns = result["figures"]
    columns["native"] = figures_of(run_twice(machine.native_command(platform, folder, given)))
    columns["native"] |= figures_of(run_twice(machine.native_command(platform, folder, given,
                                                                     machine.GUEST_PASS_BIN)))
    for lane in machine.LANES:
        words = machine.hypervisor_command(platform, folder, lane, given)
        columns[lane] = figures_of(run_twice(words))
        words = machine.hypervisor_command(platform, folder, lane, given, machine.IMAGE_PASS_BIN)
        columns[lane] |= figures_of(run_twice(words))
        elf = machine.Elf(os.path.join(folder, machine.IMAGE_ELF))
        columns[lane]["size"] = flat_size(elf)
        words = machine.hypervisor_command(platform, folder, lane, given, log="debug")
        columns[lane] |= memory_of(words, elf)
    measure_more(platform, folder, given, columns)
    result["curves"] = measure_curves(platform, folder, given)
    return result


def measure_more(platform, folder, given, columns):
    """What needs a second CPU."""
    runs = {"native": machine.native_command(platform, folder, given, smp=2)}
    for lane in machine.LANES:
        runs[lane] = machine.hypervisor_command(platform, folder, lane, given,
                                                "images/bench-more.bin", smp=2)
    for name, words in runs.items():
        columns[name].update((k, v) for k, v in figures_of(run_twice(words)).items()
                             if k.startswith(MORE))


def measure_curves(platform, folder, given):
    """{what: {how many: {operation: instructions}}}, short lane."""
    out = {}
    for what, numbers in CURVES.items():
        out[what] = {}
        for n in numbers:
            name = "bench" if n == numbers[0] else f"bench-{what}{n}"
            words = machine.hypervisor_command(platform, folder, "short", given,
                                               f"images/{name}.bin", smp=2)
            figures = figures_of(run_once(words))
            out[what][n] = {op: figures[op] for op in CURVE_OPS[what]}
    return out


# ---- baselines ---------------------------------------------------------------------------------

def baseline_for(state):
    """The latest one made on the same machine; None."""
    found = []
    for name in os.listdir(BASELINES) if os.path.isdir(BASELINES) else []:
        if name.endswith(".json"):
            with open(os.path.join(BASELINES, name), encoding="utf-8") as f:
                found.append(json.load(f))
    found = [b for b in found if all(b["state"][k] == state[k] for k in STATE)]
    return max(found, key=lambda b: b["state"]["date"], default=None)


def save(path, result):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1, sort_keys=True)
        f.write("\n")


def store(result):
    state = result["state"]
    if state["changed"]:
        raise Failed("not stored: the tree differs from the commit the baseline would be named for")
    suffix = "" if state["isa"] == "aarch64" and state["cpu"] == "cortex-a72" else "-" + state["cpu"]
    path = os.path.join(BASELINES, f"{state['commit']}{suffix.replace(',', '_')}.json")
    save(path, result)
    print(f"stored {os.path.relpath(path)}")


# ---- the table ---------------------------------------------------------------------------------

def number(v):
    if v is None:
        return ""
    return f"{round(v):,}" if abs(v - round(v)) < 0.05 or abs(v) >= 1000 else f"{v:.1f}"


def difference(now, then):
    if then is None or abs(now - then) < 0.05:
        return ""
    return f"{now - then:+,.0f}" if abs(now - then) >= 1 else f"{now - then:+.1f}"


def row_of(name, fig, result, old, n_peers):
    columns = result["figures"]
    short, neutral = columns["short"].get(name), columns["neutral"].get(name)
    then = old["figures"]["short"].get(name) if old else None
    then_neutral = old["figures"]["neutral"].get(name) if old else None
    goal = fig.get("goal")
    verdict = "" if goal is None else f"{goal:,}" + ("" if short <= goal else " missed")
    change = ", ".join(d or "=" for d in (difference(short, then), difference(neutral, then_neutral)))
    return [fig["text"], number(columns["native"].get(name)), number(short), number(neutral), verdict,
            *fig.get("peers", [""] * n_peers), "" if change == "=, =" else change]


def print_table(result, old):
    with open(os.path.join(machine.HERE, "peers.toml"), "rb") as f:
        table = tomllib.load(f)[result["state"]["isa"]]
    rows = [["instructions per operation", *HEAD, "goal", *table["peers"], "since baseline"]]
    for name, fig in table["figures"].items():
        rows.append(row_of(name, fig, result, old, len(table["peers"])))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def print_curves(result):
    for what, curve in result["curves"].items():
        print(f"\nwith {', '.join(map(str, curve))} {what}:")
        for op in CURVE_OPS[what]:
            print(f"  {op:16}", "".join(f"{number(curve[n][op]):>10}" for n in curve))


def print_state(result, old):
    state = result["state"]
    print()
    print(f"{state['qemu']}; {state['cpu']}, {state['machine']}")
    print(f"{state['compiler']}; {state['options']}")
    print(f"commit {state['commit']}{' with changes' if state['changed'] else ''}; every run was made "
          "twice, the two agree to the digit")
    if old:
        print(f"baseline {old['state']['commit']}, {old['state']['compiler']}; differences: short "
              "lane, neutral")
    else:
        print("no baseline of this machine to compare with (make bench-baseline)")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    platform, folder = sys.argv[1:3]
    given = machine.words_of(sys.argv[3:])
    try:
        result = measure(platform, folder, given)
        save(os.path.join(folder, "bench", "result.json"), result)
        old = baseline_for(result["state"])
        print_table(result, old)
        print_curves(result)
        print_state(result, old)
        if given.get("store") == "yes":
            store(result)
    except (Failed, OSError, subprocess.CalledProcessError) as e:
        sys.exit(f"bench: {e}")


if __name__ == "__main__":
    main()
