/** @file terminal.h  What a person's terminal may be given: colours and progress, never into a pipe
 * or a file. */
#ifndef OOBSIM_TERMINAL_H
#define OOBSIM_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/** ANSI colours: f is a terminal and NO_COLOR is unset or empty (no-color.org) */
bool terminal_colour(FILE *f);

/** Show one line of progress in place of the last one; nothing when f is no terminal. NULL clears
 * it */
void terminal_progress(FILE *f, const char *text);

#endif
