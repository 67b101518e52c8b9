/* SPDX-License-Identifier: Apache-2.0
 * npiectl ca renew: the next certificates of issuing CA and seal, in time. The
 * issuing CA keeps its key, so that CRL, OCSP and ledger go on for what it
 * issued before; the seal gets another one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/parse.h"
#include "ctl/ca_sign.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/write.h"

#define DAY apr_time_from_sec(86400)
#define DAYS 400 /* when npie-signer begins to say so */
#define SEAL_YEARS 3
#define BACKDATE apr_time_from_sec(300)
#define FILE_MAX (1024 * 1024)

const npie_ctl_option_t npie_ctl_ca_renew_options[] = {
    { "certificate", "FILE", "the issuing CA's next certificate, made by ca sign" },
    { "root-key", "FILE", "key of the root, default: offline/root.key, if it is there" },
    { "passphrase-file", "FILE", "its first line is the passphrase of root.key, default: ask" },
    { "within", "DAYS", "renew what ends within this time, default 400" },
    { "years", "N", "calendar years of the issuing CA, default 10" },
    { "seal", NULL, "renew the seal now: its key may be in wrong hands" },
    { "seal-years", "N", "calendar years of the seal, default 3" },
    { NULL, NULL, NULL }
};

/* An authority whose certificates are renewed. */
typedef struct renewing_t {
    npie_ctl_t *ctl;
    const char *dir;
    npie_cert_t *root;
    npie_cert_t *issuing; /* NULL: there is none yet */
    npie_cert_t *seal;    /* NULL: there is none yet */
    apr_interval_time_t within;
    json_t *parts;
    int issuing_new; /* 1: renewed by this run */
    int seal_new;
} renewing_t;

static const char *path_of(const renewing_t *r, const char *file)
{
    return apr_pstrcat(r->ctl->p, r->dir, "/", file, NULL);
}

/* A certificate of the folder; NULL when there is no such file. */
static apr_status_t read_part(npie_cert_t **pcert, const renewing_t *r,
                              const char *file, npie_err_t *err)
{
    const char *path = path_of(r, file);

    *pcert = NULL;
    return access(path, F_OK) != 0 ? APR_SUCCESS
        : npie_ca_read_certificate(pcert, r->ctl, path, err);
}

/* The half of its time at the latest, so that one made now is not due. */
static int is_due(const renewing_t *r, const npie_cert_t *cert)
{
    const apr_interval_time_t half = (cert->not_after - cert->not_before) / 2;

    return cert->not_after - r->ctl->now < (r->within < half ? r->within
                                                             : half);
}

static void tell(renewing_t *r, const char *part, const char *state,
                 const npie_cert_t *cert)
{
    json_array_append_new(r->parts, json_pack(
        "{s: s, s: s, s: s, s: s, s: o}", "part", part, "state", state,
        "name", cert->common_name, "serial", cert->serial, "until",
        npie_ctl_json_time(r->ctl, cert->not_after)));
}

static apr_status_t put(const renewing_t *r, const char *file,
                        npie_bytes_t bytes, mode_t mode, npie_err_t *err)
{
    const char *path = path_of(r, file);

    return npie_ctl_write_over(path, bytes, mode, r->ctl->p) ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                       strerror(errno));
}

/* The file with one more certificate in front. What was there stays: letters
 * and certificates hang on it.
 * @param behind the file to begin with when there is none yet */
