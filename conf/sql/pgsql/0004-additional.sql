-- SPDX-License-Identifier: Apache-2.0
-- Additional certificates in the registry of mod_npie, for PostgreSQL 15 and
-- later: from schema version 3 to 4.
--
--     psql --set ON_ERROR_STOP=1 npie < 0004-additional.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
-- The role in DBDParams needs SELECT, INSERT and UPDATE on addition and
-- addition_link.
--
-- Times are seconds since 1970 UTC; NULL means "not yet". Letters and requests
-- are base64.

BEGIN;

INSERT INTO schema (version) VALUES (4);

-- Requests for additional certificates, with letter 3.
CREATE TABLE addition (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employer BIGINT NOT NULL REFERENCES employer (id),
    principal BIGINT NOT NULL REFERENCES certificate (id),
    certificate BIGINT UNIQUE REFERENCES certificate (id),
    replaces BIGINT REFERENCES certificate (id),
    holder TEXT NOT NULL CHECK (length(holder) BETWEEN 1 AND 100),
    holder_email TEXT NOT NULL CHECK (length(holder_email) BETWEEN 3 AND 254),
    purpose TEXT NOT NULL CHECK (length(purpose) BETWEEN 1 AND 100),
    state TEXT NOT NULL CHECK (state IN ('requested', 'keyed', 'authorised',
        'issued', 'withdrawn')),
    csr TEXT NOT NULL,
    spki TEXT NOT NULL CHECK (length(spki) IN (0, 64)),
    key_sha256 TEXT NOT NULL CHECK (length(key_sha256) IN (0, 64)),
    folio BIGINT UNIQUE CHECK (folio >= 1),
    pdf TEXT NOT NULL,
    created BIGINT NOT NULL,
    keyed BIGINT,
    signed_at BIGINT,
    changed BIGINT NOT NULL,
    CHECK (state IN ('requested', 'withdrawn')
        OR (length(csr) > 0 AND length(spki) = 64 AND folio IS NOT NULL
            AND length(pdf) > 0 AND keyed IS NOT NULL)),
    CHECK (state NOT IN ('authorised', 'issued') OR signed_at IS NOT NULL),
    CHECK ((state = 'issued') = (certificate IS NOT NULL))
);
CREATE INDEX addition_employer ON addition (employer);
-- An ended certificate can be requested again only once.
CREATE UNIQUE INDEX addition_replaces ON addition (replaces)
    WHERE state <> 'withdrawn';

-- Two more kinds of mail, and the request that they refer to.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD COLUMN addition BIGINT REFERENCES addition (id);
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('obtener',
    'cambio', 'emitido', 'vencimiento', 'liga', 'adicional',
    'adicional-listo'));
ALTER TABLE outbox ADD CONSTRAINT outbox_addition_check CHECK (
    (kind IN ('adicional', 'adicional-listo')) = (addition IS NOT NULL));
CREATE INDEX outbox_addition ON outbox (addition);

-- Links in mails to colleagues. The registry stores only the digest of a token.
CREATE TABLE addition_link (
    hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    purpose TEXT NOT NULL CHECK (purpose IN ('key', 'obtain')),
    addition BIGINT NOT NULL REFERENCES addition (id),
    outbox BIGINT NOT NULL REFERENCES outbox (id),
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL CHECK (expires > created)
);

COMMIT;
