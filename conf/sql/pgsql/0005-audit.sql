-- SPDX-License-Identifier: Apache-2.0
-- The audit's chain of hashes in the registry of mod_npie, for PostgreSQL 15
-- and later: from schema version 4 to 5.
--
--     psql --set ON_ERROR_STOP=1 npie < 0005-audit.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
--
-- mod_npie/store/audit.h defines the input of the hash. Rows written before
-- this step have no hash and belong to no chain.

BEGIN;

INSERT INTO schema (version) VALUES (5);

-- The numbers come from audit_head, because a sequence would leave gaps.
ALTER TABLE audit ALTER COLUMN sequence DROP IDENTITY;
ALTER TABLE audit ADD COLUMN previous TEXT
    CHECK (length(previous) = 64);
ALTER TABLE audit ADD COLUMN hash TEXT
    CHECK (hash IS NULL OR (length(hash) = 64 AND previous IS NOT NULL));

-- A single row: number and hash of the newest audit row, and the number of the
-- last row outside the chain. A writer of the audit updates this row first.
CREATE TABLE audit_head (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    since BIGINT NOT NULL,
    sequence BIGINT NOT NULL CHECK (sequence >= since),
    hash TEXT NOT NULL CHECK (length(hash) = 64)
);
INSERT INTO audit_head (id, since, sequence, hash)
    SELECT 1, coalesce(max(sequence), 0), coalesce(max(sequence), 0),
    '0000000000000000000000000000000000000000000000000000000000000000'
    FROM audit;

COMMIT;
