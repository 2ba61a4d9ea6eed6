#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Upward calls cannot hide: links the objects of one layer to one and looks at what is missing.
#
#   layers.sh [-l LD] [-n NM] [-a BELOW]... [-p HEADER]... [-s SYMBOL]... LAYER OBJECT...
#
# A symbol may stay undefined when an object or archive BELOW defines it, when HEADER declares it
# (a port, or a list that is generated), when it is SYMBOL, or when every compiler's own library
# has it. Anything else is an arrow that docs/architecture.md does not show.
#
#   base       layers.sh base B.o
#   lib        layers.sh -a base.a -a third_party.a -p lib/include/lib/config.h lib L.o
#   vdev       layers.sh -a base.a -a lib.a -p port/vdev/include/port/vdev.h ... vdev V.o
#   drivers    layers.sh -a base.a -a lib.a -p port/driver/include/port/driver.h drivers D.o
set -eu
LC_ALL=C
export LC_ALL

ld=${LD:-ld}
nm=${NM:-nm}
# What gcc and clang call without being asked: wide arithmetic, and nothing that does I/O.
compiler='__(u?div|u?mod|mul|ashl|ashr|lshr|neg|clz|ctz|popcount|u?cmp|bswap|ffs|parity)[a-z]*[sdt]i[234]?'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/may"

usage()
{
	sed -n '5s/^# *//p' "$0" >&2
	exit 2
}

# Names a header declares: whatever stands before "(", and arrays or objects that are extern.
# Comments go first (on one line, each one's end made a byte that no text has).
declared()
{
	end=$(printf '\001')
	tr '\n' ' ' <"$1" | sed -e "s,\*/,$end,g" -e "s,/\*[^$end]*$end, ,g" | tr ';{}' '[\n*]' |
		sed -e 's/^\(.*\bextern .*[ *][a-z_0-9]\{1,\}\) *\(\[[^]]*\]\)\{0,1\} *$/\1(/' |
		grep -oE '[a-z_][a-z0-9_]*\(' | tr -d '('
}

while getopts l:n:a:p:s: option; do
	case $option in
	l) ld=$OPTARG ;;
	n) nm=$OPTARG ;;
	a) "$nm" -g --defined-only "$OPTARG" | awk 'NF == 3 { print $3 }' >>"$work/may" ;;
	p) declared "$OPTARG" >>"$work/may" ;;
	s) printf '%s\n' "$OPTARG" >>"$work/may" ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || usage
layer=$1
shift

"$ld" -r -o "$work/layer.o" "$@"
"$nm" -u "$work/layer.o" | awk '{ print $2 }' | grep -vxE "$compiler" | sort -u >"$work/wants" || :
sort -u "$work/may" | comm -23 "$work/wants" - >"$work/up"
[ -s "$work/up" ] || exit 0

while read -r symbol; do
	users=$("$nm" -A -u "$@" | awk -v s="$symbol" '$NF == s { sub(/:.*/, ""); print }' | tr '\n' ' ')
	printf '%s: calls "%s", which is not below it: %s\n' "$layer" "$symbol" "$users" >&2
done <"$work/up"
exit 1
