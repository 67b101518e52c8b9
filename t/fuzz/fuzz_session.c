/* SPDX-License-Identifier: Apache-2.0
 * Sessions as Redis gives them back. First byte: v the value inside, s what it
 * is sealed in.
 * Parser: store/session_value.c base/wire.c pki/secretbox.c
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "pki/secretbox.h"
#include "store/session_value.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static npie_secretbox_t *box;
static npie_secretbox_slot_t slot;
static npie_bytes_t value, sealed;

static void begin(apr_pool_t *p)
{
    static const npie_secrets_t secrets = { 1, { "a secret of this program" } };
    npie_session_t session = {
        .access = NPIE_ACCESS_RENEWAL, .employer = 7, .certificate = 40,
        .user = "A064878710", .name = "Cañería & Ñandú, S.A.",
        .rp = "A0648787107", .rfc = "AUA881212566",
        .common_name = "María Muñoz", .email = "", .serial = "3030",
        .spki = HEX64, .csrf = "t_o-ken", .not_before = 1, .not_after = 2,
        .created = 3, .expires = 4,
    };

    value = npie_session_encode(&session, p);
    fuzz_need(npie_secretbox_create(&box, &secrets, p) == APR_SUCCESS
              && npie_secretbox_name(&slot, box, 0, "session", HEX64)
                 == APR_SUCCESS
              && npie_secretbox_seal(&sealed, box, &slot, value, p)
                 == APR_SUCCESS, "nothing sealed");
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    npie_session_t session;

    fuzz_seed(list, "v", value);
    fuzz_seed(list, "s", sealed);
    fuzz_need(npie_session_decode(&session, value, p) == APR_SUCCESS,
              "no session");
    session.access = NPIE_ACCESS_REFUSED;
    session.problem = 34;
    session.additional = 1;
    session.email = "ana@empresa.example";
    fuzz_seed(list, "v", npie_session_encode(&session, p));
}

/* Nothing opens but what was sealed here. */
static int open_sealed(npie_bytes_t bytes, apr_pool_t *p)
{
    npie_bytes_t out;

    if (npie_secretbox_open(&out, box, &slot, bytes, p) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need(bytes.len == sealed.len
              && memcmp(bytes.data, sealed.data, sealed.len) == 0,
              "what nobody sealed was opened");
    return 1;
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const npie_bytes_t bytes = { input.data + 1, input.len - 1 };
    npie_session_t session;

    if (input.len == 0) {
        return 0;
    }
    if (*input.data == 's') {
        return open_sealed(bytes, p);
    }
    memset(&session, 0, sizeof(session));
    if (npie_session_decode(&session, bytes, p) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need_clean(session.user);
    fuzz_need_clean(session.name);
    fuzz_need_clean(session.email);
    fuzz_need_clean(session.csrf);
    fuzz_need(strlen(session.spki) == 64, "a key's hash");
    fuzz_need(npie_session_decode(&session, npie_session_encode(&session, p),
                                  p) == APR_SUCCESS,
              "what was read cannot be written and read again");
    return 1;
}

const fuzz_target_t fuzz_target = {
    .name = "session", .form = FUZZ_WIRE, .lead = 1, .begin = begin,
    .seeds = seeds, .run = run
};
