/* SPDX-License-Identifier: Apache-2.0
 * Verifying letters: good ones, and ones tampered with everywhere.
 */
#include "unit/seal_scene.h"

#include <apr_strings.h>

#include "unit/letter_sample.h"

/* Outcome, employer's signature, seal. */
static void expect(npie_bytes_t file, npie_outcome_t outcome,
                   npie_seen_t employer, npie_seen_t seal, const char *what,
                   apr_pool_t *p)
{
    const npie_letter_view_t *view = seal_look(file, p);

    if (view->outcome != outcome || view->employer.seen != employer
        || view->seal.seen != seal) {
        fail_msg("%s: %s, employer %s (%s), seal %s (%s)", what,
                 npie_outcome_name(view->outcome),
                 npie_seen_name(view->employer.seen), view->employer.detail,
                 npie_seen_name(view->seal.seen), view->seal.detail);
    }
}

static apr_size_t place(npie_bytes_t file, apr_size_t from, const char *text)
{
    const unsigned char *at = memmem(file.data + from, file.len - from, text,
                                     strlen(text));

    assert_non_null(at);
    return (apr_size_t)(at - file.data);
}

static npie_bytes_t copy_of(npie_bytes_t file, apr_pool_t *p)
{
    file.data = apr_pmemdup(p, file.data, file.len);
    return file;
}

static npie_bytes_t flipped(npie_bytes_t file, apr_size_t at, apr_pool_t *p)
{
    file = copy_of(file, p);
    ((unsigned char *)file.data)[at] ^= 1;
    return file;
}

static void test_good(void **state)
{
    npie_letter_view_t *view = seal_look(scene->sealed[1], *state);
    npie_verify_rules_t rules = scene->rules;

    assert_int_equal(view->outcome, NPIE_OUTCOME_SEALED);
    assert_int_equal(view->cadena->kind, NPIE_LETTER_RENEWAL);
    assert_string_equal(view->employer.cert->common_name,
                        "María Begoña Núñez Güemes");
    assert_int_equal(view->employer.time, scene->time);
    assert_int_equal(view->employer.expired_then, 1);
    assert_string_equal(view->seal.cert->common_name,
                        "Sello de Demostración");
    assert_int_equal(view->seal.time, scene->time + apr_time_from_sec(90));
    assert_int_equal(view->size, scene->sealed[1].len);
    assert_int_equal(view->after, 0);
    view = seal_look(scene->sealed[2], *state);
    assert_int_equal(view->outcome, NPIE_OUTCOME_SEALED);
    /* In twenty years, with every certificate ended. */
    rules.now = scene->time + apr_time_from_sec(20 * 366 * 86400LL);
    for (int kind = 1; kind <= 2; ++kind) {
        assert_int_equal(npie_letter_verify(&view, &rules,
                                            scene->sealed[kind], NULL,
                                            *state), APR_SUCCESS);
        assert_int_equal(view->outcome, NPIE_OUTCOME_SEALED);
    }
    view = seal_look(scene->sealed[2], *state);
    assert_int_equal(view->employer.expired_then, 0);
    expect(scene->letter[1], NPIE_OUTCOME_UNKNOWN, NPIE_SEEN_GOOD,
           NPIE_SEEN_NONE, "letter 1", *state);
    expect(scene->letter[2], NPIE_OUTCOME_UNKNOWN, NPIE_SEEN_GOOD,
           NPIE_SEEN_NONE, "letter 2", *state);
}

