# SPDX-License-Identifier: Apache-2.0
"""Two Linux guests at once: each answers at its own prompt, whatever the other does."""

from harness import GICV2, case

BOOT = 150  # seconds to both prompts: they boot at the same time


def prompt_of(vm, place, timeout=15):
    vm.focus(place)
    vm.shell(timeout)


def both_answer(vm, names):
    for place, name in enumerate(names, 1):
        prompt_of(vm, place)
        vm.check(vm.run("hostname") == name + "\n", "VM %d is not %s" % (place, name))
    listed = vm.consoles()
    vm.check(sorted(listed) == [1, 2], "the list shows VMs %s" % sorted(listed))
    for place in (1, 2):
        vm.check(listed[place][1] == "running", "VM %d is %s" % (place, listed[place][1]))
    vm.check(not listed[1][3] and listed[2][3], "the focus is not marked at VM 2")


def one_leaves(vm):
    """From a prompt of VM 2; the machine ends with the last VM."""
    vm.send("poweroff\n")
    vm.expect(r'VM 2 "[^"]*"', 30)
    prompt_of(vm, 1)
    vm.check(vm.consoles()[2][1] != "running", "VM 2 is listed as running after poweroff")
    vm.send("\n")
    vm.run("echo still here")
    vm.send("poweroff\n")
    vm.wait_exit()


def wait_for_output(vm, place, n_bytes):
    """Until that much of a VM without the focus has not been shown."""
    for _ in range(30):
        if vm.consoles()[place][2] >= n_bytes:
            return
        vm.run("sleep 0.3")
    vm.check(False, "VM %d did not write %d bytes" % (place, n_bytes))


@case(vms=["configs/vms/linux-aarch64-qemu-smp2.toml",
           "configs/vms/linux-b-aarch64-qemu-smp2.toml"],
      limit=360)
def two_vms_separate_cpus(vm):
    """Two VMs on their own CPUs; one storms its console, the other answers"""
    vm.expect(r"^Welcome to trivet-guest", BOOT)
    vm.shell(BOOT)
    prompt_of(vm, 2, BOOT)
    both_answer(vm, ["trivet-guest", "linux-b"])
    vm.check(vm.run("nproc") == "2\n", "nproc of VM 2 is not 2")
    prompt_of(vm, 2)
    vm.send("yes storm &\n")
    vm.focus(1)
    vm.shell()
    for i in range(5):
        vm.check(vm.run("echo $((%d + 1))" % i) == "%d\n" % (i + 1), "VM 1 computes wrongly")
    wait_for_output(vm, 2, 20000)
    vm.focus(2)
    vm.expect(r"^\[\.\.\. \d+ bytes dropped \.\.\.\]\n", 10)
    vm.send("kill %1\n")
    vm.shell(60)
    one_leaves(vm)


SHARED = ["configs/vms/linux-shared-a-aarch64-qemu-smp1.toml",
          "configs/vms/linux-shared-b-aarch64-qemu-smp1.toml"]


@case(name="two_vms_shared_cpu_gicv2", qemu_args=GICV2, vms=SHARED, limit=360)
@case(vms=SHARED, limit=360)
def two_vms_shared_cpu(vm):
    """Two VMs on one CPU; one never sleeps, the other answers"""
    vm.expect(r"^Welcome to linux-shared-a", BOOT)
    vm.shell(BOOT)
    prompt_of(vm, 2, BOOT)
    both_answer(vm, ["linux-shared-a", "linux-shared-b"])
    prompt_of(vm, 1)
    vm.run("(while :; do :; done) & echo")
    prompt_of(vm, 2)
    for i in range(5):
        vm.check(vm.run("echo $((%d + 1))" % i) == "%d\n" % (i + 1), "VM 2 computes wrongly")
    one_leaves(vm)
