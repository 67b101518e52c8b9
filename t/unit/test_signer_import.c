/* SPDX-License-Identifier: Apache-2.0
 * npie-signer -i: the logs of version 0.1, as its signer wrote them.
 */
#include "unit/signer_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <apr_strings.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "pki/digest.h"

/* A log that is being written. */
typedef struct log_t {
    const char *text;
    char chain[NPIE_SHA256_HEX_SIZE];
    int records;
} log_t;

static log_t begin(const char *header, apr_pool_t *p)
{
    log_t log = { apr_pstrcat(p, header, "\n", NULL), "", 0 };

    assert_int_equal(npie_sha256_hex(log.chain, unit_bytes(header)),
                     APR_SUCCESS);
    return log;
}

static void add(log_t *log, const char *fields, apr_pool_t *p)
{
    const char *record = apr_psprintf(p, "%d 2026-11-22T00:00:00Z %s",
                                      ++log->records, fields);

    assert_int_equal(npie_sha256_hex(log->chain, unit_bytes(apr_pstrcat(
        p, log->chain, record, NULL))), APR_SUCCESS);
    log->text = apr_pstrcat(p, log->text, record, " ", log->chain, "\n", NULL);
}

static const char *issue(apr_int64_t folio, const npie_cert_t *old,
                         const npie_cert_t *made, apr_pool_t *p)
{
    char digest[NPIE_SHA256_HEX_SIZE];

    assert_int_equal(npie_sha256_hex(digest, made->der), APR_SUCCESS);
    return apr_psprintf(p, "%" APR_INT64_T_FMT " %s %s %s %s %s", folio,
                        old->spki_sha256, made->spki_sha256, made->serial,
                        digest, npie_text_base64_encode(made->der, p));
}

/* An installation of version 0.1 with everything that it wrote. */
typedef struct before_t {
    fixture_signer_t *signer;
    fixture_employer_t *first, *second; /* their certificates made */
    npie_cert_t *old;
    const char *issuance;
} before_t;

static before_t before(apr_pool_t *p)
{
    before_t before;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    log_t issued = begin("npie-signer issuance log 1", p);
    log_t revoked = begin("npie-signer revocation log 1", p);
    log_t sealed = begin("npie-signer seal log 1", p);
    const char *hash = apr_pstrcat(p, "0123456789abcdef0123456789abcdef",
                                   "0123456789abcdef0123456789abcdef", NULL);

    before.signer = fixture_signer(ca, "", p);
    before.issuance = apr_pstrcat(p, before.signer->dir, "/issuance.log",
                                  NULL);
    before.old = fixture_expired(ca, p)->cert;
    before.first = fixture_employer(ca, identity_key("P-256", p),
                                    &fixture_subject, apr_time_now(), p);
    before.second = fixture_employer(ca, identity_key("P-256", p),
                                     &fixture_subject, apr_time_now(), p);
    add(&issued, issue(7, before.old, before.first->cert, p), p);
    add(&issued, issue(9, before.old, before.second->cert, p), p);
    add(&revoked, apr_psprintf(p, "revoke %s cessationOfOperation "
                               "2026-11-22T00:00:00Z - %s",
                               before.first->cert->serial, npie_text_time(
                                   before.first->cert->not_after, p)), p);
    add(&revoked, "crl 41 2026-11-22T00:00:00Z 2026-11-23T00:00:00Z - -", p);
    add(&sealed, apr_psprintf(p, "seal 9 1 %s %s",
                              before.second->cert->spki_sha256, hash), p);
    fixture_write(before.issuance, unit_bytes(issued.text), 0644);
    fixture_write(apr_pstrcat(p, before.issuance, ".revocations", NULL),
                  unit_bytes(revoked.text), 0644);
    fixture_write(apr_pstrcat(p, before.issuance, ".seals", NULL),
                  unit_bytes(sealed.text), 0644);
    fixture_write(apr_pstrcat(p, before.issuance, ".audit", NULL),
                  unit_bytes(apr_psprintf(
                      p, "npie-signer audit heads 1\n"
                      "5 %s 2026-11-22T00:00:00Z\n"
                      "reseal 3 %s 2026-11-22T00:00:01Z\n"
                      "8 %s 2026-11-22T00:00:02Z\n", hash, hash, hash)), 0644);
    fixture_write(before.signer->conf, unit_bytes(apr_pstrcat(
        p, (const char *)fixture_read(before.signer->conf, p).data,
        "IssuanceLog ", before.issuance, "\n", NULL)), 0644);
    return before;
}

