/* SPDX-License-Identifier: Apache-2.0
 * A walk over DER.
 */
#include "pki/der.h"

#include <openssl/asn1.h>
#include <openssl/err.h>

#define DEPTH_MAX 16 /* a certificate has 9 */
#define NOT_READ 0x80
#define TAG_MORE 0x80 /* of an OBJECT IDENTIFIER's numbers */

static int is_integer(const unsigned char *data, long len)
{
    /* X.690 section 8.3.2: the first nine bits are not all alike. */
    return len >= 1
        && !(len > 1 && data[0] == 0x00 && data[1] < 0x80)
        && !(len > 1 && data[0] == 0xff && data[1] >= 0x80);
}

static int is_bit_string(const unsigned char *data, long len)
{
    int unused = len >= 1 ? data[0] : 8;

    if (unused > 7 || (len == 1 && unused != 0)) {
        return 0;
    }
    return len == 1 || (data[len - 1] & ((1 << unused) - 1)) == 0;
}

static int is_object(const unsigned char *data, long len)
{
    for (long i = 0; i < len; ++i) {
        int first = i == 0 || data[i - 1] < TAG_MORE;

        if (first && data[i] == TAG_MORE) {
            return 0;
        }
    }
    return len >= 1 && data[len - 1] < TAG_MORE;
}

/* The content of a primitive value of a universal type. */
static int is_content(int tag, const unsigned char *data, long len)
{
    switch (tag) {
    case V_ASN1_EOC:
        return 0;
    case V_ASN1_BOOLEAN:
        return len == 1 && (data[0] == 0x00 || data[0] == 0xff);
    case V_ASN1_INTEGER:
    case V_ASN1_ENUMERATED:
        return is_integer(data, len);
    case V_ASN1_BIT_STRING:
        return is_bit_string(data, len);
    case V_ASN1_NULL:
        return len == 0;
    case V_ASN1_OBJECT:
        return is_object(data, len);
    default:
        return 1;
    }
}

static int are_values(const unsigned char *at, const unsigned char *end,
                      int depth);

/* One value at *pat, which is moved behind it. */
static int is_value(const unsigned char **pat, const unsigned char *end,
                    int depth)
{
    const unsigned char *from = *pat;
    long len = 0;
    int tag = 0, class = 0, constructed, nested;
    int flags = ASN1_get_object(pat, &len, &tag, &class, end - from);

    constructed = (flags & V_ASN1_CONSTRUCTED) != 0;
    /* The shortest header of this value is as long as the one that is there;
     * one of indefinite length (flag 1) never is. */
    if ((flags & NOT_READ) != 0 || (flags & 1) != 0
        || ASN1_object_size(constructed, (int)len, tag) - len != *pat - from) {
        return 0;
    }
    from = *pat;
    *pat += len;
    if (class == V_ASN1_UNIVERSAL) {
        nested = tag == V_ASN1_SEQUENCE || tag == V_ASN1_SET;
        if (constructed != nested
            || (!nested && !is_content(tag, from, len))) {
            return 0;
        }
    }
    return !constructed || are_values(from, *pat, depth + 1);
}

static int are_values(const unsigned char *at, const unsigned char *end,
                      int depth)
{
    while (at < end && depth < DEPTH_MAX) {
        if (!is_value(&at, end, depth)) {
            return 0;
        }
    }
    return at == end;
}

int npie_der_is_canonical(npie_bytes_t bytes)
{
    const unsigned char *at = bytes.data;
    int is = bytes.len > 0 && is_value(&at, bytes.data + bytes.len, 0)
        && at == bytes.data + bytes.len;

    ERR_clear_error();
    return is;
}
