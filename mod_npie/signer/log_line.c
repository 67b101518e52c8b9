/* SPDX-License-Identifier: Apache-2.0
 * Writing and reading a line.
 */
#include "signer/log_line.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "pki/cert.h"
#include "pki/digest.h"
#include "signer/journal.h"

#define HEX_LEN (NPIE_SHA256_HEX_SIZE - 1)

enum {
    AT_NUMBER, AT_TIME, AT_FOLIO, AT_OLD, AT_NEW, AT_SERIAL, AT_DIGEST,
    AT_CERTIFICATE, AT_CHECKSUM, FIELDS
};

static npie_bytes_t bytes_of(const char *text)
{
    npie_bytes_t bytes;

    bytes.data = (const unsigned char *)text;
    bytes.len = strlen(text);
    return bytes;
}

apr_status_t npie_log_line_seal(npie_bytes_t *line, const char *record,
                                char chain[NPIE_SHA256_HEX_SIZE],
                                apr_pool_t *p)
{
    char checksum[NPIE_SHA256_HEX_SIZE];

    if (npie_sha256_hex(checksum, bytes_of(apr_pstrcat(p, chain, record,
                                                       NULL)))
        != APR_SUCCESS) {
        return NPIE_EINTERNAL;
    }
    *line = bytes_of(apr_pstrcat(p, record, " ", checksum, "\n", NULL));
    if (line->len > NPIE_JOURNAL_LINE_MAX) {
        return NPIE_EINTERNAL;
    }
    memcpy(chain, checksum, sizeof(checksum));
    return APR_SUCCESS;
}

apr_status_t npie_log_line_append(apr_uint64_t *pnumber,
                                  npie_journal_t *journal, apr_time_t when,
                                  const char *fields, npie_err_t *err,
                                  apr_pool_t *ptemp)
{
    char chain[NPIE_SHA256_HEX_SIZE];
    npie_bytes_t line;
    apr_off_t at;

    *pnumber = npie_journal_count(journal) + 1;
    memcpy(chain, npie_journal_chain(journal), sizeof(chain));
    if (npie_log_line_seal(&line, apr_psprintf(ptemp, "%" APR_UINT64_T_FMT
                                               " %s %s", *pnumber,
                                               npie_text_time(when, ptemp),
                                               fields), chain, ptemp)
        != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "%s: the record could not be made",
                            npie_journal_path(journal));
    }
    return npie_journal_append(&at, journal, line, chain, err);
}

apr_status_t npie_log_line_write(npie_bytes_t *line, apr_uint64_t number,
                                 const npie_issuance_entry_t *entry,
                                 char chain[NPIE_SHA256_HEX_SIZE],
                                 apr_pool_t *p)
{
    char digest[NPIE_SHA256_HEX_SIZE];

    if (npie_sha256_hex(digest, entry->certificate) != APR_SUCCESS) {
        return NPIE_EINTERNAL;
    }
    return npie_log_line_seal(line, apr_psprintf(p, "%" APR_UINT64_T_FMT
                                  " %s %" APR_INT64_T_FMT " %s %s %s %s %s",
                                  number, npie_text_time(entry->time, p),
                                  entry->folio, entry->old_spki,
                                  entry->new_spki, entry->serial, digest,
                                  npie_text_base64_encode(entry->certificate,
                                                          p)),
                              chain, p);
}

/* Copies the line and cuts it at its blanks. Returns 0 unless it has just its
 * fields, none of them empty. */
static int split(char **fields, int count, npie_bytes_t line, apr_pool_t *p)
{
    char *text = npie_text_of(line, p);

    if (strlen(text) != line.len) {
        return 0;
    }
    for (int i = 0; i < count; i++) {
        char *blank = strchr(text, ' ');

        if (*text == '\0' || *text == ' '
            || (blank == NULL) != (i == count - 1)) {
            return 0;
        }
        fields[i] = text;
        if (blank != NULL) {
            *blank = '\0';
            text = blank + 1;
        }
    }
    return 1;
}

static int is_digest(const char *text)
{
    return strlen(text) == HEX_LEN
           && strspn(text, "0123456789abcdef") == HEX_LEN;
}

const char *npie_log_line_open(char **fields, int count, npie_bytes_t line,
                               apr_uint64_t number,
                               char chain[NPIE_SHA256_HEX_SIZE],
                               apr_pool_t *p)
{
    char checksum[NPIE_SHA256_HEX_SIZE];
    apr_size_t record_len;
    char *whole;

    if (!split(fields, count, line, p)) {
        return "it has not the fields of a record";
    }
    if (!is_digest(fields[count - 1])) {
        return "a digest is not one";
    }
    record_len = line.len - HEX_LEN - 1;
    whole = apr_palloc(p, HEX_LEN + record_len + 1);
    memcpy(whole, chain, HEX_LEN);
    memcpy(whole + HEX_LEN, line.data, record_len);
    whole[HEX_LEN + record_len] = '\0';
    if (npie_sha256_hex(checksum, bytes_of(whole)) != APR_SUCCESS) {
        return "its checksum could not be computed";
    }
    if (strcmp(checksum, fields[count - 1]) != 0) {
        return "its checksum does not hold: the line was changed, or one "
               "before it was taken out";
    }
    if (strcmp(fields[AT_NUMBER],
               apr_psprintf(p, "%" APR_UINT64_T_FMT, number)) != 0) {
        return "its number does not follow";
    }
    memcpy(chain, checksum, sizeof(checksum));
    return NULL;
}

const char *npie_log_line_read(npie_issuance_record_t *issued,
                               npie_bytes_t line, apr_uint64_t number,
                               char chain[NPIE_SHA256_HEX_SIZE],
                               apr_pool_t *ptemp)
{
    char *fields[FIELDS];
    const char *fault = npie_log_line_open(fields, FIELDS, line, number, chain,
                                           ptemp);

    if (fault != NULL) {
        return fault;
    }
    if (!is_digest(fields[AT_OLD]) || !is_digest(fields[AT_NEW])) {
        return "a digest is not one";
    }
    issued->folio = apr_atoi64(fields[AT_FOLIO]);
    if (issued->folio < 1) {
        return "its folio is no number";
    }
    memcpy(issued->old_spki, fields[AT_OLD], sizeof(issued->old_spki));
    memcpy(issued->new_spki, fields[AT_NEW], sizeof(issued->new_spki));
    return NULL;
}

apr_status_t npie_log_line_certificate(npie_bytes_t *der, npie_bytes_t line,
                                       apr_pool_t *p)
{
    char *fields[FIELDS];
    char digest[NPIE_SHA256_HEX_SIZE];

    if (!split(fields, FIELDS, line, p)
        || npie_text_base64_decode(der, fields[AT_CERTIFICATE],
                                   strlen(fields[AT_CERTIFICATE]), p)
           != APR_SUCCESS
        || npie_sha256_hex(digest, *der) != APR_SUCCESS
        || strcmp(digest, fields[AT_DIGEST]) != 0) {
        return NPIE_EINPUT;
    }
    return APR_SUCCESS;
}
