/* SPDX-License-Identifier: Apache-2.0
 * See flow_world.h.
 */
#include "unit/flow_world.h"

#include "unit/forge.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/cms.h>

#include "flow/record.h"
#include "letter/art.h"
#include "model/field.h"

#define FONTS "/usr/share/fonts/truetype/liberation:/usr/share/fonts/truetype/dejavu"

world_t *world;

static npie_trust_t *load_trust(npie_err_t *err)
{
    const char *file = apr_pstrcat(world->p, world->signer->dir, "/trust.crt",
                                   NULL);
    apr_array_header_t *files = apr_array_make(world->p, 1, sizeof(char *));
    npie_trust_t *trust;

    fixture_write(file, unit_bytes(npie_cert_pem(world->ca->cert, world->p)),
                  0644);
    APR_ARRAY_PUSH(files, const char *) = file;
    return npie_trust_load(&trust, files, err, world->p) == APR_SUCCESS
               ? trust : NULL;
}

/* The certificate that fixture_seal() wrote. */
static npie_seals_t *load_seals(npie_err_t *err)
{
    apr_array_header_t *files = apr_array_make(world->p, 1, sizeof(char *));
    npie_seals_t *seals;

    APR_ARRAY_PUSH(files, const char *) = forge_path("seal.crt", world->p);
    return npie_seals_load(&seals, files, world->trust, err, world->p)
        == APR_SUCCESS ? seals : NULL;
}

static int set_up(void)
{
    apr_pool_t *p = world->p;
    npie_err_t err;

    world->ca = fixture_ca("Autoridad de prueba", p);
    world->stranger = fixture_ca("Otra autoridad", p);
    world->signer =
        fixture_signer(world->ca,
                       apr_pstrcat(p, "Rate 100000 1m\nInstitution Instituto de "
                                   "prueba\n",
                                   fixture_seal(forge_seal(world->ca->id,
                                                           FORGE_SEAL_USAGE,
                                                           p), p), NULL), p);
    fixture_signer_start(world->signer);
    world->trust = load_trust(&err);
    if (world->trust != NULL) {
        world->seals = load_seals(&err);
    }
    if (world->seals == NULL ||
        npie_letter_art_load(&world->art, FONTS,
                             NPIE_TOP "/conf/letter/terminos.txt",
                             "Instituto de prueba", &err, p) != APR_SUCCESS) {
        fprintf(stderr, "world: %s\n", err.detail);
        return -1;
    }
    return npie_frame_make(&world->frame, npie_letter_art_sample(world->art),
                           &err) == APR_SUCCESS ? 0 : -1;
}

static void make_world(void)
{
    apr_pool_t *p;

    if (apr_pool_create(&p, NULL) != APR_SUCCESS) {
        abort();
    }
    world = apr_pcalloc(p, sizeof(*world));
    world->p = p;
}

int world_setup(void **state)
{
    (void)state;
    make_world();
    world->driver = "sqlite3";
    world->params = apr_pstrcat(world->p, npie_backend_directory(),
                                "/registry.db", NULL);
    world->ask = apr_pstrcat(world->p, "sqlite3 ", world->params, NULL);
    return npie_backend_run("sqlite-make") == 0 ? set_up() : -1;
}

int world_setup_pgsql(void **state)
{
    const char *dir;

    (void)state;
    make_world();
    dir = apr_pstrcat(world->p, npie_backend_directory(), "/pgsql", NULL);
    world->driver = "pgsql";
    world->params = apr_pstrcat(world->p, "host=", dir,
                                " user=npie dbname=npie", NULL);
    world->ask = apr_pstrcat(world->p, "psql -At -U npie -d npie -h ", dir,
                             " -c", NULL);
    return npie_backend_run("pgsql-start") == 0 ? set_up() : -1;
}

