/* SPDX-License-Identifier: Apache-2.0
 * npiectl ca crl: the root's list, made where its key is; and npiectl ca
 * revoke: a certificate of the authority's own.
 */
#include <errno.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/parse.h"
#include "ctl/ca_list.h"
#include "ctl/ca_root.h"
#include "ctl/commands.h"
#include "ctl/crl.h"
#include "ctl/show.h"
#include "ctl/write.h"
#include "model/reason.h"
#include "pki/crl.h"

#define DAYS 400 /* two years' ceremony may be late */
#define FILE_MAX (1024 * 1024)
#define BACKDATE apr_time_from_sec(300)

const npie_ctl_option_t npie_ctl_ca_crl_options[] = {
    { "root-key", "FILE", "default: offline/root.key in the folder" },
    { "passphrase-file", "FILE", "its first line is the passphrase of root.key, default: ask" },
    { "revoke", "FILE", "add this certificate of the root to the CRL" },
    { "reason", "WORD", "reason, default: cessationOfOperation" },
    { "days", "N", "days until nextUpdate, default 400" },
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_ca_revoke_options[] = {
    { "reason", "WORD", "reason, default: cessationOfOperation" },
    { NULL, NULL, NULL }
};

/* The root at work. */
typedef struct work_t {
    npie_ctl_t *ctl;
    const char *dir;
    npie_cert_t *root;
    EVP_PKEY *key;
    npie_ca_list_t list;
} work_t;

/* The last list, whose entries the next one has too. */
static apr_status_t read_last(work_t *work, const char *path, npie_err_t *err)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    npie_bytes_t bytes;
    apr_finfo_t info;
    apr_status_t rv;

    if (apr_stat(&info, path, APR_FINFO_TYPE, work->ctl->p)
        == APR_ENOENT) {
        work->list.entries = apr_array_make(work->ctl->p, 1,
                                            sizeof(npie_crl_entry_t));
        return APR_SUCCESS;
    }
    rv = npie_ctl_read_file(&bytes, work->ctl, path, FILE_MAX, err);
    if (rv == APR_SUCCESS
        && npie_ca_list_read(&work->list, bytes, work->root->x509, &why,
                             work->ctl->p) != APR_SUCCESS) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                          why.detail);
    }
    return rv;
}

static apr_status_t read_reason(npie_reason_t *reason, const npie_ctl_t *ctl,
                                npie_err_t *err)
{
    const char *word = npie_ctl_option(ctl, "reason");

    *reason = NPIE_REASON_CESSATION;
    return word == NULL || npie_reason_find(reason, word) ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--reason=%.40s: give "
                       "keyCompromise, superseded or cessationOfOperation",
                       word);
}

static apr_status_t add_entry(work_t *work, npie_err_t *err)
{
    const char *path = npie_ctl_option(work->ctl, "revoke");
    npie_crl_entry_t *entry;
    npie_reason_t reason;
    npie_cert_t *cert;
    apr_status_t rv = read_reason(&reason, work->ctl, err);

    if (rv != APR_SUCCESS || path == NULL) {
        return rv;
    }
    rv = npie_ca_read_certificate(&cert, work->ctl, path, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (X509_verify(cert->x509, work->key) != 1) {
        ERR_clear_error();
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: it is not of "
                            "this root; npiectl ca revoke is for what the "
                            "issuing CA made", path);
    }
    for (int i = 0; i < work->list.entries->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(work->list.entries, i, npie_crl_entry_t)
                       .serial, cert->serial) == 0) {
            return APR_SUCCESS;
        }
    }
    entry = apr_array_push(work->list.entries);
    entry->serial = cert->serial;
    entry->reason = (int)reason;
    entry->revoked = work->ctl->now;
    entry->invalid_since = 0;
    return APR_SUCCESS;
}

static apr_status_t make(work_t *work, npie_signer_crl_t *crl,
                         npie_err_t *err)
{
    npie_ctl_t *ctl = work->ctl;
    const char *given = npie_ctl_option(ctl, "days");
    int days = DAYS;
    const char *wrong = given == NULL ? NULL
        : npie_parse_int(&days, given, 1, 3650, ctl->p);

    if (wrong != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--days: %s",
                            wrong);
    }
    work->list.number++;
    crl->this_update = work->list.this_update = ctl->now - BACKDATE;
    crl->next_update = work->list.next_update =
        ctl->now + days * apr_time_from_sec(86400);
    return npie_ca_list_make(&crl->crl, work->key, work->root->x509,
                             &work->list, err, ctl->p);
}

apr_status_t npie_ctl_ca_crl(npie_ctl_t *ctl, npie_err_t *err)
{
    work_t work = { .ctl = ctl, .dir = npie_ctl_operand(ctl, 0) };
    const char *path = apr_pstrcat(ctl->p, work.dir, "/root.crl", NULL);
    npie_signer_crl_t crl = { .this_update = 0 };
    apr_status_t rv = npie_ca_read_certificate(&work.root, ctl, apr_pstrcat(
        ctl->p, work.dir, "/root.crt", NULL), err);

    if (rv == APR_SUCCESS) {
        rv = read_last(&work, path, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ca_read_key(&work.key, ctl, npie_ca_root_key(ctl, work.dir),
                              work.root, err);
    }
    if (rv == APR_SUCCESS) {
        rv = add_entry(&work, err);
    }
    if (rv == APR_SUCCESS) {
        rv = make(&work, &crl, err);
    }
    if (rv == APR_SUCCESS
        && !npie_ctl_write_over(path, crl.crl, 0644, ctl->p)) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                          strerror(errno));
    }
    return rv == APR_SUCCESS ? npie_ctl_crl_show(ctl, &crl, path, err) : rv;
}

apr_status_t npie_ctl_ca_revoke(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "serial", "Serial" }, { "name", "Name" }, { NULL, NULL }
    };
    npie_signer_revoke_t revoke = { .revoked = ctl->now };
    npie_signer_t *signer;
    npie_cert_t *cert;
    apr_status_t rv = read_reason(&revoke.reason, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ca_read_certificate(&cert, ctl, npie_ctl_operand(ctl, 0), err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_confirm(ctl, err, "Revoke %s of \"%s\" for good?",
                              cert->serial, cert->common_name);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_signer(&signer, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        revoke.certificate = cert->der;
        rv = npie_signer_revoke(signer, &revoke, err, ctl->p);
    }
    if (rv == APR_SUCCESS) {
        npie_ctl_show_record(ctl, json_pack("{s: s, s: s}", "serial",
                                            cert->serial, "name",
                                            cert->common_name), columns);
    }
    return rv;
}
