/* SPDX-License-Identifier: Apache-2.0
 * Writes a message: folded headers, and two parts in quoted-printable.
 */
#include "mail/message.h"

#include <apr_strings.h>

#include <string.h>

#include "base/text.h"
#include "model/field.h"

#define LINE_MAX_BYTES 76  /* RFC 2045 section 6.7, without CRLF */
#define WORD_BYTES 39      /* of an encoded word: a line with "Subject:" */
#define PLAIN_WORD_MAX 60
#define ID_MAX 64

/* The output; column is the length of the current line. */
typedef struct out_t {
    char *data;
    apr_size_t len;
    apr_size_t size;
    apr_size_t column;
    apr_pool_t *p;
} out_t;

static void put(out_t *out, const char *bytes, apr_size_t n)
{
    if (out->len + n > out->size) {
        char *bigger = apr_palloc(out->p, 2 * (out->len + n) + 1024);

        memcpy(bigger, out->data, out->len);
        out->data = bigger;
        out->size = 2 * (out->len + n) + 1024;
    }
    memcpy(out->data + out->len, bytes, n);
    out->len += n;
    out->column += n;
}

static void put_text(out_t *out, const char *text)
{
    put(out, text, strlen(text));
}

static void end_line(out_t *out)
{
    put(out, "\r\n", 2);
    out->column = 0;
}

/* Writes the next word of a header; folds when the line is full. */
static void put_word(out_t *out, const char *word)
{
    if (out->column + 1 + strlen(word) > LINE_MAX_BYTES) {
        end_line(out);
    }
    put(out, " ", 1);
    put_text(out, word);
}

/* Writes a header that fits on one line. */
static void put_header(out_t *out, const char *line)
{
    put_text(out, line);
    end_line(out);
}

/* Tells whether ASCII text needs no encoding in a header: no long words, and
 * nothing that looks like an encoded word (RFC 2047). */
static int is_plain(const char *text)
{
    apr_size_t word = 0;

    if (strstr(text, "=?") != NULL) {
        return 0;
    }
    for (; *text > 0 && word <= PLAIN_WORD_MAX; ++text) {
        word = *text == ' ' ? 0 : word + 1;
    }
    return *text == '\0';
}

/* Writes text as encoded words, without splitting a character. */
static void put_encoded(out_t *out, const char *text)
{
    while (*text != '\0') {
        npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };

        if (bytes.len > WORD_BYTES) {
            bytes.len = WORD_BYTES;
            while ((text[bytes.len] & 0xC0) == 0x80) {
                --bytes.len;
            }
        }
        put_word(out, apr_pstrcat(out->p, "=?UTF-8?B?",
                                  npie_text_base64_encode(bytes, out->p),
                                  "?=", NULL));
        text += bytes.len;
    }
}

static void put_subject(out_t *out, const char *subject)
{
    char *rest;
    char *word;

    put_text(out, "Subject:");
    if (is_plain(subject)) {
        rest = apr_pstrdup(out->p, subject);
        while ((word = apr_strtok(rest, " ", &rest)) != NULL) {
            put_word(out, word);
        }
    } else {
        put_encoded(out, subject);
    }
    end_line(out);
}

/* RFC 5322 section 3.2.4. */
static const char *quoted(const char *text, apr_pool_t *p)
{
    char *quoted = apr_palloc(p, 2 * strlen(text) + 3);
    char *out = quoted;

    *out++ = '"';
    for (; *text != '\0'; ++text) {
        if (*text == '"' || *text == '\\') {
            *out++ = '\\';
        }
        *out++ = *text;
    }
    *out++ = '"';
    *out = '\0';
    return quoted;
}

static void put_mailbox(out_t *out, const char *header, const char *name,
                        const char *wire)
{
    put_text(out, header);
    if (*name != '\0' && is_plain(name) && strlen(name) <= PLAIN_WORD_MAX) {
        put_word(out, quoted(name, out->p));
    } else {
        put_encoded(out, name);
    }
    put_word(out, apr_pstrcat(out->p, "<", wire, ">", NULL));
    end_line(out);
}

