/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the guest is started: kernel.boot_protocol and kernel.enable_bios, which must agree, and the
 * images that belong to firmware. Files from before these keys say nothing; their bios_path is a
 * blob besides the kernel.
 */
#include "axvisor_priv.h"

enum protocol {
	PROTOCOL_DIRECT,
	PROTOCOL_UEFI,
	PROTOCOL_MULTIBOOT,
	PROTOCOL_UNSAID
};

static enum protocol read_protocol(struct axvisor *ax)
{
	static const u8 means[] = {
		PROTOCOL_DIRECT, PROTOCOL_UEFI,	     PROTOCOL_MULTIBOOT, PROTOCOL_DIRECT,
		PROTOCOL_UEFI,	 PROTOCOL_MULTIBOOT, PROTOCOL_MULTIBOOT,
	};
	u32 word = axvisor_word(ax, VD_F_BOOT_PROTOCOL);

	return word < array_size(means) ? (enum protocol)means[word] : PROTOCOL_UNSAID;
}

/* True: starting by firmware and not, or the other way round. */
static bool contradict(struct axvisor *ax, enum protocol p)
{
	const struct toml *enable = ax->value[VD_F_ENABLE_BIOS];

	if (p == PROTOCOL_UNSAID || !enable || (p != PROTOCOL_DIRECT) == enable->integer)
		return false;
	axvisor_error(ax, VD_F_ENABLE_BIOS, enable, "contradicts kernel.boot_protocol = \"%s\"",
		      show_text(ax->value[VD_F_BOOT_PROTOCOL]->text).s);
	diag_report(ax->diag, DIAG_NOTE, ax->value[VD_F_BOOT_PROTOCOL]->at, "which stands here");
	axvisor_fix(ax, enable->at, "remove one of them");
	return true;
}

static void no_multiboot(struct axvisor *ax, enum vd_field f)
{
	axvisor_error(ax, f, ax->value[f], "starts by multiboot, which only x86_64 has");
	axvisor_fix(ax, ax->value[f]->at,
		    "write boot_protocol = \"direct\", or \"uefi\" with a firmware image");
}

static void unused(struct axvisor *ax, enum vd_field f)
{
	const struct toml *v = ax->value[f];

	if (!v || !v->text.n)
		return;
	axvisor_warning(ax, f, AXVISOR_WHOLE, v, "has no effect: the kernel is started directly");
	ax->value[f] = NULL;
}

/* Firmware is what bios_path says elsewhere: a blob with an address, and started. */
static void start_firmware(struct axvisor *ax)
{
	const struct toml *load = ax->value[VD_F_BIOS_LOAD_ADDR];
	const struct toml *said = ax->value[VD_F_BOOT_PROTOCOL];

	if (ax->value[VD_F_UEFI_FIRMWARE_PATH])
		ax->value[VD_F_BIOS_PATH] = ax->value[VD_F_UEFI_FIRMWARE_PATH];
	if (!ax->value[VD_F_BIOS_PATH] &&
	    !(ax->vd->reported & (BIT(VD_F_BIOS_PATH) | BIT(VD_F_UEFI_FIRMWARE_PATH)))) {
		axvisor_error(ax, VD_F_BOOT_PROTOCOL, said, "needs uefi_firmware_path");
		axvisor_fix(ax, said->at, "add to [kernel]: uefi_firmware_path = \"QEMU_EFI.fd\"");
	}
	if (!load && !(ax->vd->reported & BIT(VD_F_BIOS_LOAD_ADDR))) {
		axvisor_error(ax, VD_F_BOOT_PROTOCOL, said, "needs bios_load_addr");
		axvisor_fix(ax, said->at, "add to [kernel]: bios_load_addr = 0x8000_0000");
		ax->vd->reported |= BIT(VD_F_BIOS_LOAD_ADDR);
	}
	if (load && !ax->value[VD_F_ENTRY_POINT])
		ax->vd->entry = (struct vd_addr){ GPA((u64)load->integer), true, load->at };
}

void axvisor_boot(struct axvisor *ax)
{
	const struct toml *enable = ax->value[VD_F_ENABLE_BIOS];
	enum protocol p = read_protocol(ax);

	if (contradict(ax, p))
		return;
	if (p == PROTOCOL_MULTIBOOT || (p == PROTOCOL_UNSAID && enable && enable->integer)) {
		no_multiboot(ax, p == PROTOCOL_MULTIBOOT ? VD_F_BOOT_PROTOCOL : VD_F_ENABLE_BIOS);
		return;
	}
	if (p == PROTOCOL_UEFI) {
		start_firmware(ax);
		return;
	}
	unused(ax, VD_F_UEFI_FIRMWARE_PATH);
	if (p == PROTOCOL_DIRECT || enable)
		unused(ax, VD_F_BIOS_PATH);
}
