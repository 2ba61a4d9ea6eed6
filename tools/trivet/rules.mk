# SPDX-License-Identifier: Apache-2.0
#
# The program for the desk: base, lib and the device classes as a host program, without sanitizers,
# so that it is small and fast. Included after tests/rules.mk, whose rules compile layers for hosts.

TOOL_SRCS := $(wildcard tools/trivet/*.c)
# Whatever the platform that is built for: descriptions are checked for any of them.
TOOL_FOR  := aarch64-qemu-virt
TOOL_COMPONENTS := $(filter-out driver:%,$(if $(filter $(TOOL_FOR),$(PLAT)$(CONFIG_COMPONENTS)),$(COMPONENTS),\
	$(shell $(PY) tools/platform.py configs/platforms/$(TOOL_FOR).toml components)))
H_CC_tool  = $(HOSTCC)
H_OPT_tool := -O2 -g -fno-omit-frame-pointer -ffunction-sections -fdata-sections
TOOL_LIB  := $(patsubst %.c,$(TB)/tool/obj/%.o,$(filter-out base/mem.c,$(BASE_SRCS)) $(LIB_SRCS) $(DESK_SRCS) \
	$(wildcard vdev/*.c vdev/*/*.c)) \
	$(patsubst $(PARTS)/%.c,$(TB)/tool/parts/%.o,$(PART_SRCS)) \
	$(TB)/tool/gen/components-vdev.o $(TB)/tool/gen/components-image.o
TOOL_OBJS := $(TOOL_SRCS:%.c=$(TB)/tool/obj/%.o)

$(TB)/tool/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(H_CC_tool) $(call HOST_CFLAGS,tool) $(TOOL_COMPONENTS)' | cmp -s - $@ || \
		echo '$(H_CC_tool) $(call HOST_CFLAGS,tool) $(TOOL_COMPONENTS)' > $@
$(foreach l,base lib vdev,$(eval $(call host_layer,tool,$(l))))
$(eval $(call host_part,tool,fatfs,FATFS_CFLAGS))
$(TB)/tool/obj/lib/store/fat32.o: EXTRA := $(GLUE_FATFS)
$(TB)/tool/gen/components-%.c: tools/ci/components.sh $(TB)/tool/flags
	@mkdir -p $(@D)
	@tools/ci/components.sh -k $* $(TOOL_COMPONENTS) > $@
.SECONDARY: $(TB)/tool/gen/components-vdev.c $(TB)/tool/gen/components-image.c
$(TB)/tool/gen/%.o: $(TB)/tool/gen/%.c
	@$(H_CC_tool) $(call HOST_CFLAGS,tool) $(call HOST_FREE,tool) $(HOST_ALL) -c $< -o $@
I_tool := $(I_lib) -Iport/vdev/include -Iport/exit/include -Ivdev/include -Itools/trivet
$(TB)/tool/obj/tools/trivet/%.o: tools/trivet/%.c $(TB)/tool/flags
	@mkdir -p $(@D)
	@echo "  CC    $< (tool)"
	@$(H_CC_tool) $(call HOST_CFLAGS,tool) $(I_tool) $(EXTRA) -c $< -o $@
$(TB)/tool/obj/tools/trivet/main.o: EXTRA := -DTRIVET_VERSION='"$(VERSION)"'
$(TB)/tool/obj/tools/trivet/main.o: Makefile
$(TB)/tool/obj/tools/trivet/cpp_macros.o: $(wildcard tools/trivet/camkes/include/*.h \
	tools/trivet/camkes/include/*/*.h)
# It carries the texts of the schema's definitions.
$(TB)/tool/obj/tools/trivet/cmd_schema.o: EXTRA := -Ilib/vmdesc
$(TOOL): $(TOOL_OBJS) $(TOOL_LIB)
	@echo "  LD    $@"
	@$(H_CC_tool) -Wl,--gc-sections -o $@ $^

## The tool
##   make trivet         build/trivet: check, show, convert and pack VM descriptions at the desk
trivet: $(TOOL)
##   make pictures       docs/pictures, drawn anew
pictures: $(TOOL)
	@tools/ci/pictures.sh $<
.PHONY: trivet pictures

##   make install        the program, its manual page, completion and platforms, into PREFIX=/usr/local
PREFIX ?= /usr/local
install: $(TOOL)
	@install -D -m 755 $(TOOL) $(DESTDIR)$(PREFIX)/bin/trivet
	@install -D -m 644 docs/trivet.1 $(DESTDIR)$(PREFIX)/share/man/man1/trivet.1
	@install -D -m 644 tools/trivet/completion/trivet.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/trivet
	@install -d $(DESTDIR)$(PREFIX)/share/trivet/platforms
	@install -m 644 configs/platforms/*.toml $(wildcard $(TB)/trees/*.dtb) \
		$(DESTDIR)$(PREFIX)/share/trivet/platforms/
	@echo "  INSTALL $(DESTDIR)$(PREFIX)/bin/trivet"
# docs/trivet.1 from what the program says of itself
man: $(TOOL)
	@$(PY) tools/gen_man.py $(TOOL)
.PHONY: install man
-include $(patsubst %.o,%.d,$(TOOL_OBJS) $(filter %.o,$(TOOL_LIB)))
