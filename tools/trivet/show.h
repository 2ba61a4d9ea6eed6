/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The faces of a board: each writes the same lists (board.h) in its own form.
 */
#pragma once

#include "board.h"

/* Everything loaded; boards[i] is of set->vms[i]. */
struct show_view {
	const struct tool_set *set;
	const struct board *boards;
	u32 n;
	struct host_view host;
};

void view_text(FILE *f, const struct show_view *v, bool color);
void view_json(FILE *f, const struct show_view *v);
void view_svg(FILE *f, const struct show_view *v);
/* The device tree that the guest of vms[index] gets. False: a message was printed. */
enum tree_form {
	TREE_SOURCE,
	TREE_BLOB,
};
bool view_tree(FILE *f, const struct tool_set *set, u32 index, enum tree_form form);
void view_text_host(FILE *f, const struct show_view *v, bool color);
