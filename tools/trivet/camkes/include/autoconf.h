/* SPDX-License-Identifier: Apache-2.0 */
/* Options of another build, of which none is set here. */
#pragma once