/* apr_rfc822_date() says GMT, which RFC 5322 calls obsolete. */
static const char *date_text(apr_time_t date, apr_pool_t *p)
{
    apr_time_exp_t x;

    apr_time_exp_gmt(&x, date);
    return apr_psprintf(p, "Date: %s, %02d %s %d %02d:%02d:%02d +0000",
                        apr_day_snames[x.tm_wday], x.tm_mday,
                        apr_month_snames[x.tm_mon], x.tm_year + 1900,
                        x.tm_hour, x.tm_min, x.tm_sec);
}

/* Tells whether a character of a line must be encoded. A dot at the start could
 * end the mail, and some mailboxes quote "From ". */
static int needs_code(const char *at, int first)
{
    char c = *at;

    if (c == ' ' || c == '\t') {
        return at[1] == '\0' || at[1] == '\n'
            || (at[1] == '\r' && at[2] == '\n');
    }
    return c < '!' || c > '~' || c == '='
        || (first && (c == '.' || strncmp(at, "From ", 5) == 0));
}

/* Writes text in quoted-printable (RFC 2045 section 6.7). */
static void put_quoted_printable(out_t *out, const char *at)
{
    static const char digits[] = "0123456789ABCDEF";

    out->column = 0;
    while (*at != '\0') {
        char code[3] = { *at, 0, 0 };
        apr_size_t n = 1;

        if (*at == '\n' || (*at == '\r' && at[1] == '\n')) {
            at += *at == '\r' ? 2 : 1;
            end_line(out);
            continue;
        }
        if (needs_code(at, out->column == 0)) {
            code[0] = '=';
            code[1] = digits[(unsigned char)*at >> 4];
            code[2] = digits[(unsigned char)*at & 15];
            n = 3;
        }
        /* One column is kept for the "=" that breaks the line. */
        if (out->column + n >= LINE_MAX_BYTES) {
            put_text(out, "=");
            end_line(out);
            continue;
        }
        put(out, code, n);
        ++at;
    }
    /* This line end belongs to the boundary that follows, RFC 2046 5.1.1. */
    end_line(out);
}

static void put_part(out_t *out, const char *boundary, const char *type,
                     const char *text)
{
    put_header(out, apr_pstrcat(out->p, "--", boundary, NULL));
    put_header(out, apr_pstrcat(out->p, "Content-Type: ", type,
                                "; charset=utf-8", NULL));
    put_header(out, "Content-Transfer-Encoding: quoted-printable");
    end_line(out);
    put_quoted_printable(out, text);
}

/* Writes an attachment in base64 (RFC 2045 section 6.8, RFC 2183). */
static void put_file(out_t *out, const char *boundary,
                     const npie_message_file_t *file)
{
    const char *text = npie_text_base64_encode(file->bytes, out->p);
    apr_size_t left = strlen(text);

    put_header(out, apr_pstrcat(out->p, "--", boundary, NULL));
    put_header(out, apr_pstrcat(out->p, "Content-Type: ", file->type, ";",
                                NULL));
    put_header(out, apr_pstrcat(out->p, " name=\"", file->name, "\"", NULL));
    put_header(out, "Content-Transfer-Encoding: base64");
    put_header(out, "Content-Disposition: attachment;");
    put_header(out, apr_pstrcat(out->p, " filename=\"", file->name, "\"",
                                NULL));
    end_line(out);
    while (left > 0) {
        const apr_size_t n = left < LINE_MAX_BYTES ? left : LINE_MAX_BYTES;

        put(out, text, n);
        end_line(out);
        text += n;
        left -= n;
    }
}

static int count_files(const npie_message_t *m)
{
    int count = 0;

    while (count < NPIE_MESSAGE_FILES_MAX && m->files[count].name != NULL) {
        ++count;
    }
    return count;
}

static int are_names(const npie_message_t *m)
{
    for (int i = 0; i < count_files(m); ++i) {
        const char *name = m->files[i].name;
        const apr_size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz0123456789._-");

        if (n == 0 || n > 60 || name[n] != '\0') {
            return 0;
        }
    }
    return 1;
}

static int is_id(const char *id)
{
    apr_size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789.-");

    /* RFC 5322's dot-atom has no dot at an edge, nor two in a row. */
    return n > 0 && n <= ID_MAX && id[n] == '\0' && id[0] != '.'
        && id[n - 1] != '.' && strstr(id, "..") == NULL;
}

