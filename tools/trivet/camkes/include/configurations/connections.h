/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual switches between VMs. The description defines VMi_topology_def(f) as f(i, peers...),
 * topology_def(f) as all of them, and VMi_MACADDRESS; the names are CAmkES's, the bodies ours. Of
 * a link only who is linked with whom is kept. Up to four peers.
 */
#pragma once

#include <configurations/vm.h>

#define VM_CONNECTION_COMPONENT_DEF(i, topology)
#define VM_CONNECTION_CONNECT_VMS(base, topology)
#define VM_CONNECTION_INIT_HANDLER(i, topology) {"init" : "make_virtio_net_vswitch"}
#define VM_CONNECTION_CONFIG(base, topology) topology(_TRIVET_SWITCH)

#define _TRIVET_SWITCH(i, ...) \
	vm##i.vswitch_mac_address = VM##i##_MACADDRESS; \
	vm##i.vswitch_layout = [_TRIVET_PEER_1(__VA_ARGS__)];
#define _TRIVET_MAC(i) {"mac_addr" : VM##i##_MACADDRESS, "send_id" : 0, "recv_id" : 0},
#define _TRIVET_PEER_1(i, ...) _TRIVET_MAC(i) __VA_OPT__(_TRIVET_PEER_2(__VA_ARGS__))
#define _TRIVET_PEER_2(i, ...) _TRIVET_MAC(i) __VA_OPT__(_TRIVET_PEER_3(__VA_ARGS__))
#define _TRIVET_PEER_3(i, ...) _TRIVET_MAC(i) __VA_OPT__(_TRIVET_PEER_4(__VA_ARGS__))
#define _TRIVET_PEER_4(i, ...) _TRIVET_MAC(i)