int world_teardown(void **state)
{
    int rc = 0;

    (void)state;
    if (strcmp(world->driver, "pgsql") == 0) {
        rc = npie_backend_run("pgsql-stop");
    }
    apr_pool_destroy(world->p);
    npie_backend_remove();
    return rc;
}

static void connect_registry(person_t *person)
{
    npie_flow_t *flow = &person->flow;

    assert_ok(person, npie_registry_open(&flow->registry, world->driver,
                                         world->params, &person->err,
                                         person->p));
    flow->registry->frame = &world->frame;
    flow->signer = &world->signer->client;
    flow->trust = world->trust;
    flow->seals = world->seals;
    flow->art = world->art;
    flow->policy = &person->policy;
    flow->now = apr_time_now();
    flow->p = person->p;
}

static void set_employer(person_t *person, int n)
{
    npie_employer_t *employer = &person->employer;
    const char *rp10 = apr_psprintf(person->p, "B%09d", n);
    const npie_address_t address = {
        14, "Guadalajara", "Guadalajara", "Americana", "Avenida de la Paz",
        "1520", "", "44160"
    };

    employer->name = "Molinos del Bajío, S.A. de C.V.";
    employer->rp = apr_psprintf(person->p, "%s%c", rp10,
                                npie_field_rp_digit(rp10));
    employer->rfc = "AUA881212566";
    employer->user = rp10;
    employer->given_name = "Ximena";
    employer->surname = "Ñandú";
    employer->surname2 = "Bolaños";
    employer->curp = "BOXW310820HNERXN09";
    employer->subdelegation = "Guadalajara";
    employer->address = address;
    employer->contact.email = "antes@molinos.example";
    employer->contact.phone = "3310000000";
    employer->contact.fax = "3310000001";
}

static apr_int64_t insert_certificate(person_t *person,
                                      const npie_cert_t *cert, int additional)
{
    npie_certificate_t row = {
        .employer = person->employer.id, .generation = 1,
        .additional = additional,
        .holder = additional ? "Iñaki Peña" : "",
        .holder_email = additional ? "inaki@molinos.example" : "",
        .serial = cert->serial, .spki = cert->spki_sha256, .der = cert->der,
        .not_before = cert->not_before, .not_after = cert->not_after,
        .status = NPIE_CERTIFICATE_ACTIVE, .reason = "",
        .terms_signed = cert->not_before,
    };

    assert_ok(person, npie_certificate_insert(&row.id, person->flow.registry,
                                              &row, &person->err));
    return row.id;
}

static fixture_employer_t *certify(person_t *person, identity_t *key,
                                   apr_time_t issued)
{
    npie_subject_t subject = fixture_subject;

    subject.rp10 = person->employer.user;
    return fixture_employer(world->ca, key, &subject, issued,
                            person->p);
}

person_t *person_new(const char *key, apr_interval_time_t age, apr_pool_t *p)
{
    static const npie_policy_t policy = {
        .renew_before = 30 * DAY, .renew_after = -1,
        .renewal_timeout = 10 * DAY, .old_key_min_bits = 1024,
        .new_keys = { 2048, 1, 1, NULL }, .additional_max = 10,
    };
    person_t *person = apr_pcalloc(p, sizeof(*person));

    person->p = p;
    person->policy = policy;
    connect_registry(person);
    set_employer(person, ++world->employers);
    assert_ok(person, npie_employer_insert(&person->employer.id,
                                           person->flow.registry,
                                           &person->employer, &person->err));
    person->old = certify(person, identity_key(key, p), apr_time_now() + age);
    person->who.employer = person->employer.id;
    person->who.certificate = insert_certificate(person, person->old->cert, 0);
    person->who.actor = person->old->cert->serial;
    person->contact.email = "ximena@molinos.example";
    person->contact.phone = "3312345678";
    person->contact.fax = "";
    person->new_key = identity_key("P-256", p);
    person->csr = fixture_csr(person->new_key, p);
    return person;
}

