#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Gives Debian's installer for aarch64 as a guest, for the system tests: the kernel and
# the initrd (40 MB) of package debian-installer-N-netboot-arm64 of the suite this
# machine runs, in .cache/guests/installer/ (installer-linux, installer-initrd.gz, and
# VERSION).  No root; what is there is left alone (no network) unless --update is given.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
cache=${TRIVET_CACHE:-$root/.cache}
out=$cache/guests/installer
apt=$root/tools/setup/apt-private.sh
me=$(basename "$0")

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

fetch()
{
	suite=$("$apt" host-suite)
	case $suite in
	bookworm) package=debian-installer-12-netboot-arm64 ;;
	*) package=debian-installer-13-netboot-arm64 ;;
	esac
	printf '  GUEST   %s from %s\n' "$package" "$suite"
	"$apt" "$suite" arm64 fetch "$tmp/deb" "$package"
	deb=$(find "$tmp/deb" -name "${package}_*.deb")
	dpkg-deb -x "$deb" "$tmp/root"
	dpkg-deb -f "$deb" Version >"$tmp/VERSION"
	text=$(find "$tmp/root" -type d -path '*/text/debian-installer/arm64')
	{ [ -s "$text/linux" ] && [ -s "$text/initrd.gz" ]; } ||
		die "$(basename "$deb") has no text/debian-installer/arm64/linux and initrd.gz any more"
	mv "$text/linux" "$out/installer-linux"
	mv "$text/initrd.gz" "$out/installer-initrd.gz"
	mv "$tmp/VERSION" "$out/VERSION"
}

mkdir -p "$out"
exec 8>"$out/.lock"
flock 8
if [ "${1:-}" = --update ] || ! [ -f "$out/VERSION" ]; then
	tmp=$out/.tmp
	rm -rf "$tmp" && mkdir "$tmp"
	trap 'rm -rf "$tmp"' EXIT
	fetch
fi