/* A byte in every region of a letter: which signature says so, and how. */
static void test_regions(void **state)
{
    const npie_bytes_t file = scene->sealed[1];
    const apr_size_t end = scene->letter[1].len;
    const apr_size_t hex = place(file, 0, "/Contents <") + 11;
    const apr_size_t hex2 = place(file, end, "/Contents <") + 11;
    const struct {
        const char *what;
        apr_size_t at;
        npie_seen_t employer, seal;
    } cases[] = {
        { "head", 6, NPIE_SEEN_ALTERED, NPIE_SEEN_ALTERED },
        { "text", place(file, 0, "stream\r\n") + 40, NPIE_SEEN_ALTERED,
          NPIE_SEEN_ALTERED },
        { "cadena, a field", place(file, 0, "ana&amp;eva"),
          NPIE_SEEN_ALTERED, NPIE_SEEN_ALTERED },
        { "cadena, its form", place(file, 0, "<npie:cadena>||") + 13,
          NPIE_SEEN_ALTERED, NPIE_SEEN_ALTERED },
        { "cadena, a key", place(file, 0, "|A064878710|") + 20,
          NPIE_SEEN_ALTERED, NPIE_SEEN_ALTERED },
        { "the signature's field", place(file, 0, "/Type /Sig\n") + 8,
          NPIE_SEEN_DAMAGED, NPIE_SEEN_ALTERED },
        { "its ByteRange", place(file, 0, "/ByteRange [0 ") + 14,
          NPIE_SEEN_PARTIAL, NPIE_SEEN_ALTERED },
        { "its first byte", hex, NPIE_SEEN_DAMAGED, NPIE_SEEN_ALTERED },
        { "its padding", hex + 32000, NPIE_SEEN_DAMAGED, NPIE_SEEN_ALTERED },
        { "time zone", place(file, 0, "<npie:huso>") + 18, NPIE_SEEN_ALTERED,
          NPIE_SEEN_ALTERED },
        { "xref", place(file, hex, "00000 n\r\n") - 3, NPIE_SEEN_ALTERED,
          NPIE_SEEN_ALTERED },
        { "trailer", place(file, hex, "/Root"), NPIE_SEEN_ALTERED,
          NPIE_SEEN_ALTERED },
        { "startxref", place(file, hex, "startxref\n") + 11,
          NPIE_SEEN_ALTERED, NPIE_SEEN_ALTERED },
        { "the letter's end", end - 3, NPIE_SEEN_ALTERED, NPIE_SEEN_ALTERED },
        { "seal: field", end + 1, NPIE_SEEN_GOOD, NPIE_SEEN_ALTERED },
        { "seal: line", place(file, end, "(Sellado") + 2, NPIE_SEEN_GOOD,
          NPIE_SEEN_ALTERED },
        { "seal: dictionary", place(file, end, "/Type /Sig\n") + 8,
          NPIE_SEEN_GOOD, NPIE_SEEN_DAMAGED },
        { "seal: ByteRange", place(file, end, "/ByteRange [0 ") + 14,
          NPIE_SEEN_GOOD, NPIE_SEEN_PARTIAL },
        { "seal: first byte", hex2, NPIE_SEEN_GOOD, NPIE_SEEN_DAMAGED },
        { "seal: padding", hex2 + 32000, NPIE_SEEN_GOOD, NPIE_SEEN_DAMAGED },
        { "seal: date", place(file, hex2, "/M (D:") + 8, NPIE_SEEN_GOOD,
          NPIE_SEEN_ALTERED },
        { "seal: xref", place(file, hex2, "00000 n\r\n") - 3, NPIE_SEEN_GOOD,
          NPIE_SEEN_ALTERED },
        { "seal: trailer", place(file, hex2, "/Prev") + 7, NPIE_SEEN_GOOD,
          NPIE_SEEN_ALTERED },
        { "seal: last byte", file.len - 1, NPIE_SEEN_GOOD,
          NPIE_SEEN_ALTERED },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        expect(flipped(file, cases[i].at, *state), NPIE_OUTCOME_ALTERED,
               cases[i].employer, cases[i].seal, cases[i].what, *state);
    }
}

/* No byte that a reader shows can change without a word: all but those in the
 * two signatures themselves, of which not all are signed. */
