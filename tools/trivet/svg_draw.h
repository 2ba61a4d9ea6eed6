/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of a picture. Text is measured with the widths of a wide font, cut where it would be too
 * long (the whole then stands in its tooltip), and escaped, so that nothing a file holds can break
 * the picture.
 */
#pragma once

#include <stdio.h>

#include <base/types.h>

enum svg_font {
	SVG_TITLE,
	SVG_HEAD, /* of a section: small capitals, grey */
	SVG_NAME,
	SVG_PLAIN,
	SVG_FAINT,
	SVG_CODE, /* addresses, file names */
	SVG_PALE, /* addresses beside the axis */
	SVG_CHIP, /* white, on a colour */
	SVG_FONTS
};

enum svg_anchor {
	SVG_LEFT,
	SVG_MIDDLE,
	SVG_RIGHT,
};

struct svg_box {
	s32 x, y, w, h;
};

/* The rules of every class, from the same table that text is measured by. */
void svg_style(FILE *f);

/* @max: pixels there are; 0: as long as it is. Returns its width as estimated. */
s32 svg_text(FILE *f, enum svg_font font, enum svg_anchor anchor, const s32 at[2], s32 max,
	     const char *text);
s32 svg_text_width(enum svg_font font, const char *text);

/* @class: of the style sheet. @radius of the corners. */
void svg_rect(FILE *f, const char *class, struct svg_box b, s32 radius);
void svg_line(FILE *f, const char *class, const s32 from[2], const s32 to[2]);
void svg_escape(FILE *f, const char *text);
