//! The command line as somebody types it: the program itself, its output and how it ends.

mod receipt;

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

struct Ended {
    code: i32,
    out: String,
    err: String,
}

fn countersign(data: &Path, args: &[&str], input: &str) -> Ended {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(args)
        .arg("--data-dir")
        .arg(data)
        .env("COUNTERSIGN_LOG", "error")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    child.stdin.take().expect("input").write_all(input.as_bytes()).expect("written");
    let ended = child.wait_with_output().expect("ended");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: ended.status.code().unwrap_or(-1), out: text(&ended.stdout), err: text(&ended.stderr) }
}

fn done(data: &Path, args: &[&str]) -> String {
    let ended = countersign(data, args, "");
    assert_eq!(ended.code, 0, "{args:?}: {}{}", ended.out, ended.err);
    ended.out
}

fn json(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{l}: {e}"))).collect()
}

#[test]
fn the_demo_moves_by_dump_and_load_and_verifies_equal() {
    let place = tempfile::tempdir().expect("a folder");
    let (first, second) = (place.path().join("first"), place.path().join("second"));
    let told = done(&first, &["demo"]);
    assert!(told.contains("entry") && told.contains("Everyone's password: "), "{told}");
    let again = countersign(&first, &["demo"], "");
    assert!(again.code != 0 && again.err.contains("empty store"), "{}", again.err);
    let archive = place.path().join("archive.jsonl");
    let path = archive.to_str().expect("a path");
    let dumped = countersign(&first, &["dump", path], "");
    assert!(dumped.code == 0 && dumped.err.contains("not encrypted"), "{}", dumped.err);
    assert_ne!(countersign(&first, &["dump", path], "").code, 0, "an archive is never written over");
    std::fs::create_dir_all(&second).expect("a folder");
    for key in ["checkpoint.key", "mac.key"] {
        std::fs::copy(first.join(key), second.join(key)).expect("copied");
    }
    done(&second, &["load", path]);
    let verified = |data: &Path| serde_json::from_str::<Value>(&done(data, &["ledger", "verify", "--json"])).expect("json");
    let (a, b) = (verified(&first), verified(&second));
    assert_eq!(a["intact"], true);
    assert_eq!((&a["root"], &a["entries"], &a["rows"]), (&b["root"], &b["entries"], &b["rows"]));
    let twice = countersign(&second, &["load", path], "");
    assert_ne!(twice.code, 0, "into an empty store only");
    std::fs::write(&archive, std::fs::read_to_string(&archive).expect("read").replacen("tool-scout", "tool-scoux", 1)).expect("written");
    let third = place.path().join("third");
    std::fs::create_dir_all(&third).expect("a folder");
    for key in ["checkpoint.key", "mac.key"] {
        std::fs::copy(first.join(key), third.join(key)).expect("copied");
    }
    let changed = countersign(&third, &["load", path], "");
    assert!(changed.code != 0 && !changed.err.contains("panicked"), "{}", changed.err);
}

/// A store with one person in it.
fn store_with(data: &Path, email: &str) {
    let added = countersign(data, &["person", "add", email, "--role", "admin", "--password-stdin"], "a long enough sentence\n");
    assert_eq!(added.code, 0, "{}", added.err);
}

const KEYS: [&str; 2] = ["checkpoint.key", "mac.key"];

fn bring(key: &str, from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    std::fs::copy(from.join(key), to.join(key)).expect("copied");
}

#[test]
fn an_archive_is_loaded_beside_its_own_keys_only() {
    let place = tempfile::tempdir().expect("a folder");
    let at = |name: &str| place.path().join(name);
    let (first, other, archive) = (at("first"), at("other"), at("archive.jsonl"));
    store_with(&first, "ann@example.org");
    store_with(&other, "ben@example.org");
    let path = archive.to_str().expect("a path");
    done(&first, &["dump", path]);
    let refused = countersign(&at("empty"), &["load", path], "");
    assert!(refused.code == 1 && refused.err.contains("checkpoint.key and mac.key") && refused.err.contains("copy"), "{}", refused.err);
    assert!(!at("empty").exists(), "nothing was written");
    for (foreign, said) in
        [("checkpoint.key", "did not sign the checkpoints"), ("mac.key", "is not the key that this archive was written with")]
    {
        let data = at(foreign);
        for key in KEYS {
            bring(key, if key == foreign { &other } else { &first }, &data);
        }
        let refused = countersign(&data, &["load", path], "");
        assert!(refused.code == 1 && refused.err.contains(said) && refused.err.contains(foreign), "{}", refused.err);
        assert_eq!(data.read_dir().expect("a folder").count(), 2, "nothing was written");
    }
    let second = at("second");
    for key in KEYS {
        bring(key, &first, &second);
    }
    done(&second, &["load", path]);
    assert!(done(&second, &["person", "list"]).contains("ann@example.org"));
    // A checkpoint of another installation, and keys of another one: the key is named, not the file's form.
    let outside = other.join("countersign.checkpoints");
    let refused = countersign(&second, &["ledger", "verify", "--against", outside.to_str().expect("a path")], "");
    assert!(refused.code == 2 && refused.err.contains("our key is not the one that signed a checkpoint in it"), "{}", refused.err);
    bring("checkpoint.key", &other, &second);
    let refused = countersign(&second, &["ledger", "verify"], "");
    assert!(refused.code == 2 && refused.err.contains("our key is not the one that signed"), "{}", refused.err);
    bring("checkpoint.key", &first, &second);
    bring("mac.key", &other, &second);
    let refused = countersign(&second, &["person", "list"], "");
    assert!(refused.code == 2 && refused.err.contains("mac.key") && refused.err.contains("nobody could sign in"), "{}", refused.err);
}

