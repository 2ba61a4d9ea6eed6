# SPDX-License-Identifier: Apache-2.0
"""What a hostile file may cost, and a large set: memory and time of `trivet check`, its preprocessor included."""
import subprocess
import sys

MIB = 1 << 20
READ = 64 << 10  # as much of a file as the hypervisor reads, and the desk of one that is for it
MEMORY = 64 * MIB
SECONDS = 2.0  # of a CPU, which others use as well: a second where nobody else is
HEAD = "#include <configurations/vm.h>\n"
VM = HEAD + "component VM { VM_INIT_DEF() }\nassembly { composition { component VM vm0; } configuration {\n"
BASE = "[kernel]\nentry_point = 0x8020_0000\nkernel_path = \"Image\"\nmemory_regions = ["
ROW = '["uart0", 0x0900_0000, 0x1000, 33, 2, []],'


def numbered(form, n=100000):
    return "".join(form % i for i in range(n))


TOML = {
    "brackets": "a=" + "[" * MIB, "braces": "a={b=" * MIB, "keys": numbered("k%d=1\n"), "dots": "a" + ".a" * MIB + "=1",
    "elements": "a=[" + "1," * MIB, "string": 'a="' + "x" * MIB, "escapes": 'a="' + "\\u0041" * MIB, "mistakes": "!\n" * MIB,
    "tables": numbered("[a.b%d]\n"), "arrays": "[[a]]\n" * MIB, "devices": "[devices]\nemu_devices = [" + ROW * 30000,
    "regions": BASE + "[0x8000_0000, 0x1000, 7, 0]," * 50000, "unknown": "[base]\n" + numbered("key%d = 1\n"),
    "zeros": b"\0" * MIB, "bytes": b"\xff" * MIB, "lines": "\n" * MIB,
}
QVMCONF = {
    "words": "a " * MIB, "quote": '"' + "x" * MIB, "variables": "$env{" * MIB, "memory": "ram 0x80000000,1M\n" * 60000,
    "devices": "vdev pl011 loc 0x9000000 intr gic:33\n" * 30000, "lines": "ram \\\n" * MIB, "commas": "ram " + "," * MIB,
    "cpus": "cpu sched 10x runmask 99\n" * 50000, "name": "system " + "x" * MIB, "comment": "#" * MIB, "zeros": b"\0" * MIB,
    "settings": numbered("set a%d b\n"), "bytes": b"\xff " * MIB, "blobs": "initrd load a\n" * MIB,
}
CAMKES = {
    "parentheses": VM + "vm0.num_vcpus = " + "(" * MIB, "not": VM + "vm0.num_vcpus = " + "!" * MIB,
    "lists": VM + "vm0.x = " + "[" * MIB, "dictionaries": VM + "vm0.x = " + '{"a":' * MIB, "sum": VM + "vm0.num_vcpus = 1" + "+1" * MIB,
    "attributes": VM + numbered("vm0.a%d = 1;\n"), "same": VM + "vm0.num_vcpus = 1;\n" * MIB, "keys": VM + "vm0.x = {" + numbered('"k%d":1,'),
    "vms": HEAD + "component VM { VM_INIT_DEF() }\nassembly { composition {\n" + numbered("component VM v%d;\n"),
    "components": numbered("component A%d {}\n"), "nested": "assembly { composition {" * MIB, "members": "component A { " + "uses X y; " * MIB,
    "references": VM + numbered("vm0.a%d <- vm0.b;\n"), "expression": VM + 'vm0.vm_address_config = {"ram_base":"' + "(" * 1000000 + '"};',
    "connections": HEAD + "assembly { composition {\n" + numbered("connection seL4X c%d(from vm0.a, to vm0.b);\n"),
    "array": "component A { attribute int x[] = [" + "1," * MIB, "paths": VM + "vm0.dtb = dtb([" + '{"path":"/a"},' * MIB,
    "string": VM + 'vm0.x = "' + "x" * MIB, "strings": VM + "vm0.x = " + '"a" ' * MIB, "bytes": b"\xff " * MIB, "words": "x " * MIB,
    "comment": "/*" * MIB, "line": "//" + "x" * MIB, "conditions": "#if 1\n" * MIB, "condition": "#if " + "(" * MIB,
    "doubling": numbered("#define A%d B\n", 1) + "".join(f"#define A{i + 1} A{i} A{i}\n" for i in range(40)) + "A40\n",
    "arguments": "#define F(x) x x x x x x x x x x\n" + "F(" * 20 + "1" + ")" * 20,
    "grown": "#define A x x x x x x x x x x x x x x x x\n" + "A " * 120000, "grown lists": "#define A [[[[1]]]],\n" + VM + "vm0.x = [" + "A " * 180000,
    "macros": numbered("#define A%d B\n"), "itself": '#include "itself.camkes"\n', "import": 'import "import.camkes";\n' * 40000,
}