person_t *person_at(npie_renewal_state_t state, apr_pool_t *p)
{
    person_t *person = person_new("P-256", EXPIRED, p);

    if (state != NPIE_RENEWAL_NONE) {
        person_to(person, state);
    }
    return person;
}

person_t *person_again(const person_t *person, apr_pool_t *p)
{
    person_t *again = apr_pmemdup(p, person, sizeof(*person));

    again->p = p;
    connect_registry(again);
    return again;
}

person_t *person_renewed(const person_t *person, apr_pool_t *p)
{
    person_t *again = person_again(person, p);
    npie_certificate_t *row;

    assert_ok(again, npie_certificate_by_spki(&row, again->flow.registry,
                                              person->new_cert->spki_sha256,
                                              &again->err));
    again->who.certificate = row->id;
    again->who.actor = row->serial;
    return again;
}

static fixture_employer_t *colleague_of(person_t *person)
{
    return certify(person, identity_key("P-256", person->p),
                   person->old->cert->not_before);
}

apr_int64_t person_additional(person_t *person)
{
    return insert_certificate(person, colleague_of(person)->cert, 1);
}

identity_t *person_colleague(person_t *person)
{
    fixture_employer_t *colleague = colleague_of(person);

    insert_certificate(person, colleague->cert, 1);
    return &colleague->id;
}

npie_letter_view_t *person_look(person_t *person, npie_bytes_t file, int asked)
{
    npie_known_t known;
    const npie_verify_rules_t rules = {
        .trust = world->trust, .seals = world->seals,
        .old_key_min_bits = 1024, .known = asked ? &known : NULL,
        .now = person->flow.now
    };
    npie_letter_view_t *view;

    npie_record_port(&known, person->flow.registry);
    assert_ok(person, npie_letter_verify(&view, &rules, file, &person->err,
                                         person->p));
    return view;
}

apr_status_t person_data(person_t *person)
{
    return npie_flow_data(&person->flow, &person->who, &person->contact,
                          &person->err);
}

apr_status_t person_key(person_t *person)
{
    return npie_flow_key(&person->flow, &person->who, person->csr,
                         "llave_2", "", &person->err);
}

apr_status_t person_sign(person_t *person, npie_letter_kind_t kind)
{
    const npie_bytes_t no_file = { NULL, 0 };
    const npie_bytes_t cms = kind == NPIE_LETTER_RENEWAL
        ? letter_cms(person, kind, &person->old->id)
        : letter_cms(person, kind, person->new_key);

    return person_send(person, kind, cms, no_file, NULL);
}

apr_status_t person_send(person_t *person, npie_letter_kind_t kind,
                         npie_bytes_t cms, npie_bytes_t file,
                         npie_letter_check_t *check)
{
    return npie_flow_sign(&person->flow, &person->who, kind, cms, file, check,
                          &person->err);
}

apr_status_t person_confirm(person_t *person)
{
    return npie_flow_confirm(&person->flow, &person->who, &person->err);
}

apr_status_t person_correct(person_t *person)
{
    return npie_flow_correct(&person->flow, &person->who, &person->contact,
                             &person->err);
}

apr_status_t person_rekey(person_t *person)
{
    return npie_flow_rekey(&person->flow, &person->who, &person->err);
}

apr_status_t person_cancel(person_t *person)
{
    return npie_flow_cancel(&person->flow, &person->who, &person->err);
}

apr_status_t person_ask(person_t *person)
{
    return npie_flow_issue(&person->flow, &person->who, &person->err);
}

apr_status_t person_issue(person_t *person)
{
    const apr_status_t rv = person_ask(person);

    if (rv == APR_SUCCESS) {
        const npie_place_t place = person_place(person);

        assert_non_null(place.issued);
        assert_ok(person, npie_cert_parse(&person->new_cert,
                                          place.issued->der, &person->err,
                                          person->p));
        identity_take(person->new_key, place.issued->der, person->p);
    }
    return rv;
}

