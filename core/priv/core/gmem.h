/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only door to guest memory. Address and length are checked together, page rights are
 * honoured. What the guest may only read the hypervisor writes through a view, when it loads
 * images. Devices passed through are no memory.
 */
#pragma once

#include <core/stage2.h>

/* Copy out of / into the guest's memory as the guest itself could. E_RANGE: not (all) memory that
 * it may read / write; then nothing was copied. */
enum status gmem_read(const struct stage2 *s2, gpa_t at, void *buf, size_t n);
enum status gmem_write(const struct stage2 *s2, gpa_t at, const void *buf, size_t n);
/*
 * A window of contiguous host memory behind @at for bulk transfers by the hypervisor itself
 * (image loading, scrubbing): *len is cut to what is contiguous. Rights are not looked at.
 * E_RANGE: no memory at @at.
 */
enum status gmem_view(const struct stage2 *s2, gpa_t at, void **out, u64 *len);
