/* SPDX-License-Identifier: Apache-2.0
 * What to do about a part that is not ok.
 */
#include <string.h>

#include "ctl/status.h"

const char *npie_ctl_remedy(const char *part)
{
    static const struct {
        const char *part;
        const char *remedy;
    } remedies[] = {
        { "authority", "roll the issuing CA over: runbook \"Rollover of the "
          "issuing CA\"; a file or key that is wrong: npie-signer -t says "
          "more" },
        { "seal", "make a new seal: runbook \"Leaked seal key, or a seal that ends\"" },
        { "trust-crl", "get the authority's newest CRL, put it in the place "
          "of TrustCRL and NPIETrustCRL, and restart httpd gracefully" },
        { "disk", "make room, or move what is there to a larger disk: rotate "
          "logs, run \"npiectl registry backup\" before anything is moved" },
        { "registry", "see Registry in npiectl.conf, that the database runs, "
          "and its rights; \"npiectl registry check\" when it answers" },
        { "mail", "see NPIEMailServer and the mail server's log; \"npiectl "
          "employer story WHO\" says what it answered" },
        { "timestamps", "see Timestamp and what the authority answered; then "
          "\"npiectl letter renew-timestamps\"" },
        { "timestamp-authority", "see Timestamp, name resolution and firewall; "
          "letters are sealed meanwhile and dated later" },
        { "children", "read the error log at that time; report a crash with "
          "its core" },
        { "jobs", "one child of httpd does the jobs: see the error log, and "
          "that httpd, mail server and npie-signer run" },
        { "clock", "run an NTP client: chrony or systemd-timesyncd" },
        { "clocks", "set both machines' clocks by NTP" },
        { "redis", "start Redis, or see Redis and SessionSecret in "
          "npiectl.conf" },
        { "signer", "see that httpd or npie-signer.service runs, and Signer in "
          "npiectl.conf" },
        { "holds", "npiectl ledger show --kind hold; then npiectl certificate "
          "release or confirm; when nobody revoked many on purpose, httpd may "
          "be broken into" },
        { "drawing", "see npie-signer's messages in httpd's error log; report "
          "a letter on which npie-draw ends" },
        { "ledger", "see \"Backups\" in the manual and \"npiectl ledger "
          "verify\"; damaged: keep everything as it is and find out who "
          "wrote" },
        { "ocsp", "see npie-signer's messages in httpd's error log" },
        { "site", "renew the certificate of TLS and restart httpd gracefully; "
          "see Site in npiectl.conf" },
        { "crl-address", "see CRLURL in npie-signer.conf, the handler npie-crl "
          "and caches in between" },
        { "ocsp-address", "see OCSPURL in npie-signer.conf, the handler "
          "npie-ocsp and caches in between" },
        { "httpd", "mend the line that the message names, then run npiectl "
          "doctor again" },
        { "employers", "nothing by hand: NPIEMailReminders reminds those who "
          "have an address" },
        { "growth", "move the registry to a larger disk, or to PostgreSQL: "
          "npiectl registry copy" },
    };

    for (apr_size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
        if (strcmp(remedies[i].part, part) == 0) {
            return remedies[i].remedy;
        }
    }
    return "";
}
