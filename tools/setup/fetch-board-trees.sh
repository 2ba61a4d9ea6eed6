#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Device trees of boards, as Debian's arm64 kernel package carries them, for the
# discovery tests: in .cache/boards/, with VERSION.  Older kernels lack some of
# them, so the suite is trixie on every machine.  No root; what is there is left
# alone (no network) unless --update is given.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${TRIVET_CACHE:-$root/.cache}
out=$cache/boards
apt=$here/apt-private.sh
suite=trixie
trees="rk3568-roc-pc rk3588-orangepi-5-plus"
me=$(basename "$0")

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

# The name of the real kernel package behind the metapackage.
kernel_package()
{
	"$apt" "$suite" arm64 cache show --no-all-versions linux-image-arm64 |
		sed -n 's/^Depends:.*\(linux-image-[0-9][^ ,]*-arm64\).*/\1/p' | head -n 1
}

download() # folder
{
	kernel=$(kernel_package)
	[ -n "$kernel" ] || die "suite $suite has no linux-image-arm64?"
	rm -rf "$1" && mkdir -p "$1"
	(cd "$1" && "$apt" "$suite" arm64 get -qq download "$kernel")
}

fetch()
{
	printf '  TREES   linux-image-arm64 from %s\n' "$suite"
	# The indexes may be older than the mirror's content: once more with new ones.
	download "$tmp/deb" || {
		"$apt" "$suite" arm64 update
		download "$tmp/deb"
	} || die "could not get the arm64 kernel package of suite $suite"
	deb=$(find "$tmp/deb" -name 'linux-image-*.deb')
	dpkg-deb --fsys-tarfile "$deb" | tar -C "$tmp" --no-same-owner --wildcards \
		-xf - '*/rockchip/rk3568-roc-pc.dtb' '*/rockchip/rk3588-orangepi-5-plus.dtb'
	for tree in $trees; do
		found=$(find "$tmp" -name "$tree.dtb")
		[ -n "$found" ] || die "$(basename "$deb") has no $tree.dtb any more"
		mv "$found" "$out/"
	done
	dpkg-deb -f "$deb" Version >"$out/VERSION"
}

mkdir -p "$out"
exec 8>"$out/.lock"
flock 8
wanted=${1:-}
for tree in $trees; do
	[ -f "$out/$tree.dtb" ] || wanted=--update
done
if [ "$wanted" = --update ]; then
	tmp=$out/.tmp
	rm -rf "$tmp" && mkdir "$tmp"
	trap 'rm -rf "$tmp"' EXIT
	fetch
fi
