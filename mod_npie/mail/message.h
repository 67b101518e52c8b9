/* SPDX-License-Identifier: Apache-2.0
 * Messages as bytes: RFC 5322 and MIME (RFC 2045 to 2047).
 */
#ifndef NPIE_MAIL_MESSAGE_H
#define NPIE_MAIL_MESSAGE_H

#include <apr_time.h>

#include "base/bytes.h"
#include "mail/address.h"

/** Maximum size of a subject in bytes. */
#define NPIE_MESSAGE_SUBJECT_MAX 400

/** Maximum number of attachments. */
#define NPIE_MESSAGE_FILES_MAX 4

/** An attachment. */
typedef struct npie_message_file_t {
    const char *name; /**< [A-Za-z0-9._-]{1,60} */
    const char *type; /**< media type */
    npie_bytes_t bytes;
} npie_message_file_t;

/** The parts of a message. Strings are NUL ended, never NULL. */
typedef struct npie_message_t {
    npie_mailbox_t from;
    const char *to;      /**< one address, UTF-8 */
    const char *subject; /**< clean UTF-8, one line */
    const char *text;    /**< clean UTF-8, lines ended by \n or \r\n */
    const char *html;    /**< the same */
    const char *language; /**< tag; NULL: es */
    const char *id;      /**< left side of the Message-ID, [A-Za-z0-9.-]{1,64};
                              the same for every attempt at one mail, so that
                              duplicates can be detected */
    apr_time_t date;
    npie_message_file_t files[NPIE_MESSAGE_FILES_MAX]; /**< ends at the first
                              without a name */
} npie_message_t;

/**
 * Writes a message. Text and HTML form a multipart/alternative in
 * quoted-printable. With attachments it is part of a multipart/mixed, and the
 * attachments follow in base64. The headers are From, To, Subject, Date,
 * Message-ID, MIME-Version, Content-Language and Auto-Submitted (RFC 3834). The
 * message is ASCII, except for a local part that is not (RFC 6532). Lines end
 * in CRLF. They have at most 78 bytes where words allow it, and never more
 * than 998. Dots are not doubled.
 * @param pmessage set to bytes in p
 * @return APR_SUCCESS; NPIE_EINPUT (EMAIL, ENCODING, FIELD_LONG): a field is
 *         not an address, contains control characters, is not UTF-8, or is too
 *         long; NPIE_EINTERNAL: malformed id or file name
 */
apr_status_t npie_message_write(npie_bytes_t *pmessage,
                                const npie_message_t *message,
                                npie_err_t *err, apr_pool_t *p);

#endif
