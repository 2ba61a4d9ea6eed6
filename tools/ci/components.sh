#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Turns the list of components into the C file that names each of them once:
#
#   components.sh vdev:uart/pl011 driver:uart/pl011 config:axvisor image:elf ... >gen/components.c
#
# kind    array           object             order
# vdev    vdev_classes    vdev_<name>        sorted
# driver  drivers         driver_<dir>_<name> sorted
# config  config_langs    config_<name>      sorted
# image   image_formats   image_<name>       as given; raw takes everything, so it stands last
#
# <name> is the last part of the path; a driver keeps its folders, with "_" for "/". A kind that
# is not mentioned gets an empty array. No linker section, no constructor: a list one can read.
# With "-k KIND" first there is only that kind's array: tests replace one and keep the others.
set -eu
LC_ALL=C
export LC_ALL

die()
{
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

symbol_of()
{
	case $1 in
	driver:*) printf 'driver_%s\n' "${1#*:}" | tr / _ ;;
	*) printf '%s_%s\n' "${1%%:*}" "${1##*[:/]}" ;;
	esac
}

order_of()
{
	if [ "$1" = image ]; then
		cat
	else
		sort
	fi
}

# The symbols of one kind, one to a line, in the order of their array.
symbols_of()
{
	kind=$1
	shift
	for c in "$@"; do
		case $c in
		image:raw) ;;
		"$kind":*) symbol_of "$c" ;;
		esac
	done | order_of "$kind"
	for c in "$@"; do
		case $kind:$c in
		image:image:raw) symbol_of "$c" ;;
		esac
	done
}

# array KIND TYPE NAME COMPONENTS...
array()
{
	kind=$1 type=$2 name=$3
	shift 3
	[ "${only:-$kind}" = "$kind" ] || return 0
	symbols=$(symbols_of "$kind" "$@")
	twice=$(printf '%s\n' "$symbols" | sort | uniq -d | head -n 1)
	[ -z "$twice" ] || die "two components would define $twice"
	printf '\n'
	for s in $symbols; do
		printf 'extern const struct %s %s;\n' "$type" "$s"
	done
	printf 'const struct %s *const %s[] = {\n' "$type" "$name"
	for s in $symbols; do
		printf '\t&%s,\n' "$s"
	done
	printf '\tNULL,\n};\n'
}

only=
if [ "${1:-}" = -k ]; then
	[ $# -ge 2 ] || die "-k: which kind?"
	only=$2
	shift 2
fi
for c in "$@"; do
	case $c in
	*[!a-z0-9_:/]* | *:*:* | *: | */ | *//* | *:/*) die "\"$c\" is not <kind>:<path>" ;;
	vdev:* | driver:* | config:* | image:*) ;;
	*) die "\"$c\": the kinds are vdev, driver, config, image" ;;
	esac
done

cat <<'END'
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generated from the component list by tools/ci/components.sh. What is in this build, in the
 * order in which it is tried.
 */
#include <lib/config.h>
#include <lib/image.h>
#include <port/driver.h>
#include <port/vdev.h>
END
array vdev vdev_class vdev_classes "$@"
array driver driver drivers "$@"
array config config_lang config_langs "$@"
array image image_format image_formats "$@"
