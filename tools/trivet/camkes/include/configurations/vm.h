/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The macros that CAmkES descriptions of VMs are written with, x86 and Arm, all generations. The
 * names are CAmkES's; the bodies are ours and say only what a VM needs here. Names that have
 * arguments on one architecture and none on the other are variadic.
 */
#pragma once

#define VAR_STRINGIZE(...)  _TRIVET_STRING(__VA_ARGS__)
#define _TRIVET_STRING(...) #__VA_ARGS__
#define CAT(a, b)	    _TRIVET_CAT(a, b)
#define _TRIVET_CAT(a, b)   a##b

#define _TRIVET_EACH(f, ...) __VA_OPT__(_TRIVET_EACH_1(f, __VA_ARGS__))
#define _TRIVET_EACH_1(f, x, ...) f(x) __VA_OPT__(_TRIVET_EACH_2(f, __VA_ARGS__))
#define _TRIVET_EACH_2(f, x, ...) f(x) __VA_OPT__(_TRIVET_EACH_3(f, __VA_ARGS__))
#define _TRIVET_EACH_3(f, x, ...) f(x) __VA_OPT__(_TRIVET_EACH_4(f, __VA_ARGS__))
#define _TRIVET_EACH_4(f, x, ...) f(x) __VA_OPT__(_TRIVET_EACH_5(f, __VA_ARGS__))
#define _TRIVET_EACH_5(f, x, ...) f(x) __VA_OPT__(_TRIVET_EACH_6(f, __VA_ARGS__))
#define _TRIVET_EACH_6(f, x, ...) f(x) __VA_OPT__(_TRIVET_EACH_7(f, __VA_ARGS__))
#define _TRIVET_EACH_7(f, x, ...) f(x) __VA_OPT__(_TRIVET_EACH_8(f, __VA_ARGS__))
#define _TRIVET_EACH_8(f, x, ...) f(x)

/* A component with this mark is a VM. */
#define VM_INIT_DEF(...) attribute int trivet_is_vm;

/* ---- x86 ---- */
#define VM_PER_VM_COMP_DEF(n, ...) component Init##n vm##n;
#define VM_PER_VM_CONFIG_DEF(n, ...)
#define VM_PIC_BADGE_IRQ_0	"irq_badge_0"
#define VM_PIC_BADGE_IRQ_1	"irq_badge_1"
#define VM_PIC_BADGE_IRQ_2	"irq_badge_2"
#define VM_PIC_BADGE_IRQ_3	"irq_badge_3"
#define VM_PIC_BADGE_IRQ_4	"irq_badge_4"
#define VM_PIC_BADGE_IRQ_5	"irq_badge_5"
#define VM_PIC_BADGE_IRQ_6	"irq_badge_6"
#define VM_PIC_BADGE_IRQ_7	"irq_badge_7"
#define VM_PIC_BADGE_IRQ_8	"irq_badge_8"
#define VM_PIC_BADGE_IRQ_9	"irq_badge_9"
#define VM_PIC_BADGE_IRQ_10	"irq_badge_10"
#define VM_PIC_BADGE_IRQ_11	"irq_badge_11"
#define VM_PIC_BADGE_IRQ_12	"irq_badge_12"
#define VM_PIC_BADGE_IRQ_13	"irq_badge_13"
#define VM_PIC_BADGE_IRQ_14	"irq_badge_14"
#define VM_PIC_BADGE_IRQ_15	"irq_badge_15"

/* ---- both: without arguments on x86, with the VM's number on Arm ---- */
#define VM_COMPOSITION_DEF(...) \
	_TRIVET_HELPERS_##__VA_OPT__(NOT) \
	__VA_OPT__(VM_COMPONENT_DEF(__VA_ARGS__) VM_COMPONENT_CONNECTIONS_DEF(__VA_ARGS__))
#define VM_CONFIGURATION_DEF(...)

#define _TRIVET_HELPERS_NOT
#define _TRIVET_HELPERS_ \
	component FileServer fserv; \
	component SerialServer serial; \
	component PCIConfigIO pci_config; \
	component TimeServer time_server; \
	component RTC rtc;

/* ---- Arm ---- */
#define VM_GENERAL_COMPOSITION_DEF(...) \
	component FileServer fserv; \
	component TimeServer time_server; \
	component SerialServer serial;
#define VM_GENERAL_CONFIGURATION_DEF(...)
#ifndef VM_COMPONENT_DEF
#define VM_COMPONENT_DEF(n) component VM vm##n;
#endif
#define VM_COMPONENT_CONNECTIONS_DEF(...)
#define VM_DOMAIN_CONFIGURATION_DEF(n, dom) vm##n._domain = dom;

#define VM_VIRTUAL_SERIAL_COMPONENTS_DEF(...)
#define VM_VIRTUAL_SERIAL_COMPOSITION_DEF(...) \
	_TRIVET_EACH(PER_VM_VIRTUAL_SERIAL_CONNECTIONS_DEF, __VA_ARGS__)
#define VM_VIRTUAL_SERIAL_GENERAL_CONFIGURATION_DEF(...)
#define VM_VIRTUAL_SERIAL_CONFIGURATION_DEF(...)
#define PER_VM_VIRTUAL_SERIAL_CONNECTIONS_DEF(n) \
	connection seL4SerialServer trivet_serial_##n(from vm##n.batch, to serial.processed_batch);
#define PER_VM_VIRTUAL_SERIAL_CONFIGURATION_DEF(n)
