/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [base] and [kernel] into the description: identity, vCPUs and where they run, images, memory.
 */
#include "axvisor_priv.h"

enum {
	MEM_GPA,
	MEM_SIZE,
	MEM_FLAGS,
	MEM_MAP,
	MEM_HOST
};

/* Bits of memory_regions' flags. */
#define FLAG_PROT     UINT64_C(0x7)
#define FLAG_USER     UINT64_C(0x8)
#define FLAG_DEVICE   UINT64_C(0x10)
#define FLAG_UNCACHED UINT64_C(0x20)

static void read_id(struct axvisor *ax)
{
	const struct toml *v = ax->value[VD_F_ID];

	if (!v)
		return;
	/* "None": a number is found for it. */
	if (ax->modern && !v->integer)
		return;
	ax->vd->id_at = v->at;
	if (v->integer > UINT32_MAX) {
		axvisor_error(ax, VD_F_ID, v, "too large for the number of a VM");
		axvisor_fix(ax, v->at, "write a small number, such as 1");
	}
}

static void read_vm_type(struct axvisor *ax)
{
	const struct toml *v = ax->value[VD_F_VM_TYPE];

	if (!v || v->integer == 1 || v->integer == 2)
		return;
	if (!v->integer) {
		axvisor_warning(ax, VD_F_VM_TYPE, AXVISOR_WHOLE, v,
				"a host VM takes over a running system, and there is none: as 1");
		return;
	}
	axvisor_error(ax, VD_F_VM_TYPE, v, "no such type of VM");
	axvisor_fix(ax, v->at, "write 1 (any system) or 2 (Linux)");
}

/* One entry for each vCPU, or it is refused. */
static const struct toml *per_vcpu(struct axvisor *ax, enum vd_field f)
{
	const struct toml *list = ax->value[f];

	if (!list || ax->vd->reported & BIT(VD_F_CPU_NUM))
		return NULL;
	if (list->n == ax->vd->vcpus.n)
		return list;
	axvisor_error(ax, f, list, "its length is %u, but %scpu_num is %u", list->n,
		      ax->extends ? "" : "base.", ax->vd->vcpus.n);
	axvisor_fix(ax, list->at, "write one entry for each vCPU");
	return NULL;
}

static void read_cpu_lists(struct axvisor *ax)
{
	const struct toml *ids = per_vcpu(ax, VD_F_PHYS_CPU_IDS);
	const struct toml *sets = per_vcpu(ax, VD_F_PHYS_CPU_SETS);
	const struct toml *priorities = per_vcpu(ax, VD_F_CPU_PRIORITIES);
	const struct toml *hosts = ax->value[VD_F_HOST_CPU_IDS];
	const struct toml *host = hosts && hosts->n ? per_vcpu(ax, VD_F_HOST_CPU_IDS) : NULL;
	const struct toml *priority = priorities ? priorities->child : NULL;
	const struct toml *id = ids ? ids->child : NULL;
	const struct toml *set = sets ? sets->child : NULL;
	const struct toml *all = ax->value[VD_F_CPU_SET];

	host = host ? host->child : NULL;

	if (all && ax->value[VD_F_PHYS_CPU_SETS])
		axvisor_warning(ax, VD_F_CPU_SET, AXVISOR_WHOLE, all,
				"has no effect beside base.phys_cpu_sets");

	for (u32 i = 0; i < ax->vd->vcpus.n; i++) {
		struct vd_vcpu *v = &ax->vd->vcpus.v[i];

		if (id) {
			v->hw_id = (u64)id->integer;
			v->has_hw_id = true;
			v->host_hw_id = v->hw_id;
			/* A mask, even a broken one, is the user's word on where to run. */
			v->has_host_hw_id = !ax->value[VD_F_PHYS_CPU_SETS] && !all && !v->cpu_mask;
			v->at = id->at;
			id = id->next;
		}
		if (set) {
			v->cpu_mask = (u64)set->integer;
			v->mask_at = set->at;
			set = set->next;
		} else if (all && !ax->value[VD_F_PHYS_CPU_SETS]) {
			v->cpu_mask = (u64)all->integer;
			v->mask_at = all->at;
		}
		if (hosts) {
			v->has_host_hw_id = host != NULL;
			v->host_hw_id = host ? (u64)host->integer : 0;
			host = host ? host->next : NULL;
		}
		if (priority) {
			v->priority = (u32)MIN(priority->integer, (s64)UINT32_MAX);
			priority = priority->next;
		}
	}
}

