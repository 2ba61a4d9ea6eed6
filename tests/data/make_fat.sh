#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the disk images, archives and compressed files that the unit tests of
# lib/store and lib/image read, with the usual tools rather than with code of
# ours: TRIVET_TEST_DATA=<folder> tests/data/make_fat.sh
#
# Contents can be checked without a copy: they are lines of 16 bytes, each the
# number of its line.  Does nothing when the folder is up to date.
set -eu
export PATH="$PATH:/usr/sbin:/sbin" LC_ALL=C.UTF-8 MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1

out=${TRIVET_TEST_DATA:?set TRIVET_TEST_DATA to the folder to fill}
stamp=$out/.made_by
me=$(cksum <"$0")
[ "$(cat "$stamp" 2>/dev/null)" != "$me" ] || exit 0

mkdir -p "$out"
tmp=$out/tmp.$$
rm -rf "$tmp" && mkdir "$tmp"
trap 'rm -rf "$tmp"' EXIT

# lines FIRST COUNT: 16 bytes each
lines()
{
	seq -f '%015.0f' "$1" "$(($1 + $2 - 1))"
}

# format IMAGE MIB FIRST_SECTOR OPTIONS...: an empty volume
format()
{
	image=$1 first=$3
	rm -f "$image" && truncate -s "$2M" "$image"
	shift 3
	# Room for the second GPT at the end: fewer blocks than the file has, about
	# which mkfs.vfat warns.
	blocks=$((($(stat -c %s "$image") / 512 - first - 64) / 2))
	mkfs.vfat -a --invariant --offset "$first" -h "$first" "$@" "$image" "$blocks" \
		>"$tmp/log" 2>&1 || {
		cat "$tmp/log" >&2
		exit 1
	}
}

# The files every volume has.
fill_small() # IMAGE@@OFFSET
{
	mmd -i "$1" ::/guest ::/guest/vm_default ::/guest/empty
	mcopy -i "$1" "$tmp/small" ::/SHORT.TXT
	mcopy -i "$1" "$tmp/small" "::/A long file name, with spaces.toml"
	mcopy -i "$1" "$tmp/small" "::/Gerät größer.txt"
	mcopy -i "$1" "$tmp/empty" ::/empty.bin
	mcopy -i "$1" "$tmp/small" ::/guest/vm_default/linux-aarch64-qemu-smp2.toml
	mcopy -i "$1" "$tmp/odd" ::/guest/vm_default/second.toml
}

# Byte values in octal at an offset of a file.
poke() # FILE OFFSET OCTAL...
{
	file=$1 at=$2
	shift 2
	for v; do
		printf '%b' "\\0$v"
	done | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
}

make_plain()
{
	format "$tmp/fat32.img" 80 0 -F 32 -s 1
	fill_small "$tmp/fat32.img"
	mcopy -i "$tmp/fat32.img" "$tmp/big" ::/big.bin
	for i in 00 01 02 03 04 05 06 07 08 09 10 11; do
		lines "1${i}000" 400 >"$tmp/f$i"
	done
	mcopy -i "$tmp/fat32.img" "$tmp"/f?? ::/
}

# Every second of many small files is removed, the rest of the volume is full:
# what comes then has each cluster elsewhere.
make_fragmented()
{
	format "$tmp/frag.img" 36 0 -F 32 -s 1
	mkdir "$tmp/holes"
	for i in $(seq -w 1 500); do
		lines 0 32 >"$tmp/holes/h$i"
	done
	mmd -i "$tmp/frag.img" ::/holes
	mcopy -i "$tmp/frag.img" "$tmp"/holes/* ::/holes
	free=$(mdir -i "$tmp/frag.img" :: | tr -d ' ' | sed -n 's/bytesfree$//p')
	truncate -s "$((free - 512))" "$tmp/filler"
	mcopy -i "$tmp/frag.img" "$tmp/filler" ::/filler
	for i in $(seq -w 1 2 500); do
		printf '::/holes/h%s\n' "$i"
	done | xargs mdel -i "$tmp/frag.img"
	lines 7000000 7800 >"$tmp/frag"
	mcopy -i "$tmp/frag.img" "$tmp/frag" ::/frag.bin
	mdel -i "$tmp/frag.img" ::/filler
}

make_tables()
{
	format "$tmp/mbr.img" 48 2048 -F 32 -s 1
	fill_small "$tmp/mbr.img@@1M"
	# one entry: type 0x0c, first sector 2048, 96256 sectors; boot signature
	poke "$tmp/mbr.img" 446 0 0 0 0 14 0 0 0 0 10 0 0 0 170 1 0
	poke "$tmp/mbr.img" 510 125 252

	# the FAT volume is the second partition
	format "$tmp/gpt.img" 48 4096 -F 32 -s 1
	sgdisk -a 1 -n 1:2048:4095 -t 1:8300 -n 2:4096:0 -t 2:ef00 "$tmp/gpt.img" >/dev/null
	fill_small "$tmp/gpt.img@@2M"
}

make_small_fats()
{
	format "$tmp/fat16.img" 8 0 -F 16 -s 1
	fill_small "$tmp/fat16.img"
	format "$tmp/fat12.img" 1 0 -F 12 -s 1
	fill_small "$tmp/fat12.img"
}

make_archive()
{
	mkdir -p "$tmp/tree/guest/vm_default"
	cp "$tmp/small" "$tmp/tree/hello"
	cp "$tmp/odd" "$tmp/tree/guest/vm_default/second.toml"
	cp "$tmp/empty" "$tmp/tree/guest/vm_default/empty"
	ln "$tmp/tree/hello" "$tmp/tree/zlink"
	ln -s hello "$tmp/tree/symlink"
	(cd "$tmp/tree" && find . | sort | cpio -o -H newc --quiet) >"$tmp/dot.cpio"
	(cd "$tmp/tree" && printf '%s\n' hello guest guest/vm_default \
		guest/vm_default/second.toml | cpio -o -H newc --quiet) >"$tmp/plain.cpio"
}

make_gzips()
{
	gzip -9 -n <"$tmp/big" >"$tmp/big.gz"
	cp "$tmp/small" "$tmp/named" && gzip -1 "$tmp/named" # keeps the name
	gzip -n <"$tmp/empty" >"$tmp/empty.gz"
}

lines 0 $((40 * 65536)) >"$tmp/big"
lines 500 64 >"$tmp/small"
lines 900 100 | head -c 1501 >"$tmp/odd"
: >"$tmp/empty"
make_plain
make_fragmented
make_tables
make_small_fats
make_archive
make_gzips
for f in "$tmp"/*.img "$tmp"/*.cpio "$tmp"/*.gz; do
	mv "$f" "$out/"
done
printf '%s\n' "$me" >"$stamp"
