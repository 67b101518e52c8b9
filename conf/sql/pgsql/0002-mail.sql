-- SPDX-License-Identifier: Apache-2.0
-- Mails and their links in the registry of mod_npie, for PostgreSQL 15 and
-- later: from schema version 1 to 2.
--
--     psql --set ON_ERROR_STOP=1 npie < 0002-mail.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
-- The role in DBDParams needs SELECT, INSERT and UPDATE on outbox and link.
--
-- Times are seconds since 1970 UTC; NULL means "not yet".

BEGIN;

INSERT INTO schema (version) VALUES (2);

-- Queued mails, without their text: the sender composes it.
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
    renewal BIGINT NOT NULL REFERENCES renewal (id),
    outbox BIGINT NOT NULL REFERENCES outbox (id),
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL CHECK (expires > created),
    used BIGINT,
    superseded BIGINT,
    CHECK (used IS NULL OR superseded IS NULL)
);
CREATE INDEX link_renewal ON link (renewal);

-- For reminders, which select certificates by their end.
CREATE INDEX certificate_not_after ON certificate (not_after)
    WHERE additional = 0 AND status = 'active';

COMMIT;
