/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Colours keep 4.5:1 to what they stand on, kinds differ in lightness and pattern too, and all of
 * it can be told apart in print without colours, since every box says in words what it is.
 */
#include <string.h>

#include "board.h"
#include "svg_draw.h"

struct font {
	const char *class;
	const char *rule;
	s32 tenths; /* of a pixel: its size */
	bool mono;
	bool bold;
};

static const struct font fonts[SVG_FONTS] = {
	[SVG_TITLE] = { "t", "fill:#16202b", 220, false, true },
	[SVG_HEAD] = { "hd", "fill:#56626f;letter-spacing:.6px", 105, false, true },
	[SVG_NAME] = { "n", "fill:#16202b", 125, false, true },
	[SVG_PLAIN] = { "p", "fill:#2f3b47", 120, false, false },
	[SVG_FAINT] = { "q", "fill:#56626f", 110, false, false },
	[SVG_CODE] = { "c", "fill:#2f3b47", 110, true, false },
	[SVG_PALE] = { "a", "fill:#56626f", 105, true, false },
	[SVG_CHIP] = { "w", "fill:#fff", 110, false, true },
};

static const char rules[] = ".page{fill:#fff}"
			    ".card{fill:#fff;stroke:#cfd6dd}"
			    ".well{fill:#f6f8fa;stroke:#dde3e9}"
			    ".cpu{fill:#fff;stroke:#56626f}"
			    ".intc{fill:#eef1f5;stroke:#3d4a57;stroke-width:1.5}"
			    ".axis{fill:#fff;stroke:#3d4a57}"
			    ".gap{fill:#f1f3f6}"
			    ".cut{fill:none;stroke:#3d4a57}"
			    ".tick{stroke:#9aa5b1}"
			    ".ram{fill:#dbe8f6;stroke:#2a66a5}"
			    ".rom{fill:#e9e6f6;stroke:#5b52a3}"
			    ".device{fill:#def1e4;stroke:#1f7a48}"
			    ".passthrough{fill:url(#hatch);stroke:#a65a07}"
			    ".reserved{fill:url(#cross);stroke:#7b8794}"
			    ".image,.tree{fill:#f3ddef;stroke:#93307f}"
			    ".lead,.wire,.edge{fill:none}"
			    ".lead{stroke:#9aa5b1}"
			    ".wire,.edge{stroke:#1f7a48;stroke-width:1.5}"
			    ".edge{stroke-dasharray:5 3}"
			    ".tied{stroke:#a65a07}"
			    ".bus{fill:none;stroke:#3d4a57;stroke-width:1.5}"
			    ".head{fill:#3d4a57}"
			    ".any{fill:none;stroke:#7b8794;stroke-dasharray:4 3}";

void svg_style(FILE *f)
{
	fputs("<style>text{font-family:Arial,Helvetica,'Liberation Sans',sans-serif}", f);
	for (u32 i = 0; i < SVG_FONTS; i++)
		fprintf(f, ".%s{font-size:%d.%dpx;%s%s%s}", fonts[i].class, fonts[i].tenths / 10,
			fonts[i].tenths % 10, fonts[i].bold ? "font-weight:700;" : "",
			fonts[i].mono ? "font-family:'Liberation Mono','DejaVu Sans Mono',Menlo,"
					"Consolas,monospace;" :
					"",
			fonts[i].rule);
	fprintf(f, "%s</style>\n", rules);
}

void svg_escape(FILE *f, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		default:
			fputc(*text, f);
		}
	}
}

/* ---- text ---------------------------------------------------------------------------------- */

/* In thousandths of the font's size; those of wide fonts, so that others only leave more room. */
static s32 letter(const struct font *font, const char *p)
{
	unsigned char c = (unsigned char)*p;
	s32 w = 640;

	if ((c & 0xc0) == 0x80)
		return 0;
	if (font->mono)
		return c < 0x80 ? 605 : 1210;
	if (c >= 0x80 || strchr("mW%@", c))
		w = 1000;
	else if (strchr("Mw", c))
		w = 870;
	else if (strchr(" !'(),-./:;I[]fijlrt|", c))
		w = 411;
	else if (c >= 'A' && c <= 'Z')
		w = 790;
	return font->bold ? w * 109 / 100 : w;
}

static s32 width_of(const struct font *font, const char *text, size_t n)
{
	s64 sum = 0;

	for (size_t i = 0; i < n && text[i]; i++)
		sum += letter(font, text + i);
	return (s32)((sum * font->tenths + 9999) / 10000);
}

s32 svg_text_width(enum svg_font font, const char *text)
{
	return width_of(&fonts[font], text, strlen(text));
}

#define DOTS "\xe2\x80\xa6"

static bool begins(const char *p)
{
	return ((unsigned char)*p & 0xc0) != 0x80;
}

/* Of a path the end says more than the beginning. */
static const char *cut(const struct font *font, const char *text, s32 max)
{
	size_t n = strlen(text), from = 0;

	if (width_of(font, text, n) <= max)
		return text;
	max -= width_of(font, DOTS, 3);
	if (*text == '/') {
		while (text[from] && (!begins(text + from) || width_of(font, text + from, n) > max))
			from++;
		return tool_text(DOTS "%s", text + from);
	}
	while (n && (!begins(text + n) || width_of(font, text, n) > max))
		n--;
	return tool_text("%.*s" DOTS, (int)n, text);
}

s32 svg_text(FILE *f, enum svg_font font, enum svg_anchor anchor, const s32 at[2], s32 max,
	     const char *text)
{
	static const char *const anchors[] = { "", " text-anchor=\"middle\"",
					       " text-anchor=\"end\"" };
	const char *shown;

	if (!*text)
		return 0;
	shown = max ? cut(&fonts[font], text, max) : text;
	fprintf(f, "<text class=\"%s\" x=\"%d\" y=\"%d\"%s>", fonts[font].class, at[0], at[1],
		anchors[anchor]);
	if (shown != text) {
		fputs("<title>", f);
		svg_escape(f, text);
		fputs("</title>", f);
	}
	svg_escape(f, shown);
	fputs("</text>\n", f);
	return svg_text_width(font, shown);
}

/* ---- shapes -------------------------------------------------------------------------------- */

void svg_rect(FILE *f, const char *class, struct svg_box b, s32 radius)
{
	fprintf(f, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"", class, b.x,
		b.y, b.w, b.h);
	if (radius)
		fprintf(f, " rx=\"%d\"", radius);
	fputs("/>\n", f);
}

void svg_line(FILE *f, const char *class, const s32 from[2], const s32 to[2])
{
	fprintf(f, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", class, from[0],
		from[1], to[0], to[1]);
}
