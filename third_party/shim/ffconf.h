/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How FatFs R0.15 is built here: read only, FAT12/16/32, long file names in UTF-8 with a static
 * buffer, one volume that begins at sector 0 (lib/store/partition.c finds it), 512-byte sectors.
 * FatFs asks every one of these names in #if, so none may be left out.
 */
#pragma once

#define FFCONF_DEF 80286

#define FF_FS_READONLY	1
#define FF_FS_MINIMIZE	1 /* no stat, unlink, ...; folders can be read */
#define FF_USE_FIND	0
#define FF_USE_MKFS	0
#define FF_USE_FASTSEEK 0 /* its map builder follows a cyclic chain for ever */
#define FF_USE_EXPAND	0
#define FF_USE_CHMOD	0
#define FF_USE_LABEL	0
#define FF_USE_FORWARD	0
#define FF_USE_STRFUNC	0
#define FF_PRINT_LLI	0
#define FF_PRINT_FLOAT	0
#define FF_STRF_ENCODE	3

#define FF_CODE_PAGE   437
#define FF_USE_LFN     1 /* static buffer: not reentrant, no heap, little stack */
#define FF_MAX_LFN     255
#define FF_LFN_UNICODE 2 /* UTF-8 */
#define FF_LFN_BUF     255
#define FF_SFN_BUF     12
#define FF_FS_RPATH    0

#define FF_VOLUMES	   1
#define FF_STR_VOLUME_ID   0
#define FF_MULTI_PARTITION 0
#define FF_MIN_SS	   512
#define FF_MAX_SS	   512
#define FF_LBA64	   0
#define FF_MIN_GPT	   0x10000000
#define FF_USE_TRIM	   0

#define FF_FS_TINY	1 /* files have no buffer of their own; whole sectors go straight out */
#define FF_FS_EXFAT	0
#define FF_FS_NORTC	1
#define FF_NORTC_MON	1
#define FF_NORTC_MDAY	1
#define FF_NORTC_YEAR	2022
#define FF_FS_NOFSINFO	3
#define FF_FS_LOCK	0
#define FF_FS_REENTRANT 0