static void test_sweep(void **state)
{
    const npie_bytes_t file = copy_of(scene->sealed[1], *state);
    const apr_size_t hex = place(file, 0, "/Contents <") + 11;
    const apr_size_t hex2 = place(file, hex, "/Contents <") + 11;
    const unsigned stride = 211 * unit_stride(31);
    unsigned char *bytes = (unsigned char *)file.data;
    apr_pool_t *p;

    apr_pool_create(&p, *state);
    for (apr_size_t at = 8; at < file.len; at += stride) {
        const int first = at >= hex && at < hex + 32768;
        npie_letter_view_t *view;

        if (at >= hex2 && at < hex2 + 32768) {
            continue;
        }
        bytes[at] ^= 1;
        view = seal_look(file, p);
        if (view->outcome != NPIE_OUTCOME_ALTERED
            || view->seal.seen == NPIE_SEEN_GOOD
            || (at < scene->letter[1].len && !first
                && view->employer.seen == NPIE_SEEN_GOOD)) {
            fail_msg("byte %d: %s, employer %s, seal %s", (int)at,
                     npie_outcome_name(view->outcome),
                     npie_seen_name(view->employer.seen),
                     npie_seen_name(view->seal.seen));
        }
        bytes[at] ^= 1;
        apr_pool_clear(p);
    }
}

/* The file cut at any place is never good, and never fails. */
static void test_cut(void **state)
{
    npie_bytes_t file = scene->sealed[2];
    apr_pool_t *p;

    apr_pool_create(&p, *state);
    for (apr_size_t len = 0; len < scene->sealed[2].len;
         len += 997 * unit_stride(31)) {
        const npie_letter_view_t *view;
        unsigned char *exact = malloc(len + 1);

        memcpy(exact, file.data, len);
        view = seal_look((npie_bytes_t){ exact, len }, p);
        assert_true(view->outcome == NPIE_OUTCOME_ALTERED
                    || view->outcome == NPIE_OUTCOME_FOREIGN);
        free(exact);
        apr_pool_clear(p);
    }
    file.len -= 1;
    expect(file, NPIE_OUTCOME_ALTERED, NPIE_SEEN_GOOD, NPIE_SEEN_PARTIAL,
           "without the last byte", *state);
    file = scene->letter[2];
    file.len -= 1;
    expect(file, NPIE_OUTCOME_ALTERED, NPIE_SEEN_PARTIAL, NPIE_SEEN_NONE,
           "a letter without its last byte", *state);
}

/* Something after the last signature, which leaves the signatures good. */
static void test_appended(void **state)
{
    static const char update[] =
        "13 0 obj\n<<\n/Type /Page\n>>\nendobj\nxref\n0 0\n"
        "trailer\n<<\n/Size 32\n>>\nstartxref\n1\n%%EOF\n";
    npie_bytes_t file = seal_joined(scene->sealed[1], unit_bytes("\n"), *state);
    npie_letter_view_t *view;

    expect(file, NPIE_OUTCOME_ALTERED, NPIE_SEEN_GOOD, NPIE_SEEN_GOOD,
           "a line end", *state);
    view = seal_look(file, *state);
    assert_int_equal(view->after, 1);
    assert_int_equal(view->update, 0);
    file = seal_joined(scene->sealed[1], unit_bytes(update), *state);
    expect(file, NPIE_OUTCOME_ALTERED, NPIE_SEEN_GOOD, NPIE_SEEN_GOOD,
           "another page laid over it", *state);
    view = seal_look(file, *state);
    assert_int_equal(view->after, strlen(update));
    assert_int_equal(view->update, 1);
    file = seal_joined(scene->letter[2], unit_bytes(update), *state);
    expect(file, NPIE_OUTCOME_ALTERED, NPIE_SEEN_GOOD, NPIE_SEEN_NONE,
           "another page instead of the seal", *state);
    assert_int_equal(seal_look(file, *state)->update, 1);
}

static npie_bytes_t section_of(int kind)
{
    return (npie_bytes_t){ scene->sealed[kind].data + scene->letter[kind].len,
                           scene->sealed[kind].len - scene->letter[kind].len };
}

