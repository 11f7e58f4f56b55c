//! What an offline verifier knows of our tables is what they are.

use domain::receipt::TABLES;
use store::engine::table::TableKind;
use store::tables;

#[test]
fn receipts_know_the_tables_as_they_are_declared() {
    for known in &TABLES {
        let table = tables::all().into_iter().find(|table| table.name == known.table).expect("a table");
        let covered = table.columns.iter().filter(|c| !c.redactable && c.name != "seq");
        let columns: Vec<_> = covered.map(|c| (c.name, c.kind)).collect();
        assert_eq!(columns, known.columns, "{}", table.name);
        assert!(!table.columns.iter().any(|c| c.later), "{}: a receipt would have to leave out what holds nothing", table.name);
        assert_eq!((table.key, table.kind == TableKind::Governed), (known.key, known.governed), "{}", table.name);
    }
}
