//! Writes the migrations from the declarations of the tables: `cargo xtask schema`. A test compares the two.
#![allow(clippy::expect_used)]

use std::path::Path;
use store::engine::db::Engine;
use store::engine::schema::migration;
use store::tables::PARTS;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    for (engine, name) in [(Engine::Sqlite, "sqlite"), (Engine::Postgres, "postgres")] {
        for part in PARTS {
            let path = folder.join(name).join(format!("{}.sql", part.name));
            let text = migration(part, engine);
            if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
                continue;
            }
            std::fs::write(&path, text).expect("written");
            println!("written: {}", path.display());
        }
    }
}
