/* SPDX-License-Identifier: Apache-2.0
 * Attacks on letters, and what each of three says: npie-signer that is asked
 * to seal, the verdict with the registry (verificar.html, npiectl), and the
 * verdict without it (npiectl).
 */
#include "unit/flow_world.h"

#include <apr_strings.h>

#include "flow/record.h"
#include "flow/seal.h"
#include "flow/verify_json.h"
#include "letter/verify.h"

/* A folio that nobody draws here. */
#define NOWHERE 900000

/* The files that the table is about. */
typedef struct scene_t {
    person_t *done;   /* a completed renewal */
    person_t *keyed;  /* letter 1 not handed in */
    person_t *cancelled;  /* cancelled after letter 1 was signed */
    person_t *stolen; /* certificate revoked */
    identity_t *colleague; /* additional certificate of done */
    npie_bytes_t letter[3]; /* done's, as signed */
    npie_bytes_t voided;    /* of cancelled, likewise */
    npie_bytes_t sealed[3];
    apr_pool_t *p;
} scene_t;

static scene_t *scene;

static npie_bytes_t joined(npie_bytes_t a, npie_bytes_t b)
{
    unsigned char *data = apr_palloc(scene->p, a.len + b.len);

    memcpy(data, a.data, a.len);
    memcpy(data + a.len, b.data, b.len);
    return (npie_bytes_t){ data, a.len + b.len };
}

static npie_bytes_t flipped(npie_bytes_t file, apr_size_t at)
{
    unsigned char *data = apr_pmemdup(scene->p, file.data, file.len);

    data[at] ^= 1;
    return (npie_bytes_t){ data, file.len };
}

static npie_bytes_t signed_by(npie_bytes_t blank, const identity_t *id)
{
    npie_letter_file_t *parts;
    npie_bytes_t out;

    assert_int_equal(npie_letter_file_parse(&parts, blank, NULL, scene->p),
                     APR_SUCCESS);
    assert_int_equal(npie_letter_file_sign(
        &out, blank, cms_over(id, parts->signed_part, 2, scene->p), NULL,
        scene->p), APR_SUCCESS);
    return out;
}

/* A signed letter with an empty signature field. */
static npie_bytes_t blank(npie_bytes_t letter)
{
    npie_letter_file_t *parts;
    unsigned char *data = apr_pmemdup(scene->p, letter.data, letter.len);

    assert_int_equal(npie_letter_file_parse(&parts, letter, NULL, scene->p),
                     APR_SUCCESS);
    memset(data + (parts->hex.data - letter.data), '0', parts->hex.len);
    return (npie_bytes_t){ data, letter.len };
}

/* A letter that the institute never drew. */
static npie_bytes_t drawn(person_t *person, npie_letter_kind_t kind,
                          apr_int64_t folio, const char *old, const char *new)
{
    static const unsigned char bits[] = { 3, 2, 0, 1 };
    npie_employer_t employer = person->employer;
    npie_letter_t letter = {
        .kind = kind, .folio = folio,
        .time = apr_time_from_sec(apr_time_sec(person->flow.now)),
        .employer = &employer, .old_public_key = { bits, sizeof(bits) },
        .old_spki = old, .new_public_key = { bits, sizeof(bits) },
        .new_spki = new, .serial = "1",
        .not_before = person->flow.now, .not_after = person->flow.now + DAY,
        .holder = "", .holder_email = "",
        .purpose = ""
    };
    npie_bytes_t pdf;

    employer.name = "Otro nombre que el Instituto no escribió";
    assert_ok(person, npie_letter_draw(&pdf, world->art, &letter,
                                       &person->err, scene->p));
    return pdf;
}

static const npie_cadena_t *cadena_of(npie_bytes_t letter)
{
    npie_letter_file_t *parts;

    assert_int_equal(npie_letter_file_parse(&parts, letter, NULL, scene->p),
                     APR_SUCCESS);
    return parts->cadena;
}

/* The genuine file's keys and signer, with another text. */
static npie_bytes_t other_text(npie_letter_kind_t kind, apr_int64_t folio)
{
    const npie_cadena_t *cadena = cadena_of(scene->letter[kind]);

    return signed_by(drawn(scene->done, kind,
                           folio != 0 ? folio : cadena->folio,
                           cadena->old_spki, cadena->new_spki),
                     kind == NPIE_LETTER_RENEWAL ? &scene->done->old->id
                                                 : scene->done->new_key);
}

static npie_bytes_t genuine1(void) { return scene->sealed[1]; }
static npie_bytes_t genuine2(void) { return scene->sealed[2]; }
static npie_bytes_t unsealed(void) { return scene->letter[1]; }
static npie_bytes_t text1(void) { return other_text(NPIE_LETTER_RENEWAL, 0); }
static npie_bytes_t text2(void) { return other_text(NPIE_LETTER_TERMS, 0); }
static npie_bytes_t nowhere1(void)
{
    return other_text(NPIE_LETTER_RENEWAL, NOWHERE);
}
static npie_bytes_t nowhere2(void)
{
    return other_text(NPIE_LETTER_TERMS, NOWHERE);
}

