/* SPDX-License-Identifier: Apache-2.0
 * The columns of the tables that are read and written as wholes. Each stands
 * here once, as X(kind, column, member): SELECT, INSERT and UPDATE, reading and
 * writing all come from these lists. Inside store/ only.
 */
#ifndef NPIE_STORE_REGISTRY_LISTS_H
#define NPIE_STORE_REGISTRY_LISTS_H

/* Of an employer, what never changes, and what may. The first column of a
 * list is FIRST, each other one NEXT: those are apart by a comma. */
#define NPIE_EMPLOYER_KEYS(FIRST, NEXT)                                      \
    FIRST(TEXT, rp, rp) NEXT(TEXT, username, user)
#define NPIE_EMPLOYER_DATA(FIRST, NEXT)                                      \
    FIRST(TEXT, name, name) NEXT(TEXT, rfc, rfc)                             \
    NEXT(TEXT, given_name, given_name) NEXT(TEXT, surname, surname)          \
    NEXT(TEXT, surname2, surname2) NEXT(TEXT, curp, curp)                    \
    NEXT(TEXT, subdelegation, subdelegation)                                 \
    NEXT(INT, entity, address.entity) NEXT(TEXT, city, address.city)         \
    NEXT(TEXT, municipality, address.municipality)                           \
    NEXT(TEXT, colony, address.colony) NEXT(TEXT, street, address.street)    \
    NEXT(TEXT, outer_number, address.outer_number)                           \
    NEXT(TEXT, inner_number, address.inner_number)                           \
    NEXT(TEXT, postcode, address.postcode)                                   \
    NEXT(TEXT, email, contact.email) NEXT(TEXT, phone, contact.phone)        \
    NEXT(TEXT, fax, contact.fax)

#define NPIE_CERTIFICATE_DATA(FIRST, NEXT)                                   \
    FIRST(NUMBER, employer, employer) NEXT(INT, generation, generation)      \
    NEXT(INT, additional, additional) NEXT(TEXT, holder, holder)             \
    NEXT(TEXT, holder_email, holder_email) NEXT(TEXT, serial, serial)        \
    NEXT(TEXT, spki, spki) NEXT(BYTES, der, der)                             \
    NEXT(MOMENT, not_before, not_before) NEXT(MOMENT, not_after, not_after)  \
    NEXT(NAME, status, status) NEXT(TIME, ended, ended)                      \
    NEXT(TEXT, reason, reason) NEXT(TIME, terms_signed, terms_signed)

#define NPIE_RENEWAL_KEYS(FIRST, NEXT)                                       \
    FIRST(NUMBER, employer, employer) NEXT(MOMENT, created, created)
#define NPIE_RENEWAL_DATA(FIRST, NEXT)                                       \
    FIRST(NUMBER, old_certificate, old_certificate)                          \
    NEXT(REFERENCE, new_certificate, new_certificate)                        \
    NEXT(NAME, state, state) NEXT(TEXT, email, contact.email)                \
    NEXT(TEXT, phone, contact.phone) NEXT(TEXT, fax, contact.fax)            \
    NEXT(BYTES, csr, csr) NEXT(TEXT, new_spki, new_spki)                     \
    NEXT(TEXT, key_name, key_name) NEXT(TEXT, key_sha256, key_sha256)        \
    NEXT(REFERENCE, letter1, letter1) NEXT(REFERENCE, letter2, letter2)      \
    NEXT(MOMENT, changed, changed)

/* In SQL: "rp, username"; "%s, %s"; "rp = %s, username = %s". */
#define NPIE_PLACE_TEXT "%s"
#define NPIE_PLACE_INT "%d"
#define NPIE_PLACE_NUMBER "%lld"
#define NPIE_PLACE_REFERENCE "%lld"
#define NPIE_PLACE_MOMENT "%lld"
#define NPIE_PLACE_TIME "%lld"
#define NPIE_PLACE_BYTES "%s"
#define NPIE_PLACE_NAME "%s"
#define NPIE_NAMES_FIRST(kind, column, member) #column
#define NPIE_NAMES_NEXT(kind, column, member) ", " #column
#define NPIE_PLACES_FIRST(kind, column, member) NPIE_PLACE_##kind
#define NPIE_PLACES_NEXT(kind, column, member) ", " NPIE_PLACE_##kind
#define NPIE_SETS_FIRST(kind, column, member) #column " = " NPIE_PLACE_##kind
#define NPIE_SETS_NEXT(kind, column, member)                                 \
    ", " #column " = " NPIE_PLACE_##kind
/* Of a table that is called so in the statement: "c.id, c.employer". */
#define NPIE_NAMES_C(kind, column, member) ", c." #column
#define NPIE_NAMES_E(kind, column, member) ", e." #column
#define NPIE_NAMES_I(kind, column, member) ", i." #column
#define NPIE_NAMES_N(kind, column, member) ", n." #column
#define NPIE_NAMES_O(kind, column, member) ", o." #column
#define NPIE_NAMES_R(kind, column, member) ", r." #column
#define NPIE_COLUMN_NAMES_OF(X, LIST) LIST(NPIE_NAMES_##X, NPIE_NAMES_##X)
#define NPIE_COLUMN_NAMES(LIST) LIST(NPIE_NAMES_FIRST, NPIE_NAMES_NEXT)
#define NPIE_COLUMN_PLACES(LIST) LIST(NPIE_PLACES_FIRST, NPIE_PLACES_NEXT)
#define NPIE_COLUMN_SETS(LIST) LIST(NPIE_SETS_FIRST, NPIE_SETS_NEXT)
/** A file's place in a statement: binary. */
#define NPIE_PLACE_FILE "%pDb"

#endif
