/* SPDX-License-Identifier: Apache-2.0
 * Lines of configuration files.
 */
#include "ctl/setup_conf.h"

#include <string.h>

#include <apr_strings.h>

static const char *line_end(const char *line)
{
    const char *end = strchr(line, '\n');

    return end == NULL ? line + strlen(line) : end + 1;
}

/* Is this the key's line, as it counts or behind '#'? */
static int is_of(const char *line, const char *key)
{
    apr_size_t len = strlen(key);

    line += *line == '#';
    return strncmp(line, key, len) == 0 && (line[len] == ' '
                                            || line[len] == '\n');
}

static const char *find(const char *text, const char *key)
{
    const char *line = text;

    while (*line != '\0' && !is_of(line, key)) {
        line = line_end(line);
    }
    return line;
}

const char *npie_conf_set(const char *text, const char *key,
                          const char *const *values, apr_pool_t *p)
{
    const char *line = find(text, key);
    const char *after = line_end(line);
    const char *lines = "";

    if (values[0] == NULL && *line != '\0') {
        line += *line == '#';
        lines = apr_pstrmemdup(p, line, (apr_size_t)(after - line));
        line = find(text, key);
    }
    for (; *values != NULL; values++) {
        lines = apr_pstrcat(p, lines, key, " ", *values, "\n", NULL);
    }
    return apr_pstrcat(p, apr_pstrmemdup(p, text, (apr_size_t)(line - text)),
                       lines, after, NULL);
}

const char *npie_conf_set_one(const char *text, const char *key,
                              const char *value, apr_pool_t *p)
{
    const char *const values[] = { value, NULL };

    return npie_conf_set(text, key, values, p);
}

const char *npie_conf_replace(const char *text, const char *from,
                              const char *to, apr_pool_t *p)
{
    const char *at = strstr(text, from);
    const char *whole = "";

    while (at != NULL) {
        whole = apr_pstrcat(p, whole, apr_pstrmemdup(
            p, text, (apr_size_t)(at - text)), to, NULL);
        text = at + strlen(from);
        at = strstr(text, from);
    }
    return apr_pstrcat(p, whole, text, NULL);
}

const char *npie_conf_quote(const char *value, apr_pool_t *p)
{
    const char *text = npie_conf_replace(value, "\\", "\\\\", p);

    return apr_pstrcat(p, "\"", npie_conf_replace(text, "\"", "\\\"", p), "\"",
                       NULL);
}

const char *npie_conf_indent(const char *text, apr_pool_t *p)
{
    const char *whole = "";

    while (*text != '\0') {
        const char *end = line_end(text);

        whole = apr_pstrcat(p, whole, *text == '\n' ? "" : "    ",
                            apr_pstrmemdup(p, text, (apr_size_t)(end - text)),
                            NULL);
        text = end;
    }
    return whole;
}