static int import(const before_t *before, apr_pool_t *p)
{
    return WEXITSTATUS(system(apr_psprintf(
        p, "%s/npie-signer -f %s -i 2>>%s", NPIE_BUILD, before->signer->conf,
        before->signer->said)));
}

static void test_all(void **state)
{
    apr_pool_t *p = *state;
    before_t old = before(p);
    npie_signer_heads_t heads = { NULL, 0, 0, NULL };
    npie_signer_head_t kept;
    npie_signer_crl_t crl;
    const unsigned char *at;
    X509_REVOKED *entry;
    X509_CRL *list;
    npie_err_t err;

    /* Forgotten: a signer that knows nothing must not begin. */
    fixture_signer_start(old.signer);
    assert_int_equal(WEXITSTATUS(fixture_signer_wait(old.signer)), 254);
    assert_true(fixture_said(old.signer, "run npie-signer -i first", p));
    assert_int_equal(import(&old, p), 0);
    assert_true(fixture_said(old.signer, "7 entries imported, 0 were", p));
    /* Again: nothing twice. */
    assert_int_equal(import(&old, p), 0);
    assert_true(fixture_said(old.signer, "0 entries imported, 7 were", p));
    fixture_signer_start(old.signer);
    fixture_alive(old.signer, 2);
    assert_int_equal(npie_signer_crl(&crl, &old.signer->client, &err, p),
                     APR_SUCCESS);
    at = crl.crl.data;
    list = d2i_X509_CRL(NULL, &at, (long)crl.crl.len);
    assert_int_equal(X509_CRL_get0_by_cert(list, &entry,
                                           old.first->cert->x509), 1);
    assert_int_equal(X509_CRL_get0_by_cert(list, &entry,
                                           old.second->cert->x509), 0);
    {
        ASN1_INTEGER *number = X509_CRL_get_ext_d2i(list, NID_crl_number, NULL,
                                                    NULL);

        assert_int_equal(ASN1_INTEGER_get(number), 42);
        ASN1_INTEGER_free(number);
    }
    X509_CRL_free(list);
    assert_int_equal(npie_signer_audit(&kept, &old.signer->client, NULL, &err,
                                       p), APR_SUCCESS);
    assert_int_equal(kept.sequence, 8);
    assert_int_equal(npie_signer_heads(&heads, &old.signer->client, 0, &err,
                                       p), APR_SUCCESS);
    assert_int_equal(heads.list->nelts, 2);
    assert_int_equal(heads.resealed, 1);
    assert_string_equal(heads.resealed_at, "2026-11-22T00:00:01Z");
    fixture_signer_stop(old.signer, SIGTERM);
}

/* What was changed since is not taken over. */
static void test_damaged(void **state)
{
    static const struct {
        const char *suffix;
        const char *what;
        const char *said;
    } bad[] = {
        { "", "1 2026", "issuance.log:2: its checksum does not hold" },
        { ".revocations", "cessation", "revocations:2: its checksum" },
        { ".seals", "seal log 1", "seals:1: this is no such log" },
        { ".audit", "5 01", "audit:2: a field cannot be read" },
    };
    apr_pool_t *p = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        before_t old = before(p);
        const char *path = apr_pstrcat(p, old.issuance, bad[i].suffix, NULL);
        char *text = apr_pstrdup(p, (const char *)fixture_read(path, p).data);

        *strstr(text, bad[i].what) = 'x';
        fixture_write(path, unit_bytes(text), 0644);
        assert_int_equal(import(&old, p), 254);
        if (!fixture_said(old.signer, bad[i].said, p)) {
            fail_msg("not %s: %s", bad[i].said, (const char *)
                     fixture_read(old.signer->said, p).data);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_all), pool_test(test_damaged),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests_name("signer_import", tests, NULL, NULL);
}
