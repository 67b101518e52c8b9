/* SPDX-License-Identifier: Apache-2.0
 * See seal_scene.h.
 */
#include "unit/seal_scene.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/cms.h>
#include <openssl/obj_mac.h>

#include "pki/cms_make.h"
#include "unit/letter_sample.h"

seal_scene_t *scene;

static npie_cert_t *parse(const identity_t *id, apr_pool_t *p)
{
    npie_cert_t *cert = NULL;

    assert_int_equal(npie_cert_parse(&cert, id->der, NULL, p), APR_SUCCESS);
    return cert;
}

identity_t *seal_employer(const identity_t *ca, int from, int until,
                          apr_pool_t *p)
{
    identity_t *id = identity_key("P-256", p);
    const forge_t forge = {
        .common_name = "María Begoña Núñez Güemes", .extensions = FORGE_LEAF,
        .entries = { { NID_organizationName, V_ASN1_UTF8STRING,
                       "CIGUEÑAS & ÑANDUES <DEL NORTE> SA DE CV", 0 },
                     { NID_organizationalUnitName, V_ASN1_UTF8STRING,
                       "A064878710", 0 } },
        .issuer = ca, .from = from, .until = until, .serial = "3031"
    };

    forge_certificate(id, &forge, p);
    return id;
}

npie_bytes_t seal_signed(npie_bytes_t letter, const identity_t *id,
                         apr_pool_t *p)
{
    npie_letter_file_t *file;
    npie_bytes_t content, out;
    unsigned char *data = apr_palloc(p, letter.len);

    assert_int_equal(npie_letter_file_parse(&file, letter, NULL, p),
                     APR_SUCCESS);
    content.data = data;
    content.len = file->signed_part[0].len + file->signed_part[1].len;
    memcpy(data, file->signed_part[0].data, file->signed_part[0].len);
    memcpy(data + file->signed_part[0].len, file->signed_part[1].data,
           file->signed_part[1].len);
    assert_int_equal(npie_letter_file_sign(&out, letter,
                                           identity_cms(id, content,
                                                        CMS_CADES, p),
                                           NULL, p), APR_SUCCESS);
    return out;
}

npie_bytes_t seal_joined(npie_bytes_t a, npie_bytes_t b, apr_pool_t *p)
{
    unsigned char *data = apr_palloc(p, a.len + b.len);

    memcpy(data, a.data, a.len);
    memcpy(data + a.len, b.data, b.len);
    return (npie_bytes_t){ data, a.len + b.len };
}

npie_bytes_t seal_sealed(npie_bytes_t letter, const identity_t *id,
                         apr_time_t time, apr_pool_t *p)
{
    apr_array_header_t *chain = apr_array_make(p, 1, sizeof(npie_bytes_t));
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cms;
    npie_seal_t *seal;

    if (npie_seal_prepare(&seal, letter, time, &scene->face, &err, p)
           != APR_SUCCESS
        || npie_cms_make(&cms, id->key, parse(id, p), chain,
                         seal->signed_part, 3, &err, p) != APR_SUCCESS
        || npie_seal_fill(seal, cms, &err) != APR_SUCCESS) {
        fail_msg("seal: %s", err.detail);
    }
    return seal_joined(letter, seal->section, p);
}

npie_letter_view_t *seal_look(npie_bytes_t file, apr_pool_t *p)
{
    npie_letter_view_t *view;
    npie_err_t err;

    scene->rules.now = apr_time_now() + apr_time_from_sec(90);
    if (npie_letter_verify(&view, &scene->rules, file, &err, p)
        != APR_SUCCESS) {
        fail_msg("verify: %s", err.detail);
    }
    return view;
}

