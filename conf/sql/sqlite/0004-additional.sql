-- SPDX-License-Identifier: Apache-2.0
-- Additional certificates in the registry of mod_npie, for SQLite 3.40 and
-- later: from schema version 3 to 4.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0004-additional.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
--
-- Times are seconds since 1970 UTC; NULL means "not yet". Letters and requests
-- are base64.

-- This file replaces a table that others reference. It needs a connection that
-- does not enforce references, as sqlite3 and npiectl open it. On any other
-- connection it fails and changes nothing.

BEGIN;

INSERT INTO schema (version) VALUES (4);

-- Requests for additional certificates, with letter 3.
CREATE TABLE addition (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    employer INTEGER NOT NULL REFERENCES employer (id),
    principal INTEGER NOT NULL REFERENCES certificate (id),
    certificate INTEGER UNIQUE REFERENCES certificate (id),
    replaces INTEGER REFERENCES certificate (id),
    holder TEXT NOT NULL CHECK (length(holder) BETWEEN 1 AND 100),
    holder_email TEXT NOT NULL CHECK (length(holder_email) BETWEEN 3 AND 254),
    purpose TEXT NOT NULL CHECK (length(purpose) BETWEEN 1 AND 100),
    state TEXT NOT NULL CHECK (state IN ('requested', 'keyed', 'authorised',
        'issued', 'withdrawn')),
    csr TEXT NOT NULL,
    spki TEXT NOT NULL CHECK (length(spki) IN (0, 64)),
    key_sha256 TEXT NOT NULL CHECK (length(key_sha256) IN (0, 64)),
    folio INTEGER UNIQUE CHECK (folio >= 1),
    pdf TEXT NOT NULL,
    created INTEGER NOT NULL,
    keyed INTEGER,
    signed_at INTEGER,
    changed INTEGER NOT NULL,
    CHECK (state IN ('requested', 'withdrawn')
        OR (length(csr) > 0 AND length(spki) = 64 AND folio IS NOT NULL
            AND length(pdf) > 0 AND keyed IS NOT NULL)),
    CHECK (state NOT IN ('authorised', 'issued') OR signed_at IS NOT NULL),
    CHECK ((state = 'issued') = (certificate IS NOT NULL))
) STRICT;
CREATE INDEX addition_employer ON addition (employer);
-- An ended certificate can be requested again only once.
CREATE UNIQUE INDEX addition_replaces ON addition (replaces)
    WHERE state <> 'withdrawn';

-- Replaces outbox: two more kinds of mail and one more column.
CREATE TABLE outbox_new (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('obtener', 'cambio', 'emitido',
        'vencimiento', 'liga', 'adicional', 'adicional-listo')),
    employer INTEGER NOT NULL REFERENCES employer (id),
    renewal INTEGER REFERENCES renewal (id),
    certificate INTEGER REFERENCES certificate (id),
    days INTEGER CHECK (days > 0),
    address TEXT NOT NULL CHECK (length(address) BETWEEN 1 AND 254),
    queued INTEGER NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    next_try INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    sent INTEGER,
    gave_up INTEGER,
    reason TEXT NOT NULL CHECK (length(reason) <= 64),
    server_said TEXT NOT NULL CHECK (length(server_said) <= 400),
    addition INTEGER REFERENCES addition (id),
    CHECK (sent IS NULL OR gave_up IS NULL),
    CHECK ((kind = 'vencimiento') = (days IS NOT NULL)),
    CHECK (days IS NULL OR certificate IS NOT NULL),
    CHECK ((kind IN ('adicional', 'adicional-listo'))
        = (addition IS NOT NULL))
) STRICT;
INSERT INTO outbox_new SELECT *, NULL FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
-- Each reminder is sent once. Other mails have NULL in days, and NULLs are
-- distinct.
CREATE UNIQUE INDEX outbox_reminder ON outbox (certificate, days);
CREATE INDEX outbox_waiting ON outbox (next_try)
    WHERE sent IS NULL AND gave_up IS NULL;
CREATE INDEX outbox_renewal ON outbox (renewal);
CREATE INDEX outbox_addition ON outbox (addition);

-- Links in mails to colleagues. The registry stores only the digest of a token.
CREATE TABLE addition_link (
    hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    purpose TEXT NOT NULL CHECK (purpose IN ('key', 'obtain')),
    addition INTEGER NOT NULL REFERENCES addition (id),
    outbox INTEGER NOT NULL REFERENCES outbox (id),
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL CHECK (expires > created)
) STRICT;

COMMIT;
