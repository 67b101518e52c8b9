/* SPDX-License-Identifier: Apache-2.0
 * The languages of a server: sentences, mails, pages.
 */
#include "httpd/check.h"

#include <apr_strings.h>

#include "base/sentences.h"
#include "httpd/probe.h"
#include "httpd/remark.h"

static void say(npie_notice_t notice, const server_rec *s,
                const npie_server_conf_t *conf, int directive,
                const char *text)
{
    npie_remark(notice, s, npie_remark_place(conf, directive), text);
}

/* Spanish and English, unless NPIELanguages says otherwise. */
static const apr_array_header_t *languages_of(const npie_server_conf_t *conf,
                                              apr_pool_t *p)
{
    apr_array_header_t *languages = conf->languages;

    if (languages == NULL) {
        languages = apr_array_make(p, 2, sizeof(const char *));
        APR_ARRAY_PUSH(languages, const char *) = NPIE_SENTENCES_LANGUAGE;
        APR_ARRAY_PUSH(languages, const char *) = NPIE_SENTENCES_ENGLISH;
    }
    return languages;
}

/* What a file of a language that is not built in does not have is in Spanish. */
static void miss_sentences(const npie_sentences_t *one, const server_rec *s,
                           const npie_server_conf_t *conf, apr_pool_t *ptemp)
{
    const char *missing = npie_sentences_has(one->language) ? NULL
        : npie_sentences_missing(one, ptemp);

    if (missing != NULL) {
        say(NPIE_N_CONFIG_DOUBT, s, conf, NPIE_SET_SENTENCES,
            apr_pstrcat(ptemp, "NPIESentences: ", conf->sentences, "/",
                        one->language, " lacks sentences, which stay in "
                        "Spanish: ", missing, NULL));
    }
}

int npie_check_sentences(npie_runtime_t *runtime, const server_rec *s,
                         apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const npie_server_conf_t *conf = runtime->conf;
    npie_err_t err;

    if (npie_sentences_load(&runtime->sentences, languages_of(conf, pconf),
                            conf->sentences, &err, pconf) != APR_SUCCESS) {
        const int names_file = conf->sentences != NULL
            && strncmp(err.detail, conf->sentences, strlen(conf->sentences))
                   == 0;

        say(NPIE_N_CONFIG, s, conf, names_file ? NPIE_SET_SENTENCES
                                               : NPIE_SET_LANGUAGES,
            apr_pstrcat(ptemp, names_file ? "NPIESentences: "
                                          : "NPIELanguages: ", err.detail,
                        NULL));
        return 1;
    }
    for (int i = 0; i < runtime->sentences->nelts; ++i) {
        miss_sentences(APR_ARRAY_IDX(runtime->sentences, i,
                                     npie_sentences_t *), s, conf, ptemp);
    }
    return 0;
}

/* The templates of one more language; without its frame there are none. */
static int load_templates(npie_runtime_t *runtime,
                          const npie_sentences_t *sentences,
                          const server_rec *s, apr_pool_t *pconf,
                          apr_pool_t *ptemp)
{
    const npie_server_conf_t *conf = runtime->conf;
    const char *frame = apr_pstrcat(ptemp, conf->mail_templates, "/marco.",
                                    sentences->language, ".txt", NULL);
    npie_mail_language_t language = { sentences, NULL };
    apr_finfo_t found;
    npie_err_t err;

    if (apr_stat(&found, frame, APR_FINFO_TYPE, ptemp) != APR_SUCCESS) {
        say(NPIE_N_CONFIG_DOUBT, s, conf, NPIE_SET_MAIL_TEMPLATES,
            apr_pstrcat(ptemp, "NPIEMailTemplates: there is no ", frame,
                        ": mails to who uses the pages in ",
                        sentences->language, " are in Spanish; copy the "
                        "templates in that language there as well, or take it "
                        "out of NPIELanguages", NULL));
        return 0;
    }
    if (npie_templates_load_in(&language.templates, conf->mail_templates,
                               sentences->language, &err, pconf)
        != APR_SUCCESS) {
        say(NPIE_N_CONFIG, s, conf, NPIE_SET_MAIL_TEMPLATES,
            apr_pstrcat(ptemp, "NPIEMailTemplates: ", err.detail, NULL));
        return 1;
    }
    APR_ARRAY_PUSH(runtime->mailer.others, npie_mail_language_t) = language;
    return 0;
}

int npie_check_mails(npie_runtime_t *runtime, const server_rec *s,
                     apr_pool_t *pconf, apr_pool_t *ptemp)
{
    int faults = 0;

    runtime->mailer.others = apr_array_make(pconf, 2,
                                            sizeof(npie_mail_language_t));
    for (int i = 0; i < runtime->sentences->nelts; ++i) {
        const npie_sentences_t *one = APR_ARRAY_IDX(runtime->sentences, i,
                                                    npie_sentences_t *);

        if (strcmp(one->language, NPIE_SENTENCES_LANGUAGE) != 0) {
            faults += load_templates(runtime, one, s, pconf, ptemp);
        }
    }
    return faults;
}

/* The first page of a folder that a language does not have, NULL: none. */
static const char *missing_page(const char *dir, const char *below,
                                const char *tag, apr_pool_t *p)
{
    const char *missing = NULL;
    apr_finfo_t entry, found;
    apr_dir_t *list;

    if (apr_dir_open(&list, apr_pstrcat(p, dir, below, NULL), p)
        != APR_SUCCESS) {
        return NULL;
    }
    while (missing == NULL
           && apr_dir_read(&entry, APR_FINFO_NAME, list) == APR_SUCCESS) {
        const char *dot = strrchr(entry.name, '.');
        const char *file = apr_pstrcat(p, dir, tag, "/", below, entry.name,
                                       NULL);

        if (dot != NULL && strcmp(dot, ".html") == 0
            && apr_stat(&found, file, APR_FINFO_TYPE, p) != APR_SUCCESS) {
            missing = file;
        }
    }
    apr_dir_close(list);
    return missing;
}

void npie_check_translated(int fd, const npie_server_conf_t *conf,
                           const char *dir, apr_pool_t *p)
{
    const apr_array_header_t *languages = languages_of(conf, p);

    for (int i = 0; i < languages->nelts; ++i) {
        const char *tag = APR_ARRAY_IDX(languages, i, const char *);
        const char *missing = strcmp(tag, NPIE_SENTENCES_LANGUAGE) == 0 ? NULL
            : missing_page(dir, "", tag, p);

        if (missing == NULL && strcmp(tag, NPIE_SENTENCES_LANGUAGE) != 0) {
            missing = missing_page(dir, "partes/", tag, p);
        }
        if (missing != NULL) {
            npie_probe_say(fd, NPIE_N_CONFIG_DOUBT, "NPIELanguages: there is "
                           "no %s: that page is shown in Spanish; translate it, "
                           "or take %s out of NPIELanguages", missing, tag);
        }
    }
}
