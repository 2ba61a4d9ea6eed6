#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every header stands alone: it compiles as the first and only include, twice in a row, with the
# include roots of its own layer and nothing else.
#
#   CC="aarch64-linux-gnu-gcc -mgeneral-regs-only" headers.sh ROOT FLAG...
#
# ROOT is the folder that goes on the include path (base/include); FLAGs are those of the layer,
# its include roots among them.
set -eu

[ $# -ge 1 ] || {
	sed -n '7s/^# *//p' "$0" >&2
	exit 2
}
root=${1%/}
shift

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find "$root" -name '*.h' | sort >"$work/headers"
[ -s "$work/headers" ] || {
	printf 'headers.sh: no header in %s\n' "$root" >&2
	exit 1
}

bad=0
while read -r header; do
	name=${header#"$root"/}
	printf '#include <%s>\n#include <%s>\n' "$name" "$name" >"$work/alone.c"
	# shellcheck disable=SC2086  # CC may carry flags
	if ! ${CC:-cc} "$@" -fsyntax-only "$work/alone.c" 2>"$work/log" </dev/null; then
		printf '%s does not compile alone:\n' "$header" >&2
		sed 's/^/    /' "$work/log" >&2
		bad=1
	fi
done <"$work/headers"
exit "$bad"
