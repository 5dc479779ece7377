/** @file html.h  Pages that need nothing beside themselves: no script, nothing from elsewhere; light and dark. */
#ifndef OOBSIM_HTML_H
#define OOBSIM_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** A text inside an element or an attribute: what would be markup is escaped, controls are shown as U+FFFD */
void html_text(FILE *f, const char *text);

/** Everything up to the beginning of the body: title (escaped), the common style, and more of it (CSS; NULL) */
void html_begin(FILE *f, const char *title, const char *style);
void html_end(FILE *f);

/*
 * A list that can be filtered without a script. In one <section>: all buttons (html_choice_begin()), a <style> with their rules,
 * <div class="filter"> with their labels, and a <div> with the table. A row of it has a class of the list's own, GROUP-any and
 * GROUP-WORD for each group of buttons.
 */

/** A button that is not seen itself; "any" shows all */
void html_choice_begin(FILE *f, const char *group, const char *word, bool checked);
/** Rules of one button. row: class of the rows */
void html_choice_rule(FILE *f, const char *group, const char *word, const char *row);
/** What is seen of it: text, and how many rows it shows */
void html_choice_label(FILE *f, const char *group, const char *word, const char *text, size_t n);

#endif
