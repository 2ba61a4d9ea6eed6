# SPDX-License-Identifier: Apache-2.0
#
# Tests. The layers are compiled a second time as a host program: the same include roots, the same
# warnings, arch/fake as the ISA, sanitizers. Every suite leaves NAME.counts in $(COUNTS);
# tools/ci/tally.py adds them up.
#
## Tests and checks
##   make unit golden tool-tests desk fuzz-short qemu-test    one kind; ONLY="name name" for some of it
##   make fuzz           other inputs in every run, FUZZ_SECONDS=300 for each target
##   make lint-NAME      one check: format metrics generated scripts headers layers cppcheck tidy
##                       compilers reproducible; make format mends the first
##   make coverage       lines that unit and golden tests run, by file
##   make compile_commands          compile_commands.json, for editors

# All of this is built in $(TB); `make` for a target is in $(O).
COUNTS := $(TB)/counts
DATA   := $(TB)/test-data
ONLY   ?=
# Seconds for each fuzz target.
FUZZ_SECONDS ?= 20

# ---- the hypervisor as a host program ----------------------------------------------------------
# Three builds of it: "host" for unit tests, "fuzz" for libFuzzer, "cov" to count lines.
HOST_BUILDS := host fuzz cov
H_CC_host   = $(HOSTCC)
H_CC_fuzz   = clang
H_CC_cov    = $(HOSTCC)
# Two megabytes of redzones are no stack to speak of; UBSan ends the program as ASan does.
SANITIZE    := -fsanitize=address,undefined -fno-sanitize-recover=undefined
H_OPT_host  := -O1 -g -fno-omit-frame-pointer $(SANITIZE)
H_OPT_fuzz  := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link $(SANITIZE)
H_OPT_cov   := -O0 -g --coverage -Wl,-u,__gcov_dump

HOST_LAYERS   := base lib vdev drivers core
HOST_INCLUDES  = $(subst arch/$(ISA)/,arch/fake/,$(I_$(1)))
HOST_ALL      := $(I_lib) -Iport/arch/include -Iport/exit/include -Iport/vdev/include \
	-Iport/driver/include -Ivdev/include -Idrivers/include -Icore/include -Icore/priv \
	-Iarch/fake/include

# The C library's mem*() are the sanitizers' to watch: base/mem.c has a test of its own.
HOST_SRCS := $(filter-out base/mem.c,$(BASE_SRCS)) $(LIB_SRCS) $(DESK_SRCS) $(CORE_SRCS) \
	$(wildcard vdev/*.c vdev/*/*.c) $(wildcard arch/fake/*.c) \
	$(filter-out $(ISA_DRIVERS_$(ISA):%=drivers/%.c),$(wildcard drivers/*.c drivers/*/*.c))
HOST_KINDS := vdev driver config image
HOST_COMPONENTS := $(filter-out $(ISA_DRIVERS_$(ISA):%=driver:%),$(COMPONENTS))
HOST_OBJS = $(HOST_SRCS:%.c=$(TB)/$(1)/obj/%.o) \
	$(patsubst $(PARTS)/%.c,$(TB)/$(1)/parts/%.o,$(PART_SRCS) $(TEST_PART_SRCS)) \
	$(HOST_KINDS:%=$(TB)/$(1)/gen/components-%.o)

HOST_CFLAGS = -std=gnu2x $(WARN) $(H_OPT_$(1)) -fno-common -MMD -MP
HOST_FREE   = -ffreestanding -nostdinc -isystem $(shell $(H_CC_$(1)) -print-file-name=include)

# host_layer BUILD LAYER
define host_layer
$(TB)/$(1)/obj/$(2)/%.o: $(2)/%.c $(TB)/$(1)/flags | $(CACHE)/parts.done
	@mkdir -p $$(@D)
	@echo "  CC    $$< ($(1))"
	@$$(H_CC_$(1)) $$(call HOST_CFLAGS,$(1)) $$(call HOST_FREE,$(1)) \
		$$(call HOST_INCLUDES,$(2)) $$(EXTRA) -c $$< -o $$@
