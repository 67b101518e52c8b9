/* SPDX-License-Identifier: Apache-2.0
 * What a certificate from outside must be before it is looked at.
 */
#include "pki/x509.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki/der.h"

#define ENTRIES_MAX 40       /* of a name; the longest known have 12 */
#define VALUE_MAX 1024       /* bytes of one of them */
#define EXTENSIONS_MAX 40
#define SERIAL_MAX 20        /* octets, RFC 5280 section 4.1.2.2 */
#define UTC_LEN 13           /* YYMMDDHHMMSSZ, section 4.1.2.5 */
#define GENERALIZED_LEN 15
#define MODULUS_MAX 2048     /* octets */
#define EXPONENT_MAX 32      /* octets, FIPS 186-5, A.1.1 */

/* Sections 4.1.2.4 and 4.1.2.6. A subject may be empty there when it has
 * another name; ours have their employer's. */
static const char *name_fault(const X509_NAME *name)
{
    int count = X509_NAME_entry_count(name);

    if (count < 1) {
        return "the certificate's issuer or subject is empty";
    }
    for (int i = 0; i < count && count <= ENTRIES_MAX; ++i) {
        const ASN1_STRING *value =
            X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));

        if (ASN1_STRING_length(value) > VALUE_MAX) {
            count = ENTRIES_MAX + 1;
        }
    }
    return count <= ENTRIES_MAX ? NULL
        : "a name in the certificate is absurdly long";
}

/* Roots of number 0 are in every browser's list. */
static const char *serial_fault(const X509 *x509)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
    int root = X509_NAME_cmp(X509_get_subject_name(x509),
                             X509_get_issuer_name(x509)) == 0;
    const unsigned char *data = ASN1_STRING_get0_data(serial);
    int len = ASN1_STRING_length(serial);

    if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || len < 1
        || len > SERIAL_MAX) {
        return "the certificate's serial number is negative or too long";
    }
    return data[0] == 0 && len == 1 && !root
        ? "the certificate's serial number is 0" : NULL;
}

static int is_time(const ASN1_TIME *time)
{
    int type = ASN1_STRING_type(time), len = ASN1_STRING_length(time);

    return ((type == V_ASN1_UTCTIME && len == UTC_LEN)
            || (type == V_ASN1_GENERALIZEDTIME && len == GENERALIZED_LEN))
        && ASN1_STRING_get0_data(time)[len - 1] == 'Z'
        && ASN1_TIME_check(time) == 1;
}

static const char *time_fault(const X509 *x509)
{
    const ASN1_TIME *from = X509_get0_notBefore(x509);
    const ASN1_TIME *until = X509_get0_notAfter(x509);

    return is_time(from) && is_time(until)
        && ASN1_TIME_compare(from, until) <= 0 ? NULL
        : "the certificate's dates are unreadable or in the wrong order";
}

/* Section 4.2: none more than once, and only in version 3. */
static const char *extension_fault(const X509 *x509)
{
    int count = X509_get_ext_count(x509);
    long version = X509_get_version(x509);

    if (version < X509_VERSION_1 || version > X509_VERSION_3
        || (count > 0 && version != X509_VERSION_3)) {
        return "the certificate's version does not fit what is in it";
    }
    if (count > EXTENSIONS_MAX) {
        return "the certificate has too many extensions";
    }
    for (int i = 0; i < count; ++i) {
        const ASN1_OBJECT *kind =
            X509_EXTENSION_get_object(X509_get_ext(x509, i));

        if (X509_get_ext_by_OBJ(x509, kind, i) >= 0) {
            return "an extension of the certificate occurs twice";
        }
    }
    return NULL;
}

/* Section 4.1.1.2: what is signed and what is said outside are the same. */
static const char *algorithm_fault(const X509 *x509)
{
    const X509_ALGOR *outside = NULL;

    X509_get0_signature(NULL, &outside, x509);
    return X509_ALGOR_cmp(outside, X509_get0_tbs_sigalg(x509)) == 0 ? NULL
        : "the certificate names two signature algorithms";
}

