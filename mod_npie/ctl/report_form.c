/* SPDX-License-Identifier: Apache-2.0
 * A report as HTML and as CSV.
 */
#include "ctl/report.h"

#include <apr_strings.h>

#define BAR_WIDTH 480
#define BAR_HEIGHT 22
#define BAR_GAP 10
#define LABELS 120

static const char style[] =
    ":root { color-scheme: light dark; }\n"
    "body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem;"
    " margin: 0 auto; padding: 1rem; }\n"
    "table { border-collapse: collapse; margin-bottom: 2rem; }\n"
    "caption { text-align: start; font-weight: 600; padding-block: .5rem; }\n"
    "th, td { border: 1px solid; border-color: color-mix(in srgb,"
    " currentColor 30%, transparent); padding: .3rem .7rem;"
    " text-align: end; }\n"
    "th:first-child { text-align: start; }\n"
    "svg { max-width: 100%; height: auto; }\n"
    "svg text { fill: currentColor; font: 13px system-ui, sans-serif; }\n"
    "svg .came { fill: #1f7a66; }\n";

static apr_int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *word(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* A value, "-" for null. */
static const char *cell(const json_t *object, const char *key, apr_pool_t *p)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value) ? json_string_value(value)
        : json_is_integer(value)
          ? apr_psprintf(p, "%" APR_INT64_T_FMT,
                         (apr_int64_t)json_integer_value(value)) : "-";
}

/* Bars, one a step, as long as its share of those who began. */
static const char *picture(const json_t *report, apr_pool_t *p)
{
    const json_t *list = json_object_get(report, "steps"), *step;
    const apr_int64_t begun = number(report, "begun");
    const char *bars = "";
    size_t i;

    json_array_foreach (list, i, step) {
        const apr_int64_t came = number(step, "reached");
        const int y = (int)i * (BAR_HEIGHT + BAR_GAP);
        const int width = begun == 0 ? 0 : (int)(came * BAR_WIDTH / begun);

        bars = apr_psprintf(
            p, "%s<text x=\"0\" y=\"%d\">%s</text><rect class=\"came\" "
            "x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"></rect><text "
            "x=\"%d\" y=\"%d\">%" APR_INT64_T_FMT " (%d %%)</text>\n",
            bars, y + BAR_HEIGHT - 6, word(step, "step"), LABELS, y, width,
            BAR_HEIGHT, LABELS + width + 8, y + BAR_HEIGHT - 6, came,
            begun == 0 ? 0 : (int)(came * 100 / begun));
    }
    return apr_psprintf(
        p, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label="
        "\"Renewals that reached each step; the numbers are in the table\">\n"
        "%s</svg>\n", LABELS + BAR_WIDTH + 100,
        NPIE_CTL_STEPS * (BAR_HEIGHT + BAR_GAP), LABELS + BAR_WIDTH + 100,
        bars);
}

/* A table of a list: keys and titles by turns, ended by NULL. */
static const char *table(const json_t *list, const char *caption,
                         const char *const *columns, apr_pool_t *p)
{
    const char *html = apr_pstrcat(p, "<table>\n<caption>", caption,
                                   "</caption>\n<thead><tr>", NULL);
    const json_t *row;
    size_t i;

    for (int c = 0; columns[c] != NULL; c += 2) {
        html = apr_pstrcat(p, html, "<th scope=\"col\">", columns[c + 1],
                           "</th>", NULL);
    }
    html = apr_pstrcat(p, html, "</tr></thead>\n<tbody>\n", NULL);
    json_array_foreach (list, i, row) {
        html = apr_pstrcat(p, html, "<tr><th scope=\"row\">",
                           cell(row, columns[0], p), "</th>", NULL);
        for (int c = 2; columns[c] != NULL; c += 2) {
            html = apr_pstrcat(p, html, "<td>", cell(row, columns[c], p),
                               "</td>", NULL);
        }
        html = apr_pstrcat(p, html, "</tr>\n", NULL);
    }
    return apr_pstrcat(p, html, "</tbody>\n</table>\n", NULL);
}

static const char *const step_columns[] = {
    "step", "Step", "reached", "Reached", "left", "Left here",
    "median_seconds", "Median, seconds", "p90_seconds", "90 %, seconds", NULL
};
static const char *const refusal_columns[] = {
    "error", "Error", "number", "Number", "count", "Logins", NULL
};
static const char *const browser_columns[] = {
    "family", "Browser", "count", "Logins", NULL
};

const char *npie_ctl_report_html(const json_t *report, apr_pool_t *p)
{
    return apr_pstrcat(
        p, "<!doctype html>\n<html lang=\"", "en", "\">\n<head>\n"
        "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n<title>Renewals</title>\n<style>\n", style,
        "</style>\n</head>\n<body>\n<h1>Renewals</h1>\n<p>From ",
        word(report, "since"), " until ", word(report, "until"), ": ",
        cell(report, "logins", p), " logins, ", cell(report, "refused", p),
        " refused; ", cell(report, "begun", p), " renewals begun, of which ",
        cell(report, "completed", p), " are completed, ",
        cell(report, "cancelled", p), " cancelled, ",
        cell(report, "lapsed", p), " lapsed and ", cell(report, "open", p),
        " open now.</p>\n", picture(report, p),
        table(json_object_get(report, "steps"), "Steps; times since the step "
              "before", step_columns, p),
        table(json_object_get(report, "refusals"), "Logins refused",
              refusal_columns, p),
        table(json_object_get(report, "browsers"), "Browsers, by login",
              browser_columns, p), "</body>\n</html>\n", NULL);
}

/* The rows of a list, each behind the name of the list. */
static const char *rows(const json_t *list, const char *name,
                        const char *const *columns, apr_pool_t *p)
{
    const char *text = "";
    const json_t *row;
    size_t i;

    json_array_foreach (list, i, row) {
        for (int c = 2; columns[c] != NULL; c += 2) {
            text = apr_pstrcat(p, text, name, ",", cell(row, columns[0], p),
                               ",", columns[c], ",", cell(row, columns[c], p),
                               "\n", NULL);
        }
    }
    return text;
}

const char *npie_ctl_report_csv(const json_t *report, apr_pool_t *p)
{
    static const char *const totals[] = { "since", "until", "logins",
        "refused", "begun", "completed", "cancelled", "lapsed", "open" };
    const char *text = "table,name,what,value\n";

    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        text = apr_pstrcat(p, text, "total,all,", totals[i], ",",
                           cell(report, totals[i], p), "\n", NULL);
    }
    return apr_pstrcat(
        p, text,
        rows(json_object_get(report, "steps"), "step", step_columns, p),
        rows(json_object_get(report, "refusals"), "refusal",
             refusal_columns, p),
        rows(json_object_get(report, "browsers"), "browser",
             browser_columns, p), NULL);
}
