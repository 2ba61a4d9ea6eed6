/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packed form of descriptions. An input is a packed file, or changes to one that is sound: three
 * bytes each, place and value. What is taken packs again, to bytes that are taken and pack to the same;
 * the default board and the validator can live with it.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <lib/packed.h>

static alignas(8) u8 blob[KIB(64)], first[KIB(128)], second[KIB(128)];
static u8 memory[MIB(4)];

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	fuzz_check(text != NULL);
}

static void add_lists(struct vmdesc *vd, struct arena *a)
{
	struct src_pos at = { "b", 2, 3 };
	struct vd_dev *d = vmdesc_add_dev(vd, a, at);
	struct vd_pass *p = vmdesc_add_pass(vd, a, at);

	d->class = STR("pl011");
	d->n_win = d->n_irq = 1;
	d->win[0] = (struct vd_window){ GPA(0x09000000), 0x1000 };
	d->irq[0].line = 33;
	vd_dev_add_option(d, a, at)->key = STR("key");
	p->n_win = p->n_irq = 1;
	p->win[0] = (struct vd_pass_window){ GPA(0x1000), HPA(0x1000), 0x1000, 3, 0 };
	*vmdesc_add_vcpu(vd, a, at) = (struct vd_vcpu){ .hw_id = 1, .cpu_mask = 1, .priority = 2 };
	*vmdesc_add_mem(vd, a, at) = (struct vd_mem){ .base = GPA(0x80000000), .size = MIB(2) };
	vmdesc_add_image(vd, a, at)->path = STR("Image");
	vmdesc_add_pass_path(vd, a, at)->path = STR("/");
	vmdesc_add_reserve(vd, a, at)->irq = 40;
}

static size_t sound(void)
{
	struct vmdesc *vd;
	struct arena a;
	size_t n = 0;

	arena_init(&a, memory, sizeof(memory));
	vd = vmdesc_new(&a, "a");
	vd->lang = "axvisor";
	vd->name = STR("guest");
	vd->entry.given = true;
	add_lists(vd, &a);
	fuzz_check(vmdesc_pack(vd, blob, sizeof(blob), &n) == OK);
	return n;
}

static void use(struct vmdesc *vd, struct arena *a)
{
	static const struct vd_target target = { .gpa_limit = UINT64_C(1) << 40, .n_lines = 256 };
	struct diag d = { .emit = emit };
	struct vmdesc *again;
	const char *why;
	size_t n, m;

	if (vmdesc_pack(vd, first, sizeof(first), &n) == OK) {
		fuzz_check(vmdesc_unpack(span_of(first, n), a, &again, &why) == OK);
		fuzz_check(vmdesc_pack(again, second, sizeof(second), &m) == OK);
		fuzz_check(n == m && memcmp(first, second, n) == 0);
	}
	for (; vd; vd = vd->next) {
		if (vmdesc_add_default_board(vd, a) == OK)
			fuzz_check(vmdesc_validate(vd, &target, &d) == OK || d.n_errors);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *why = NULL;
	struct vmdesc *vd;
	struct arena a;
	size_t len;
	u8 *copy;

	if (!n || n > sizeof(blob))
		return 0;
	if (data[0] & 1) {
		len = n - 1;
		memcpy(blob, data + 1, len);
	} else {
		len = sound();
		for (size_t i = 1; i + 3 <= n; i += 3)
			blob[(data[i] | (size_t)data[i + 1] << 8) % len] = data[i + 2];
	}
	copy = aligned_alloc(8, (len + 8) & ~(size_t)7);
	memcpy(copy, blob, len);
	arena_init(&a, memory, sizeof(memory));
	if (vmdesc_unpack(span_of(copy, len), &a, &vd, &why) == OK) {
		free(copy);
		use(vd, &a);
	} else {
		fuzz_check(why || a.exhausted);
		free(copy);
	}
	return 0;
}
