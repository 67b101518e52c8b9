-- SPDX-License-Identifier: Apache-2.0
-- Mails and their links in the registry of mod_npie, for PostgreSQL 15 and
-- later: from schema version 1 to 2.
--
--     psql --set ON_ERROR_STOP=1 npie < 0002-mail.sql
--
-- Apply every file of this folder once, in the order of their numbers, with
-- httpd stopped: mod_npie refuses a registry of any other version than its
-- own. The role in DBDParams needs SELECT, INSERT and UPDATE on outbox and
-- link.
--
-- Times are seconds since 1970 UTC; NULL is "not yet".

BEGIN;

INSERT INTO schema (version) VALUES (2);

-- Mails, without their texts: those are written when a mail is sent.
CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('obtener', 'cambio', 'emitido',
        'vencimiento', 'liga')),
    employer BIGINT NOT NULL REFERENCES employer (id),
    renewal BIGINT REFERENCES renewal (id),
    certificate BIGINT REFERENCES certificate (id),
    days INTEGER CHECK (days > 0),
    address TEXT NOT NULL CHECK (length(address) BETWEEN 1 AND 254),
    queued BIGINT NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    next_try BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    sent BIGINT,
    gave_up BIGINT,
    reason TEXT NOT NULL CHECK (length(reason) <= 64),
    server_said TEXT NOT NULL CHECK (length(server_said) <= 400),
    CHECK (sent IS NULL OR gave_up IS NULL),
    CHECK ((kind = 'vencimiento') = (days IS NOT NULL)),
    CHECK (days IS NULL OR certificate IS NOT NULL)
);
-- A reminder goes out once. Other mails have no days, and NULLs differ.
CREATE UNIQUE INDEX outbox_reminder ON outbox (certificate, days);
CREATE INDEX outbox_waiting ON outbox (next_try)
    WHERE sent IS NULL AND gave_up IS NULL;
CREATE INDEX outbox_renewal ON outbox (renewal);

-- Links in mails; the tokens themselves are known to their readers alone.
CREATE TABLE link (
    hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    purpose TEXT NOT NULL CHECK (purpose IN ('continue', 'stop')),
    renewal BIGINT NOT NULL REFERENCES renewal (id),
    outbox BIGINT NOT NULL REFERENCES outbox (id),
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL CHECK (expires > created),
    used BIGINT,
    superseded BIGINT,
    CHECK (used IS NULL OR superseded IS NULL)
);
CREATE INDEX link_renewal ON link (renewal);

-- Reminders look for certificates by their end.
CREATE INDEX certificate_not_after ON certificate (not_after)
    WHERE additional = 0 AND status = 'active';

COMMIT;
