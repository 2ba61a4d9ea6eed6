# SPDX-License-Identifier: Apache-2.0
#
# One Makefile, no recursion. `make help` says what there is. Layers and what each may include
# stand in one table below: a wrong include does not compile.

# What `make defconfig` wrote goes before the defaults below; tests and checks know nothing of it.
CONFIG   ?= .trivet.toml
FIXED_GOALS := test unit golden desk tool-tests fuzz fuzz-short qemu-test coverage bench lint lint-% format defconfig \
	help clean distclean
ifneq ($(if $(filter-out $(FIXED_GOALS),$(or $(MAKECMDGOALS),all)),$(wildcard $(CONFIG))),)
include build/config.mk
build/config.mk: $(CONFIG) tools/defconfig.py
	@mkdir -p $(@D)
	@python3 tools/defconfig.py vars $< > $@.new && mv $@.new $@
endif

PLAT     ?= aarch64-qemu-virt
COMPILER ?= gcc
VMS      ?= configs/vms/linux-aarch64-qemu-smp2.toml
O        ?= build/$(PLAT)-$(COMPILER)
# For this machine, and of no platform: tests, tools, `trivet`.
TB       ?= build
TOOL     := $(TB)/trivet
SMP      ?=
MEM      ?=
QEMU     ?=
LOG      ?= info
APPEND   ?=
BOOT     ?= kernel
# U-Boot only looks for something to start in partitions.
TABLE    ?= $(if $(filter u-boot,$(BOOT)),mbr,none)

PLATFORM := configs/platforms/$(PLAT).toml
ISA      := $(firstword $(subst -, ,$(PLAT)))
CACHE    := .cache
GUESTS   := $(CACHE)/guests/$(ISA)
PY       := python3
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

