/* SPDX-License-Identifier: Apache-2.0
 * Reading of certificates: names entry by entry, never by splitting text.
 */
#include "pki/cert.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "model/field.h"
#include "pki/openssl.h"
#include "pki/x509.h"

#define SERIAL_DIGITS 20 /* of the Mexican convention */

static apr_status_t malformed(npie_err_t *err, const char *what)
{
    return npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_CERT_MALFORMED, what);
}

/* Bytes as a trimmed string in p, NULL when they are not clean UTF-8. No bytes
 * are "": libcrypto gives NULL for the data of an empty value. */
static const char *clean(const unsigned char *data, int len, apr_pool_t *p)
{
    if (len == 0) {
        return "";
    }
    if (len < 0 || !npie_text_is_clean((const char *)data, (apr_size_t)len)) {
        return NULL;
    }
    return npie_text_trim(apr_pstrmemdup(p, (const char *)data,
                                         (apr_size_t)len), p);
}

/* Any of ASN.1's strings as clean UTF-8 in p, or NULL. libcrypto takes
 * T61String and the 8-bit ones for Latin-1, as the authorities that used them
 * meant them. */
static const char *to_utf8(const ASN1_STRING *string, apr_pool_t *p)
{
    unsigned char *utf8 = NULL;
    const char *text;
    int len = ASN1_STRING_to_UTF8(&utf8, string);

    if (len < 0) {
        ERR_clear_error();
        return NULL;
    }
    text = clean(utf8, len, p);
    OPENSSL_free(utf8);
    return text;
}

/* 2.5.4.45 is a BIT STRING by X.520 and text in Mexican certificates. Bits
 * that are no text are somebody else's identifier: "". */
static const char *unique_identifier(const ASN1_STRING *string, apr_pool_t *p)
{
    const char *text;

    if (ASN1_STRING_type(string) != V_ASN1_BIT_STRING) {
        return to_utf8(string, p);
    }
    text = clean(ASN1_STRING_get0_data(string), ASN1_STRING_length(string), p);
    return text != NULL ? text : "";
}

/* The RP without its check digit, if this OU is one. */
static const char *rp10_of(const char *ou, apr_pool_t *p)
{
    char rp[NPIE_RP_SIZE];

    if (npie_field_rp_digit(ou) != 0) {
        return ou;
    }
    if (npie_field_rp(rp, ou) == APR_SUCCESS) {
        return apr_pstrmemdup(p, rp, NPIE_RP10_SIZE - 1);
    }
    return "";
}

/* One entry of the subject into its field; of attributes that occur twice
 * the first counts. */
static int take_entry(npie_cert_t *cert, const X509_NAME_ENTRY *entry,
                      apr_pool_t *p)
{
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    const char **field = NULL;
    const char *text;

    switch (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))) {
    case NID_commonName:
        field = &cert->common_name;
        break;
    case NID_organizationName:
        field = &cert->organization;
        break;
    case NID_organizationalUnitName:
        field = &cert->rp10;
        break;
    case NID_serialNumber:
        field = &cert->curp;
        break;
    case NID_x500UniqueIdentifier:
        field = &cert->rfc;
        break;
    case NID_pkcs9_emailAddress:
        field = &cert->email;
        break;
    default:
        return 1;
    }
    text = field == &cert->rfc ? unique_identifier(value, p)
                               : to_utf8(value, p);
    if (text == NULL) {
        return 0;
    }
    if (field == &cert->rp10) {
        text = rp10_of(text, p);
        if (**field != '\0' && *text != '\0' && strcmp(*field, text) != 0) {
            return 0; /* two employers in one certificate */
        }
    }
    if (**field == '\0') {
        *field = text;
    }
    return 1;
}

static int read_subject(npie_cert_t *cert, apr_pool_t *p)
{
    const X509_NAME *name = X509_get_subject_name(cert->x509);
    int count = X509_NAME_entry_count(name);

    cert->common_name = cert->organization = cert->rp10 = "";
    cert->curp = cert->rfc = cert->email = "";
    for (int i = 0; i < count; ++i) {
        if (!take_entry(cert, X509_NAME_get_entry(name, i), p)) {
            return 0;
        }
    }
    return 1;
}

/* The address in a general name, NULL when it is of another kind. */
static const ASN1_STRING *address_of(const GENERAL_NAME *name)
{
    int kind = 0;
    const void *value = GENERAL_NAME_get0_value(name, &kind);
    const OTHERNAME *other = value;

    if (kind == GEN_EMAIL) {
        return value;
    }
    /* RFC 9598: addresses with a local part outside ASCII. */
    if (kind == GEN_OTHERNAME
        && OBJ_obj2nid(other->type_id) == NID_id_on_SmtpUTF8Mailbox
        && other->value->type == V_ASN1_UTF8STRING) {
        return other->value->value.utf8string;
    }
    return NULL;
}

