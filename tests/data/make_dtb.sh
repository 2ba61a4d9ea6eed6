#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Device trees for the unit tests, into the folder $TRIVET_TEST_DATA (or the
# first argument): ours from tests/data/*.dts, and those of an emulated machine
# as it would hand them over, for one and for four CPUs, and with a GICv2.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-${TRIVET_TEST_DATA:?where to put the trees}}
qemu=${QEMU_AARCH64:-qemu-system-aarch64}
mkdir -p "$out"

for dts in "$here"/*.dts; do
	dtc -q -I dts -O dtb -o "$out/$(basename "$dts" .dts).dtb" "$dts"
done

# virt NAME CPUS GIC
virt()
{
	timeout 60 "$qemu" -M "virt,virtualization=on,gic-version=$3,dumpdtb=$out/$1.raw" \
		-cpu cortex-a76 -smp "$2" -m 2G -nodefaults -display none >/dev/null 2>&1
	# The machine pads its tree to 1 MiB: keep what is in it.
	dtc -q -I dtb -O dtb -o "$out/$1.dtb" "$out/$1.raw"
	rm -f "$out/$1.raw"
}

virt virt1 1 3
virt virt4 4 3
virt gicv2 2 2
