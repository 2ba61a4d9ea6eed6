#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Lays the third-party sources of third_party/parts.list out in .cache/parts/:
# libfdt/, fatfs/ and zlib/, each with just the files we compile or include.
# Every byte used has been compared with a pinned sha256; a part appears whole
# or not at all.  What was fetched once stays in .cache/downloads/, so a second
# run needs no network, and a file put there by hand is as good as a fetched one.
# No root.  Run it from anywhere.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${TRIVET_CACHE:-$root/.cache}
list=$root/third_party/parts.list
downloads=$cache/downloads
parts=$cache/parts
me=$(basename "$0")

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

sha256_of()
{
	sha256sum <"$1" | cut -d' ' -f1
}

rows_of()
{
	awk -v n="$1" '$1 == n' "$list"
}

other_suite()
{
	case $1 in
	bookworm) printf 'trixie\n' ;;
	*) printf 'bookworm\n' ;;
	esac
}

# The files of an upstream tarball that we use, as tar patterns.
members_of()
{
	case $1 in
	libfdt)
		printf '%s\n' '*/libfdt/*.c' '*/libfdt/*.h' '*/BSD-2-Clause' ;;
	zlib)
		for f in adler32.c crc32.c inffast.c inflate.c inftrees.c zutil.c \
			crc32.h inffast.h inffixed.h inflate.h inftrees.h \
			zconf.h zlib.h zutil.h LICENSE; do
			printf '*.dfsg/%s\n' "$f"
		done ;;
	*)
		die "$list: do not know which files of $1 are wanted" ;;
	esac
}

# One attempt in one suite.  Its own noise goes to a log that is shown only
# when every attempt has failed.
fetch_tarball_from()
{
	tmp=$downloads/partial.$$
	rm -rf "$tmp" && mkdir -p "$tmp"
	(cd "$tmp" && "$here/apt-private.sh" "$1" source get -qq source --download-only \
		--tar-only "$2") >>"$log" 2>&1 || :
	if [ -f "$tmp/$3" ]; then
		mv "$tmp/$3" "$downloads/$3"
	else
		printf 'suite %s has: %s\n' "$1" "$(ls "$tmp")" >>"$log"
	fi
	rm -rf "$tmp"
	[ -f "$downloads/$3" ]
}

fetch_source() # name package version suite file sha256
{
	[ -f "$downloads/$5" ] || fetch_tarball_from "$4" "$2" "$5" ||
		fetch_tarball_from "$(other_suite "$4")" "$2" "$5" || {
		cat "$log" >&2
		die "could not get $5 ($1 $3) from the mirror.
If the messages above are about the network, try again later.  If suites $4 and
$(other_suite "$4") hold another version now, either put a copy of $5 into
    $downloads/
or move third_party/parts.list to the new version and its sha256."
	}
	got=$(sha256_of "$downloads/$5")
	[ "$got" = "$6" ] || {
		mv "$downloads/$5" "$downloads/$5.bad"
		die "$5 is not the file that was pinned (kept as $downloads/$5.bad)
    expected $6
    got      $got"
	}
	mkdir -p "$new/x"
	# shellcheck disable=SC2046  # one pattern per word, and no pathname matches
	(set -f && tar -C "$new/x" --no-same-owner --wildcards -xf "$downloads/$5" $(members_of "$1"))
	find "$new/x" -type f -exec mv {} "$new/" \;
	rm -rf "$new/x"
}

fetch_deb_from() # suite package
{
	(cd "$downloads" && "$here/apt-private.sh" "$1" "$(dpkg --print-architecture)" \
		get -qq download "$2") >>"$log" 2>&1 || :
	deb=$(find "$downloads" -maxdepth 1 -name "$2_*.deb" | sort | tail -n 1)
	[ -n "$deb" ]
}

fetch_binary() # name package version suite (files and pins: from the list)
{
	deb=$(find "$downloads" -maxdepth 1 -name "$2_*.deb" | sort | tail -n 1)
	[ -n "$deb" ] || fetch_deb_from "$4" "$2" || fetch_deb_from "$(other_suite "$4")" "$2" || {
		cat "$log" >&2
		die "could not get package $2 ($1 $3) from the mirror; when there is no network,
put a copy of the package into $downloads/"
	}
	mkdir -p "$new/x"
	dpkg-deb -x "$deb" "$new/x"
	rows_of "$1" | while read -r _ _ _ _ _ file sha; do
		[ -f "$new/x$file" ] || die "$(basename "$deb") has no $file any more"
		[ "$(sha256_of "$new/x$file")" = "$sha" ] || {
			mv "$deb" "$deb.bad"
			die "$file is not the pinned $1 $3 (package kept as $deb.bad);
look at what changed, then move third_party/parts.list"
		}
		mv "$new/x$file" "$new/"
	done
	rm -rf "$new/x"
}

fetch_part()
{
	new=$parts/.$1.new
	log=$parts/.$1.log
	rm -rf "$new" && mkdir -p "$new" && : >"$log"
	# shellcheck disable=SC2046  # a row is a list of words
	set -- $(rows_of "$1" | head -n 1)
	printf '  PART    %s %s\n' "$1" "$3"
	case $5 in
	source) fetch_source "$1" "$2" "$3" "$4" "$6" "$7" ;;
	binary) fetch_binary "$1" "$2" "$3" "$4" ;;
	*) die "$list: kind $5?" ;;
	esac
	# No build product of ours is older than a part that changed.
	find "$new" -type f -exec touch {} + -exec chmod 0644 {} +
	stamp_of "$1" >"$new/.stamp"
	rm -rf "${parts:?}/$1" "$log"
	mv "$new" "$parts/$1"
}

# What a part must have been made from to be up to date.
stamp_of()
{
	{ rows_of "$1" && cat "$here/fetch-parts.sh"; } | sha256sum | cut -d' ' -f1
}

mkdir -p "$downloads" "$parts"
exec 8>"$parts/.lock"
flock 8
# shellcheck disable=SC2013  # words are meant: a loop in a pipe could not stop us
for name in $(awk '!/^#/ && NF && !seen[$1]++ { print $1 }' "$list"); do
	[ "$(cat "$parts/$name/.stamp" 2>/dev/null)" = "$(stamp_of "$name")" ] ||
		fetch_part "$name"
done
