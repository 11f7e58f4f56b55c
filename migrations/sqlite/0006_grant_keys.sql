-- A key begins with the holder, and an import compares holder by holder: nothing asks for the grants of a source by id.
DROP INDEX grants_by_source_id_id_open;