endef

# host_part BUILD PART FLAGS
define host_part
$(TB)/$(1)/parts/$(2)/%.o: $(PARTS)/$(2)/%.c $(TB)/$(1)/flags
	@mkdir -p $$(@D)
	@echo "  CC    $$(notdir $$<) ($(1))"
	@$$(H_CC_$(1)) $$($(3)) -isystem $$(shell $$(H_CC_$(1)) -print-file-name=include) \
		$$(filter-out -O%,$$(H_OPT_$(1))) -c $$< -o $$@
endef

# host_build BUILD
define host_build
$(TB)/$(1)/flags: FORCE
	@mkdir -p $$(@D)
	@echo '$$(H_CC_$(1)) $$(call HOST_CFLAGS,$(1)) $$(HOST_COMPONENTS)' | cmp -s - $$@ || \
		echo '$$(H_CC_$(1)) $$(call HOST_CFLAGS,$(1)) $$(HOST_COMPONENTS)' > $$@
$(foreach l,$(HOST_LAYERS),$(eval $(call host_layer,$(1),$(l))))
$(eval $(call host_part,$(1),libfdt,FDT_CFLAGS))
$(eval $(call host_part,$(1),fatfs,FATFS_CFLAGS))
$(eval $(call host_part,$(1),zlib,ZLIB_CFLAGS))
$(TB)/$(1)/obj/lib/store/fat32.o: EXTRA := $(GLUE_FATFS)
$(TB)/$(1)/obj/arch/fake/%.o: arch/fake/%.c $(TB)/$(1)/flags
	@mkdir -p $$(@D)
	@echo "  CC    $$< ($(1))"
	@$$(H_CC_$(1)) $$(call HOST_CFLAGS,$(1)) $$(call HOST_INCLUDES,arch) -c $$< -o $$@
$(TB)/$(1)/gen/components-%.c: tools/ci/components.sh $(TB)/$(1)/flags
	@mkdir -p $$(@D)
	@tools/ci/components.sh -k $$* $(HOST_COMPONENTS) > $$@
$(TB)/$(1)/gen/%.o: $(TB)/$(1)/gen/%.c
	@$$(H_CC_$(1)) $$(call HOST_CFLAGS,$(1)) $$(call HOST_FREE,$(1)) $(HOST_ALL) -c $$< -o $$@
# Two members may have the same name in different folders: q, not r.
$(TB)/$(1)/libtrivet.a: $$(call HOST_OBJS,$(1))
	@rm -f $$@ && ar qcs $$@ $$^
endef
$(foreach b,$(HOST_BUILDS),$(eval $(call host_build,$(b))))

# ---- unit tests --------------------------------------------------------------------------------
UNIT_NAMES := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_NAMES := $(if $(ONLY),$(filter $(ONLY),$(UNIT_NAMES)),$(UNIT_NAMES))
MEM_NAMES  := memcpy memmove memset memcmp memchr strlen strnlen strcmp strncmp strchr strrchr
# libfdt, zlib: what lib/fdt and lib/image/inflate.c are compared with.
ORACLES     := -isystem $(PARTS)/libfdt -isystem $(PARTS)/zlib -DZ_SOLO
TEST_CFLAGS = $(call HOST_CFLAGS,$(1)) $(HOST_ALL) -Itests/unit $(ORACLES)

# Of `trivet show` and `trivet diff`.
FACES   := json table svg_layout board_words
DIFFERS := json board_words diff diff_items diff_devices
WRITERS := langs writer model_text toml_values toml_devices to_toml to_qvmconf to_camkes
FRAME   := options size source source_show json
PACKERS := pack_list platform_text cpio_write disk_table fat32_dir fat32_write

