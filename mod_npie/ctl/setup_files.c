/* SPDX-License-Identifier: Apache-2.0
 * Filling the references in.
 */
#include "ctl/setup_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "ctl/setup_conf.h"
#include "ctl/write.h"

#define REFERENCE_MAX (256 * 1024)
#define SOCKET "unix:/run/npie-signer/npie-signer.sock"
/* Where the reference's settings end and its pages begin. */
#define PAGES "\nAlias /npie "

static apr_status_t read_text(const char **ptext, const npie_setup_t *setup,
                              const char *path, npie_err_t *err)
{
    npie_bytes_t bytes;
    apr_status_t rv = npie_ctl_read_file(&bytes, setup->ctl, path,
                                         REFERENCE_MAX, err);

    *ptext = (const char *)bytes.data;
    return rv;
}

/* A reference, with the folder's path in it. */
static apr_status_t reference(const char **ptext, const npie_setup_t *setup,
                              const char *name, npie_err_t *err)
{
    apr_pool_t *p = setup->ctl->p;
    const char *installed = apr_pstrmemdup(
        p, NPIE_CTL_CONF, strlen(NPIE_CTL_CONF) - strlen("npiectl.conf"));
    apr_status_t rv = read_text(ptext, setup, apr_pstrcat(
        p, setup->references, "/", name, NULL), err);

    if (rv == APR_SUCCESS) {
        *ptext = npie_conf_replace(*ptext, installed, apr_pstrcat(
            p, setup->folder, "/", NULL), p);
    }
    return rv;
}

/* name: of the reference that may stand there already; NULL: none may. */
static apr_status_t put(const char **pstate, const char *path,
                        const char *text, mode_t mode, const char *name,
                        const npie_setup_t *setup, npie_err_t *err)
{
    const npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };
    const char *before = "";
    const char *untouched = NULL;
    struct stat st;
    int is_there = lstat(path, &st) == 0;
    apr_status_t rv = APR_SUCCESS;

    if (is_there) {
        rv = read_text(&before, setup, path, err);
        if (rv == APR_SUCCESS && name != NULL) {
            rv = read_text(&untouched, setup, apr_pstrcat(
                setup->ctl->p, setup->references, "/", name, NULL), err);
        }
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    *pstate = strcmp(before, text) == 0 ? "there" : "kept";
    if (is_there && (untouched == NULL || strcmp(before, untouched) != 0)) {
        return APR_SUCCESS;
    }
    *pstate = "made";
    if (is_there ? !npie_ctl_write_over(path, bytes, mode, setup->ctl->p)
                 : !npie_ctl_write_new(path, bytes, mode)) {
        rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path,
                          strerror(errno));
    }
    return rv;
}

const char *npie_setup_path(const npie_setup_t *setup, const char *name)
{
    return apr_pstrcat(setup->ctl->p, setup->folder, "/", name, NULL);
}

/* Where the pages are. */
static const char *pages(const npie_setup_t *setup)
{
    return apr_pstrcat(setup->ctl->p, "https://", setup->answers->site,
                       "/npie/", NULL);
}

/* Addresses that certificates name, as conf/npie.conf serves them. */
static const char *set_addresses(const char *text, const npie_setup_t *setup)
{
    static const struct {
        const char *key;
        const char *file;
    } addresses[] = {
        { "CRLURL", "ca.crl" }, { "OCSPURL", "ocsp" },
        { "IssuerURL", "ca.cer" }
    };
    apr_pool_t *p = setup->ctl->p;

    for (int i = 0; i < 3; i++) {
        text = npie_conf_set_one(text, addresses[i].key, apr_pstrcat(
            p, "http://", setup->answers->site, "/npie/", addresses[i].file,
            NULL), p);
    }
    return text;
}

/* The URIs of keys in a token, which ca init has written down. */
static apr_status_t set_token(const char **ptext, const npie_setup_t *setup,
                              npie_err_t *err)
{
    static const char *const keys[] = {
        "Key", "SealKey", "PKCS11Module", "PINFile"
    };
    apr_pool_t *p = setup->ctl->p;
    const char *made;
    apr_status_t rv = read_text(
        &made, setup, npie_setup_path(setup, "ca/npie-signer.conf"), err);
    char *rest = NULL;
    char *line = rv == APR_SUCCESS
        ? apr_strtok(apr_pstrdup(p, made), "\n", &rest) : NULL;

    for (; line != NULL; line = apr_strtok(NULL, "\n", &rest)) {
        for (int i = 0; i < 4; i++) {
            apr_size_t len = strlen(keys[i]);

            if (strncmp(line, keys[i], len) == 0 && line[len] == ' ') {
                *ptext = npie_conf_set_one(*ptext, keys[i], line + len + 1,
                                           p);
            }
        }
    }
    return rv;
}