static apr_status_t put_in_front(const renewing_t *r, const char *file,
                                 const char *behind, npie_bytes_t pem,
                                 npie_err_t *err)
{
    const char *path = path_of(r, file);
    npie_bytes_t old = { NULL, 0 }, all;
    apr_status_t rv = APR_SUCCESS;

    if (access(path, F_OK) != 0) {
        path = path_of(r, behind);
    }
    if (access(path, F_OK) == 0) {
        rv = npie_ctl_read_file(&old, r->ctl, path, FILE_MAX, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (old.len > 0 && strstr((const char *)old.data, apr_pstrmemdup(
            r->ctl->p, (const char *)pem.data, pem.len)) != NULL) {
        return APR_SUCCESS;
    }
    all.len = pem.len + old.len;
    all.data = (const unsigned char *)apr_psprintf(
        r->ctl->p, "%.*s%.*s", (int)pem.len, (const char *)pem.data,
        (int)old.len, (const char *)old.data);
    return put(r, file, all, 0644, err);
}

static apr_status_t pem_of(npie_bytes_t *ppem, const renewing_t *r,
                           const npie_cert_t *cert, npie_err_t *err)
{
    const npie_ca_made_t made = { NULL, cert->x509 };

    return npie_ca_certificate_pem(ppem, &made, err, r->ctl->p);
}

/* Trusted before it is in use. */
static apr_status_t install_issuing(renewing_t *r, npie_cert_t *cert,
                                    npie_err_t *err)
{
    npie_bytes_t pem, root, both;
    apr_status_t rv = pem_of(&pem, r, cert, err);

    if (rv == APR_SUCCESS) {
        rv = pem_of(&root, r, r->root, err);
    }
    if (rv == APR_SUCCESS) {
        rv = put_in_front(r, "authorities.pem", r->issuing != NULL
                          ? "issuing.crt" : "root.crt", pem, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    both.len = pem.len + root.len;
    both.data = (const unsigned char *)apr_psprintf(
        r->ctl->p, "%.*s%.*s", (int)pem.len, (const char *)pem.data,
        (int)root.len, (const char *)root.data);
    rv = put(r, "issuing.crt", both, 0644, err);
    if (rv == APR_SUCCESS) {
        r->issuing = cert;
        r->issuing_new = 1;
        tell(r, "issuing", "renewed", cert);
    }
    return rv;
}

/* One that somebody brings from where the root is. */
static apr_status_t take_issuing(renewing_t *r, const char *path,
                                 npie_err_t *err)
{
    npie_cert_t *cert;
    EVP_PKEY *key;
    apr_status_t rv = npie_ca_read_certificate(&cert, r->ctl, path, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (X509_verify(cert->x509, X509_get0_pubkey(r->root->x509)) != 1
        || X509_check_ca(cert->x509) == 0 || cert->not_after <= r->ctl->now) {
        ERR_clear_error();
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: it is no "
                            "issuing CA of %s, or has ended", path,
                            path_of(r, "root.crt"));
    }
    if (r->issuing == NULL) {
        rv = npie_ca_read_key(&key, r->ctl, path_of(r, "issuing.key"), cert,
                              err);
        return rv == APR_SUCCESS ? install_issuing(r, cert, err) : rv;
    }
    if (strcmp(cert->spki_sha256, r->issuing->spki_sha256) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: it is of "
                            "another key than issuing.crt: another key is "
                            "another authority; see Rollover in the manual's "
                            "runbooks", path);
    }
    if (cert->not_after <= r->issuing->not_after) {
        tell(r, "issuing", "kept", r->issuing);
        return APR_SUCCESS;
    }
    return install_issuing(r, cert, err);
}

static apr_status_t sign_issuing(renewing_t *r, npie_err_t *err)
{
    const npie_ca_wish_t wish = {
        X509_get_subject_name(r->issuing->x509),
        X509_get0_pubkey(r->issuing->x509),
        npie_ca_url(r->issuing, r->ctl->p)
    };
    npie_ca_made_t *made;
    npie_bytes_t pem;
    npie_cert_t *cert;
    EVP_PKEY *key;
    apr_status_t rv = npie_ca_read_key(&key, r->ctl, npie_ca_root_key(
        r->ctl, r->dir), r->root, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ca_sign(&made, r->ctl, &wish, r->root, key, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ca_certificate_pem(&pem, made, err, r->ctl->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_cert_parse(&cert, pem, err, r->ctl->p);
    }
    return rv == APR_SUCCESS ? install_issuing(r, cert, err) : rv;
}

static apr_status_t renew_issuing(renewing_t *r, npie_err_t *err)
{
    const char *path = npie_ctl_option(r->ctl, "certificate");

    if (path != NULL) {
        return take_issuing(r, path, err);
    }
    if (r->issuing == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: there is "
                            "none: give --certificate, what npiectl ca sign "
                            "made of issuing.csr", path_of(r, "issuing.crt"));
    }
    if (!is_due(r, r->issuing)) {
        tell(r, "issuing", "kept", r->issuing);
        return APR_SUCCESS;
    }
    if (npie_ctl_option(r->ctl, "root-key") == NULL
        && access(npie_ca_root_key(r->ctl, r->dir), F_OK) != 0) {
        tell(r, "issuing", "due", r->issuing);
        return APR_SUCCESS;
    }
    return sign_issuing(r, err);
}

/* The addresses are those of the seal before, or follow from the CA's. */
static apr_status_t make_seal(npie_ca_made_t **pmade, renewing_t *r,
                              EVP_PKEY *key, npie_err_t *err)
{
    const npie_ca_made_t issuer = { key, r->issuing->x509 };
    const EVP_PKEY *old = r->seal != NULL ? X509_get0_pubkey(r->seal->x509)
                                          : key;
    const X509_NAME *of = X509_get_subject_name(r->issuing->x509);
    char organization[256] = "";
    int years = SEAL_YEARS;
    npie_ca_order_t order = {
        .role = NPIE_CA_SEAL,
        .key = EVP_PKEY_is_a(old, "EC")
            ? (EVP_PKEY_get_bits(old) > 256 ? "p384" : "p256")
            : EVP_PKEY_get_bits(old) >= 4096 ? "rsa:4096" : "rsa:3072",
        .organization = organization, .name = organization,
        .subject = r->seal == NULL ? NULL
            : X509_get_subject_name(r->seal->x509),
        .points = npie_ca_points(npie_ca_url(r->issuing, r->ctl->p),
                                 NPIE_CA_SEAL, r->ctl->p),
        .from = r->ctl->now - BACKDATE,
    };
    apr_status_t rv = npie_ca_option_years(&years, r->ctl, "seal-years", err);
    int at = X509_NAME_get_index_by_NID(of, NID_organizationName, -1);
    unsigned char *text = NULL;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (at >= 0 && ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(
            X509_NAME_get_entry(of, at))) >= 0) {
        apr_cpystrn(organization, (const char *)text, sizeof(organization));
        OPENSSL_free(text);
    }
    order.until = npie_ca_until(order.from, years, r->issuing);
    return npie_ca_make(pmade, &order, &issuer, err, r->ctl->p);
}

static apr_status_t move(const renewing_t *r, const char *file,
                         npie_err_t *err)
{
    const char *from = path_of(r, apr_pstrcat(r->ctl->p, file, ".new", NULL));

    return rename(from, path_of(r, file)) == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", from,
                       strerror(errno));
}

/* Known as a seal before it is in use. Key and certificate get their names one
 * after the other: see finish_seal(). */
static apr_status_t install_seal(renewing_t *r, const npie_ca_made_t *made,
                                 npie_err_t *err)
{
    npie_bytes_t key, crt;
    apr_status_t rv = npie_ca_key_pem(&key, made, NULL, err, r->ctl->p);

    if (rv == APR_SUCCESS) {
        rv = npie_ca_certificate_pem(&crt, made, err, r->ctl->p);
    }
    if (rv == APR_SUCCESS) {
        rv = put_in_front(r, "seals.pem", "seal.crt", crt, err);
    }
    if (rv == APR_SUCCESS) {
        rv = put(r, "seal.key.new", key, 0600, err);
    }
    if (rv == APR_SUCCESS) {
        rv = put(r, "seal.crt.new", crt, 0644, err);
    }
    if (rv == APR_SUCCESS) {
        rv = move(r, "seal.key", err);
    }
    if (rv == APR_SUCCESS) {
        rv = move(r, "seal.crt", err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ca_read_certificate(&r->seal, r->ctl,
                                      path_of(r, "seal.crt"), err);
    }
    if (rv == APR_SUCCESS) {
        r->seal_new = 1;
        tell(r, "seal", "renewed", r->seal);
    }
    return rv;
}

/* A run that ended between the two names is brought to its end. */
static apr_status_t finish_seal(renewing_t *r, npie_err_t *err)
{
    return access(path_of(r, "seal.crt.new"), F_OK) != 0
           || access(path_of(r, "seal.key.new"), F_OK) == 0
        ? APR_SUCCESS : move(r, "seal.crt", err);
}

static apr_status_t renew_seal(renewing_t *r, npie_err_t *err)
{
    const char *path = path_of(r, "issuing.key");
    npie_ca_made_t *made;
    EVP_PKEY *key;
    apr_status_t rv;

    if (r->seal != NULL && npie_ctl_option(r->ctl, "seal") == NULL
        && !is_due(r, r->seal)) {
        tell(r, "seal", "kept", r->seal);
        return APR_SUCCESS;
    }
    if (access(path, F_OK) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s: the seal "
                            "was not renewed; with keys in a token see the "
                            "manual, Keys in hardware", path,
                            strerror(errno));
    }
    rv = npie_ca_read_key(&key, r->ctl, path, r->issuing, err);
    if (rv == APR_SUCCESS) {
        rv = make_seal(&made, r, key, err);
    }
    return rv == APR_SUCCESS ? install_seal(r, made, err) : rv;
}

/* What is left to do by hand, one a line. */
static json_t *next_of(const renewing_t *r)
{
    apr_pool_t *p = r->ctl->p;
    json_t *next = json_array();

    for (size_t i = 0; i < json_array_size(r->parts); i++) {
        if (strcmp(json_string_value(json_object_get(
                json_array_get(r->parts, i), "state")), "due") == 0) {
            json_array_append_new(next, json_string(
                "The issuing CA is due, and the key of the root is not here: "
                "run npiectl ca sign where it is, then npiectl ca renew "
                "--certificate"));
        }
    }
    if (r->issuing_new) {
        json_array_append_new(next, json_string(apr_pstrcat(
            p, "See that Trust of npie-signer.conf and npiectl.conf, and "
            "NPIETrust of the site, name ", path_of(r, "authorities.pem"),
            NULL)));
    }
    if (r->seal_new) {
        json_array_append_new(next, json_string(apr_pstrcat(
            p, "See that Seal of npiectl.conf and NPIESeal of the site name ",
            path_of(r, "seals.pem"), NULL)));
    }
    if (r->issuing_new || r->seal_new) {
        json_array_append_new(next, json_string("apachectl configtest"));
        json_array_append_new(next, json_string(
            "apachectl graceful; with systemd's npie-signer: systemctl "
            "restart npie-signer, on each machine in turn"));
        json_array_append_new(next, json_string("npiectl status"));
    }
    return next;
}

static void show(renewing_t *r)
{
    static const npie_ctl_column_t columns[] = {
        { "part", "Part" }, { "state", "State" }, { "name", "Name" },
        { "serial", "Serial" }, { "until", "Until" }, { NULL, NULL }
    };
    json_t *next = next_of(r);
    json_t *one;
    size_t n;

    if (r->ctl->json) {
        npie_ctl_show_record(r->ctl, json_pack("{s: o, s: o}", "certificates",
                                               r->parts, "next", next),
                             columns);
        return;
    }
    npie_ctl_show_list(r->ctl, r->parts, columns, "");
    json_array_foreach (next, n, one) {
        npie_ctl_say(r->ctl, "%s%s", n == 0 ? "\nNext, as root:\n  " : "  ",
                     json_string_value(one));
    }
    json_decref(next);
}

static apr_status_t read_all(renewing_t *r, npie_err_t *err)
{
    const char *given = npie_ctl_option(r->ctl, "within");
    int days = DAYS;
    const char *wrong = given == NULL ? NULL
        : npie_parse_int(&days, given, 1, 36500, r->ctl->p);
    apr_status_t rv = APR_SUCCESS;

    if (wrong != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--within: %s",
                            wrong);
    }
    r->within = days * DAY;
    rv = npie_ca_read_certificate(&r->root, r->ctl, path_of(r, "root.crt"),
                                  err);
    if (rv == APR_SUCCESS) {
        rv = finish_seal(r, err);
    }
    if (rv == APR_SUCCESS) {
        rv = read_part(&r->issuing, r, "issuing.crt", err);
    }
    return rv == APR_SUCCESS ? read_part(&r->seal, r, "seal.crt", err) : rv;
}

apr_status_t npie_ctl_ca_renew(npie_ctl_t *ctl, npie_err_t *err)
{
    renewing_t r = { .ctl = ctl, .dir = npie_ctl_operand(ctl, 0),
                     .parts = json_array() };
    apr_status_t rv = read_all(&r, err);

    if (rv == APR_SUCCESS) {
        rv = renew_issuing(&r, err);
    }
    if (rv == APR_SUCCESS) {
        rv = renew_seal(&r, err);
    }
    if (rv == APR_SUCCESS) {
        show(&r);
    }
    else {
        json_decref(r.parts);
    }
    return rv;
}
