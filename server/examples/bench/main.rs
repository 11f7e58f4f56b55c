//! Prints the figures of the budgets: pages, appends, verification, import, memory, start, on both engines.
//! `cargo xtask bench [--identities N] [--grants M] [--engine sqlite|postgres] [--entries N] [--only import] [--soak SECONDS]`.
//! It is never a timed test. Each engine runs in a process of its own, so that peaks are its own.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic)]

mod account;
mod program;
mod soak;

use account::account;
use axum::body::Body;
use axum::http::{Request, header};
use domain::asof::Wanted;
use domain::permission::Role;
use domain::query::identities::{Filter, Sort};
use domain::snapshot::Format;
use http_body_util::BodyExt;
use program::{beside_scanner, idle, start_up};
use service::identities::Registration;
use service::imports::{Input, InputFile};
use service::keys::KeyFiles;
use service::listing::Listing;
use service::setup::Writer;
use service::{Act, Keys, Principal, Read, Services, identities, imports, people};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::testing::Scratch;
use tower::ServiceExt;

/// Roles of the file that a scanner reads as well: it would take hours over the large one.
const SCANNED: usize = 2_000;

pub struct Wish {
    identities: usize,
    grants: usize,
    engine: Option<String>,
    /// The size the input is filled up to with descriptions, in megabytes.
    input_mb: usize,
    /// Entries of a second, plain ledger whose verification is measured by itself.
    entries: usize,
    only_import: bool,
    /// Write the input here and do nothing else.
    write: Option<String>,
    /// Seconds of mixed traffic instead of the figures.
    soak: usize,
    /// Where two engines that soak at the same time wait for each other.
    meet: Option<String>,
}

fn wish() -> Wish {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let get = |name: &str| args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned();
    let number = |name: &str, default| get(name).and_then(|v| v.parse().ok()).unwrap_or(default);
    Wish {
        identities: number("--identities", 100_000),
        grants: number("--grants", 2_000_000),
        engine: get("--engine"),
        input_mb: number("--input-mb", 0),
        entries: number("--entries", 0),
        only_import: get("--only").as_deref() == Some("import"),
        write: get("--write"),
        soak: number("--soak", 0),
        meet: get("--meet"),
    }
}

/// The key files of a store of the benchmark, as a program started over it finds them.
const KEYS: KeyFiles = KeyFiles { checkpoint: [7; 32], mac: [9; 32] };

/// Signs under the name of the installation, as the program does.
async fn signer(s: &Scratch) -> domain::note::Signer {
    let here = service::setup::installation(&s.db, &server::compose::SystemClock, &server::compose::RandomIds).await.expect("a store");
    KEYS.signer(here.id).expect("a key")
}

async fn services(s: &Scratch) -> Services {
    let signer = Arc::new(signer(s).await);
    let keys = Keys { mac: KEYS.mac, verifier: Some(signer.verifier()) };
    Services::new(
        s.db.clone(),
        Writer::start(s.db.clone(), Arc::new(server::compose::SystemClock), Some(signer)),
        Arc::new(server::compose::RandomIds),
        keys,
        s.folder().join("spool"),
    )
}

/// Somebody about to act.
fn by(services: &Services, who: &Principal) -> Act {
    Act::new(services, who)
}

/// Somebody's look at the store.
async fn at(services: &Services, who: &Principal, wanted: Wanted) -> Read {
    Read::open(services, who, wanted).await.expect("a snapshot")
}

fn memory_mb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.trim().split(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0);
    kb("VmHWM:") / 1024.0
}

fn p95(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |q: f64| times[((times.len() - 1) as f64 * q) as usize].as_secs_f64() * 1000.0;
    format!("{:.1} / {:.1} ms", at(0.5), at(0.95))
}

async fn page(router: &axum::Router, path: &str, cookie: &str) -> (Duration, usize) {
    let request = Request::builder().uri(path).header(header::COOKIE, cookie).body(Body::empty()).expect("a request");
    let start = Instant::now();
    let response = router.clone().oneshot(request).await.expect("an answer");
    assert!(response.status().is_success(), "{path}: {}", response.status());
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    (start.elapsed(), bytes.len())
}

