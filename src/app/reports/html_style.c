// SPDX-License-Identifier: LGPL-2.1-or-later
/* How pages and pictures look: light, dark and on paper. */
#include "app/reports/report_impl.h"

#define LIGHT                                                                                      \
	":root{color-scheme:light dark;--fg:#1a1c1e;--bg:#fff;--dim:#667;--grid:#dde;"             \
	"--good:#17743a;--bad:#b3261e;--doubt:#8a5a00;--band:#bfe3cb;--use:#2457a6;--card:#"       \
	"f5f6f8}\n"

/* Paper is light, whatever the screen is. */
static const char colours[] = LIGHT
	"@media(prefers-color-scheme:dark){:root{--fg:#e4e6ea;--bg:#16181b;--dim:#9aa4b0;\n"
	"--grid:#333840;--good:#6fd196;--bad:#ff8b80;--doubt:#e7b75a;--band:#23503a;\n"
	"--use:#8ab4f8;--card:#1f2226}}\n"
	"@media print{" LIGHT "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

static const char pictures[] =
	"svg text{font:12px system-ui,sans-serif;fill:var(--fg)}\n"
	"svg .mid{text-anchor:middle;fill:var(--dim)}svg .end{text-anchor:end;fill:var(--dim)}\n"
	"svg .last{text-anchor:end}svg .widest{stroke:var(--fg)}\n"
	"svg .dim{fill:var(--dim)}svg .strong{font-weight:700}\n"
	"svg path{fill:none;stroke:var(--fg)}svg .grid{stroke:var(--grid)}\n"
	"svg .band{fill:var(--band);stroke:var(--good);stroke-width:.7}\n"
	"svg .recorded{stroke:var(--bad);stroke-width:2}\n"
	"svg .use{stroke:var(--use);stroke-width:1.6;stroke-dasharray:6 3}\n"
	"svg .thick{stroke:var(--good);stroke-width:5;stroke-linecap:round}\n"
	"svg .whisker{stroke:currentColor;stroke-width:2}\n"
	"svg circle{fill:currentColor}svg .said{fill:currentColor}\n"
	".good{color:var(--good)}.bad{color:var(--bad)}.doubt{color:var(--doubt)}\n"
	".dim{color:var(--dim)}\n";

static const char pages[] =
	"body{font:15px/1.45 system-ui,sans-serif;color:var(--fg);background:var(--bg);\n"
	"max-width:60em;margin:1.5em auto;padding:0 1em}a{color:var(--use)}\n"
	"h1{font-size:1.5em;margin:0 0 .2em}h3{margin:1.5em 0 .3em}h4{margin:1em 0 .3em}\n"
	"h2{margin:1.8em 0 .4em;font-size:1.25em;border-bottom:1px solid var(--grid)}\n"
	"table{border-collapse:collapse;font-size:.88em;margin:.5em 0}\n"
	"th,td{text-align:left;padding:.15em .8em .15em 0;vertical-align:top}\n"
	"tr+tr td,tr+tr th{border-top:1px solid var(--grid)}th{font-weight:600}\n"
	".n{font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	".lead{border-left:.4em solid;padding:.3em .9em;background:var(--card);\n"
	"font-size:1.1em;margin:.6em 0}.lead b{font-weight:700}.lead span{color:var(--fg)}\n"
	"figure{margin:.8em 0}figcaption{color:var(--dim);font-size:.88em}\n"
	"svg{display:block;width:100%;height:auto;max-width:52em}\n"
	"pre,code{font:.88em/1.4 ui-monospace,monospace}\n"
	"pre{background:var(--card);padding:.6em;overflow-x:auto}\n"
	"pre.line{white-space:pre-wrap;overflow-wrap:anywhere}li{margin:.5em 0}\n"
	".cover{font-size:.88em}.bar{display:inline-block;width:8em;height:.7em;\n"
	"background:var(--grid)}.bar span{display:block;height:100%;background:var(--good)}\n"
	"@media print{body{font-size:9pt;max-width:none}figure,tr,.lead{break-inside:avoid}\n"
	"h2,h3,h4,.cover{break-after:avoid}details{display:none}}\n";

void html_style(struct text *out, bool page)
{
	text_printf(out, "<style>\n%s%s%s</style>", colours, pictures, page ? pages : "");
}