# unit_tests BUILD
define unit_tests
$(TB)/$(1)/unit/%: tests/unit/%.c $(TB)/$(1)/libtrivet.a
	@mkdir -p $$(@D)
	@echo "  CC    $$< ($(1))"
	@$$(H_CC_$(1)) $$(call TEST_CFLAGS,$(1)) $$(EXTRA) $$< $$(filter %.o,$$^) $(TB)/$(1)/libtrivet.a \
		-pthread -lcmocka -o $$@
# It stands beside the C library's functions of the same names.
$(TB)/$(1)/unit/test_mem: $(TB)/$(1)/obj/renamed_mem.o
$(TB)/$(1)/obj/renamed_mem.o: base/mem.c $(TB)/$(1)/flags
	@mkdir -p $$(@D)
	@$$(H_CC_$(1)) $$(call HOST_CFLAGS,$(1)) $$(call HOST_FREE,$(1)) $(I_base) -fno-builtin \
		$(foreach n,$(MEM_NAMES),-D$(n)=t_$(n)) -c $$< -o $$@
# The desk's writers, which are no part of the hypervisor.
$(TB)/$(1)/obj/tools/trivet/%.o: tools/trivet/%.c $(TB)/$(1)/flags
	@mkdir -p $$(@D)
	@echo "  CC    $$< ($(1))"
	@$$(H_CC_$(1)) $$(call HOST_CFLAGS,$(1)) $$(HOST_ALL) -Itools/trivet -c $$< -o $$@
$(TB)/$(1)/unit/test_desk $(TB)/$(1)/unit/test_convert $(TB)/$(1)/unit/test_pack $(TB)/$(1)/unit/test_show $(TB)/$(1)/unit/test_diff $(TB)/$(1)/unit/test_dts: EXTRA := -Itools/trivet
$(TB)/$(1)/unit/test_show: $(FACES:%=$(TB)/$(1)/obj/tools/trivet/%.o)
$(TB)/$(1)/unit/test_dts: $(TB)/$(1)/obj/tools/trivet/dts.o
$(TB)/$(1)/unit/test_diff: $(DIFFERS:%=$(TB)/$(1)/obj/tools/trivet/%.o)
$(TB)/$(1)/unit/test_convert: $(WRITERS:%=$(TB)/$(1)/obj/tools/trivet/%.o)
$(TB)/$(1)/unit/test_desk: $(FRAME:%=$(TB)/$(1)/obj/tools/trivet/%.o)
$(TB)/$(1)/unit/test_pack: $(PACKERS:%=$(TB)/$(1)/obj/tools/trivet/%.o)
# What it unfolds is folded by the tool.
$(TB)/$(1)/unit/test_unfold: $(TB)/$(1)/obj/renamed_fold.o
$(TB)/$(1)/obj/renamed_fold.o: tools/fold.c $(TB)/$(1)/flags
	@mkdir -p $$(@D)
	@$$(H_CC_$(1)) $$(call HOST_CFLAGS,$(1)) -Wno-missing-prototypes -Dmain=fold_main -c $$< -o $$@
# Its registers are the test's: reading one of a real UART has effects that memory has not.
$(TB)/$(1)/unit/test_uart_ns16550: $(TB)/$(1)/obj/trapped_ns16550.o
$(TB)/$(1)/obj/trapped_ns16550.o: drivers/uart/ns16550.c tests/unit/trapped_mmio.h $(TB)/$(1)/flags
	@mkdir -p $$(@D)
	@$$(H_CC_$(1)) $$(call HOST_CFLAGS,$(1)) $$(call HOST_FREE,$(1)) $(I_drivers) -Itests/unit \
		-include trapped_mmio.h -c $$< -o $$@
endef
$(foreach b,host cov,$(eval $(call unit_tests,$(b))))

