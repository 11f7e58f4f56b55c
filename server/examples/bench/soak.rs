//! An hour of mixed traffic at half of peak, over HTTP against the release program: does memory grow, does anything
//! fail? Two engines soak side by side; each one's peak is what it manages while the other is at its peak too.

use super::program::{key_files, started};
use super::{Wish, at, by};
use domain::asof::Wanted;
use domain::query::identities::Filter;
use service::listing::Listing;
use service::tokens::{self, Wish as TokenWish};
use service::{Principal, Services, identities};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::testing::Scratch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

/// Clients that ask as fast as they are answered, to find the peak, and for how long.
const CLIENTS: usize = 16;
const PEAK: Duration = Duration::from_secs(20);
/// More than so many unanswered at once, and the next one waits: an honest server never gets there.
const OPEN: usize = 256;

/// Who asks, where, and for what.
struct Traffic {
    address: String,
    cookie: String,
    token: String,
    ids: Vec<String>,
    asked: AtomicU64,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    reads: Vec<Duration>,
    writes: Vec<Duration>,
    /// The first few, in words.
    errors: Vec<String>,
    failed: u64,
}

impl Traffic {
    /// The next request: what a day brings, most of it pages, one in fifty a write.
    fn next(&self) -> (bool, String) {
        let n = self.asked.fetch_add(1, Ordering::Relaxed);
        let id = &self.ids[(n as usize * 7) % self.ids.len()];
        let path = match n % 50 {
            0..=14 => "/identities".to_owned(),
            15..=20 => "/identities?sort=privilege&privileged=1".to_owned(),
            21..=24 => format!("/identities?q={:05}", n % 100_000),
            25..=32 => format!("/identities/{id}"),
            33..=37 => "/".to_owned(),
            38..=39 => "/ledger".to_owned(),
            40 => "/settings/sources".to_owned(),
            41..=46 => format!("/api/v1/identities/{id}"),
            47 => "/api/v1/ledger".to_owned(),
            48 => "/identities?as_of=1".to_owned(),
            _ => return (true, self.write(n)),
        };
        let who =
            if path.starts_with("/api/") { format!("Authorization: Bearer {}", self.token) } else { format!("Cookie: {}", self.cookie) };
        (false, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{who}\r\nConnection: close\r\n\r\n"))
    }

    fn write(&self, n: u64) -> String {
        let body = format!("{{\"name\":\"soak-{n}\",\"kind\":\"bot\",\"environment\":\"test\"}}");
        format!(
            "POST /api/v1/identities HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {}-{n}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.token,
            std::process::id(),
            body.len()
        )
    }

    async fn one(&self) {
        let (write, request) = self.next();
        let start = Instant::now();
        let answer = ask(&self.address, &request).await;
        let took = start.elapsed();
        let mut seen = self.seen.lock().await;
        match answer {
            Ok(200 | 201) => if write { &mut seen.writes } else { &mut seen.reads }.push(took),
            other => {
                seen.failed += 1;
                if seen.errors.len() < 5 {
                    seen.errors.push(format!("{other:?}: {}", request.lines().next().unwrap_or_default()));
                }
            }
        }
    }
}

async fn ask(address: &str, request: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let line = String::from_utf8_lossy(&answer[..answer.len().min(20)]).into_owned();
    Ok(line.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0))
}

fn quantile(times: &mut [Duration], q: f64) -> f64 {
    times.sort();
    times.get(((times.len().max(1) - 1) as f64 * q) as usize).map_or(0.0, |t| t.as_secs_f64() * 1000.0)
}

