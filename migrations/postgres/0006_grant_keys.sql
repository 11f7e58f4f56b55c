-- A key begins with the holder, and an import compares holder by holder: nothing asks for the grants of a source by id.
DROP INDEX grants_by_source_id_id_open;
-- The same rule as countersign_governed_insert, asked once per statement: grants come by the million.
CREATE FUNCTION countersign_governed_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lowest bigint; highest bigint;
BEGIN
    SELECT MIN(since), MAX(since) INTO lowest, highest FROM opened;
    IF lowest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_head WHERE lowest > seq AND highest <= open_to) THEN
        RAISE EXCEPTION '%: seq % outside the open batch', TG_TABLE_NAME, lowest;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER grants_insert ON grants;
CREATE TRIGGER grants_insert AFTER INSERT ON grants REFERENCING NEW TABLE AS opened FOR EACH STATEMENT EXECUTE FUNCTION countersign_governed_inserted();
