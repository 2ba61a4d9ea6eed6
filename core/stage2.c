/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's address space is one page table in the guest format, owned by the VM: pmm_free_owner()
 * takes it down with everything else of the VM.
 */
#include <core/stage2.h>

enum status stage2_init(struct stage2 *s2, pmm_owner_t owner)
{
	return pt_init(&s2->pt, arch_pt_format(PT_GUEST), owner);
}

enum status stage2_map(struct stage2 *s2, gpa_t at, hpa_t to, u64 len, u32 prot, enum pt_type type)
{
	return pt_map(&s2->pt, at.v, to, len, prot, type);
}

enum status stage2_lookup(const struct stage2 *s2, gpa_t at, hpa_t *to, u64 *run, u32 *prot)
{
	struct pte_info info;

	TRY(pt_lookup(&s2->pt, at.v, &info, run));
	*to = info.target;
	*prot = info.prot;
	return OK;
}
