/* SPDX-License-Identifier: Apache-2.0
 * The sentences of a server, and their language.
 */
#include "httpd/sentences.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <jansson.h>

#include "base/date.h"
#include "httpd/locale.h"
#include "httpd/runtime.h"

const npie_sentences_t *npie_sentences_for(const request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);

    return runtime == NULL ? NULL
                           : npie_locale_choose(runtime->sentences, r);
}

const char *npie_sentences_say(const request_rec *r, npie_sentence_t id)
{
    return npie_sentence(npie_sentences_for(r), id);
}

const char *npie_sentences_date(const request_rec *r, apr_time_t t)
{
    return npie_date_text(npie_sentences_for(r), t, r->pool);
}

const char *npie_sentences_moment(const request_rec *r, apr_time_t t)
{
    return npie_date_moment(npie_sentences_for(r), t, r->pool);
}

/* Problems, whose keys begin with their number, and what only scripts say. */
static int is_for_scripts(const char *key)
{
    return apr_isdigit(*key) || strncmp(key, "script.", 7) == 0;
}

const char *npie_sentences_script(const request_rec *r)
{
    const npie_sentences_t *sentences = npie_sentences_for(r);
    json_t *changed = json_object();
    char *text = NULL;
    const char *result = NULL;

    for (int i = 0; sentences != NULL && i < NPIE_SENTENCES; ++i) {
        const char *key = npie_sentence_key((npie_sentence_t)i);

        if (sentences->changed[i] && is_for_scripts(key)) {
            json_object_set_new(changed, key, json_string(sentences->texts[i]));
        }
    }
    if (json_object_size(changed) > 0) {
        text = json_dumps(changed, JSON_COMPACT);
        result = apr_pstrdup(r->pool, text);
    }
    free(text);
    json_decref(changed);
    return result;
}
