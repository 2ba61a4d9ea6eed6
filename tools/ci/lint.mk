# SPDX-License-Identifier: Apache-2.0
#
# What reads the sources instead of running them. Each is a target of its own; `make lint` goes
# through all of them, says which failed, and fails then.

LINTS := lint-format lint-metrics lint-generated lint-lists lint-man lint-scripts lint-headers lint-layers \
	lint-cppcheck lint-tidy lint-compilers lint-reproducible lint-size

lint:
	@tools/setup/packages.sh test
	@bad=; for l in $(LINTS); do \
		if $(MAKE) --no-print-directory $(JOBS) $$l; then echo "ok    $$l"; \
		else echo "FAIL  $$l"; bad="$$bad $$l"; fi; \
	done; \
	if [ -n "$$bad" ]; then echo "lint: failed:$$bad"; exit 1; fi; echo "lint: all is well"

# Tracked files and new ones; not what was deleted and is not committed yet.
ours = $(wildcard $(shell git ls-files -co --exclude-standard $(1)))
# Macros of CAmkES expand to another language than C.
c_files = $(filter-out tools/trivet/camkes/%,$(call ours,'*.c' '*.h'))

# One version decides, Debian 12's: another lays some things out in another way.
lint-format:
	@case $$(clang-format --version) in \
	*'version 14.'*) clang-format --dry-run -Werror $(c_files) ;; \
	*) echo "      skipped: the layout is that of clang-format 14" ;; \
	esac
# Not a check: does it.
format:
	@clang-format -i $(c_files)

lint-metrics:
	@$(PY) tools/ci/metrics.py

lint-generated:
	@$(PY) tools/gen_config_reference.py --check
	@$(MAKE) --no-print-directory -s $(TOOL)
	@tools/ci/pictures.sh $(TOOL) --check
# README.md's lists of what tests try.
lint-lists:
	@$(PY) tools/gen_test_lists.py --check

# The manual page says what the program says, and is sound roff.
lint-man: $(TOOL)
	@$(PY) tools/gen_man.py $(TOOL) --check
	@out=$$(groff -ww -man -Tutf8 docs/trivet.1 2>&1 > /dev/null); \
		if [ -n "$$out" ]; then echo "$$out"; exit 1; fi

lint-scripts:
	@shellcheck -x $$(git grep -lE '^#! ?/bin/(ba)?sh' -- ':!*.md') $(call ours,.ci/run)
	@PYTHONPYCACHEPREFIX=$(abspath $(TB)/pycache) $(PY) -W error -m py_compile $(call ours,'*.py')

# ---- layers ------------------------------------------------------------------------------------
# headers ROOT LAYER: with the include roots of that layer alone
headers = CC="$(CC) $(ISA_CFLAGS)" tools/ci/headers.sh $(1) -std=gnu2x $(WARN) $(NOSTDINC) $(I_$(2))

I_ports := $(I_lib) -Iport/exit/include -Iport/vdev/include -Iport/driver/include
lint-headers: $(O)/gen/asm-offsets.h
	@$(call headers,base/include,base)
	@$(call headers,lib/include,lib)
	@for p in port/exit/include port/vdev/include port/driver/include; do \
		$(call headers,$$p,ports) || exit 1; done
	@$(call headers,port/arch/include,arch)
	@$(call headers,arch/$(ISA)/include,arch)
	@$(call headers,arch/$(ISA)/priv,arch)
	@$(call headers,vdev/include,vdev)
	@$(call headers,drivers/include,drivers)
	@$(call headers,core/include,core)
	@$(call headers,core/priv,core)

