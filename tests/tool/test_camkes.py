# SPDX-License-Identifier: Apache-2.0
"""CAmkES descriptions at the desk: the preprocessor, imports, what became of each setting."""
import json
import os

VM = """\
import <VM_Arm/VM.camkes>;
import <devices.camkes>;
#include <configurations/vm.h>
#include "size.h"

assembly {
    composition {
        VM_GENERAL_COMPOSITION_DEF()
        VM_COMPOSITION_DEF(0)
    }
    configuration {
        vm0.vm_image_config = {"provide_dtb" : false, "provide_initrd" : false};
#if CPUS
        vm0.num_vcpus = CPUS;
#endif
        vm0.simple_untyped24_pool = 12;
        vm0.colour = "red";
    }
}
"""
DEVICES = """\
#ifndef RAM
#define RAM "0x20000000"
#endif
assembly {
    configuration {
        vm0.vm_address_config = {"ram_base" : "0x40000000", "ram_size" : RAM};
    }
}
"""


def files(t, vm=VM, devices=DEVICES):
    t.write("app/vm.camkes", vm)
    t.write("app/size.h", "#pragma once\n")
    t.write("plat/devices.camkes", devices)


def words(t):
    return ["--platform", t.root / "tests/tool/golden.toml", "--tree", t.data / "host.dtb", "--no-images"]


def show(t, *more):
    return json.loads(t.expect(0, "show", "--json", *words(t), "-I", "plat", *more, "app/vm.camkes").out)


def test_imports_are_found(t):
    files(t)
    r = t.expect(0, "check", *words(t), "-I", "plat", "app/vm.camkes")
    assert "app/vm.camkes:17:9: warning: VM \"vm0\": colour: unknown attribute is ignored" in r.err, r


def test_import_missing(t):
    files(t)
    r = t.expect(1, "check", *words(t), "app/vm.camkes")
    assert 'app/vm.camkes:2:1: error: import "devices.camkes": there is no such file' in r.err, r


def test_import_beside_and_once(t):
    files(t, VM.replace("import <devices.camkes>;", 'import "more.camkes";\nimport "more.camkes";'))
    t.write("app/more.camkes", 'import "vm.camkes";\nimport "../plat/devices.camkes";\n')
    t.expect(0, "check", *words(t), "app/vm.camkes")


def test_mistake_in_an_import(t):
    files(t, devices=DEVICES.replace("vm_address_config =", "vm_address_config"))
    r = t.expect(1, "check", *words(t), "-I", "plat", "app/vm.camkes")
    assert "plat/devices.camkes:6:31: error: expected '=', found '{'" in r.err, r


def test_macros_of_the_command_line(t):
    files(t)
    r = t.expect(0, "show", *words(t), "-I", "plat", "-D", "CPUS=3", "-D", 'RAM="1 << 24"', "app/vm.camkes")
    assert "3 vCPUs, 16 MiB of memory" in r.out, r


def test_header_missing(t):
    files(t, VM.replace("size.h", "sizes.h"))
    r = t.expect(1, "check", *words(t), "-I", "plat", "app/vm.camkes")
    assert "app/vm.camkes:4:10: error: sizes.h: No such file or directory" in r.err, r
    assert "fix: give the folder that it is in by -I" in r.err, r


def test_error_directive(t):
    files(t, VM.replace('#include "size.h"', "#error not for this board"))
    r = t.expect(1, "check", *words(t), "-I", "plat", "app/vm.camkes")
    assert "app/vm.camkes:4:2: error: #error not for this board" in r.err, r


def test_macros_that_explode(t):
    bomb = "".join(f"#define B{i} B{i - 1} B{i - 1} B{i - 1} B{i - 1}\n" for i in range(1, 30))
    t.write("vm.camkes", "#define B0 xxxxxxxxxxxxxxxx\n" + bomb + "B29\n")
    r = t.expect(1, "check", *words(t), "vm.camkes")
    assert "preprocessing it takes more than" in r.err, r


def test_no_preprocessor(t):
    files(t)
    r = t.expect(1, "check", *words(t), "app/vm.camkes", env={"PATH": str(t.folder)})
    assert "there is no C preprocessor on this machine" in r.err, r


def test_preprocessor_fails_in_its_own_words(t):
    """Whatever it says, or says nothing: a file that was not read is never a clean one."""
    files(t)
    for does, want in (("echo no luck >&2; exit 1", "status 1: no luck"), ("exit 3", "status 3: it says nothing")):
        os.chmod(t.write("bin/cpp", f"#!/bin/sh\n{does}\n"), 0o755)
        r = t.expect(1, "check", *words(t), "app/vm.camkes", env={"PATH": f"{t.folder}/bin:{os.environ['PATH']}"})
        assert f"app/vm.camkes: error: the C preprocessor ends with {want}" in r.err, r


def test_header_that_never_ends(t):
    """It waits and takes no time of a CPU."""
    os.mkfifo(t.folder / "pipe.h")
    t.write("vm.camkes", '#include "pipe.h"\n')
    r = t.expect(1, "check", *words(t), "vm.camkes")
    assert "vm.camkes: error: preprocessing it takes more than" in r.err, r


def test_option_without_a_value(t):
    """The preprocessor would take the file's name for it."""
    files(t)
    for option in ("-I", "-D"):
        assert f"{option}: needs a value" in t.expect(2, "check", option, "", "app/vm.camkes").err


def test_nothing_is_left_behind(t):
    files(t)
    t.write("tmp/x", "")
    t.expect(0, "check", *words(t), "-I", "plat", "app/vm.camkes", env={"TMPDIR": str(t.folder / "tmp")})
    t.equal([p.name for p in (t.folder / "tmp").iterdir()], ["x"])


def test_explain(t):
    files(t)
    r = t.expect(0, "check", "--explain", *words(t), "-I", "plat", "app/vm.camkes")
    lines = r.out.splitlines()
    t.equal(lines[0], "app/vm.camkes:9: VM vm0")
    got = {line.split()[1]: line.split()[0] for line in lines[1:]}
    t.equal(got, {"vm_image_config": "used", "vm_address_config": "used", "simple_untyped24_pool": "ignored",
                  "colour": "unknown"})


def test_the_trio_is_one_board(t):
    trio = [t.root / f"configs/vms/linux-aarch64-board-smp2.{lang}" for lang in ("toml", "qvmconf", "camkes")]
    for other in trio[1:]:
        r = t.expect(0, "diff", trio[0], other)
        t.equal(r.out, "")
