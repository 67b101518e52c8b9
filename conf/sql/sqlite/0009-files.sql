-- SPDX-License-Identifier: Apache-2.0
-- Letters and seals as packed binary in the registry of mod_npie, for SQLite
-- 3.40 and later: from schema version 8 to 9.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0009-files.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
--
-- Letters that are there stay as they are, base64 in a TEXT value; mod_npie
-- reads both. mod_npie/store/registry_file.h defines what a BLOB contains.

-- This file replaces tables that others reference. It needs a connection that
-- does not enforce references, as sqlite3 and npiectl open it. On any other
-- connection it fails and changes nothing.

BEGIN;

INSERT INTO schema (version) VALUES (9);

-- What many letters have in common: fonts, colour profile, structure. Letters
-- name it by its hash: do not remove a row.
CREATE TABLE frame (
    sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    bytes BLOB NOT NULL
) STRICT;

-- Replaces letter: pdf and seal take binary.
CREATE TABLE letter_new (
    folio INTEGER NOT NULL PRIMARY KEY CHECK (folio >= 1),
    renewal INTEGER NOT NULL REFERENCES renewal (id),
    kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
    created INTEGER NOT NULL,
    pdf ANY NOT NULL CHECK (length(pdf) > 0),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    signed_at INTEGER,
    voided INTEGER NOT NULL CHECK (voided IN (0, 1)),
    seal ANY,
    sealed_at INTEGER CHECK ((sealed_at IS NULL) = (seal IS NULL)),
    seal_next INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO letter_new SELECT folio, renewal, kind, created, pdf, sha256,
    signed_at, voided, seal, sealed_at, seal_next FROM letter;
DROP TABLE letter;
ALTER TABLE letter_new RENAME TO letter;
CREATE UNIQUE INDEX letter_live ON letter (renewal, kind) WHERE voided = 0;
CREATE INDEX letter_unsealed ON letter (seal_next)
    WHERE sealed_at IS NULL AND signed_at IS NOT NULL AND voided = 0;

-- Replaces addition, likewise.
CREATE TABLE addition_new (
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
    pdf ANY NOT NULL,
    created INTEGER NOT NULL,
    keyed INTEGER,
    signed_at INTEGER,
    changed INTEGER NOT NULL,
    seal ANY,
    sealed_at INTEGER CHECK ((sealed_at IS NULL) = (seal IS NULL)),
    seal_next INTEGER NOT NULL DEFAULT 0,
    CHECK (state IN ('requested', 'withdrawn')
        OR (length(csr) > 0 AND length(spki) = 64 AND folio IS NOT NULL
            AND length(pdf) > 0 AND keyed IS NOT NULL)),
    CHECK (state NOT IN ('authorised', 'issued') OR signed_at IS NOT NULL),
    CHECK ((state = 'issued') = (certificate IS NOT NULL))
) STRICT;
INSERT INTO addition_new SELECT id, employer, principal, certificate,
    replaces, holder, holder_email, purpose, state, csr, spki, key_sha256,
    folio, pdf, created, keyed, signed_at, changed, seal, sealed_at, seal_next
    FROM addition;
DROP TABLE addition;
ALTER TABLE addition_new RENAME TO addition;
CREATE INDEX addition_employer ON addition (employer);
-- An ended certificate can be requested again only once.
CREATE UNIQUE INDEX addition_replaces ON addition (replaces)
    WHERE state <> 'withdrawn';
CREATE INDEX addition_unsealed ON addition (seal_next)
    WHERE sealed_at IS NULL AND state = 'issued';

COMMIT;
