/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands for the libraries that come with CAmkES. Descriptions import their files for
 * connectors and helpers, of which a VM here needs none; two of them declare a VM, and so do ours.
 */
#include "camkes_priv.h"

#define VM_COMPONENT "component VM { attribute int trivet_is_vm; }\n"

static const struct {
	const char *name; /* one '*' is anything */
	const char *text;
} files[] = {
	{ "VM_Arm/VM.camkes", VM_COMPONENT },
	{ "VM/VM.camkes", VM_COMPONENT },
	{ "VM_Arm/vm_common.camkes",
	  "import <VM_Arm/VM.camkes>;\nassembly { composition { component VM vm; } }\n" },
	{ "VM/vm_common.camkes",
	  "import <VM/VM.camkes>;\nassembly { composition { component VM vm; } }\n" },
	{ "VM/vm.camkes", "" },
	{ "VM_Arm/*", "" },
	{ "Init/*", "" },
	{ "std_connector.camkes", "" },
	{ "global-connectors.camkes", "" },
	{ "vm-connectors.camkes", "" },
	{ "FileServer/*", "" },
	{ "SerialServer/*", "" },
	{ "TimeServer/*", "" },
	{ "PCIConfigIO/*", "" },
	{ "RTC/*", "" },
	{ "VirtQueue/*", "" },
	{ "VirtQueueInit/*", "" },
	{ "Ethdriver*", "" },
	{ "Sataserver/*", "" },
	{ "SataServer/*", "" },
	{ "UDPServer/*", "" },
	{ "CrossvmInit/*", "" },
	{ "GPIOMUXServer/*", "" },
	{ "ClockServer/*", "" },
	{ "Serial/*", "" },
	{ "VSwitch/*", "" },
};

static const char *const helpers[] = {
	"FileServer",	 "SerialServer", "TimeServer",	"PCIConfigIO",	 "RTC",
	"VirtQueueInit", "Serial",	 "ClockServer", "GPIOMUXServer", "ResetServer",
	"Sataserver",	 "SataServer",	 "Ethdriver*",	"UDPServer",	 "VMConfig*",
	"DTBHardware*",	 "*_config",
};

static_assert(array_size(files) <= 64, "one bit each of libraries");

bool ck_library(struct camkes *ck, struct str name, struct str *text)
{
	for (u32 i = 0; i < array_size(files); i++) {
		if (ck_pattern_fits(files[i].name, name)) {
			*text = str_of(ck->libraries & BIT(i) ? "" : files[i].text);
			ck->libraries |= BIT(i);
			return true;
		}
	}
	return false;
}

bool ck_is_helper(struct str type)
{
	for (u32 i = 0; i < array_size(helpers); i++) {
		if (ck_pattern_fits(helpers[i], type))
			return true;
	}
	return false;
}
