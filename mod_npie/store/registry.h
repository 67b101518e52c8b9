/* SPDX-License-Identifier: Apache-2.0
 * The registry: employers, certificates, renewals, letters, audit. SQL through
 * apr_dbd, the only place that includes it. All SQL is portable between SQLite
 * and PostgreSQL; the schema is conf/sql/<driver>/.
 *
 * Times are whole seconds UTC in the tables and apr_time_t in the structs.
 * Requests and certificates are kept as base64 text, letters and seals packed
 * (store/registry_file.h), without what they have in common (store/frame.h).
 */
#ifndef NPIE_STORE_REGISTRY_H
#define NPIE_STORE_REGISTRY_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"
#include "model/cadena.h"
#include "model/employer.h"
#include "store/registry_handle.h"
#include "store/registry_statements.h"

/** Opens a registry without httpd, for tests and tools.
 * @param driver "sqlite3" or "pgsql"; params as DBDParams
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_registry_open(npie_registry_t **pregistry, const char *driver,
                                const char *params, npie_err_t *err,
                                apr_pool_t *p);

/**
 * Looks whether the database answers and has the schema this code is written
 * for.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_registry_check(npie_registry_t *registry, npie_err_t *err);

/**
 * Begins a transaction, after npie_registry_check(). On SQLite it takes the
 * write lock at once, so that no two of them interleave; on PostgreSQL (read
 * committed) the second of two writers of a row waits for the first, and
 * then sees NPIE_ECONFLICT. Keep transactions short. One that is still open
 * when registry->p is cleared is rolled back.
 * @return APR_SUCCESS; NPIE_EBACKEND; NPIE_EINTERNAL inside a transaction */
apr_status_t npie_registry_begin(npie_registry_t *registry, npie_err_t *err);

/**
 * Ends the transaction, also where it returns a failure. A statement that
 * failed with NPIE_EBACKEND dooms it: what follows fails as well, and all is
 * rolled back. NPIE_ECONFLICT and APR_NOTFOUND do not.
 * @param commit 1 to keep what was done, 0 to undo it
 * @return APR_SUCCESS; with commit the failure that rolled it back; it may be
 *         committed all the same when the connection broke at that moment */
apr_status_t npie_registry_end(npie_registry_t *registry, int commit,
                               npie_err_t *err);

/** Commits a transaction that changes nothing but is written like any other:
 * a full disk, a standby and missing rights show.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_registry_write_trial(npie_registry_t *registry,
                                       npie_err_t *err);

/** What a transaction writes, after it has read what it needs.
 * @return APR_SUCCESS to keep it; anything else undoes it */
typedef apr_status_t npie_registry_fn(void *baton, npie_err_t *err);

/**
 * Begins a transaction, has it written, and commits it; rolls it back when
 * anything of it fails.
 * @param employer whose rows it writes: others that write them wait from the
 *        beginning to the end of it, so that what it reads of theirs stays so,
 *        and no two of them wait for each other further on. 0: nobody's
 * @return APR_SUCCESS: committed; APR_NOTFOUND: no such employer; what write
 *         returned; as npie_registry_begin() and npie_registry_end()
 */
apr_status_t npie_registry_write(npie_registry_t *registry,
                                 apr_int64_t employer, npie_registry_fn *write,
                                 void *baton, npie_err_t *err);

/* Every function below returns APR_SUCCESS, APR_NOTFOUND where it looks one
 * row up or changes one without conditions, NPIE_ECONFLICT where a uniqueness
 * or an expected state does not hold (the row that is changed under a
 * condition may as well not exist), or NPIE_EBACKEND (REGISTRY_DOWN), also
 * for a row that the schema forbids. Results live in registry->p. Outside a
 * transaction each is one of its own; on SQLite that also fails when the file
 * that is open is no longer the one in its place. Strings are clean UTF-8. A row that is
 * looked up is NULL unless APR_SUCCESS is returned. */

apr_status_t npie_employer_get(npie_employer_t **pemployer,
                               npie_registry_t *registry, apr_int64_t id,
                               npie_err_t *err);
apr_status_t npie_employer_by_user(npie_employer_t **pemployer,
                                   npie_registry_t *registry, const char *user,
                                   npie_err_t *err);
apr_status_t npie_employer_by_rp10(npie_employer_t **pemployer,
                                   npie_registry_t *registry, const char *rp10,
                                   npie_err_t *err);
/** NPIE_ECONFLICT when the registro patronal or the user name is taken.
 * @param pid set to the new row; employer->id is not looked at */
apr_status_t npie_employer_insert(apr_int64_t *pid, npie_registry_t *registry,
                                  const npie_employer_t *employer,
                                  npie_err_t *err);
/** Writes all of an employer but its registro patronal and its user name,
 * which never change. */
apr_status_t npie_employer_update(npie_registry_t *registry,
                                  const npie_employer_t *employer,
                                  npie_err_t *err);
