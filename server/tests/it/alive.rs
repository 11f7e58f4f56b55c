//! Whoever asks whether the server lives is answered while the heaviest there is is worked at: imports, a comparison of long
//! texts, an identity of very many grants, uploads, exports and passwords. How long the slowest answer took is printed; that
//! answers come whatever keeps the threads is tried in `listen.rs`, apart from any clock.

use crate::support::{self, Site};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use domain::permission::Role;
use domain::snapshot::Format;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use server::web::listen::{self, ALIVE, Limits};
use service::imports::{self, Input, InputFile, Request as Import, Wish};
use service::{Principal, people};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::testing::Scratch;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::ServiceExt;

/// In a program that is not optimised the same takes ten times as long.
const GRANTS: usize = if cfg!(debug_assertions) { 10_000 } else { 100_000 };
/// Bytes of an input.
const INPUT: usize = if cfg!(debug_assertions) { 500_000 } else { 4_900_000 };

async fn imported(site: &Site, who: &Principal, format: Format, source: &str, text: String) -> StatusCode {
    let input = Input::single(InputFile::from_bytes("x", text.into_bytes()));
    let how = Wish { source: Some(source.to_owned()), confirm_removals: true, ..Wish::default() };
    let run = imports::run(&support::by(&site.services, who), Import { format, input, how }, |_| {}).await;
    run.map_or_else(
        |error| {
            println!("{source}: {error:?}");
            StatusCode::from_u16(error.kind().status).expect("a status")
        },
        |_| StatusCode::OK,
    )
}

/// An identity with a prompt and grants.
fn scout(prompt: &str, grants: usize) -> String {
    let held: Vec<Value> = (0..grants).map(|n| json!({ "actions": ["tickets.read"], "resources": [format!("crm/{n}")] })).collect();
    let surface = json!({ "kind": "instructions", "locator": "p.md", "content": prompt });
    let one = json!({ "key": "k", "name": "scout", "kind": "ai_agent", "surfaces": [surface], "grants": held });
    json!({ "version": 1, "source": "s", "identities": [one] }).to_string()
}

fn lines(word: &str) -> String {
    (0..4_900).map(|i| format!("{word} does {i} things and says that it did them\n")).collect()
}

/// Tables whose every row is another identity, rule and set.
fn table() -> String {
    let rows = (0..INPUT / 32).map(|n| format!("i{n:07},s{n:07},a{n:07},r{n:07}\n"));
    std::iter::once("identity,permission_set,action,resource\n".to_owned()).chain(rows).collect()
}

fn upload(cookie: &str, number: usize) -> Request<Body> {
    let field = |name: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.csv\"\r\n\r\n";
    let body = format!("{}{}{file}{}\r\n--x--\r\n", field("format", "csv"), field("source", &format!("up{number}")), table());
    Site::request(&Method::POST, "/imports", Some(cookie), "multipart/form-data; boundary=x", &body)
}

/// Asks every 20 ms on a connection of its own until it is told that all is done; gives how often, and the slowest answer.
fn asks(address: SocketAddr, done: &AtomicBool, answers: &AtomicU64) -> Duration {
    let mut stream = TcpStream::connect(address).expect("connects");
    let mut slowest = Duration::ZERO;
    while !done.load(Ordering::Relaxed) {
        let asked = Instant::now();
        write!(stream, "GET {ALIVE} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
        let (mut got, mut byte) = (Vec::new(), [0u8; 1]);
        while !got.ends_with(b"ok\n") {
            assert_eq!(stream.read(&mut byte).expect("answered"), 1, "{}", String::from_utf8_lossy(&got));
            got.push(byte[0]);
        }
        slowest = slowest.max(asked.elapsed());
        answers.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(20));
    }
    slowest
}

/// The answer to a request, taken whole.
async fn status(site: Arc<Site>, request: Request<Body>) -> StatusCode {
    let (head, body) = site.router.clone().oneshot(request).await.expect("an answer").into_parts();
    body.collect().await.expect("a body");
    head.status
}

/// All of it at once; each says how it ended.
async fn heavy(site: &Arc<Site>, who: &Principal, cookie: &str, answers: &Arc<AtomicU64>) -> Vec<(String, StatusCode, u64)> {
    let list: Value = serde_json::from_str(&site.get("/api/v1/identities", Some(cookie)).await.text).expect("json");
    let page = format!("/identities/{}", list["items"][0]["id"].as_str().expect("an id"));
    let mut work = JoinSet::new();
    let mut begin = |name: String, work_of: std::pin::Pin<Box<dyn Future<Output = StatusCode> + Send>>| {
        let answers = answers.clone();
        work.spawn(async move {
            let before = answers.load(Ordering::Relaxed);
            let status = work_of.await;
            (name, status, answers.load(Ordering::Relaxed) - before)
        });
    };
    for path in [page.as_str(), "/identities.csv", "/ledger.csv", "/identities", "/"].iter().cycle().take(15) {
        let request = Site::request(&Method::GET, path, Some(cookie), "", "");
        begin(format!("GET {path}"), Box::pin(status(site.clone(), request)));
    }
    for number in 0..8 {
        begin(format!("upload {number}"), Box::pin(status(site.clone(), upload(cookie, number))));
    }
    let other = (site.clone(), who.clone());
    begin("an import".to_owned(), Box::pin(async move { imported(&other.0, &other.1, Format::Csv, "big", table()).await }));
    let same = (site.clone(), who.clone());
    let grants = scout(&lines("newest"), GRANTS);
    begin("the same again".to_owned(), Box::pin(async move { imported(&same.0, &same.1, Format::Countersign, "s", grants).await }));
    for _ in 0..4 {
        let form = "email=analyst%40example.org&password=not+this+one+at+all";
        let request = Site::request(&Method::POST, "/sign-in", None, "application/x-www-form-urlencoded", form);
        begin("a password".to_owned(), Box::pin(status(site.clone(), request)));
    }
    work.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_is_answered_while_the_heaviest_there_is_is_worked_at() {
    let s = Scratch::sqlite().await;
    let site = Arc::new(Site::over(&s));
    let cookie = site.person(Role::Analyst).await;
    let who = people::sign_in(&site.services, "analyst@example.org", support::PASSWORD, "t").await.expect("signed in");
    for word in ["old", "new"] {
        assert_eq!(imported(&site, &who, Format::Countersign, "s", scout(&lines(word), GRANTS)).await, StatusCode::OK);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(listen::serve(listener, site.router.clone(), Limits::default(), async {
        let _ = stopped.await;
    }));
    let (done, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let asking = {
        let (done, answers) = (done.clone(), answers.clone());
        std::thread::spawn(move || asks(address, &done, &answers))
    };
    let ended = heavy(&site, &who, &cookie, &answers).await;
    done.store(true, Ordering::Relaxed);
    let slowest = asking.join().expect("asked");
    println!("{} answers meanwhile, the slowest after {slowest:?}", answers.load(Ordering::Relaxed));
    for (name, status, meanwhile) in &ended {
        println!("{name}: {status}, {meanwhile} answers meanwhile");
        assert!(!status.is_server_error(), "{name}: {status}");
    }
    assert!(answers.load(Ordering::Relaxed) > 0 && ended.iter().any(|(_, _, meanwhile)| *meanwhile > 0));
    stop.send(()).expect("told");
    served.await.expect("stopped").expect("served");
    drop(site);
    s.finish().await;
}
