/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardware of the host that a VM gets: windows that are mapped or forwarded, interrupts that the
 * guest's controller switches, routes and ends. Nobody else has any of it.
 */
#pragma once

#include <core/vm.h>

/*
 * Give @vm what its description passes to it. After its devices, before its bus is sealed. What
 * somebody else has, or is no device, goes to @d.
 */
enum status pass_build(struct vm *vm, struct diag *d);
/* Its lines are off and idle, whatever they were: no vCPU of it is on a CPU. */
void pass_stop(struct vm *vm);
/* Give back the lines of a VM that was not built in the end. */
void pass_release(struct vm *vm);