void seal_sample_keys(sample_t *sample, const npie_cert_t *new)
{
    const npie_cert_t *old = parse(scene->old, scene->p);
    npie_letter_t *letter = &sample->letter;

    letter->old_spki = old->spki_sha256;
    letter->old_public_key = old->public_key;
    letter->new_spki = new->spki_sha256;
    letter->new_public_key = new->public_key;
    letter->serial = new->serial_text;
    letter->not_before = new->not_before;
    letter->not_after = new->not_after;
}

static void draw(const npie_letter_art_t *art, npie_letter_kind_t kind)
{
    sample_t *sample = sample_make(kind, scene->p);

    /* Each letter has a folio of its own. */
    sample->letter.folio += kind == NPIE_LETTER_TERMS;
    sample->letter.time = scene->time;
    seal_sample_keys(sample, parse(scene->new, scene->p));
    scene->letter[kind] =
        seal_signed(sample_draw(art, &sample->letter, scene->p),
                    kind == NPIE_LETTER_RENEWAL ? scene->old : scene->new,
                    scene->p);
    scene->sealed[kind] =
        seal_sealed(scene->letter[kind], scene->institute,
                    scene->time + apr_time_from_sec(90), scene->p);
}

/* Two files, the second with a CA's certificate behind the seal's. */
static npie_seals_t *load_seals(apr_pool_t *p)
{
    apr_array_header_t *files = apr_array_make(p, 2, sizeof(const char *));
    const char *older = apr_pstrcat(p, npie_cert_pem(parse(scene->older, p),
                                                     p),
                                    npie_cert_pem(parse(scene->ca, p), p),
                                    NULL);
    npie_seals_t *seals;

    APR_ARRAY_PUSH(files, const char *) = forge_file(
        "seal.pem", unit_bytes(npie_cert_pem(parse(scene->institute, p), p)),
        p);
    APR_ARRAY_PUSH(files, const char *) = forge_file("older.pem",
                                                     unit_bytes(older), p);
    assert_int_equal(npie_seals_load(&seals, files, scene->trust, NULL, p),
                     APR_SUCCESS);
    return seals;
}

static void make_scene(apr_pool_t *p)
{
    static const forge_t root = { .common_name = "Autoridad",
                                  .extensions = FORGE_CA, .from = -4000,
                                  .until = 4000 };
    apr_array_header_t *files = apr_array_make(p, 1, sizeof(const char *));
    const npie_letter_art_t *art = sample_art(p);

    scene = apr_pcalloc(p, sizeof(*scene));
    scene->p = p;
    scene->face = (npie_face_t){ .form = NPIE_FACE_LOCAL,
                                 .offset = -8 * 3600 };
    scene->ca = identity_key("P-256", p);
    forge_certificate(scene->ca, &root, p);
    scene->old = seal_employer(scene->ca, -400, -200, p);
    scene->new = seal_employer(scene->ca, -1, 180, p);
    scene->institute = forge_seal(scene->ca, FORGE_SEAL_USAGE, p);
    scene->older = forge_seal(scene->ca, FORGE_SEAL_USAGE, p);
    APR_ARRAY_PUSH(files, const char *) =
        forge_file("ca.pem", unit_bytes(npie_cert_pem(parse(scene->ca, p), p)),
                   p);
    assert_int_equal(npie_trust_load(&scene->trust, files, NULL, p),
                     APR_SUCCESS);
    scene->rules.trust = scene->trust;
    scene->seals = load_seals(p);
    scene->rules.seals = scene->seals;
    scene->rules.old_key_min_bits = 1024;
    scene->time = apr_time_from_sec(apr_time_sec(apr_time_now()));
    draw(art, NPIE_LETTER_RENEWAL);
    draw(art, NPIE_LETTER_TERMS);
}

int seal_setup(void **state)
{
    apr_pool_t *p;

    (void)state;
    apr_initialize();
    apr_pool_create(&p, NULL);
    make_scene(p);
    return 0;
}

int seal_teardown(void **state)
{
    (void)state;
    apr_pool_destroy(scene->p);
    apr_terminate();
    return 0;
}
