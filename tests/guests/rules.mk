# SPDX-License-Identifier: Apache-2.0
#
# Test guests (tests/guests/README.md): four programs over one small runtime, and the hypervisor
# images that carry sets of VMs of them. Included by tests/rules.mk, which makes a kernel of each
# name in INMATE_KERNELS.
TB ?= build
INMATE_SRC := tests/guests/$(ISA)
INMATE_OUT := $(TB)/guests/$(ISA)

INMATE_CFLAGS = -std=gnu2x $(WARN) $(OPT) -ffreestanding $(NOSTDINC) $(REPRO) -fno-pic -MMD -MP \
	-mgeneral-regs-only -mno-outline-atomics -mstrict-align -march=armv8-a -mcmodel=small \
	$(I_base) -Itests/guests/include -I$(INMATE_SRC)/include
# What takes copies of itself at run time is no library function's copy.
INMATE_BASE := fmt mem str
INMATE_RUNTIME := console tap tree
INMATE_ISA_RUNTIME := start ops cpu cpu_interface irq sweep
INMATE_honest := honest pattern $(patsubst $(INMATE_SRC)/%.c,%,$(wildcard $(INMATE_SRC)/honest_*.c))
INMATE_hostile := hostile $(patsubst $(INMATE_SRC)/%.c,%,$(wildcard $(INMATE_SRC)/hostile_*.c))
INMATE_neighbour := neighbour
INMATE_counter := counter
INMATES := honest hostile neighbour counter

inmate_objs = $(INMATE_ISA_RUNTIME:%=$(INMATE_OUT)/obj/%.o) $(INMATE_$(1):%=$(INMATE_OUT)/obj/%.o) \
	$(INMATE_RUNTIME:%=$(INMATE_OUT)/obj/rt/%.o) $(INMATE_BASE:%=$(INMATE_OUT)/obj/base/%.o)

$(INMATE_OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(INMATE_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(INMATE_CFLAGS)' > $@
define inmate_compile
@mkdir -p $(@D)
@echo "  CC    $< (guest)"
@$(CC) $(INMATE_CFLAGS) $(EXTRA) -c $< -o $@
endef
$(INMATE_OUT)/obj/%.o: $(INMATE_SRC)/%.c $(INMATE_OUT)/flags
	$(inmate_compile)
$(INMATE_OUT)/obj/rt/%.o: tests/guests/%.c $(INMATE_OUT)/flags
	$(inmate_compile)
$(INMATE_OUT)/obj/base/%.o: base/%.c $(INMATE_OUT)/flags
	$(inmate_compile)
$(INMATE_OUT)/obj/base/mem.o: EXTRA := -fno-builtin -fno-tree-loop-distribute-patterns
ifeq ($(COMPILER),clang)
$(INMATE_OUT)/obj/base/mem.o: EXTRA := -fno-builtin
endif
$(INMATE_OUT)/obj/%.o: $(INMATE_SRC)/%.S $(INMATE_OUT)/flags
	@mkdir -p $(@D)
	@echo "  AS    $< (guest)"
	@$(CC) -march=armv8-a -g $(NOSTDINC) $(REPRO) -MMD -MP -I$(INMATE_SRC) -c $< -o $@

# inmate NAME: raw and ELF; the debugger's symbols are in the latter.
define inmate
$(INMATE_OUT)/$(1).elf: $$(call inmate_objs,$(1)) $(INMATE_SRC)/link.ld
	@echo "  LD    $$@"
	@$$(LD) -nostdlib --build-id=none -z noexecstack -z max-page-size=4096 --gc-sections \
		-T $(INMATE_SRC)/link.ld -o $$@ $$(filter %.o,$$^)
$(INMATE_OUT)/$(1).bin: $(INMATE_OUT)/$(1).elf
	@$$(OBJCOPY) -O binary $$< $$@
endef
$(foreach n,$(INMATES),$(eval $(call inmate,$(n))))

# The same guest behind the header of a Linux kernel, and compressed.
$(INMATE_OUT)/honest.Image: $(INMATE_OUT)/honest.bin $(INMATE_SRC)/make_image.py
	@$(PY) $(INMATE_SRC)/make_image.py $< $@
$(INMATE_OUT)/%.gz: $(INMATE_OUT)/%
	@gzip -9 -n -c $< > $@

INMATE_FILES := $(INMATES:%=$(INMATE_OUT)/%.bin) $(INMATE_OUT)/honest.elf \
	$(INMATE_OUT)/honest.bin.gz $(INMATE_OUT)/honest.Image $(INMATE_OUT)/honest.Image.gz

# ---- the hypervisor with VMs of them -----------------------------------------------------------
# Guests for modes that do not come back differ in number and name; where all share the neighbour's
# CPU, in that as well.
HOSTILE_ENDS := c d e f g h
INMATE_VMS := $(INMATE_OUT)/vms
variant = @mkdir -p $(@D); $(PY) tests/guests/variant.py $< $@
$(HOSTILE_ENDS:%=$(INMATE_VMS)/hostile-%.toml): $(INMATE_VMS)/hostile-%.toml: \
		tests/guests/hostile-b.toml tests/guests/variant.py
	$(variant) id=$$(($$(printf '%d' "'$*") - 95)) name='"hostile-$*"' \
		cmdline='"mem=0x1000000 seed=1"'
$(INMATE_VMS)/hostile-%.toml: tests/guests/hostile-%.toml
	@mkdir -p $(@D) && cp $< $@
$(INMATE_VMS)/shared/hostile-a.toml: $(INMATE_VMS)/hostile-a.toml
	$(variant) phys_cpu_sets='[1, 1]'
$(INMATE_VMS)/shared/%.toml: $(INMATE_VMS)/%.toml
	$(variant) phys_cpu_sets='[1]' cmdline='"mem=0x1000000 seed=2"'

INMATE_KERNELS := inmates hostile hostile-shared
HOSTILES := a b $(HOSTILE_ENDS)
INMATE_VMS_inmates := $(sort $(wildcard tests/guests/honest*.toml))
INMATE_VMS_hostile := tests/guests/neighbour.toml $(HOSTILES:%=$(INMATE_VMS)/hostile-%.toml)
INMATE_VMS_hostile-shared := tests/guests/neighbour.toml \
	$(HOSTILES:%=$(INMATE_VMS)/shared/hostile-%.toml)
INMATE_MADE := $(filter $(INMATE_OUT)/%,$(INMATE_VMS_hostile) $(INMATE_VMS_hostile-shared))
$(INMATE_KERNELS:%=$(O)/archives/%.cpio): $(O)/archives/%.cpio: FORCE $(INMATE_FILES) $(INMATE_MADE) $(TOOL)
	@mkdir -p $(@D)
	@$(PACK) --files $(INMATE_OUT) -o $@ $(INMATE_VMS_$*)

.PHONY: inmates
inmates: $(INMATE_FILES)
-include $(wildcard $(INMATE_OUT)/obj/*.d $(INMATE_OUT)/obj/*/*.d)
