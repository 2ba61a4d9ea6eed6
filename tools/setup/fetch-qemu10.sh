#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   make run QEMU=$(tools/setup/fetch-qemu10.sh)
#
# Prints the path of a QEMU 10 for aarch64 machines.  Debian 13 has one; for Debian
# 12 it is taken from the backports suite, unpacked in .cache/qemu10/ beside nothing
# else, and run by the libraries that the system's own qemu-system-arm has brought.
# No root; what is there is left alone (no network) unless --update is given.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${TRIVET_CACHE:-$root/.cache}
out=$cache/qemu10
apt=$here/apt-private.sh
packages="qemu-system-arm qemu-system-common qemu-system-data"
me=$(basename "$0")

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

is_10()
{
	case $("$1" --version 2>/dev/null | head -n 1) in
	"QEMU emulator version 1"[0-9].*) true ;;
	*) false ;;
	esac
}

# What the binary does not find is named by the system's linker.
check_libraries()
{
	lost=$(ldd "$1" | awk '/not found/ { print $1 }')
	[ -z "$lost" ] || die "this machine lacks libraries of QEMU 10:
$lost
    apt-get install qemu-system-arm brings those of 7.2, which are enough on Debian 12"
}

# The folders it was built to look in are the system's, and it looks there too, and complains.
write_wrapper()
{
	cat >"$1" <<-SH
		#!/bin/bash
		# Written by $me.
		root=\$(cd "\$(dirname "\$0")" && pwd)/root
		QEMU_MODULE_DIR=\$(echo "\$root"/usr/lib/*-linux-gnu/qemu)
		export QEMU_MODULE_DIR
		exec "\$root/usr/bin/qemu-system-aarch64" -L "\$root/usr/share/qemu" "\$@" \\
			2> >(grep --line-buffered -ve 'failed to initialize module' -e 'Only modules from the same' >&2)
	SH
	chmod +x "$1"
}

fetch()
{
	suite=$("$apt" host-suite)-backports
	printf '  QEMU    10 from %s\n' "$suite" >&2
	# shellcheck disable=SC2086  # a list of words
	"$apt" "$suite" "$(dpkg --print-architecture)" fetch "$tmp/deb" $packages
	for deb in "$tmp"/deb/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root"
	done
	check_libraries "$tmp/root/usr/bin/qemu-system-aarch64"
	rm -rf "$out/root"
	mv "$tmp/root" "$out/root"
	write_wrapper "$out/qemu-system-aarch64"
	is_10 "$out/qemu-system-aarch64" || die "the unpacked QEMU does not start"
}

system=$(command -v qemu-system-aarch64 || :)
if [ -n "$system" ] && is_10 "$system"; then
	printf '%s\n' "$system"
	exit 0
fi
mkdir -p "$out"
exec 8>"$out/.lock"
flock 8
if [ "${1:-}" = --update ] || ! [ -x "$out/qemu-system-aarch64" ]; then
	tmp=$out/.tmp
	trap 'rm -rf "$out/.tmp"' EXIT
	fetch
fi
printf '%s\n' "$out/qemu-system-aarch64"
