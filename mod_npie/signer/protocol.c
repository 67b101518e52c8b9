/* SPDX-License-Identifier: Apache-2.0
 * The header of a frame, to bytes and back.
 */
#include "signer/protocol.h"

#include <string.h>

static void put_u16(unsigned char *out, apr_uint16_t value)
{
    out[0] = (unsigned char)(value >> 8);
    out[1] = (unsigned char)value;
}

static void put_u32(unsigned char *out, apr_uint32_t value)
{
    put_u16(out, (apr_uint16_t)(value >> 16));
    put_u16(out + 2, (apr_uint16_t)value);
}

static apr_uint16_t get_u16(const unsigned char *in)
{
    return (apr_uint16_t)((in[0] << 8) | in[1]);
}

static apr_uint32_t get_u32(const unsigned char *in)
{
    return ((apr_uint32_t)get_u16(in) << 16) | get_u16(in + 2);
}

void npie_signer_header_put(unsigned char out[NPIE_SIGNER_HEADER_SIZE],
                            const npie_signer_header_t *header)
{
    put_u16(out, NPIE_SIGNER_VERSION);
    put_u16(out + 2, header->op);
    put_u32(out + 4, header->id);
    put_u32(out + 8, header->length);
}

apr_status_t npie_signer_header_get(npie_signer_header_t *header,
                                    const unsigned char in[NPIE_SIGNER_HEADER_SIZE])
{
    header->op = get_u16(in + 2);
    header->id = get_u32(in + 4);
    header->length = get_u32(in + 8);
    if (get_u16(in) != NPIE_SIGNER_VERSION
        || header->length > (header->op & NPIE_SIGNER_REPLY
                             ? NPIE_SIGNER_REPLY_MAX
                             : NPIE_SIGNER_PAYLOAD_MAX)) {
        return NPIE_EPROTO;
    }
    return APR_SUCCESS;
}

npie_bytes_t npie_signer_frame(const npie_signer_header_t *header,
                               npie_bytes_t payload, apr_pool_t *p)
{
    npie_signer_header_t whole = *header;
    unsigned char *data = apr_palloc(p, NPIE_SIGNER_HEADER_SIZE + payload.len);
    npie_bytes_t frame = { data, NPIE_SIGNER_HEADER_SIZE + payload.len };

    whole.length = (apr_uint32_t)payload.len;
    npie_signer_header_put(data, &whole);
    if (payload.len > 0) {
        memcpy(data + NPIE_SIGNER_HEADER_SIZE, payload.data, payload.len);
    }
    return frame;
}
