-- SPDX-License-Identifier: Apache-2.0
-- Mails to employers about additional certificates, in the registry of
-- mod_npie, for SQLite 3.40 and later: from schema version 7 to 8.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0008-mail-additional.sql
--
-- Apply every file of this folder once, in the order of their numbers, with
-- httpd stopped: mod_npie refuses a registry of any other version than its
-- own.

-- A table that others point to is made anew below: it takes a connection that
-- does not enforce references, as sqlite3 and npiectl open it; any other one
-- fails here and changes nothing.

BEGIN;

INSERT INTO schema (version) VALUES (8);

-- The outbox again. Which kinds there are is mod_npie's to know; those about
-- an additional certificate say so in their name.
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
-- A reminder goes out once. Other mails have no days, and NULLs differ.
CREATE UNIQUE INDEX outbox_reminder ON outbox (certificate, days);
CREATE INDEX outbox_waiting ON outbox (next_try)
    WHERE sent IS NULL AND gave_up IS NULL;
CREATE INDEX outbox_renewal ON outbox (renewal);
CREATE INDEX outbox_addition ON outbox (addition);

COMMIT;
