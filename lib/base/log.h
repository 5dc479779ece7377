/** @file log.h  Log lines on stderr: `ref-cps: event key=value …`. The outermost caller logs, once;
 * library code returns errors instead. No key material and no whole token is ever logged. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

/** Name before each line, and the least important level that is still written */
void log_init(const char *program, enum log_level level);

/** Write one line, a newline is added */
void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_at(LOG_LVL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_LVL_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_LVL_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_LVL_DEBUG, __VA_ARGS__)

#endif
