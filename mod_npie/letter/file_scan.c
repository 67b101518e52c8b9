/* SPDX-License-Identifier: Apache-2.0
 * Texts, numbers and signature dictionaries in a letter's file.
 */
#include "letter/file_scan.h"

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"

#define DIGITS_MAX 10

apr_size_t npie_scan_find(npie_bytes_t file, apr_size_t from,
                          const char *text)
{
    const unsigned char *at;

    if (from >= file.len) {
        return file.len;
    }
    at = memmem(file.data + from, file.len - from, text, strlen(text));
    return at != NULL ? (apr_size_t)(at - file.data) : file.len;
}

apr_size_t npie_scan_only(npie_bytes_t file, const char *text)
{
    apr_size_t at = npie_scan_find(file, 0, text);

    if (npie_scan_find(file, at + 1, text) != file.len) {
        return file.len;
    }
    return at;
}

int npie_scan_holds(npie_bytes_t file, apr_size_t at, const char *text)
{
    apr_size_t len = strlen(text);

    return at <= file.len && len <= file.len - at
        && memcmp(file.data + at, text, len) == 0;
}

apr_size_t npie_scan_number(apr_size_t *number, npie_bytes_t file,
                            apr_size_t at)
{
    apr_size_t end = at;

    *number = 0;
    while (end < file.len && end - at < DIGITS_MAX
           && file.data[end] >= '0' && file.data[end] <= '9') {
        *number = *number * 10 + (apr_size_t)(file.data[end++] - '0');
    }
    return end;
}

int npie_scan_slot(npie_scan_slot_t *slot, npie_bytes_t file, apr_size_t from)
{
    return npie_scan_slot_of(slot, file, from, NPIE_FORM_SIG_HEAD);
}

int npie_scan_slot_of(npie_scan_slot_t *slot, npie_bytes_t file,
                      apr_size_t from, const char *head)
{
    slot->head = npie_scan_find(file, from, head);
    slot->range = slot->head + strlen(head);
    slot->open = slot->range + NPIE_FORM_RANGE_SIZE
        + strlen(NPIE_FORM_SIG_MID);
    slot->after = slot->open + 1 + NPIE_FORM_HEX_SIZE + 1;
    return slot->after <= file.len && file.data[slot->open] == '<'
        && file.data[slot->after - 1] == '>'
        && npie_scan_holds(file, slot->range + NPIE_FORM_RANGE_SIZE,
                           NPIE_FORM_SIG_MID);
}

int npie_scan_range(apr_size_t *pend, npie_bytes_t file,
                    const npie_scan_slot_t *slot)
{
    char range[NPIE_FORM_RANGE_SIZE + 1];
    apr_size_t at = slot->range + strlen("[0 ");
    apr_size_t number = 0;

    /* The last of the numbers; written again, all of them must be the same
     * as there. */
    for (int i = 0; i < 3; ++i) {
        at = npie_scan_number(&number, file, at) + 1;
    }
    *pend = slot->after + number;
    if (number > file.len - slot->after) {
        return 0;
    }
    npie_letter_range_write(range, slot->open, slot->after, *pend);
    return npie_scan_holds(file, slot->range, range);
}

static int is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
        || (c >= 'A' && c <= 'F');
}

static unsigned hex_value(unsigned char c)
{
    if (c <= '9') {
        return c - '0';
    }
    return (c & 0x0fu) + 9;
}

apr_size_t npie_scan_der_size(npie_bytes_t der)
{
    apr_size_t len;
    unsigned octets;

    if (der.len < 2 || der.data[0] != 0x30) {
        return 0;
    }
    len = der.data[1];
    octets = len & 0x7fu;
    if (len < 0x80) {
        octets = 0;
    } else if (octets == 0 || octets > 3 || der.len < 2 + octets) {
        return 0;
    } else {
        len = 0;
        for (unsigned i = 0; i < octets; ++i) {
            len = (len << 8) | der.data[2 + i];
        }
    }
    return len <= der.len - 2 - octets ? 2 + octets + len : 0;
}

static int only_zeros(npie_bytes_t bytes, apr_size_t from)
{
    for (apr_size_t i = from; i < bytes.len; ++i) {
        if (bytes.data[i] != 0) {
            return 0;
        }
    }
    return 1;
}

const char *npie_scan_cms(npie_bytes_t *cms, npie_bytes_t hex, apr_pool_t *p)
{
    unsigned char *out = apr_palloc(p, NPIE_LETTER_CMS_MAX);

    for (apr_size_t i = 0; i < hex.len; ++i) {
        if (!is_hex(hex.data[i])) {
            return "the signature is not hexadecimal";
        }
    }
    for (apr_size_t i = 0; i < NPIE_LETTER_CMS_MAX; ++i) {
        out[i] = (unsigned char)(hex_value(hex.data[2 * i]) << 4
                                 | hex_value(hex.data[2 * i + 1]));
    }
    cms->data = out;
    cms->len = NPIE_LETTER_CMS_MAX;
    if (out[0] != 0) {
        cms->len = npie_scan_der_size(*cms);
        if (cms->len == 0) {
            return "the signature is no DER";
        }
    } else {
        cms->len = 0;
    }
    if (!only_zeros((npie_bytes_t){ out, NPIE_LETTER_CMS_MAX }, cms->len)) {
        return "bytes after the signature's end";
    }
    return NULL;
}

int npie_scan_time(apr_time_t *time, npie_bytes_t file, apr_size_t at,
                   apr_pool_t *p)
{
    static const char open[] = "\n/M (D:";
    const char *t = (const char *)file.data + at + strlen(open);

    *time = 0;
    /* Fourteen digits; each piece below reads no more than its own. */
    if (!npie_scan_holds(file, at, open)
        || file.len - at < strlen(open) + 14) {
        return 0;
    }
    return npie_text_time_parse(time, apr_psprintf(p, "%.4s-%.2s-%.2sT%.2s:"
                                                   "%.2s:%.2sZ", t, t + 4,
                                                   t + 6, t + 8, t + 10,
                                                   t + 12)) == APR_SUCCESS;
}

void npie_scan_hex_write(unsigned char *hex, npie_bytes_t cms)
{
    static const char digits[] = "0123456789abcdef";

    for (apr_size_t i = 0; i < cms.len; ++i) {
        hex[2 * i] = (unsigned char)digits[cms.data[i] >> 4];
        hex[2 * i + 1] = (unsigned char)digits[cms.data[i] & 0x0f];
    }
}

void npie_letter_range_write(char range[NPIE_FORM_RANGE_SIZE + 1],
                             apr_size_t open, apr_size_t after,
                             apr_size_t size)
{
    int used = snprintf(range, NPIE_FORM_RANGE_SIZE, "[0 %u %u %u",
                        (unsigned)open, (unsigned)after,
                        (unsigned)(size - after));

    memset(range + used, ' ', (size_t)(NPIE_FORM_RANGE_SIZE - 1 - used));
    range[NPIE_FORM_RANGE_SIZE - 1] = ']';
    range[NPIE_FORM_RANGE_SIZE] = '\0';
}
