#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The same sources give the same bytes, wherever and whenever they are built: builds twice, in two
# folders with names of different length, at different times, and compares.
#
#   reproducible.sh TARGET FILE...
#
# TARGET is for make; each FILE is relative to the root of the tree, e.g.
# build/aarch64/trivet.bin. What was fetched (.cache) is shared, so no network is needed.
set -eu

[ $# -ge 2 ] || {
	sed -n '7s/^# *//p' "$0" >&2
	exit 2
}
target=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# build FOLDER [ENVIRONMENT...]
build()
{
	dir=$1
	shift
	mkdir -p "$dir"
	# Tracked files and new ones; what was deleted and not committed is not there to be copied.
	(cd "$root" && git ls-files -co --exclude-standard | while IFS= read -r f; do
		[ ! -e "$f" ] && [ ! -L "$f" ] || printf '%s\n' "$f"
	done | tar -cf - -T -) | tar -xf - -C "$dir"
	[ ! -d "$root/.cache" ] || ln -sfn "$root/.cache" "$dir/.cache"
	if ! (unset MAKEFLAGS MAKELEVEL MFLAGS && cd "$dir" &&
		env "$@" make "$target") >"$work/log" 2>&1; then
		printf 'reproducible.sh: make %s failed:\n' "$target" >&2
		tail -n 40 "$work/log" >&2
		exit 1
	fi
}

build "$work/one" TZ=UTC LC_ALL=C
sleep 1 # a second later, for whoever writes the time down
build "$work/another-folder/further-down" TZ=Asia/Tokyo LC_ALL=C.UTF-8 USER=somebody

for f in "$@"; do
	cmp "$work/one/$f" "$work/another-folder/further-down/$f" >&2 || {
		printf 'reproducible.sh: two builds of %s differ\n' "$f" >&2
		exit 1
	}
	printf 'reproducible: %s  %s\n' "$(sha256sum <"$work/one/$f" | cut -c1-16)" "$f"
done
