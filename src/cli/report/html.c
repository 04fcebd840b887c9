/* SPDX-License-Identifier: ISC */
/*
 * Writes reports as one page without script, font, image or request, readable
 * from 360 pixels on, light, dark and on paper.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/html.h"
#include "cli/term/when.h"

static const char *const style[] = {
":root{color-scheme:light dark;--back:#f6f7f9;--card:#fff;--text:#1b2026;",
"--dim:#55606c;--line:#d9dee4;--good:#1a7f37;--warn:#8a5a00;--bad:#b42318;",
"--a:#1f5a9c;--b:#4f93d8;--c:#808a95;--d:#b57a00;--e:#d03b2c}",
"@media(prefers-color-scheme:dark){:root{--back:#14171b;--card:#1d2126;",
"--text:#e8ebee;--dim:#a3adb8;--line:#363d45;--good:#57c274;--warn:#e0ad4a;",
"--bad:#ff8a7d;--a:#7db6f2;--b:#4680bd;--c:#7d8791;--d:#d9a13a;--e:#f06a5c}}",
"*{box-sizing:border-box}body{margin:0 auto;padding:16px;max-width:1100px;",
"background:var(--back);color:var(--text);",
"font:15px/1.45 system-ui,-apple-system,'Segoe UI',sans-serif}",
"h1{font-size:20px;margin:0}h2{font-size:18px;margin:32px 0 8px}",
"h3{font-size:15px;margin:0 0 4px}p{margin:4px 0}a{color:inherit}",
".dim,small{color:var(--dim);font-size:13px}",
".card{background:var(--card);border:1px solid var(--line);",
"border-radius:8px;padding:12px 14px;margin:0 0 12px}",
"p,li,.any{overflow-wrap:anywhere}",
".two{display:grid;gap:0 12px;grid-template-columns:repeat(auto-fit,",
"minmax(min(100%,320px),1fr))}",
".verdict{border-left:6px solid var(--good)}",
".verdict.WARNING,.verdict.UNKNOWN{border-left-color:var(--warn)}",
".verdict.CRITICAL{border-left-color:var(--bad)}",
".state{font-weight:700;color:var(--good)}",
".WARNING .state,.UNKNOWN .state{color:var(--warn)}",
".CRITICAL .state{color:var(--bad)}",
"ul{margin:6px 0 0;padding-left:20px}",
".key{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:2px 16px;",
"font-size:13px}.key i{display:inline-block;width:10px;height:10px;",
"border-radius:2px;margin-right:6px}",
"svg{display:block;width:100%;height:120px}svg.low{height:28px}",
".a{fill:var(--a);background:var(--a)}.b{fill:var(--b);background:var(--b)}",
".c{fill:var(--c);background:var(--c)}.d{fill:var(--d);background:var(--d)}",
".e{fill:var(--e);background:var(--e)}.grid{fill:var(--line)}",
".none{fill:transparent}",
".axis{position:relative;height:20px;font-size:12px;color:var(--dim);",
"border-top:1px solid var(--line);overflow:hidden}",
".axis span{position:absolute;padding-left:3px;white-space:nowrap}",
"table{border-collapse:collapse;width:100%;font-size:14px}",
"th{text-align:left;color:var(--dim);font-weight:600;font-size:13px}",
"th,.k{white-space:nowrap}",
"th,td{padding:3px 12px 3px 0;vertical-align:top;",
"border-bottom:1px solid var(--line)}tr:last-child td{border:0}",
"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;",
"white-space:nowrap}code{font:13px ui-monospace,Menlo,Consolas,monospace;",
"user-select:all;white-space:nowrap}",
"@media(max-width:480px){.wide{display:none}body{padding:10px}",
"th,td{padding-right:6px}}",
"@media print{:root{--back:#fff;--card:#fff;--text:#000;--dim:#444;",
"--line:#bbb;--good:#1a7f37;--warn:#8a5a00;--bad:#b42318;--a:#1f5a9c;",
"--b:#4f93d8;--c:#808a95;--d:#b57a00;--e:#d03b2c}",
"body{max-width:none;padding:0;font-size:11pt}",
".card{break-inside:avoid}*{print-color-adjust:exact}}",
};

static void
put_verdict(FILE *out, const struct report *r)
{
	char *sentence = report_sentence(r);

	fprintf(out, "<div class=\"card verdict %s\"><p><span class=state>%s"
	    "</span> ", report_verdict(r), report_verdict(r));
	html_text(out, sentence == NULL ? "no memory" : sentence);
	free(sentence);
	fputs("</p>", out);
	for (size_t i = 1; i < r->findings.count; i++) {
		fputs(i == 1 ? "<ul><li>" : "<li>", out);
		html_text(out, r->findings.list[i].text);
	}
	fputs(r->findings.count > 1 ? "</ul></div>\n" : "</div>\n", out);
}

static void
put_overview(FILE *out, const struct report *list, size_t count)
{
	fputs("<div class=card><table><tr><th>Endpoint<th>State<th class=n>"
	    "Stored<th class=n>Refused<th class=n>503\n", out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "<tr class=%s><td class=any><a href=\"#e%zu\">",
		    report_verdict(&list[i]), i);
		html_text(out, list[i].status.endpoint->name);
		fprintf(out, "</a><td><span class=state>%s</span><td class=n>%"
		    PRIu64 "<td class=n>%" PRIu64 "<td class=n>%" PRIu64 "\n",
		    report_verdict(&list[i]), list[i].total.stored,
		    list[i].total.refused, list[i].total.error);
	}
	fputs("</table></div>\n", out);
}

void
report_html(FILE *out, const struct report *list, size_t count)
{
	char from[WHEN_SIZE], to[WHEN_SIZE];

	fputs("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n"
	    "<meta http-equiv=Content-Security-Policy content=\"default-src "
	    "'none'; style-src 'unsafe-inline'\">\n<meta name=viewport "
	    "content=\"width=device-width,initial-scale=1\">\n"
	    "<meta name=referrer content=no-referrer>\n"
	    "<title>hookcask report</title>\n<style>", out);
	for (size_t i = 0; i < sizeof(style) / sizeof(*style); i++)
		fputs(style[i], out);
	fputs("</style></head><body>\n<h1>hookcask report</h1>\n", out);
	when_format(from, list[0].first_hour * 3600);
	when_format(to, list[0].status.now_us / 1000000);
	fprintf(out, "<p class=dim>%s to %s</p>\n", from, to);
	if (count > 1)
		put_overview(out, list, count);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "<h2 id=e%zu>", i);
		html_text(out, list[i].status.endpoint->name);
		fputs("</h2>\n", out);
		put_verdict(out, &list[i]);
		html_charts(out, &list[i]);
		html_times(out, &list[i]);
		html_tables(out, &list[i]);
		if (list[i].unpacked > 0)
			fprintf(out, "<p class=dim>%" PRIu64 " file%s had to "
			    "be unpacked for this</p>\n", list[i].unpacked,
			    list[i].unpacked == 1 ? "" : "s");
	}
	fputs("</body></html>\n", out);
}
