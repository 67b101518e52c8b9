/* SPDX-License-Identifier: Apache-2.0
 * PBMAC1: the key by PBKDF2, the MAC by HMAC.
 */
#include "renew/pbmac1.h"

#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/objects.h>

#define PBMAC1 "1.2.840.113549.1.5.14"
#define OID_SIZE 64
/* RFC 9579, section 4: a shorter key is no protection; none that is longer
 * than the widest digest adds any. */
#define KEY_MIN 20
#define KEY_MAX 64

static const X509_ALGOR *algorithm_of(const PKCS12 *p12,
                                      const ASN1_OCTET_STRING **pvalue)
{
    const X509_ALGOR *algorithm;

    PKCS12_get0_mac(pvalue, &algorithm, NULL, NULL, p12);
    return algorithm;
}

int npie_pbmac1_is_there(const PKCS12 *p12)
{
    const ASN1_OBJECT *object;
    char text[OID_SIZE];

    X509_ALGOR_get0(&object, NULL, NULL, algorithm_of(p12, NULL));
    OBJ_obj2txt(text, sizeof(text), object, 1);
    return strcmp(text, PBMAC1) == 0;
}

/* The digest of an hmacWith... algorithm; NULL: unknown. */
static const EVP_MD *digest_of(const X509_ALGOR *algorithm)
{
    int digest = NID_sha1;

    if (algorithm != NULL
        && EVP_PBE_find(EVP_PBE_TYPE_PRF, OBJ_obj2nid(algorithm->algorithm),
                        NULL, &digest, NULL) != 1) {
        return NULL;
    }
    return EVP_get_digestbynid(digest);
}

static npie_tried_t read_kdf(npie_pbmac1_t *mac, const X509_ALGOR *keyfunc)
{
    int64_t length = 0;

    if (OBJ_obj2nid(keyfunc->algorithm) != NID_id_pbkdf2) {
        return NPIE_TRIED_UNSUPPORTED;
    }
    mac->kdf = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM),
                                         keyfunc->parameter);
    if (mac->kdf == NULL || mac->kdf->salt->type != V_ASN1_OCTET_STRING
        || !npie_forms_count_is_sane(mac->kdf->iter)
        || mac->kdf->keylength == NULL
        || ASN1_INTEGER_get_int64(&length, mac->kdf->keylength) != 1
        || length < KEY_MIN || length > KEY_MAX) {
        return NPIE_TRIED_DAMAGED;
    }
    mac->length = (int)length;
    mac->prf = digest_of(mac->kdf->prf);
    return mac->prf != NULL ? NPIE_TRIED_OPEN : NPIE_TRIED_UNSUPPORTED;
}

npie_tried_t npie_pbmac1_read(npie_pbmac1_t *mac, const PKCS12 *p12,
                              const PKCS7 *content)
{
    /* PBMAC1-params and PBES2-params have one shape. */
    PBE2PARAM *params = ASN1_TYPE_unpack_sequence(
        ASN1_ITEM_rptr(PBE2PARAM),
        algorithm_of(p12, &mac->value)->parameter);
    npie_tried_t tried = NPIE_TRIED_DAMAGED;

    mac->kdf = NULL;
    if (params != NULL && content != NULL && PKCS7_type_is_data(content)
        && content->d.data != NULL) {
        mac->content = content->d.data;
        tried = read_kdf(mac, params->keyfunc);
        mac->digest = digest_of(params->encryption);
        if (tried == NPIE_TRIED_OPEN && mac->digest == NULL) {
            tried = NPIE_TRIED_UNSUPPORTED;
        }
    }
    if (tried != NPIE_TRIED_OPEN) {
        npie_pbmac1_free(mac);
    }
    PBE2PARAM_free(params);
    ERR_clear_error();
    return tried;
}

int npie_pbmac1_holds(const npie_pbmac1_t *mac, const npie_secret_t *form)
{
    const ASN1_OCTET_STRING *salt = mac->kdf->salt->value.octet_string;
    unsigned char key[KEY_MAX], md[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    int holds = PKCS5_PBKDF2_HMAC(form->text != NULL ? form->text : "",
                                  (int)form->len, ASN1_STRING_get0_data(salt),
                                  ASN1_STRING_length(salt),
                                  (int)ASN1_INTEGER_get(mac->kdf->iter),
                                  mac->prf, mac->length, key) == 1
        && HMAC(mac->digest, key, mac->length,
                ASN1_STRING_get0_data(mac->content),
                (size_t)ASN1_STRING_length(mac->content), md, &len) != NULL
        && (int)len == ASN1_STRING_length(mac->value)
        && CRYPTO_memcmp(md, ASN1_STRING_get0_data(mac->value), len) == 0;

    OPENSSL_cleanse(key, sizeof(key));
    return holds;
}

void npie_pbmac1_free(npie_pbmac1_t *mac)
{
    PBKDF2PARAM_free(mac->kdf);
    mac->kdf = NULL;
}
