-- The open grants of a source in the order of their keys, which begin with the holder: an import compares by it.
DROP INDEX grants_by_source_id_id_open;
CREATE INDEX grants_by_source_id_content_key_open ON grants (source_id, content_key) WHERE until = 9223372036854775807;
