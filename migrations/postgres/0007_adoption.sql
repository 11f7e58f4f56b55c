-- What the pages of owners and of adoption ask of an identity: its backup, and the account or namespace it stands in.
ALTER TABLE identity_facts ADD COLUMN backup_id UUID;
ALTER TABLE identity_facts ADD COLUMN place TEXT COLLATE "C";
UPDATE identity_facts SET backup_id = (SELECT v.backup_id FROM identity_versions v
    WHERE v.id = identity_facts.identity_id AND v.plane = 'manual' AND v.since <= identity_facts.since AND identity_facts.since < v.until);
-- Grouping by source and place walks an index that holds all it asks for.
CREATE INDEX identity_facts_by_place ON identity_facts (source_id, place, until, batch, platform_managed, human, review, owner_id, owner_hint, privilege) WHERE until = 9223372036854775807;
-- Records that name nobody: among them are those whose owner has left.
CREATE INDEX identity_versions_without_owner ON identity_versions (id, since) WHERE plane = 'manual' AND owner_id IS NULL;
-- When a source was last heard.
CREATE INDEX imports_by_source_id_seq ON imports (source_id, seq);
-- The position of an instant: `at` never runs backwards, so the last entry up to an instant is one probe.
CREATE INDEX ledger_by_at_seq ON ledger (at, seq);
-- What somebody did.
CREATE INDEX ledger_by_actor_id_seq ON ledger (actor_id, seq);
