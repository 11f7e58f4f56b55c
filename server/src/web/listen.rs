//! Taking connections: so many at a time and so many from each place, each let go where it stays silent, sends or takes too
//! slowly, all of them ended when the server stops. It has threads of its own, so that whoever asks whether the server lives
//! is answered whatever else is worked at (ADR 13). It knows no other route.

use super::pace::{Arriving, Pace, Taking};
use super::peers::{Held, Peers};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

/// How long is waited, and for how many.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time; one more waits until one of them ends.
    pub connections: usize,
    /// Connections at a time of one address, or one /64 of IPv6, and never more than are left free; one more is turned away.
    pub each: usize,
    /// Proxies, whose connections are everybody's.
    pub proxies: Arc<[IpAddr]>,
    /// How long a connection may take for the head of a request, the time before its first byte included: so a kept
    /// connection that asks nothing more is let go as well.
    pub silence: Duration,
    /// How a body has to arrive. What a door takes is small: it is there after 20 s or not at all.
    pub body: Pace,
    /// How an answer has to be taken.
    pub answer: Pace,
    /// How long requests that are under way may go on once the server is told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connections: 1000,
            each: 200,
            proxies: Arc::default(),
            silence: seconds(30),
            body: Pace { first: seconds(10), pause: seconds(30), bytes: 4000 },
            // The buffers of the machine say late that something was taken.
            answer: Pace { first: seconds(60), pause: seconds(60), bytes: 1000 },
            drain: seconds(10),
        }
    }
}

/// The path that is answered by the threads of the connections themselves: it touches neither the store nor the work.
pub const ALIVE: &str = "/healthz";
/// Threads that take connections, read heads and write answers, and do nothing else.
const THREADS: usize = 2;

/// Those threads. Where whoever serves is given up, they end without being waited for: a runtime must not wait inside another.
struct Own(Option<Runtime>);

impl Own {
    fn start() -> io::Result<Self> {
        Ok(Self(Some(Builder::new_multi_thread().worker_threads(THREADS).thread_name("connections").enable_all().build()?)))
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Option<JoinHandle<()>> {
        self.0.as_ref().map(|own| own.spawn(work))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(own) = self.0.take() {
            own.shutdown_background();
        }
    }
}

/// Serves until `stop`, then as long as requests are under way, but not for ever. Requests are worked at where this is called.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: impl Future<Output = ()>) -> io::Result<()> {
    let own = Own::start()?;
    let (stopping, stopped) = watch::channel(false);
    let work = Work { app, here: Handle::current() };
    let taking = own.spawn(taking(listener.into_std()?, work, limits, stopped));
    stop.await;
    stopping.send_replace(true);
    if let Some(taking) = taking {
        let _ = taking.await;
    }
    Ok(())
}

/// Takes connections until it is told to stop, and waits for those that are open.
async fn taking(listener: std::net::TcpListener, work: Work, limits: Limits, mut stopped: watch::Receiver<bool>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "no connection can be taken"),
    };
    let places = Arc::new(Semaphore::new(limits.connections));
    let peers = Peers::new(limits.each, limits.proxies.clone());
    let limits = Arc::new(limits);
    let mut open = JoinSet::new();
    let told = stopped.clone();
    let mut stop = pin!(stopped.wait_for(|stopped| *stopped));
    loop {
        let taken = tokio::select! {
            taken = next(&listener, &places) => taken,
            _ = &mut stop => break,
        };
        if let Some((stream, peer, place)) = taken {
            match peers.one(peer.ip(), places.available_permits()) {
                Some(held) => drop(open.spawn(connection(stream, peer, (place, held), work.clone(), limits.clone(), told.clone()))),
                None => turn_away(&stream),
            }
        }
        // What has ended is forgotten.
        while open.try_join_next().is_some() {}
    }
    drop(listener);
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

/// Says why to whoever holds too many connections, as far as they hear it: nobody waits for that.
fn turn_away(stream: &TcpStream) {
    const SAID: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: 49\r\nretry-after: 10\r\n\
        connection: close\r\n\r\ntoo many connections are open from your address.\n";
    let _ = stream.try_write(SAID);
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    place: (OwnedSemaphorePermit, Held),
    work: Work,
    limits: Arc<Limits>,
    mut stopped: watch::Receiver<bool>,
) {
    // Without TCP_NODELAY every page on a kept connection waits 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::warn!(%error, "TCP_NODELAY could not be set");
    }
    let (pace, taken) = (limits.body, Taking::new(stream, limits.answer));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        work.clone().answer(request.map(|body| Body::new(Arriving::new(body, pace))))
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.silence);
    let mut served = pin!(http.serve_connection(TokioIo::new(taken), service));
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

/// What answers, and the threads that work at it.
#[derive(Clone)]
struct Work {
    app: Router,
    here: Handle,
}

impl Work {
    async fn answer(self, request: Request<Body>) -> Result<Response, Infallible> {
        if request.uri().path() == ALIVE {
            return self.app.oneshot(request).await;
        }
        let app = self.app;
        let worked = Worked(self.here.spawn(async move { app.oneshot(request).await.map(handed_on) }));
        // It ends without an answer only where the server is told to end at once.
        worked.await.unwrap_or_else(|| Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()))
    }
}

/// A request that is worked at, given up where its caller goes away.
struct Worked(JoinHandle<Result<Response, Infallible>>);

impl Future for Worked {
    type Output = Option<Result<Response, Infallible>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Result::ok)
    }
}

impl Drop for Worked {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An answer whose body, where it is made piece by piece (read, written as a table, compressed), is made on the threads of
/// the work, and no more than a piece ahead of its reader.
fn handed_on(answer: Response) -> Response {
    let (head, body) = answer.into_parts();
    if body.size_hint().exact().is_some() {
        return Response::from_parts(head, body);
    }
    let (pieces, mut taken) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut made = body.into_data_stream();
        loop {
            let piece = tokio::select! {
                piece = made.next() => piece,
                () = pieces.closed() => return,
            };
            let Some(piece) = piece else { return };
            if pieces.send(piece).await.is_err() {
                return;
            }
        }
    });
    Response::from_parts(head, Body::from_stream(stream::poll_fn(move |cx| taken.poll_recv(cx))))
}
