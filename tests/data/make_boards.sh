#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Boards' device trees for test_boards.c, as the boot loader hands them over: those of
# Debian's kernel, which know no memory, with the banks that U-Boot writes into them.
# (phytiumpi.dts, of our own, has them already and is made by make_dtb.sh.)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:-${TRIVET_TEST_DATA:?where to put the trees}}
trees=${TRIVET_CACHE:-$root/.cache}/boards
mkdir -p "$out"
"$root/tools/setup/fetch-board-trees.sh"

# U-Boot leaves the first 2 MiB to Trusted Firmware and the last 256 MiB below 4 GiB to devices.
for board in rk3568-roc-pc rk3588-orangepi-5-plus; do
	dtb=$out/$board.dtb
	cp "$trees/$board.dtb" "$dtb"
	fdtput -c "$dtb" /memory@200000
	fdtput -t s "$dtb" /memory@200000 device_type memory
	fdtput -t x "$dtb" /memory@200000 reg 0 200000 0 efe00000 1 0 1 0
	fdtput -t s "$dtb" /chosen u-boot,version 2024.01
done
