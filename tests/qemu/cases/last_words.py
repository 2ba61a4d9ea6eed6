# SPDX-License-Identifier: Apache-2.0
"""What the hypervisor says when an invariant of its own breaks, and that memory rights hold."""

from harness import case

FRAMES = r"#\d+ 0x[0-9a-f]{16} core_boot\+0x"


def crash(kind, head, first):
    """A test that breaks the invariant `kind`: the headline, the innermost frame, the way down to boot."""

    def test(vm):
        vm.panic_is_expected = True
        vm.expect(rf"trivet: panic on CPU 0: .*{head}", 20)
        vm.expect(rf"#0 0x[0-9a-f]{{16}} ?{first}", 5)
        vm.expect(FRAMES if kind != "stack" else r"#20 0x[0-9a-f]{16} overflow\+", 5)
        vm.expect(r"^Trivet \d", 5)
        vm.wait_exit()

    test.__name__ = f"last_words_{kind}"
    test.__doc__ = f"crash={kind} ends in a symbolised backtrace"
    case(append=f"crash={kind}")(test)


crash("bug", r"main/crash\.c:\d+: BUG: 1 \+ 1 == 2", r"panic_at\+")
crash("read", "data abort in the hypervisor", r"crash_read\+")
crash("text", "data abort in the hypervisor", r"crash_text\+")
crash("rodata", "data abort in the hypervisor", r"crash_rodata\+")
crash("exec", "instruction abort in the hypervisor", "")
crash("stack", "data abort in the hypervisor", r"overflow\+")
