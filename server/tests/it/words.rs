//! Every page, every error, the document of the API and the help of every command, read for words that nobody outside
//! this project knows. The list is `words.txt`.

use crate::support::Site;
use axum::http::Method;
use clap::CommandFactory;
use domain::permission::{Action, HeldRole, Role};
use domain::token::Scope;
use serde_json::Value;
use server::web::routes::{ROUTES, RouteKind};
use service::{Error, Holder, Principal};
use std::collections::BTreeSet;
use store::on_both;
use store::testing::Scratch;

/// The list, without its remarks.
fn refused() -> Vec<&'static str> {
    include_str!("words.txt").lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
}

/// Where a phrase stands as a whole.
fn holds(text: &str, phrase: &str) -> bool {
    let part_of_a_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(phrase)
        .any(|(at, _)| !part_of_a_word(text[..at].chars().next_back()) && !part_of_a_word(text[at + phrase.len()..].chars().next()))
}

/// What of a text is refused, each with the place it was found at.
fn find(place: &str, text: &str, found: &mut BTreeSet<String>) {
    // Between ticks stand words for programs.
    let text: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    for phrase in refused() {
        if holds(&folded, phrase) {
            let at = folded.find(phrase).unwrap_or(0);
            let around: String = folded[..at].chars().rev().take(50).collect::<Vec<_>>().into_iter().rev().collect();
            let behind: String = folded[at..].chars().take(60).collect();
            found.insert(format!("{phrase}: {place}: …{around}{behind}…"));
        }
    }
}

/// The text of a page as it is read, heard and hovered over: what stands between tags and in the attributes that are
/// read; text of sources and words for programs are left out.
fn read(html: &str) -> String {
    const MASKED: [&str; 8] = ["script", "style", "code", "q", "del", "ins", "pre", "option"];
    const SPOKEN: [&str; 4] = ["aria-label=\"", "placeholder=\"", "title=\"", "alt=\""];
    let (mut out, mut rest, mut inside) = (String::new(), html, Vec::<String>::new());
    while let Some(open) = rest.find('<') {
        if inside.is_empty() {
            out.push_str(&rest[..open]);
            out.push(' ');
        }
        let end = rest[open..].find('>').map_or(rest.len(), |e| open + e + 1);
        let tag = &rest[open..end];
        let name: String = tag.trim_start_matches(['<', '/']).chars().take_while(char::is_ascii_alphanumeric).collect();
        for spoken in SPOKEN {
            if let Some((_, value)) = tag.split_once(spoken) {
                out.push_str(value.split('"').next().unwrap_or_default());
                out.push_str(" . ");
            }
        }
        let quoted = tag.contains("class=\"quote") || tag.contains("class=\"mono");
        if tag.starts_with("</") {
            if inside.last() == Some(&name) {
                inside.pop();
            }
        } else if !tag.ends_with("/>") && (MASKED.contains(&name.as_str()) || quoted || inside.last() == Some(&name)) {
            inside.push(name);
        }
        rest = &rest[end..];
    }
    out.replace("&amp;", "&").replace("&#39;", "'").replace("&quot;", "\"")
}

#[test]
fn the_reader_of_pages_reads_what_people_read() {
    let html = r#"<p title="a plane">x <code>leaf</code> y <div class="quote">mint <div>salt</div></div> z</p>"#;
    let text = read(html);
    assert!(text.contains("a plane") && text.contains('x') && text.contains('y') && text.contains('z'), "{text}");
    assert!(!text.contains("leaf") && !text.contains("mint") && !text.contains("salt"), "{text}");
    let mut found = BTreeSet::new();
    find("here", "A planet has Leaf by leaf, and no explanation.", &mut found);
    assert_eq!(found.iter().map(|f| f.split(':').next().unwrap_or_default()).collect::<Vec<_>>(), ["leaf"]);
}

