/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CAmkES description, as it comes out of the preprocessor, to checked descriptions of VMs. A byte
 * from 0x80 on stands for a piece of a description, so that mutations stay near the grammar. Always:
 * nothing refused without a message, messages that terminals can be given, memory within its bound,
 * and regular expressions that end.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <base/bits.h>
#include <lib/config.h>
#include <lib/fdt.h>

#define TEXT_MAX   KIB(64)
#define ARENA_SIZE MIB(16)

extern const struct config_lang config_camkes;
int ck_regex_search(struct str pattern, struct str text);

static const char *const pieces[] = {
	"component VM { attribute int trivet_is_vm; ",
	"attribute int num_vcpus = 2;",
	"attribute string names[] = [\"a\"];",
	"dataport Buf(4096) data;",
	"emits Ev go;",
	"consumes Ev done;",
	"maybe uses Proc p;",
	"has mutex m;",
	"include <x.h>;",
	"control;",
	"}",
	"};\n",
	"component C { composition {",
	"assembly { composition {",
	"configuration {",
	"} configuration {",
	"component VM vm0;",
	"component VM vm1;",
	"component C c;",
	"component P p;",
	"component P { dataport Buf(4096) d; }",
	"group g {",
	"export vm0.a -> b;",
	"connection seL4SharedDataWithCaps c1(from p.d, to vm0.data);",
	"connection seL4Notification e1(from vm0.go, to p.go);",
	"connection seL4SerialServer s1(from vm0.batch, to p.batch);",
	"connection k n(",
	"from vm0.a, ",
	"to vm1.b",
	"vm0.vm_address_config = {\"ram_base\" : \"0x40000000\", \"ram_size\" : \"0x20000000\", ",
	"\"kernel_entry_addr\" : \"-1\", ",
	"\"dtb_addr\" : \"0x4f000000\", ",
	"vm0.vm_image_config = {\"kernel_name\" : \"Image\", \"provide_dtb\" : false",
	"vm0.linux_address_config = {\"linux_ram_base\" : \"0x40000000\", ",
	"vm0.linux_image_config = {};",
	"vm0.num_vcpus = ",
	"vm0.guest_ram_mb = 128;",
	"vm0.kernel_image = \"bzimage\";",
	"vm0.kernel_relocs = \"bzimage\";",
	"vm0_config.exclude_paddr = [[0x14000000, 0x1000]];",
	"vm0.vm_irqs = [{\"name\" : \"a\", \"source\" : 1, \"dest\" : 5}];",
	"vm0.pci_devices = [{\"bus\" : 0, \"dev\" : 1, \"fun\" : 0, \"irq\" : \"a\", \"memory\" : [",
	"{\"paddr\" : 0xe0000000, \"size\" : 0x1000}, ",
	"vm0.vm_ioports = [{\"start\" : 1, \"end\" : 2}];",
	"vm0.init_cons = [{\"init\" : \"make_virtio_net\"}];",
	"vm0.vswitch_layout = [{\"mac_addr\" : \"02:00:00:00:aa:02\"}];",
	"vm0.vswitch_mac_address = \"02:00:00:00:aa:01\";",
	"vm0.ethdriver_mac = [1, 2, 3, 4, 5, 6];",
	"vm0.sataserver_iface_partitions = [1];",
	"vm0.untyped_mmios = [\"0x8040000:12\", \"0x10000000:16\"];",
	"vm0.mmios = [\"0x10000000:0x1000:12\"];",
	"vm0.dtb = dtb([{\"path\" : \"/uart\"}, ",
	"{\"properties\" : {\"compatible[0]\" : \"a\", \"reg[*]\" : [1, 2]}}, ",
	"vm0.dtb_irqs = [64];",
	"vm0.trivet = {\"id\" : 2, ",
	"\"emu_devices\" : [[\"u\", 0x9000000, 0x1000, 33, 2, []]]",
	"vm0.crossvm = [{\"dataport\" : \"data\", \"emit\" : \"go\"}];",
	"vm0.data_size = 4096;",
	"vm0.affinity = 1;",
	"vm0.num_vcpus <- cpus;",
	"c1.size = 8192;",
	"import \"a\";",
	"import <b>;",
	"\n# 7 \"file.camkes\" 2\n",
	"(1 + 2) * ",
	"1 << 4 ? 2 : 3",
	"0x7fffffffffffffff",
	"**",
	"\"a\"",
	"true",
	"[",
	"]",
	"{",
	", ",
	";\n",
	"\" : \"",
};

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	fuzz_check(strlen(text) < 512 && !strpbrk(text, "\n\r\x1b"));
}

