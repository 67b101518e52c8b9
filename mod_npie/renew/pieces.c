/* SPDX-License-Identifier: Apache-2.0
 * DER and PEM told apart, in whatever text they came.
 */
#include "renew/pieces.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>
#include <openssl/asn1t.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "letter/file.h"
#include "renew/secret.h"

#define SEQUENCE_TAG 0x30
/* OID data in DER: it stands near the beginning of every PFX. */
#define DATA_DER "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define DATA_WITHIN 40

static void push(apr_array_header_t *pieces, npie_piece_kind_t kind,
                 npie_bytes_t der, const char *header)
{
    npie_piece_t *piece = apr_array_push(pieces);

    piece->kind = kind;
    piece->der = der;
    piece->header = header;
}

static int begins(npie_bytes_t file, const char *bytes, apr_size_t len)
{
    return file.len >= len && memcmp(file.data, bytes, len) == 0;
}

static npie_bytes_t after(npie_bytes_t file, apr_size_t len)
{
    npie_bytes_t rest = { file.data + len, file.len - len };

    return rest;
}

/* Every other byte, where the ones between are zero: text of Windows. */
static npie_bytes_t narrowed(npie_bytes_t file, apr_size_t from, apr_pool_t *p)
{
    unsigned char *text = apr_palloc(p, file.len / 2 + 1);
    npie_bytes_t made = { text, 0 };

    for (apr_size_t i = from; i < file.len; i += 2) {
        text[made.len++] = file.data[i];
    }
    return npie_secret_cleanse(made, p);
}

/* The text without a mark of its encoding, a byte a character. */
static npie_bytes_t plain_text(npie_bytes_t file, apr_pool_t *p)
{
    if (begins(file, "\xef\xbb\xbf", 3)) {
        return after(file, 3);
    }
    if (begins(file, "\xff\xfe", 2) || begins(file, "\xfe\xff", 2)) {
        return narrowed(after(file, 2), file.data[0] == 0xfe, p);
    }
    if (begins(file, "-\0-\0", 4) || begins(file, "\0-\0-", 4)) {
        return narrowed(file, file.data[0] == '\0', p);
    }
    return file;
}

/* The bytes that a text of nothing but base64 stands for, else the text. */
static npie_bytes_t decoded(npie_bytes_t file, apr_pool_t *p)
{
    npie_bytes_t bytes;

    return memchr(file.data, '\0', file.len) == NULL
        && npie_text_base64_decode(&bytes, (const char *)file.data, file.len,
                                   p) == APR_SUCCESS
        && bytes.len > 0 && bytes.data[0] == SEQUENCE_TAG
        ? npie_secret_cleanse(bytes, p) : file;
}

static int is_key(const unsigned char *at, long len)
{
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, len);

    EVP_PKEY_free(key);
    return key != NULL;
}

static int is_chain(const unsigned char *at, long len)
{
    PKCS7 *p7 = d2i_PKCS7(NULL, &at, len);
    /* Its content may be left out. */
    int is_it = p7 != NULL && PKCS7_type_is_signed(p7) && p7->d.sign != NULL
        && sk_PKCS7_SIGNER_INFO_num(p7->d.sign->signer_info) <= 0;

    PKCS7_free(p7);
    return is_it;
}

/* What libcrypto takes it for. */
static npie_piece_kind_t parsed_kind(npie_bytes_t der)
{
    static const struct {
        ASN1_ITEM_EXP *item;
        npie_piece_kind_t kind;
    } items[] = {
        { ASN1_ITEM_ref(X509), NPIE_PIECE_CERTIFICATE },
        { ASN1_ITEM_ref(PKCS12), NPIE_PIECE_PFX },
        { ASN1_ITEM_ref(X509_SIG), NPIE_PIECE_KEY },
    };

    for (apr_size_t i = 0; i < sizeof(items) / sizeof(items[0]); ++i) {
        const unsigned char *at = der.data;
        const ASN1_ITEM *item = ASN1_ITEM_ptr(items[i].item);
        ASN1_VALUE *value = ASN1_item_d2i(NULL, &at, (long)der.len, item);

        ASN1_item_free(value, item);
        if (value != NULL) {
            return items[i].kind;
        }
    }
    return is_key(der.data, (long)der.len) ? NPIE_PIECE_KEY
        : is_chain(der.data, (long)der.len) ? NPIE_PIECE_CHAIN
                                            : NPIE_PIECE_OTHER;
}