/// A store with one of everything, and the address of each.
async fn furnished(site: &Site, cookie: &str) -> Vec<(&'static str, String)> {
    let input = serde_json::json!({ "version": 1, "source": "crew", "identities": [{ "key": "k", "name": "scout", "kind": "ai_agent",
        "grants": [{ "actions": ["*"], "resources": ["*"], "permission_set": "all" }], "surfaces": [{ "kind": "instructions", "locator": "p.md", "content": "Be kind." }] }] });
    let made = site.send(Site::request(&Method::POST, "/api/v1/imports", Some(cookie), "application/json", &input.to_string())).await;
    let outcome: Value = serde_json::from_str(&made.text).expect("json");
    for (to, body) in [
        ("/settings/people", "name=Ben&email=ben%40example.org&role=reviewer"),
        ("/settings/groups", "name=Red"),
        ("/settings/teams", "name=Blue"),
        ("/settings/sources", "name=later&kind=aws"),
        ("/settings/tokens", "name=nightly&days=30&scope=inventory%3Aread"),
        ("/resources", "name=vault&kind=uri&pattern=https%3A%2F%2Fvault.example.org%2F"),
    ] {
        let answer = site.form(to, Some(cookie), body).await;
        assert!(answer.status.is_redirection(), "{to}: {}", answer.text);
    }
    let first = async |list: &str| {
        let page = site.get(list, Some(cookie)).await.text;
        let before = format!("{list}/");
        let ids = page.split(&before).skip(1).map(|rest| rest.split(['"', '?', '#', '/']).next().unwrap_or_default().to_owned());
        let found = ids.into_iter().find(|id| id.contains('_'));
        found.unwrap_or_default()
    };
    let token = first("/settings/tokens").await;
    vec![
        ("/identities", first("/identities").await),
        ("/resources", first("/resources").await),
        ("/imports", outcome["import"].as_str().unwrap_or_default().to_owned()),
        ("/settings/people", first("/settings/people").await),
        ("/settings/sources", first("/settings/sources").await),
        ("/settings/tokens", token),
        ("/settings/teams", first("/settings/teams").await),
        ("/permission-sets", first("/permission-sets").await),
    ]
}

on_both!(every_page_speaks_plainly, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let mut found = BTreeSet::new();
    let mut pages = 0;
    let mut look = async |place: String, who: Option<&str>| {
        let answer = site.get(&place, who).await;
        if answer.status.is_redirection() {
            return;
        }
        pages += 1;
        find(&place, &read(&answer.text), &mut found);
        assert!(!answer.text.contains(">Go</button>"), "{place}: a button says what it does");
    };
    let paths: Vec<String> = server::web::router::page_paths().into_iter().map(|p| if p.is_empty() { "/".to_owned() } else { p }).collect();
    for path in paths.iter().filter(|p| !p.contains(':')) {
        look(path.clone(), Some(&cookie)).await;
        look(format!("{path}?as_of=0"), Some(&cookie)).await;
        look(path.clone(), None).await;
    }
    let ids = furnished(&site, &cookie).await;
    assert!(ids.iter().all(|(_, id)| !id.is_empty()), "{ids:?}");
    for path in &paths {
        let id = ids.iter().find(|(of, _)| path.starts_with(of)).map_or("none", |(_, id)| id.as_str());
        let place = path.replace(":id", id).replace(":seq", "3");
        for query in ["", "?as_of=3", "?as_of=nonsense", "?colour=red", "?q=zebra", "?sort=never"] {
            look(format!("{place}{query}"), Some(&cookie)).await;
        }
    }
    for query in ["?sign_ins=shown", "?area=people", "?q=scout", "?format=kubernetes", "?format=mcp", "?preset=import", "?invite=1"] {
        for path in ["/ledger", "/imports/new", "/settings/tokens", "/settings/people", "/search", "/permission-sets"] {
            look(format!("{path}{query}"), Some(&cookie)).await;
        }
    }
    let other = site.person(Role::Executive).await;
    for path in &paths {
        look(path.replace(":id", "none").replace(":seq", "1"), Some(&other)).await;
    }
    for r in ROUTES.iter().filter(|r| r.kind == RouteKind::Form && !r.path.contains("{id}") && r.path != "/sign-out") {
        let answer = site.form(&r.path.replace("{seq}", "1"), Some(&cookie), "name=&email=x&role=none&scope=none&days=0&password=x").await;
        find(&format!("POST {}", r.path), &read(&answer.text), &mut found);
    }
    assert!(pages > 200, "{pages}");
    assert!(found.is_empty(), "{} sentences to rewrite:\n{}", found.len(), found.into_iter().collect::<Vec<_>>().join("\n"));
});