static npie_bytes_t section(int kind)
{
    return (npie_bytes_t){ scene->sealed[kind].data + scene->letter[kind].len,
                           scene->sealed[kind].len - scene->letter[kind].len };
}

static npie_bytes_t text_sealed(void) { return joined(text2(), section(2)); }
static npie_bytes_t wrong_seal(void)
{
    return joined(scene->letter[1], section(2));
}

static npie_bytes_t other_key(void)
{
    const npie_cadena_t *cadena = cadena_of(scene->letter[2]);

    return signed_by(drawn(scene->done, NPIE_LETTER_TERMS, cadena->folio,
                           scene->keyed->old->cert->spki_sha256,
                           cadena->new_spki), scene->done->new_key);
}

/* Another glyph for the same text: the words that can be copied stay. */
static npie_bytes_t font(void)
{
    const npie_bytes_t file = blank(scene->letter[2]);
    const unsigned char *at = memmem(file.data, file.len, "/FontFile2", 10);
    unsigned number;
    char object[40];

    assert_non_null(at);
    assert_int_equal(sscanf((const char *)at, "/FontFile2 %u", &number), 1);
    apr_snprintf(object, sizeof(object), "\n%u 0 obj", number);
    at = memmem(file.data, file.len, object, strlen(object));
    assert_non_null(at);
    at = memmem(at, file.len - (apr_size_t)(at - file.data), "stream\r\n", 8);
    assert_non_null(at);
    return signed_by(flipped(file, (apr_size_t)(at - file.data) + 500),
                     scene->done->new_key);
}

static npie_bytes_t stranger(void)
{
    return signed_by(blank(scene->letter[1]), &scene->keyed->old->id);
}

static npie_bytes_t untrusted(void)
{
    fixture_employer_t *other = fixture_employer(
        world->stranger, identity_key("P-256", scene->p), &fixture_subject,
        scene->done->flow.now, scene->p);

    return signed_by(blank(scene->letter[1]), &other->id);
}

static npie_bytes_t by_colleague(void)
{
    return signed_by(drawn(scene->done, NPIE_LETTER_RENEWAL, NOWHERE,
                           spki_of(scene->colleague, scene->p),
                           spki_of(identity_key("P-256", scene->p),
                                   scene->p)), scene->colleague);
}

static npie_bytes_t by_stolen(void)
{
    return signed_by(drawn(scene->stolen, NPIE_LETTER_RENEWAL, NOWHERE,
                           scene->stolen->old->cert->spki_sha256,
                           spki_of(identity_key("P-256", scene->p),
                                   scene->p)), &scene->stolen->old->id);
}

static npie_bytes_t voided(void)
{
    return scene->voided;
}

static npie_bytes_t not_handed_in(void)
{
    return signed_by(person_letter(scene->keyed, NPIE_LETTER_RENEWAL)->pdf,
                     &scene->keyed->old->id);
}

static npie_bytes_t nobody(void)
{
    return person_letter(scene->keyed, NPIE_LETTER_RENEWAL)->pdf;
}

static npie_bytes_t signed_again(void)
{
    return signed_by(blank(scene->letter[2]), scene->done->new_key);
}

static npie_bytes_t before(void)
{
    return joined(unit_bytes("\xef\xbb\xbf"), scene->sealed[1]);
}

static npie_bytes_t after(void)
{
    return joined(scene->sealed[1],
                  unit_bytes("13 0 obj\n<<\n/Type /Page\n>>\nendobj\n"));
}

static npie_bytes_t between(void)
{
    return joined(joined(scene->letter[1], unit_bytes("\n")), section(1));
}

static npie_bytes_t inside(void) { return flipped(scene->sealed[1], 4000); }
static npie_bytes_t in_seal(void)
{
    return flipped(scene->sealed[1], scene->sealed[1].len - 30);
}

static npie_bytes_t no_letter(void)
{
    return unit_bytes("%PDF-1.7\n%%EOF\n");
}

/* One row: the file; whether npie-signer seals it; with the registry outcome,
 * record and place; without it the outcome. */
typedef struct attack_t {
    const char *what;
    npie_bytes_t (*file)(void);
    int seals;
    npie_outcome_t outcome;
    npie_record_t record;
    npie_where_t where;
    npie_outcome_t offline;
} attack_t;

#define O(name) NPIE_OUTCOME_##name
#define R(name) NPIE_RECORD_##name
#define W(name) NPIE_WHERE_##name

