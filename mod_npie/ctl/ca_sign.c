/* SPDX-License-Identifier: Apache-2.0
 * npiectl ca request, where the issuing CA's key stays; and npiectl ca sign,
 * where the root's is.
 */
#include "ctl/ca_sign.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/parse.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/write.h"
#include "pki/calendar.h"
#include "pki/csr.h"

#define YEARS 10
#define BACKDATE apr_time_from_sec(300)
#define NAME_MAX_CHARS 56

const npie_ctl_option_t npie_ctl_ca_request_options[] = {
    { "organization", "TEXT", "O of the name, default: Instituto" },
    { "name", "TEXT", "CN, default: Autoridad NPIE Emisora" },
    { "key", "KIND", "rsa:2048, rsa:3072 (default), rsa:4096, p256, p384" },
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_ca_sign_options[] = {
    { "root-key", "FILE", "default: offline/root.key in the folder" },
    { "passphrase-file", "FILE", "its first line is the passphrase of root.key, default: ask" },
    { "years", "N", "calendar years of validity, default 10" },
    { "url", "URL", "as for ca init, default: that of the certificate to renew" },
    { NULL, NULL, NULL }
};

apr_status_t npie_ca_option_years(int *pyears, const npie_ctl_t *ctl,
                                  const char *name, npie_err_t *err)
{
    const char *given = npie_ctl_option(ctl, name);
    const char *wrong = given == NULL ? NULL
        : npie_parse_int(pyears, given, 1, 50, ctl->p);

    return wrong == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--%s: %s", name, wrong);
}

apr_time_t npie_ca_until(apr_time_t from, int years, const npie_cert_t *issuer)
{
    const apr_time_t until = npie_calendar_months(from, 12 * years);

    return until < issuer->not_after ? until : issuer->not_after;
}

apr_status_t npie_ca_sign(npie_ca_made_t **pmade, npie_ctl_t *ctl,
                          const npie_ca_wish_t *wish, const npie_cert_t *root,
                          EVP_PKEY *key, npie_err_t *err)
{
    const npie_ca_made_t issuer = { key, root->x509 };
    int years = YEARS;
    npie_ca_order_t order = {
        .role = NPIE_CA_ISSUING, .made = wish->key, .subject = wish->subject,
        .points = npie_ca_points(wish->url, NPIE_CA_ISSUING, ctl->p),
        .from = ctl->now - BACKDATE,
    };
    apr_status_t rv = npie_ca_option_years(&years, ctl, "years", err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    order.until = npie_ca_until(order.from, years, root);
    if (order.until <= ctl->now) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "the root has "
                            "ended: make another authority with ca init");
    }
    EVP_PKEY_up_ref(order.made);
    return npie_ca_make(pmade, &order, &issuer, err, ctl->p);
}

static apr_status_t in_the_way(const char *path, npie_err_t *err)
{
    const int why = errno;

    return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s%s", path,
                        strerror(why), why == EEXIST
                        ? ": nothing is overwritten" : "");
}

static apr_status_t check_name(const npie_ctl_t *ctl, const char *option,
                               npie_err_t *err)
{
    const char *text = npie_ctl_option_or(ctl, option, "-");

    return npie_text_is_clean(text, strlen(text)) && *text != '\0'
           && npie_text_length(text) <= NAME_MAX_CHARS ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--%s: 1 to %d "
                       "characters of UTF-8", option, NAME_MAX_CHARS);
}

