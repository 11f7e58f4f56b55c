//! Prints the figures of the budgets: pages, appends, verification, import, memory, start, on both engines.
//! `cargo xtask bench [--identities N] [--grants M] [--engine sqlite|postgres]`. It is never a timed test.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic)]

use axum::body::Body;
use axum::http::{Request, header};
use connect::{Input, InputFile};
use domain::asof::Wanted;
use domain::permission::Role;
use domain::snapshot::Format;
use http_body_util::BodyExt;
use service::identities::Registration;
use service::{Keys, Principal, Services, identities, imports, people};
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::identities::{After, Filter, Sort};
use store::testing::Scratch;
use tower::ServiceExt;

struct Wish {
    identities: usize,
    grants: usize,
    engine: Option<String>,
}

fn wish() -> Wish {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let get = |name: &str| args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned();
    let number = |name: &str, default| get(name).and_then(|v| v.parse().ok()).unwrap_or(default);
    Wish { identities: number("--identities", 100_000), grants: number("--grants", 2_000_000), engine: get("--engine") }
}

/// A number that looks random and is the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// Few are chosen often: the square of a uniform number.
    fn skewed(&mut self, n: u64) -> u64 {
        let x = self.below(1000) * self.below(1000);
        x * n / 1_000_000
    }
}

const SERVICES: [&str; 10] = ["s3", "dynamodb", "iam", "sqs", "lambda", "secretsmanager", "ec2", "kms", "logs", "bedrock"];
const POLICIES: u64 = 500;
const STATEMENTS: usize = 4;

/// An AWS account of so many roles and about so many grants, written to a file.
fn account(path: &Path, wish: &Wish) -> u64 {
    let mut dice = Dice(7);
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    write!(out, "{{\"UserDetailList\":[],\"GroupDetailList\":[],\"RoleDetailList\":[").expect("written");
    let each = (wish.grants / wish.identities / STATEMENTS).max(1) as u64;
    for i in 0..wish.identities {
        let attached: std::collections::BTreeSet<u64> = (0..each + dice.below(3)).map(|_| dice.skewed(POLICIES)).collect();
        let mut list: Vec<u64> = attached.into_iter().collect();
        while (list.len() as u64) < each {
            let next = dice.below(POLICIES);
            if !list.contains(&next) {
                list.push(next);
            }
        }
        let attached: Vec<String> =
            list.iter().map(|p| format!("{{\"PolicyName\":\"p{p}\",\"PolicyArn\":\"arn:aws:iam::111122223333:policy/p{p}\"}}")).collect();
        let comma = if i == 0 { "" } else { "," };
        write!(
            out,
            "{comma}{{\"Path\":\"/\",\"RoleName\":\"role-{i:06}\",\"RoleId\":\"AROA{i:012}\",\"Arn\":\"arn:aws:iam::111122223333:role/role-{i:06}\",\"RolePolicyList\":[],\"AttachedManagedPolicies\":[{}],\"Tags\":[{{\"Key\":\"env\",\"Value\":\"{}\"}}]}}",
            attached.join(","),
            ["prod", "dev", "test"][dice.below(3) as usize]
        )
        .expect("written");
    }
    write!(out, "],\"Policies\":[").expect("written");
    for p in 0..POLICIES {
        let statements: Vec<String> = (0..STATEMENTS)
            .map(|s| {
                let service = SERVICES[dice.below(10) as usize];
                let action = ["Get*", "List*", "Put*", "Delete*", "*"][dice.skewed(5) as usize];
                format!("{{\"Effect\":\"Allow\",\"Action\":\"{service}:{action}\",\"Resource\":\"arn:aws:{service}:::thing-{p}-{s}\"}}")
            })
            .collect();
        let comma = if p == 0 { "" } else { "," };
        write!(
            out,
            "{comma}{{\"PolicyName\":\"p{p}\",\"Arn\":\"arn:aws:iam::111122223333:policy/p{p}\",\"PolicyVersionList\":[{{\"VersionId\":\"v1\",\"IsDefaultVersion\":true,\"Document\":{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}}}]}}",
            statements.join(",")
        )
        .expect("written");
    }
    write!(out, "]}}").expect("written");
    out.flush().expect("written");
    std::fs::metadata(path).expect("there").len()
}

