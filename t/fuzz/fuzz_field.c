/* SPDX-License-Identifier: Apache-2.0
 * Single values. First byte: c cadena original, b base64, r RP, f RFC, u CURP,
 * t telephone, m mail address, n "Name <address>", h time, d duration,
 * s address of Redis.
 * Parser: model/cadena.c model/field.c model/field_email.c mail/address.c
 * base/text.c base/parse.c store/session_address.c
 */
#include <string.h>

#include <apr_strings.h>

#include "base/parse.h"
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "mail/address.h"
#include "model/cadena.h"
#include "model/field.h"
#include "store/session_address.h"

static int run_cadena(npie_bytes_t bytes, apr_pool_t *p)
{
    npie_cadena_t *cadena;
    const char *again;

    if (npie_cadena_parse(&cadena, bytes, p) != APR_SUCCESS) {
        return 0;
    }
    again = npie_cadena_format(cadena, p);
    fuzz_need(strlen(again) == bytes.len
              && memcmp(again, bytes.data, bytes.len) == 0, "another cadena");
    return 1;
}

static int run_base64(npie_bytes_t bytes, apr_pool_t *p)
{
    npie_bytes_t out, again;
    char *text;

    if (npie_text_base64_decode(&out, (const char *)bytes.data, bytes.len, p)
        != APR_SUCCESS) {
        return 0;
    }
    text = npie_text_base64_encode(out, p);
    fuzz_need(npie_text_base64_decode(&again, text, strlen(text), p)
              == APR_SUCCESS && again.len == out.len
              && memcmp(again.data, out.data, out.len) == 0, "base64");
    return 1;
}

static int run_rp(const char *text, apr_pool_t *p)
{
    char rp[NPIE_RP_SIZE];

    if (npie_field_rp(rp, text) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need(strlen(rp) == NPIE_RP_SIZE - 1
              && npie_field_rp_digit(apr_pstrmemdup(p, rp, NPIE_RP10_SIZE - 1))
                 == rp[NPIE_RP10_SIZE - 1], "an RP");
    fuzz_need_clean(npie_field_rp_display(rp, p));
    return 1;
}

static int run_phone(const char *text)
{
    char phone[11];

    npie_field_phone_like(text);
    npie_field_postcode(text);
    if (npie_field_phone(phone, text) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need(strlen(phone) == 10 && strspn(phone, "0123456789") == 10,
              "a telephone number");
    return 1;
}

/* What goes into headers and envelopes. */
static void need_address(const char *address)
{
    fuzz_need_clean(address);
    fuzz_need(strpbrk(address, "\r\n") == NULL && *address != '\0'
              && strlen(address) <= NPIE_EMAIL_MAX, "an address");
}

static int run_email(const char *text, apr_pool_t *p)
{
    const char *wire;

    npie_field_email_same(text, "ana@empresa.example");
    if (npie_field_email_wire(&wire, text, NULL, p) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need(npie_field_email(text), "converted, but no address");
    need_address(wire);
    fuzz_need(*wire != '<', "an address in brackets");
    fuzz_need(npie_field_email(wire), "what was converted is no address");
    return 1;
}

static int run_mailbox(const char *text, apr_pool_t *p)
{
    npie_mailbox_t mailbox;

    if (npie_mailbox_parse(&mailbox, text, NULL, p) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need_clean(mailbox.name);
    need_address(mailbox.address);
    return 1;
}

static int run_time(const char *text, apr_pool_t *p)
{
    apr_time_t time;

    if (npie_text_time_parse(&time, text) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need(strcmp(npie_text_time(time, p), text) == 0, "another time");
    return 1;
}

static int run_duration(const char *text, apr_pool_t *p)
{
    apr_interval_time_t time = 0;
    int number = 0;

    if (npie_parse_int(&number, text, 1, 1000, p) == NULL) {
        fuzz_need(number >= 1 && number <= 1000, "a number");
    }
    if (npie_parse_time(&time, text, 1, apr_time_from_sec(1000), p) != NULL) {
        return 0;
    }
    fuzz_need(time >= 1 && time <= apr_time_from_sec(1000), "a duration");
    return 1;
}

static int run_redis(const char *text, apr_pool_t *p)
{
    npie_redis_t redis;

    memset(&redis, 0, sizeof(redis));
    /* It would read that file. */
    if (strstr(text, "password-file") != NULL
        || npie_redis_parse(&redis, text, p) != NULL) {
        return 0;
    }
    fuzz_need((redis.socket != NULL) != (redis.host != NULL), "an address");
    return 1;
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const npie_bytes_t bytes = { input.data + 1, input.len - 1 };
    const char *text;

    if (input.len == 0) {
        return 0;
    }
    text = fuzz_text(bytes, p);
    switch (*input.data) {
    case 'c':
        return run_cadena(bytes, p);
    case 'b':
        return run_base64(bytes, p);
    case 'r':
        return run_rp(text, p);
    case 'f':
        return npie_field_rfc(text) == NPIE_FIELD_GOOD;
    case 'u':
        return npie_field_curp(text) == NPIE_FIELD_GOOD;
    case 't':
        return run_phone(text);
    case 'm':
        return run_email(text, p);
    case 'n':
        return run_mailbox(text, p);
    case 'h':
        return run_time(text, p);
    case 'd':
        return run_duration(text, p);
    case 's':
        return run_redis(text, p);
    default:
        return 0;
    }
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    static const char *const texts[] = {
        "rA064878710-7", "r y39 26552 10 4", "fAUA881212566",
        "fCOSC8001137NA", "fÑAU881212566", "uAAPR630321HDFLRC09",
        "uBOXW310820HNERXN09", "t+52 (55) 1234-5678", "t044 55 1234 5678",
        "mana@empresa.example", "m\"a b\"@xn--ana-8ma.example",
        "mpeña@cañería.example", "nAna Ñandú <ana@empresa.example>",
        "n\"Ana, \\\"la\\\" jefa\" <ana@empresa.example>",
        "h2026-11-30T22:39:33Z", "d90", "d500ms", "d2h", "d30d",
        "sunix:/run/redis/redis.sock timeout=500ms connections=8 database=2",
        "s[::1]:6379 user=npie", "slocalhost:6379",
    };

    (void)p;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); ++i) {
        fuzz_seed_text(list, texts[i]);
    }
}

const fuzz_target_t fuzz_target = {
    .name = "field", .corpus = "field", .form = FUZZ_TEXT, .lead = 1,
    .seeds = seeds, .run = run
};
