/* SPDX-License-Identifier: Apache-2.0
 * npiectl certificate release and confirm: the end of holds. npie-signer notes
 * it in the ledger, with its key and only when whoever may read that runs it;
 * then the registry follows.
 */
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "ctl/certificate.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "flow/answers.h"
#include "flow/release.h"
#include "ledger/child.h"

#define ALL "all"
#define LINE_SIZE 256

const npie_ctl_option_t npie_ctl_certificate_release_options[] = {
    { NULL, NULL, NULL }
};
const npie_ctl_option_t npie_ctl_certificate_confirm_options[] = {
    { NULL, NULL, NULL }
};

/* A hold that npie-signer has ended. */
typedef struct held_t {
    char *issuer; /* digest of the CA's key */
    char *serial;
    char *reason; /* that httpd gave */
} held_t;

typedef struct work_t {
    npie_ctl_t *ctl;
    int confirm;
    apr_array_header_t *held; /* of held_t */
    npie_registry_t *registry;
    npie_trust_t *trust;      /* NULL: none is named */
    npie_ocsp_keeper_t answers;   /* sessions NULL: Redis is not named */
    json_t *list;
    npie_err_t *err;
} work_t;

static const char *which(const work_t *work)
{
    const char *word = npie_ctl_operand(work->ctl, 0);
    const char *colon = strchr(word, ':');
    const char *serial;

    if (strcmp(word, ALL) == 0) {
        return word;
    }
    serial = npie_ctl_serial_hex(colon == NULL ? word : colon + 1,
                                 work->ctl->p);
    return serial == NULL || colon == NULL ? serial
        : apr_pstrcat(work->ctl->p, apr_pstrmemdup(
            work->ctl->p, word, (apr_size_t)(colon + 1 - word)), serial, NULL);
}

/* Its messages go where ours go. */
static apr_status_t start(apr_proc_t *proc, const work_t *work,
                          const char *meant)
{
    npie_ctl_t *ctl = work->ctl;
    const char *const arguments[] = {
        npie_child_program("npie-signer", NPIE_SIGNER_PROGRAM, ctl->p), "-f",
        ctl->settings->signer_config, work->confirm ? "-c" : "-u", meant, NULL
    };
    apr_procattr_t *attr;
    apr_status_t rv = apr_procattr_create(&attr, ctl->p);

    if (rv == APR_SUCCESS) {
        rv = apr_procattr_io_set(attr, APR_NO_PIPE, APR_FULL_BLOCK,
                                 APR_NO_PIPE);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_cmdtype_set(attr, APR_PROGRAM_ENV);
    }
    return rv == APR_SUCCESS
        ? apr_proc_create(proc, arguments[0], arguments, NULL, attr, ctl->p)
        : rv;
}

static void take_line(work_t *work, const char *line)
{
    char *rest;
    char *copy = apr_pstrdup(work->ctl->p, line);
    held_t held;

    held.issuer = apr_strtok(copy, " \n", &rest);
    held.serial = apr_strtok(NULL, " \n", &rest);
    held.reason = apr_strtok(NULL, " \n", &rest);
    if (held.reason != NULL) {
        APR_ARRAY_PUSH(work->held, held_t) = held;
    }
}

static apr_status_t tell_signer(work_t *work, const char *meant)
{
    npie_ctl_t *ctl = work->ctl;
    apr_exit_why_e why;
    char line[LINE_SIZE];
    apr_proc_t proc;
    int code = 0;
    apr_status_t rv;

    if (ctl->settings->signer_config == NULL) {
        return npie_err_set(work->err, NPIE_ECONFIG, NPIE_P_NONE, "no "
                            "npie-signer.conf is named: see SignerConfig in "
                            "npiectl.conf");
    }
    rv = start(&proc, work, meant);
    if (rv != APR_SUCCESS) {
        return npie_err_set(work->err, NPIE_ECONFIG, NPIE_P_NONE,
                            "npie-signer cannot be started: status %d", rv);
    }
    while (apr_file_gets(line, sizeof(line), proc.out) == APR_SUCCESS) {
        take_line(work, line);
    }
    apr_proc_wait(&proc, &code, &why, APR_WAIT);
    return APR_PROC_CHECK_EXIT(why) && code == 0 ? APR_SUCCESS
        : npie_err_set(work->err, NPIE_EPOLICY, NPIE_P_NONE, "npie-signer has "
                       "refused, see its message above; it must be run by who "
                       "may read its keys, as root");
}