/* Does its header promise more bytes than there are? */
static int is_cut(npie_bytes_t der)
{
    const unsigned char *at = der.data;
    int type, class;
    long len;

    /* 0x80: longer than the bytes, or no header. */
    return (ASN1_get_object(&at, &len, &type, &class, (long)der.len) & 0x80)
        != 0;
}

static int is_torn_pfx(const char *name, npie_bytes_t der)
{
    const char *dot = strrchr(name, '.');
    apr_size_t within = der.len < DATA_WITHIN ? der.len : DATA_WITHIN;

    return memmem(der.data, within, DATA_DER, sizeof(DATA_DER) - 1) != NULL
        || (dot != NULL && (strcasecmp(dot, ".pfx") == 0
                            || strcasecmp(dot, ".p12") == 0));
}

static npie_piece_kind_t der_kind(const char *name, npie_bytes_t der)
{
    npie_piece_kind_t kind = parsed_kind(der);

    if (kind == NPIE_PIECE_OTHER
        && (is_cut(der) || is_torn_pfx(name, der))) {
        kind = NPIE_PIECE_DAMAGED;
    }
    ERR_clear_error();
    return kind;
}

static npie_piece_kind_t block_kind(const char *label, npie_bytes_t der)
{
    if (strcmp(label, PEM_STRING_X509) == 0
        || strcmp(label, PEM_STRING_X509_OLD) == 0
        || strcmp(label, PEM_STRING_X509_TRUSTED) == 0) {
        return NPIE_PIECE_CERTIFICATE;
    }
    if (strcmp(label, PEM_STRING_PKCS8) == 0
        || strcmp(label, PEM_STRING_PKCS8INF) == 0
        || strcmp(label, PEM_STRING_RSA) == 0
        || strcmp(label, PEM_STRING_ECPRIVATEKEY) == 0) {
        return NPIE_PIECE_KEY;
    }
    return der_kind("", der);
}

static void read_blocks(apr_array_header_t *pieces, npie_bytes_t text,
                        apr_pool_t *p)
{
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
    char *label, *header;
    unsigned char *data;
    long len;

    while (bio != NULL
           && PEM_read_bio(bio, &label, &header, &data, &len) == 1) {
        npie_bytes_t der = { apr_pmemdup(p, data, (apr_size_t)len),
                             (apr_size_t)len };

        push(pieces, block_kind(label, der), npie_secret_cleanse(der, p),
             apr_pstrdup(p, header));
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)len);
    }
    BIO_free(bio);
    ERR_clear_error();
}

apr_array_header_t *npie_pieces_read(const char *name, npie_bytes_t file,
                                     apr_pool_t *p)
{
    apr_array_header_t *pieces = apr_array_make(p, 2, sizeof(npie_piece_t));
    npie_bytes_t bytes = plain_text(file, p);
    npie_file_kind_t kind;

    if (bytes.len > 0) {
        bytes = decoded(bytes, p);
    }
    kind = npie_file_kind(bytes);
    if (kind != NPIE_FILE_PFX && kind != NPIE_FILE_CERTIFICATE
        && kind != NPIE_FILE_KEY && kind != NPIE_FILE_OTHER) {
        push(pieces, NPIE_PIECE_OTHER, bytes, "");
    }
    else if (bytes.data[0] == SEQUENCE_TAG) {
        push(pieces, der_kind(name, bytes), bytes, "");
    }
    else {
        read_blocks(pieces, bytes, p);
    }
    if (pieces->nelts == 0) {
        push(pieces, NPIE_PIECE_OTHER, bytes, "");
    }
    return pieces;
}
