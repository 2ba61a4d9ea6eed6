/* SPDX-License-Identifier: Apache-2.0 */
/* Our macro library for CAmkES descriptions, which is part of the program. */
#pragma once

/* A folder that has it, made for this process; NULL: cannot be made, and it was said why. */
const char *cpp_macros_folder(void);
