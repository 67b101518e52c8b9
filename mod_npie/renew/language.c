/* SPDX-License-Identifier: Apache-2.0
 * The language of npie-renew.
 */
#include "renew/language.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

/* One program speaks one language; set before there are threads. */
static const npie_sentences_t *chosen;

/* The tag of the locale, "" for none; as C and POSIX name none either. */
static char *locale_tag(apr_pool_t *p)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    const char *value = "";
    char *tag;

    for (int i = 0; i < 3 && *value == '\0'; ++i) {
        const char *given = getenv(names[i]);

        value = given != NULL ? given : "";
    }
    tag = apr_pstrmemdup(p, value, strcspn(value, ".@"));
    for (char *c = tag; *c != '\0'; ++c) {
        *c = *c == '_' ? '-' : *c;
    }
    return strchr(tag, '/') == NULL ? tag : apr_pstrdup(p, "");
}

/* The tag of the file that there is in a language: of en-GB that may be en's. */
static const char *find(const char *directory, const char *tag, apr_pool_t *p)
{
    const char *parent = apr_pstrmemdup(p, tag, strcspn(tag, "-"));
    const char *path = apr_pstrcat(p, directory, "/", tag, NULL);

    if (access(path, F_OK) == 0) {
        return path;
    }
    path = apr_pstrcat(p, directory, "/", parent, NULL);
    return access(path, F_OK) == 0 ? path : NULL;
}

apr_status_t npie_language_choose(const char *directory, const char *wanted,
                                  npie_err_t *err, apr_pool_t *p)
{
    const char *tag = wanted != NULL ? wanted : locale_tag(p);
    const char *path = npie_sentences_is_tag(tag) ? find(directory, tag, p)
                                                  : NULL;
    npie_sentences_t *sentences = NULL;
    apr_status_t rv = APR_SUCCESS;

    if (path != NULL) {
        rv = npie_sentences_read(&sentences, path, err, p);
    }
    else if (npie_sentences_has(tag)) {
        sentences = npie_sentences_built_in(tag, p);
    }
    else if (wanted != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s",
                            npie_sentence_fill(NULL, NPIE_S_RENEW_NO_LANGUAGE,
                                               p, "valor", wanted, NULL));
    }
    if (rv == APR_SUCCESS) {
        chosen = sentences;
    }
    return rv;
}

const npie_sentences_t *npie_language(void)
{
    return chosen;
}

const char *npie_language_say(npie_sentence_t id)
{
    return npie_sentence(chosen, id);
}
