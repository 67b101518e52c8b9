/* SPDX-License-Identifier: Apache-2.0
 * npiectl status: does every part of the installation work?
 */
#include <string.h>

#include <apr_strings.h>

#include "base/parse.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/status.h"

#define TLS_SOON apr_time_from_sec(21 * 86400)

#define PARTS_NAMED 5 /* Registry, Redis, Signer, SignerConfig, Site */

/** How a monitoring plugin ends. */
enum { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_CRITICAL, PLUGIN_UNKNOWN };

const npie_ctl_option_t npie_ctl_status_options[] = {
    { "disk-warning", "PERCENT", "free space that is a warning; default 10" },
    { "disk-critical", "PERCENT", "free space that is critical; default 3" },
    { "plugin", NULL, "one line and an exit status for monitoring" },
    { NULL, NULL, NULL }
};

const npie_ctl_column_t npie_ctl_status_columns[] = {
    { "part", "Part" }, { "state", "State" }, { "detail", "Detail" },
    { "remedy", "" }, { NULL, NULL }
};

static const char *state_name(npie_ctl_state_t state)
{
    static const char *const names[NPIE_CTL_STATES] = {
        [NPIE_CTL_UNSET] = "not set up", [NPIE_CTL_OK] = "ok",
        [NPIE_CTL_WARNING] = "warning", [NPIE_CTL_BROKEN] = "down",
        [NPIE_CTL_TAMPERED] = "damaged",
    };

    return names[state];
}

void npie_ctl_part(npie_ctl_report_t *report, const char *name,
                   npie_ctl_state_t state, const char *detail)
{
    json_t *text = json_string(detail);
    json_t *part = json_pack("{s: s, s: s, s: o}", "part", name, "state",
                             state_name(state), "detail",
                             text == NULL ? json_string("?") : text);

    if (state > NPIE_CTL_OK) {
        json_object_set_new(part, "remedy",
                            json_string(npie_ctl_remedy(name)));
    }
    report->count[state]++;
    json_array_append_new(report->list, part);
}

void npie_ctl_figure(npie_ctl_report_t *report, const char *label,
                     const char *value)
{
    report->figures = apr_pstrcat(report->ctl->p, report->figures,
                                  *report->figures == '\0' ? "" : " ", label,
                                  "=", value, NULL);
}

/* A line of a plugin ends at '|', and has no other line in it. */
static const char *plain(const char *detail, apr_pool_t *p)
{
    char *text = apr_pstrdup(p, detail);

    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '|' || (unsigned char)*c < 0x20 ? '/' : *c;
    }
    return text;
}

/* "redis: it does not answer; mail: ...", of those in that state. */
static const char *those(const npie_ctl_report_t *report,
                         npie_ctl_state_t state)
{
    apr_pool_t *p = report->ctl->p;
    const char *text = "";
    json_t *part;
    size_t n;

    json_array_foreach (report->list, n, part) {
        const char *name = json_string_value(json_object_get(part, "part"));
        const char *is = json_string_value(json_object_get(part, "state"));

        if (strcmp(is, state_name(state)) == 0) {
            text = apr_pstrcat(p, text, *text == '\0' ? "" : "; ", name, ": ",
                               plain(json_string_value(json_object_get(
                                   part, "detail")), p), NULL);
        }
    }
    return text;
}

static int worst(const npie_ctl_report_t *report)
{
    const int *count = report->count;

    return count[NPIE_CTL_BROKEN] + count[NPIE_CTL_TAMPERED] > 0
        ? PLUGIN_CRITICAL
        : count[NPIE_CTL_UNSET] >= PARTS_NAMED ? PLUGIN_UNKNOWN
        : count[NPIE_CTL_WARNING] > 0 ? PLUGIN_WARNING : PLUGIN_OK;
}

/* As the guidelines of monitoring plugins have it. */
static void show_plugin(const npie_ctl_report_t *report)
{
    static const char *const words[] = { "OK", "WARNING", "CRITICAL",
                                         "UNKNOWN" };
    static const npie_ctl_state_t order[] = {
        NPIE_CTL_TAMPERED, NPIE_CTL_BROKEN, NPIE_CTL_WARNING
    };
    const int status = worst(report);
    const char *text = "";

    for (int i = 0; i < 3; i++) {
        const char *more = those(report, order[i]);

        text = apr_pstrcat(report->ctl->p, text, *text == '\0' || *more == '\0'
                           ? "" : "; ", more, NULL);
    }
    report->ctl->shown = 1;
    printf("NPIE %s - %s%s%s\n", words[status], *text != '\0' ? text
           : apr_psprintf(report->ctl->p, "%d parts work",
                          report->count[NPIE_CTL_OK]),
           *report->figures == '\0' ? "" : " | ", report->figures);
    report->ctl->ends = status;
}

static apr_status_t judge(const npie_ctl_report_t *report, npie_err_t *err)
{
    const int down = report->count[NPIE_CTL_BROKEN];

    if (report->count[NPIE_CTL_TAMPERED] > 0) {
        return npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE, "data are not "
                            "what was written: see the part that is damaged");
    }
    return down == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EBACKEND, NPIE_P_NONE,
                       "%d part%s not work: see above",
                       down, down == 1 ? " does" : "s do");
}

apr_status_t npie_ctl_status(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_ctl_report_t report = { .ctl = ctl, .list = json_array(),
                                 .figures = "", .soon = TLS_SOON,
                                 /* Within setup httpd does not run yet. */
                                 .outside = ctl->answer == NULL };
    int percent;

    for (int i = 0; i < 2; i++) {
        const char *name = npie_ctl_status_options[i].name;
        const char *value = npie_ctl_option_or(ctl, name, "0");
        const char *wrong = npie_parse_int(&percent, value, 0, 100, ctl->p);

        if (wrong != NULL) {
            json_decref(report.list);
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--%s: %s",
                                name, wrong);
        }
    }
    npie_ctl_look(&report);
    if (npie_ctl_option(ctl, "plugin") != NULL) {
        show_plugin(&report);
        json_decref(report.list);
        return APR_SUCCESS;
    }
    npie_ctl_show_list(ctl, report.list, npie_ctl_status_columns, "");
    return judge(&report, err);
}
