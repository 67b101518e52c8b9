-- SPDX-License-Identifier: Apache-2.0
-- Mails to employers about additional certificates, in the registry of
-- mod_npie, for SQLite 3.40 and later: from schema version 7 to 8.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0008-mail-additional.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.

-- This file replaces a table that others reference. It needs a connection that
-- does not enforce references, as sqlite3 and npiectl open it. On any other
-- connection it fails and changes nothing.

BEGIN;

INSERT INTO schema (version) VALUES (8);

-- Replaces outbox. mod_npie defines the kinds of mail. The names of kinds about
-- an additional certificate begin with "adicional".
CREATE TABLE outbox_new (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
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
    CHECK ((kind LIKE 'adicional%') = (addition IS NOT NULL))
) STRICT;
INSERT INTO outbox_new SELECT * FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
-- Each reminder is sent once. Other mails have NULL in days, and NULLs are
-- distinct.
CREATE UNIQUE INDEX outbox_reminder ON outbox (certificate, days);
CREATE INDEX outbox_waiting ON outbox (next_try)
    WHERE sent IS NULL AND gave_up IS NULL;
CREATE INDEX outbox_renewal ON outbox (renewal);
CREATE INDEX outbox_addition ON outbox (addition);

COMMIT;