# Inputs made by the usual tools: disks, archives, device trees.
$(DATA)/done: $(wildcard tests/data/*)
	@mkdir -p $(@D)
	@for s in tests/data/*.sh; do echo "  DATA  $$s"; \
		TRIVET_TEST_DATA=$(abspath $(DATA)) sh $$s || exit 1; done
	@touch $@

# Of each source file, on this machine (ONLY="test_fmt test_str" for some).
unit: $(UNIT_NAMES:%=$(TB)/host/unit/%) $(DATA)/done
	@mkdir -p $(COUNTS)
	@TRIVET_TEST_DATA=$(abspath $(DATA)) $(PY) tests/run_unit.py --counts $(COUNTS)/unit.counts \
		$(UNIT_NAMES:%=$(TB)/host/unit/%)

# ---- golden tests ------------------------------------------------------------------------------
$(TB)/host/golden: tests/golden/golden_main.c $(TB)/host/libtrivet.a
	@echo "  CC    $<"
	@$(HOSTCC) $(call TEST_CFLAGS,host) $< $(TB)/host/libtrivet.a -o $@

$(TB)/host/golden-insn: tests/golden/insn_main.c $(TB)/host/libtrivet.a
	@echo "  CC    $<"
	@$(HOSTCC) $(call TEST_CFLAGS,host) $< $(TB)/host/libtrivet.a -o $@

# Configurations and what must be said of them; TOML beside another reader; decoded instructions
# beside the assembler
golden: $(TB)/host/golden $(TB)/host/golden-insn $(TB)/trivet $(DATA)/done
	@mkdir -p $(COUNTS)
	@TRIVET_TEST_DATA=$(abspath $(DATA)) $(PY) tests/run_unit.py --counts $(COUNTS)/golden.counts --suite golden --jobs 1 \
		"$(PY) tests/golden/run.py $<" "$(PY) tests/golden/toml/spec.py $<" \
		"$(PY) tests/golden/toml/oracle.py $<" "$(PY) tests/golden/schema.py $(TB)/trivet" \
		"$(PY) tests/golden/insn.py $(TB)/host/golden-insn $(ISA)-linux-gnu-as $(ISA)-linux-gnu-objcopy"

# ---- coverage ----------------------------------------------------------------------------------
# Lines that unit and golden tests run: of what reads foreign bytes and what guests see, most.
$(TB)/cov/golden: tests/golden/golden_main.c $(TB)/cov/libtrivet.a
	@$(HOSTCC) $(call TEST_CFLAGS,cov) $< $(TB)/cov/libtrivet.a -o $@
coverage: $(UNIT_NAMES:%=$(TB)/cov/unit/%) $(TB)/cov/golden $(DATA)/done
	@find $(TB)/cov/obj -name '*.gcda' -delete
	@TRIVET_TEST_DATA=$(abspath $(DATA)) $(PY) tests/run_unit.py \
		$(UNIT_NAMES:%=$(TB)/cov/unit/%) "$(PY) tests/golden/run.py $(TB)/cov/golden" \
		> $(TB)/cov/tests.log || { cat $(TB)/cov/tests.log; exit 1; }
	@$(PY) tools/ci/coverage.py --files --least 85 $(TB)/cov/obj base lib! vdev! core \
		drivers

# ---- the tools' own tests ----------------------------------------------------------------------
tool-tests:
	@mkdir -p $(COUNTS)
	@$(PY) tools/ci/selftest.py $(COUNTS)/tool-tests.counts

# ---- the program for the desk ------------------------------------------------------------------
# As it was built; ONLY="check" for some.
desk: $(TB)/trivet $(DATA)/done
	@mkdir -p $(COUNTS)
	@TRIVET_TEST_DATA=$(abspath $(DATA)) $(PY) tests/run_unit.py --counts $(COUNTS)/desk.counts --suite desk \
		"$(PY) tests/tool/run.py $< $(ONLY)"

# ---- fuzzing -----------------------------------------------------------------------------------
FUZZ_NAMES := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_NAMES := $(if $(ONLY),$(filter $(ONLY),$(FUZZ_NAMES)),$(FUZZ_NAMES))

$(TB)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(TB)/fuzz/libtrivet.a
	@echo "  CC    $<"
	@clang $(call HOST_CFLAGS,fuzz) -fsanitize=fuzzer $(HOST_ALL) -Itests/fuzz -Itests/unit \
		$(ORACLES) $< \
		$(TB)/fuzz/libtrivet.a -o $@
$(TB)/fuzz/seeds/done: tests/fuzz/make_seeds.py $(DATA)/done
	@mkdir -p $(@D)
	@$(PY) tests/fuzz/make_seeds.py $(@D)
	@for d in good bad other; do mkdir -p $(@D)/camkes/$$d && \
		cp tests/golden/camkes/$$d/*.camkes $(@D)/camkes/$$d/; done
	@for d in fdt pass; do mkdir -p $(@D)/$$d && cp $(DATA)/*.dtb $(@D)/$$d/; done
	@touch $@

# Each for FUZZ_SECONDS; `make fuzz` for as long as one likes, with other inputs in every run.
fuzz-short: $(FUZZ_NAMES:%=$(TB)/fuzz/%) $(TB)/fuzz/seeds/done
	@mkdir -p $(COUNTS)
	@$(PY) tests/fuzz/run.py --counts $(COUNTS)/fuzz-short.counts --seconds $(FUZZ_SECONDS) --seed 1 \
		--work $(TB)/fuzz $(FUZZ_NAMES)
fuzz: $(FUZZ_NAMES:%=$(TB)/fuzz/%) $(TB)/fuzz/seeds/done
	@$(PY) tests/fuzz/run.py --seconds $(if $(filter 20,$(FUZZ_SECONDS)),300,$(FUZZ_SECONDS)) \
		--work $(TB)/fuzz $(FUZZ_NAMES)

# ---- in an emulator ----------------------------------------------------------------------------
-include tests/guests/rules.mk

# An image for each set of VMs that a test wants inside the hypervisor; its archive is made here, or
# where the guests are (tests/guests).
BOARDS       := toml qvmconf camkes
QEMU_KERNELS := linux-memory $(BOARDS:%=linux-board-%) $(INMATE_KERNELS)
QEMU_GUESTS  := linux=$(GUESTS) installer=$(CACHE)/guests/installer u-boot=$(CACHE)/u-boot \
	$(if $(INMATE_OUT),inmates=$(INMATE_OUT))
VMS_linux-memory := configs/vms/linux-aarch64-qemu-smp2-memory.toml
# One board in each language.
$(foreach l,$(BOARDS),$(eval VMS_linux-board-$l := configs/vms/linux-aarch64-board-smp2.$l))
$(patsubst VMS_%,$(O)/archives/%.cpio,$(filter VMS_linux-%,$(.VARIABLES))): $(O)/archives/%.cpio: FORCE $(GUESTS)/Image $(TOOL)
	@mkdir -p $(@D)
	@$(PACK) --files $(GUESTS) -o $@ $(VMS_$*)
# The same for another machine, with its VM inside.
BOARD   := aarch64-ast2700-evb
BOARD_O := $(TB)/$(BOARD)
$(BOARD_O)/ready: FORCE $(GUESTS)/Image $(TOOL)
	@mkdir -p $(BOARD_O)/archives
	@$(TOOL) pack --platform configs/platforms/$(BOARD).toml --files $(GUESTS) \
		-o $(BOARD_O)/archives/board.cpio tests/qemu/vms/on-board.toml
	@$(MAKE) --no-print-directory -s PLAT=$(BOARD) O=$(BOARD_O) $(BOARD_O)/images/board.bin
json_pairs = $(shell printf '"%s": "%s", ' $(subst =, ,$(1)) | sed 's/, $$//')
$(O)/tests.json: $(TOOL) $(TREE) $(O)/trivet.bin $(QEMU_KERNELS:%=$(O)/images/%.bin) $(INMATE_FILES) $(BOARD_O)/ready
	@printf '{ "platform": "%s",\n  "tool": "%s",\n  "kernels": { %s },\n  "guests": { %s } }\n' '$(PLATFORM)' '$(TOOL)' \
		'$(call json_pairs,default=$(O)/trivet.bin board=$(BOARD_O)/images/board.bin $(foreach k,$(QEMU_KERNELS),$k=$(O)/images/$k.bin))' \
		'$(call json_pairs,$(QEMU_GUESTS))' > $@

qemu-test: $(O)/tests.json $(GUESTS)/Image
	@mkdir -p $(COUNTS)
	@$(PY) tests/qemu/run.py --config $< --counts $(COUNTS)/qemu-test.counts $(ONLY:%=--only %) $(if $(ALL),--all)

# ---- all ---------------------------------------------------------------------------------------
SUITES := unit golden tool-tests desk fuzz-short qemu-test
# All CPUs compile, unless somebody said how many shall.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

# A suite that cannot be built leaves no counts, and that is a failure in the tally.
test:
	@tools/setup/packages.sh test
	@$(MAKE) --no-print-directory setup
	@tools/setup/fetch-qemu10.sh > /dev/null
	@guests/fetch-installer.sh
	@tools/setup/fetch-u-boot.sh > /dev/null
	@tools/setup/fetch-board-trees.sh
	@rm -rf $(COUNTS) && mkdir -p $(COUNTS)
	@$(MAKE) --no-print-directory $(JOBS) run-suites
run-suites:
	@status=0; for s in $(SUITES); do \
		echo "== $$s"; $(MAKE) --no-print-directory $$s || status=1; \
	done; \
	$(PY) tools/ci/tally.py $(SUITES:%=$(COUNTS)/%.counts) && \
		[ $$status = 0 ]

# ---- for editors -------------------------------------------------------------------------------
# cc FLAGS FILES: one line each
cc = $(foreach f,$(2),$(file >> $@.new,{ "directory": "$(CURDIR)"$(comma) "file": "$f"$(comma) \
	"command": "$(1) -c $f" }$(comma)))
comma := ,
target_cc = $(call cc,$(CC) $(TARGET_CFLAGS) $(I_$(1)) $(3),$(2))
compile_commands: $(O)/gen/version.h $(O)/gen/asm-offsets.h
compile_commands: compile_commands.json
compile_commands.json: FORCE
	$(file > $@.new,[)
	$(call target_cc,base,$(BASE_SRCS))
	$(call target_cc,lib,$(LIB_SRCS) $(DESK_SRCS),$(GLUE_FATFS))
	$(call target_cc,vdev,$(VDEV_SRCS))
	$(call target_cc,drivers,$(DRIVER_SRCS),$(I_isa_drivers))
	$(call target_cc,core,$(CORE_SRCS))
	$(call target_cc,main,$(MAIN_SRCS))
	$(call target_cc,arch,$(ARCH_SRCS))
	$(call cc,$(HOSTCC) $(call HOST_CFLAGS,host) $(call HOST_INCLUDES,arch),$(wildcard arch/fake/*.c))
	$(call cc,$(HOSTCC) $(call TEST_CFLAGS,host) -Itools/trivet,$(wildcard tests/unit/*.c tests/golden/*.c))
	$(call cc,clang $(call HOST_CFLAGS,fuzz) $(HOST_ALL) -Itests/unit $(ORACLES),$(wildcard tests/fuzz/*.c))
	@sed '$$s/,$$//; $$s/$$/\n]/' $@.new > $@ && rm $@.new

.PHONY: tool-tests desk coverage fuzz run-suites
include tools/ci/lint.mk
# Made on the way, and kept.
.SECONDARY: $(foreach b,$(HOST_BUILDS),$(HOST_KINDS:%=$(TB)/$b/gen/components-%.c))
-include $(foreach b,$(HOST_BUILDS),$(patsubst %.o,%.d,$(filter %.o,$(call HOST_OBJS,$(b)))))
-include $(wildcard $(TB)/*/unit/*.d $(TB)/fuzz/*.d $(TB)/host/*.d)
