//! Taking connections: so many at a time, each let go where it stays silent, all of them ended when the server stops. It
//! knows no route.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// How long is waited, and for how many.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; one more waits until one of them ends.
    pub connections: usize,
    /// How long a connection may take for the head of a request, the time before its first byte included: so a kept
    /// connection that asks nothing more is let go as well.
    pub silence: Duration,
    /// How long requests that are under way may go on once the server is told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 1000, silence: Duration::from_secs(30), drain: Duration::from_secs(10) }
    }
}

/// Serves until `stop`, then as long as requests are under way, but not for ever.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let (stopping, stopped) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let taken = tokio::select! {
            taken = next(&listener, &places) => taken,
            () = &mut stop => break,
        };
        if let Some((stream, peer, place)) = taken {
            open.spawn(connection(stream, peer, place, app.clone(), limits.silence, stopped.clone()));
        }
        // What has ended is forgotten.
        while open.try_join_next().is_some() {}
    }
    drop(listener);
    stopping.send_replace(true);
    let drained = tokio::time::timeout(limits.drain, async { while open.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(connections = open.len(), "requests that were under way are broken off");
        open.shutdown().await;
    }
}

/// The next connection, once there is a place for it; none where it could not be taken.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        // The caller went away before it was taken.
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {
            None
        }
        Err(error) => {
            // Too many files are open, for example: that passes.
            tracing::error!(%error, "a connection could not be taken");
            tokio::time::sleep(Duration::from_secs(1)).await;
            None
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    app: Router,
    silence: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    // Without TCP_NODELAY every page on a kept connection waits 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::warn!(%error, "TCP_NODELAY could not be set");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request.map(Body::new))
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(silence);
    let mut served = pin!(http.serve_connection(TokioIo::new(stream), service));
    let told = async {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = told => {
            // The request under way is answered; a connection that is idle ends here.
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
    drop(place);
}