ifeq ($(wildcard $(PLATFORM)),)
$(error PLAT=$(PLAT): there is no $(PLATFORM); have $(patsubst configs/platforms/%.toml,%,$(wildcard configs/platforms/*.toml)))
endif

# ---- compilers -------------------------------------------------------------------------------
ifeq ($(COMPILER),clang)
CC      := clang --target=aarch64-none-elf
LD      := ld.lld
OBJCOPY := llvm-objcopy
NM      := llvm-nm
else
CROSS   := aarch64-linux-gnu-
CC      := $(CROSS)gcc
LD      := $(CROSS)ld
OBJCOPY := $(CROSS)objcopy
NM      := $(CROSS)nm
endif
HOSTCC  ?= gcc

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wimplicit-fallthrough -Wswitch-enum -Wvla -Wundef -Werror
# Binaries are the same wherever and whenever they are built.
REPRO := -ffile-prefix-map=$(CURDIR)/= -fno-record-gcc-switches
ifeq ($(COMPILER),clang)
REPRO := -ffile-prefix-map=$(CURDIR)/=
endif
ISA_CFLAGS_aarch64 := -mgeneral-regs-only -mno-outline-atomics -march=armv8-a -mcmodel=small
ISA_CFLAGS := $(ISA_CFLAGS_$(ISA)) -fno-pic -ffreestanding
OPT := -O2 -g -fno-omit-frame-pointer -fno-strict-aliasing -fno-common -fno-stack-protector \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
ifneq ($(COMPILER),clang)
OPT += -fno-align-functions -fno-align-loops -fno-align-jumps -fno-align-labels
endif
NOSTDINC = -nostdinc -isystem $(shell $(CC) -print-file-name=include)
TARGET_CFLAGS = -std=gnu2x $(WARN) $(OPT) $(ISA_CFLAGS) $(NOSTDINC) $(REPRO) -MMD -MP

# ---- layers: what each may include -----------------------------------------------------------
I_base    := -Ibase/include
I_lib     := $(I_base) -Ilib/include
I_vdev    := $(I_lib) -Iport/vdev/include -Iport/exit/include -Ivdev/include
I_drivers := $(I_lib) -Iport/driver/include -Idrivers/include
I_arch    := $(I_lib) -Iport/arch/include -Iport/exit/include -Iarch/$(ISA)/include \
	-Iarch/$(ISA)/priv -I$(O)/gen
I_core    := $(I_lib) -Iport/arch/include -Iport/exit/include -Iport/vdev/include \
	-Iport/driver/include -Iarch/$(ISA)/include -Icore/include -Icore/priv
I_main    := $(I_core) -I$(O)/gen
# A driver that speaks the ISA's own registers gets that one root more.
I_isa_drivers := -Iarch/$(ISA)/priv -Iarch/$(ISA)/include
ISA_DRIVERS_aarch64 := irqchip/gicv3

# ---- sources ---------------------------------------------------------------------------------
# A machine without Python is set up first; then make reads all of this again.
ifneq ($(shell command -v $(PY) 2> /dev/null),)
COMPONENTS := $(if $(filter $(CONFIG_PLAT),$(PLAT)),$(CONFIG_COMPONENTS))
ifeq ($(COMPONENTS),)
COMPONENTS := $(shell $(PY) tools/platform.py $(PLATFORM) components)
endif
else ifneq ($(filter-out help clean distclean,$(or $(MAKECMDGOALS),all)),)
ifeq ($(MAKE_RESTARTS),)
include $(CACHE)/bootstrap.mk
endif
$(CACHE)/bootstrap.mk: FORCE
	@tools/setup/packages.sh run
	@mkdir -p $(@D) && echo '# This machine has been set up.' > $@
endif
component = $(patsubst $(1):%,%,$(filter $(1):%,$(COMPONENTS)))

include third_party/rules.mk

BASE_SRCS   := $(wildcard base/*.c)
# Files whose subject is one ISA carry its name; the platform's own is linked, the others are not.
ISA_FILES   := $(wildcard lib/*/*_aarch64.c lib/*/*_riscv64.c lib/*/*_x86_64.c)
# A language that is only read at the desk is no part of the hypervisor.
DESK_SRCS   := $(wildcard lib/config/camkes*.c)
LIB_SRCS    := $(filter-out $(ISA_FILES) $(DESK_SRCS),$(wildcard lib/*/*.c)) \
	$(filter %_$(ISA).c,$(ISA_FILES))
# What several devices of a folder share is named *_common*; the linker drops what nobody calls.
VDEV_SRCS   := $(wildcard vdev/*.c vdev/*/*_common*.c) \
	$(wildcard $(patsubst %,vdev/%*.c,$(call component,vdev)))
DRIVER_SRCS := drivers/match.c $(patsubst %,drivers/%.c,$(call component,driver)) \
	$(wildcard drivers/block/*.c)
DRIVER_SRCS := $(sort $(DRIVER_SRCS))
CORE_SRCS   := $(wildcard core/*.c)
ARCH_SRCS   := $(wildcard arch/$(ISA)/*.c)
ARCH_ASM    := $(filter-out %/fast.S %.ld.S,$(wildcard arch/$(ISA)/*.S))
MAIN_SRCS   := $(wildcard main/*.c)

obj = $(patsubst %,$(O)/obj/%.o,$(basename $(1)))
LAYER_base    := $(call obj,$(BASE_SRCS))
LAYER_lib     := $(call obj,$(LIB_SRCS))
LAYER_vdev    := $(call obj,$(VDEV_SRCS))
LAYER_drivers := $(call obj,$(DRIVER_SRCS))
LAYER_core    := $(call obj,$(CORE_SRCS))
LAYER_arch    := $(call obj,$(ARCH_SRCS) $(ARCH_ASM))
LAYER_main    := $(call obj,$(MAIN_SRCS))
PART_OBJS     := $(patsubst $(PARTS)/%.c,$(O)/parts/%.o,$(PART_SRCS))
OBJS := $(LAYER_base) $(LAYER_lib) $(LAYER_vdev) $(LAYER_drivers) $(LAYER_core) $(LAYER_arch) \
	$(LAYER_main) $(PART_OBJS) $(O)/gen/components.o

# Flags a folder needs beyond its layer's. What is not on the exit path is built for size.
HOT_core := cpu gmem irq pass pt sched vbus vcpu vdev virq
COLD_arch := cpu fault mmu
$(LAYER_lib) $(LAYER_main) $(LAYER_drivers) $(filter-out $(HOT_core:%=$(O)/obj/core/%.o),$(LAYER_core)) \
	$(COLD_arch:%=$(O)/obj/arch/$(ISA)/%.o): SIZE := -Os
$(O)/obj/base/mem.o: EXTRA := -fno-builtin -fno-tree-loop-distribute-patterns
ifeq ($(COMPILER),clang)
$(O)/obj/base/mem.o: EXTRA := -fno-builtin
endif
$(O)/obj/lib/store/fat32.o: EXTRA := $(GLUE_FATFS)
$(foreach d,$(ISA_DRIVERS_$(ISA)),$(eval $(O)/obj/drivers/$(d).o: EXTRA := $(I_isa_drivers)))

.PHONY: all help run image tree defconfig disk setup setup-test clean distclean lint test unit golden fuzz-short \
	qemu-test bench FORCE compile_commands
all: $(O)/trivet.bin trivet

help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST)) tests/rules.mk tools/trivet/rules.mk

## Targets
##   make run            set up what is missing, build, start QEMU: ends at the guest's shell
##   make test           every test; the last line is "N passed, N failed"
##   make                build the hypervisor: build/PLAT-COMPILER/trivet.bin
##   make unit golden qemu-test     one kind of test (qemu-test: ONLY=name for one case)
##   make bench          instructions per operation, beside other hypervisors
##   make lint           format, static analysis, layers, budgets
##   make defconfig      write .trivet.toml: platform, components, VMs, emulator that `make` uses then
##   make tree           the machine's device tree for `trivet`: build/trees/PLAT.dtb
##   make setup          only fetch and install what `make run` needs
##   make clean distclean           remove what was built / and what was fetched
## Variables
##   PLAT=aarch64-qemu-virt         the machine: a file of configs/platforms/
##   VMS="a.toml b.toml"            the VMs to start
##   SMP=4 MEM=2G                   CPUs and memory of the machine
##   QEMU=/path/to/qemu             another QEMU binary
##   LOG=error|warn|info|debug      how much the hypervisor says
##   APPEND="lane=neutral"          boot options: lane=neutral (no short lane), crash=KIND (last words),
##                                  stall=phase|load|exit|irq (what the watchdog tells)
##   QEMU_ARGS="-s"                 more words for the emulator
##   CONFIG=FILE                    instead of .trivet.toml; CONFIG= for none
##   O=build/PLAT-COMPILER          where everything is built
##   COMPILER=gcc|clang             the compiler
##   TABLE=none|mbr|gpt             partition table of the disk
##   BOOT=kernel|u-boot             who starts us: the emulator, or U-Boot from the disk

# ---- set-up ----------------------------------------------------------------------------------
PART_STAMP := $(PARTS)/.stamp
GUEST_STAMP := $(GUESTS)/Image

setup:
	@tools/setup/packages.sh run
	@tools/setup/fetch-parts.sh
	@guests/fetch-$(ISA).sh
setup-test: setup
	@tools/setup/packages.sh test
	@tools/setup/fetch-qemu10.sh > /dev/null
	@guests/fetch-installer.sh
	@tools/setup/fetch-u-boot.sh > /dev/null
	@tools/setup/fetch-board-trees.sh

# Third-party sources are fetched once; what compiles them waits for that.
$(PART_SRCS) $(TEST_PART_SRCS) $(PARTS)/libfdt/libfdt.h $(PARTS)/zlib/zlib.h: | $(CACHE)/parts.done ;
$(CACHE)/parts.done:
	@tools/setup/packages.sh run
	@tools/setup/fetch-parts.sh
	@mkdir -p $(@D) && touch $@
$(GUESTS)/Image $(GUESTS)/initramfs.cpio.gz: | $(CACHE)/guest-$(ISA).done ;
$(CACHE)/guest-$(ISA).done:
	@guests/fetch-$(ISA).sh
	@mkdir -p $(@D) && touch $@

# ---- compiling -------------------------------------------------------------------------------
# A change of flags rebuilds.
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(TARGET_CFLAGS) $(COMPONENTS)' | cmp -s - $@ || \
		echo '$(CC) $(TARGET_CFLAGS) $(COMPONENTS)' > $@

define compile
@mkdir -p $(@D)
@echo "  CC    $<"
@$(CC) $(TARGET_CFLAGS) $(SIZE) $(1) $(EXTRA) -c $< -o $@
endef

$(O)/obj/base/%.o: base/%.c $(O)/flags
	$(call compile,$(I_base))
$(O)/obj/lib/%.o: lib/%.c $(O)/flags | $(CACHE)/parts.done
	$(call compile,$(I_lib))
$(O)/obj/vdev/%.o: vdev/%.c $(O)/flags
	$(call compile,$(I_vdev))
$(O)/obj/drivers/%.o: drivers/%.c $(O)/flags
	$(call compile,$(I_drivers))
$(O)/obj/core/%.o: core/%.c $(O)/flags
	$(call compile,$(I_core))
$(O)/obj/main/%.o: main/%.c $(O)/flags $(O)/gen/version.h
	$(call compile,$(I_main))
$(O)/obj/arch/%.o: arch/%.c $(O)/flags $(O)/gen/asm-offsets.h
	$(call compile,$(I_arch) -DOFFSETS_VERIFY)
$(O)/obj/arch/%.o: arch/%.S $(O)/flags $(O)/gen/asm-offsets.h
	@mkdir -p $(@D)
	@echo "  AS    $<"
	@$(CC) $(ISA_CFLAGS) -g $(NOSTDINC) $(REPRO) -MMD -MP $(I_arch) -D__ASSEMBLY__ -c $< -o $@

$(O)/parts/fatfs/%.o: $(PARTS)/fatfs/%.c $(O)/flags
	$(call compile_part,$(FATFS_CFLAGS))
define compile_part
@mkdir -p $(@D)
@echo "  CC    $(notdir $<)"
@$(CC) $(1) -isystem $(shell $(CC) -print-file-name=include) $(ISA_CFLAGS) -fno-stack-protector \
	-fno-asynchronous-unwind-tables $(REPRO) -c $< -o $@
endef

# ---- generated files -------------------------------------------------------------------------
$(O)/gen/components.c: tools/ci/components.sh $(PLATFORM) $(O)/flags
	@mkdir -p $(@D)
	@tools/ci/components.sh $(COMPONENTS) > $@
$(O)/gen/components.o: $(O)/gen/components.c
	$(call compile,$(I_lib) -Iport/vdev/include -Iport/driver/include -Iport/exit/include)

# What assembly needs of C's layouts: emitted as marked lines of assembly, then verified in C.
$(O)/gen/asm-offsets.h: arch/$(ISA)/offsets.c arch/$(ISA)/offsets.def $(wildcard arch/$(ISA)/*/arch/*.h) $(O)/flags
	@mkdir -p $(@D)
	@$(CC) $(TARGET_CFLAGS) $(I_arch) -S $< -o $(O)/gen/offsets.s
	@sed -n 's/.*"->\([A-Z0-9_]*\) \([0-9]*\)".*/#define \1 \2/p' $(O)/gen/offsets.s > $@

VERSION := 0.1.0
$(O)/gen/version.h: Makefile
	@mkdir -p $(@D)
	@echo '#define TRIVET_VERSION "$(VERSION) ($(ISA), $(COMPILER))"' > $@

# ---- linking ---------------------------------------------------------------------------------
# Two passes: the first gives the addresses of all functions and the cold texts (base/cold.h), the
# second carries names for backtraces and the texts, packed. These, and the archive of VM files and
# images, stand behind all code, so they move none.
LDFLAGS := -nostdlib --gc-sections --build-id=none -z noexecstack -z separate-code -z max-page-size=4096

$(O)/gen/link.ld: arch/$(ISA)/link.ld.S
	@mkdir -p $(@D)
	@$(CC) -E -P -x assembler-with-cpp $< -o $@

PASS1 := $(O)/gen/ksyms0.o $(O)/gen/no-texts.o
PASS2 := $(O)/gen/ksyms.o $(O)/gen/texts.o $(O)/gen/folds.o
$(O)/pass1.elf: $(OBJS) $(O)/gen/link.ld $(PASS1) $(O)/archives/empty.o
	@echo "  LD    $@"
	@$(LD) $(LDFLAGS) -T $(O)/gen/link.ld -o $@ $(OBJS) $(PASS1) $(O)/archives/empty.o
# Room for folded code, which differs a little from image to image: addresses are in it.
$(O)/gen/folds.S: $(O)/pass1.elf $(O)/fold
	@$(OBJCOPY) -O binary -j .folded_text -j .folded_rodata $< $(@:.S=.bin)
	@printf '.section .folds,"a"\n.balign 16\n.skip %d\n' \
		$$(($$($(O)/fold $(@:.S=.bin)) * 201 / 200 + 64)) > $@
$(O)/gen/folds.o: $(O)/gen/folds.S
	@$(CC) $(ISA_CFLAGS) -c $< -o $@
$(O)/fold: tools/fold.c
	@mkdir -p $(@D)
	@$(HOSTCC) -std=gnu2x $(WARN) -O2 $< -o $@
$(O)/gen/no-texts.packed:
	@mkdir -p $(@D) && : > $@
$(O)/gen/texts.packed: $(O)/pass1.elf tools/pack_texts.py
	@$(OBJCOPY) -O binary -j .texts $< $(@:.packed=.bin)
	@$(PY) tools/pack_texts.py $(@:.packed=.bin) $@
$(O)/gen/%.o: $(O)/gen/%.packed
	@$(call incbin,.packed,$<)
$(O)/gen/ksyms0.c: tools/ksyms.py
	@mkdir -p $(@D)
	@$(PY) $< < /dev/null > $@
$(O)/gen/ksyms.c: $(O)/pass1.elf tools/ksyms.py
	@$(NM) -n --defined-only $< | $(PY) tools/ksyms.py > $@
$(O)/gen/%.o: $(O)/gen/%.c
	$(call compile,$(I_core) -Wno-missing-prototypes)

# incbin SECTION FILE: a file as the object that is being made
incbin = printf '.section %s,"a"\n.balign 16\n.incbin "%s"\n' $(1) $(2) > $(@:.o=.S) && \
	$(CC) $(ISA_CFLAGS) -c $(@:.o=.S) -o $@

# An archive becomes an object; any archive makes an image: O/images/NAME.bin from
# O/archives/NAME.cpio (`trivet pack` writes those; the empty one has the platform file alone).
PACK = $(TOOL) pack --platform $(PLATFORM)
$(O)/archives/empty.cpio: $(PLATFORM) | $(TOOL)
	@mkdir -p $(@D)
	@$(PACK) -o $@
$(O)/archives/%.o: $(O)/archives/%.cpio
	@$(call incbin,.archive,$<)
$(O)/images/%.elf: $(O)/archives/%.o $(OBJS) $(PASS2)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(LD) $(LDFLAGS) -T $(O)/gen/link.ld -o $@ $(OBJS) $(PASS2) $<
address = $$((0x$$($(NM) $(1) | sed -n 's/ . $(2)$$//p')))
$(O)/images/%.bin: $(O)/images/%.elf $(O)/fold
	@$(OBJCOPY) -O binary -R .texts -R .folded_text -R .folded_rodata $< $@
	@$(OBJCOPY) -O binary -j .folded_text -j .folded_rodata $< $(@:.bin=.folded)
	@$(O)/fold $(@:.bin=.folded) $@ \
		$$(($(call address,$<,image_folds_start) - $(call address,$<,image_start))) \
		$$(($(call address,$<,image_folds_end) - $(call address,$<,image_folds_start)))
.SECONDARY: $(PASS1) $(PASS2) $(O)/gen/ksyms.c $(O)/gen/no-texts.packed $(O)/gen/texts.packed $(O)/gen/folds.S
.PRECIOUS: $(O)/images/%.elf $(O)/archives/%.o $(O)/archives/%.cpio

$(O)/trivet.bin: $(O)/images/empty.bin
	@cp $< $@ && cp $(O)/images/empty.elf $(O)/trivet.elf
	@echo "  BIN   $@ ($$(stat -c %s $@) bytes)"
image: $(O)/trivet.bin

# What the desk knows of the machine's devices. (U-Boot's and boards' own may say more.)
TREE := $(TB)/trees/$(PLAT).dtb
tree: $(TREE)
$(TREE): $(PLATFORM) tools/platform.py
	@QEMU=$(QEMU) $(PY) tools/platform.py $(PLATFORM) tree $@
	@echo "  TREE  $@"

# ---- running ---------------------------------------------------------------------------------
run: setup
	@$(MAKE) --no-print-directory -s $(if $(QEMU),,$(TREE)) $(O)/run/ready
	@$(PY) tools/run.py $(PLATFORM) kernel=$(O)/images/run.bin disk=$(O)/run/disk.img \
		smp=$(SMP) mem=$(MEM) qemu=$(QEMU) append="log=$(LOG) $(APPEND)" $(RUN_$(BOOT)) \
		$(if $(QEMU_ARGS),-- $(QEMU_ARGS))
# This machine, these VMs, as a file that `make` reads from then on.
defconfig:
	@$(PY) tools/defconfig.py write $(PLATFORM) .trivet.toml $(if $(filter aarch64-qemu-virt,$(PLAT)),$(VMS))
# A machine of another size than its platform file says is for the hypervisor to judge.
PACK_RUN = $(PACK) --files $(GUESTS) --table $(TABLE) -o $(O)/archives/run.cpio \
	--disk $(O)/run/disk.img $(if $(SMP)$(MEM)$(QEMU),--force)
# U-Boot needs the image, made of the archive, on the disk, made with the archive: once more.
RUN_kernel :=
RUN_u-boot = u_boot=$$(tools/setup/fetch-u-boot.sh)
$(O)/run/ready: FORCE $(GUESTS)/Image $(TOOL)
	@mkdir -p $(O)/run $(O)/archives
	@$(PACK_RUN) $(VMS)
	@$(MAKE) --no-print-directory $(O)/images/run.bin
ifneq ($(BOOT),kernel)
	@sed 's/log=info/log=$(LOG) $(APPEND)/' configs/boot/extlinux.conf > $(O)/run/extlinux.conf
	@$(PACK_RUN) --add $(O)/images/run.bin=trivet.bin \
		--add $(O)/run/extlinux.conf=extlinux/extlinux.conf $(VMS)
endif
	@touch $@

include tests/rules.mk
include bench/rules.mk
include tools/trivet/rules.mk

clean:
	rm -rf build
distclean: clean
	rm -rf $(CACHE)

-include $(OBJS:.o=.d)
