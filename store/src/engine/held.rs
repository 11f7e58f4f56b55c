//! A connection of a pool while a transaction runs on it. What becomes of the connection when the transaction ends is
//! decided here: one of which nobody can say in what state it is goes no further. It knows no statement but the three.

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Pool, SqlStr};
use sqlx_core::transaction::TransactionManager;
use std::ops::{Deref, DerefMut};

/// A transaction with its connection.
#[derive(Debug)]
pub struct Held<DB: Database> {
    connection: PoolConnection<DB>,
    ended: bool,
}

impl<DB: Database> Held<DB> {
    /// Begins; a beginning that is broken off or fails closes the connection with it, for the server may be inside a
    /// transaction that nobody knows of. (sqlx 0.9.0 hands such a connection on.)
    pub(super) async fn begin(pool: &Pool<DB>, text: Option<&'static str>) -> sqlx::Result<Self> {
        let mut held = Self { connection: pool.acquire().await?, ended: false };
        DB::TransactionManager::begin(&mut held.connection, text.map(SqlStr::from_static)).await?;
        Ok(held)
    }

    /// Makes durable what was done. Where that fails the connection is closed: of a full disk the engine may have undone the
    /// transaction by itself, and whoever came next would find neither one to go on with nor a clean beginning.
    pub(super) async fn commit(mut self) -> sqlx::Result<()> {
        let done = DB::TransactionManager::commit(&mut self.connection).await;
        self.end(done)
    }

    /// Undoes it. Where that fails the connection is closed, which undoes it as well.
    pub(super) async fn rollback(mut self) -> sqlx::Result<()> {
        let done = DB::TransactionManager::rollback(&mut self.connection).await;
        self.end(done)
    }

    fn end(&mut self, done: sqlx::Result<()>) -> sqlx::Result<()> {
        self.ended = true;
        if done.is_err() {
            self.connection.close_on_drop();
        }
        done
    }
}

impl<DB: Database> Drop for Held<DB> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if self.connection.is_in_transaction() {
            // Queued; the release below waits for it, and looks whether it did what it should.
            DB::TransactionManager::start_rollback(&mut self.connection);
        } else {
            self.connection.close_on_drop();
        }
    }
}

impl<DB: Database> Deref for Held<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Database> DerefMut for Held<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}

/// Asked of every connection that comes back: true where it may be handed on. What was queued is done first.
pub(super) async fn is_clean<C: Connection>(connection: &mut C) -> sqlx::Result<bool> {
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}
