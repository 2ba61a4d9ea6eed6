#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prints the path of U-Boot for QEMU's "virt" machine (aarch64): from the package
# u-boot-qemu of the suite this machine runs, in .cache/u-boot/, with VERSION beside
# it.  No root; what is there is left alone (no network) unless --update is given.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${TRIVET_CACHE:-$root/.cache}
out=$cache/u-boot
apt=$here/apt-private.sh
me=$(basename "$0")

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

fetch()
{
	suite=$("$apt" host-suite)
	printf '  U-BOOT  u-boot-qemu from %s\n' "$suite" >&2
	"$apt" "$suite" "$(dpkg --print-architecture)" fetch "$tmp/deb" u-boot-qemu
	deb=$(find "$tmp/deb" -name 'u-boot-qemu_*.deb')
	dpkg-deb -x "$deb" "$tmp/root"
	dpkg-deb -f "$deb" Version >"$tmp/VERSION"
	[ -s "$tmp/root/usr/lib/u-boot/qemu_arm64/u-boot.bin" ] ||
		die "$(basename "$deb") has no qemu_arm64/u-boot.bin any more"
	mv "$tmp/root/usr/lib/u-boot/qemu_arm64/u-boot.bin" "$tmp/VERSION" "$out/"
}

mkdir -p "$out"
exec 8>"$out/.lock"
flock 8
if [ "${1:-}" = --update ] || ! [ -f "$out/u-boot.bin" ]; then
	tmp=$out/.tmp
	rm -rf "$tmp" && mkdir "$tmp"
	trap 'rm -rf "$tmp"' EXIT
	fetch
fi
printf '%s\n' "$out/u-boot.bin"
