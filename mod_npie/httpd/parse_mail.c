/* SPDX-License-Identifier: Apache-2.0
 * Parsing of the directives about mail.
 */
#include "httpd/parse.h"

#include <apr_strings.h>

#define DAYS_MAX 365

/* The first line that a program of the admin's writes. */
static const char *ask_program(const char **out, const char *path,
                               apr_pool_t *p)
{
    const char *args[] = { path, NULL };
    apr_procattr_t *attr;
    apr_proc_t proc;
    char line[512] = "";
    apr_exit_why_e why;
    int code = 0;
    apr_status_t rv = apr_procattr_create(&attr, p);

    if (rv == APR_SUCCESS) {
        rv = apr_procattr_io_set(attr, APR_NO_PIPE, APR_FULL_BLOCK,
                                 APR_NO_PIPE);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_error_check_set(attr, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_proc_create(&proc, path, args, NULL, attr, p);
    }
    if (rv != APR_SUCCESS) {
        return apr_psprintf(p, "cannot run %s: %pm", path, &rv);
    }
    rv = apr_file_gets(line, sizeof(line), proc.out);
    apr_file_close(proc.out);
    apr_proc_wait(&proc, &code, &why, APR_WAIT);
    line[strcspn(line, "\r\n")] = '\0';
    if (rv != APR_SUCCESS || why != APR_PROC_EXIT || code != 0 ||
        *line == '\0') {
        return apr_psprintf(p, "%s gave no password", path);
    }
    *out = apr_pstrdup(p, line);
    return NULL;
}

static const char *server_option(npie_smtp_t *out, const char *word,
                                 apr_pool_t *p)
{
    const char *value = ap_strchr_c(word, '=');

    if (value == NULL) {
        return apr_psprintf(p, "'%s' is not an option: write name=value", word);
    }
    ++value;
    if (strncmp(word, "user=", 5) == 0) {
        out->user = apr_pstrdup(p, value);
        return NULL;
    }
    if (strncmp(word, "password-file=", 14) == 0) {
        return npie_parse_secret(&out->password, value, p);
    }
    if (strncmp(word, "password=exec:/", 15) == 0) {
        return ask_program(&out->password, value + 5, p);
    }
    if (strncmp(word, "ca-file=", 8) == 0) {
        out->ca_file = apr_pstrdup(p, value);
        return NULL;
    }
    if (strncmp(word, "timeout=", 8) == 0) {
        return npie_parse_time(&out->timeout, value, apr_time_from_sec(1),
                               apr_time_from_sec(600), p);
    }
    return apr_psprintf(p, "'%.*s': the options are user, password-file, "
                        "password=exec:/program, ca-file and timeout",
                        (int)(value - word - 1), word);
}

const char *npie_parse_mail_server(npie_smtp_t *out, const char *arg,
                                   apr_pool_t *p)
{
    npie_smtp_t smtp = *out;
    const char *word = ap_getword_conf(p, &arg);
    const char *error = NULL;
    npie_err_t err;

    if (npie_smtp_parse(&smtp, word, &err, p) != APR_SUCCESS) {
        return apr_pstrdup(p, err.detail);
    }
    smtp.user = smtp.password = smtp.ca_file = NULL;
    while (error == NULL && *(word = ap_getword_conf(p, &arg)) != '\0') {
        error = server_option(&smtp, word, p);
    }
    if (error == NULL && (smtp.user == NULL) != (smtp.password == NULL)) {
        error = "user and password-file (or password=exec:) belong together";
    }
    if (error == NULL) {
        *out = smtp;
    }
    return error;
}

/* A number of days at its place, once. */
static const char *add_day(npie_reminders_t *out, int day)
{
    int i = 0;

    while (i < out->count && out->days[i] < day) {
        ++i;
    }
    if (i < out->count && out->days[i] == day) {
        return NULL;
    }
    if (out->count == NPIE_REMINDERS_MAX) {
        return "too many: at most 8 reminders";
    }
    memmove(&out->days[i + 1], &out->days[i],
            (apr_size_t)(out->count - i) * sizeof(out->days[0]));
    out->days[i] = day;
    ++out->count;
    return NULL;
}

const char *npie_parse_reminders(npie_reminders_t *out, const char *arg,
                                 apr_pool_t *p)
{
    npie_reminders_t reminders = { 0 };
    const char *word = ap_getword_conf(p, &arg);
    const char *error = NULL;

    if (ap_cstr_casecmp(word, "off") == 0 && *arg == '\0') {
        *out = reminders;
        return NULL;
    }
    for (; error == NULL && *word != '\0'; word = ap_getword_conf(p, &arg)) {
        char *end;
        const apr_int64_t day = apr_strtoi64(word, &end, 10);

        error = end == word || strcmp(end, "d") != 0 || day < 1 ||
                day > DAYS_MAX
            ? apr_psprintf(p, "'%s' is no number of days from 1d to %dd", word,
                           DAYS_MAX)
            : add_day(&reminders, (int)day);
    }
    if (error == NULL && reminders.count == 0) {
        error = "write days before the end, such as 30d 15d 7d 1d, or off";
    }
    if (error == NULL) {
        *out = reminders;
    }
    return error;
}
