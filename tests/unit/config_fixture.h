/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the configuration code: a sink that keeps what was reported, an arena of a chosen
 * size, and a sound VM to spoil.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <base/diag.h>
#include <lib/config.h>

struct sink {
	struct diag d; /* first member */
	char text[65536];
};

static inline void sink_emit(struct diag *d, enum diag_level level, const struct src_pos *at,
			     const char *text)
{
	struct sink *s = container_of(d, struct sink, d);
	size_t used = strlen(s->text);

	(void)level;
	(void)at;
	if (used + strlen(text) + 2 > sizeof(s->text))
		return;
	strcpy(s->text + used, text);
	strcat(s->text, "\n");
}

static inline void sink_reset(struct sink *s)
{
	memset(s, 0, sizeof(*s));
	s->d.emit = sink_emit;
}

static inline void arena_new_of(struct arena *a, size_t size)
{
	arena_init(a, malloc(size ? size : 1), size);
}

static inline struct span text_span(const char *s)
{
	return span_of(s, strlen(s));
}

#define VM_BASE              \
	"[base]\n"           \
	"id = 1\n"           \
	"name = \"linux\"\n" \
	"vm_type = 1\n"      \
	"cpu_num = 2\n"      \
	"phys_cpu_ids = [0, 1]\n"

#define VM_KERNEL                                       \
	"[kernel]\n"                                    \
	"entry_point = 0x8020_0000\n"                   \
	"image_location = \"fs\"\n"                     \
	"kernel_path = \"Image\"\n"                     \
	"kernel_load_addr = 0x8020_0000\n"              \
	"ramdisk_path = \"initramfs.cpio.gz\"\n"        \
	"ramdisk_load_addr = 0x8800_0000\n"             \
	"cmdline = \"console=ttyAMA0 rdinit=/init\"\n"  \
	"memory_regions = [\n"                          \
	"  [0x8000_0000, 0x2000_0000, 0x7, 0], # RAM\n" \
	"]\n"

#define VM_DEVICES           \
	"[devices]\n"        \
	"emu_devices = []\n" \
	"passthrough_devices = []\n"
