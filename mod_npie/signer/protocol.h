/* SPDX-License-Identifier: Apache-2.0
 * What httpd and npie-signer say to each other over their unix socket.
 *
 * A frame is 12 bytes, big-endian, and a payload: version 2 (= 1), op 2,
 * id 4, payload length 4. The reply carries the request's op with the high
 * bit set, and its id. Payload fields are those of base/wire.h.
 *
 *   PING   -> (nothing);  reply: status 4, u32 pid, u64 entries in its ledger,
 *            u64 its clock (microseconds since 1970), string digest of what
 *            letters are drawn with, u64 letters refused since its start,
 *            u64 how often npie-draw lost the process that drew a letter,
 *            u64 certificates on hold
 *   ISSUE  -> bytes CSR (DER), bytes letter 1 or 3 as signed (PDF)
 *            reply: status 4; 0: bytes certificate (DER), u16 n, n x bytes CA
 *            certificate (DER, nearest first); else: u16 problem number,
 *            string detail (English)
 *
 *   SEAL   -> bytes letter as signed (PDF)
 *            reply: status 4; 0: bytes to be appended to the letter; else as
 *            ISSUE, UNKNOWN_OP when there is no seal
 *   CRL    -> (nothing); reply: status 4; 0: bytes CRL (DER), bytes CA
 *            certificate (DER), u64 this update, u64 next update (seconds
 *            since 1970)
 *   OCSP   -> bytes OCSPRequest (DER), u16 n, n x bytes certificate (DER) that
 *            are known of those asked for; reply: status 4; 0: bytes
 *            OCSPResponse (DER), u64 this update, u64 next update (0: an
 *            error, not to be kept)
 *   REVOKE -> bytes certificate (DER), u16 CRLReason, u64 revoked, u64
 *            invalid since (seconds since 1970, 0 = not said)
 *            reply: status 4; 0: noted, now or before, u16 1: on hold, as more
 *            were asked for than RevokeRate allows, 0: for good; 1: a
 *            certificate of no trusted authority, or else not to be revoked.
 *            One of ours goes to the CRL; any is refused from then on by every
 *            signer, until an admin lifts the hold
 *   AUDIT  -> u64 number of the newest row in the registry's audit, string
 *            its hash (64 hex digits); or 0 and "" to ask
 *            reply: status 4; 0: u64 number, string hash of the head that is
 *            kept now, which never goes back (0 and "": none); else as ISSUE,
 *            REFUSED when that number was kept with another hash
 *   HEADS  -> u64 place (0: the first head that counts)
 *            reply: status 4; 0: u64 place to go on from (0: no more), u64 how
 *            often the head was set by hand, string when at last, u16 n, n x
 *            (u64 number, string hash)
 *   STANDING -> bytes certificate (DER)
 *            reply: status 4; 0: u16 1: the ledger has it as revoked, on hold
 *            or superseded, u16 CRLReason; or 0 and 0; 1: of no trusted
 *            authority
 *
 * Anything else: an error reply, and the connection stays or is closed, but
 * the signer lives on.
 */
#ifndef NPIE_SIGNER_PROTOCOL_H
#define NPIE_SIGNER_PROTOCOL_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

#define NPIE_SIGNER_VERSION 1
#define NPIE_SIGNER_HEADER_SIZE 12
#define NPIE_SIGNER_PAYLOAD_MAX (1024 * 1024)
#define NPIE_SIGNER_REPLY 0x8000
/** The longest reply, bytes: a CRL grows with the authority. */
#define NPIE_SIGNER_REPLY_MAX (64 * 1024 * 1024)

typedef enum npie_signer_op_t {
    NPIE_SIGNER_PING = 1,
    NPIE_SIGNER_ISSUE = 2,
    NPIE_SIGNER_CRL = 3,
    NPIE_SIGNER_OCSP = 4,
    NPIE_SIGNER_SEAL = 5,
    NPIE_SIGNER_REVOKE = 6,
    NPIE_SIGNER_AUDIT = 7,
    NPIE_SIGNER_HEADS = 8,
    NPIE_SIGNER_STANDING = 9
} npie_signer_op_t;

/** A head of the registry's audit: store/audit.h. */
typedef struct npie_signer_head_t {
    apr_int64_t sequence; /**< 0 = none */
    char hash[NPIE_SHA256_HEX_SIZE];
} npie_signer_head_t;

/** How a request ended, on the wire. */
typedef enum npie_signer_status_t {
    NPIE_SIGNER_OK = 0,
    NPIE_SIGNER_REFUSED = 1,  /**< the evidence does not hold */
    NPIE_SIGNER_MALFORMED = 2,
    NPIE_SIGNER_UNKNOWN_OP = 3,
    NPIE_SIGNER_BUSY = 4,     /**< too many in a short time */
    NPIE_SIGNER_FAILED = 5    /**< its own fault: disk, library */
} npie_signer_status_t;

/** A frame's header, decoded. */
typedef struct npie_signer_header_t {
    apr_uint16_t op;
    apr_uint32_t id;
    apr_uint32_t length;
} npie_signer_header_t;

void npie_signer_header_put(unsigned char out[NPIE_SIGNER_HEADER_SIZE],
                            const npie_signer_header_t *header);
/** Decodes; every field is set also when it fails, so that a refusal can name
 * op and id.
 * @return APR_SUCCESS, or NPIE_EPROTO for another version or a length over
 * NPIE_SIGNER_PAYLOAD_MAX, of a reply over NPIE_SIGNER_REPLY_MAX */
apr_status_t npie_signer_header_get(npie_signer_header_t *header,
                                    const unsigned char in[NPIE_SIGNER_HEADER_SIZE]);

/**
 * A header and a payload in one piece.
 * @param header its length is not looked at: the payload's counts
 * @return bytes in p
 */
npie_bytes_t npie_signer_frame(const npie_signer_header_t *header,
                               npie_bytes_t payload, apr_pool_t *p);

#endif
