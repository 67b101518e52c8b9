/* SPDX-License-Identifier: Apache-2.0
 * A session as the bytes that Redis keeps.
 */
#include "store/session_value.h"

#include <string.h>

#include "base/text.h"
#include "base/wire.h"

/* Raise it whenever the fields change: sessions of another version are
 * logins to be made again. */
#define WIRE_VERSION 0x4E03

/* Bytes of the longest string. */
#define STRING_MAX 1024

/* The strings in their order on the wire. */
static void list_strings(const char **fields[9], npie_session_t *s)
{
    fields[0] = &s->user;
    fields[1] = &s->name;
    fields[2] = &s->rp;
    fields[3] = &s->rfc;
    fields[4] = &s->common_name;
    fields[5] = &s->email;
    fields[6] = &s->serial;
    fields[7] = &s->spki;
    fields[8] = &s->csrf;
}

npie_bytes_t npie_session_encode(const npie_session_t *session, apr_pool_t *p)
{
    npie_session_t copy = *session;
    const char **fields[9];
    npie_wire_writer_t w;

    npie_wire_writer_init(&w, p);
    npie_wire_put_u16(&w, WIRE_VERSION);
    npie_wire_put_u16(&w, (apr_uint16_t)session->access);
    npie_wire_put_u32(&w, (apr_uint32_t)session->problem);
    npie_wire_put_u64(&w, (apr_uint64_t)session->employer);
    npie_wire_put_u64(&w, (apr_uint64_t)session->certificate);
    npie_wire_put_u16(&w, (apr_uint16_t)(session->additional != 0));
    list_strings(fields, &copy);
    for (int i = 0; i < 9; i++) {
        npie_wire_put_string(&w, *fields[i]);
    }
    npie_wire_put_u64(&w, (apr_uint64_t)session->not_before);
    npie_wire_put_u64(&w, (apr_uint64_t)session->not_after);
    npie_wire_put_u64(&w, (apr_uint64_t)session->event);
    npie_wire_put_u64(&w, (apr_uint64_t)session->created);
    npie_wire_put_u64(&w, (apr_uint64_t)session->expires);
    return npie_wire_written(&w);
}

static int is_access(int access)
{
    return access == NPIE_ACCESS_REFUSED || access == NPIE_ACCESS_RENEWAL
        || access == NPIE_ACCESS_TERMS || access == NPIE_ACCESS_APPLICATION;
}

apr_status_t npie_session_decode(npie_session_t *session, npie_bytes_t bytes,
                                 apr_pool_t *p)
{
    const char **fields[9];
    npie_wire_reader_t r;
    apr_uint16_t access;

    npie_wire_reader_init(&r, bytes);
    if (npie_wire_get_u16(&r) != WIRE_VERSION) {
        return NPIE_EPROTO;
    }
    access = npie_wire_get_u16(&r);
    session->access = (npie_access_t)access;
    session->problem = (int)npie_wire_get_u32(&r);
    session->employer = (apr_int64_t)npie_wire_get_u64(&r);
    session->certificate = (apr_int64_t)npie_wire_get_u64(&r);
    session->additional = npie_wire_get_u16(&r) != 0;
    list_strings(fields, session);
    for (int i = 0; i < 9; i++) {
        *fields[i] = npie_wire_get_string(&r, STRING_MAX, p);
        if (r.failed || !npie_text_is_clean(*fields[i], strlen(*fields[i]))) {
            return NPIE_EPROTO;
        }
    }
    session->not_before = npie_wire_get_time(&r);
    session->not_after = npie_wire_get_time(&r);
    session->event = npie_wire_get_time(&r);
    session->created = npie_wire_get_time(&r);
    session->expires = npie_wire_get_time(&r);
    if (npie_wire_get_end(&r) != APR_SUCCESS || !is_access(access)
        || !npie_text_is_hex64(session->spki, strlen(session->spki))) {
        return NPIE_EPROTO;
    }
    return APR_SUCCESS;
}
