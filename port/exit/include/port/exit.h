/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The neutral vocabulary of VM exits. The ISA turns its syndrome into one of these values, the
 * core acts on it, the ISA completes it. What only an ISA knows (system registers, its own traps)
 * never gets here.
 */
#pragma once

#include <base/status.h>
#include <base/types.h>

/* One access to a device. `addr` is on the bus; a device sees an offset into its window. */
struct io_access {
	u64 addr;
	u64 value; /* written, or to be filled in by a read; zero-extended to 64 bits */
	u8 width;  /* 1, 2, 4, 8 */
	bool write;
};

enum exit_kind {
	EXIT_NONE,	/* finished by the ISA: run on */
	EXIT_IRQ,	/* a host interrupt, to be acknowledged (or acknowledged already: irq) */
	EXIT_MMIO,	/* a device access that can be emulated: io */
	EXIT_MMIO_LIST, /* device accesses of one instruction, in their order: list */
	EXIT_MEM_FAULT, /* an access to guest-physical memory that cannot be completed: fault */
	EXIT_IDLE,	/* waits for an interrupt */
	EXIT_YIELD,	/* spins: whoever shares the CPU may run */
	EXIT_IPI,	/* sends an interrupt to vCPUs of its VM: ipi */
	EXIT_IRQ_DONE,	/* ends a virtual interrupt that its CPU does not hold: irq */
	EXIT_CPU_ON,	/* starts a vCPU: cpu; the answer goes to cpu.result */
	EXIT_CPU_OFF,	/* ends itself */
	EXIT_CPU_STATE, /* asks whether a vCPU runs: cpu.hw_id; the answer goes to cpu.result */
	EXIT_POWER_OFF, /* ends its VM */
	EXIT_RESET,	/* restarts its VM from its images */
	EXIT_UNKNOWN,	/* something that is not there, other than an address: unknown */
	EXIT_STOP,	/* a guest's mistake no fault can be injected for: why */
};

#define EXIT_IRQ_UNACKED UINT32_MAX

#define EXIT_MAX_LIST 4

struct exit_list {
	u32 n;
	struct io_access io[EXIT_MAX_LIST];
};

enum fault_access {
	FAULT_READ,
	FAULT_WRITE,
	FAULT_FETCH,
};

enum fault_cause {
	FAULT_NOTHING,	 /* there is no memory */
	FAULT_FORBIDDEN, /* there is, or it is the CPU's own access: cannot be ignored */
	FAULT_UNDECODED, /* what the instruction does is not known */
};

struct exit_fault {
	gpa_t gpa;
	enum fault_access access;
	enum fault_cause cause;
	const char *what; /* "instruction fetch from unmapped memory": for the log */
};

/*
 * Targets of an inter-processor interrupt: all but the sender, or those whose hardware id equals
 * `cluster` above its lowest byte and has a bit in `targets` for its lowest byte less `first`.
 */
struct exit_ipi {
	u32 line;
	u8 group; /* the interrupt group it is sent for; 1: also for those that have it in 0 */
	bool all_others;
	u64 cluster;
	u32 first;
	u16 targets;
};

/* A system register, or an instruction, that the board does not have. */
struct exit_unknown {
	bool is_register;
	u64 code; /* as the ISA encodes it */
};

enum cpu_answer {
	CPU_OK, /* EXIT_CPU_STATE: it is on */
	CPU_STATE_OFF,
	CPU_STATE_PENDING,
	CPU_ALREADY_ON,
	CPU_NO_SUCH,
	CPU_BAD_ADDRESS,
};

struct exit_cpu {
	u64 hw_id;
	u64 entry;
	u64 context; /* in the started vCPU's first argument register */
	enum cpu_answer result;
};

struct vcpu_exit {
	enum exit_kind kind;
	union {
		struct io_access io;
		struct exit_list list;
		struct exit_fault fault;
		struct exit_ipi ipi;
		struct exit_cpu cpu;
		struct exit_unknown unknown;
		u32 irq;
		const char *why;
	};
};