/* The second revision replaced: the seal of another letter, one by somebody
 * else, and one over other content than the letter. */
static void test_seal_replaced(void **state)
{
    const apr_time_t time = scene->time;
    const identity_t *person =
        forge_seal(scene->ca, "clientAuth,emailProtection", *state);
    identity_t *stranger = identity_key("P-256", *state);
    const forge_t alone = {
        .common_name = "Sello de Demostración",
        .extensions = { { "extendedKeyUsage", "1.3.6.1.5.5.7.3.36" } }
    };

    expect(seal_joined(scene->letter[2], section_of(1), *state),
           NPIE_OUTCOME_ALTERED, NPIE_SEEN_GOOD, NPIE_SEEN_PARTIAL,
           "the seal of letter 1 on letter 2", *state);
    expect(seal_sealed(scene->letter[1], scene->old, time, *state),
           NPIE_OUTCOME_DOUBTFUL, NPIE_SEEN_GOOD, NPIE_SEEN_UNTRUSTED,
           "sealed by the employer", *state);
    expect(seal_sealed(scene->letter[1], person, time, *state),
           NPIE_OUTCOME_DOUBTFUL, NPIE_SEEN_GOOD, NPIE_SEEN_UNTRUSTED,
           "sealed by a person", *state);
    forge_certificate(stranger, &alone, *state);
    expect(seal_sealed(scene->letter[1], stranger, time, *state),
           NPIE_OUTCOME_DOUBTFUL, NPIE_SEEN_GOOD, NPIE_SEEN_UNTRUSTED,
           "sealed by a stranger", *state);
    expect(seal_sealed(scene->letter[1], scene->institute,
                       time - apr_time_from_sec(30 * 86400), *state),
           NPIE_OUTCOME_DOUBTFUL, NPIE_SEEN_GOOD, NPIE_SEEN_DATES,
           "sealed before the certificate was valid", *state);
}

/* A certificate for seals under the same authorities is not yet the
 * institute's; the seal before the present one still is. */
static void test_seal_unknown(void **state)
{
    const identity_t *other = forge_seal(scene->ca, FORGE_SEAL_USAGE, *state);
    const apr_time_t time = scene->time;
    npie_bytes_t file = seal_sealed(scene->letter[1], other, time, *state);
    const npie_seals_t *seals = scene->rules.seals;

    expect(file, NPIE_OUTCOME_DOUBTFUL, NPIE_SEEN_GOOD, NPIE_SEEN_UNKNOWN,
           "another seal of the authority", *state);
    assert_non_null(seal_look(file, *state)->seal.cert);
    expect(seal_joined(file, unit_bytes("\n"), *state),
           NPIE_OUTCOME_DOUBTFUL, NPIE_SEEN_GOOD, NPIE_SEEN_UNKNOWN,
           "with something after it", *state);
    expect(seal_sealed(scene->letter[1], scene->older, time, *state),
           NPIE_OUTCOME_SEALED, NPIE_SEEN_GOOD, NPIE_SEEN_GOOD,
           "the seal of before", *state);
    scene->rules.seals = NULL;
    expect(scene->sealed[1], NPIE_OUTCOME_DOUBTFUL, NPIE_SEEN_GOOD,
           NPIE_SEEN_UNKNOWN, "no seal is known", *state);
    expect(scene->letter[1], NPIE_OUTCOME_UNKNOWN, NPIE_SEEN_GOOD,
           NPIE_SEEN_NONE, "and none is there", *state);
    scene->rules.seals = seals;
}

