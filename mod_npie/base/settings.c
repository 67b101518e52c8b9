/* SPDX-License-Identifier: Apache-2.0
 * Reading "Key value" lines.
 */
#include "base/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>


#include "base/text.h"

#define LINE_SIZE 2048
#define BLANKS " \t\r\v\f"

/* Cuts blanks off both ends, in place. */
static char *trim(char *text)
{
    apr_size_t len;

    text += strspn(text, BLANKS);
    len = strlen(text);
    while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL) {
        text[--len] = '\0';
    }
    return text;
}

/* One line; name is set to the key's for the message. */
static const char *take_line(const npie_setting_t *settings, void *baton,
                             char *line, int *seen, const char **name)
{
    char *value = line + strcspn(line, BLANKS);
    apr_size_t len;

    if (*value != '\0') {
        *value++ = '\0';
    }
    *name = line;
    value = trim(value);
    len = strlen(value);
    if (len > 1 && value[0] == '"' && value[len - 1] == '"') {
        value[len - 1] = '\0';
        value++;
    }
    if (*value == '\0') {
        return "a value is missing";
    }
    for (int i = 0; settings[i].name != NULL; i++) {
        if (strcmp(line, settings[i].name) == 0) {
            if (seen[i]++ && !(settings[i].flags & NPIE_SETTING_REPEATED)) {
                return "it stands here a second time";
            }
            return settings[i].set(baton, value);
        }
    }
    return "there is no such key";
}

static apr_status_t check_missing(const char *file,
                                  const npie_setting_t *settings,
                                  const int *seen, npie_err_t *err)
{
    int required = NPIE_SETTING_REQUIRED;

    if (geteuid() == 0) {
        required |= NPIE_SETTING_REQUIRED_BY_ROOT;
    }
    for (int i = 0; settings[i].name != NULL; i++) {
        if ((settings[i].flags & required) && !seen[i]) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "%s: %s is missing", file, settings[i].name);
        }
    }
    return APR_SUCCESS;
}

/* Reads a line without its end. NULL or what is wrong with it; *plen is -1 at
 * the end of the file. */
static const char *read_line(char *line, int *plen, FILE *in)
{
    int len = 0;
    int c;

    while ((c = getc(in)) != EOF && c != '\n') {
        if (len == LINE_SIZE - 1) {
            return "it is too long";
        }
        line[len++] = (char)c;
    }
    line[len] = '\0';
    *plen = c == EOF && len == 0 ? -1 : len;
    return npie_text_is_clean_multiline(line, (apr_size_t)len)
        ? NULL : "it is no text in UTF-8";
}

static apr_status_t read_lines(const npie_setting_t *settings, void *baton,
                               int *seen, FILE *in, const char *file,
                               npie_err_t *err)
{
    char line[LINE_SIZE];
    int len = 0;

    for (int n = 1; ; n++) {
        const char *name = "the line";
        const char *wrong = read_line(line, &len, in);

        if (wrong == NULL && len < 0) {
            break;
        }
        if (wrong == NULL) {
            char *text = trim(line);

            if (*text != '\0' && *text != '#') {
                wrong = take_line(settings, baton, text, seen, &name);
            }
        }
        if (wrong != NULL) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "%s:%d: %.40s: %s", file, n, name, wrong);
        }
    }
    /* A folder can be opened. */
    return !ferror(in) ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", file,
                       strerror(errno));
}

apr_status_t npie_settings_read(const char *file,
                                const npie_setting_t *settings, void *baton,
                                npie_err_t *err)
{
    int seen[NPIE_SETTINGS_MAX] = { 0 };
    FILE *in = fopen(file, "re");
    apr_status_t rv;

    if (in == NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", file,
                            strerror(errno));
    }
    rv = read_lines(settings, baton, seen, in, file, err);
    fclose(in);
    return rv == APR_SUCCESS ? check_missing(file, settings, seen, err) : rv;
}

int npie_setting_holds_password(const char *params)
{
    const char *host = params == NULL ? NULL : strstr(params, "://");
    const char *at = host == NULL ? NULL : strchr(host, '@');

    return params != NULL
        && (strstr(params, "password=") != NULL
            || strstr(params, "password =") != NULL
            || (at != NULL && memchr(host + 3, ':', (apr_size_t)(at - host)
                                                    - 3) != NULL));
}
