# SPDX-License-Identifier: Apache-2.0
"""What stands still is told, once; who computes is left alone."""

from harness import case

TALK = ["tests/qemu/vms/talk.toml"]
COMPUTE = ["tests/qemu/vms/compute.toml"]


def once(vm, line, seconds=4):
    """It comes, and not again while nothing changes."""
    vm.expect(line, 20)
    vm.expect_not(line, seconds)


@case(vms=TALK, guests="inmates", append="stall=phase")
def stall_phase(vm):
    """stall=phase: a boot stage that does nothing for five seconds is told, and goes on"""
    once(vm, r'error: boot stage "guests" makes no progress for 2 s', 1)
    vm.expect(r'warning: boot stage "guests" (is done after all|goes on)', 10)
    vm.told(r"ready;")


@case(vms=TALK, guests="inmates", append="stall=phase", smp="1", slow=True)
def stall_phase_alone(vm):
    """stall=phase with one CPU: it watches itself while it polls"""
    once(vm, r'error: boot stage "guests" makes no progress for 2 s', 1)


@case(vms=TALK, guests="inmates", append="stall=load")
def stall_load(vm):
    """stall=load: a VM whose images cannot be read"""
    once(vm, r'error: VM 1 "talk" is loading and makes no progress for \d s: image 1 of 1, step 0, '
             r"byte 0; 0 vCPUs on; CPU 1 works for it")


@case(vms=TALK, guests="inmates", append="stall=exit")
def stall_exit(vm):
    """stall=exit: a handler that waits for a lock says so itself, and the others say it of its CPU"""
    vm.expect(r"error: CPU 1 waits for a lock for 2 s < [^;]*vcpu_run[^;]*; VM 1 \"talk\" vCPU 0 at "
              r"0x80[0-9a-f]+, last exit: device access$", 20)
    once(vm, r"error: CPU 1 does not leave the hypervisor for \d s: VM 1 \"talk\" vCPU 0 at "
             r"0x80[0-9a-f]+, last exit: device access$")


@case(vms=["tests/qemu/vms/talk-alone.toml"], guests="inmates", append="stall=exit", smp="1",
      slow=True)
def stall_exit_alone(vm):
    """stall=exit with one CPU: it says so itself"""
    vm.expect(r"error: CPU 0 waits for a lock for 2 s < ", 20)


@case(vms=COMPUTE, guests="inmates", append="stall=irq")
def stall_irq(vm):
    """stall=irq: an interrupt that nobody takes to a guest that computes; which is left alone before"""
    vm.expect(r"stall=irq in 0 s", 30)
    vm.check("makes no progress" not in vm.text and "does not" not in vm.text,
             "a guest that computes is complained of")
    vm.expect(r'warning: VM 1 "compute" vCPU 0 \(ready\): an interrupt for it is not delivered for '
              r'2 s; CPU 1 has VM 1 "compute" vCPU 0 at 0x80[0-9a-f]+, last exit: ', 10)
    vm.expect(r'warning: VM 1 "compute" vCPU 0 goes on', 5)