/** Employers in the order of their registros patronales.
 * @param plist set to an array of npie_employer_t *, may be empty
 * @param match UTF-8: what name, registro patronal, RFC or user name must
 *        have in it, without regard to ASCII case; "" = all */
apr_status_t npie_employer_list(apr_array_header_t **plist,
                                npie_registry_t *registry, const char *match,
                                npie_err_t *err);
/** Those of one RFC, likewise. */
apr_status_t npie_employer_by_rfc(apr_array_header_t **plist,
                                  npie_registry_t *registry, const char *rfc,
                                  npie_err_t *err);
/** Writes e-mail, telephone and fax. */
apr_status_t npie_employer_set_contact(npie_registry_t *registry,
                                       apr_int64_t id,
                                       const npie_contact_t *contact,
                                       npie_err_t *err);

/** Stored as this text: "active", "superseded", "revoked". Expiry is a matter
 * of the dates. */
typedef enum npie_certificate_status_t {
    NPIE_CERTIFICATE_ACTIVE,
    NPIE_CERTIFICATE_SUPERSEDED,
    NPIE_CERTIFICATE_REVOKED
} npie_certificate_status_t;

/** A certificate's row. */
typedef struct npie_certificate_t {
    apr_int64_t id;
    apr_int64_t employer;
    int generation;        /**< 1 for an employer's first; n of RP10_n */
    int additional;        /**< 1: for a colleague, hangs on the principal */
    const char *holder;    /**< additional: the colleague's name, else "" */
    const char *holder_email; /**< additional, else "" */
    const char *serial;    /**< upper-case hex */
    const char *spki;      /**< SHA-256, 64 hex digits; unique */
    npie_bytes_t der;
    apr_time_t not_before;
    apr_time_t not_after;
    npie_certificate_status_t status;
    apr_time_t ended;      /**< revoked or superseded at, 0 = not */
    const char *reason;    /**< RFC 5280 reason, "" = none */
    apr_time_t terms_signed; /**< letter 2 signed at, 0 = not yet */
} npie_certificate_t;

apr_status_t npie_certificate_get(npie_certificate_t **pcertificate,
                                  npie_registry_t *registry, apr_int64_t id,
                                  npie_err_t *err);
apr_status_t npie_certificate_by_spki(npie_certificate_t **pcertificate,
                                      npie_registry_t *registry,
                                      const char *spki, npie_err_t *err);
/** The principal certificate of the highest generation, but for those whose
 * renewal ended without letter 2. */
apr_status_t npie_certificate_newest(npie_certificate_t **pcertificate,
                                     npie_registry_t *registry,
                                     apr_int64_t employer, npie_err_t *err);
/** The additional certificates of an employer that are active, as an array of
 * npie_certificate_t * (may be empty). */
apr_status_t npie_certificate_additionals(apr_array_header_t **plist,
                                          npie_registry_t *registry,
                                          apr_int64_t employer,
                                          npie_err_t *err);
/** NPIE_ECONFLICT when the key has a certificate, or a principal's generation
 * is taken. */
apr_status_t npie_certificate_insert(apr_int64_t *pid,
                                     npie_registry_t *registry,
                                     const npie_certificate_t *certificate,
                                     npie_err_t *err);
/** Active to superseded or revoked; NPIE_ECONFLICT when it is not active. */
apr_status_t npie_certificate_end(npie_registry_t *registry, apr_int64_t id,
                                  npie_certificate_status_t status,
                                  const char *reason, apr_time_t when,
                                  npie_err_t *err);
/** NPIE_ECONFLICT when they are signed. */
apr_status_t npie_certificate_set_terms(npie_registry_t *registry,
                                        apr_int64_t id, apr_time_t when,
                                        npie_err_t *err);

/** Has this key been in a certificate or in a request, ever?
 * @return APR_SUCCESS yes; APR_NOTFOUND no */
apr_status_t npie_key_seen(npie_registry_t *registry, const char *spki,
                           npie_err_t *err);
/** Notes a new key. NPIE_ECONFLICT when it was seen. */
apr_status_t npie_key_note(npie_registry_t *registry, const char *spki,
                           apr_time_t when, npie_err_t *err);

/** Stored as this text, in small letters. */
typedef enum npie_renewal_state_t {
    NPIE_RENEWAL_STARTED,   /**< data confirmed */
    NPIE_RENEWAL_KEYED,     /**< request accepted, letter 1 fixed */
    NPIE_RENEWAL_SIGNED,    /**< letter 1 verified */
    NPIE_RENEWAL_CONFIRMED, /**< mail link opened, or not required */
    NPIE_RENEWAL_ISSUED,    /**< certificate made, letter 2 fixed */
    NPIE_RENEWAL_COMPLETED, /**< letter 2 verified */
    NPIE_RENEWAL_CANCELLED,
    NPIE_RENEWAL_LAPSED,
    NPIE_RENEWAL_STATES     /**< how many */
} npie_renewal_state_t;

