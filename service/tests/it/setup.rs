//! Opening a store: what another version made is told apart, and nothing of it is touched.

use service::{Error, setup};
use store::engine::db::Db;
use store::testing::Scratch;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_another_version_is_refused_with_the_way_out() {
    let s = Scratch::sqlite().await;
    let Db::Sqlite { write, .. } = &s.db else { panic!("SQLite") };
    setup::open(&s.url).await.expect("its own version opens").close().await;
    store::testing::execute(write, "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1").await;
    let refused = setup::open(&s.url).await.map(|_| ());
    assert!(matches!(&refused, Err(Error::Conflict(t)) if t.contains("import again")), "{refused:?}");
    s.finish().await;
}
