/* SPDX-License-Identifier: Apache-2.0 */
/* Files that belong to the program, found without being told where. What is returned stays. */
#pragma once

#include <base/compiler.h>

/* The platform file of that name; NULL: there is none. */
const char *place_platform(const char *name);

/* The device tree that `make tree` has made for it; NULL: there is none. */
const char *place_tree(const char *name);

/* The folder `make run` takes images from; NULL: there is none. */
const char *place_guests(void);

/* "a, b, c": the platforms there are; NULL: none. */
const char *place_platforms(void);

/* As printf, into memory that is never freed. */
char *tool_format(const char *format, ...) printf_like(1, 2);

/* "." for a file in the working folder. */
const char *tool_folder_of(const char *path);
