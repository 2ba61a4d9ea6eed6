/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instruction decoder as a host program, for tests/golden/insn.py: a line for each word.
 *
 *   golden-insn insn WORD...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/insn.h>

static void print_place(const struct insn *i)
{
	if (i->index != INSN_NO_INDEX)
		printf("[%u+r%u extend %u shift %u]", i->base, i->index, i->extend, i->shift);
	else if (i->mode == INSN_LITERAL)
		printf("[pc+%d]", i->offset);
	else if (i->mode == INSN_POST)
		printf("[%u]+%d", i->base, i->offset);
	else
		printf("[%u+%d]%s", i->base, i->offset, i->mode == INSN_PRE ? "!" : "");
}

static void print_access(const struct insn *i)
{
	const char *kind = i->vector ? "v" : "r";

	printf("%s %u ", i->write ? "store" : "load", i->size);
	for (u32 r = 0; r < i->n_regs; r++)
		printf("%s%s%u", r ? "," : "", kind, i->reg[r]);
	if (i->sign)
		printf(" sign %u", i->sign);
	putchar(' ');
	print_place(i);
	putchar('\n');
}

int main(int argc, char **argv)
{
	static const char *const kind[] = {
		[INSN_OTHER] = "other",	    [INSN_ACCESS] = "access",
		[INSN_NOTHING] = "nothing", [INSN_EXCLUSIVE] = "exclusive",
		[INSN_ATOMIC] = "atomic",   [INSN_ZERO_BLOCK] = "zero block",
	};

	if (argc < 2 || strcmp(argv[1], "insn") != 0)
		return 2;
	for (int n = 2; n < argc; n++) {
		struct insn i = insn_decode((u32)strtoul(argv[n], NULL, 16));

		if (i.kind == INSN_ACCESS)
			print_access(&i);
		else
			puts(kind[i.kind]);
	}
	return 0;
}
