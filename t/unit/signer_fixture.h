/* SPDX-License-Identifier: Apache-2.0
 * Authorities, employers, letters and a running npie-signer for the tests of
 * the signer's room.
 */
#ifndef NPIE_UNIT_SIGNER_FIXTURE_H
#define NPIE_UNIT_SIGNER_FIXTURE_H

#include "unit/unit.h"

#include <sys/types.h>

#include "model/cadena.h"
#include "pki/cert.h"
#include "pki/issue.h"
#include "signer/client.h"
#include "unit/identity.h"
#include "unit/letter_sample.h"

/* An authority; key and certificate live as long as the pool. */
typedef struct fixture_ca_t {
    identity_t *id;
    npie_cert_t *cert;
    npie_issuer_t *issuer;
} fixture_ca_t;

/* An employer with a certificate that expired a month ago. */
typedef struct fixture_employer_t {
    identity_t id; /* its key is owned by the one it was made with */
    npie_cert_t *cert;
    const char *rp;
    const char *rfc;
    const char *curp;
} fixture_employer_t;

/* A signer's folder, configuration and process. */
typedef struct fixture_signer_t {
    apr_pool_t *p;
    const char *dir;
    const char *conf;
    const char *state;   /* folder of its ledger's key and anchor */
    const char *ledger;  /* database */
    const char *said;    /* its standard error */
    int listener;
    pid_t pid;           /* 0: not running */
    npie_signer_t client;
} fixture_signer_t;

/* Takes a certificate apart that was made here. */
npie_cert_t *fixture_parse(npie_bytes_t der, apr_pool_t *p);
fixture_ca_t *fixture_ca(const char *name, apr_pool_t *p);
/* The request of a key, DER. */
npie_bytes_t fixture_csr(const identity_t *key, apr_pool_t *p);

/* The subject of the employer that most tests use; a copy may be changed. */
extern const npie_subject_t fixture_subject;
/* issued: when his certificate was made, UTC microseconds. */
fixture_employer_t *fixture_employer(fixture_ca_t *ca, identity_t *key,
                                     const npie_subject_t *subject,
                                     apr_time_t issued, apr_pool_t *p);
/* fixture_subject, P-256, seven months ago. */
fixture_employer_t *fixture_expired(fixture_ca_t *ca, apr_pool_t *p);

/* What letter 1 of this employer says now, for this new key. */
npie_cadena_t *fixture_cadena(const fixture_employer_t *employer,
                              const identity_t *new_key, apr_int64_t folio,
                              apr_pool_t *p);
/* The letter that says so, drawn as the signer's terms want it, unsigned. */
npie_bytes_t fixture_letter(const npie_cadena_t *cadena, apr_pool_t *p);
/* What it is drawn from, to be changed. */
sample_t *fixture_sample(const npie_cadena_t *cadena, apr_pool_t *p);
/* A letter with nothing on its pages, and a cadena. */
npie_bytes_t fixture_bare_letter(const npie_cadena_t *cadena, apr_pool_t *p);
/* The same file with that certificate's signature inside. */
npie_bytes_t fixture_signed(npie_bytes_t letter,
                            const fixture_employer_t *employer, apr_pool_t *p);

/* Lines of the configuration for a seal with that key and certificate. */
const char *fixture_seal(const identity_t *seal, apr_pool_t *p);
/* Makes folder, keys, certificates, configuration and socket; does not start.
 * more: further lines of the configuration. The folder goes with the pool. */
fixture_signer_t *fixture_signer(const fixture_ca_t *ca, const char *more,
                                 apr_pool_t *p);
/* Are system calls filtered in this run? Not under sanitizers, which make
 * calls of their own, nor with NPIE_TEST_SANDBOX=off, which is for valgrind. */
int fixture_filters(void);
void fixture_signer_start(fixture_signer_t *signer);
/* The process that was started last answers, and its ledger has so many
 * certificates. */
void fixture_alive(const fixture_signer_t *signer, int issued);
/* Sends the signal; returns the status as of waitpid(2). */
int fixture_signer_stop(fixture_signer_t *signer, int number);
/* Waits for its end. */
int fixture_signer_wait(fixture_signer_t *signer);
/* A listening socket. */
int fixture_listen(const char *path);
void fixture_write(const char *path, npie_bytes_t bytes, int mode);
npie_bytes_t fixture_read(const char *path, apr_pool_t *p);
/* Certificates in the ledger. */
int fixture_records(const fixture_signer_t *signer, apr_pool_t *p);
/* The OCSP status that the signer tells of a certificate made by an authority;
 * -1: an answer that is only an error. ca: the signer's; proof: 1: it is shown
 * the certificate. */
int fixture_status(const fixture_signer_t *signer, const npie_cert_t *cert,
                   const fixture_ca_t *by, const fixture_ca_t *ca, int proof,
                   apr_pool_t *p);
/* Did it say that? */
int fixture_said(const fixture_signer_t *signer, const char *text,
                 apr_pool_t *p);

#endif
