# SPDX-License-Identifier: Apache-2.0
#
# Benchmarks: instructions per operation (bench/README.md).
#   make bench                         table, beside other hypervisors and the last baseline
#   make bench-baseline                the same, stored as bench/baseline/COMMIT.json
#   make bench-trace OP=gicd_typer LANE=neutral    one operation, instructions per function
#   QEMU=... CPU=...                   another emulator, another CPU model
.PHONY: bench bench-baseline bench-trace

BENCH_GUEST  := bench/guests/$(ISA)
BENCH_CFLAGS := -std=gnu2x -Wall -Wextra -Werror -O2 -g -ffreestanding -nostdinc -fno-pic \
	-fno-stack-protector -fno-asynchronous-unwind-tables -ffixed-x26 -ffixed-x27 -ffixed-x28
BENCH_CFLAGS_aarch64 := -mgeneral-regs-only -mno-outline-atomics -mstrict-align -march=armv8-a
BENCH_WORDS = $(PLATFORM) $(O) cc="$(CC)" qemu=$(QEMU) cpu=$(CPU) mem=$(MEM)

# The same guest for a VM with a device of the host, and without.
$(O)/bench/main.o: WITH_DEVICE := 0
$(O)/bench/main-pass.o: WITH_DEVICE := 1
$(O)/bench/main.o $(O)/bench/main-pass.o: $(BENCH_GUEST)/main.c $(BENCH_GUEST)/../../rules.mk
	@mkdir -p $(@D)
	@$(CC) $(BENCH_CFLAGS) $(BENCH_CFLAGS_$(ISA)) -DWITH_DEVICE=$(WITH_DEVICE) -c $< -o $@
$(O)/bench/%.o: $(BENCH_GUEST)/%.S
	@mkdir -p $(@D)
	@$(CC) -march=armv8-a -g -nostdinc -c $< -o $@
define bench_guest
$(O)/bench/bench$(1).elf: $(O)/bench/start.o $(O)/bench/main$(1).o $(BENCH_GUEST)/guest.ld
	@$$(LD) -nostdlib --build-id=none -z max-page-size=4096 -T $(BENCH_GUEST)/guest.ld -o $$@ $$(filter %.o,$$^)
$(O)/bench/bench$(1).bin: $(O)/bench/bench$(1).elf
	@$$(OBJCOPY) -O binary $$< $$@
$(O)/archives/bench$(1).cpio: $(O)/bench/bench$(1).bin $(BENCH_GUEST)/bench$(1).toml $(PLATFORM) | $(TOOL)
	@mkdir -p $$(@D)
	@$(PACK) -o $$@ --file bench.bin=$$< $(BENCH_GUEST)/bench$(1).toml
endef
$(eval $(call bench_guest,))
$(eval $(call bench_guest,-pass))

$(O)/archives/bench-more.cpio: $(O)/bench/bench.bin $(BENCH_GUEST)/bench-more.toml $(PLATFORM) | $(TOOL)
	@mkdir -p $(@D)
	@$(PACK) -o $@ --file bench.bin=$< $(BENCH_GUEST)/bench-more.toml

# In company: of 8 and 64 VMs (itself one of them), of 16 and 64 device windows.
$(O)/bench/idle.bin: $(O)/bench/idle.o
	@$(LD) -nostdlib --build-id=none -Ttext=0x40080000 -o $(@:.bin=.elf) $<
	@$(OBJCOPY) -O binary $(@:.bin=.elf) $@
BENCH_CROWD = $(PY) bench/crowd.py $@ $(TOOL) $(PLATFORM) $(BENCH_GUEST)/bench.toml $(O)/bench/bench.bin \
	$(O)/bench/idle.bin
$(O)/archives/bench-vms%.cpio: bench/crowd.py $(O)/bench/bench.bin $(O)/bench/idle.bin $(BENCH_GUEST)/bench.toml | $(TOOL)
	@mkdir -p $(@D)
	@$(BENCH_CROWD) vms=$* windows=3
$(O)/archives/bench-devices%.cpio: bench/crowd.py $(O)/bench/bench.bin $(O)/bench/idle.bin $(BENCH_GUEST)/bench.toml | $(TOOL)
	@mkdir -p $(@D)
	@$(BENCH_CROWD) vms=1 windows=$*

BENCH_IMAGES := $(patsubst %,$(O)/images/%.bin,bench bench-pass bench-more bench-vms8 bench-vms64 \
	bench-devices16 bench-devices64)

bench: $(BENCH_IMAGES)
	@$(PY) bench/run.py $(BENCH_WORDS)
bench-baseline: $(BENCH_IMAGES)
	@$(PY) bench/run.py $(BENCH_WORDS) store=yes
bench-trace: $(BENCH_IMAGES)
	@$(PY) bench/trace.py $(BENCH_WORDS) op=$(OP) lane=$(LANE)
