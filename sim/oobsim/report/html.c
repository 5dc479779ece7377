#include <string.h>

#include "sim/oobsim/report/html.h"

static const char style_of_all[] =
	":root{color-scheme:light "
	"dark;--fg:#1c2128;--dim:#57606a;--bg:#fff;--box:#f5f7f9;--line:#d0d7de;"
	"--good:#116b2f;--bad:#b3121d;--warn:#8a5a00;--info:#0a5bb5;--goodbg:#dcf5e3;--badbg:#"
	"fde3e3;"
	"--warnbg:#fcf0d0}\n"
	"@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--dim:#9aa6b2;--bg:#0f141a;--box:#"
	"171d25;"
	"--line:#343d48;--good:#5fd083;--bad:#ff8f8a;--warn:#e8b84a;--info:#79b8ff;--goodbg:#"
	"12301c;"
	"--badbg:#3d1719;--warnbg:#382b0c}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;max-width:1280px;padding:20px 28px "
	"60px;background:var(--bg);color:var(--fg);"
	"font:15px/1.5 system-ui,\"Segoe UI\",\"DejaVu Sans\",sans-serif}\n"
	"h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:32px 0 "
	"10px}h3{font-size:16px;margin:0}\n"
	"a{color:var(--info)}.dim{color:var(--dim)}\n"
	"code,pre,.id{font-family:ui-monospace,\"DejaVu Sans Mono\",monospace;font-size:13px}\n"
	"pre{background:var(--bg);border:1px solid "
	"var(--line);border-radius:6px;padding:10px;margin:6px 0;"
	"overflow:auto;max-height:420px;white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;"
	"padding:5px 10px;"
	"border-bottom:1px solid var(--line)}th{font-weight:600;color:var(--dim);font-size:13px}\n"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
	".badge{display:inline-block;border-radius:10px;padding:0 "
	"9px;font-size:13px;font-weight:600;"
	"white-space:nowrap}\n"
	".good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}\n"
	".badge.good{background:var(--goodbg)}.badge.bad{background:var(--badbg)}"
	".badge.warn{background:var(--warnbg)}.badge.dim{background:var(--box);border:1px solid "
	"var(--line)}\n"
	"summary{cursor:pointer}summary:focus-visible,label:focus-visible{outline:2px solid "
	"var(--info)}\n"
	".filter label{display:inline-block;border:1px solid "
	"var(--line);border-radius:14px;padding:2px 12px;"
	"margin:0 4px 8px 0;cursor:pointer}\n"
	".hide{position:absolute;opacity:0;width:1px;height:1px}\n"
	".scroll{overflow-x:auto}\n";

void html_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr("&<>\"'", c))
			(void)fprintf(f, "&#%u;", c);
		else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			(void)fputs("\xef\xbf\xbd", f);
		else
			(void)fputc(c, f);
	}
}

void html_begin(FILE *f, const char *title, const char *style)
{
	(void)fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
		    "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
		    f);
	html_text(f, title);
	(void)fprintf(f, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n", style_of_all,
		      style ? style : "");
}

void html_end(FILE *f)
{
	(void)fputs("</body>\n</html>\n", f);
}

void html_choice_begin(FILE *f, const char *group, const char *word, bool checked)
{
	(void)fprintf(f, "<input class=\"hide\" type=\"radio\" name=\"%s\" id=\"%s-%s\"%s>\n",
		      group, group, word, checked ? " checked" : "");
}

void html_choice_rule(FILE *f, const char *group, const char *word, const char *row)
{
	(void)fprintf(
		f,
		"#%s-%s:checked~div tr.%s:not(.%s-%s){display:none}\n"
		"#%s-%s:checked~.filter label[for=%s-%s]{border-color:var(--info);"
		"color:var(--info);font-weight:600}\n"
		"#%s-%s:focus-visible~.filter label[for=%s-%s]{outline:2px solid var(--info)}\n",
		group, word, row, group, word, group, word, group, word, group, word, group, word);
}

void html_choice_label(FILE *f, const char *group, const char *word, const char *text, size_t n)
{
	(void)fprintf(f, "<label for=\"%s-%s\">%s %zu</label>\n", group, word, text, n);
}
