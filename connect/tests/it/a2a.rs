//! Agent cards as people and programs write them, in every release.

use crate::support::{compared, credentials, files, identities, one, reads, refuses, says, tools};
use domain::snapshot::Format;
use serde_json::{Value, json};

fn card(name: &str, url: &str) -> Value {
    json!({"name": name, "url": url, "version": "1", "skills": [{"id": "a", "name": "a"}]})
}

fn with(mut card: Value, member: &str, value: Value) -> String {
    card[member] = value;
    card.to_string()
}

#[test]
fn one_agent_is_one_in_every_release_and_order() {
    let rpc = json!({"url": "https://a.example/rpc", "protocolBinding": "JSONRPC", "tenant": "t"});
    let rest = json!({"url": "https://a.example/rest", "protocolBinding": "HTTP+JSON", "tenant": "t"});
    let grpc = json!({"url": "grpc.a.example:443", "protocolBinding": "GRPC"});
    let one_of =
        |all: Value| identities(&reads(Format::A2a, &one("c.json", &json!({"name": "A", "supportedInterfaces": all}).to_string())));
    let known = ["ai_agent https://a.example/rpc#tenant=t"];
    assert_eq!(one_of(json!([rpc, rest, grpc])), known);
    assert_eq!(one_of(json!([grpc, rest, rpc])), known);
    assert_eq!(one_of(json!([rest, rpc])), known);
    let old = with(
        card("A", "https://a.example/rest"),
        "additionalInterfaces",
        json!([{"url": "https://a.example/rpc", "transport": "JSONRPC"}]),
    );
    let old = old.replace("\"version\"", "\"preferredTransport\":\"HTTP+JSON\",\"version\"");
    assert_eq!(identities(&reads(Format::A2a, &one("c.json", &old))), ["ai_agent https://a.example/rpc"]);
}

#[test]
fn cards_stand_in_folders_lists_lines_and_answers() {
    let (a, b) = (card("A", "https://a.example/"), card("B", "https://b.example/"));
    let both = ["ai_agent https://a.example/", "ai_agent https://b.example/"];
    for text in [
        json!([a, b]).to_string(),
        json!({"agents": [a, b]}).to_string(),
        json!({"cards": [{"agentCard": a}, {"card": b}]}).to_string(),
        format!("{a}\n{b}\n"),
        format!("// two cards\n[{a}, {b},]"),
    ] {
        assert_eq!(identities(&reads(Format::A2a, &one("agents.json", &text))), both, "{text}");
    }
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": a}).to_string();
    assert_eq!(identities(&reads(Format::A2a, &one("a.json", &answer))), both[..1]);
}

#[test]
fn a_card_said_twice_is_one_and_two_cards_of_one_agent_are_refused() {
    let (a, other) = (card("A", "https://a.example/").to_string(), with(card("A", "https://a.example/"), "version", json!("2")));
    let s = reads(Format::A2a, &files("d", &[("a.json", &a), ("b.json", &a)]));
    assert_eq!((identities(&s).len(), tools(&s).len()), (1, 1));
    assert!(says(&s, &["d/b.json", "d/a.json"]), "{:?}", s.notes);
    let error = refuses(Format::A2a, &files("d", &[("a.json", &a), ("b.json", &other)]));
    assert!(error.file == "d/b.json" && error.reason.contains("d/a.json"), "{error}");
}

#[test]
fn skills_are_told_apart_and_their_order_and_nulls_are_no_change() {
    let skills = |all: Value| with(card("A", "https://a.example/"), "skills", all);
    let read = |all: Value| reads(Format::A2a, &one("c.json", &skills(all)));
    let (x, y) = (json!({"id": "x", "tags": [], "examples": null}), json!({"id": "y"}));
    assert_eq!(compared(&read(json!([x, y]))).pop(), compared(&read(json!([y, {"id": "x", "tags": []}]))).pop());
    assert_ne!(compared(&read(json!([y]))), compared(&read(json!([{"id": "y", "n": 1}]))));
    assert_eq!(tools(&read(json!([{"id": null, "name": "n"}]))), ["https://a.example/: n"]);
    for (twice, place) in [
        (json!([{"id": "x"}, {"id": "y"}, {"id": "x"}]), "skills[2]"),
        (json!([{"name": "n"}, {"name": "n"}]), "skills[1]"),
        (json!([{"id": "n"}, {"name": "n"}]), "skills[1]"),
        (json!([{"id": ""}]), "skills[0]"),
        (json!(["x"]), "skills[0]"),
        (json!({"x": {}}), "skills"),
    ] {
        let error = refuses(Format::A2a, &one("c.json", &skills(twice)));
        assert_eq!(error.place.as_deref(), Some(place), "{error}");
    }
}