static const attack_t attacks[] = {
    { "letter 1, sealed", genuine1, 0, O(SEALED), R(SAME), W(NOWHERE),
      O(SEALED) },
    { "letter 2, sealed", genuine2, 0, O(SEALED), R(SAME), W(NOWHERE),
      O(SEALED) },
    { "letter 1 without its seal", unsealed, 1, O(SIGNED), R(SAME),
      W(NOWHERE), O(UNKNOWN) },
    { "another text under its folio", text2, 0, O(UNKNOWN), R(OTHER),
      W(NOWHERE), O(UNKNOWN) },
    { "the same with the genuine seal", text_sealed, 0, O(ALTERED), R(OTHER),
      W(SEAL), O(ALTERED) },
    { "a folio that was never drawn", nowhere2, 0, O(UNKNOWN), R(NONE),
      W(NOWHERE), O(UNKNOWN) },
    { "another key under its folio", other_key, 0, O(UNKNOWN), R(OTHER),
      W(NOWHERE), O(UNKNOWN) },
    { "a font whose glyphs lie", font, 0, O(UNKNOWN), R(OTHER), W(NOWHERE),
      O(UNKNOWN) },
    { "another text, by who was superseded", text1, 0, O(ENDED), R(OTHER),
      W(NOWHERE), O(UNKNOWN) },
    { "another folio, by who was superseded", nowhere1, 0, O(ENDED), R(NONE),
      W(NOWHERE), O(UNKNOWN) },
    { "signed by another employer", stranger, 0, O(DOUBTFUL), R(UNASKED),
      W(NOWHERE), O(DOUBTFUL) },
    { "signed under an authority that is not trusted", untrusted, 0,
      O(DOUBTFUL), R(UNASKED), W(NOWHERE), O(DOUBTFUL) },
    { "signed by a colleague", by_colleague, 0, O(ADDITIONAL), R(NONE),
      W(NOWHERE), O(UNKNOWN) },
    { "signed with a revoked certificate", by_stolen, 0, O(ENDED), R(NONE),
      W(NOWHERE), O(UNKNOWN) },
    { "cancelled", voided, 0, O(VOID), R(VOID), W(NOWHERE), O(UNKNOWN) },
    { "not handed in", not_handed_in, 0, O(UNKNOWN), R(UNSIGNED), W(NOWHERE),
      O(UNKNOWN) },
    { "not signed", nobody, 0, O(UNSIGNED), R(UNASKED), W(NOWHERE),
      O(UNSIGNED) },
    { "signed once more", signed_again, 0, O(UNKNOWN), R(RESIGNED),
      W(NOWHERE), O(UNKNOWN) },
    { "bytes before it", before, 0, O(ALTERED), R(SAME), W(BEFORE),
      O(ALTERED) },
    { "bytes after it", after, 0, O(ALTERED), R(SAME), W(AFTER), O(ALTERED) },
    { "a byte between letter and seal", between, 0, O(ALTERED), R(SAME),
      W(SEAL), O(ALTERED) },
    { "a byte of the letter", inside, 0, O(ALTERED), R(UNASKED), W(LETTER),
      O(ALTERED) },
    { "a byte of the seal", in_seal, 0, O(ALTERED), R(SAME), W(SEAL),
      O(ALTERED) },
    { "the seal of another letter", wrong_seal, 0, O(ALTERED), R(SAME),
      W(SEAL), O(ALTERED) },
    { "no letter", no_letter, 0, O(FOREIGN), R(UNASKED), W(NOWHERE),
      O(FOREIGN) },
};

static void check_signer(const attack_t *attack, npie_bytes_t file)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t seal = { NULL, 0 };
    apr_status_t rv = npie_signer_seal(&seal, &world->signer->client, file,
                                       &err, scene->p);

    if ((rv == APR_SUCCESS) != attack->seals) {
        fail_msg("%s: npie-signer: %d, problem %d, %s", attack->what, rv,
                 (int)err.problem, err.detail);
    }
}

static void test_attacks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); ++i) {
        const attack_t *attack = &attacks[i];
        const npie_bytes_t file = attack->file();
        const npie_letter_view_t *asked = person_look(scene->done, file, 1);
        const npie_letter_view_t *alone = person_look(scene->done, file, 0);

        if (asked->outcome != attack->outcome
            || asked->known.record != attack->record
            || asked->where != attack->where
            || alone->outcome != attack->offline
            || alone->known.record != NPIE_RECORD_UNASKED) {
            fail_msg("%s: %s, record %s, where %s (employer %s: %s, seal %s);"
                     " without registry %s", attack->what,
                     npie_outcome_name(asked->outcome),
                     npie_record_name(asked->known.record),
                     npie_where_name(asked->where) != NULL
                         ? npie_where_name(asked->where) : "-",
                     npie_seen_name(asked->employer.seen),
                     asked->employer.detail,
                     npie_seen_name(asked->seal.seen),
                     npie_outcome_name(alone->outcome));
        }
        check_signer(attack, file);
    }
}

