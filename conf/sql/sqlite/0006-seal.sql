-- SPDX-License-Identifier: Apache-2.0
-- The institute's seals in the registry of mod_npie, for SQLite 3.40 and
-- later: from schema version 5 to 6.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0006-seal.sql
--
-- Apply every file of this folder once, in the order of their numbers, with
-- httpd stopped: mod_npie refuses a registry of any other version than its
-- own.
--
-- Times are seconds since 1970 UTC; NULL is "not yet".

-- A table that others point to is made anew below: it takes a connection that
-- does not enforce references, as sqlite3 and npiectl open it; any other one
-- fails here and changes nothing.

BEGIN;

INSERT INTO schema (version) VALUES (6);

-- seal: what is appended to pdf, base64. seal_next: not to be sealed before
-- this, because somebody is at it or the signer refused.
ALTER TABLE letter ADD COLUMN seal TEXT;
ALTER TABLE letter ADD COLUMN sealed_at INTEGER
    CHECK ((sealed_at IS NULL) = (seal IS NULL));
ALTER TABLE letter ADD COLUMN seal_next INTEGER NOT NULL DEFAULT 0;
CREATE INDEX letter_unsealed ON letter (seal_next)
    WHERE sealed_at IS NULL AND signed_at IS NOT NULL AND voided = 0;

-- The outbox again, with one kind of mail more.
CREATE TABLE outbox_new (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('obtener', 'cambio', 'emitido',
        'vencimiento', 'liga', 'adicional', 'adicional-listo',
        'acuse')),
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
