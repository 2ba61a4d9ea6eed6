# SPDX-License-Identifier: Apache-2.0
"""The console: our keys among the guest's, storms of output, and more typed at once than is read."""

import hashlib

from harness import case
from machine import CTRL_X
from vmfile import linux

BOOT = 150


@case(vms=[linux("one"), linux("two", id=2, cpus=[1])])
def console_keys(vm):
    """Ctrl+X and what may follow it; Ctrl+X Ctrl+X is the guest's own"""
    vm.expect(r"^Welcome to one", BOOT)
    vm.shell()
    vm.send(CTRL_X + "h")
    vm.expect(r"^--- Ctrl\+X, then 1\.\.9", 5)
    vm.send(CTRL_X + "7")
    vm.expect(r"^--- Ctrl\+X, then 1\.\.9", 5)  # there is no such console
    for key, name in (("n", "two"), ("n", "one"), ("p", "two"), ("p", "one"), ("2", "two"), ("1", "one")):
        vm.send(CTRL_X + key)
        vm.expect(r'^--- console of VM \d "%s" ---\n' % name, 5)
    vm.shell()
    # The guest counts the bytes: two keys of ours and a letter between them.
    vm.send("stty raw; dd bs=1 count=3 2> /dev/null | od -An -tx1; stty sane\n")
    vm.expect(r"stty sane\n", 5)
    vm.expect_not("[0-9]", 1)
    vm.send(CTRL_X * 2 + "a" + CTRL_X * 2)
    vm.expect(r" 18 61 18\s", 10)
    vm.shell()
    # Keys come through while what they are typed at reads nothing.
    vm.send("sleep 3\n")
    vm.send("typed ahead\n")
    vm.focus(2)
    vm.shell(BOOT)
    vm.check(vm.run("hostname") == "two\n", "VM 2 is another one")


@case(vms=[linux("storm"), linux("calm", id=2, cpus=[1])], limit=300)
def output_storm(vm):
    """A guest that writes for ever, in the focus and out of it, keeps nobody from being heard"""
    vm.expect(r"^Welcome to storm", BOOT)
    vm.shell()
    vm.send("yes > /dev/ttyAMA0 &\n")
    vm.expect(r"(y\n){200}", 20)
    vm.focus(2)
    vm.shell(BOOT)
    for i in range(10):
        vm.check(vm.run("echo $((%d + 1))" % i) == "%d\n" % (i + 1), "VM 2 computes wrongly")
    before = vm.consoles()[1][2]
    vm.check(before > 10000, "VM 1 does not storm: %d bytes" % before)
    vm.focus(1)
    vm.expect(r"(y\n){2000}", 20)
    vm.send("kill %1\n")
    vm.shell(60)
    vm.check(vm.run("echo calm again") == "calm again\n", "VM 1 does not answer")


def paste_file(vm, n_lines, name):
    """Paste a file of that many lines of 80 bytes; compare what the guest has got of it."""
    text = "".join("%06d %s\n" % (i, "abcdefghijklmnopqrstuvwxyz0123456789" * 2) for i in range(n_lines))
    vm.shell()
    vm.send("stty -echo; cat > /tmp/%s; stty echo\n" % name)
    vm.expect(r"stty echo\n", 5)
    vm.send(text + "\x04")
    vm.shell(60)
    got = vm.run("wc -c < /tmp/%s; md5sum < /tmp/%s" % (name, name)).split()
    vm.check(int(got[0]) == len(text), "the guest has got %s of %d bytes" % (got[0], len(text)))
    vm.check(got[1] == hashlib.md5(text.encode()).hexdigest(), "the guest has got something else")


@case(vms=[linux("paste", cpus=[0, 1])], limit=300)
def paste(vm):
    """25 and then 500 lines pasted at once arrive whole"""
    vm.expect(r"^Welcome to paste", BOOT)
    paste_file(vm, 25, "a")
    paste_file(vm, 500, "b")


@case(vms=[linux("deaf"), linux("hears", id=2, cpus=[1])], limit=300)
def paste_to_the_deaf(vm):
    """Typing for a guest that has stopped reading does not lock us out of our own keys"""
    vm.expect(r"^Welcome to deaf", BOOT)
    vm.shell()
    vm.send("echo 1 > /proc/sys/kernel/sysrq; echo 0 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger\n")
    vm.panic_is_expected = True
    vm.expect(r"end Kernel panic", 20)
    vm.send("x" * 3000)
    vm.focus(2, 30)
    vm.shell(BOOT)
    vm.check(vm.run("hostname") == "hears\n", "VM 2 is another one")


@case(vms=[linux("rockchip-like", mib=192, emu_devices=[["dw-apb-uart", 0xfeb5_0000, 0x1000, 77, 2, []]],
                 cmdline="console=ttyS0 earlycon rdinit=/init hostname=rockchip-like"),
           linux("pc-like", id=2, cpus=[1], mib=192,
                 emu_devices=[["ns16550a", 0x900_0000, 0x1000, 40, 2, [0]]],
                 cmdline="console=ttyS0 rdinit=/init hostname=pc-like quiet")], limit=300)
def console_16550(vm):
    """Linux's 8250 driver on a virtual 16550: registers four bytes and one byte apart"""
    vm.expect(r"earlycon: (ns16550a|uart|uart8250)\d* at MMIO32? 0x0*feb50000", BOOT)
    vm.expect(r"feb50000\.serial: ttyS0 at MMIO 0xfeb50000 \(irq = \d+, base_baud = 1500000\) is a 16550A", BOOT)
    vm.expect(r"^Welcome to rockchip-like", BOOT)
    vm.shell(BOOT)
    for name in ("rockchip-like", "pc-like"):
        vm.check(vm.run("hostname") == name + "\n", "this is another one")
        before = sum(vm.interrupts("ttyS0"))
        # More than any FIFO holds, out and in.
        vm.run("stty -echo; cat /proc/kallsyms | head -n 400 > /tmp/a; sha1sum < /tmp/a; cat /tmp/a; stty echo", 60)
        typed = "0123456789abcdef" * 60
        vm.check(vm.run("echo %s | wc -c" % typed, 60).endswith("%d\n" % (len(typed) + 1)),
                 "what was typed is not what came")
        vm.check(sum(vm.interrupts("ttyS0")) > before, "the UART has no interrupts")
        if name == "rockchip-like":
            vm.focus(2)
            vm.shell(BOOT)
    vm.send("poweroff\n")
    vm.expect(r'VM 2 "pc-like" powered off', 30)
    vm.focus(1)
    vm.shell()
    vm.send("poweroff\n")
    vm.wait_exit()
