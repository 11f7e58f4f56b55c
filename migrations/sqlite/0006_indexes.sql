-- A key begins with the holder, and an import compares holder by holder: nothing asks for the grants of a source by id.
DROP INDEX grants_by_source_id_id_open;
-- Pages of one identity and of one person at any position.
CREATE INDEX surface_versions_by_identity_id ON surface_versions (identity_id);
CREATE INDEX credential_versions_by_identity_id ON credential_versions (identity_id);
CREATE INDEX role_assignments_by_person_id ON role_assignments (person_id);
-- Search by name walks an index that holds all it asks for; `until` stands in it so that it does.
DROP INDEX identity_facts_by_name_sort_identity_id_open;
CREATE INDEX identity_facts_searched ON identity_facts (name_sort, identity_id, until, batch, platform_managed, search) WHERE until = 9223372036854775807;
