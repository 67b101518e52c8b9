/* SPDX-License-Identifier: Apache-2.0
 * A drawn letter, signed by an employer and sealed by the institute, with
 * everything that belongs to it.
 */
#ifndef NPIE_UNIT_SEAL_SCENE_H
#define NPIE_UNIT_SEAL_SCENE_H

#include "unit/unit.h"

#include "letter/revision.h"
#include "letter/verify.h"
#include "unit/forge.h"
#include "unit/letter_sample.h"

typedef struct seal_scene_t {
    apr_pool_t *p;
    identity_t *ca;
    identity_t *old;      /* the employer's expired certificate */
    identity_t *new;      /* and the new one */
    identity_t *institute;
    npie_trust_t *trust;
    npie_seals_t *seals;  /* the institute's and an older one */
    identity_t *older;    /* the seal before that one */
    npie_verify_rules_t rules;
    npie_bytes_t letter[3];  /* 1 and 2, as signed */
    npie_bytes_t sealed[3];
    apr_time_t time;         /* of the letters */
    npie_face_t face;        /* of seals made from now on */
} seal_scene_t;

/* What a group of tests works on, and its setup and teardown. */
extern seal_scene_t *scene;
int seal_setup(void **state);
int seal_teardown(void **state);

/* A certificate of an employer, issued by ca, for a key of its own. */
identity_t *seal_employer(const identity_t *ca, int from, int until,
                          apr_pool_t *p);
/* A letter with the employer's signature inside. */
npie_bytes_t seal_signed(npie_bytes_t letter, const identity_t *id,
                         apr_pool_t *p);
/* A signed letter with that certificate's seal after it. */
npie_bytes_t seal_sealed(npie_bytes_t letter, const identity_t *id,
                         apr_time_t time, apr_pool_t *p);
/* One after the other. */
npie_bytes_t seal_joined(npie_bytes_t a, npie_bytes_t b, apr_pool_t *p);
/* What verifying says. */
npie_letter_view_t *seal_look(npie_bytes_t file, apr_pool_t *p);

/* The keys and the new certificate of the scene in a letter of that sample.
 * new: of the scene's new key. */
void seal_sample_keys(sample_t *sample, const npie_cert_t *new);

#endif
