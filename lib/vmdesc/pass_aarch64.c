/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only aarch64 knows of pass-through: which INTIDs are shared (IHI 0069, 2.2), and which
 * nodes of a host's tree describe the CPUs rather than a device.
 */
#include "pass_priv.h"

#define SPI_FIRST 32
#define SPI_LAST  1019

bool pass_isa_is_shared(u32 line)
{
	return line >= SPI_FIRST && line <= SPI_LAST;
}

u32 pass_isa_line(u32 number)
{
	return number <= SPI_LAST - SPI_FIRST ? number + SPI_FIRST : 0;
}

bool pass_isa_is_board(const struct dt *t, u32 n)
{
	static const char *const compatible[] = {
		"arm,psci", "arm,psci-0.2", "arm,psci-1.0", "arm,armv8-timer", "arm,armv8-pmuv3",
	};

	for (u32 i = 0; i < array_size(compatible); i++) {
		if (dt_is_compatible(t, n, compatible[i]))
			return true;
	}
	return str_starts(dt_name(t, n), "pmu");
}

bool pass_isa_same_kind(const struct hd_dev *dev, struct str class)
{
	static const struct {
		const char *class;
		const char *compatible;
	} kinds[] = {
		{ "gicv3", "arm,gic-v3" },  { "gicv2", "arm,cortex-a15-gic" },
		{ "gicv2", "arm,gic-400" }, { "pl011", "arm,pl011" },
		{ "ns16550", "ns16550a" },  { "ns16550", "snps,dw-apb-uart" },
	};

	for (u32 i = 0; i < array_size(kinds); i++) {
		if (str_eq_c(class, kinds[i].class) && hd_dev_is(dev, kinds[i].compatible))
			return true;
	}
	return false;
}
