-- SPDX-License-Identifier: Apache-2.0
-- The registry of mod_npie for SQLite 3.40 and later: schema version 1.
--
--     sqlite3 /var/lib/npie/registry.db < 0001-registry.sql
--
-- Then run the files with higher numbers.
--
-- httpd's User must own the file and be able to write to its directory, where
-- SQLite creates registry.db-wal and registry.db-shm. The file stores the WAL
-- mode. mod_npie sets foreign_keys = ON, synchronous = FULL and busy_timeout on
-- each connection: do not set them in DBDInitSQL.
--
-- Restart httpd after you replace the file: open connections refuse to write.
--
-- Times are seconds since 1970 UTC; NULL means "not yet". Letters, requests and
-- certificates are base64.

PRAGMA journal_mode = WAL;

BEGIN;

CREATE TABLE schema (
    version INTEGER NOT NULL PRIMARY KEY
) STRICT;
INSERT INTO schema (version) VALUES (1);

-- The source of folios: each number is used only once.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL CHECK (value >= 0)
) STRICT;
INSERT INTO counter (name, value) VALUES ('folio', 0);

CREATE TABLE employer (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    rp TEXT NOT NULL UNIQUE CHECK (length(rp) = 11),
    rfc TEXT NOT NULL CHECK (length(rfc) IN (12, 13)),
    username TEXT NOT NULL UNIQUE CHECK (length(username) BETWEEN 8 AND 20),
    given_name TEXT NOT NULL,
    surname TEXT NOT NULL,
    surname2 TEXT NOT NULL,
    curp TEXT NOT NULL CHECK (length(curp) = 18),
    subdelegation TEXT NOT NULL,
    entity INTEGER NOT NULL CHECK (entity BETWEEN 1 AND 32),
    city TEXT NOT NULL,
    municipality TEXT NOT NULL,
    colony TEXT NOT NULL,
    street TEXT NOT NULL,
    outer_number TEXT NOT NULL,
    inner_number TEXT NOT NULL,
    postcode TEXT NOT NULL CHECK (length(postcode) = 5),
    email TEXT NOT NULL CHECK (length(email) <= 254),
    phone TEXT NOT NULL CHECK (length(phone) IN (0, 10)),
    fax TEXT NOT NULL CHECK (length(fax) IN (0, 10))
) STRICT;
CREATE UNIQUE INDEX employer_rp10 ON employer (substr(rp, 1, 10));

CREATE TABLE certificate (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    employer INTEGER NOT NULL REFERENCES employer (id),
    generation INTEGER NOT NULL CHECK (generation >= 1),
    additional INTEGER NOT NULL CHECK (additional IN (0, 1)),
    holder TEXT NOT NULL,
    holder_email TEXT NOT NULL CHECK (length(holder_email) <= 254),
    serial TEXT NOT NULL CHECK (length(serial) BETWEEN 1 AND 64),
    spki TEXT NOT NULL UNIQUE CHECK (length(spki) = 64),
    der TEXT NOT NULL CHECK (length(der) > 0),
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'superseded', 'revoked')),
    ended INTEGER,
    reason TEXT NOT NULL,
    terms_signed INTEGER,
    CHECK (not_before <= not_after),
    CHECK ((status = 'active') = (ended IS NULL))
) STRICT;
CREATE UNIQUE INDEX certificate_generation
    ON certificate (employer, generation) WHERE additional = 0;
CREATE INDEX certificate_employer ON certificate (employer);
CREATE INDEX certificate_serial ON certificate (serial);

-- Every key that a certification request ever contained.
CREATE TABLE seen_key (
    spki TEXT NOT NULL PRIMARY KEY CHECK (length(spki) = 64),
    noted INTEGER NOT NULL
) STRICT;

CREATE TABLE renewal (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    employer INTEGER NOT NULL REFERENCES employer (id),
    old_certificate INTEGER NOT NULL REFERENCES certificate (id),
    new_certificate INTEGER UNIQUE REFERENCES certificate (id),
    state TEXT NOT NULL CHECK (state IN ('started', 'keyed', 'signed',
        'confirmed', 'issued', 'completed', 'cancelled', 'lapsed')),
    email TEXT NOT NULL CHECK (length(email) <= 254),
    phone TEXT NOT NULL CHECK (length(phone) IN (0, 10)),
    fax TEXT NOT NULL CHECK (length(fax) IN (0, 10)),
    csr TEXT NOT NULL,
    new_spki TEXT NOT NULL CHECK (length(new_spki) IN (0, 64)),
    key_name TEXT NOT NULL CHECK (length(key_name) <= 64),
    key_sha256 TEXT NOT NULL CHECK (length(key_sha256) IN (0, 64)),
    letter1 INTEGER REFERENCES letter (folio),
    letter2 INTEGER REFERENCES letter (folio),
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    CHECK (state IN ('started', 'cancelled', 'lapsed')
        OR (length(csr) > 0 AND length(new_spki) = 64
            AND letter1 IS NOT NULL)),
    CHECK (state NOT IN ('issued', 'completed')
        OR new_certificate IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX renewal_open ON renewal (employer)
    WHERE state NOT IN ('completed', 'cancelled', 'lapsed');
CREATE INDEX renewal_employer ON renewal (employer);

CREATE TABLE letter (
    folio INTEGER NOT NULL PRIMARY KEY CHECK (folio >= 1),
    renewal INTEGER NOT NULL REFERENCES renewal (id),
    kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
    created INTEGER NOT NULL,
    pdf TEXT NOT NULL CHECK (length(pdf) > 0),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    signed_at INTEGER,
    voided INTEGER NOT NULL CHECK (voided IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX letter_live ON letter (renewal, kind) WHERE voided = 0;

CREATE TABLE audit (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    event TEXT NOT NULL CHECK (length(event) BETWEEN 1 AND 64),
    detail TEXT NOT NULL
) STRICT;

COMMIT;
