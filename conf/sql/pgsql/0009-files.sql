-- SPDX-License-Identifier: Apache-2.0
-- Letters and seals as packed binary in the registry of mod_npie, for
-- PostgreSQL 15 and later: from schema version 8 to 9.
--
--     psql --set ON_ERROR_STOP=1 npie < 0009-files.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
-- The role in DBDParams needs SELECT and INSERT on frame.
--
-- mod_npie/store/registry_file.h defines what a file's bytes contain. Letters
-- that are there get a first byte of 0: a file as it is.

BEGIN;

INSERT INTO schema (version) VALUES (9);

-- What many letters have in common: fonts, colour profile, structure. Letters
-- name it by its hash: do not remove a row.
CREATE TABLE frame (
    sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    bytes BYTEA NOT NULL
);
-- mod_npie has compressed it.
ALTER TABLE frame ALTER COLUMN bytes SET STORAGE EXTERNAL;

ALTER TABLE letter ALTER COLUMN pdf TYPE BYTEA
    USING '\x00'::bytea || decode(pdf, 'base64');
ALTER TABLE letter ALTER COLUMN seal TYPE BYTEA
    USING '\x00'::bytea || decode(seal, 'base64');
ALTER TABLE letter ALTER COLUMN pdf SET STORAGE EXTERNAL;
ALTER TABLE letter ALTER COLUMN seal SET STORAGE EXTERNAL;

ALTER TABLE addition ALTER COLUMN pdf TYPE BYTEA
    USING CASE WHEN pdf = '' THEN ''::bytea
    ELSE '\x00'::bytea || decode(pdf, 'base64') END;
ALTER TABLE addition ALTER COLUMN seal TYPE BYTEA
    USING '\x00'::bytea || decode(seal, 'base64');
ALTER TABLE addition ALTER COLUMN pdf SET STORAGE EXTERNAL;
ALTER TABLE addition ALTER COLUMN seal SET STORAGE EXTERNAL;

COMMIT;
