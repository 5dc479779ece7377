/** @file evidence.h  Inside of evidence: shared by evidence.c (which events belong to a case) and evidence_files.c (what is
 * written of them). Nobody else includes it. */
#ifndef CONFORM_EVIDENCE_H
#define CONFORM_EVIDENCE_H

#include "sim/oobsim/conform/report.h"
#include "sim/oobsim/events/events.h"

/** The events of one case: from first up to end */
struct stretch {
	const struct events *evs;
	size_t first, end;
	uint64_t failed_us; /**< when it was judged; 0: not known */
};

/** Write ladder.txt, messages.txt and messages.bin into a folder of the report, and keep their names in ret. @return 0 or errno
 * with text */
int evidence_write(struct evidence *ret, const struct conform_report *report,
		   const struct conform_result *r, const struct stretch *stretch,
		   const char *folder, struct err *e);

/** The same of a case without a trace: messages.txt and messages.bin hold what it was given */
int evidence_write_given(struct evidence *ret, const struct conform_report *report,
			 const struct conform_result *r, struct sv given, const char *folder,
			 struct err *e);

#endif
