//! Connections: one that stays silent, or sends or takes too slowly, is let go; so many are served at a time, and so many of
//! one address; none keeps the server from stopping, and whoever asks whether it lives is answered whatever is worked at.

use crate::support::Site;
use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use server::web::listen::{self, Limits};
use server::web::pace::Pace;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use store::testing::Scratch;
use tokio::net::{TcpListener, TcpSocket};
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
    let app = Router::new()
        .route("/", get(async || "here"))
        .route("/large", get(async || vec![b'a'; 32 << 20]))
        .route("/taken", post(async |body: Bytes| body.len().to_string()))
        .route("/for-ever", get(std::future::pending::<()>));
    serve_app(app, limits).await
}

async fn serve_app(app: Router, limits: Limits) -> Served {
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

/// From another address of this machine.
async fn connect_from(from: &str, to: SocketAddr, sent: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(format!("{from}:0").parse().expect("an address")).expect("bound");
    let mut stream = socket.connect(to).await.expect("connects").into_std().expect("a stream");
    stream.set_nonblocking(false).expect("set");
    stream.set_read_timeout(Some(LONG)).expect("set");
    // Whoever is turned away may hear of it ahead of this.
    let _ = stream.write_all(sent);
    stream
}

/// Everything until the end, which may be a rude one.
fn rest(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let mut some = [0u8; 4096];
    loop {
        match stream.read(&mut some) {
            Ok(0) => break,
            Ok(n) => got.extend_from_slice(&some[..n]),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
                break;
            }
        }
    }
    String::from_utf8_lossy(&got).into_owned()
}

/// A pace that nobody keeps.
const QUICK: Pace = Pace { first: SHORT, pause: SHORT, bytes: 1_000_000 };
const BEGUN: &[u8] = b"POST /taken HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\na";

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
    let served = serve_app(app, Limits::default()).await;
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
async fn a_body_that_drips_is_not_waited_for_and_one_that_flows_is() {
    let served = serve(Limits { silence: LONG, body: QUICK, ..Limits::default() }).await;
    tokio::task::spawn_blocking(move || {
        assert!(rest(&mut connect(&served, BEGUN)).starts_with("HTTP/1.1 400"), "nothing more comes");
        let mut drips = connect(&served, BEGUN);
        let mut more = drips.try_clone().expect("a second one");
        let dripping = std::thread::spawn(move || {
            while more.write_all(b"a").is_ok() {
                std::thread::sleep(SHORT / 20);
            }
        });
        rest(&mut drips);
        drop(drips);
        dripping.join().expect("it could send no more");
    })
    .await
    .expect("done");
    // Longer than the wait at first, but it flows.
    let pace = Pace { first: SHORT, pause: LONG, bytes: 1 };
    let served = serve(Limits { silence: LONG, body: pace, ..Limits::default() }).await;
    tokio::task::spawn_blocking(move || {
        let head = b"POST /taken HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400\r\nConnection: close\r\n\r\n";
        let mut flows = connect(&served, &[&head[..], &[b'a'; 100]].concat());
        for _ in 0..3 {
            flows.write_all(&[b'a'; 100]).expect("sent");
            std::thread::sleep(SHORT);
        }
        assert!(rest(&mut flows).ends_with("400"), "all of it was taken");
    })
    .await
    .expect("done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_made_piece_by_piece_is_made_by_the_threads_of_the_work_and_comes_whole() {
    let pieces = || futures_util::stream::iter((0..1000).map(|n| Ok::<_, std::convert::Infallible>(format!("{n} {}\n", thread()))));
    let app = Router::new().route("/", get(async move || axum::body::Body::from_stream(pieces())));
    let served = serve_app(app, Limits::default()).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_nobody_takes_holds_no_place() {
    let served = serve(Limits { connections: 1, silence: LONG, answer: QUICK, ..Limits::default() }).await;
    tokio::task::spawn_blocking(move || {
        let _unread = connect(&served, &b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20));
        assert!(answer(&mut connect(&served, ASKED)).starts_with("HTTP/1.1 200"), "the only place is given back");
    })
    .await
    .expect("done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_takes_not_every_place_and_health_is_answered_meanwhile() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    // Each hangs for as long as the test lasts: in a body that drips, in answers that nobody takes.
    let slow = Pace { first: LONG, pause: LONG, bytes: 1 };
    let limits = Limits { connections: 300, each: 200, silence: LONG, body: slow, answer: slow, ..Limits::default() };
    let served = serve_app(site.router.clone(), limits).await;
    let drips = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nemail=";
    let unread = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50);
    let mut hang = Vec::new();
    for n in 0..400 {
        hang.push(connect_from("127.0.0.2", served.address, if n % 2 == 0 { drips } else { &unread }).await);
    }
    let address = served.address;
    tokio::task::spawn_blocking(move || {
        let mut asks = TcpStream::connect(address).expect("connects");
        asks.set_read_timeout(Some(LONG)).expect("set");
        asks.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("sent");
        let said = rest(&mut asks);
        assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("ok\n"), "{said}");
        let last = rest(hang.last_mut().expect("the last of them"));
        assert!(last.is_empty() || last.starts_with("HTTP/1.1 503"), "one more was turned away: {last}");
    })
    .await
    .expect("done");
    drop(served.stop);
    served.ended.abort();
    s.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_addresses_that_hold_on_leave_places_to_a_seventh() {
    let served = serve(Limits { connections: 70, each: 20, silence: LONG, ..Limits::default() }).await;
    let mut hang = Vec::new();
    for _ in 0..20 {
        for n in 2..8 {
            hang.push(connect_from(&format!("127.0.0.{n}"), served.address, b"GET / HTTP/1.1\r\nHost: local").await);
        }
    }
    let mut asks: Vec<TcpStream> = Vec::new();
    for _ in 0..3 {
        asks.push(connect_from("127.0.0.9", served.address, ASKED).await);
    }
    tokio::task::spawn_blocking(move || {
        for stream in &mut asks {
            assert!(answer(stream).starts_with("HTTP/1.1 200"));
        }
    })
    .await
    .expect("done");
    drop(hang);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_is_trusted_brings_everybody() {
    let proxies: Vec<std::net::IpAddr> = vec!["127.0.0.2".parse().expect("an address")];
    let served = serve(Limits { each: 1, silence: LONG, proxies: proxies.into(), ..Limits::default() }).await;
    let mut all = Vec::new();
    for from in ["127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3"] {
        all.push(connect_from(from, served.address, b"").await);
    }
    tokio::task::spawn_blocking(move || {
        let turned_away = all.pop().map(|mut more| rest(&mut more)).expect("the last of them");
        assert!(turned_away.starts_with("HTTP/1.1 503"), "{turned_away}");
        for stream in &mut all {
            stream.write_all(ASKED).expect("sent");
            assert!(answer(stream).starts_with("HTTP/1.1 200"));
        }
    })
    .await
    .expect("done");
}
