/* SPDX-License-Identifier: Apache-2.0
 * A password's forms, one after the other.
 */
#include "renew/forms.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <uninorm.h>
#include <unistr.h>

#define FORMS 5

static void add(apr_array_header_t *forms, npie_secret_t *form)
{
    for (int i = 0; i < forms->nelts; ++i) {
        const npie_secret_t *other = APR_ARRAY_IDX(forms, i, npie_secret_t *);

        if (other->len == form->len
            && memcmp(other->text, form->text, form->len) == 0) {
            return;
        }
    }
    APR_ARRAY_PUSH(forms, npie_secret_t *) = form;
}

/* An encoder of characters: how many bytes went out, 0 when there is no room
 * or no such character. */
typedef int (*encode_fn)(uint8_t *out, ucs4_t c, apr_size_t room);

static int to_utf8(uint8_t *out, ucs4_t c, apr_size_t room)
{
    int len = u8_uctomb(out, c, (ptrdiff_t)room);

    return len > 0 ? len : 0;
}

static int to_latin1(uint8_t *out, ucs4_t c, apr_size_t room)
{
    *out = (uint8_t)c;
    return c <= 0xff && room > 0;
}

/* Each byte a character, as OpenSSL before 1.1 took them. */
static npie_secret_t *widened(const npie_secret_t *password, apr_pool_t *p)
{
    npie_secret_t *wide = npie_secret_make(p);
    int len = 1;

    for (apr_size_t i = 0; i < password->len && len > 0; ++i) {
        len = to_utf8((uint8_t *)wide->text + wide->len,
                      (unsigned char)password->text[i],
                      NPIE_SECRET_MAX - wide->len);
        wide->len += (apr_size_t)len;
    }
    return wide;
}

/* The password in a normal form, re-encoded; NULL when it cannot be. */
static npie_secret_t *normal(const npie_secret_t *password, uninorm_t form,
                             encode_fn encode, apr_pool_t *p)
{
    npie_secret_t *made = npie_secret_make(p);
    size_t count = 0;
    uint8_t *text = u8_normalize(form, (const uint8_t *)password->text,
                                 password->len, NULL, &count);
    int len = text != NULL;

    for (size_t at = 0; at < count && len > 0;) {
        ucs4_t c;

        at += (size_t)u8_mbtouc(&c, text + at, count - at);
        len = encode((uint8_t *)made->text + made->len, c,
                     NPIE_SECRET_MAX - made->len);
        made->len += (apr_size_t)len;
    }
    if (text != NULL) {
        OPENSSL_cleanse(text, count);
        free(text);
    }
    return len > 0 ? made : NULL;
}

static npie_secret_t *copy(const npie_secret_t *password, apr_pool_t *p)
{
    npie_secret_t *made = npie_secret_make(p);

    memcpy(made->text, password->text, password->len);
    made->len = password->len;
    return made;
}

static void add_forms(apr_array_header_t *forms, const npie_secret_t *password,
                      apr_pool_t *p)
{
    npie_secret_t *others[FORMS - 1];

    add(forms, copy(password, p));
    others[0] = normal(password, UNINORM_NFC, to_utf8, p);
    others[1] = normal(password, UNINORM_NFD, to_utf8, p);
    others[2] = widened(password, p);
    others[3] = normal(password, UNINORM_NFC, to_latin1, p);
    for (int i = 0; i < FORMS - 1; ++i) {
        if (others[i] != NULL) {
            add(forms, others[i]);
        }
    }
}

/* Without the blanks at either end that were typed or pasted with it. */
static npie_secret_t *trimmed(const npie_secret_t *password, apr_pool_t *p)
{
    apr_size_t from = strspn(password->text, " ");
    apr_size_t end = password->len;
    npie_secret_t *made = npie_secret_make(p);

    while (end > from && password->text[end - 1] == ' ') {
        --end;
    }
    made->len = end - from;
    memcpy(made->text, password->text + from, made->len);
    return made;
}

apr_array_header_t *npie_forms_make(const npie_secret_t *password,
                                    apr_pool_t *p)
{
    apr_array_header_t *forms = apr_array_make(p, 2 * FORMS,
                                               sizeof(npie_secret_t *));

    if (password->len == 0) {
        add(forms, copy(password, p));
        APR_ARRAY_PUSH(forms, npie_secret_t *) =
            apr_pcalloc(p, sizeof(npie_secret_t));
        return forms;
    }
    add_forms(forms, password, p);
    add_forms(forms, trimmed(password, p), p);
    return forms;
}

int npie_forms_count_is_sane(const ASN1_INTEGER *count)
{
    uint64_t value = 1;

    return count == NULL
        || (ASN1_INTEGER_get_uint64(&value, count) == 1 && value >= 1
            && value <= NPIE_FORMS_ITERATIONS);
}

static int pbkdf2_is_sane(const ASN1_TYPE *parameter)
{
    PBKDF2PARAM *param = ASN1_TYPE_unpack_sequence(
        ASN1_ITEM_rptr(PBKDF2PARAM), parameter);
    int sane = param == NULL || npie_forms_count_is_sane(param->iter);

    PBKDF2PARAM_free(param);
    return sane;
}

/* Iterations that nobody writes; parameters that cannot be read are for
 * libcrypto to refuse. */
static int is_sane(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object;
    PBE2PARAM *pbe2;
    PBEPARAM *pbe;
    int sane = 1;

    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    if (OBJ_obj2nid(object) == NID_pbes2) {
        pbe2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM),
                                         algorithm->parameter);
        sane = pbe2 == NULL || pbkdf2_is_sane(pbe2->keyfunc->parameter);
        PBE2PARAM_free(pbe2);
    }
    else {
        pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM),
                                        algorithm->parameter);
        sane = pbe == NULL || npie_forms_count_is_sane(pbe->iter);
        PBEPARAM_free(pbe);
    }
    ERR_clear_error();
    return sane;
}

/* Does libcrypto's queue, emptied here, say that it lacks something? */
static int lacks_something(void)
{
    unsigned long code;
    int lacks = 0;

    while ((code = ERR_get_error()) != 0) {
        int reason = ERR_GET_REASON(code);

        lacks = lacks || reason == ERR_R_UNSUPPORTED
            || (ERR_GET_LIB(code) == ERR_LIB_EVP
                && (reason == EVP_R_UNSUPPORTED_ALGORITHM
                    || reason == EVP_R_UNKNOWN_PBE_ALGORITHM
                    || reason == EVP_R_UNSUPPORTED_CIPHER
                    || reason == EVP_R_UNSUPPORTED_PRF
                    || reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION));
    }
    return lacks;
}

npie_tried_t npie_forms_try(void **inside, npie_forms_open_fn open,
                            const void *thing, const X509_ALGOR *algorithm,
                            apr_array_header_t *forms)
{
    npie_secret_t **all = (npie_secret_t **)forms->elts;

    *inside = NULL;
    if (algorithm != NULL && !is_sane(algorithm)) {
        return NPIE_TRIED_DAMAGED;
    }
    for (int i = 0; i < forms->nelts; ++i) {
        npie_secret_t *form = all[i];

        ERR_clear_error();
        *inside = open(thing, form);
        if (*inside != NULL) {
            memmove(all + 1, all, (size_t)i * sizeof(*all));
            all[0] = form;
            ERR_clear_error();
            return NPIE_TRIED_OPEN;
        }
        if (lacks_something()) {
            return NPIE_TRIED_UNSUPPORTED;
        }
    }
    return NPIE_TRIED_CLOSED;
}