apr_status_t npie_ctl_ca_request(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "key", "Key" }, { "request", "Request" }, { NULL, NULL }
    };
    const char *dir = npie_ctl_operand(ctl, 0);
    const char *key = apr_pstrcat(ctl->p, dir, "/issuing.key", NULL);
    const char *request = apr_pstrcat(ctl->p, dir, "/issuing.csr", NULL);
    const npie_ca_order_t order = {
        .role = NPIE_CA_ISSUING,
        .key = npie_ctl_option_or(ctl, "key", "rsa:3072"),
        .organization = npie_ctl_option_or(ctl, "organization", "Instituto"),
        .name = npie_ctl_option_or(ctl, "name", "Autoridad NPIE Emisora"),
    };
    npie_bytes_t csr = { NULL, 0 }, pem = { NULL, 0 };
    npie_ca_made_t *made;
    apr_status_t rv = check_name(ctl, "organization", err);

    if (rv == APR_SUCCESS) {
        rv = check_name(ctl, "name", err);
    }
    if (rv == APR_SUCCESS && mkdir(dir, 0755) != 0 && errno != EEXIST) {
        rv = in_the_way(dir, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ca_request(&made, &csr, &order, err, ctl->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ca_key_pem(&pem, made, NULL, err, ctl->p);
    }
    if (rv == APR_SUCCESS && !npie_ctl_write_new(key, pem, 0600)) {
        rv = in_the_way(key, err);
    }
    if (rv == APR_SUCCESS && !npie_ctl_write_new(request, csr, 0644)) {
        rv = in_the_way(request, err);
        unlink(key);
    }
    if (rv == APR_SUCCESS) {
        npie_ctl_show_record(ctl, json_pack("{s: s, s: s}", "key", key,
                                            "request", request), columns);
    }
    return rv;
}

/* A certificate that this root has signed is signed again as it is. */
static apr_status_t read_issuing(npie_ca_wish_t *wish, npie_ctl_t *ctl,
                                 const char *path, const npie_cert_t *root,
                                 npie_err_t *err)
{
    npie_cert_t *cert;
    apr_status_t rv = npie_ca_read_certificate(&cert, ctl, path, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (X509_verify(cert->x509, X509_get0_pubkey(root->x509)) != 1
        || X509_check_ca(cert->x509) == 0
        || X509_cmp(cert->x509, root->x509) == 0) {
        ERR_clear_error();
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: it is no "
                            "issuing CA of this root", path);
    }
    wish->subject = X509_get_subject_name(cert->x509);
    wish->key = X509_get0_pubkey(cert->x509);
    wish->url = wish->url != NULL ? wish->url : npie_ca_url(cert, ctl->p);
    return APR_SUCCESS;
}

static apr_status_t free_request(void *data)
{
    X509_REQ_free(data);
    return APR_SUCCESS;
}

/* A request is taken with a key that an employer's might have, or longer. */
static apr_status_t read_request(npie_ca_wish_t *wish, npie_ctl_t *ctl,
                                 const char *path, npie_bytes_t bytes,
                                 npie_err_t *err)
{
    static const npie_key_rules_t rules = { 2048, 1, 1, NULL };
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    npie_csr_t *csr;
    const unsigned char *at;
    X509_REQ *request;

    if (npie_csr_parse(&csr, bytes, &rules, &why, ctl->p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                            why.detail);
    }
    at = csr->der.data;
    request = d2i_X509_REQ(NULL, &at, (long)csr->der.len);
    apr_pool_cleanup_register(ctl->p, request, free_request,
                              apr_pool_cleanup_null);
    wish->subject = X509_REQ_get_subject_name(request);
    wish->key = X509_REQ_get0_pubkey(request);
    return wish->key != NULL && X509_NAME_entry_count(wish->subject) > 0
        ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: it has no name; "
                       "make it with npiectl ca request", path);
}

static apr_status_t read_wish(npie_ca_wish_t *wish, npie_ctl_t *ctl,
                              const npie_cert_t *root, npie_err_t *err)
{
    const char *path = npie_ctl_operand(ctl, 1);
    npie_bytes_t bytes;
    apr_status_t rv = npie_ca_option_url(&wish->url, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_read_file(&bytes, ctl, path, NPIE_CSR_MAX * 2, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return strstr((const char *)bytes.data, "CERTIFICATE REQUEST") == NULL
        ? read_issuing(wish, ctl, path, root, err)
        : read_request(wish, ctl, path, bytes, err);
}

apr_status_t npie_ctl_ca_sign(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "file", "File" }, { "name", "Name" }, { "until", "Until" },
        { NULL, NULL }
    };
    const char *dir = npie_ctl_operand(ctl, 0), *out = npie_ctl_operand(ctl, 2);
    npie_ca_wish_t wish = { NULL, NULL, NULL };
    npie_ca_made_t *made = NULL;
    npie_cert_t *root, *cert;
    npie_bytes_t pem = { NULL, 0 };
    EVP_PKEY *key;
    apr_status_t rv = npie_ca_read_certificate(&root, ctl, apr_pstrcat(
        ctl->p, dir, "/root.crt", NULL), err);

    if (rv == APR_SUCCESS) {
        rv = read_wish(&wish, ctl, root, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ca_read_key(&key, ctl, npie_ca_root_key(ctl, dir), root,
                              err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ca_sign(&made, ctl, &wish, root, key, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ca_certificate_pem(&pem, made, err, ctl->p);
    }
    if (rv == APR_SUCCESS && !npie_ctl_write_new(out, pem, 0644)) {
        rv = in_the_way(out, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_cert_parse(&cert, pem, err, ctl->p);
    }
    if (rv == APR_SUCCESS) {
        npie_ctl_show_record(ctl, json_pack(
            "{s: s, s: s, s: o}", "file", out, "name", cert->common_name,
            "until", npie_ctl_json_time(ctl, cert->not_after)), columns);
    }
    return rv;
}
