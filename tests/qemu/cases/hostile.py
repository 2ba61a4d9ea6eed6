# SPDX-License-Identifier: Apache-2.0
"""Hostile guests: each misdeed ends as the architecture says, and a neighbour never notices."""

from harness import GICV2, case
from inmate import Neighbour, last_misdeed, misdeed

FAULTS = ["unmapped_read", "unmapped_write", "unmapped_fetch", "device_fetch", "readonly_write",
          "noexec_fetch", "ram_end", "window_end", "misaligned_device", "gic_every_register",
          "device_instructions", "cache_operations", "huge_addresses", "tables_outside",
          "on_other_stack", "fault_flood"]
DEVICES = ["device_pairs", "device_write_back", "device_stack", "device_vectors", "device_ordered",
           "device_exclusives", "device_atomics", "device_zero_block", "device_hints",
           "device_misaligned", "device_pairs_across", "device_changing_code"]
BELOW = ["user_calls", "user_registers", "user_abort", "user_device", "user32_device", "user32_code", "thumb_code",
         "illegal_returns", "bad_addresses"]
CALLS = ["unknown_calls", "random_calls", "call_immediates", "psci_nonsense", "cpu_on_outside",
         "suspend_nonsense"]
REGISTERS = ["register_reads", "register_writes", "system_instructions", "vital_registers",
             "debug_machinery", "pmu_registers", "debug_registers", "newer_registers",
             "newer_instructions", "fp_off"]
STORMS = ["sgi_storm", "timer_storm", "timer_never_ended", "level_storm", "all_active",
          "level_never_taken", "ends_of_nothing", "set_way_storm", "fault_storm",
          "wait_storm", "wake_storm", "uart_storm", "gic_storm", "device_storm", "on_off_storm",
          "call_storm", "flush_storm", "spin_masked"]
PASS = ["pass_neighbours", "pass_window_storm", "pass_level_storm", "pass_never_ended",
        "pass_switch_storm"]

A, B = 2, 3  # places in the list of consoles; B is the first of the guests that do not come back
NO_MORE = r"\(no more of these\)"
COMPLAINT = r'VM %d "hostile-%s" vCPU 0 at 0x[0-9a-f]+: %s[^\n]*(?s:.*?)' + NO_MORE
# Who does what, what the log says of it, what becomes of the VM.
ENDS = [
    ("vectors_nowhere", r"fetch at 0x20000200: instruction fetch from an address that is not "
                        r"memory", ["running"]),
    ("stack_nowhere", r"8-byte write at 0x200", ["running"]),
    ("tables_nowhere", r"\w+ at 0x20000[0-9a-f]+:", ["running"]),
    ("wipe_memory", None, ["running"]),
    ("spin_forever", None, ["running"]),
    ("sleep_forever", None, ["running"]),
]


def each(vm, neighbour, modes):
    for mode in modes:
        vm.part(mode, neighbour.during(lambda m=mode: misdeed(vm, A, m)))


def ends(vm, neighbour):
    """Guests that are lost, one after the other; they stay while the next ones go the same way."""
    for i, (mode, log, states) in enumerate(ENDS):
        pattern = log and COMPLAINT % (B + i, "bcdefgh"[i], log)
        why = last_misdeed(vm, B + i, mode, pattern, states)
        vm.part(mode, why or neighbour.ask_again())
    resets(vm, neighbour, B + len(ENDS))
    why = last_misdeed(vm, B + len(ENDS), "random_code")
    vm.part("random_code", why or neighbour.ask_again())


def resets(vm, neighbour, place):
    why = None
    for _ in range(4):
        why = why or last_misdeed(vm, place, "reset", r'VM %d "hostile-h" restarts' % place)
        vm.told(r"ready;")
    vm.part("reset_loop", why or neighbour.ask_again())


def all_off(vm, neighbour):
    """The last vCPU switches itself off: that is the end of the VM, and said."""
    why = last_misdeed(vm, A, "all_off", r'VM %d "hostile-a": the last vCPU has turned itself off'
                       % A)
    vm.expect(r'VM %d "hostile-a" powered off' % A)
    vm.part("all_off", why or neighbour.ask_again())


def lost_vcpus(vm, neighbour):
    """One that is lost while the other goes on; the VM restarts, and then loses itself."""
    vm.part("cpu_on_into_data", misdeed(vm, A, "cpu_on_into_data") or neighbour.ask_again())
    why = last_misdeed(vm, A, "reset", r'VM %d "hostile-a" restarts' % A)
    vm.told(r"ready;")
    log = COMPLAINT % (A, "a", r"fetch at 0x9000200: instruction fetch from an address that is not "
                               r"memory \(nearest device: uart0 at 0x9000000\)")
    why = why or last_misdeed(vm, A, "vectors_device", log, ["running"])
    vm.part("vectors_device", why or neighbour.ask_again())


def everybody_else_answers(vm):
    """The neighbour, switched off by its key, is not the last: lost guests are still there."""
    vm.focus(1)
    vm.send("q")
    vm.expect(r'VM 1 "neighbour" powered off')


@case(kernel="hostile", limit=300)
def hostile(vm):
    """Faults, calls, registers, storms, lost guests; the neighbour on another CPU"""
    neighbour = Neighbour(vm)
    each(vm, neighbour, FAULTS + DEVICES + BELOW + CALLS + REGISTERS + STORMS + PASS)
    ends(vm, neighbour)
    all_off(vm, neighbour)
    everybody_else_answers(vm)


@case(kernel="hostile", limit=300, qemu_args=GICV2)
def hostile_gicv2(vm):
    """Faults, calls, registers and storms on a machine with a GICv2"""
    neighbour = Neighbour(vm)
    each(vm, neighbour, FAULTS + BELOW + CALLS + REGISTERS + STORMS + PASS)
    everybody_else_answers(vm)


@case(kernel="hostile-shared", limit=300)
def hostile_shared_cpu(vm):
    """Storms, registers and lost guests; all on the neighbour's CPU"""
    neighbour = Neighbour(vm)
    each(vm, neighbour, ["unmapped_read", "gic_every_register", "user32_code"] + REGISTERS + STORMS +
         PASS)
    ends(vm, neighbour)
    lost_vcpus(vm, neighbour)
    everybody_else_answers(vm)
