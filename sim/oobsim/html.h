/** @file html.h  Pages that need nothing beside themselves: no script, nothing from elsewhere; light and dark. */
#ifndef OOBSIM_HTML_H
#define OOBSIM_HTML_H

#include <stdio.h>

/** A text inside an element or an attribute: what would be markup is escaped, controls are shown as U+FFFD */
void html_text(FILE *f, const char *text);

/** Everything up to the beginning of the body: title (escaped), the common style, and more of it (CSS; NULL) */
void html_begin(FILE *f, const char *title, const char *style);
void html_end(FILE *f);

#endif
