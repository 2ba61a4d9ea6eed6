# SPDX-License-Identifier: Apache-2.0
"""Another machine than the one everything else runs on."""

from harness import case


@case(kernel="board", platform="configs/platforms/aarch64-ast2700-evb.toml", dts="ast2700.dts",
      qemu="10", append="log=debug")
def board_with_16550(vm):
    """An AST2700: our console is a 16550, memory begins at 16 GiB, there is no firmware"""
    vm.expect(r"console: ns16550 at 0x14c33b00", 30)
    vm.expect(r"memory +0x400000000-0x43fffffff 1024 MiB")
    vm.expect(r"firmware +calls by none")
    vm.expect(r"arguments +log=debug")
    vm.expect(r"1 of 1 CPUs run")
    vm.expect(r"^Welcome to on-board: Linux .* 1 CPU\(s\)", 150)