# From a small process: what is started has at first the memory of the one that starts it.
LAUNCHER = """
import os, sys
said = os.open("said", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
os.dup2(said, 2)
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, said, 1)])
_, status, used = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def cost(t, *words):
    """(status, seconds of a CPU, bytes at most, what it said), the process and those that it started."""
    command = [sys.executable, "-S", "-E", "-c", LAUNCHER, t.program, *words]
    out = subprocess.run(command, cwd=t.folder, stdout=subprocess.PIPE, check=True, timeout=60).stdout.split()
    return int(out[0]), float(out[1]), int(out[2]) << 10, (t.folder / "said").read_text(errors="replace")


def bounded(t, language, shapes, most):
    wrong, worst = [], [0.0, 0]
    for name, text in shapes.items():
        data = (text.encode() if isinstance(text, str) else text)[:most]
        file = t.write(f"{name.replace(' ', '-')}.{language}", data)
        status, seconds, memory, said = cost(t, "check", "--no-images", file.name)
        worst = [max(worst[0], seconds), max(worst[1], memory)]
        if seconds > SECONDS or memory > MEMORY or status not in (0, 1) or (status == 1) != (": error: " in said):
            wrong.append(f"{file.name}: status {status}, {seconds:.2f} s, {memory / MIB:.1f} MiB\n{said[:200]}")
        if name not in ("comment", "line", "lines") and status == 0:
            wrong.append(f"{file.name}: accepted\n{said[:200]}")
    print(f"# {language}, {len(shapes)} files of {most >> 10} KiB: at most {worst[0]:.2f} s, {worst[1] / MIB:.1f} MiB")
    assert not wrong, "\n".join(wrong)


def test_toml(t):
    bounded(t, "toml", TOML, READ)
    bounded(t, "toml", TOML, MIB)


def test_qvmconf(t):
    bounded(t, "qvmconf", QVMCONF, READ)
    bounded(t, "qvmconf", QVMCONF, MIB)


def test_camkes(t):
    bounded(t, "camkes", CAMKES, MIB)


def vm(i):
    return (f'[base]\nid = {i + 1}\nname = "vm{i}"\ncpu_num = 2\nphys_cpu_sets = [1, 2]\n[kernel]\nentry_point = 0x8020_0000\n'
            'image_location = "fs"\nkernel_path = "Image"\nkernel_load_addr = 0x8020_0000\n'
            'memory_regions = [[0x8020_0000, 0x20_0000, 7, 0]]\n'
            '[devices]\nemu_devices = [["uart0", 0x0900_0000, 0x1000, 33, 2, []]]\n')


def test_thousand_vms(t):
    """Each with memory and a console, in a second; and the one that is wrong among them is found."""
    names = [t.write(f"{i}.toml", vm(i)).name for i in range(1000)]
    status, seconds, memory, said = cost(t, "check", "--no-images", *names)
    print(f"# 1000 VMs: {seconds:.2f} s, {memory / MIB:.1f} MiB")
    t.equal([line for line in said.splitlines() if ": error: " in line][:5], [])
    assert status == 0, status
    assert seconds < SECONDS, seconds
    t.write("999.toml", vm(999).replace("vm999", "vm0"))
    status, seconds, _, said = cost(t, "check", "--no-images", *names)
    assert status == 1 and "999.toml:3:8: error:" in said and seconds < SECONDS, (seconds, said[:1000])
