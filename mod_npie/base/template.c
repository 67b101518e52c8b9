/* SPDX-License-Identifier: Apache-2.0
 * The text of templates, their comments and braces.
 */
#include "base/template.h"

#include <string.h>

#include <apr_strings.h>

#include "base/file.h"
#include "base/text.h"

/* The line in which the first character stands that may not. */
static int bad_line(const char *text, apr_size_t len)
{
    int line = 1;

    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        apr_size_t n = end == NULL ? len : (apr_size_t)(end - text) + 1;

        if (!npie_text_is_clean_multiline(text, n)) {
            return line;
        }
        ++line;
        text += n;
        len -= n;
    }
    return 0;
}

/* CR LF made LF, in place. */
static void join_line_ends(char *text)
{
    char *out = text;

    for (; *text != '\0'; ++text) {
        if (text[0] != '\r' || text[1] != '\n') {
            *out++ = *text;
        }
    }
    *out = '\0';
}

apr_status_t npie_template_text(char **ptext, const char *name,
                                npie_bytes_t bytes, npie_err_t *err,
                                apr_pool_t *p)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *from = (const char *)bytes.data;
    int line = bad_line(from, bytes.len);

    if (line != 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s, line %d: no UTF-8, or a control character; "
                            "save it as UTF-8", name, line);
    }
    *ptext = npie_text_of(bytes, p);
    *ptext += strncmp(*ptext, mark, 3) == 0 ? 3 : 0;
    join_line_ends(*ptext);
    return APR_SUCCESS;
}

apr_status_t npie_template_read(char **ptext, const char *path, apr_size_t max,
                                npie_err_t *err, apr_pool_t *p)
{
    npie_bytes_t bytes;
    apr_status_t rv = npie_file_read(&bytes, path, max, p);

    return rv == APR_SUCCESS ? npie_template_text(ptext, path, bytes, err, p)
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path,
                       npie_file_why(rv, max, p));
}

apr_size_t npie_template_comment(const char *line)
{
    apr_size_t len = strcspn(line, "\n");

    return *line == '#' ? len + (line[len] == '\n') : 0;
}

apr_size_t npie_template_brace(const char **pname, const char *at,
                               apr_pool_t *p)
{
    apr_size_t len = strcspn(at + 1, "{}\n ");

    *pname = NULL;
    if (at[1] == at[0]) {
        return 2;
    }
    if (*at == '}' || at[len + 1] != '}') {
        return 0;
    }
    *pname = apr_pstrmemdup(p, at + 1, len);
    return len + 2;
}
