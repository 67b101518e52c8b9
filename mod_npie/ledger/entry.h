/* SPDX-License-Identifier: Apache-2.0
 * An entry of the ledger: one line of text, with one blank between its fields:
 *
 *   number time signer kind field... before signature
 *
 * number counts from 1; time is RFC 3339, UTC; signer is the short name of
 * the key that signed (see npie_entry_t); before is the SHA-256 of the whole
 * line before, in hex, of NPIE_LEDGER_GENESIS for the first; signature is
 * Ed25519 (RFC 8032) in base64, over the line as far as the blank before it.
 * So no line can be changed, taken out or moved without every later one
 * showing it, and none be added by who has not the key of a signer.
 */
#ifndef NPIE_LEDGER_ENTRY_H
#define NPIE_LEDGER_ENTRY_H

#include <apr_tables.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/** What the first entry stands behind. */
#define NPIE_LEDGER_GENESIS "npie ledger 1"
/** The longest line, bytes. */
#define NPIE_ENTRY_MAX 32768
/** The most fields of a kind. */
#define NPIE_ENTRY_FIELDS 8
/** Size of a signing key's short name, NUL included. */
#define NPIE_ENTRY_SIGNER_SIZE 17

/** What an entry says. */
typedef enum npie_entry_kind_t {
    NPIE_ENTRY_SIGNER, /**< a signer begins: its key signs from here on */
    NPIE_ENTRY_ISSUE,  /**< a certificate was made */
    NPIE_ENTRY_SEAL,   /**< a letter has the institute's seal */
    NPIE_ENTRY_REVOKE, /**< a certificate is revoked */
    NPIE_ENTRY_CRL,    /**< a CRL was made */
    NPIE_ENTRY_HEAD,   /**< the registry's audit has got so far */
    NPIE_ENTRY_RESEAL, /**< the same by hand, also back */
    NPIE_ENTRY_HOLD,   /**< a certificate is put on hold, or that hold is
                            lifted or confirmed */
    NPIE_ENTRY_KINDS
} npie_entry_kind_t;

/* The fields of each kind, by their place. Digests are SHA-256 in lower-case
 * hex, keys the digest of a SubjectPublicKeyInfo, authorities that of their
 * CA certificate's; serials are upper-case hex. */
enum { NPIE_SIGNER_CERTIFICATE };       /* base64 of DER */
enum {
    NPIE_ISSUE_FOLIO, NPIE_ISSUE_OLD, NPIE_ISSUE_NEW, NPIE_ISSUE_SERIAL,
    NPIE_ISSUE_TURN,        /* 0: an additional certificate; n: the nth
                               principal one made upon the old key, all
                               before revoked in vain */
    NPIE_ISSUE_LETTER,      /* digest of letter 1 or 3, as signed and found to
                               be of the installed terms; "-": made by version
                               0.1, which did not look */
    NPIE_ISSUE_CERTIFICATE  /* base64 of DER */
};
enum {
    NPIE_SEAL_FOLIO, NPIE_SEAL_KIND, NPIE_SEAL_KEY, NPIE_SEAL_DIGEST,
    NPIE_SEAL_SECTION,      /* digest of what was appended to the letter */
    NPIE_SEAL_SIGNATURE     /* base64: what is not the same when made again */
};
enum {
    NPIE_REVOKE_ISSUER, NPIE_REVOKE_SERIAL, NPIE_REVOKE_REASON,
    NPIE_REVOKE_TIME, NPIE_REVOKE_SINCE, /* "-": nobody said */
    NPIE_REVOKE_NOT_AFTER
};
enum {
    NPIE_CRL_ISSUER, NPIE_CRL_NUMBER, NPIE_CRL_THIS, NPIE_CRL_NEXT,
    NPIE_CRL_THROUGH,       /* the last entry that it lists */
    NPIE_CRL_PAST,          /* "number@time": revocations up to that entry of
                               certificates that ended before are left out */
    NPIE_CRL_DIGEST, NPIE_CRL_SIGNATURE /* base64: what CAs may sign anew and
                                           not get the same */
};
enum { NPIE_HEAD_EPOCH, NPIE_HEAD_SEQUENCE, NPIE_HEAD_HASH };
/* As far as not after in the order of revoke's. The reason is certificateHold;
 * removeFromCRL, when it is good again; or any other, for good. */
