/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who unpacks the cold texts; before the first message.
 */
#pragma once

void texts_init(void);
