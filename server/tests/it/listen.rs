//! Connections: one that stays silent is let go, so many are served at a time, none keeps the server from stopping, and
//! whoever asks whether it lives is answered whatever is worked at.

use axum::Router;
use axum::routing::get;
use server::web::listen::{self, Limits};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
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
    ended: JoinHandle<std::io::Result<()>>,
}

async fn serve(limits: Limits) -> Served {
    serve_app(limits, Router::new().route("/", get(async || "here")).route("/for-ever", get(std::future::pending::<()>))).await
}

async fn serve_app(limits: Limits, app: Router) -> Served {
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
    tokio::time::timeout(LONG, served.ended).await.expect("it stops").expect("as it should").expect("served");
    tokio::task::spawn_blocking(move || assert!(ends(&mut idle) && ends(&mut endless))).await.expect("done");
}

/// An application whose `/works` keeps its thread until it is let go, with what tells of each that began, and what lets all go.
fn keeping_threads() -> (Router, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (began, begins) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (began, released) = (Arc::new(Mutex::new(began)), Arc::new(Mutex::new(released)));
    let works = get(async move || {
        began.lock().expect("held").send(()).expect("told");
        // The first waits for all to be let go, the others for the first.
        let _ = released.lock().expect("held").recv();
        "here"
    });
    (Router::new().route("/works", works).route(listen::ALIVE, get(async || "here")), begins, release)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whether_it_lives_is_answered_while_every_thread_is_kept_by_work() {
    let (app, begins, release) = keeping_threads();
    let served = serve_app(Limits::default(), app).await;
    tokio::task::spawn_blocking(move || {
        // One more than there are threads: that one has not even begun.
        let works = b"GET /works HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let mut at_work: Vec<TcpStream> = (0..3).map(|_| connect(&served, works)).collect();
        begins.recv_timeout(LONG).expect("one works");
        begins.recv_timeout(LONG).expect("another works");
        let asked = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", listen::ALIVE);
        let mut kept = connect(&served, asked.as_bytes());
        for _ in 0..100 {
            assert!(answer(&mut kept).starts_with("HTTP/1.1 200"));
            kept.write_all(asked.as_bytes()).expect("sent");
        }
        drop(release);
        for stream in &mut at_work {
            assert!(answer(stream).starts_with("HTTP/1.1 200"));
        }
    })
    .await
    .expect("done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_made_piece_by_piece_is_made_by_the_threads_of_the_work_and_comes_whole() {
    let pieces = || futures_util::stream::iter((0..1000).map(|n| Ok::<_, std::convert::Infallible>(format!("{n} {}\n", thread()))));
    let app = Router::new().route("/", get(async move || axum::body::Body::from_stream(pieces())));
    let served = serve_app(Limits::default(), app).await;
    let text = tokio::task::spawn_blocking(move || {
        let mut stream = connect(&served, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("whole");
        text
    });
    let text = text.await.expect("done");
    assert!((0..1000).all(|n| text.contains(&format!("\n{n} "))) && text.ends_with("0\r\n\r\n"), "{text}");
    assert!(!text.contains("connections"), "{text}");
}

fn thread() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}