/// Waits until the other engine stands at the same point.
async fn meet(folder: Option<&String>, point: &str, engine: &str) {
    let Some(folder) = folder else { return };
    let _ = std::fs::write(Path::new(folder).join(format!("{point}-{engine}")), "");
    let other = if engine == "postgres" { "sqlite" } else { "postgres" };
    while !Path::new(folder).join(format!("{point}-{other}")).exists() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn traffic(services: &Services, address: String) -> Traffic {
    let host = Principal::Host { user: "bench".to_owned() };
    let wish = TokenWish {
        name: "soak".to_owned(),
        scopes: ["inventory:read", "inventory:write", "ledger:read"].map(str::to_owned).to_vec(),
        days: 1,
        person: "bench@example.org".to_owned(),
        ..TokenWish::default()
    };
    let token = tokens::mint(&by(services, &host), &wish).await.expect("minted").text;
    let body = "email=bench%40example.org&password=a+long+enough+sentence";
    let request = format!(
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(&address).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    let cookie = answer.lines().find_map(|l| l.strip_prefix("set-cookie: ")?.split(';').next().map(str::to_owned)).expect("a session");
    let rows =
        identities::List::sheet(&mut at(services, &host, Wanted::Now).await, &Filter::default(), None, 1000).await.expect("list").rows;
    let ids = rows.iter().map(|f| f.identity_id.to_string()).collect();
    Traffic { address, cookie, token, ids, asked: AtomicU64::new(0), seen: Mutex::default() }
}

/// Requests a second that so many clients get, each asking as fast as it is answered.
async fn peak(traffic: &Arc<Traffic>) -> f64 {
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let traffic = traffic.clone();
            tokio::spawn(async move {
                while start.elapsed() < PEAK {
                    traffic.one().await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("a client");
    }
    let seen = std::mem::take(&mut *traffic.seen.lock().await);
    (seen.reads.len() + seen.writes.len()) as f64 / start.elapsed().as_secs_f64()
}

/// The whole of it, on one engine.
pub async fn soak(engine: &str, s: &Scratch, services: &Services, program: &Path, wish: &Wish) {
    let folder = tempfile::tempdir().expect("a folder");
    key_files(folder.path());
    let (mut child, address) = started(program, folder.path(), &["--database-url", &s.url]);
    let traffic = Arc::new(traffic(services, address).await);
    meet(wish.meet.as_ref(), "peak", engine).await;
    let peak = peak(&traffic).await;
    meet(wish.meet.as_ref(), "soak", engine).await;
    println!("{engine}: peak {peak:.0} requests per s with {CLIENTS} clients; {} s at half of it", wish.soak);
    let memory = run(engine, &traffic, peak / 2.0, Duration::from_secs(wish.soak as u64), child.id()).await;
    let (first, last) = (memory.first().copied().unwrap_or(0.0), memory.last().copied().unwrap_or(0.0));
    println!("{engine}: resident memory {first:.0} MB after the first minute, {last:.0} MB at the end");
    let _ = child.kill();
    let _ = child.wait();
    let report = store::engine::verify::verify(&s.db, &[super::signer(s).await.verifier()], &[]).await.expect("verify runs");
    println!("{engine}: {} entries verified, {} findings", report.entries, report.findings.len());
    for finding in report.findings.iter().take(5) {
        println!("  {finding:?}");
    }
}

async fn run(engine: &str, traffic: &Arc<Traffic>, rate: f64, time: Duration, process: u32) -> Vec<f64> {
    let limit = Arc::new(tokio::sync::Semaphore::new(OPEN));
    let (start, mut sent, mut minute, mut memory) = (Instant::now(), 0u64, 1u64, Vec::new());
    let mut clock = tokio::time::interval(Duration::from_millis(10));
    while start.elapsed() < time {
        clock.tick().await;
        while (sent as f64) < start.elapsed().as_secs_f64() * rate {
            let permit = limit.clone().acquire_owned().await.expect("open");
            let traffic = traffic.clone();
            tokio::spawn(async move {
                traffic.one().await;
                drop(permit);
            });
            sent += 1;
        }
        if start.elapsed() >= Duration::from_mins(minute) {
            let resident = super::program::resident_mb(process);
            memory.push(resident);
            let mut seen = std::mem::take(&mut *traffic.seen.lock().await);
            if minute == 1 || minute.is_multiple_of(5) || seen.failed > 0 {
                println!(
                    "{engine}: minute {minute:>3}  {:>6} reads p50 {:.1} p95 {:.1} p99 {:.1} ms  {:>4} writes p95 {:.1} ms  {} failed {:?}  {resident:.0} MB",
                    seen.reads.len(),
                    quantile(&mut seen.reads, 0.5),
                    quantile(&mut seen.reads, 0.95),
                    quantile(&mut seen.reads, 0.99),
                    seen.writes.len(),
                    quantile(&mut seen.writes, 0.95),
                    seen.failed,
                    seen.errors
                );
            }
            minute += 1;
        }
    }
    memory
}