#[test]
fn a_damaged_archive_is_refused_with_the_line_that_was_changed() {
    let place = tempfile::tempdir().expect("a folder");
    let (first, archive) = (place.path().join("first"), place.path().join("archive.jsonl"));
    store_with(&first, "ann@example.org");
    let path = archive.to_str().expect("a path");
    done(&first, &["dump", path]);
    let whole = std::fs::read_to_string(&archive).expect("read");
    let lines: Vec<&str> = whole.lines().collect();
    let row = |table: &str| lines.iter().position(|l| l.contains(&format!("\"table\":\"{table}\""))).expect("a row");
    let changed = |line: usize, from: &str, to: &str| {
        let mut lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        assert!(lines[line].contains(from), "{}", lines[line]);
        lines[line] = lines[line].replacen(from, to, 1);
        (line, lines)
    };
    let damages = [
        changed(row("person_versions"), "\"span\":[1,", "\"span\":[2,"),
        changed(row("role_assignments"), "organisation", "organisatiom"),
        changed(1, "person.added", "person.addec"),
    ];
    for (n, (line, lines)) in damages.into_iter().enumerate() {
        std::fs::write(&archive, lines.join("\n") + "\n").expect("written");
        let data = place.path().join(format!("damaged-{n}"));
        for key in KEYS {
            bring(key, &first, &data);
        }
        let refused = countersign(&data, &["load", path], "");
        let named = format!("line {}: it was changed", line + 1);
        assert!(refused.code == 2 && refused.err.to_lowercase().contains(&named), "{named}: {}", refused.err);
    }
}

#[test]
fn a_verification_says_each_step_once() {
    let place = tempfile::tempdir().expect("a folder");
    store_with(place.path(), "ann@example.org");
    let verified = countersign(place.path(), &["ledger", "verify"], "");
    assert_eq!(verified.code, 0, "{}", verified.err);
    assert_eq!(verified.err.matches("counting again").count(), 1, "{}", verified.err);
    let tables: Vec<&str> = verified.err.lines().filter(|l| l.starts_with("table ")).collect();
    let of = tables.len();
    assert!(of > 10, "{}", verified.err);
    for (n, line) in tables.iter().enumerate() {
        assert!(line.starts_with(&format!("table {} of {of}: ", n + 1)), "{line}");
    }
}

#[test]
fn a_command_says_what_it_takes_and_what_it_will_do() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("data");
    for (args, has) in [(&["serve", "--help"][..], true), (&["import", "--help"], false), (&["ledger", "verify", "--help"], false)] {
        let help = done(&data, args);
        for option in ["--listen", "--public-url", "--trusted-proxy"] {
            assert_eq!(help.contains(option), has, "{args:?} {option}");
        }
    }
    let url = format!("sqlite:{}", place.path().join("other.db").display());
    let file = |name: &str, text: &str| {
        let path = place.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let large = file("large.csv", "identity,action,resource\na,read,x\nb,read,x\nc,read,x\n");
    let import = |more: &[&str]| countersign(&data, &[&["import", "--database-url", url.as_str()], more].concat(), "");
    let unnamed = import(&["csv", &large]);
    assert!(unnamed.code == 1 && unnamed.err.contains("--source NAME"), "{}", unnamed.err);
    assert_eq!(import(&["csv", &large, "--source", "feed"]).code, 0);
    assert!(place.path().join("other.db").exists(), "the file that the URL names");
    let small = file("small.csv", "identity,action,resource\na,read,x\n");
    let dry = import(&["csv", &small, "--source", "feed", "--dry-run"]);
    assert!(dry.code == 0 && dry.out.contains("nothing was saved"), "{}{}", dry.out, dry.err);
    assert!(dry.out.contains("This import removes 2 of 3"), "{}", dry.out);
    let manifests = file(
        "all.yaml",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: n}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: n}\n",
    );
    let skipped = import(&["kubernetes", &manifests, "--source", "cluster"]);
    assert!(skipped.out.contains("Skipped: 1 Service"), "{}{}", skipped.out, skipped.err);
    let listed = done(&data, &["source", "list", "--database-url", &url]);
    assert!(listed.starts_with("name\tkind\t") && listed.lines().count() == 3, "{listed}");
    let kinds = countersign(&data, &["source", "add", "x", "--kind", "nonsense", "--database-url", &url], "");
    assert!(kinds.code == 2 && kinds.err.contains("aws, kubernetes, mcp"), "{}", kinds.err);
}

