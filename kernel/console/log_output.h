/* SPDX-License-Identifier: MIT */
/* The console as the log's output (log/log.h): kernel/start.c opens the log with it. */
#ifndef KERNEL_CONSOLE_LOG_OUTPUT_H
#define KERNEL_CONSOLE_LOG_OUTPUT_H

#include "log/log.h"

extern const struct log_output console_log_output;

#endif
