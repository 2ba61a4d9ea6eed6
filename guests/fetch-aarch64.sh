#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Gives the sample aarch64 Linux guest: Debian's kernel and a busybox initramfs,
# both by package name from the suite this machine runs, in .cache/guests/aarch64/
# (Image, initramfs.cpio.gz, and VERSION with the package versions).  Kernels are
# not pinned, since a mirror keeps only the current one: apt's signature is what
# we trust, and a change of version is said.  The same packages give the same
# initramfs, byte for byte.  What is there is left alone (no network) unless
# --update is given.  TRIVET_GUEST_SUITE=bookworm|trixie chooses another suite.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
cache=${TRIVET_CACHE:-$root/.cache}
out=$cache/guests/aarch64
apt=$root/tools/setup/apt-private.sh
me=$(basename "$0")

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

# Drivers that are not in the kernel, and that somebody may want to pass devices for.
modules="virtio_mmio virtio_blk virtio-rng"

module_arguments()
{
	for name in $modules; do
		printf '%s\n' -f "644:$out/modules/$name.ko=/lib/modules/$name.ko"
	done
}

make_initramfs()
{
	printf '  INITRD  %s\n' "$out/initramfs.cpio.gz"
	# shellcheck disable=SC2046  # words are what is wanted
	python3 "$here/mkinitramfs.py" "$out/initramfs.cpio.gz" \
		-d /proc -d /sys -d /dev -d /tmp -d /root -d /etc -d /sbin -d /usr/bin -d /usr/sbin \
		-d /lib -d /lib/modules $(module_arguments) \
		-f "755:$out/busybox=/bin/busybox" -l busybox=/bin/sh \
		-f "755:$here/initramfs/init=/init" \
		-f "644:$here/initramfs/inittab=/etc/inittab" \
		-f "644:$here/initramfs/profile=/etc/profile" \
		-n 600:5:1=/dev/console -n 666:1:3=/dev/null
}

# The name of the real kernel package behind the metapackage.
kernel_package()
{
	"$apt" "$suite" arm64 cache show --no-all-versions linux-image-arm64 |
		sed -n 's/^Depends:.*\(linux-image-[0-9][^ ,]*-arm64\).*/\1/p' | head -n 1
}

# A raw arm64 Image carries "ARM\x64" at offset 56; some suites gzip it.
install_kernel()
{
	vmlinuz=$(find "$tmp/kernel/boot" -name 'vmlinuz-*' | head -n 1)
	[ -n "$vmlinuz" ] || die "package $kernel holds no /boot/vmlinuz-*"
	case $(od -An -tx1 -N2 "$vmlinuz" | tr -d ' ') in
	1f8b) gzip -dc "$vmlinuz" >"$tmp/Image" ;;
	*) cp "$vmlinuz" "$tmp/Image" ;;
	esac
	[ "$(od -An -tx1 -j56 -N4 "$tmp/Image" | tr -d ' ')" = 41524d64 ] ||
		die "$(basename "$vmlinuz") is not a raw arm64 Image"
}

# Some suites compress modules, too.
install_modules()
{
	mkdir -p "$tmp/modules"
	for name in $modules; do
		file=$(find "$tmp/kernel" -name "$name.ko" -o -name "$name.ko.xz" | head -n 1)
		case $file in
		*.xz) xz -dc "$file" >"$tmp/modules/$name.ko" ;;
		*.ko) cp "$file" "$tmp/modules/$name.ko" ;;
		*) die "package $kernel holds no module $name" ;;
		esac
	done
	rm -rf "$out/modules"
	mv "$tmp/modules" "$out/modules"
}

unpack() # package, folder
{
	rm -rf "$tmp/deb" "$2" && mkdir -p "$tmp/deb"
	(cd "$tmp/deb" && "$apt" "$suite" arm64 get -qq download "$1") || return 1
	deb=$(find "$tmp/deb" -name "$1_*.deb")
	dpkg-deb -x "$deb" "$2" || return 1
	printf '%s %s\n' "$1" "$(dpkg-deb -f "$deb" Version)" >>"$tmp/VERSION"
}

fetch()
{
	suite=${TRIVET_GUEST_SUITE:-$("$apt" host-suite)}
	kernel=$(kernel_package)
	[ -n "$kernel" ] || die "suite $suite has no linux-image-arm64?"
	for package in "$kernel" busybox-static; do
		printf '  GUEST   %s from %s\n' "$package" "$suite"
		# The indexes may be older than the mirror's content: once more with new ones.
		unpack "$package" "$tmp/$package" || {
			"$apt" "$suite" arm64 update
			unpack "$package" "$tmp/$package"
		} || die "could not get package $package of suite $suite (arm64)"
	done
	mv "$tmp/$kernel" "$tmp/kernel"
	install_kernel
	install_modules
	if [ -f "$out/VERSION" ] && ! cmp -s "$out/VERSION" "$tmp/VERSION"; then
		printf '%s: note: the guest changed since the last fetch:\n' "$me" >&2
		diff "$out/VERSION" "$tmp/VERSION" >&2 || :
	fi
	chmod 0644 "$tmp/Image"
	mv "$tmp/Image" "$out/Image"
	mv "$(find "$tmp/busybox-static" -path '*bin/busybox' -type f)" "$out/busybox"
	mv "$tmp/VERSION" "$out/VERSION"
}

mkdir -p "$out"
exec 8>"$out/.lock"
flock 8
tmp=$out/.tmp
rm -rf "$tmp" && mkdir "$tmp"
trap 'rm -rf "$tmp"' EXIT

if [ "${1:-}" = --update ] || ! [ -f "$out/Image" ] || ! [ -f "$out/busybox" ] ||
	! [ -f "$out/VERSION" ] || ! [ -d "$out/modules" ]; then
	fetch
fi

# The initramfs is ours and cheap: made again whenever one of its inputs changed.
stamp=$(cat "$here/mkinitramfs.py" "$here/fetch-aarch64.sh" "$here"/initramfs/* "$out/busybox" \
	"$out"/modules/* |
	sha256sum | cut -d' ' -f1)
if ! [ -f "$out/initramfs.cpio.gz" ] || [ "$(cat "$out/.stamp" 2>/dev/null)" != "$stamp" ]; then
	make_initramfs
	printf '%s\n' "$stamp" >"$out/.stamp"
fi