#[test]
fn people_tokens_and_sources_are_managed_from_the_host() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path();
    let missing = countersign(data, &["person", "list"], "");
    assert!(missing.code == 2 && missing.err.contains("No store at "), "{}", missing.err);
    for (email, role) in [("adm@example.org", "admin"), ("ana@example.org", "analyst")] {
        let added = countersign(data, &["person", "add", email, "--role", role, "--password-stdin"], "a long enough sentence\n");
        assert_eq!(added.code, 0, "{}", added.err);
    }
    let weak = countersign(data, &["person", "add", "x@example.org", "--role", "admin", "--password-stdin"], "short\n");
    assert!(weak.code == 2 && weak.err.contains("12 characters"), "{}", weak.err);
    let people = json(&done(data, &["person", "list", "--json"]));
    assert_eq!(people.len(), 2);
    let minted = countersign(data, &["token", "create", "nightly", "--person", "ana@example.org", "--scope", "inventory:read"], "");
    assert!(minted.code == 0 && minted.out.starts_with("cst_") && minted.err.contains("can't be shown again"), "{}", minted.err);
    let unknown = countersign(data, &["token", "create", "x", "--person", "nobody@example.org", "--scope", "inventory:read"], "");
    assert!(unknown.code == 2 && unknown.err.contains("person"), "{}", unknown.err);
    let tokens = json(&done(data, &["token", "list", "--json"]));
    assert!(tokens.len() == 1 && !done(data, &["token", "list"]).contains("cst_"));
    done(data, &["token", "revoke", tokens[0]["id"].as_str().expect("an id")]);
    assert!(done(data, &["token", "list"]).is_empty());
    done(data, &["source", "add", "nightly", "--kind", "csv", "--owner", "ana@example.org", "--hours", "24"]);
    let listed = json(&done(data, &["source", "list", "--json"])).remove(0);
    assert_eq!((&listed["owner_name"], &listed["late"]), (&Value::from("ana"), &Value::from(true)));
    done(data, &["source", "edit", "nightly", "--environment", "test"]);
    let listed = json(&done(data, &["source", "list", "--json"])).remove(0);
    assert_eq!((&listed["owner_name"], &listed["environment"]), (&Value::Null, &Value::from("test")));
    assert_ne!(countersign(data, &["source", "edit", "none"], "").code, 0);
    let ana = people.iter().find(|p| p["email"] == "ana@example.org").expect("there");
    done(data, &["person", "deactivate", ana["id"].as_str().expect("an id")]);
    assert!(done(data, &["person", "list"]).contains("deactivated"));
    // The last admin stays, whoever asks, and the way out is said.
    let adm = people.iter().find(|p| p["email"] == "adm@example.org").expect("there");
    let refused = countersign(data, &["person", "deactivate", adm["id"].as_str().expect("an id")], "");
    assert!(refused.code != 0 && refused.err.contains("Add the role to someone else first"), "{}", refused.err);
    // Before that entry she was active.
    let csv = data.join("i.csv");
    std::fs::write(&csv, "identity,action,resource\nscout,read,thing\n").expect("written");
    done(data, &["import", "csv", csv.to_str().expect("a path"), "--source", "feed"]);
    let scout = json(&done(data, &["identities", "list", "--json"])).remove(0);
    let id = scout["id"].as_str().expect("an id");
    assert!(done(data, &["identities", "list"]).contains("scout"));
    assert!(done(data, &["identities", "list", "--at", "1"]).is_empty(), "before the import nobody was there");
    assert!(done(data, &["identities", "show", id]).contains("\"permissions_digest\""));
    let gone = countersign(data, &["identities", "show", id, "--at", "1"], "");
    assert!(gone.code == 1 && gone.err.contains("This identity doesn't exist"), "{}", gone.err);
    let grants = json(&done(data, &["grants", "list", id, "--json"]));
    assert_eq!((grants.len(), &grants[0]["actions"][0]), (1, &Value::from("read")));
    assert!(done(data, &["grants", "list", id]).contains("read on thing"));
    let entries = done(data, &["ledger", "list"]);
    assert!(entries.contains(" deactivated ") && entries.contains(" edited source "), "{entries}");
}

