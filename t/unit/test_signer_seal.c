/* SPDX-License-Identifier: Apache-2.0
 * SEAL, asked of npie-signer itself: what it seals, what it does not, and a
 * seal's configuration.
 */
#include "unit/seal_scene.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <apr_strings.h>

#include "letter/printed.h"
#include "pki/csr.h"
#include "unit/letter_sample.h"
#include "unit/signer_ops.h"

/* A signer with the scene's CA and that certificate for its seal. */
static fixture_signer_t *signer_with(const identity_t *institute,
                                     const char *more, apr_pool_t *p)
{
    fixture_ca_t ca = { scene->ca, fixture_parse(scene->ca->der, p), NULL };

    return fixture_signer(&ca, apr_pstrcat(p, fixture_seal(institute, p), more,
                                           NULL), p);
}

static fixture_signer_t *started(apr_pool_t *p)
{
    fixture_signer_t *signer = signer_with(scene->institute, "", p);

    fixture_signer_start(signer);
    return signer;
}

/* The certificate that was issued last, and the terms of it. */
static npie_cert_t *made;
static npie_bytes_t terms;

/* Terms of that certificate, under a folio. */
static npie_bytes_t terms_of(apr_int64_t folio, int seconds, apr_pool_t *p)
{
    sample_t *sample = sample_make(NPIE_LETTER_TERMS, p);

    sample->letter.folio = folio;
    sample->letter.time = scene->time - apr_time_from_sec(seconds);
    seal_sample_keys(sample, made);
    return seal_signed(sample_draw(sample_art(p), &sample->letter, p),
                       scene->new, p);
}

/* The certificate that the scene's letter 1 is for. */
static npie_bytes_t issued(const fixture_signer_t *signer, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert = { NULL, 0 };

    if (npie_signer_issue(&cert, &signer->client, fixture_csr(scene->new, p),
                          scene->letter[1], &err, p) != APR_SUCCESS) {
        fail_msg("issue: %s", err.detail);
    }
    made = fixture_parse(cert, p);
    terms = terms_of(4712, 0, p);
    return cert;
}

static void test_seals(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started(p);

    issued(signer, p);

    for (int kind = 1; kind <= 2; ++kind) {
        const npie_bytes_t letter = kind == 1 ? scene->letter[1] : terms;
        npie_err_t err = { 0, NPIE_P_NONE, "" };
        npie_letter_view_t *view;
        npie_bytes_t section;

        if (npie_signer_seal(&section, &signer->client, letter, &err, p)
            != APR_SUCCESS) {
            fail_msg("letter %d: %s", kind, err.detail);
        }
        view = seal_look(seal_joined(letter, section, p), p);
        assert_int_equal(view->outcome, NPIE_OUTCOME_SEALED);
        assert_string_equal(view->seal.cert->common_name,
                            "Sello de Demostración");
        assert_true(apr_time_now() - view->seal.time
                    < apr_time_from_sec(60));
    }
    assert_true(fixture_said(signer, "sealed letter 2 of A0648787107, folio "
                             "4712", p));
    fixture_alive(signer, 1);
}

/* The code of a printed letter leads to the address of npie-signer.conf; a
 * scanner reads it from paper of any quality. */