enum status axvisor_base(struct axvisor *ax)
{
	const struct toml *n = ax->value[VD_F_CPU_NUM];

	read_id(ax);
	read_vm_type(ax);
	if (n && n->integer > VD_MAX_VCPUS) {
		axvisor_error(ax, VD_F_CPU_NUM, n, "more vCPUs than a VM can have");
		axvisor_fix(ax, n->at, "write a number from 1 to %d", VD_MAX_VCPUS);
	} else if (n) {
		ax->vd->vcpus.n = (u32)MIN(n->integer, (s64)ax->vd->vcpus.n);
		while (ax->vd->vcpus.n < n->integer)
			if (!vmdesc_add_vcpu(ax->vd, ax->arena, n->at))
				return E_NOMEM;
	}
	if (n)
		ax->vd->vcpus_at = n->at;
	read_cpu_lists(ax);
	return OK;
}

/* ---- [kernel] ----------------------------------------------------------------------------- */

static enum vd_source read_source(struct axvisor *ax)
{
	u32 word = axvisor_word(ax, VD_F_IMAGE_LOCATION);

	if (word != AXVISOR_NONE)
		return (enum vd_source)word;
	return ax->extends || ax->modern ? VD_SRC_HOME : VD_SRC_FS;
}

struct vd_image *axvisor_image(struct axvisor *ax, enum vd_image_role role, const struct toml *path)
{
	struct vd_image *image = NULL;

	for (u32 i = 0; i < ax->vd->images.n && role != VD_IMG_DATA; i++)
		if (ax->vd->images.v[i].role == role)
			image = &ax->vd->images.v[i];
	if (!image)
		image = vmdesc_add_image(ax->vd, ax->arena, path->at);
	if (image)
		*image = (struct vd_image){
			.role = role,
			.source = ax->source,
			.path = path->text,
			.at = path->at,
			.load = image->load,
		};
	return image;
}

struct image_keys {
	enum vd_image_role role;
	enum vd_field path;
	enum vd_field load;
};

/* An address without a path belongs to an image that is there already, or to none. */
static void read_load_alone(struct axvisor *ax, const struct image_keys *keys,
			    const struct toml *load)
{
	struct vd_addr at = { GPA((u64)load->integer), true, load->at };

	for (u32 i = 0; i < ax->vd->images.n; i++) {
		if (ax->vd->images.v[i].role == keys->role) {
			ax->vd->images.v[i].load = at;
			return;
		}
	}
	if (keys->role == VD_IMG_DTB)
		ax->vd->tree = at;
	else if (!(ax->vd->reported & BIT(keys->path)))
		axvisor_warning(ax, keys->load, AXVISOR_WHOLE, load,
				"has no effect without kernel.%s", vmdesc_field(keys->path)->key);
}

static enum status read_image(struct axvisor *ax, const struct image_keys *keys)
{
	const struct toml *path = ax->value[keys->path];
	const struct toml *load = ax->value[keys->load];
	struct vd_image *image;

	/* Templates have keys without a value. */
	if (path && !path->text.n && keys->role != VD_IMG_KERNEL)
		return OK;
	if (!path) {
		if (load)
			read_load_alone(ax, keys, load);
		return OK;
	}
	image = axvisor_image(ax, keys->role, path);
	if (!image)
		return E_NOMEM;
	if (load)
		image->load = (struct vd_addr){ GPA((u64)load->integer), true, load->at };
	if (keys->role == VD_IMG_BIOS && !image->load.given &&
	    !(ax->vd->reported & BIT(keys->load))) {
		axvisor_error(ax, keys->path, path,
			      "needs bios_load_addr: only its author knows it");
		axvisor_fix(ax, path->at, "add to [kernel]: bios_load_addr = 0x8000_0000");
	}
	return OK;
}

/*
 * What older files have: windows of devices among the memory, and a wish on caching. False: no RAM.
 */
static bool is_memory(struct axvisor *ax, const struct toml *v)
{
	u64 flags = (u64)v->integer;

	if (flags & ~(FLAG_PROT | FLAG_USER | FLAG_DEVICE | FLAG_UNCACHED)) {
		axvisor_cell_error(ax, VD_F_MEMORY_REGIONS, MEM_FLAGS, v,
				   "bits that mean nothing: %s",
				   show_hex(flags & ~(FLAG_PROT | FLAG_USER)).s);
		axvisor_fix(ax, v->at, "write a sum of 1 (read), 2 (write), 4 (execute), 8 (user)");
		return true;
	}
	if (flags & FLAG_DEVICE) {
		axvisor_warning(ax, VD_F_MEMORY_REGIONS, MEM_FLAGS, v,
				"device memory (0x10) is no RAM: the region is left out");
		axvisor_fix(ax, v->at, "give devices by devices.passthrough_addresses");
		return false;
	}
	if (flags & FLAG_UNCACHED)
		axvisor_warning(ax, VD_F_MEMORY_REGIONS, MEM_FLAGS, v,
				"a guest sets its own caching: 0x20 has no effect");
	return true;
}