#[test]
fn ways_to_sign_in_of_every_release_are_credentials() {
    let old = with(
        card("A", "https://a.example/"),
        "authentication",
        json!({"schemes": ["Bearer", "ApiKey", "Bearer"], "credentials": "hunter2hunter2"}),
    );
    let s = reads(Format::A2a, &one("c.json", &old));
    assert_eq!(credentials(&s), ["https://a.example/: apiKey ApiKey", "https://a.example/: http Bearer"]);
    assert!(says(&s, &["Bearer", "twice"]) && !format!("{s:?}").contains("hunter2"), "{:?}", s.notes);
    let snake =
        with(card("A", "https://a.example/"), "security_schemes", json!({"k": {"api_key_security_scheme": {"name": "X"}}, "n": null}));
    assert_eq!(credentials(&reads(Format::A2a, &one("c.json", &snake))), ["https://a.example/: apiKey k"]);
}

#[test]
fn what_no_release_has_is_named_and_what_is_no_card_is_refused() {
    let s = reads(Format::A2a, &one("c.json", &with(card("A", "https://a.example/"), "skils", json!([]))));
    assert!(says(&s, &["skils"]) && s.skipped.get("unknown member of a card") == Some(&1), "{:?}", s.notes);
    for text in [
        "[]",
        "{}",
        "\"x\"",
        "[[]]",
        "[1]",
        r#"{"name": "A"}"#,
        r#"{"url": "https://a.example/"}"#,
        r#"{"agents": []}"#,
        r#"{"agents": ["x"]}"#,
    ] {
        let error = refuses(Format::A2a, &one("c.json", text));
        assert!(!error.reason.contains("invalid type"), "{text}: {error}");
    }
    for url in ["/a2a", "a.example/a2a", "https:///a2a", "", "a2a"] {
        let error = refuses(Format::A2a, &one("c.json", &card("A", url).to_string()));
        assert!(error.place.is_some(), "{url}: {error}");
    }
    let error = refuses(Format::A2a, &one("c.json", r#"{"name": "A", "name": "B", "url": "https://a.example/"}"#));
    assert!(error.reason.contains("\"name\" stands twice"), "{error}");
}

#[test]
fn an_address_keeps_no_credential() {
    let s = reads(Format::A2a, &one("c.json", &card("A", "https://u:hunter2hunter2@a.example/a2a?token=abcdefgh12345678&v=1").to_string()));
    let all = format!("{s:?}");
    assert!(!all.contains("hunter2") && !all.contains("abcdefgh12345678"), "{all}");
    assert!(
        s.identities[0].key.contains("@a.example/a2a?token=⟨secret removed") && s.identities[0].key.ends_with("&v=1"),
        "{}",
        s.identities[0].key
    );
}

#[test]
fn one_agent_is_one_however_its_address_and_its_card_are_written() {
    let skills = json!([{"id": "s", "name": "S", "tags": ["t"]}]);
    let old = json!({"name": "A", "version": "1", "protocolVersion": "0.3.0", "url": "https://a.example/json", "skills": skills,
        "securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Key"}}});
    let new = json!({"name": "A", "version": "1", "skills": skills,
        "supportedInterfaces": [{"url": "https://A.example:443/json/", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
        "securitySchemes": {"k": {"apiKeySecurityScheme": {"location": "header", "name": "X-Key"}}}});
    let s = reads(Format::A2a, &files("d", &[("c03.json", &old.to_string()), ("c10.json", &new.to_string())]));
    assert_eq!(identities(&s), ["ai_agent https://a.example/json"]);
    assert!(says(&s, &["c10.json", "c03.json", "kept once"]), "{:?}", s.notes);
    let mut other = new;
    other["version"] = json!("2");
    let error = refuses(Format::A2a, &files("d", &[("c03.json", &old.to_string()), ("c10.json", &other.to_string())]));
    assert!(error.reason.contains("another card"), "{error}");
}

#[test]
fn a_list_without_its_last_page_is_refused_and_one_odd_entry_is_not() {
    let card = |n: &str| json!({"name": n, "url": format!("https://{n}.example/"), "skills": []});
    let page = |n: &str, next: Value| json!({"agents": [card(n)], "nextPageToken": next}).to_string();
    let error = refuses(Format::A2a, &one("1.json", &page("a", json!("x"))));
    assert!(error.reason.contains("import them together"), "{error}");
    let s = reads(Format::A2a, &files("d", &[("1.json", &page("a", json!("x"))), ("2.json", &page("b", json!("")))]));
    assert_eq!(s.identities.len(), 2);
    let s = reads(Format::A2a, &one("l.json", &json!([card("a"), {"name": "no address", "skills": []}, 7]).to_string()));
    assert_eq!(identities(&s), ["ai_agent https://a.example/"]);
    assert!(says(&s, &["l.json, [1]", "interface URL"]) && says(&s, &["l.json, [2]", "a number"]), "{:?}", s.notes);
}
