/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stores share: a path is a sequence of names; empty names and "." between slashes do not
 * count, so "a/b", "/a/b", "./a//b" and "a/b/" are the same.
 */
#pragma once

#include <base/str.h>
#include <lib/store.h>

/* Cut the next name off @path; an empty one when nothing is left. */
struct str store_path_next(struct str *path);

/* @path without what does not count at its beginning. */
struct str store_path_trim(struct str path);

/* Both name the same file. Case matters. */
bool store_path_same(struct str a, struct str b);

/* When @path lies directly in @folder: its last name; else an empty string. */
struct str store_path_within(struct str path, struct str folder);
