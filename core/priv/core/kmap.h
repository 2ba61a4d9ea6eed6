/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hypervisor's own address space: our image part by part (W^X, guards left out), the direct
 * map of RAM without the image, devices on demand. No page is ever writable and executable.
 */
#pragma once

#include <base/range.h>
#include <port/arch.h>

/*
 * Build it and switch to it. Boot CPU, once, before pmm_init() and in the address space of the
 * boot code, which needs to map nothing but the image: the first tables are pages of our own
 * .bss. @mem must not overlap itself (E_EXISTS); of ragged ranges the whole pages count.
 * E_NOMEM: more, or more ragged, memory than the tables in .bss can describe.
 */
enum status kmap_init(const struct arch_boot *boot, const struct range *mem, u32 n_mem);
/* Map device registers; the same range twice gives the same address, and so do ranges that share
 * a page. E_EXISTS: it is RAM. E_INVAL: empty, or wraps. */
enum status kmap_device(struct range win, void **out);
/* Some of @r is our image. */
bool kmap_is_image(struct range r);
/* Some of @r is RAM, or our image. */
bool kmap_is_memory(struct range r);
/* The physical address behind a pointer into our image or the direct map. */
hpa_t kmap_phys(const void *p);
