/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of the page: each says first how high it will be, then draws itself.
 */
#pragma once

#include "show.h"
#include "svg_draw.h"

#define SVG_CARD 684 /* width of a VM's card */
#define SVG_PAD	 24

struct svg_vm; /* svg_vm.c */

struct svg_vm *svg_vm_make(const struct show_view *v, u32 index);
/* The same sections stand at the same height in all of them. */
void svg_vm_align(struct svg_vm *const *vms, u32 n);
s32 svg_vm_height(const struct svg_vm *m);
void svg_vm_draw(FILE *f, const struct svg_vm *m, s32 x, s32 y, s32 h);

/* The machine below; @w is the width it has. Returns its height; f NULL: only that. */
s32 svg_host(FILE *f, const struct show_view *v, struct svg_box at);

/* The colour that VM @index has on the machine. */
const char *svg_accent(u32 index);
