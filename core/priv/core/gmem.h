/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only door to guest memory. Address and length are checked together, page rights are
 * honoured (the hypervisor writes what the guest may only read when it loads images: gmem_load*).
 */
#pragma once

#include <core/stage2.h>

/* Copy out of / into the guest's memory as the guest itself could. E_RANGE: not (all) memory. */
enum status gmem_read(const struct stage2 *s2, gpa_t at, void *buf, size_t n);
enum status gmem_write(const struct stage2 *s2, gpa_t at, const void *buf, size_t n);
/*
 * A window of contiguous host memory behind @at for bulk transfers by the hypervisor itself
 * (image loading, scrubbing): *len is cut to what is contiguous. Rights are not looked at.
 */
enum status gmem_view(const struct stage2 *s2, gpa_t at, void **out, u64 *len);