/* A positive odd INTEGER of so many octets at most at *pat, moved behind it. */
static int is_odd(const unsigned char **pat, const unsigned char *end,
                  long max)
{
    long len = 0;
    int tag = 0, class = 0;
    const unsigned char *data;

    if (ASN1_get_object(pat, &len, &tag, &class, end - *pat) != 0
        || tag != V_ASN1_INTEGER || len < 1) {
        return 0;
    }
    data = *pat;
    *pat += len;
    return data[0] < 0x80 && len <= max + (data[0] == 0)
        && (data[len - 1] & 1) != 0;
}

/* RFC 8017, A.1.1: modulus and exponent. libcrypto takes a negative one for
 * its bits, which would be a second encoding of one key. */
static int is_rsa_key(npie_bytes_t key)
{
    const unsigned char *at = key.data, *end = key.data + key.len;
    long len = 0;
    int tag = 0, class = 0;

    if (!npie_der_is_canonical(key)) {
        return 0;
    }
    ASN1_get_object(&at, &len, &tag, &class, end - at);
    return tag == V_ASN1_SEQUENCE && is_odd(&at, end, MODULUS_MAX)
        && !(end - at == 3 && at[2] == 1) && is_odd(&at, end, EXPONENT_MAX)
        && at == end;
}

static const char *key_fault(const X509 *x509)
{
    ASN1_OBJECT *kind = NULL;
    const unsigned char *bits = NULL;
    int len = 0;
    npie_bytes_t key;

    if (X509_PUBKEY_get0_param(&kind, &bits, &len, NULL,
                               X509_get_X509_PUBKEY(x509)) != 1
        || len < 1) {
        return "the certificate's key is unreadable";
    }
    key.data = bits;
    key.len = (apr_size_t)len;
    return OBJ_obj2nid(kind) != NID_rsaEncryption || is_rsa_key(key) ? NULL
        : "the certificate's RSA key is none";
}

static const char *fault_of(const X509 *x509)
{
    const char *(*const rules[])(const X509 *) = {
        extension_fault, serial_fault, time_fault, algorithm_fault, key_fault
    };
    const char *fault = name_fault(X509_get_issuer_name(x509));

    if (fault == NULL) {
        fault = name_fault(X509_get_subject_name(x509));
    }
    for (size_t i = 0; fault == NULL && i < sizeof(rules) / sizeof(*rules);
         ++i) {
        fault = rules[i](x509);
    }
    return fault;
}

const char *npie_x509_read(X509 **px509, npie_bytes_t der)
{
    const unsigned char *at = der.data;
    const char *fault;
    X509 *x509;

    *px509 = NULL;
    if (!npie_der_is_canonical(der)) {
        return "the certificate is not DER to its last byte";
    }
    x509 = d2i_X509(NULL, &at, (long)der.len);
    if (x509 == NULL) {
        return "the certificate cannot be parsed";
    }
    fault = fault_of(x509);
    /* libcrypto notes what the extensions say at first use; done here, the
     * certificate is read-only from now on. */
    if (fault == NULL
        && (X509_check_purpose(x509, -1, 0) != 1
            || (X509_get_extension_flags(x509) & EXFLAG_INVALID) != 0)) {
        fault = "an extension of the certificate cannot be parsed";
    }
    if (fault != NULL) {
        X509_free(x509);
        return fault;
    }
    ERR_clear_error();
    *px509 = x509;
    return NULL;
}

STACK_OF(X509) *npie_x509_stack(const apr_array_header_t *chain)
{
    STACK_OF(X509) *stack = sk_X509_new_null();

    for (int i = 0; stack != NULL && chain != NULL && i < chain->nelts; ++i) {
        X509 *x509 = NULL;

        npie_x509_read(&x509, APR_ARRAY_IDX(chain, i, npie_bytes_t));
        if (x509 == NULL || sk_X509_push(stack, x509) == 0) {
            X509_free(x509);
            sk_X509_pop_free(stack, X509_free);
            stack = NULL;
        }
    }
    return stack;
}
