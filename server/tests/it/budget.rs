//! What comes over the wire for a page: HTML, style and script together, packed, at most 40 KB, whatever the template.

use crate::support::{self, Site};
use axum::http::Method;
use domain::permission::Role;
use domain::snapshot::Format;
use service::Principal;
use service::imports::{Input, InputFile, Wish};
use store::testing::Scratch;

/// Bytes of HTML, style and script, packed with brotli.
const MOST: usize = 40 * 1024;

/// More of everything than a page shows, under names that are no copies of one another.
fn input(changed: bool) -> Vec<u8> {
    let word = |n: usize| format!("{:x}", (n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24);
    let identities: Vec<serde_json::Value> = (0..90)
        .map(|n| {
            let grants: Vec<serde_json::Value> = (0..12)
                .map(|g| {
                    let action = ["read", "secrets.read", "delete", "grant", "write"][g % 5];
                    serde_json::json!({ "permission_set": format!("policy {}", word(n / 3 * 12 + g)), "actions": [format!("{action}.{}", word(g * 7 + n))],
                        "resources": [format!("vault/{}/{}", word(n + g), word(g))] })
                })
                .collect();
            let text = format!("You are agent {}.\nNever refund {}.\nEscalate after {n}{}.", word(n), word(n * 3), u8::from(changed));
            serde_json::json!({ "key": format!("k{n}"), "name": format!("agent {}", word(n)), "kind": "ai_agent", "grants": grants,
                "hints": { "owner": word(n % 30), "env": "prod" },
                "surfaces": [{ "kind": "instructions", "locator": format!("prompts/{}.md", word(n)), "content": text }] })
        })
        .collect();
    serde_json::json!({ "version": 1, "source": "estate", "identities": identities }).to_string().into_bytes()
}

async fn import(site: &Site, changed: bool) {
    let host = Principal::Host { user: "test".to_owned() };
    let request = service::imports::Request {
        format: Format::Countersign,
        input: Input::single(InputFile::from_bytes("estate.json", input(changed))),
        how: Wish { confirm_removals: true, ..Wish::default() },
    };
    service::imports::run(&support::by(&site.services, &host), request, |_| {}).await.expect("imported");
}

/// The style sheets as they are written: the bundle's are smaller by their white space.
fn style() -> usize {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../style");
    let mut text = String::new();
    for file in std::fs::read_dir(folder).expect("the folder") {
        text += &std::fs::read_to_string(file.expect("a file").path()).expect("a style sheet");
    }
    packed(text.into_bytes())
}

fn packed(bytes: Vec<u8>) -> usize {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &brotli::enc::BrotliEncoderParams::default()).expect("packed");
    out.len()
}

/// The first address that a page links to and that begins so.
async fn first(site: &Site, cookie: &str, list: &str, begins: &str) -> String {
    let page = site.get(list, Some(cookie)).await.text;
    let rest = page.split(&format!("href=\"{begins}")).nth(1).unwrap_or_else(|| panic!("{list} leads to no {begins}"));
    format!("{begins}{}", rest.split(['"', '?', '#']).next().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_every_template_keeps_its_budget() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    let cookie = site.person(Role::Admin).await;
    site.person(Role::Analyst).await;
    import(&site, false).await;
    import(&site, true).await;
    for (to, body) in [
        ("/settings/groups", "name=Red"),
        ("/settings/teams", "name=Blue"),
        ("/settings/tokens", "name=nightly&days=30&scope=inventory%3Aread"),
        ("/resources", "name=vault&kind=uri&pattern=https%3A%2F%2Fvault.example.org%2F"),
    ] {
        assert!(site.form(to, Some(&cookie), body).await.status.is_redirection(), "{to}");
    }
    let mut ids = Vec::new();
    for (list, begins) in [
        ("/identities", "/identities/idn_"),
        ("/resources", "/resources/res_"),
        ("/imports", "/imports/imp_"),
        ("/permission-sets", "/permission-sets/set_"),
        ("/settings/people", "/settings/people/per_"),
        ("/settings/sources", "/settings/sources/src_"),
        ("/settings/teams", "/settings/teams/tea_"),
        ("/settings/tokens", "/settings/tokens/tok_"),
    ] {
        ids.push((list, first(&site, &cookie, list, begins).await));
    }
    let style = style();
    let (mut over, mut largest, mut n) = (Vec::new(), (0, String::new()), 0);
    for path in server::web::router::page_paths() {
        let of = ids.iter().find(|(list, _)| path.starts_with(&format!("{list}/:id")));
        let place = match of {
            Some((list, one)) => path.replacen(&format!("{list}/:id"), one.trim_end_matches("/revoke"), 1),
            None => path.replace(":seq", "3").replace(":id", "none"),
        };
        let place = if place.is_empty() { "/".to_owned() } else { place };
        for query in ["", "?q=a", "?as_of=3"] {
            let mut request = Site::request(&Method::GET, &format!("{place}{query}"), Some(&cookie), "", "");
            request.headers_mut().insert("accept-encoding", "br".parse().expect("a value"));
            let bytes = site.bytes(request).await + style;
            n += 1;
            if bytes > largest.0 {
                largest = (bytes, format!("{place}{query}"));
            }
            if bytes > MOST {
                over.push(format!("{place}{query}: {bytes} bytes"));
            }
        }
    }
    assert!(n > 120, "{n} pages");
    println!("style {style}, largest {largest:?}");
    assert!(over.is_empty(), "over {MOST} bytes with {style} of style:\n{}", over.join("\n"));
    s.finish().await;
}
