#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
#   mkdisk.sh OUT.img [--size-mib N] [--table none|mbr|gpt] -- SRC=DEST...
#
# Makes a disk image with one real FAT32 file system (at least 65525 clusters),
# on the whole disk or in the first partition of an MBR or GPT, at 1 MiB.  Long
# names, folders made as needed, no root.  The same inputs give the same bytes:
# fixed serial, GUIDs and times (SOURCE_DATE_EPOCH, else 2000-01-01 UTC).
# The image is sparse; OUT.img appears whole or not at all.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C TZ=UTC MTOOLSRC=/dev/null
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-946684800}

mib=1048576
min_clusters=66900	# 65525 by the standard, and room for the tables themselves
me=$(basename "$0")

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

usage()
{
	sed -n '4p' "$0" | sed 's/^# */usage: /' >&2
	exit 2
}

parse()
{
	out='' size_mib='' table=none pairs=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		case $1 in
		--size-mib | --table)
			[ $# -ge 2 ] || usage
			if [ "$1" = --table ]; then table=$2; else size_mib=$2; fi
			shift ;;
		-*) usage ;;
		*)
			[ -z "$out" ] || usage
			out=$1 ;;
		esac
		shift
	done
	if [ $# -gt 0 ]; then
		shift
		pairs=("$@")
	fi
	[ -n "$out" ] || usage
	case $table in none | mbr | gpt) ;; *) usage ;; esac
	case $size_mib in *[!0-9]*) usage ;; esac
}

# Fills sources[] and dests[] (no leading slash) and content: bytes, each file
# rounded up for the largest cluster, plus its folder entries.
read_inputs()
{
	local pair size
	sources=() dests=() content=$mib
	for pair in "${pairs[@]}"; do
		[[ $pair == ?*=?* ]] || die "not SRC=DEST: $pair"
		[ -f "${pair%=*}" ] || die "no such file: ${pair%=*}"
		size=$(stat -Lc %s "${pair%=*}")
		[ "$size" -lt 4294967296 ] || die "${pair%=*}: FAT32 holds files below 4 GiB"
		content=$((content + size + 32768 + 32768))
		sources+=("${pair%=*}")
		dests+=("$(printf '%s' "${pair##*=}" | sed -E 's,/+,/,g; s,^(\./|/)+,,')")
	done
	pair=$(printf '%s\n' "${dests[@]}" | tr '[:upper:]' '[:lower:]' | sort | uniq -d | head -n 1)
	[ -z "$pair" ] || die "$pair is given twice (names on FAT32 ignore case)"
}

# A reader gets at most one cluster per request, so large clusters are worth
# more than a small image, which is sparse anyway: 4 KiB and 272 MiB at least,
# unless a smaller size is asked for.
choose_geometry()
{
	local want=$((content + content / 16))
	if [ -z "$size_mib" ]; then
		size_mib=$(((want + mib - 1) / mib))
		[ "$size_mib" -ge 272 ] || size_mib=272
	fi
	fs_bytes=$((size_mib * mib))
	spc=64
	while [ "$spc" -gt 1 ] && [ $((fs_bytes / (spc * 512))) -lt "$min_clusters" ]; do
		spc=$((spc / 2))
	done
	[ $((fs_bytes / (spc * 512))) -ge "$min_clusters" ] ||
		die "$size_mib MiB is too small for FAT32: at least 33 MiB"
	[ "$fs_bytes" -ge "$content" ] || die "$size_mib MiB is too small for the files"
}

# One partition from 1 MiB on, the size of the file system.
write_table()
{
	python3 - "$1" "$table" "$((fs_bytes / 512))" <<-'PY'
		import struct, sys, uuid, zlib
		path, table, length = sys.argv[1], sys.argv[2], int(sys.argv[3])
		start, total = 2048, length + 4096
		last = total - 1

		def mbr(kind, first, count):
		    entry = struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", first, count)
		    return bytes(440) + struct.pack("<IH", 0x54524956, 0) + entry + bytes(48) + b"\x55\xaa"

		def header(here, other, entries_at, entries):
		    def pack(crc):
		        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, here,
		                           other, 34, last - 33, disk.bytes_le, entries_at, 128, 128,
		                           zlib.crc32(entries))
		    return pack(zlib.crc32(pack(0))).ljust(512, b"\0")

		with open(path, "r+b") as f:
		    if table == "mbr":
		        f.write(mbr(0x0c, start, length))
		        sys.exit()
		    disk = uuid.UUID("54524956-4554-4000-8000-000000000001")
		    part = uuid.UUID("54524956-4554-4000-8000-000000000002")
		    data = uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
		    entries = struct.pack("<16s16sQQQ72s", data.bytes_le, part.bytes_le, start,
		                          start + length - 1, 0, "trivet".encode("utf-16-le"))
		    entries = entries.ljust(128 * 128, b"\0")
		    f.write(mbr(0xee, 1, last) + header(1, last, 2, entries) + entries)
		    f.seek((last - 32) * 512)
		    f.write(entries + header(last, 1, last - 32, entries))
	PY
}

make_filesystem()
{
	local first=0
	image=$new
	if [ "$table" != none ]; then
		first=2048 image=$new@@1M
	fi
	rm -f "$new"
	truncate -s "$((first * 512 + fs_bytes))" "$new"
	mkfs.vfat -F 32 -S 512 -s "$spc" -a -h "$first" --offset "$first" --invariant \
		-i 54524956 -n TRIVET "$new" "$((fs_bytes / 1024))" >/dev/null
	if [ "$table" != none ]; then
		truncate -s "+$mib" "$new"
		write_table "$new"
	fi
}

# Every folder above some file, parents first.
folders()
{
	local path
	for path in "${dests[@]}"; do
		while [[ $path == */* ]]; do
			path=${path%/*}
			printf '%s\n' "$path"
		done
	done | sort -uf
}

copy_files()
{
	local folder i
	while read -r folder; do
		mmd -i "$image" "::/$folder" </dev/null
	done < <(folders)
	for i in "${!sources[@]}"; do
		mcopy -Q -i "$image" "${sources[i]}" "::/${dests[i]}" </dev/null
	done
}

parse "$@"
read_inputs
choose_geometry
new=$out.new
trap 'rm -f "$new"' EXIT
make_filesystem
copy_files
mv "$new" "$out"
printf '  DISK    %s (%s MiB, %s files)\n' "$out" "$size_mib" "${#sources[@]}"
