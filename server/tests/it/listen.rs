//! Connections: one that stays silent is let go, so many are served at a time, and none keeps the server from stopping.

use axum::Router;
use axum::routing::get;
use server::web::listen::{self, Limits};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than anything here takes, whatever the machine.
const LONG: Duration = Duration::from_mins(2);
const SHORT: Duration = Duration::from_millis(200);
const ASKED: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn serve(limits: Limits) -> Served {
    let app = Router::new().route("/", get(async || "here")).route("/for-ever", get(std::future::pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(listen::serve(listener, app, limits, async {
        let _ = stopped.await;
    }));
    Served { address, stop, ended }
}

fn connect(served: &Served, sent: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(served.address).expect("connects");
    stream.set_read_timeout(Some(LONG)).expect("set");
    stream.write_all(sent).expect("sent");
    stream
}

/// The answer to `ASKED`.
fn answer(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let mut byte = [0u8; 1];
    while !got.ends_with(b"here") {
        assert_eq!(stream.read(&mut byte).expect("answered"), 1, "{}", String::from_utf8_lossy(&got));
        got.push(byte[0]);
    }
    String::from_utf8_lossy(&got).into_owned()
}

/// True where the server ended the connection and said nothing more.
fn ends(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0u8; 1]) {
        Ok(n) => n == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_stays_silent_is_let_go() {
    let served = serve(Limits { silence: SHORT, ..Limits::default() }).await;
    tokio::task::spawn_blocking(move || {
        for begun in [&b""[..], b"GET / HTTP/1.1\r\nHost: local"] {
            assert!(ends(&mut connect(&served, begun)), "{}", String::from_utf8_lossy(begun));
        }
        let mut kept = connect(&served, ASKED);
        assert!(answer(&mut kept).starts_with("HTTP/1.1 200"));
        assert!(ends(&mut kept), "a kept connection that asks nothing more");
    })
    .await
    .expect("done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_more_than_there_may_be_waits_for_its_place() {
    let served = serve(Limits { connections: 1, silence: LONG, ..Limits::default() }).await;
    tokio::task::spawn_blocking(move || {
        let mut first = connect(&served, ASKED);
        answer(&mut first);
        let mut second = connect(&served, ASKED);
        second.set_read_timeout(Some(SHORT)).expect("set");
        let waits = second.read(&mut [0u8; 1]).expect_err("nobody answers yet");
        assert!(matches!(waits.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{waits}");
        drop(first);
        second.set_read_timeout(Some(LONG)).expect("set");
        assert!(answer(&mut second).starts_with("HTTP/1.1 200"));
    })
    .await
    .expect("done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_an_idle_connection_nor_an_endless_request_keeps_the_server_from_stopping() {
    let served = serve(Limits { silence: LONG, drain: SHORT, ..Limits::default() }).await;
    let (mut idle, mut endless) = (connect(&served, ASKED), connect(&served, b"GET /for-ever HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    let idle = tokio::task::spawn_blocking(move || {
        answer(&mut idle);
        idle
    });
    let mut idle = idle.await.expect("answered");
    served.stop.send(()).expect("told");
    tokio::time::timeout(LONG, served.ended).await.expect("it stops").expect("as it should");
    tokio::task::spawn_blocking(move || assert!(ends(&mut idle) && ends(&mut endless))).await.expect("done");
}