fn services(s: &Scratch) -> Services {
    Services {
        db: s.db.clone(),
        writer: s.writer(),
        clock: Arc::new(server::compose::SystemClock),
        ids: Arc::new(server::compose::RandomIds),
        keys: Arc::new(Keys { mac: [9; 32], verifier: Some(s.signer.verifier()) }),
        hashing: Arc::new(tokio::sync::Semaphore::new(2)),
        importing: Arc::default(),
        verifying: Arc::new(tokio::sync::Semaphore::new(1)),
        anchored: true,
        restored: None,
    }
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
    let router = server::router::router(services.clone(), false);
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
    let list = identities::list(services, &host, Wanted::Now, &Filter::default(), Sort::Privilege, &After::Start, 1).await.expect("list");
    let id = domain::ids::show(domain::ids::Noun::Identity, list.rows[0].identity_id);
    let routes = [
        ("overview", "/".to_owned()),
        ("list by name", "/identities".to_owned()),
        ("list by privilege", "/identities?sort=privilege".to_owned()),
        ("list, search", "/identities?q=099999".to_owned()),
        ("list, one kind", "/identities?kind=cloud_role".to_owned()),
        ("detail", format!("/identities/{id}")),
        ("ledger", "/ledger".to_owned()),
        ("overview, past", format!("/?as_of={past}")),
        ("list by name, past", format!("/identities?as_of={past}")),
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
                            identities::register(&services, &who, &r).await.expect("registered");
                        } else {
                            people::sign_out(&services, &who).await.expect("written");
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
    let services = services(s);
    let host = Principal::Host { user: "bench".to_owned() };
    let added =
        people::add(&services, &host, "Bench", "bench@example.org", "a long enough sentence", &[Role::Analyst]).await.expect("added");
    let who = people::current(&services, added.person_id().expect("a person")).await.expect("read").expect("active");
    let request = imports::Request {
        format: Format::Aws,
        input: Input::single(InputFile::from_path("account.json", file.to_path_buf())),
        source: Some("bench".to_owned()),
        environment: None,
        namespace: None,
        server: None,
        confirm_removals: true,
        dry_run: false,
    };
    let start = Instant::now();
    let outcome = imports::run(&services, &host, request.clone(), |_| {}).await.expect("imported");
    println!(
        "  first import                                {:>8.1} s   {} identities, {} grants; peak memory {:.0} MB",
        start.elapsed().as_secs_f64(),
        outcome.identities.total,
        outcome.grants.total,
        memory_mb()
    );
    let start = Instant::now();
    let again = imports::run(&services, &host, request, |_| {}).await.expect("imported");
    println!("  the same again, unchanged: {:<5}            {:>8.1} s", again.unchanged, start.elapsed().as_secs_f64());
    pages(&services, outcome.seq.expect("a position")).await;
    appends(&services, &who).await;
    let start = Instant::now();
    let report = store::verify::verify(&s.db, &[s.signer.verifier()], &[]).await.expect("verify runs");
    println!(
        "  verify {} entries, {} rows, {} findings    {:>8.1} s",
        report.entries,
        report.rows,
        report.findings.len(),
        start.elapsed().as_secs_f64()
    );
}

/// Start to first page, and what an idle server holds, of the release program.
fn start_up(program: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let start = Instant::now();
    let mut child = std::process::Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .env("COUNTERSIGN_LOG", "error")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    let mut lines = std::io::BufReader::new(child.stdout.take().expect("output")).lines();
    let line = lines.by_ref().map_while(Result::ok).find(|l| l.starts_with("Countersign at ")).expect("an address");
    let address = line.replace("Countersign at http://localhost", "127.0.0.1");
    let mut stream = std::net::TcpStream::connect(address.trim()).expect("connects");
    stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("asked");
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).expect("answered");
    let took = start.elapsed();
    std::thread::sleep(Duration::from_secs(1));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let kb: f64 = status.lines().find_map(|l| l.strip_prefix("VmRSS:")?.trim().split(' ').next()?.parse().ok()).unwrap_or(0.0);
    println!("start to first page {:.0} ms; idle resident memory, empty {:.0} MB", took.as_secs_f64() * 1000.0, kb / 1024.0);
    let _ = child.kill();
    let _ = child.wait();
    drop(lines);
}

fn main() {
    let wish = wish();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    println!("{cores} cores");
    if let Some(program) = std::env::current_exe().ok().and_then(|p| Some(p.parent()?.parent()?.join("countersign"))).filter(|p| p.exists())
    {
        start_up(&program);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("account.json");
    let size = account(&file, &wish);
    println!("input {} MB", size / 1024 / 1024);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if wish.engine.as_deref() != Some("postgres") {
            let s = Scratch::sqlite().await;
            engine("SQLite", &s, &file, &wish).await;
            s.finish().await;
        }
        if wish.engine.as_deref() != Some("sqlite") {
            let s = Scratch::postgres().await;
            engine("PostgreSQL", &s, &file, &wish).await;
            s.finish().await;
        }
    });
}