static void test_code(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = signer_with(
        scene->institute, "LetterAddress https://npie.example/npie/\n", p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    char code[NPIE_PRINTED_CODE_SIZE];
    npie_letter_file_t *file;
    npie_bytes_t section;
    const char *want, *output;

    fixture_signer_start(signer);
    issued(signer, p);
    assert_int_equal(npie_signer_seal(&section, &signer->client,
                                      scene->letter[1], &err, p),
                     APR_SUCCESS);
    forge_file("printed.pdf", seal_joined(scene->letter[1], section, p), p);
    assert_int_equal(npie_letter_file_parse(&file, scene->letter[1], NULL, p),
                     APR_SUCCESS);
    assert_int_equal(npie_printed_code(code, file->cms, NULL, p), APR_SUCCESS);
    want = apr_pstrcat(p, npie_printed_address(
        "https://npie.example/npie/", file->cadena->folio, code, p), "\n",
        NULL);
    for (int dpi = 75; dpi <= 300; dpi *= 2) {
        /* 4: a page without a code. */
        const int status =
            forge_run(&output, p, "rm -f printed-*.png && pdftoppm -gray -png "
                      "-r %d printed.pdf printed && { zbarimg -q --raw --nodbus "
                      "-Sdisable -Sqrcode.enable printed-*.png || [ $? = 4 ]; }",
                      dpi);

        if (status != 0) {
            fail_msg("%d dpi: %s", dpi, output);
        }
        assert_string_equal(output, want);
    }
}

static void refused(const fixture_signer_t *signer, npie_bytes_t letter,
                    npie_problem_t problem, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t section = { NULL, 0 };

    assert_int_equal(npie_signer_seal(&section, &signer->client, letter, &err,
                                      p), NPIE_EPOLICY);
    if (err.problem != problem) {
        fail_msg("problem %d, not %d: %s", (int)err.problem, (int)problem,
                 err.detail);
    }
    assert_null(section.data);
}

/* Nothing that an employer has not signed as it stands, with the certificate
 * that it names, gets a seal. */
static void test_refuses(void **state)
{
    apr_pool_t *p = *state;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t section;
    fixture_signer_t *signer = started(p);
    const npie_letter_art_t *art = sample_art(p);
    sample_t *sample = sample_make(NPIE_LETTER_TERMS, p);
    npie_bytes_t altered = scene->letter[1];
    unsigned char *bytes = apr_pmemdup(p, altered.data, altered.len);
    identity_t *foreign = identity_key("P-256", p), *late;
    forge_t forge = { .common_name = "Ana", .extensions = FORGE_LEAF };
    npie_bytes_t blank;

    bytes[5000] ^= 1;
    altered.data = bytes;
    refused(signer, altered, NPIE_P_LETTER_ALTERED, p);
    refused(signer, scene->sealed[1], NPIE_P_LETTER, p);
    refused(signer, unit_bytes("%PDF-1.4\n"), NPIE_P_LETTER, p);
    sample->letter.time = scene->time;
    blank = sample_draw(art, &sample->letter, p);
    refused(signer, blank, NPIE_P_SIGNATURE, p);
    refused(signer, seal_signed(blank, scene->new, p), NPIE_P_LETTER_SIGNER,
            p);
    refused(signer, seal_signed(blank, scene->institute, p), NPIE_P_UNTRUSTED,
            p);
    forge_certificate(foreign, &forge, p);
    refused(signer, seal_signed(blank, foreign, p), NPIE_P_UNTRUSTED, p);
    sample->letter.new_spki =
        fixture_parse(scene->new->der, p)->spki_sha256;
    sample->employer.rp = "Y3926552104";
    blank = sample_draw(art, &sample->letter, p);
    refused(signer, seal_signed(blank, scene->new, p), NPIE_P_ISSUE_REFUSED,
            p);
    sample->employer.rp = "A0648787107";
    sample->letter.time = scene->time - apr_time_from_sec(20 * 86400);
    blank = sample_draw(art, &sample->letter, p);
    refused(signer, seal_signed(blank, scene->new, p), NPIE_P_CERT_NOT_YET, p);
    sample->letter.time = scene->time + apr_time_from_sec(86400);
    blank = sample_draw(art, &sample->letter, p);
    assert_int_equal(npie_signer_seal(&section, &signer->client,
                                      seal_signed(blank, scene->new, p), &err,
                                      p), NPIE_EBACKEND);
    assert_int_equal(err.problem, NPIE_P_CLOCKS);
    /* Letter 2 of a certificate that had expired, be it a day before. */
    late = seal_employer(scene->ca, -60, -1, p);
    sample->letter.new_spki = fixture_parse(late->der, p)->spki_sha256;
    sample->letter.time = scene->time;
    blank = sample_draw(art, &sample->letter, p);
    refused(signer, seal_signed(blank, late, p), NPIE_P_CERT_TOO_OLD, p);
    fixture_alive(signer, 0);
}

static apr_time_t sealed_at(const fixture_signer_t *signer,
                            npie_bytes_t letter, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t section;

    if (npie_signer_seal(&section, &signer->client, letter, &err, p)
        != APR_SUCCESS) {
        fail_msg("seal: %s", err.detail);
    }
    return seal_look(seal_joined(letter, section, p), p)->seal.time;
}

/* A letter upon which no certificate was made, and terms of one that was not
 * made here, are sealed for nobody. */
static void test_not_issued(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started(p);

    refused(signer, scene->letter[1], NPIE_P_LETTER, p);
    refused(signer, scene->letter[2], NPIE_P_LETTER, p);
    fixture_alive(signer, 0);
}

/* One seal a letter, one letter a folio, one letter of terms a certificate;
 * through kills. */
static void test_once(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started(p);
    apr_time_t first;

    issued(signer, p);
    first = sealed_at(signer, terms, p);
    apr_sleep(apr_time_from_msec(1100));
    assert_true(sealed_at(signer, terms, p) == first);
    refused(signer, terms_of(4712, 5, p), NPIE_P_LETTER, p);
    refused(signer, terms_of(4713, 0, p), NPIE_P_LETTER, p);
    fixture_signer_stop(signer, SIGKILL);
    fixture_signer_start(signer);
    assert_true(sealed_at(signer, terms, p) == first);
    refused(signer, terms_of(4713, 0, p), NPIE_P_LETTER, p);
    fixture_alive(signer, 1);
}

/* None on terms after the certificate was revoked; letter 1 was signed when a
 * certificate was made upon it, whatever became of that. */
static void test_revoked(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started(p);
    const npie_signer_revoke_t revoke = { issued(signer, p),
                                          NPIE_REASON_KEY_COMPROMISE,
                                          apr_time_now(), 0, NULL };
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    assert_int_equal(npie_signer_revoke(&signer->client, &revoke, &err, p),
                     APR_SUCCESS);
    refused(signer, terms, NPIE_P_CERT_REVOKED, p);
    sealed_at(signer, scene->letter[1], p);
    fixture_alive(signer, 1);
}

/* Terms that were made in time are sealed in time: who has a key that ended
 * could date them back. */
static void test_too_late(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started(p);
    const apr_time_t end = fixture_parse(issued(signer, p), p)->not_after;
    npie_op_seal_t sealing = { .letter = scene->letter[2] };
    npie_letter_file_t *file;
    npie_ops_t ops;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    fixture_signer_stop(signer, SIGTERM);
    signer_ops(&ops, signer, p);
    assert_int_equal(npie_letter_file_parse(&file, scene->letter[2], NULL, p),
                     APR_SUCCESS);
    sealing.cadena = file->cadena;
    assert_int_equal(npie_ops_check_sealing(&sealing, &ops, end - 1, &err, p),
                     APR_SUCCESS);
    assert_int_equal(npie_ops_check_sealing(&sealing, &ops, end, &err, p),
                     NPIE_EPOLICY);
    assert_int_equal(err.problem, NPIE_P_CERT_TOO_OLD);
}

/* A certificate that was in use has replaced the old key for ever, whatever
 * became of it: of one that was not, the employer may have another. */
static void test_successor(void **state)
{
    apr_pool_t *p = *state;

    for (int used = 0; used <= 1; ++used) {
        fixture_signer_t *signer = started(p);
        const npie_signer_revoke_t revoke = { issued(signer, p),
                                              NPIE_REASON_KEY_COMPROMISE,
                                              apr_time_now(), 0, NULL };
        identity_t *again = identity_key("P-256", p);
        sample_t *sample = sample_make(NPIE_LETTER_RENEWAL, p);
        npie_bytes_t csr = fixture_csr(again, p), cert;
        npie_err_t err = { 0, NPIE_P_NONE, "" };
        npie_csr_t *request;
        const npie_key_rules_t any = { .p256 = 1 };

        if (used) {
            sealed_at(signer, terms, p);
        }
        assert_int_equal(npie_signer_revoke(&signer->client, &revoke, &err,
                                            p), APR_SUCCESS);
        assert_int_equal(npie_csr_parse(&request, csr, &any, &err, p),
                         APR_SUCCESS);
        sample->letter.folio = 4720;
        sample->letter.time = scene->time;
        seal_sample_keys(sample, made);
        sample->letter.new_spki = request->spki_sha256;
        sample->letter.new_public_key = request->public_key;
        assert_int_equal(npie_signer_issue(
            &cert, &signer->client, csr,
            seal_signed(sample_draw(sample_art(p), &sample->letter, p),
                        scene->old, p), &err, p),
            used ? NPIE_EPOLICY : APR_SUCCESS);
        assert_int_equal(err.problem, used ? NPIE_P_CERT_SUPERSEDED
                                           : NPIE_P_NONE);
        fixture_signer_stop(signer, SIGTERM);
    }
}

/* The seal's own certificate, expired while the signer runs. */
static void test_seal_expired(void **state)
{
    apr_pool_t *p = *state;
    apr_array_header_t *chain = apr_array_make(p, 1, sizeof(npie_bytes_t));
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_letter_file_t *file;
    npie_sealer_t *sealer;
    npie_bytes_t section, signature = { NULL, 0 };

    APR_ARRAY_PUSH(chain, npie_bytes_t) = scene->old->der;
    assert_int_equal(npie_letter_file_parse(&file, scene->letter[1], NULL, p),
                     APR_SUCCESS);
    assert_int_equal(npie_sealer_create(&sealer, chain, NULL, &err, p),
                     APR_SUCCESS);
    assert_int_equal(npie_sealer_seal(&section, &signature, sealer,
                                      &(npie_sealing_about_t){
                                          file->cadena, "3031", scene->time },
                                      scene->letter[1], &err, p),
                     NPIE_EINTERNAL);
    assert_non_null(strstr(err.detail, "the seal's certificate has expired"));
}

/* The seal's own certificate, revoked. */
static void test_seal_revoked(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started(p);
    const npie_signer_revoke_t revoke = { scene->institute->der,
                                          NPIE_REASON_KEY_COMPROMISE,
                                          apr_time_now(), 0, NULL };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t section;

    issued(signer, p);
    assert_int_equal(npie_signer_revoke(&signer->client, &revoke, &err, p),
                     APR_SUCCESS);
    assert_int_equal(npie_signer_seal(&section, &signer->client,
                                      scene->letter[1], &err, p),
                     NPIE_EBACKEND);
    assert_true(fixture_said(signer, "the seal's certificate was revoked",
                             p));
    fixture_signer_stop(signer, SIGTERM);
}

static void test_no_seal(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t ca = { scene->ca, fixture_parse(scene->ca->der, p), NULL };
    fixture_signer_t *signer = fixture_signer(&ca, "", p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t section;

    fixture_signer_start(signer);
    assert_int_equal(npie_signer_seal(&section, &signer->client,
                                      scene->letter[1], &err, p),
                     APR_ENOTIMPL);
    fixture_alive(signer, 0);
}

static void does_not_start(fixture_signer_t *signer, const char *why,
                           apr_pool_t *p)
{
    fixture_signer_start(signer);
    assert_int_equal(WEXITSTATUS(fixture_signer_wait(signer)), 254);
    if (!fixture_said(signer, why, p)) {
        fail_msg("it did not say: %s", why);
    }
}

static void test_configuration(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t ca = { scene->ca, fixture_parse(scene->ca->der, p), NULL };
    const identity_t *person =
        forge_seal(scene->ca, "clientAuth,emailProtection", p);
    identity_t *mixed = apr_pmemdup(p, scene->institute, sizeof(*mixed));
    fixture_signer_t *signer;

    does_not_start(fixture_signer(&ca, "SealKey /etc/npie/seal.key\n", p),
                   "SealKey and SealCertificate go together", p);
    does_not_start(signer_with(person, "", p),
                   "not for seals (extendedKeyUsage)", p);
    mixed->key = scene->old->key;
    does_not_start(signer_with(mixed, "", p),
                   "it is not the key of SealCertificate", p);
    signer = signer_with(scene->institute, "", p);
    assert_int_equal(chmod(forge_path("seal.key", p), 0444), 0);
    does_not_start(signer, "it must be open to its owner only", p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_seals),
        pool_test(test_code),
        pool_test(test_refuses),
        pool_test(test_not_issued),
        pool_test(test_once),
        pool_test(test_revoked),
        pool_test(test_too_late),
        pool_test(test_successor),
        pool_test(test_seal_expired),
        pool_test(test_seal_revoked),
        pool_test(test_no_seal),
        pool_test(test_configuration),
    };

    return cmocka_run_group_tests_name("signer_seal", tests, seal_setup,
                                       seal_teardown);
}
