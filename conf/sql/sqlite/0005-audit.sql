-- SPDX-License-Identifier: Apache-2.0
-- The audit's chain of hashes in the registry of mod_npie, for SQLite 3.40
-- and later: from schema version 4 to 5.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0005-audit.sql
--
-- Apply every file of this folder once, in the order of their numbers, with
-- httpd stopped: mod_npie refuses a registry of any other version than its
-- own.
--
-- What is hashed stands in mod_npie/store/audit.h. Rows written before this
-- step have no hash and are in no chain.

BEGIN;

INSERT INTO schema (version) VALUES (5);

ALTER TABLE audit ADD COLUMN previous TEXT
    CHECK (length(previous) = 64);
ALTER TABLE audit ADD COLUMN hash TEXT
    CHECK (hash IS NULL OR (length(hash) = 64 AND previous IS NOT NULL));

-- One row: the newest row's number and hash, and the number of the last row
-- that is in no chain. Whoever writes to the audit updates it first.
CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    since INTEGER NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= since),
    hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
INSERT INTO audit_head (id, since, sequence, hash)
    SELECT 1, coalesce(max(sequence), 0), coalesce(max(sequence), 0),
    '0000000000000000000000000000000000000000000000000000000000000000'
    FROM audit;

COMMIT;