void person_to(person_t *person, npie_renewal_state_t state)
{
    const npie_renewal_state_t now = person_state(person);

    if (now == NPIE_RENEWAL_NONE) {
        assert_ok(person, person_data(person));
    }
    if (state >= NPIE_RENEWAL_KEYED) {
        assert_ok(person, person_key(person));
    }
    if (state >= NPIE_RENEWAL_SIGNED) {
        assert_ok(person, person_sign(person, NPIE_LETTER_RENEWAL));
    }
    if (state >= NPIE_RENEWAL_ISSUED) {
        assert_ok(person, person_issue(person));
    }
    if (state >= NPIE_RENEWAL_COMPLETED) {
        assert_ok(person, person_sign(person, NPIE_LETTER_TERMS));
    }
    assert_int_equal(person_state(person), state);
}

npie_place_t person_place(person_t *person)
{
    npie_place_t place;

    assert_ok(person, npie_flow_place(&place, &person->flow, &person->who,
                                      &person->err));
    return place;
}

npie_renewal_state_t person_state(person_t *person)
{
    const npie_place_t place = person_place(person);

    return place.renewal != NULL ? place.renewal->state : NPIE_RENEWAL_NONE;
}

npie_letter_row_t *person_letter(person_t *person, npie_letter_kind_t kind)
{
    const npie_place_t place = person_place(person);
    npie_letter_row_t *row;

    assert_non_null(place.renewal);
    assert_ok(person, npie_letter_get(&row, person->flow.registry,
                                      kind == NPIE_LETTER_RENEWAL
                                          ? place.renewal->letter1
                                          : place.renewal->letter2,
                                      &person->err));
    return row;
}

npie_bytes_t cms_over(const identity_t *id, const npie_bytes_t *content,
                      int npieces, apr_pool_t *p)
{
    apr_size_t len = 0;
    unsigned char *all;
    npie_bytes_t joined;

    for (int i = 0; i < npieces; ++i) {
        len += content[i].len;
    }
    all = apr_palloc(p, len);
    joined.data = all;
    joined.len = len;
    for (int i = 0; i < npieces; ++i) {
        memcpy(all, content[i].data, content[i].len);
        all += content[i].len;
    }
    return identity_cms(id, joined, CMS_NOSMIMECAP | CMS_CADES, p);
}

npie_bytes_t letter_cms(person_t *person, npie_letter_kind_t kind,
                        const identity_t *id)
{
    const npie_letter_row_t *letter = person_letter(person, kind);
    npie_letter_file_t *parts;

    assert_ok(person, npie_letter_file_parse(&parts, letter->pdf,
                                             &person->err, person->p));
    return cms_over(id, parts->signed_part, 2, person->p);
}

const char *spki_of(const identity_t *key, apr_pool_t *p)
{
    static const npie_key_rules_t any = { 1024, 1, 1, NULL };
    npie_csr_t *csr;

    assert_int_equal(npie_csr_parse(&csr, fixture_csr(key, p), &any, NULL, p),
                     APR_SUCCESS);
    return csr->spki_sha256;
}

const char *world_ask(const char *sql, apr_pool_t *p)
{
    FILE *in = popen(apr_pstrcat(p, world->ask, " \"", sql, "\"", NULL),
                     "r");
    char answer[4000];
    size_t len;

    assert_non_null(in);
    len = fread(answer, 1, sizeof(answer), in);
    assert_int_equal(pclose(in), 0);
    while (len > 0 && answer[len - 1] == '\n') {
        --len;
    }
    return apr_pstrmemdup(p, answer, len);
}

void world_await_waiting(int count, apr_pool_t *p)
{
    for (int i = 0; i < 1500; ++i) {
        if (atoi(world_ask("SELECT count(*) FROM pg_locks WHERE NOT granted",
                           p)) >= count) {
            return;
        }
        apr_sleep(apr_time_from_msec(20));
    }
    fail_msg("%d transactions do not wait", count);
}
