#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   packages.sh run     what building and starting Trivet in an emulator needs
#   packages.sh test    that, and what the tests and linters need
#
# Installs the Debian packages that are missing, on Debian 12 or 13, amd64 or
# arm64; when none is missing it is instant and uses no network.  Needs root or
# sudo only to install; without either it prints the one line to give to root.
set -eu

me=$(basename "$0")

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

# libc6-dev is only recommended by gcc, and recommendations are left out.
run_packages()
{
	echo make gcc libc6-dev qemu-system-arm python3 bzip2 gzip xz-utils
	case $(dpkg --print-architecture) in
	arm64) ;; # the native gcc is also found under its aarch64 name
	*) echo gcc-aarch64-linux-gnu ;;
	esac
}

test_packages()
{
	echo clang lld llvm "libclang-rt-$(clang_major)-dev" clang-format clang-tidy cppcheck \
		shellcheck libcmocka-dev device-tree-compiler cpio mtools dosfstools gdisk git ca-certificates
}

# The sanitizer and fuzzer runtimes must be those of the default clang.
clang_major()
{
	version=$(dpkg-query -W -f '${Version}' clang 2>/dev/null) || version=
	case $version/$codename in
	[0-9]*:[0-9]*) version=${version#*:} && echo "${version%%.*}" ;;
	*/bookworm) echo 14 ;;
	*) echo 19 ;;
	esac
}

missing()
{
	for package in "$@"; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :) in
		installed*) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

# Root as we are, or by sudo when it can ask (a terminal) or needs not.
as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
		sudo "$@"
	else
		return 1
	fi
}

group=${1:-}
command -v dpkg-query >/dev/null || die "this machine is not Debian; use Debian 12 or 13"
# shellcheck source=/dev/null
codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
case $group in
run) wanted=$(run_packages) ;;
test) wanted="$(run_packages) $(test_packages)" ;;
*) die "usage: $me run|test" ;;
esac

# shellcheck disable=SC2086  # a list of words
todo=$(missing $wanted)
[ -n "$todo" ] || exit 0
todo=${todo% }

printf '  APT     installing %s\n' "$todo"
# shellcheck disable=SC2086  # a list of words
if ! { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -y \
		install --no-install-recommends $todo; }; then
	die "could not install packages; as root, run

    apt-get update && apt-get install -y --no-install-recommends $todo
"
fi
# shellcheck disable=SC2086  # a list of words
todo=$(missing $wanted)
[ -z "$todo" ] || die "apt-get ended well, yet these are missing: $todo"