static bool read_map_type(struct axvisor *ax, const struct toml *v, enum vd_mem_backing *out)
{
	static const enum vd_mem_backing backing[] = { VD_MEM_ALLOC, VD_MEM_CLAIMED,
						       VD_MEM_RESERVED };

	if (v->integer < (s64)array_size(backing)) {
		*out = backing[v->integer];
		return true;
	}
	axvisor_cell_error(ax, VD_F_MEMORY_REGIONS, MEM_MAP, v, "no such mapping");
	axvisor_fix(ax, v->at,
		    "write 0 (allocated), 1 (the host memory of the same address, claimed) or 2 "
		    "(the same, but reserved memory, which is not claimed)");
	return false;
}

static void host_unused(struct axvisor *ax, const struct toml *host)
{
	axvisor_cell_error(ax, VD_F_MEMORY_REGIONS, MEM_HOST, host,
			   "memory of map_type 0 is allocated anywhere");
	axvisor_fix(ax, host->at, "remove it, or write 1 or 2 as map_type");
}

static enum status read_region(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];
	enum vd_mem_backing backing = VD_MEM_ALLOC;
	const struct toml *host;
	struct vd_mem *m;
	u64 flags;

	if (!axvisor_row(ax, VD_F_MEMORY_REGIONS, row, cell))
		return OK;
	flags = (u64)cell[MEM_FLAGS]->integer;
	host = cell[MEM_HOST];
	if (!is_memory(ax, cell[MEM_FLAGS]) || !read_map_type(ax, cell[MEM_MAP], &backing))
		return OK;
	m = vmdesc_add_mem(ax->vd, ax->arena, row->at);
	if (!m)
		return E_NOMEM;
	m->base = GPA((u64)cell[MEM_GPA]->integer);
	m->size = (u64)cell[MEM_SIZE]->integer;
	m->prot = (u32)(flags & FLAG_PROT);
	m->backing = backing;
	if (backing != VD_MEM_ALLOC)
		m->host = HPA(host ? (u64)host->integer : m->base.v);
	else if (host)
		host_unused(ax, host);
	return OK;
}

static enum status read_regions(struct axvisor *ax)
{
	static const struct axvisor_rows rows = { VD_F_MEMORY_REGIONS, read_region };
	const struct toml *list = ax->value[VD_F_MEMORY_REGIONS];

	if (!list)
		return OK;
	ax->vd->mems.n = 0;
	ax->vd->mems_at = list->at;
	return axvisor_read_rows(ax, &rows, 1);
}

enum status axvisor_kernel(struct axvisor *ax)
{
	static const struct image_keys images[] = {
		{ VD_IMG_KERNEL, VD_F_KERNEL_PATH, VD_F_KERNEL_LOAD_ADDR },
		/* Before those that may go where there is room. */
		{ VD_IMG_BIOS, VD_F_BIOS_PATH, VD_F_BIOS_LOAD_ADDR },
		{ VD_IMG_INITRD, VD_F_RAMDISK_PATH, VD_F_RAMDISK_LOAD_ADDR },
		{ VD_IMG_DTB, VD_F_DTB_PATH, VD_F_DTB_LOAD_ADDR },
	};
	const struct toml *entry = ax->value[VD_F_ENTRY_POINT];
	const struct toml *cmdline = ax->value[VD_F_CMDLINE];

	if (entry)
		ax->vd->entry = (struct vd_addr){ GPA((u64)entry->integer), true, entry->at };
	if (cmdline) {
		ax->vd->cmdline = cmdline->text;
		ax->vd->cmdline_at = cmdline->at;
	}
	ax->source = read_source(ax);
	for (u32 i = 0; i < ax->vd->images.n && ax->value[VD_F_IMAGE_LOCATION]; i++)
		ax->vd->images.v[i].source = ax->source;
	for (u32 i = 0; i < array_size(images); i++)
		TRY(read_image(ax, &images[i]));
	return read_regions(ax);
}