/* What the institute has stands beside what the file says. */
static void test_record(void **state)
{
    const npie_letter_view_t *view = person_look(scene->done,
                                                 scene->sealed[1], 1);
    const npie_letter_row_t *row = person_letter(scene->done,
                                                 NPIE_LETTER_RENEWAL);
    json_t *json = npie_verify_json(view, *state);
    json_t *institute = json_object_get(json, "institute");

    assert_int_equal(view->known.folio, row->folio);
    assert_string_equal(view->known.company, scene->done->employer.name);
    assert_int_equal(view->known.signed_at, row->signed_at);
    assert_int_not_equal(view->known.sealed_at, 0);
    assert_string_equal(view->known.made.status, "active");
    assert_string_equal(view->known.made.serial,
                        scene->done->new_cert->serial_text);
    /* It was superseded by its own letter, and had signed before. */
    assert_string_equal(view->signer.status, "superseded");
    assert_int_equal(view->proof, NPIE_PROOF_RECORD);
    assert_int_equal(view->proved, row->signed_at);
    assert_string_equal(json_string_value(json_object_get(institute,
                                                          "record")), "same");
    assert_string_equal(json_string_value(json_object_get(
        json_object_get(institute, "certificate"), "status")), "active");
    json_decref(json);
    view = person_look(scene->done, scene->sealed[1], 0);
    assert_int_equal(view->proof, NPIE_PROOF_SEAL);
    assert_int_equal(view->proved, view->seal.time);
}

/* A registry that is away is no "not found". */
static void test_away(void **state)
{
    npie_letter_view_t *view;
    npie_known_t known;
    npie_verify_rules_t rules = { .trust = world->trust,
                                  .old_key_min_bits = 1024, .known = &known,
                                  .now = apr_time_now() };
    person_t *person = person_again(scene->done, *state);

    world_ask("ALTER TABLE letter RENAME TO away", *state);
    npie_record_port(&known, person->flow.registry);
    assert_int_equal(npie_letter_verify(&view, &rules, scene->sealed[1],
                                        &person->err, *state),
                     NPIE_EBACKEND);
    world_ask("ALTER TABLE away RENAME TO letter", *state);
}

static npie_bytes_t acuse_of(person_t *person, npie_letter_kind_t kind)
{
    npie_renewal_t *renewal;
    npie_acuse_t acuse;
    const npie_letter_row_t *row = person_letter(person, kind);

    assert_ok(person, npie_renewal_get(&renewal, person->flow.registry,
                                       row->renewal, &person->err));
    assert_ok(person, npie_flow_acuse(&acuse, &person->flow, renewal,
                                      row->folio, &person->err));
    assert_int_not_equal(acuse.sealed_at, 0);
    return acuse.pdf;
}

static int make_scene(void **state)
{
    apr_pool_t *p;

    if (world_setup(state) != 0) {
        return -1;
    }
    apr_pool_create(&p, world->p);
    scene = apr_pcalloc(p, sizeof(*scene));
    scene->p = p;
    scene->done = person_at(NPIE_RENEWAL_ISSUED, p);
    scene->colleague = person_colleague(scene->done);
    /* The registry counts seconds, and letter 1 is signed before letter 2. */
    scene->done->flow.now += apr_time_from_sec(2);
    assert_ok(scene->done, person_sign(scene->done, NPIE_LETTER_TERMS));
    scene->done = person_renewed(scene->done, p);
    scene->done->flow.now += apr_time_from_sec(3);
    for (int kind = 1; kind <= 2; ++kind) {
        scene->letter[kind] =
            person_letter(scene->done, (npie_letter_kind_t)kind)->pdf;
        scene->sealed[kind] = acuse_of(scene->done, (npie_letter_kind_t)kind);
    }
    scene->keyed = person_at(NPIE_RENEWAL_KEYED, p);
    scene->cancelled = person_at(NPIE_RENEWAL_KEYED, p);
    assert_ok(scene->cancelled, person_sign(scene->cancelled,
                                            NPIE_LETTER_RENEWAL));
    scene->voided = person_letter(scene->cancelled, NPIE_LETTER_RENEWAL)->pdf;
    assert_ok(scene->cancelled, person_cancel(scene->cancelled));
    scene->stolen = person_at(NPIE_RENEWAL_NONE, p);
    assert_ok(scene->stolen, npie_certificate_end(
        scene->stolen->flow.registry, scene->stolen->who.certificate,
        NPIE_CERTIFICATE_REVOKED, "keyCompromise",
        scene->stolen->flow.now - DAY, &scene->stolen->err));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_attacks), pool_test(test_record),
        pool_test(test_away),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests_name("verdict", tests, make_scene,
                                       world_teardown);
}