/* An address in subjectAltName takes the place of the subject's. */
static int read_alt_names(npie_cert_t *cert, apr_pool_t *p)
{
    int where = -1, readable = 1, count;
    GENERAL_NAMES *names = X509_get_ext_d2i(cert->x509, NID_subject_alt_name,
                                            &where, NULL);

    if (names == NULL) {
        /* -1: there is none; else it occurs twice or cannot be parsed. */
        return where == -1;
    }
    count = sk_GENERAL_NAME_num(names);
    for (int i = 0; i < count; ++i) {
        const ASN1_STRING *value =
            address_of(sk_GENERAL_NAME_value(names, i));

        if (value != NULL) {
            const char *text = clean(ASN1_STRING_get0_data(value),
                                     ASN1_STRING_length(value), p);

            readable = text != NULL;
            cert->email = readable ? text : "";
            break;
        }
    }
    GENERAL_NAMES_free(names);
    return readable;
}

const char *npie_cert_serial_text(const char *serial, apr_pool_t *p)
{
    char *digits;

    if (strlen(serial) != 2 * SERIAL_DIGITS) {
        return serial;
    }
    digits = apr_palloc(p, SERIAL_DIGITS + 1);
    /* The ASCII digit n is written 3n in hex. */
    for (int i = 0; i < SERIAL_DIGITS; ++i) {
        digits[i] = serial[2 * i + 1];
        if (serial[2 * i] != '3' || digits[i] < '0' || digits[i] > '9') {
            return serial;
        }
    }
    digits[SERIAL_DIGITS] = '\0';
    return digits;
}

static void read_serial(npie_cert_t *cert, apr_pool_t *p)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert->x509);
    const npie_bytes_t octets = { ASN1_STRING_get0_data(serial),
                                  (apr_size_t)ASN1_STRING_length(serial) };
    char *hex = npie_text_hex(octets, p);

    for (char *c = hex; *c != '\0'; ++c) {
        *c = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
    }
    cert->serial = hex;
    cert->serial_text = npie_cert_serial_text(hex, p);
}

/* What people call the issuer; NULL: neither name is there. */
static const char *issuer_name(const X509_NAME *name, apr_pool_t *p)
{
    static const int nids[] = { NID_commonName, NID_organizationName };
    const char *text = NULL;

    for (size_t i = 0; i < 2 && (text == NULL || *text == '\0'); ++i) {
        const int at = X509_NAME_get_index_by_NID((X509_NAME *)name, nids[i],
                                                  -1);

        text = at < 0 ? NULL : to_utf8(X509_NAME_ENTRY_get_data(
                                   X509_NAME_get_entry(name, at)), p);
    }
    return text;
}

static int read_issuer(npie_cert_t *cert, apr_pool_t *p)
{
    const X509_NAME *name = X509_get_issuer_name(cert->x509);
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    long len = 0;

    if (bio != NULL
        && X509_NAME_print_ex(bio, name, 0,
                              XN_FLAG_RFC2253
                              & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
        len = BIO_get_mem_data(bio, &data);
    }
    cert->issuer = clean((unsigned char *)data, (int)len, p);
    BIO_free(bio);
    cert->issuer_name = issuer_name(name, p);
    if (cert->issuer_name == NULL || *cert->issuer_name == '\0') {
        cert->issuer_name = cert->issuer;
    }
    return cert->issuer != NULL;
}

apr_status_t npie_cert_parse(npie_cert_t **pcert, npie_bytes_t bytes,
                             npie_err_t *err, apr_pool_t *p)
{
    static const char *const labels[] = { PEM_STRING_X509, NULL };
    npie_cert_t *cert = apr_pcalloc(p, sizeof(*cert));
    npie_public_key_t key;
    const char *fault;

    *pcert = NULL;
    if (npie_openssl_der(&cert->der, bytes, labels, NPIE_CERT_MAX, p)
        != APR_SUCCESS) {
        return malformed(err, "no certificate");
    }
    fault = npie_x509_read(&cert->x509, cert->der);
    if (fault != NULL) {
        return malformed(err, fault);
    }
    apr_pool_cleanup_register(p, cert->x509, npie_openssl_free_x509,
                              apr_pool_cleanup_null);
    read_serial(cert, p);
    if (!read_subject(cert, p) || !read_alt_names(cert, p)
        || !read_issuer(cert, p)) {
        return malformed(err, "a name in the certificate is unreadable");
    }
    if (!npie_openssl_time(&cert->not_before, X509_get0_notBefore(cert->x509))
        || !npie_openssl_time(&cert->not_after,
                              X509_get0_notAfter(cert->x509))) {
        return malformed(err, "the certificate's dates are unreadable");
    }
    if (npie_openssl_public_key(&key, X509_get_X509_PUBKEY(cert->x509), p)
        != APR_SUCCESS) {
        return malformed(err, "the certificate's key is unreadable");
    }
    cert->spki = key.spki;
    memcpy(cert->spki_sha256, key.spki_sha256, sizeof(cert->spki_sha256));
    cert->public_key = key.bit_string;
    cert->key_type = key.type;
    cert->key_bits = key.bits;
    ERR_clear_error();
    *pcert = cert;
    return APR_SUCCESS;
}

char *npie_cert_pem(const npie_cert_t *cert, apr_pool_t *p)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL, *pem = NULL;
    long len;

    if (bio != NULL && PEM_write_bio_X509(bio, cert->x509) == 1) {
        len = BIO_get_mem_data(bio, &data);
        pem = apr_pstrmemdup(p, data, (apr_size_t)len);
    }
    BIO_free(bio);
    ERR_clear_error();
    return pem;
}