apr_status_t npie_setup_signer(const char **pstate, const char **ppath,
                               const npie_setup_t *setup, npie_err_t *err)
{
    const npie_answers_t *answers = setup->answers;
    apr_pool_t *p = setup->ctl->p;
    const char *text;
    apr_status_t rv = reference(&text, setup, "npie-signer.conf", err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    text = set_addresses(text, setup);
    text = npie_conf_set_one(text, "State", answers->state, p);
    text = npie_conf_set_one(text, "Ledger", answers->ledger, p);
    text = npie_conf_set_one(text, "PeerUser", answers->user, p);
    text = npie_conf_set_one(text, "Institution",
                             npie_conf_quote(answers->institution, p), p);
    text = npie_conf_set_one(text, "LetterAddress", pages(setup), p);
    if (answers->trust->nelts > 0) {
        *(const char **)apr_array_push(answers->trust) = NULL;
        text = npie_conf_set(text, "Trust",
                             (const char *const *)answers->trust->elts, p);
        apr_array_pop(answers->trust);
    }
    if (answers->token != NULL) {
        rv = set_token(&text, setup, err);
    }
    *ppath = npie_setup_path(setup, "npie-signer.conf");
    return rv == APR_SUCCESS ? put(pstate, *ppath, text, 0644,
                                   "npie-signer.conf", setup, err) : rv;
}

apr_status_t npie_setup_npiectl(const char **pstate, const char **ppath,
                                const npie_setup_t *setup, npie_err_t *err)
{
    const npie_answers_t *answers = setup->answers;
    apr_pool_t *p = setup->ctl->p;
    apr_array_header_t *trust = apr_array_make(p, 4, sizeof(const char *));
    const char *text;
    apr_status_t rv = reference(&text, setup, "npiectl.conf", err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    APR_ARRAY_PUSH(trust, const char *) =
        npie_setup_path(setup, "ca/authorities.pem");
    apr_array_cat(trust, answers->trust);
    APR_ARRAY_PUSH(trust, const char *) = NULL;
    text = npie_conf_set(text, "Trust", (const char *const *)trust->elts, p);
    text = npie_conf_set_one(text, "Registry", answers->registry, p);
    text = npie_conf_set_one(text, "User", answers->user, p);
    text = npie_conf_set_one(text, "Site", apr_pstrcat(
        p, "https://", answers->site, "/npie/", NULL), p);
    if (answers->redis != NULL) {
        text = npie_conf_set_one(text, "Redis", answers->redis, p);
    }
    if (answers->service) {
        text = npie_conf_set_one(text, "Signer", SOCKET, p);
    }
    *ppath = npie_setup_path(setup, "npiectl.conf");
    return put(pstate, *ppath, text, 0640, "npiectl.conf", setup, err);
}

/* Who is trusted, in one line. */
static const char *trusted(const npie_setup_t *setup)
{
    const apr_array_header_t *older = setup->answers->trust;
    apr_pool_t *p = setup->ctl->p;
    const char *line = npie_conf_quote(
        npie_setup_path(setup, "ca/authorities.pem"), p);

    for (int i = 0; i < older->nelts; i++) {
        line = apr_pstrcat(p, line, " ", npie_conf_quote(
            APR_ARRAY_IDX(older, i, const char *), p), NULL);
    }
    return line;
}

static const char *set_mail(const char *text, const npie_answers_t *answers,
                            apr_pool_t *p)
{
    const char *const as_it_is[] = { NULL };

    if (answers->mail_server == NULL) {
        return text;
    }
    text = npie_conf_set_one(text, "NPIEMailServer", answers->mail_server, p);
    text = npie_conf_set_one(text, "NPIEMailFrom",
                             npie_conf_quote(answers->mail_from, p), p);
    return npie_conf_set(text, "NPIEMailTemplates", as_it_is, p);
}

/* The reference of httpd's directives with the answers in it. */
static const char *fill(const char *text, const npie_setup_t *setup)
{
    const npie_answers_t *answers = setup->answers;
    apr_pool_t *p = setup->ctl->p;
    const char *params = strchr(answers->registry, ':') + 1;

    text = npie_conf_set_one(text, "DBDriver", apr_pstrmemdup(
        p, answers->registry,
        (apr_size_t)(params - 1 - answers->registry)), p);
    text = npie_conf_set_one(text, "DBDParams", npie_conf_quote(params, p), p);
    if (answers->redis != NULL) {
        text = npie_conf_set_one(text, "NPIERedis", answers->redis, p);
    }
    if (answers->service) {
        text = npie_conf_set_one(text, "NPIESigner", SOCKET, p);
    }
    text = npie_conf_set_one(text, "NPIETrust", trusted(setup), p);
    text = npie_conf_set_one(text, "NPIEBaseURL", pages(setup), p);
    text = npie_conf_set_one(text, "NPIEInstitution",
                             npie_conf_quote(answers->institution, p), p);
    text = set_mail(text, answers, p);
    /* Debian's a2enmod may have loaded it. */
    text = npie_conf_replace(text, "\nLoadModule npie_module",
                             "\n<IfModule !npie_module>\n"
                             "    LoadModule npie_module", p);
    return npie_conf_replace(text, "mod_npie.so\n",
                             "mod_npie.so\n</IfModule>\n", p);
}

apr_status_t npie_setup_site(const char **pstate, const char **ppath,
                             const npie_setup_t *setup, npie_err_t *err)
{
    const npie_answers_t *answers = setup->answers;
    apr_pool_t *p = setup->ctl->p;
    const char *settings = "";
    const char *text = "";
    const char *pages;
    apr_status_t rv = reference(&settings, setup, "npie.conf", err);

    if (rv == APR_SUCCESS) {
        rv = reference(&text, setup, "site.conf", err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    settings = fill(settings, setup);
    pages = strstr(settings, PAGES);
    if (pages == NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s/npie.conf: "
                            "no Alias /npie: install mod_npie's references "
                            "again", setup->references);
    }
    text = npie_conf_replace(text, "{settings}\n", apr_pstrmemdup(
        p, settings, (apr_size_t)(pages + 1 - settings)), p);
    text = npie_conf_replace(text, "    {pages}\n",
                             npie_conf_indent(pages + 1, p), p);
    text = npie_conf_replace(text, "{site}", answers->site, p);
    text = npie_conf_replace(text, "{certificate}", answers->certificate, p);
    text = npie_conf_replace(text, "{key}", answers->key, p);
    *ppath = setup->site_file;
    /* Parameters of PostgreSQL may have a password. */
    return put(pstate, *ppath, text, 0640, NULL, setup, err);
}