static void put(void *ctx, const char *line)
{
	(void)ctx;
	fuzz_check(strlen(line) < 160 && !strpbrk(line, "\n\r\x1b"));
}

static const u8 *imported;
static size_t imported_len;

/* The text imports itself. */
static enum status import(void *ctx, struct str name, bool angled, const char *from,
			  struct config_part *out)
{
	(void)ctx;
	fuzz_check(from != NULL);
	if (angled)
		return name.n % 2 ? E_NOTFOUND : E_BUSY;
	*out = (struct config_part){ span_of(imported, imported_len), "again.camkes", false };
	return OK;
}

static bool has_image(void *ctx, struct str name)
{
	(void)ctx;
	return name.n % 2;
}

static size_t make_text(const uint8_t *data, size_t n, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		const char *piece = pieces[data[i] % array_size(pieces)];
		size_t len = data[i] < 0x80 ? 1 : strlen(piece);

		if (len > TEXT_MAX - used)
			break;
		memcpy(text + used, data[i] < 0x80 ? (const char *)&data[i] : piece, len);
		used += len;
	}
	return used;
}

/* A machine to ask for nodes. */
static struct span make_tree(void)
{
	static alignas(8) u8 buf[KIB(4)];
	static size_t len;
	struct dt_out o;

	if (len)
		return span_of(buf, len);
	dt_out_begin(&o, buf, sizeof(buf));
	dt_out_u32(&o, "#address-cells", 1);
	dt_out_u32(&o, "#size-cells", 1);
	dt_out_node(&o, "aliases");
	dt_out_str(&o, "serial0", STR("/uart@1000"));
	dt_out_end_node(&o);
	dt_out_node(&o, "chosen");
	dt_out_str(&o, "stdout-path", STR("serial0:115200"));
	dt_out_end_node(&o);
	dt_out_node_at(&o, "uart", 0x1000);
	dt_out_str(&o, "compatible", STR("a\0b"));
	dt_out_cells(&o, "reg", (const u32[]){ 0x1000, 0x100 }, 2);
	dt_out_end_node(&o);
	dt_out_node_at(&o, "intc", 0x8000000);
	dt_out_flag(&o, "interrupt-controller");
	dt_out_cells(&o, "reg", (const u32[]){ 0x8000000, 0x1000, 0x8010000, 0x2000 }, 4);
	dt_out_end_node(&o);
	fuzz_check(dt_out_finish(&o, &len) == OK);
	return span_of(buf, len);
}

static void check_vm(const struct vmdesc *vd)
{
	fuzz_check(vd->vcpus.n >= 1 && vd->vcpus.n <= VD_MAX_VCPUS);
	fuzz_check(vd->name.n && vd->isa && vd->mems.n);
	fuzz_check(vmdesc_image(vd, VD_IMG_KERNEL) != NULL);
	for (u32 i = 0; i < vd->vcpus.n; i++)
		fuzz_check(vd->vcpus.v[i].priority <= 255);
	for (u32 i = 0; i < vd->devs.n; i++)
		fuzz_check(vd->devs.v[i].class.n && vd->devs.v[i].n_win <= VD_DEV_WINDOWS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static u8 memory[ARENA_SIZE];
	static char text[TEXT_MAX];
	const struct config_env env = {
		.import = import,
		.has_image = has_image,
		.fdt = n % 2 ? make_tree() : (struct span){ NULL, 0 },
	};
	size_t len = make_text(data, n, text);
	struct config_part part = { span_of(text, len), "t.camkes", false };
	const struct config_input in = { &part, 1, &env };
	struct diag d = { .emit = emit };
	struct vmdesc *vd;
	struct arena a;
	enum status st;

	imported = (const u8 *)text;
	imported_len = len;
	arena_init(&a, memory, sizeof(memory));
	st = config_camkes.parse(&in, &a, &d, &vd);
	fuzz_check(st == OK || st == E_INVAL || st == E_NOMEM);
	fuzz_check((st == E_INVAL) == (d.n_errors != 0) || st == E_NOMEM);
	fuzz_check(st != OK || vd);
	for (; vd; vd = vd->next) {
		if (st == OK)
			check_vm(vd);
		vmdesc_print(vd, put, NULL);
	}
	if (len > 1)
		(void)ck_regex_search((struct str){ text, len / 2 },
				      (struct str){ text + len / 2, len - len / 2 });
	return 0;
}