/* What stands in the files. */
static void test_seals_load(void **state)
{
    apr_array_header_t *files = apr_array_make(*state, 1, sizeof(char *));
    const identity_t *person =
        forge_seal(scene->ca, "clientAuth,emailProtection", *state);
    identity_t *stranger = identity_key("P-256", *state);
    const forge_t alone = {
        .common_name = "Sello ajeno",
        .extensions = { { "extendedKeyUsage", "1.3.6.1.5.5.7.3.36" } }
    };
    const identity_t *wrong[] = { person, stranger, scene->ca };
    static const char *const says[] = { "not for seals", "Sello ajeno",
                                        "no seal" };
    npie_seals_t *seals;
    npie_cert_t *cert;
    npie_err_t err;

    forge_certificate(stranger, &alone, *state);
    APR_ARRAY_PUSH(files, const char *) = NULL;
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(npie_cert_parse(&cert, wrong[i]->der, &err, *state),
                         APR_SUCCESS);
        APR_ARRAY_IDX(files, 0, const char *) =
            forge_file(apr_psprintf(*state, "wrong%d.pem", i),
                       unit_bytes(npie_cert_pem(cert, *state)), *state);
        assert_int_equal(npie_seals_load(&seals, files, scene->trust, &err,
                                         *state), NPIE_ECONFIG);
        assert_non_null(strstr(err.detail, says[i]));
        assert_non_null(strstr(err.detail, ".pem"));
        assert_int_equal(npie_seals_know(scene->seals, cert), 0);
    }
}

/* A seal that covers an update put between letter and seal: the signature
 * holds, but it is not what a seal looks like. */
static void test_shadow(void **state)
{
    static const char update[] = "13 0 obj\n<<\n/Type /Page\n>>\nendobj\n";
    npie_bytes_t file = seal_joined(seal_joined(scene->letter[1], unit_bytes(update),
                                      *state), section_of(1), *state);

    expect(file, NPIE_OUTCOME_ALTERED, NPIE_SEEN_GOOD, NPIE_SEEN_PARTIAL,
           "an update under the seal", *state);
}

/* Letters signed by the wrong people. */
static void test_signers(void **state)
{
    apr_pool_t *p = *state;
    const npie_letter_art_t *art = sample_art(p);
    sample_t *sample = sample_make(NPIE_LETTER_RENEWAL, p);
    const identity_t *other = seal_employer(scene->ca, -400, -200, p);
    npie_bytes_t blank;

    blank = sample_draw(art, &sample->letter, p);
    expect(blank, NPIE_OUTCOME_UNSIGNED, NPIE_SEEN_NONE, NPIE_SEEN_NONE,
           "nobody", p);
    expect(seal_signed(blank, other, p), NPIE_OUTCOME_DOUBTFUL,
           NPIE_SEEN_OTHER, NPIE_SEEN_NONE, "another employer's key", p);
    expect(seal_signed(blank, scene->institute, p), NPIE_OUTCOME_DOUBTFUL,
           NPIE_SEEN_UNTRUSTED, NPIE_SEEN_NONE, "the institute's seal", p);
    assert_non_null(seal_look(seal_signed(blank, other, p),
                              p)->employer.cert);
}

static void test_foreign(void **state)
{
    static const struct {
        const char *bytes;
        npie_file_kind_t kind;
    } files[] = {
        { "", NPIE_FILE_EMPTY },
        { "hola", NPIE_FILE_OTHER },
        { "%PDF-1.7\n%%EOF\n", NPIE_FILE_PDF },
        { "PK\3\4", NPIE_FILE_ZIP },
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        const npie_bytes_t file = unit_bytes(files[i].bytes);

        expect(file, NPIE_OUTCOME_FOREIGN, NPIE_SEEN_NONE, NPIE_SEEN_NONE,
               files[i].bytes, *state);
        assert_int_equal(seal_look(file, *state)->kind, files[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_good),
        pool_test(test_regions),
        pool_test(test_sweep),
        pool_test(test_cut),
        pool_test(test_appended),
        pool_test(test_seal_replaced),
        pool_test(test_seal_unknown),
        pool_test(test_seals_load),
        pool_test(test_shadow),
        pool_test(test_signers),
        pool_test(test_foreign),
    };

    return cmocka_run_group_tests_name("verify", tests, seal_setup,
                                       seal_teardown);
}