/* Several authorities may have given the serial. */
static int is_of(const work_t *work, const npie_certificate_t *row,
                 const held_t *held)
{
    apr_pool_t *p = work->ctl->p;
    apr_array_header_t *chain;
    npie_cert_t *cert, *ca;

    return work->trust == NULL
        || (npie_cert_parse(&cert, row->der, NULL, p) == APR_SUCCESS
            && npie_trust_chain(&chain, work->trust, cert, NULL, p)
               == APR_SUCCESS
            && chain->nelts > 0
            && npie_cert_parse(&ca, APR_ARRAY_IDX(chain, 0, npie_bytes_t),
                               NULL, p) == APR_SUCCESS
            && strcmp(ca->spki_sha256, held->issuer) == 0);
}

/* What Redis keeps of its status is of before. */
static void renew_answers(const work_t *work, const npie_certificate_t *row)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (work->answers.sessions != NULL
        && npie_answers_renew(&work->answers, row, &err, work->ctl->p)
           != APR_SUCCESS) {
        npie_ctl_warn("%s: OCSP answers that Redis keeps are the old ones for "
                      "half of OCSPValidity", err.detail);
    }
}

static const char *const words[] = {
    [NPIE_RELEASE_NONE] = "not in the registry",
    [NPIE_RELEASE_ACTIVE] = "active",
    [NPIE_RELEASE_REVOKED] = "revoked",
    [NPIE_RELEASE_ENDED] = "ended",
};

static apr_status_t follow(work_t *work, const held_t *held)
{
    npie_ctl_t *ctl = work->ctl;
    npie_flow_t flow = { .registry = work->registry, .now = ctl->now,
                         .p = ctl->p };
    npie_release_t release = NPIE_RELEASE_NONE;
    npie_certificate_t *row = NULL;
    apr_array_header_t *list;
    apr_status_t rv = npie_ctl_certificate_by_serial(
        &list, work->registry, held->serial, work->err, ctl->p);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        npie_certificate_t *one = APR_ARRAY_IDX(
            list, i, npie_certificate_item_t).certificate;

        if (is_of(work, one, held)) {
            rv = npie_flow_release(&release, &row, &flow, ctl->actor,
                                   one->spki, work->confirm, work->err);
        }
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (row != NULL) {
        renew_answers(work, row);
    }
    json_array_append_new(work->list, json_pack(
        "{s: s, s: s, s: s}", "serial", npie_cert_serial_text(held->serial,
                                                              ctl->p),
        "reason", held->reason, "registry", words[release]));
    return APR_SUCCESS;
}

static apr_status_t open_parts(work_t *work)
{
    npie_ctl_t *ctl = work->ctl;
    npie_signer_t *signer = NULL;
    apr_status_t rv = npie_ctl_trust(&work->trust, ctl, work->err);

    if (rv == APR_SUCCESS && work->trust != NULL && ctl->settings->has_redis
        && ctl->settings->signer != NULL
        && npie_ctl_signer(&signer, ctl, NULL) == APR_SUCCESS
        && npie_ctl_sessions(&work->answers.sessions, ctl, NULL)
           != APR_SUCCESS) {
        work->answers.sessions = NULL;
    }
    work->answers.signer = signer;
    work->answers.trust = work->trust;
    return rv == APR_SUCCESS
        ? npie_ctl_registry(&work->registry, ctl, work->err) : rv;
}

static apr_status_t end_holds(npie_ctl_t *ctl, int confirm, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "serial", "Serial" }, { "reason", "Asked for as" },
        { "registry", "Now in the registry" }, { NULL, NULL }
    };
    work_t work = { .ctl = ctl, .confirm = confirm, .err = err };
    const char *meant = which(&work);
    apr_status_t rv;

    if (meant == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "give a serial, in "
                            "hex or its 20 digits, or all: see npiectl ledger "
                            "show --kind hold");
    }
    work.held = apr_array_make(ctl->p, 8, sizeof(held_t));
    rv = npie_ctl_confirm(ctl, err, confirm
                          ? "Revoke what is on hold for good: %s?"
                          : "Make what is on hold good again: %s?", meant);
    if (rv == APR_SUCCESS) {
        rv = tell_signer(&work, meant);
    }
    if (rv == APR_SUCCESS) {
        rv = open_parts(&work);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    work.list = json_array();
    for (int i = 0; rv == APR_SUCCESS && i < work.held->nelts; i++) {
        rv = follow(&work, &APR_ARRAY_IDX(work.held, i, held_t));
    }
    if (rv != APR_SUCCESS) {
        json_decref(work.list);
        return rv;
    }
    npie_ctl_show_list(ctl, work.list, columns, "Nothing is on hold.");
    return APR_SUCCESS;
}

apr_status_t npie_ctl_certificate_release(npie_ctl_t *ctl, npie_err_t *err)
{
    return end_holds(ctl, 0, err);
}

apr_status_t npie_ctl_certificate_confirm(npie_ctl_t *ctl, npie_err_t *err)
{
    return end_holds(ctl, 1, err);
}
