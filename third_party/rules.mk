# SPDX-License-Identifier: Apache-2.0
#
# Sources of other people: which files we compile, with which flags, and which
# include roots our glue over them needs.  The top Makefile decides where the
# objects go and adds the ISA's flags; the same lists serve target and host.
#
# PARTS: folder that tools/setup/fetch-parts.sh fills.

PARTS ?= .cache/parts
PART_SHIM := third_party/shim

# Tests only: what lib/fdt and lib/image/inflate.c are compared with.
FDT_SRCS   := $(addprefix $(PARTS)/libfdt/,fdt.c fdt_addresses.c fdt_check.c fdt_ro.c fdt_strerror.c)
# No ffsystem.c: it is about heaps and mutexes.
FATFS_SRCS := $(addprefix $(PARTS)/fatfs/,ff.c ffunicode.c)
ZLIB_SRCS  := $(addprefix $(PARTS)/zlib/,adler32.c crc32.c inffast.c inflate.c inftrees.c zutil.c)
PART_SRCS  := $(FATFS_SRCS)
TEST_PART_SRCS := $(FDT_SRCS) $(ZLIB_SRCS)

# Their own flags instead of our warnings.  Add -isystem with the compiler's
# own headers, and on the target the ISA's flags.  The shim stands first.
PART_CFLAGS  := -std=gnu11 -Os -w -ffreestanding -fno-strict-aliasing -ffunction-sections \
	-fdata-sections -nostdinc -I$(PART_SHIM)
FDT_CFLAGS   := $(PART_CFLAGS) -I$(PARTS)/libfdt
FATFS_CFLAGS := $(PART_CFLAGS) -I$(PARTS)/fatfs
# Z_SOLO: no files, no heap.  It also forgets that there is a memcpy.
ZLIB_CFLAGS  := $(PART_CFLAGS) -I$(PARTS)/zlib -DZ_SOLO -DHAVE_MEMCPY -include string.h

# What our glue gets on top of the flags of its layer.  -isystem: the headers
# are not ours to keep free of warnings.
GLUE_FATFS := -isystem $(PARTS)/fatfs -isystem $(PART_SHIM)
