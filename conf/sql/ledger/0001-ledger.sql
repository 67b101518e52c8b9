-- SPDX-License-Identifier: Apache-2.0
-- The ledger of npie-signer, for PostgreSQL 15 and later, and the role that
-- npie-ledger connects as.
--
--     createdb npie_ledger
--     psql --set ON_ERROR_STOP=1 npie_ledger < 0001-ledger.sql
--
-- Run it once, as an administrator of the database who is neither that role nor
-- the one of httpd. The name of the role is npie_ledger; --set role=NAME
-- changes it. The role may insert and read, and nothing else; nobody else may
-- even read.

\if :{?role}
\else
\set role npie_ledger
\endif

BEGIN;

SELECT format('CREATE ROLE %I LOGIN', :'role')
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role')
\gexec

CREATE SCHEMA npie_ledger;
SET LOCAL search_path = npie_ledger, pg_catalog;

CREATE TABLE schema (
    version INTEGER NOT NULL PRIMARY KEY
);
INSERT INTO schema (version) VALUES (1);

-- One entry: mod_npie/ledger/entry.h describes its line.
CREATE TABLE entry (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number > 0),
    line TEXT NOT NULL CHECK (length(line) BETWEEN 1 AND 32768)
);

-- The rules of uniqueness: no two entries have a mark in common.
CREATE TABLE mark (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY
        CHECK (length(name) BETWEEN 1 AND 255),
    number BIGINT NOT NULL REFERENCES entry (number),
    expires BIGINT
);
CREATE INDEX mark_number ON mark (number);

-- Who appends locks this table until the end of the transaction, so that
-- entries are committed in their order.
CREATE TABLE turn ();

CREATE FUNCTION entry_is_next() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = npie_ledger, pg_catalog, pg_temp
AS $$
BEGIN
    LOCK TABLE turn IN EXCLUSIVE MODE;
    IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM entry) THEN
        RAISE unique_violation
            USING MESSAGE = NEW.number || ' is not the next number';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER entry_is_next BEFORE INSERT ON entry
    FOR EACH ROW EXECUTE FUNCTION entry_is_next();

-- Against accidents of those who have more rights. Who can drop these triggers
-- is found by the chain: npiectl ledger verify.
CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries and marks stay as they are';
END
$$;
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION stays();
CREATE TRIGGER mark_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON mark
    FOR EACH STATEMENT EXECUTE FUNCTION stays();

REVOKE ALL ON FUNCTION entry_is_next(), stays() FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA npie_ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA npie_ledger TO :"role";
GRANT SELECT ON schema, entry, mark TO :"role";
GRANT INSERT ON entry, mark TO :"role";

COMMIT;