#[test]
fn flags_variables_and_a_file_say_the_same_and_a_wrong_word_is_named() {
    let place = tempfile::tempdir().expect("a folder");
    let (data, file) = (place.path().join("data"), place.path().join("countersign.toml"));
    std::fs::write(&file, format!("data_dir = {:?}\n", data.display().to_string())).expect("written");
    let run = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(args)
            .current_dir(place.path())
            .env("COUNTERSIGN_LOG", "error")
            .output()
            .expect("ended");
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let config = file.to_str().expect("a path");
    assert_eq!(run(&["migrate", "--config", config]).0, Some(0));
    assert!(data.join("countersign.db").exists() || data.read_dir().expect("made").count() > 0);
    // A flag over a variable over the file.
    let at = |variable: Option<&str>, flag: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(["migrate", "--config", config]).current_dir(place.path()).env("COUNTERSIGN_LOG", "error");
        variable.map(|v| command.env("COUNTERSIGN_DATA_DIR", v));
        flag.map(|f| command.args(["--data-dir", f]));
        assert!(command.status().expect("ended").success());
        ["data", "by-variable", "by-flag"].into_iter().filter(|d| place.path().join(d).join("countersign.db").exists()).collect::<Vec<_>>()
    };
    assert_eq!(at(None, None), ["data"]);
    assert_eq!(at(Some("by-variable"), None), ["data", "by-variable"]);
    std::fs::remove_dir_all(place.path().join("by-variable")).expect("removed");
    assert_eq!(at(Some("by-variable"), Some("by-flag")), ["data", "by-flag"]);
    std::fs::write(&file, "data_dirr = \"x\"\n").expect("written");
    let (code, said) = run(&["migrate", "--config", config]);
    assert!(code == Some(2) && said.contains("data_dirr"), "{said}");
}

#[test]
fn a_server_logs_as_asked_shows_its_metrics_and_finishes_what_it_began_when_told_to_stop() {
    use std::io::{BufRead, BufReader, Read, Write};
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("data");
    let sinks = format!("{},{}", place.path().join("one").display(), place.path().join("two").display());
    for sink in ["one", "two"] {
        std::fs::create_dir_all(place.path().join(sink)).expect("a folder");
    }
    let added =
        countersign(&data, &["person", "add", "adm@example.org", "--role", "admin", "--password-stdin"], "a long enough sentence\n");
    assert_eq!(added.code, 0, "{}", added.err);
    let token = countersign(&data, &["token", "create", "scrape", "--person", "adm@example.org", "--scope", "inventory:read"], "").out;
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["serve", "--listen", "127.0.0.1:0", "--log-json", "--data-dir"])
        .arg(&data)
        .env("COUNTERSIGN_CHECKPOINT_SINK", &sinks)
        .env("COUNTERSIGN_LOG", "info")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut lines = BufReader::new(child.stdout.take().expect("output")).lines();
    let url = lines.by_ref().map_while(Result::ok).find(|l| l.starts_with("Countersign at ")).expect("an address");
    let address = url.replace("Countersign at http://localhost", "127.0.0.1");
    let ask = |request: String| {
        let mut stream = std::net::TcpStream::connect(&address).expect("connects");
        stream.write_all(request.as_bytes()).expect("asked");
        stream
    };
    let read = |mut stream: std::net::TcpStream| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    };
    let get = |path: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n", token.trim())
    };
    let metrics = read(ask(get("/metrics")));
    assert!(metrics.starts_with("HTTP/1.1 200") && metrics.contains("countersign_ledger_head"), "{metrics}");
    // A request is under way when the server is told to stop: it has asked for the body, which is still to come.
    let body = "email=adm%40example.org&password=a+long+enough+sentence";
    let mut begun = ask(format!(
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nExpect: 100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    ));
    let mut interim = [0u8; 25];
    begun.read_exact(&mut interim).expect("asked on");
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("told").success());
    begun.write_all(body.as_bytes()).expect("sent");
    let answer = read(begun);
    assert!(answer.starts_with("HTTP/1.1 303"), "what was begun is answered: {answer}");
    let mut said = String::new();
    child.stderr.take().expect("errors").read_to_string(&mut said).expect("read");
    assert!(child.wait().expect("ended").success(), "{said}");
    // Nothing else speaks where the server logs: it is JSON, a line each.
    let logged: Vec<Value> = said.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{l}: {e}"))).collect();
    assert!(logged.iter().any(|l| l["fields"]["message"] == "stopping"), "{said}");
    assert!(!said.contains("sentence"), "a log holds no password");
    for sink in ["one", "two"] {
        let kept = std::fs::read_dir(place.path().join(sink)).expect("a folder").count();
        assert!(kept > 0, "{sink} received no checkpoint");
    }
}
