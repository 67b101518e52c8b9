/* SPDX-License-Identifier: Apache-2.0
 * NPIESupport.
 */
#include "httpd/support.h"

#include <stddef.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/plain.h"
#include "base/sentences.h"
#include "base/text.h"
#include "httpd/sentences.h"
#include "httpd/vars.h"

#define TEXT_MAX 200

static const struct {
    const char *name;
    const char *variable;
    apr_size_t offset;
} parts[] = {
#define PART(member) \
    { #member, "npie_support_" #member, offsetof(npie_support_t, member) }
    PART(office), PART(language), PART(telephone), PART(hours), PART(address),
    PART(link),
#undef PART
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static const char **text_of(npie_support_t *support, apr_size_t part)
{
    return (const char **)((char *)support + parts[part].offset);
}

static int is_link(const char *text)
{
    return ap_cstr_casecmpn(text, "https://", 8) == 0
        || ap_cstr_casecmpn(text, "http://", 7) == 0
        || ap_cstr_casecmpn(text, "mailto:", 7) == 0;
}

static const char *take(npie_support_t *support, const char *name,
                        const char *text, apr_pool_t *p)
{
    for (apr_size_t i = 0; i < PARTS; ++i) {
        if (ap_cstr_casecmp(name, parts[i].name) != 0) {
            continue;
        }
        if (*text == '\0' || strlen(text) > TEXT_MAX
            || !npie_text_is_clean(text, strlen(text))) {
            return apr_psprintf(p, "%s must be 1 to %d bytes of UTF-8", name,
                                TEXT_MAX);
        }
        *text_of(support, i) = text;
        return NULL;
    }
    return apr_psprintf(p, "'%s' is none of telephone, hours, address, link, "
                        "office and language, each followed by its text", name);
}

const char *npie_support_parse(npie_support_t *out, const char *args,
                               apr_pool_t *p)
{
    npie_support_t support = { .office = NULL };
    const char *name;

    while (*(name = ap_getword_conf(p, &args)) != '\0') {
        const char *error = take(&support, name, ap_getword_conf(p, &args), p);

        if (error != NULL) {
            return error;
        }
    }
    if (support.telephone == NULL && support.link == NULL) {
        return "a telephone or a link is needed";
    }
    if (support.language != NULL && !npie_sentences_is_tag(support.language)) {
        return "the language must be one of NPIELanguages";
    }
    if (support.link != NULL && !is_link(support.link)) {
        return "the link must begin with https://, http:// or mailto:";
    }
    *out = support;
    return NULL;
}

/* The digits alone, for a link that dials; a + at the beginning counts. */
static const char *dialled(const char *telephone, apr_pool_t *p)
{
    char *digits = apr_pcalloc(p, strlen(telephone) + 1);
    char *to = digits;

    for (const char *from = telephone; *from != '\0'; ++from) {
        if (apr_isdigit(*from) || (*from == '+' && to == digits)) {
            *to++ = *from;
        }
    }
    return digits;
}

/* How well a line suits: the office before the language; 0 is not for them. The
 * office by letters alone: the registry often has capitals, and no accents. */
static int suits(const npie_support_t *support, const char *office,
                 const char *language, apr_pool_t *p)
{
    if ((support->office != NULL
         && strcmp(npie_plain_key(support->office, p),
                   npie_plain_key(office, p)) != 0)
        || (support->language != NULL
            && ap_cstr_casecmp(support->language, language) != 0)) {
        return 0;
    }
    return 1 + 2 * (support->office != NULL) + (support->language != NULL);
}

void npie_support_vars(request_rec *r, const char *office)
{
    const apr_array_header_t *all = npie_conf_server(r->server)->support;
    const char *language = npie_sentences_for(r)->language;
    npie_support_t *found = NULL;
    int best = 0;

    for (int i = 0; all != NULL && i < all->nelts; ++i) {
        npie_support_t *support = &APR_ARRAY_IDX(all, i, npie_support_t);
        const int how = suits(support, office, language, r->pool);

        if (how > best) {
            best = how;
            found = support;
        }
    }
    if (found == NULL) {
        return;
    }
    npie_vars_set(r, "npie_support", "1");
    for (apr_size_t i = 0; i < PARTS; ++i) {
        apr_table_unset(r->subprocess_env, parts[i].variable);
        npie_vars_set(r, parts[i].variable, *text_of(found, i));
    }
    if (found->telephone != NULL) {
        npie_vars_set(r, "npie_support_dial", dialled(found->telephone,
                                                      r->pool));
    }
}