static apr_status_t check(const npie_message_t *m, npie_err_t *err)
{
    if (!npie_text_is_clean(m->subject, strlen(m->subject))
        || !npie_text_is_clean(m->from.name, strlen(m->from.name))) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                            "mail: the subject or the sender's name holds a "
                            "line end, a control character or no UTF-8");
    }
    if (!npie_text_is_clean_multiline(m->text, strlen(m->text))
        || !npie_text_is_clean_multiline(m->html, strlen(m->html))) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                            "mail: the text holds a control character or is "
                            "no UTF-8");
    }
    if (strlen(m->subject) > NPIE_MESSAGE_SUBJECT_MAX) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_FIELD_LONG,
                            "mail: the subject has more than %d bytes",
                            NPIE_MESSAGE_SUBJECT_MAX);
    }
    if (!is_id(m->id) || !are_names(m)) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "mail: no identifier of a message, or no file "
                            "name");
    }
    return APR_SUCCESS;
}

/* Writes the header of a multipart. */
static void put_multipart(out_t *out, const char *kind, const char *boundary)
{
    put_header(out, apr_pstrcat(out->p, "Content-Type: multipart/", kind, ";",
                                NULL));
    put_header(out, apr_pstrcat(out->p, " boundary=\"", boundary, "\"", NULL));
    end_line(out);
}

static void put_texts(out_t *out, const npie_message_t *m,
                      const char *boundary)
{
    put_multipart(out, "alternative", boundary);
    put_part(out, boundary, "text/plain", m->text);
    put_part(out, boundary, "text/html", m->html);
    put_header(out, apr_pstrcat(out->p, "--", boundary, "--", NULL));
}

static void put_body(out_t *out, const npie_message_t *m)
{
    /* Neither quoted-printable nor base64 ever writes "=_". */
    const char *boundary = apr_pstrcat(out->p, "=_", m->id, NULL);
    const char *outer = apr_pstrcat(out->p, boundary, ".m", NULL);
    const int count = count_files(m);

    if (count == 0) {
        put_texts(out, m, boundary);
        return;
    }
    put_multipart(out, "mixed", outer);
    put_header(out, apr_pstrcat(out->p, "--", outer, NULL));
    put_texts(out, m, boundary);
    for (int i = 0; i < count; ++i) {
        put_file(out, outer, &m->files[i]);
    }
    put_header(out, apr_pstrcat(out->p, "--", outer, "--", NULL));
}

static void put_message(out_t *out, const npie_message_t *m, const char *from,
                        const char *to)
{
    put_header(out, date_text(m->date, out->p));
    put_mailbox(out, "From:", npie_text_trim(m->from.name, out->p), from);
    put_mailbox(out, "To:", "", to);
    put_subject(out, npie_text_trim(m->subject, out->p));
    put_text(out, "Message-ID:");
    put_word(out, apr_pstrcat(out->p, "<", m->id, strrchr(from, '@'), ">",
                              NULL));
    end_line(out);
    put_header(out, "MIME-Version: 1.0");
    put_header(out, "Auto-Submitted: auto-generated");
    put_header(out, apr_pstrcat(out->p, "Content-Language: ",
                                m->language != NULL ? m->language : "es",
                                NULL));
    put_body(out, m);
}

apr_status_t npie_message_write(npie_bytes_t *pmessage,
                                const npie_message_t *message,
                                npie_err_t *err, apr_pool_t *p)
{
    out_t out = { NULL, 0, 0, 0, p };
    const char *from = NULL;
    const char *to = NULL;
    apr_status_t rv = check(message, err);

    if (rv == APR_SUCCESS) {
        rv = npie_field_email_wire(&from, message->from.address, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_field_email_wire(&to, message->to, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    out.size = 1024 + 4 * (strlen(message->text) + strlen(message->html));
    out.data = apr_palloc(p, out.size);
    put_message(&out, message, from, to);
    pmessage->data = (const unsigned char *)out.data;
    pmessage->len = out.len;
    return APR_SUCCESS;
}
