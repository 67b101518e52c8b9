/* SPDX-License-Identifier: Apache-2.0
 * Parsing of directives' values.
 */
#include "httpd/parse.h"

#include <apr_strings.h>
#include <apr_uri.h>

#include "base/sentences.h"

const char *npie_parse_keys(npie_key_rules_t *out, const char *arg,
                            apr_pool_t *p)
{
    npie_key_rules_t rules = { 0, 0, 0, NULL };
    const char *word;

    while (*(word = ap_getword_conf(p, &arg)) != '\0') {
        if (ap_cstr_casecmpn(word, "rsa:", 4) == 0) {
            const char *error = npie_parse_int(&rules.rsa_min_bits, word + 4,
                                               2048, 16384, p);
            if (error != NULL) {
                return error;
            }
        }
        else if (ap_cstr_casecmp(word, "p256") == 0) {
            rules.p256 = 1;
        }
        else if (ap_cstr_casecmp(word, "p384") == 0) {
            rules.p384 = 1;
        }
        else {
            return apr_psprintf(p, "'%s' is no kind of key: rsa:<least bits>, "
                                "p256 and p384 are", word);
        }
    }
    if (rules.rsa_min_bits == 0 && !rules.p256 && !rules.p384) {
        return "at least one kind of key must be accepted";
    }
    *out = rules;
    return NULL;
}

const char *npie_parse_base(npie_base_t *out, const char *arg, apr_pool_t *p)
{
    apr_uri_t uri;
    apr_size_t len = strlen(arg);

    if (apr_uri_parse(p, arg, &uri) != APR_SUCCESS || uri.scheme == NULL
        || uri.hostname == NULL || *uri.hostname == '\0' || uri.path == NULL
        || uri.query != NULL || uri.fragment != NULL || uri.user != NULL
        || arg[len - 1] != '/') {
        return apr_psprintf(p, "'%s' must look like "
                            "https://host/npie/ (with the last slash)", arg);
    }
    if (uri.port_str != NULL && strcmp(uri.port_str, "443") == 0) {
        return "leave :443 out: browsers do when they say where a form is "
               "from, and it would be taken for another site's";
    }
    if (ap_cstr_casecmp(uri.scheme, "https") != 0) {
        return "the pages need https: browsers sign only there, and the "
               "session's cookie goes nowhere else";
    }
    out->url = apr_pstrdup(p, arg);
    out->path = uri.path;
    out->host = apr_pstrdup(p, uri.hostinfo);
    ap_str_tolower((char *)out->host);
    return NULL;
}

const char *npie_parse_signer(npie_signer_setting_t *out, const char *arg,
                              const char *arg2, apr_pool_t *p)
{
    if (strncmp(arg, "unix:/", 6) == 0) {
        if (arg2 != NULL) {
            return "unix: takes no second argument; the signer started apart "
                   "has its own configuration";
        }
        out->socket = apr_pstrdup(p, arg + 5);
        out->program = NULL;
        out->config = NULL;
        return NULL;
    }
    if (strncmp(arg, "exec:/", 6) == 0) {
        if (arg2 == NULL || *arg2 != '/') {
            return "exec: needs the absolute path of npie-signer.conf as "
                   "second argument";
        }
        out->program = apr_pstrdup(p, arg + 5);
        out->config = apr_pstrdup(p, arg2);
        out->socket = NULL;
        return NULL;
    }
    return apr_psprintf(p, "'%s' is neither exec:/path/npie-signer nor "
                        "unix:/path/socket", arg);
}

const char *npie_parse_daily(npie_daily_t *out, const char *arg, apr_pool_t *p)
{
    npie_daily_t daily = *out;
    const struct {
        const char *name;
        int *value;
    } known[] = {
        { "keys=", &daily.keys }, { "letters=", &daily.letters },
        { "cancellations=", &daily.cancellations }, { "mails=", &daily.mails },
        { "address=", &daily.address },
    };
    const int count = sizeof(known) / sizeof(known[0]);
    const char *word, *error = NULL;

    while (error == NULL && *(word = ap_getword_conf(p, &arg)) != '\0') {
        error = "the limits are keys=, letters=, cancellations=, mails= and "
                "address=, each a number a day";
        for (int i = 0; i < count; ++i) {
            const apr_size_t len = strlen(known[i].name);

            if (strncmp(word, known[i].name, len) == 0) {
                error = npie_parse_int(known[i].value, word + len, 1, 1000000,
                                       p);
            }
        }
    }
    if (error == NULL) {
        *out = daily;
    }
    return error;
}

static int is_among(const apr_array_header_t *words, const char *word)
{
    for (int i = 0; i < words->nelts; ++i) {
        if (strcmp(APR_ARRAY_IDX(words, i, const char *), word) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *npie_parse_languages(apr_array_header_t **pout, const char *arg,
                                 apr_pool_t *p)
{
    apr_array_header_t *languages = apr_array_make(p, 2, sizeof(const char *));
    const char *word;

    while (*(word = ap_getword_conf(p, &arg)) != '\0') {
        if (!npie_sentences_is_tag(word)) {
            return apr_psprintf(p, "'%s' is no tag of a language (RFC 5646)",
                                word);
        }
        if (is_among(languages, word)) {
            return apr_psprintf(p, "%s is there twice", word);
        }
        APR_ARRAY_PUSH(languages, const char *) = word;
    }
    if (!is_among(languages, NPIE_SENTENCES_LANGUAGE)) {
        return "es must be among the languages: letters are in Spanish";
    }
    *pout = languages;
    return NULL;
}
