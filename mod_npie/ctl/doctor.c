/* SPDX-License-Identifier: Apache-2.0
 * npiectl doctor: what is wrong, what will be within a month, and what to do
 * about each.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "base/text.h"
#include "ctl/certificate.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/status.h"
#include "store/audit.h"

#define DAY (apr_time_from_sec(86400))
#define AHEAD (DAY * 30)
#define GROWN_LONG_ENOUGH 7 /* days from which on growth says something */

const npie_ctl_option_t npie_ctl_doctor_options[] = {
    { NULL, NULL, NULL }
};

static const npie_ctl_column_t columns[] = {
    { "part", "Part" }, { "state", "State" }, { "detail", "Found" },
    { "remedy", "Remedy" }, { NULL, NULL }
};

/* Behind "[date] [npie:error] [pid 1:tid 2] AH0: ", where httpd says what. */
static const char *message_of(const char *line)
{
    while (*line == '[') {
        const char *end = strchr(line, ']');

        if (end == NULL) {
            break;
        }
        line = end + 1 + strspn(end + 1, " ");
    }
    return line;
}

static int is_told(const npie_ctl_report_t *report, const char *message)
{
    json_t *part;
    size_t n;

    json_array_foreach (report->list, n, part) {
        const char *detail = json_string_value(json_object_get(part,
                                                               "detail"));

        if (strcmp(detail, message) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A line of httpd -t. */
static void take_line(npie_ctl_report_t *report, char *line)
{
    const char *message;
    const int warning = strstr(line, ":warn]") != NULL
        || strstr(line, ":notice]") != NULL;

    line[strcspn(line, "\r\n")] = '\0';
    message = message_of(line);
    /* AH00558 is about ServerName of the whole server, which has no part in
     * what mod_npie serves. */
    if (*message == '\0' || strcmp(message, "Syntax OK") == 0
        || strstr(message, "AH00558") != NULL
        || strstr(message, "The Apache error log may have more") != NULL
        || is_told(report, message)) {
        return;
    }
    npie_ctl_part(report, "httpd", warning ? NPIE_CTL_WARNING
                  : NPIE_CTL_BROKEN, message);
}

/* Starts it, with one pipe for what it says. */
static apr_status_t start(apr_proc_t *proc, const char *command, apr_pool_t *p)
{
    apr_procattr_t *attr;
    char **words;
    apr_status_t rv = apr_tokenize_to_argv(command, &words, p);

    if (rv == APR_SUCCESS) {
        rv = apr_procattr_create(&attr, p);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_io_set(attr, APR_NO_PIPE, APR_FULL_BLOCK,
                                 APR_FULL_BLOCK);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_cmdtype_set(attr, APR_PROGRAM_ENV);
    }
    return rv == APR_SUCCESS
        ? apr_proc_create(proc, words[0], (const char *const *)words, NULL,
                          attr, p)
        : rv;
}

static void test_httpd(npie_ctl_report_t *report)
{
    npie_ctl_t *ctl = report->ctl;
    const char *command = apr_pstrcat(ctl->p, "/bin/sh -c 'exec ",
                                      ctl->settings->test, " 2>&1'", NULL);
    const int before = report->count[NPIE_CTL_BROKEN];
    apr_exit_why_e why;
    char line[4096];
    apr_proc_t proc;
    int code = 0;
    apr_status_t rv = start(&proc, command, ctl->p);

    if (rv != APR_SUCCESS) {
        char text[120];

        npie_ctl_part(report, "httpd", NPIE_CTL_BROKEN, apr_psprintf(
            ctl->p, "%s: %s: see ConfigTest in npiectl.conf",
            ctl->settings->test, apr_strerror(rv, text, sizeof(text))));
        return;
    }
    while (apr_file_gets(line, sizeof(line), proc.out) == APR_SUCCESS) {
        take_line(report, line);
    }
    apr_proc_wait(&proc, &code, &why, APR_WAIT);
    if (report->count[NPIE_CTL_BROKEN] == before
        && (!APR_PROC_CHECK_EXIT(why) || code != 0)) {
        npie_ctl_part(report, "httpd", NPIE_CTL_BROKEN, apr_psprintf(
            ctl->p, "%s ends with status %d: see ConfigTest in npiectl.conf",
            ctl->settings->test, code));
    }
}

/* The part of status that a directive is about: httpd -t has looked at the same
 * thing, and said where it is set. */
static const char *part_of(const char *message)
{
    static const struct {
        const char *word;
        const char *part;
    } words[] = {
        { ": DBD", "registry" }, { "NPIERedis", "redis" },
        { "NPIESigner", "signer" }, { "npie-signer.conf", "authority" },
        { "NPIETrustCRL", "trust-crl" }, { "NPIEMailServer", "mail" },
        { "NPIETimestamp", "timestamp-authority" },
    };

    for (apr_size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(message, words[i].word) != NULL) {
            return words[i].part;
        }
    }
    return NULL;
}

/* Takes out what httpd -t found as well. */
static void once(npie_ctl_report_t *report)
{
    json_t *part;
    size_t n;

    json_array_foreach (report->list, n, part) {
        const char *name = json_string_value(json_object_get(part, "part"));
        const char *twin = strcmp(name, "httpd") != 0 ? NULL
            : part_of(json_string_value(json_object_get(part, "detail")));
        size_t i = json_array_size(report->list);

        while (twin != NULL && i-- > 0) {
            const json_t *other = json_array_get(report->list, i);

            if (strcmp(json_string_value(json_object_get(other, "part")),
                       twin) == 0) {
                json_array_remove(report->list, i);
            }
        }
    }
}

/* Employers' certificates: many on one day are many who call. */
static void look_employers(npie_ctl_report_t *report,
                           npie_registry_t *registry)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    const npie_certificate_filter_t filter = {
        .status = npie_certificate_status_name(NPIE_CERTIFICATE_ACTIVE),
        .serial = "", .ends_after = ctl->now, .ends_until = ctl->now + AHEAD,
    };
    apr_array_header_t *found;

    if (npie_certificate_list(&found, registry, &filter, &err) == APR_SUCCESS
        && found->nelts > 0) {
        npie_ctl_part(report, "employers", NPIE_CTL_WARNING, apr_psprintf(
            ctl->p, "%d active certificates of employers end within 30 days: "
            "npiectl certificate expiring", found->nelts));
    }
}

/* How fast a registry in a file has grown, and how long that goes on. */
static void look_growth(npie_ctl_report_t *report, npie_registry_t *registry)
{
    npie_ctl_t *ctl = report->ctl;
    const char *file = ctl->settings->params;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_array_header_t *rows;
    struct statvfs is;
    struct stat st;
    double days, each, left;

    if (strcmp(ctl->settings->driver, "sqlite3") != 0 || stat(file, &st) != 0
        || statvfs(file, &is) != 0
        || npie_audit_list(&rows, registry, 0, &err) != APR_SUCCESS
        || rows->nelts == 0) {
        return;
    }
    /* The first row is as old as the registry. */
    days = (double)(ctl->now - APR_ARRAY_IDX(rows, 0, npie_audit_row_t).at)
        / (double)DAY;
    if (days < GROWN_LONG_ENOUGH) {
        return;
    }
    each = (double)st.st_size / days;
    left = (double)is.f_bavail * (double)is.f_frsize / each;
    if (left < 30) {
        npie_ctl_part(report, "growth", NPIE_CTL_WARNING, apr_psprintf(
            ctl->p, "%s grew by %.1f MB a day; its disk is full in %.0f days",
            file, each / 1e6, left));
    }
}

/* What is ok, or not set up, needs nobody. */
static void leave_ok_out(npie_ctl_report_t *report)
{
    size_t i = json_array_size(report->list);

    while (i-- > 0) {
        if (json_object_get(json_array_get(report->list, i), "remedy")
            == NULL) {
            json_array_remove(report->list, i);
        }
    }
}

static void show(npie_ctl_report_t *report)
{
    npie_ctl_t *ctl = report->ctl;
    json_t *part;
    size_t n;

    if (ctl->json) {
        npie_ctl_show_list(ctl, report->list, columns, "");
        return;
    }
    /* Sentences, which no column holds. */
    json_array_foreach (report->list, n, part) {
        npie_ctl_say(ctl, "%s: %s\n    %s\n    -> %s",
                     json_string_value(json_object_get(part, "state")),
                     json_string_value(json_object_get(part, "part")),
                     json_string_value(json_object_get(part, "detail")),
                     json_string_value(json_object_get(part, "remedy")));
    }
    if (json_array_size(report->list) == 0) {
        npie_ctl_say(ctl, "Nothing is wrong, and nothing ends or fills within "
                     "30 days.");
    }
    json_decref(report->list);
}

apr_status_t npie_ctl_doctor(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_ctl_report_t report = { .ctl = ctl, .list = json_array(),
                                 .figures = "", .outside = 1, .soon = AHEAD };
    npie_registry_t *registry;
    const int *count = report.count;
    size_t left;

    /* It reads keys: before root becomes User. */
    test_httpd(&report);
    npie_ctl_look(&report);
    if (ctl->settings->driver != NULL
        && npie_ctl_registry(&registry, ctl, NULL) == APR_SUCCESS) {
        look_employers(&report, registry);
        look_growth(&report, registry);
    }
    once(&report);
    leave_ok_out(&report);
    left = json_array_size(report.list);
    show(&report);
    if (count[NPIE_CTL_TAMPERED] > 0) {
        return npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE, "data are not "
                            "what was written: see above");
    }
    return count[NPIE_CTL_BROKEN] == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EBACKEND, NPIE_P_NONE,
                       "%d finding%s, of which something does not work",
                       (int)left, left == 1 ? "" : "s");
}