enum {
    NPIE_HOLD_TURN = NPIE_REVOKE_NOT_AFTER + 1, /* 0: it was not revoked
                                                   before; n: the nth change */
    NPIE_HOLD_ASKED         /* the reason that httpd gave */
};

/** An entry taken apart. Its strings live in the pool of
 * npie_entry_parse(). */
typedef struct npie_entry_t {
    apr_uint64_t number;
    apr_time_t time;      /**< UTC, whole seconds */
    const char *signer;   /**< 16 hex digits: the first of its key's digest */
    npie_entry_kind_t kind;
    const char *field[NPIE_ENTRY_FIELDS];
    const char *before;
    const char *line;     /**< all of it, without a line end */
} npie_entry_t;

/** A rule of uniqueness: no two entries have a mark in common. */
typedef struct npie_ledger_mark_t {
    const char *name;   /**< printable ASCII without blanks */
    apr_time_t expires; /**< UTC: after it few ask for it; 0: never */
} npie_ledger_mark_t;

/** What a line is signed over: number, time, signer, kind, fields, before.
 * @param fields the kind's, one blank between
 * @param before of the line before
 * @return in p */
const char *npie_entry_text(apr_uint64_t number, apr_time_t time,
                            const char *signer, npie_entry_kind_t kind,
                            const char *fields, const char *before,
                            apr_pool_t *p);

/**
 * Takes a line apart and looks at the form of each field. Chain and signature
 * are not judged: see ledger/chain.h.
 * @return NULL, or what is wrong with it, static English
 */
const char *npie_entry_parse(npie_entry_t **pentry, const char *line,
                             apr_pool_t *p);

/** The SHA-256 of a line, for the next one.
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_entry_digest(char digest[NPIE_SHA256_HEX_SIZE],
                               const char *line);

/** The name of a kind, as lines have it. */
const char *npie_entry_kind_name(npie_entry_kind_t kind);
/** The kind of a name. @return 1; 0: there is none */
int npie_entry_kind_find(npie_entry_kind_t *kind, const char *name);

/** What a field of a kind is called, in p; NULL behind the last.
 * @param is_number set to 1 when it is a number; may be NULL */
const char *npie_entry_field_name(npie_entry_kind_t kind, int field,
                                  int *is_number, apr_pool_t *p);

/** The marks of an entry: of npie_ledger_mark_t, in p. */
apr_array_header_t *npie_entry_marks(const npie_entry_t *entry,
                                     apr_pool_t *p);

/** A field that is a number; one that is a time, 0 for "-". */
apr_uint64_t npie_entry_number(const npie_entry_t *entry, int field);
apr_time_t npie_entry_time(const npie_entry_t *entry, int field);

/* The names of marks, for who looks for one; in p. */
const char *npie_mark_folio(apr_int64_t folio, apr_pool_t *p);
const char *npie_mark_seal(apr_int64_t folio, apr_pool_t *p);
const char *npie_mark_revoked(const char *issuer, const char *serial,
                              apr_pool_t *p);
/** What became of a hold: "turn" counts from 0, the hold itself. */
const char *npie_mark_hold(const char *issuer, const char *serial,
                           apr_uint64_t turn, apr_pool_t *p);
/** A word and its argument, as "key" and a digest. */
const char *npie_mark_of(const char *word, const char *argument,
                         apr_pool_t *p);
/** Numbers have as many digits in marks that they sort by value. */
const char *npie_mark_numbered(const char *word, const char *argument,
                               apr_uint64_t number, apr_pool_t *p);

#endif
