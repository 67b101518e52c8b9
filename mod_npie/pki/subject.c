/* SPDX-License-Identifier: Apache-2.0
 * The subject of a certificate.
 *
 * Two conventions decide here over the letter of RFC 5280 and X.520:
 * - x500UniqueIdentifier holds the RFC as text by default, where X.520 has a
 *   BIT STRING: Mexican software looks for text there. Parsers that go by X.520
 *   alone fail on it, so the encoding is the admin's choice, and the RFC stands
 *   in organizationIdentifier as well.
 * - A name longer than the upper bounds of RFC 5280's appendix A (64
 *   characters in O and CN) stays whole. The bounds come from X.411, verifiers
 *   do not apply them, and a razón social cut short names another company.
 */
#include "pki/subject.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "model/field.h"

#define NAME_MAX_CHARS 200
/* ETSI EN 319 412-1, 5.1.4: kind of identifier, country, hyphen. */
#define VAT_PREFIX "VATMX-"

/* One RDN with one attribute; "" is left out. */
static int add_rdn(X509_NAME *name, int nid, int type, const char *text)
{
    return *text == '\0'
        || X509_NAME_add_entry_by_NID(name, nid, type,
                                      (const unsigned char *)text, -1, -1,
                                      0) == 1;
}

/* PrintableString where it will do, as RFC 5280 asks for serialNumber; the &
 * and Ñ of an RFC need UTF8String. */
static int plain_type(const char *text)
{
    return ASN1_PRINTABLE_type((const unsigned char *)text, -1)
        == V_ASN1_PRINTABLESTRING ? V_ASN1_PRINTABLESTRING
                                  : V_ASN1_UTF8STRING;
}

/* The text's octets as bits, all eight of the last one too: left to itself
 * libcrypto drops the zeros at the end. */
static int add_bits(X509_NAME *name, int nid, const char *text)
{
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(
        NULL, nid, V_ASN1_BIT_STRING, (const unsigned char *)text, -1);
    int added;

    if (entry == NULL) {
        return 0;
    }
    X509_NAME_ENTRY_get_data(entry)->flags |= ASN1_STRING_FLAG_BITS_LEFT;
    added = X509_NAME_add_entry(name, entry, -1, 0) == 1;
    X509_NAME_ENTRY_free(entry);
    return added;
}

static int add_rfc(X509_NAME *name, const char *rfc, int bit_string)
{
    char vat[sizeof(VAT_PREFIX) + 4 * NAME_MAX_CHARS];

    if (*rfc == '\0') {
        return 1;
    }
    apr_snprintf(vat, sizeof(vat), VAT_PREFIX "%s", rfc);
    return (bit_string
            ? add_bits(name, NID_x500UniqueIdentifier, rfc)
            : add_rdn(name, NID_x500UniqueIdentifier, plain_type(rfc), rfc))
        && add_rdn(name, NID_organizationIdentifier, V_ASN1_UTF8STRING, vat);
}

int npie_subject_set(X509 *x509, const npie_subject_t *subject,
                     int bit_string)
{
    X509_NAME *name = X509_get_subject_name(x509);

    return add_rdn(name, NID_countryName, V_ASN1_PRINTABLESTRING, "MX")
        && add_rdn(name, NID_organizationName, V_ASN1_UTF8STRING,
                   subject->organization)
        && add_rdn(name, NID_organizationalUnitName, V_ASN1_UTF8STRING,
                   subject->rp10)
        && add_rdn(name, NID_commonName, V_ASN1_UTF8STRING,
                   subject->common_name)
        && add_rdn(name, NID_serialNumber, plain_type(subject->curp),
                   subject->curp)
        && add_rfc(name, subject->rfc, bit_string);
}

/* RFC 9598, section 3: rfc822Name when the local part is ASCII, else
 * SmtpUTF8Mailbox. */
static GENERAL_NAME *email_name(const char *wire)
{
    int utf8 = npie_field_email_is_utf8(wire);
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *text = ASN1_STRING_type_new(utf8 ? V_ASN1_UTF8STRING
                                                  : V_ASN1_IA5STRING);
    ASN1_TYPE *value = ASN1_TYPE_new();

    if (name == NULL || text == NULL || value == NULL
        || ASN1_STRING_set(text, wire, -1) != 1) {
        goto fail;
    }
    if (!utf8) {
        ASN1_TYPE_free(value);
        GENERAL_NAME_set0_value(name, GEN_EMAIL, text);
        return name;
    }
    ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
    text = NULL;
    if (GENERAL_NAME_set0_othername(
            name, OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox), value) == 1) {
        return name;
    }
fail:
    GENERAL_NAME_free(name);
    ASN1_STRING_free(text);
    ASN1_TYPE_free(value);
    return NULL;
}

int npie_subject_add_email(X509 *x509, const npie_subject_t *subject,
                           apr_pool_t *p)
{
    const char *wire = NULL;
    GENERAL_NAMES *names;
    GENERAL_NAME *name;
    int done = 0;

    if (*subject->email == '\0') {
        return 1;
    }
    if (npie_field_email_wire(&wire, subject->email, NULL, p)
        != APR_SUCCESS) {
        return 0;
    }
    names = GENERAL_NAMES_new();
    name = email_name(wire);
    if (names == NULL || name == NULL
        || sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
    } else {
        done = X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0,
                                 X509V3_ADD_APPEND) == 1;
    }
    GENERAL_NAMES_free(names);
    return done;
}

static int is_name(const char *text, int required)
{
    return npie_text_is_clean(text, strlen(text))
        && npie_text_length(text) <= NAME_MAX_CHARS
        && (!required || *text != '\0');
}

int npie_subject_is_complete(const npie_subject_t *subject, apr_pool_t *p)
{
    const char *wire = NULL;

    return is_name(subject->organization, 1) && is_name(subject->rp10, 1)
        && is_name(subject->common_name, 1) && is_name(subject->curp, 0)
        && is_name(subject->rfc, 0)
        && (*subject->email == '\0'
            || npie_field_email_wire(&wire, subject->email, NULL, p)
                == APR_SUCCESS);
}