#[test]
fn every_error_speaks_plainly() {
    let mut found = BTreeSet::new();
    let person = |role: Role| Principal::Person {
        id: domain::ids::PersonId::nil(),
        name: "Ann".to_owned(),
        email: String::new(),
        roles: vec![HeldRole::everywhere(role)],
        confirmed: None,
    };
    let token = |scopes: Vec<Scope>, role: Role| Principal::Token {
        id: domain::ids::TokenId::nil(),
        name: "t".to_owned(),
        holder: Holder::Person(domain::ids::PersonId::nil(), vec![HeldRole::everywhere(role)]),
        scopes,
    };
    let callers = [
        person(Role::Executive),
        token(vec![], Role::Executive),
        token(Scope::ALL.to_vec(), Role::Executive),
        Principal::Host { user: "u".to_owned() },
    ];
    for (who, action) in callers.iter().flat_map(|who| Action::ALL.iter().map(move |a| (who, *a))) {
        if let Err(error) = who.authorise(action) {
            find(&format!("{action}"), &error.reason(), &mut found);
            assert!(error.reason().ends_with('.'), "{}", error.reason());
        }
    }
    let errors = [
        Error::NotASession,
        Error::NotFound("identity"),
        Error::Unchanged,
        Error::SignInFailed,
        Error::SignedOut,
        Error::SecondStep("secret cause".to_owned()),
        Error::StepGone,
        Error::Unconfirmed,
        Error::Locked(1),
        Error::Locked(8),
        Error::Busy,
        Error::LinkGone,
        Error::NotNow,
        Error::Internal("secret cause".to_owned()),
        Error::OutOfScope(Action::Import),
        Error::Restored("entry 4".to_owned()),
    ];
    for error in errors {
        let said = format!("{}. {}", error.kind().title, error.reason());
        find("an error", &said, &mut found);
        assert!(error.reason().starts_with(char::is_uppercase) && error.reason().ends_with('.'), "{said}");
        assert!(!said.contains("secret cause"), "{said}");
    }
    assert_eq!(Error::Locked(1).reason(), "Too many attempts. Try again in 1 second.");
    assert!(found.is_empty(), "{}", found.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_command_speaks_plainly() {
    fn walk(name: &str, command: &mut clap::Command, found: &mut BTreeSet<String>, n: &mut usize) {
        *n += 1;
        find(name, &command.render_long_help().to_string(), found);
        let below: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
        for sub in below {
            if let Some(one) = command.find_subcommand_mut(&sub) {
                walk(&format!("{name} {sub}"), one, found, n);
            }
        }
    }
    let (mut found, mut n) = (BTreeSet::new(), 0);
    walk("countersign", &mut server::cli::Cli::command(), &mut found, &mut n);
    assert!(n > 25, "{n}");
    assert!(found.is_empty(), "{}", found.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_readme_speaks_plainly() {
    let text = include_str!("../../../README.md").split("```").step_by(2).collect::<Vec<_>>().join(" ");
    let mut found = BTreeSet::new();
    find("README.md", &text, &mut found);
    assert!(found.is_empty(), "{}", found.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_document_of_the_api_speaks_plainly() {
    fn walk(place: &str, value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(all) => {
                for (name, v) in all {
                    match v.as_str() {
                        Some(text) if matches!(name.as_str(), "description" | "summary") => find(place, text, found),
                        _ => walk(name, v, found),
                    }
                }
            }
            Value::Array(all) => all.iter().for_each(|v| walk(place, v, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk("", &server::web::openapi::document(), &mut found);
    assert!(found.is_empty(), "{}", found.into_iter().collect::<Vec<_>>().join("\n"));
}
