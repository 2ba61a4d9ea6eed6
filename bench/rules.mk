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

$(O)/bench/%.o: $(BENCH_GUEST)/%.c $(BENCH_GUEST)/../../rules.mk
	@mkdir -p $(@D)
	@$(CC) $(BENCH_CFLAGS) $(BENCH_CFLAGS_$(ISA)) -c $< -o $@
$(O)/bench/%.o: $(BENCH_GUEST)/%.S
	@mkdir -p $(@D)
	@$(CC) -march=armv8-a -g -nostdinc -c $< -o $@
$(O)/bench/bench.elf: $(O)/bench/start.o $(O)/bench/main.o $(BENCH_GUEST)/guest.ld
	@$(LD) -nostdlib --build-id=none -z max-page-size=4096 -T $(BENCH_GUEST)/guest.ld -o $@ $(filter %.o,$^)
$(O)/bench/bench.bin: $(O)/bench/bench.elf
	@$(OBJCOPY) -O binary $< $@
$(O)/archives/bench.cpio: $(O)/bench/bench.bin $(BENCH_GUEST)/bench.toml $(O)/gen/platform.toml
	@mkdir -p $(@D)
	@$(PY) tools/mkarchive.py $@ $(O)/gen/platform.toml=platform.toml \
		$(BENCH_GUEST)/bench.toml=guest/vm_default/bench.toml $<=bench.bin

bench: $(O)/images/bench.bin
	@$(PY) bench/run.py $(BENCH_WORDS)
bench-baseline: $(O)/images/bench.bin
	@$(PY) bench/run.py $(BENCH_WORDS) store=yes
bench-trace: $(O)/images/bench.bin
	@$(PY) bench/trace.py $(BENCH_WORDS) op=$(OP) lane=$(LANE)
