/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that one component serves to several VMs. Which VM has which partitions stands in
 * sataserver_iface_partitions, that it has a disk in init_cons; the rest is plumbing.
 */
#pragma once

#define VM_INIT_SATA(...)
#define SATA_COMPOSITION_DEF(...) component Sataserver sataserver;
#define VM_SATA_CONNECTIONS(...)
#define VM_SATA_CONFIG(...)