async fn pages(services: &Services, past: i64) {
    let router = server::web::router::router(services.clone(), &server::web::router::Doors::default());
    let cookie = {
        let form = "email=bench%40example.org&password=a+long+enough+sentence";
        let request = Request::builder()
            .method("POST")
            .uri("/sign-in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        response.headers()[header::SET_COOKIE].to_str().expect("text").split(';').next().unwrap_or_default().to_owned()
    };
    let host = Principal::Host { user: "bench".to_owned() };
    let list = identities::List::sheet(
        &mut at(services, &host, Wanted::Now).await,
        &Filter { sort: Some(Sort::Privilege), ..Filter::default() },
        None,
        1,
    )
    .await
    .expect("list");
    let id = (list.rows[0].identity_id).to_string();
    let routes = [
        ("overview", "/".to_owned()),
        ("list by name", "/identities?sort=name".to_owned()),
        ("list by privilege", "/identities?sort=privilege".to_owned()),
        ("list, search", "/identities?q=099999".to_owned()),
        ("list, one kind", "/identities?kind=workload".to_owned()),
        ("list, a kind of none", "/identities?kind=bot".to_owned()),
        ("detail", format!("/identities/{id}")),
        ("ledger", "/ledger".to_owned()),
        ("adoption", "/adoption".to_owned()),
        ("sources", "/settings/sources".to_owned()),
        ("compare with nothing", "/compare?against=0".to_owned()),
        ("compare with last import", format!("/compare?against={}", past - 1)),
        ("compare one identity", format!("/compare?against=0&of={id}")),
        ("history", format!("/identities/{id}/history")),
        ("overview, past", format!("/?as_of={past}")),
        ("list by name, past", format!("/identities?sort=name&as_of={past}")),
        ("list by privilege, past", format!("/identities?sort=privilege&as_of={past}")),
        ("detail, past", format!("/identities/{id}?as_of={past}")),
    ];
    for (name, path) in routes {
        page(&router, &path, &cookie).await;
        let mut times = Vec::new();
        let mut size = 0;
        for _ in 0..60 {
            let (time, bytes) = page(&router, &path, &cookie).await;
            times.push(time);
            size = bytes;
        }
        println!("  page {name:26} p50 / p95 {:>18}   {} KB", p95(times), size / 1024);
    }
}

async fn appends(services: &Services, who: &Principal) {
    for (name, rows) in [("commands on governed rows", true), ("entries alone", false)] {
        let start = Instant::now();
        let clients: Vec<_> = (0..64)
            .map(|c| {
                let (services, who) = (services.clone(), who.clone());
                tokio::spawn(async move {
                    let mut done = 0u64;
                    while start.elapsed() < Duration::from_secs(5) {
                        if rows {
                            let r = Registration { name: format!("bench-{c}-{done}"), kind: "bot".to_owned(), ..Registration::default() };
                            identities::register(&by(&services, &who), &r).await.expect("registered");
                        } else {
                            service::ledger::clock_jumped(&services, JUMP).await.expect("written");
                        }
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        let mut total = 0;
        for client in clients {
            total += client.await.expect("a client");
        }
        println!("  appends, 64 clients, {name:26} {:>8.0} per s", total as f64 / start.elapsed().as_secs_f64());
    }
}

async fn engine(name: &str, s: &Scratch, file: &Path, wish: &Wish) {
    println!("\n{name}: {} identities, about {} grants", wish.identities, wish.grants);
    let services = services(s).await;
    let host = Principal::Host { user: "bench".to_owned() };
    let added =
        people::add(&by(&services, &host), "Bench", "bench@example.org", "a long enough sentence", &[Role::Analyst]).await.expect("added");
    let who = people::current(&services, added.person_id().expect("a person")).await.expect("read").expect("active");
    let request = imports::Request {
        format: Format::Aws,
        input: Input::single(InputFile::from_path("account.json", file.to_path_buf())),
        how: imports::Wish { source: Some("bench".to_owned()), confirm_removals: true, ..imports::Wish::default() },
    };
    let beside = tokio::spawn(beside(services.clone()));
    forget_peak();
    let start = Instant::now();
    let outcome = imports::run(&by(&services, &host), request.clone(), |_| {}).await.expect("imported");
    beside.abort();
    println!(
        "  first import                                {:>8.1} s   {} identities, {} grants; peak memory {:.0} MB",
        start.elapsed().as_secs_f64(),
        outcome.identities.total,
        outcome.grants.total,
        memory_mb()
    );
    println!("  longest wait of another client meanwhile    {:>8.2} s", LONGEST.load(Ordering::SeqCst) as f64 / 1e6);
    forget_peak();
    let start = Instant::now();
    let again = imports::run(&by(&services, &host), request.clone(), |_| {}).await.expect("imported");
    println!(
        "  the same again, unchanged: {:<5}            {:>8.1} s   peak memory {:.0} MB",
        again.unchanged,
        start.elapsed().as_secs_f64(),
        memory_mb()
    );
    // Under another name it is no known input: it is read, and compared as a whole.
    let other = imports::Request { input: Input::single(InputFile::from_path("other.json", file.to_path_buf())), ..request };
    forget_peak();
    let start = Instant::now();
    let compared = imports::run(&by(&services, &host), other, |_| {}).await.expect("imported");
    println!(
        "  under another name, unchanged: {:<5}        {:>8.1} s   peak memory {:.0} MB",
        compared.unchanged,
        start.elapsed().as_secs_f64(),
        memory_mb()
    );
    if wish.only_import || wish.soak > 0 {
        return;
    }
    pages(&services, outcome.seq.expect("a position").get()).await;
    appends(&services, &who).await;
    let start = Instant::now();
    let report = store::engine::verify::verify(&s.db, &[signer(s).await.verifier()], &[]).await.expect("verify runs");
    println!(
        "  verify {} entries, {} rows, {} findings    {:>8.1} s",
        report.entries,
        report.rows,
        report.findings.len(),
        start.elapsed().as_secs_f64()
    );
}

/// The smallest command there is: the entry of a clock that jumped by an hour.
const JUMP: i64 = 3600 * domain::time::SECOND;

/// The longest a small command waited while the import ran, in microseconds: the longest hold of the writer.
static LONGEST: AtomicU64 = AtomicU64::new(0);

async fn beside(services: Services) {
    loop {
        let start = Instant::now();
        service::ledger::clock_jumped(&services, JUMP).await.expect("written");
        LONGEST.fetch_max(start.elapsed().as_micros() as u64, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The kernel's high-water mark starts again from here.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// A ledger of so many small entries, and its verification.
async fn entries(name: &str, s: &Scratch, n: usize) {
    let services = services(s).await;
    let clients: Vec<_> = (0..64)
        .map(|_| {
            let services = services.clone();
            tokio::spawn(async move {
                for _ in 0..n / 64 {
                    service::ledger::clock_jumped(&services, JUMP).await.expect("written");
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("a client");
    }
    let start = Instant::now();
    let report = store::engine::verify::verify(&s.db, &[signer(s).await.verifier()], &[]).await.expect("verify runs");
    println!(
        "{name}: verify {} entries alone, {} findings    {:>8.1} s",
        report.entries,
        report.findings.len(),
        start.elapsed().as_secs_f64()
    );
}

/// Both engines soak side by side, in processes of their own.
fn both_at_once() {
    let place = tempfile::tempdir().expect("a folder");
    let me = std::env::current_exe().expect("this program");
    let children: Vec<_> = ["sqlite", "postgres"]
        .into_iter()
        .map(|engine| {
            let mut one = std::process::Command::new(&me);
            one.args(std::env::args().skip(1)).args(["--engine", engine, "--meet"]).arg(place.path());
            one.spawn().expect("started")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("runs").success());
    }
}

fn main() {
    let wish = wish();
    if let Some(path) = &wish.write {
        account(Path::new(path), &wish);
        return;
    }
    let program = std::env::current_exe().ok().and_then(|p| Some(p.parent()?.parent()?.join("countersign"))).filter(|p| p.exists());
    let Some(engine_name) = wish.engine.clone() else {
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        println!("{cores} cores");
        if wish.soak > 0 {
            return both_at_once();
        }
        if let Some(program) = &program {
            start_up(program);
            if let Some(scanner) = std::env::var_os("COUNTERSIGN_BENCH_SCANNER") {
                let folder = tempfile::tempdir().expect("a folder");
                let file = folder.path().join("account.json");
                let small = Wish { identities: SCANNED, grants: SCANNED * 20, input_mb: 0, ..wish };
                account(&file, &small);
                beside_scanner(program, Path::new(&scanner), &file, SCANNED);
            }
        }
        for engine in ["sqlite", "postgres"] {
            let me = std::env::current_exe().expect("this program");
            let status = std::process::Command::new(me).args(std::env::args().skip(1)).args(["--engine", engine]).status().expect("runs");
            assert!(status.success(), "{engine} failed");
        }
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("account.json");
    let size = account(&file, &wish);
    println!("\ninput {} MB", size / 1024 / 1024);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (name, s) =
            if engine_name == "postgres" { ("PostgreSQL", Scratch::postgres().await) } else { ("SQLite", Scratch::sqlite().await) };
        engine(name, &s, &file, &wish).await;
        if wish.soak > 0 {
            let program = program.as_deref().expect("the release program: cargo xtask bundle --release");
            soak::soak(&engine_name, &s, &services(&s).await, program, &wish).await;
            s.finish().await;
            return;
        }
        if let (Some(program), false) = (&program, wish.only_import) {
            idle(program, &s.url);
        }
        s.finish().await;
        if wish.entries > 0 {
            let s = if engine_name == "postgres" { Scratch::postgres().await } else { Scratch::sqlite().await };
            entries(name, &s, wish.entries).await;
            s.finish().await;
        }
    });
}