layers = LD="$(LD)" NM="$(NM)" tools/ci/layers.sh
LINT_BELOW = $(LAYER_base:%=-a %)
LINT_PORTS = $(addprefix -p ,$(wildcard port/$(1)/include/port/*.h))
LINT_VDEV  = $(call LINT_PORTS,vdev) $(call LINT_PORTS,exit)

lint-layers: $(OBJS)
	@$(layers) base $(LAYER_base)
	@$(layers) $(LINT_BELOW) $(PART_OBJS:%=-a %) $(addprefix -p ,$(wildcard lib/include/lib/*.h)) \
		lib $(LAYER_lib)
	@$(layers) $(LINT_BELOW) $(LAYER_lib:%=-a %) $(LINT_VDEV) vdev $(LAYER_vdev)
	@$(layers) $(LINT_BELOW) $(LAYER_lib:%=-a %) $(call LINT_PORTS,driver) \
		drivers $(LAYER_drivers)
	@$(layers) $(LINT_BELOW) $(LAYER_lib:%=-a %) $(call LINT_PORTS,arch) $(call LINT_PORTS,exit) \
		$(addprefix -s ,$(shell grep -oE 'image_[a-z_]+' \
		arch/$(ISA)/link.ld.S)) arch $(LAYER_arch)
	@$(layers) $(LINT_BELOW) $(LAYER_lib:%=-a %) $(LINT_VDEV) $(call LINT_PORTS,driver) \
		$(call LINT_PORTS,arch) -p arch/$(ISA)/include/arch/types.h -s ksym_table \
		-s image_archive_start -s image_archive_end -s config_langs core $(LAYER_core)

# ---- static analysis ---------------------------------------------------------------------------
# comparePointers, subtractPointers: symbols of the linker script are of one image. uninitvar: takes
# an array handed over to be filled for one that is read; compilers and clang-tidy know better.
# console.c: a text that ends with a NUL is also bounded by a number. firmware.c: it does not know
# variables in registers. internalAstError: nor compound literals behind a question mark.
# ctuuninitvar: as uninitvar. Tests are watched by the sanitizers.
# The latest C it knows, which its help does not always name.
CPPCHECK_C = $(if $(shell cppcheck --std=c23 --quiet /dev/null 2>&1),c11,c23)
CPPCHECK_QUIET := comparePointers subtractPointers uninitvar normalCheckLevelMaxBranches \
	arrayIndexOutOfBounds:core/console.c arrayIndexOutOfBoundsCond:core/console.c \
	syntaxError:arch/aarch64/firmware.c internalAstError
lint-cppcheck:
	@cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
		--std=$(CPPCHECK_C) --inline-suppr --suppress=missingIncludeSystem \
		$(CPPCHECK_QUIET:%=--suppress=%) \
		--template='{file}:{line}: {severity}: {message} [{id}]' \
		$(sort $(I_main) $(I_arch) $(I_vdev) $(I_drivers)) \
		base lib core vdev drivers main arch/$(ISA)
	@cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
		--std=$(CPPCHECK_C) --inline-suppr --suppress=missingIncludeSystem \
		$(CPPCHECK_QUIET:%=--suppress=%) --suppress=ctuuninitvar \
		--template='{file}:{line}: {severity}: {message} [{id}]' $(I_tool) \
		-DTRIVET_VERSION='"0"' tools/trivet

TIDY_SRCS = $(BASE_SRCS) $(LIB_SRCS) $(DESK_SRCS) $(VDEV_SRCS) $(DRIVER_SRCS) $(CORE_SRCS) $(ARCH_SRCS) \
	$(MAIN_SRCS)
TIDY_FLAGS = --target=$(ISA)-none-elf -std=gnu2x -ffreestanding -mgeneral-regs-only -nostdinc \
	-isystem $(shell clang -print-file-name=include) $(sort $(I_main) $(I_arch) $(I_vdev) \
	$(I_drivers)) $(GLUE_FATFS)
lint-tidy: $(O)/gen/version.h $(O)/gen/asm-offsets.h
	@clang-tidy --quiet $(TIDY_SRCS) -- $(TIDY_FLAGS) 2> $(O)/tidy.log || \
		{ cat $(O)/tidy.log; exit 1; }
	@clang-tidy --quiet $(TOOL_SRCS) -- -std=gnu2x $(I_tool) -Ilib/vmdesc -DTRIVET_VERSION='"0"' \
		2> $(O)/tidy.log || { cat $(O)/tidy.log; exit 1; }

# ---- builds ------------------------------------------------------------------------------------
lint-compilers:
	@$(MAKE) --no-print-directory COMPILER=gcc
	@$(MAKE) --no-print-directory COMPILER=clang
	@clang -std=gnu2x $(WARN) $(I_tool) -Ilib/vmdesc -DTRIVET_VERSION='"0"' -fsyntax-only $(TOOL_SRCS)
# The flat binary of the default platform, by gcc (docs/adr/0023).
MAX_FLAT := 229376
lint-size: $(O)/trivet.bin
	@n=$$(stat -c %s $<); [ $(COMPILER) != gcc ] || [ $$n -le $(MAX_FLAT) ] || \
		{ echo "$<: $$n bytes; at most $(MAX_FLAT) (docs/adr/0023-size.md)"; exit 1; }
lint-reproducible:
	@tools/ci/reproducible.sh build/$(PLAT)-gcc/trivet.bin build/$(PLAT)-gcc/trivet.bin

.PHONY: lint format $(LINTS)
