#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   pictures.sh TRIVET            draw the pictures of docs/pictures
#   pictures.sh TRIVET --check    say which of them are no longer what would be drawn
set -eu

trivet=$(realpath "$1")
check=${2:-}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# draw NAME FILE...
draw()
{
	name=$1
	shift
	"$trivet" show --svg --no-images --platform tests/tool/golden.toml \
		--tree "$work/gateway.dtb" -o "$work/$name" "$@" 2> "$work/log" ||
		{ cat "$work/log" >&2; exit 1; }
	if [ "$check" ]; then
		cmp -s "$work/$name" "docs/pictures/$name" || { echo "docs/pictures/$name: write it by 'make pictures'"; bad=1; }
	else
		cp "$work/$name" "docs/pictures/$name"
	fi
}

dtc -q -I dts -O dtb -o "$work/gateway.dtb" docs/pictures/gateway.dts
draw linux.svg configs/vms/linux-aarch64-qemu-smp2.toml
draw control.svg docs/pictures/gateway/2-control.toml
draw gateway.svg docs/pictures/gateway/1-linux.toml docs/pictures/gateway/2-control.toml docs/pictures/gateway/3-update.toml
exit $bad
