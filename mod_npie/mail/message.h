/* SPDX-License-Identifier: Apache-2.0
 * A mail as bytes: RFC 5322, MIME (RFC 2045 to 2047).
 */
#ifndef NPIE_MAIL_MESSAGE_H
#define NPIE_MAIL_MESSAGE_H

#include <apr_time.h>

#include "base/bytes.h"
#include "mail/address.h"

/** The longest subject, in bytes. */
#define NPIE_MESSAGE_SUBJECT_MAX 400

/** The most files that a message carries. */
#define NPIE_MESSAGE_FILES_MAX 4

/** A file in a message. */
typedef struct npie_message_file_t {
    const char *name; /**< [A-Za-z0-9._-]{1,60} */
    const char *type; /**< media type */
    npie_bytes_t bytes;
} npie_message_file_t;

/** What a message is made of. Strings NUL ended, never NULL. */
typedef struct npie_message_t {
    npie_mailbox_t from;
    const char *to;      /**< one address, UTF-8 */
    const char *subject; /**< clean UTF-8, one line */
    const char *text;    /**< clean UTF-8, lines ended by \n or \r\n */
    const char *html;    /**< the same */
    const char *id;      /**< left side of the Message-ID, [A-Za-z0-9.-]{1,64};
                              the same for every attempt at one mail, so that
                              a mail that comes twice can be told */
    apr_time_t date;
    npie_message_file_t files[NPIE_MESSAGE_FILES_MAX]; /**< up to the first
                              without a name */
} npie_message_t;

/**
 * Writes a message: text and HTML as multipart/alternative, quoted-printable,
 * in multipart/mixed where there are files, which follow in base64;
 * with From, To, Subject, Date, Message-ID, MIME-Version, Content-Language
 * and Auto-Submitted (RFC 3834). ASCII throughout, save a local part that is
 * not (RFC 6532). Lines end in CRLF and have at most 78 bytes where their
 * words allow, never more than 998. Dots are not doubled.
 * @param pmessage set to bytes in p
 * @return APR_SUCCESS; NPIE_EINPUT (EMAIL, ENCODING, FIELD_LONG): a field is
 *         no address, holds control characters or is no UTF-8, or too long;
 *         NPIE_EINTERNAL for an id or a file's name of another form
 */
apr_status_t npie_message_write(npie_bytes_t *pmessage,
                                const npie_message_t *message,
                                npie_err_t *err, apr_pool_t *p);

#endif
