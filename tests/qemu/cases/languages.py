# SPDX-License-Identifier: Apache-2.0
"""One board in three languages (configs/vms/linux-aarch64-board-smp2.*), from both stores: the same machine.

`trivet diff` of the files is in tests/tool/test_languages.py.
"""

from harness import case

BOOT = 90  # seconds to the first prompt
SAMPLE = "linux-aarch64-board-smp2."


def same_machine(vm, language, store):
    """CPUs, memory, controller, console and command line, as the guest sees them."""
    # What is only read at the desk goes there packed, and says where it was written.
    place = r"\S*configs/vms/" if language == "camkes" else store + ":/guest/vm_default/"
    vm.expect(r'VM 1 "linux" from %s%s%s\n' % (place, SAMPLE, language))
    vm.expect(r"^Welcome to ", BOOT)
    vm.shell()
    vm.check(vm.run("nproc") == "2\n", "nproc is not 2")
    iomem = vm.run("cat /proc/iomem")
    for line in ("09000000-09000fff : pl011@9000000", "80000000-9fffffff : System RAM"):
        vm.check(line in iomem, "/proc/iomem has no %s" % line)
    vm.run("find /proc/device-tree/ -name '*@8000000' | grep .")
    uart = vm.interrupts("uart-pl011")
    vm.run("sleep 1")
    vm.check(sum(vm.interrupts("uart-pl011")) > sum(uart), "uart-pl011 does not count: %s" % uart)
    vm.check(vm.run("cat /proc/cmdline") == "console=ttyAMA0 rdinit=/init\n", "another command line")
    vm.send("poweroff\n")
    vm.wait_exit()


def register(language, store, slow):
    more = {"kernel": "linux-board-" + language} if store == "archive" else {"vms": ["configs/vms/" + SAMPLE + language]}

    def board(vm):
        same_machine(vm, language, store)
    board.__doc__ = "The board of three languages as .%s, from the %s" % (language, store)
    case(name="board_%s_%s" % (language, store), slow=slow, **more)(board)


# Each language once, each store at least once; others combine what these show.
register("toml", "disk", slow=False)
register("qvmconf", "disk", slow=False)
register("camkes", "archive", slow=False)
register("toml", "archive", slow=True)
register("qvmconf", "archive", slow=True)
register("camkes", "disk", slow=True)
