/* SPDX-License-Identifier: Apache-2.0
 * What npiectl answers: the same JSON value as a table for people or as it
 * is for programs.
 */
#ifndef NPIE_CTL_SHOW_H
#define NPIE_CTL_SHOW_H

#include <jansson.h>

#include "ctl/ctl.h"

/** A column of a table, or a line of a record. A list of them ends with a
 * NULL key. */
typedef struct npie_ctl_column_t {
    const char *key;   /**< of the JSON object */
    const char *title; /**< for people; "" leaves it out of the text */
} npie_ctl_column_t;

/** Those of status, for commands that end with it. */
extern const npie_ctl_column_t npie_ctl_status_columns[];

/**
 * Answers with a list: an array of objects in JSON, a table in text. Strings
 * stand as they are, true and false as yes and no, null as -.
 * @param list array of objects; taken over
 * @param none what the text says when the list is empty
 */
void npie_ctl_show_list(npie_ctl_t *ctl, json_t *list,
                        const npie_ctl_column_t *columns, const char *none);

/** Answers with one object: as it is in JSON, a line a column in text.
 * @param record taken over */
void npie_ctl_show_record(npie_ctl_t *ctl, json_t *record,
                          const npie_ctl_column_t *columns);

/** Answers with one more object at once: compact JSON in a line of its own, or
 * its columns with two blanks between.
 * @param row stays the caller's */
void npie_ctl_show_row(npie_ctl_t *ctl, const json_t *row,
                       const npie_ctl_column_t *columns);

/** Says something beside the answer: a line on standard output in text, none
 * in JSON. */
void npie_ctl_say(const npie_ctl_t *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Warns on standard error. Control characters become '?'. */
void npie_ctl_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** Says why a command failed: on standard error, and in JSON as {"error":
 * {"detail", "number", "slug"}} on standard output unless an answer stands
 * there. */
void npie_ctl_show_error(npie_ctl_t *ctl, const npie_err_t *err);

/** A time for an answer, RFC 3339 in UTC; JSON null for 0. */
json_t *npie_ctl_json_time(npie_ctl_t *ctl, apr_time_t t);

#endif
