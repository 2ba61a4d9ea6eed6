/* SPDX-License-Identifier: Apache-2.0 */
/*
 * At the desk every language is spoken, whatever a platform's hypervisor is built with.
 */
#include <lib/config.h>

extern const struct config_lang config_axvisor, config_camkes, config_packed, config_qvmconf;

const struct config_lang *const config_langs[] = { &config_axvisor, &config_camkes, &config_packed,
						   &config_qvmconf, NULL };