/** The stored text of a state, static; "?" out of range. */
const char *npie_renewal_state_name(npie_renewal_state_t state);

/** A renewal's row. Strings never NULL. From keyed on it needs csr, new_spki
 * and letter1, from issued on new_certificate: the database insists. */
typedef struct npie_renewal_t {
    apr_int64_t id;
    apr_int64_t employer;
    apr_int64_t old_certificate; /**< row */
    apr_int64_t new_certificate; /**< row, 0 before issued */
    npie_renewal_state_t state;
    npie_contact_t contact;      /**< as given in this renewal */
    npie_bytes_t csr;            /**< DER, empty before keyed */
    const char *new_spki;        /**< "" before keyed */
    const char *key_name;        /**< file name chosen, without .key */
    const char *key_sha256;      /**< of the .key file, hex, "" = unknown */
    apr_int64_t letter1;         /**< folio, 0 = none */
    apr_int64_t letter2;
    apr_time_t created;
    apr_time_t changed;
} npie_renewal_t;

/** The employer's renewal that is neither completed, cancelled nor lapsed;
 * the database allows one. */
apr_status_t npie_renewal_open(npie_renewal_t **prenewal,
                               npie_registry_t *registry, apr_int64_t employer,
                               npie_err_t *err);
/** The renewal that made a certificate. */
apr_status_t npie_renewal_by_new(npie_renewal_t **prenewal,
                                 npie_registry_t *registry,
                                 apr_int64_t certificate, npie_err_t *err);
apr_status_t npie_renewal_get(npie_renewal_t **prenewal,
                              npie_registry_t *registry, apr_int64_t id,
                              npie_err_t *err);
/** NPIE_ECONFLICT when one is open. */
apr_status_t npie_renewal_insert(apr_int64_t *pid, npie_registry_t *registry,
                                 const npie_renewal_t *renewal,
                                 npie_err_t *err);
/** Writes all but id, employer and created, if the stored state is still
 * `expected` (else NPIE_ECONFLICT). */
apr_status_t npie_renewal_update(npie_registry_t *registry,
                                 const npie_renewal_t *renewal,
                                 npie_renewal_state_t expected,
                                 npie_err_t *err);

/** A letter's row. */
typedef struct npie_letter_row_t {
    apr_int64_t folio;
    apr_int64_t renewal;
    apr_int64_t employer; /**< the renewal's; not looked at by an insert */
    npie_letter_kind_t kind;
    apr_time_t created;
    npie_bytes_t pdf;     /**< unsigned until signed_at, then signed */
    const char *sha256;   /**< of the unsigned file, hex */
    apr_time_t signed_at; /**< 0 = not yet */
    int voided;           /**< 1: replaced by a later letter or cancelled */
} npie_letter_row_t;

/** Draws the next folio: one sequence, no folio twice. In a transaction no
 * other draws one until it ends, and undoing it gives the folio back; outside
 * one the folio is spent. */
apr_status_t npie_folio_next(apr_int64_t *pfolio, npie_registry_t *registry,
                             npie_err_t *err);
/** The folio drawn last, 0 = none. */
apr_status_t npie_folio_last(apr_int64_t *pfolio, npie_registry_t *registry,
                             npie_err_t *err);
/** Passes over folios: the next one is above this. NPIE_ECONFLICT when it is
 * already. */
apr_status_t npie_folio_raise(npie_registry_t *registry, apr_int64_t folio,
                              npie_err_t *err);
apr_status_t npie_letter_get(npie_letter_row_t **pletter,
                             npie_registry_t *registry, apr_int64_t folio,
                             npie_err_t *err);
/** Before the renewal that names the folio is updated. NPIE_ECONFLICT when
 * the folio is used, or the renewal has a letter of that kind not voided. */
apr_status_t npie_letter_insert(npie_registry_t *registry,
                                const npie_letter_row_t *letter,
                                npie_err_t *err);
/** Puts the signed file in, once: NPIE_ECONFLICT when it is signed or
 * voided. */
apr_status_t npie_letter_set_signed(npie_registry_t *registry,
                                    apr_int64_t folio, npie_bytes_t pdf,
                                    apr_time_t when, npie_err_t *err);
/** Voids a letter; again is no failure. Of one that nobody signed the hash is
 * kept and not the bytes: its pdf is one NUL. */
apr_status_t npie_letter_void(npie_registry_t *registry, apr_int64_t folio,
                              npie_err_t *err);

/** Appends to the audit (store/audit.h): with the transaction that is open,
 * at its commit, which fails when this cannot be written; else at once.
 * @param actor serial or user; event [a-z-]+; detail English, no secrets */
apr_status_t npie_audit(npie_registry_t *registry, apr_time_t when,
                        const char *actor, const char *event,
                        const char *detail, npie_err_t *err);

#endif
