/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtqueue whose device does what the input says: descriptors never get lost or doubled, and
 * what is taken was given. Input: pairs of bytes, an action and its argument.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <base/bits.h>
#include <lib/vring.h>

#define SIZE 8

static alignas(VRING_ALIGN) u8 mem[2 * VRING_ALIGN];

struct model {
	struct vring vr;
	u32 len[SIZE]; /* of the chain in flight at this head; 0: none */
	u32 n_descs;   /* in flight */
};

static void add(struct model *m, u32 n)
{
	struct vring_buf bufs[SIZE];
	u16 head;

	n = 1 + n % SIZE;
	for (u32 i = 0; i < n; i++)
		bufs[i] = (struct vring_buf){ i, 4, VRING_FROM_DEVICE };
	if (vring_add(&m->vr, bufs, n, &head) != OK) {
		fuzz_check(m->vr.broken || m->n_descs + n > SIZE);
		return;
	}
	fuzz_check(head < SIZE && m->len[head] == 0 && m->n_descs + n <= SIZE);
	m->len[head] = n;
	m->n_descs += n;
	vring_publish(&m->vr);
}

static void take(struct model *m)
{
	u16 head;
	u32 written;

	if (vring_poll(&m->vr) != OK || vring_take(&m->vr, &head, &written) != OK)
		return;
	fuzz_check(head < SIZE && m->len[head] && written <= 4 * m->len[head]);
	m->n_descs -= m->len[head];
	m->len[head] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct model m = { 0 };
	struct vring_used *used = (struct vring_used *)(void *)(mem + vring_used_off(SIZE));

	memset(mem, 0, sizeof(mem));
	fuzz_check(vring_init(&m.vr, mem, sizeof(mem), SIZE) == OK);
	for (size_t i = 0; i + 1 < n; i += 2) {
		u8 v = data[i + 1];

		switch (data[i] % 8) {
		case 0:
		case 1:
			add(&m, v);
			break;
		case 2:
		case 3:
			take(&m);
			break;
		case 4: /* an honest completion, if v names a head */
			used->ring[used->idx % SIZE] = (struct vring_used_elem){ v % SIZE, v / 8 };
			used->idx++;
			break;
		case 5:
			used->idx = (u16)(used->idx + (signed char)v);
			break;
		case 6:
			mem[v * 16 % vring_used_off(SIZE)] ^= v;
			break;
		default:
			used->ring[v % SIZE].id = v % 2 ? v : v * 0x1010101u;
			break;
		}
		fuzz_check(m.n_descs + m.vr.n_free == SIZE);
	}
	return 0;
}
