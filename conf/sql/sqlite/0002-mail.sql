-- SPDX-License-Identifier: Apache-2.0
-- Mails and their links in the registry of mod_npie, for SQLite 3.40 and
-- later: from schema version 1 to 2.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0002-mail.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
--
-- Times are seconds since 1970 UTC; NULL means "not yet".

BEGIN;

INSERT INTO schema (version) VALUES (2);

-- Queued mails, without their text: the sender composes it.
CREATE TABLE outbox (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('obtener', 'cambio', 'emitido',
        'vencimiento', 'liga')),
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
    CHECK (sent IS NULL OR gave_up IS NULL),
    CHECK ((kind = 'vencimiento') = (days IS NOT NULL)),
    CHECK (days IS NULL OR certificate IS NOT NULL)
) STRICT;
-- Each reminder is sent once. Other mails have NULL in days, and NULLs are
-- distinct.
CREATE UNIQUE INDEX outbox_reminder ON outbox (certificate, days);
CREATE INDEX outbox_waiting ON outbox (next_try)
    WHERE sent IS NULL AND gave_up IS NULL;
CREATE INDEX outbox_renewal ON outbox (renewal);

-- Links in mails. The registry stores only the digest of a token.
CREATE TABLE link (
    hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    purpose TEXT NOT NULL CHECK (purpose IN ('continue', 'stop')),
    renewal INTEGER NOT NULL REFERENCES renewal (id),
    outbox INTEGER NOT NULL REFERENCES outbox (id),
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL CHECK (expires > created),
    used INTEGER,
    superseded INTEGER,
    CHECK (used IS NULL OR superseded IS NULL)
) STRICT;
CREATE INDEX link_renewal ON link (renewal);

-- For reminders, which select certificates by their end.
CREATE INDEX certificate_not_after ON certificate (not_after)
    WHERE additional = 0 AND status = 'active';

COMMIT;
