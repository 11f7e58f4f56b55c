//! What a machine can check of the house rules: arrows between crates, lengths of files and functions, banned text, twin
//! migrations, titles of pages, routes in the matrix, every table's kind stated.

use crate::functions;
use crate::sh::{self, Res};
use std::fs;
use std::path::{Path, PathBuf};

/// What each crate may depend on inside the workspace.
const ARROWS: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("store", &["domain"]),
    ("connect", &["domain"]),
    ("service", &["connect", "domain", "store"]),
    ("ui", &["domain"]),
    ("app", &["domain", "service", "ui"]),
    ("frontend", &["ui"]),
    ("server", &["app", "domain", "service", "ui"]),
    ("xtask", &[]),
];

const MAX_LINES: usize = 400;
/// Longer by their nature, each with its reason.
const LONG: [(&str, &str); 1] = [("server/tests/it/matrix.rs", "one table and the tests that read it")];

pub fn run() -> Res<()> {
    let mut findings = Vec::new();
    arrows(&mut findings)?;
    let files = rust_files()?;
    for path in &files {
        let text = fs::read_to_string(path)?;
        let name = path.strip_prefix(sh::root())?.to_string_lossy().into_owned();
        source(&name, &text, &mut findings);
    }
    migrations(&mut findings)?;
    pages(&mut findings)?;
    routes(&mut findings)?;
    if findings.is_empty() {
        return Ok(());
    }
    Err(format!("\n  {}", findings.join("\n  ")).into())
}

fn arrows(findings: &mut Vec<String>) -> Res<()> {
    let names: Vec<&str> = ARROWS.iter().map(|(n, _)| *n).collect();
    for (name, allowed) in ARROWS {
        let text = fs::read_to_string(sh::root().join(name).join("Cargo.toml"))?;
        // Also what is needed on one target only; what tests need beside is free.
        let mut inside = false;
        for line in text.lines() {
            if line.starts_with('[') {
                inside = line.ends_with("dependencies]") && !line.contains("dev-dependencies");
            }
            let found = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if inside && names.contains(&found) && !allowed.contains(&found) {
                findings.push(format!("{name}/Cargo.toml: {name} must not depend on {found}"));
            }
        }
    }
    Ok(())
}

fn rust_files() -> Res<Vec<PathBuf>> {
    let listed = sh::output(
        std::process::Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"]).current_dir(sh::root()),
    )?;
    Ok(listed.lines().map(|l| sh::root().join(l)).filter(|p| p.exists()).collect())
}

fn source(name: &str, text: &str, findings: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > MAX_LINES && !LONG.iter().any(|(n, _)| *n == name) {
        findings.push(format!("{name}: {lines} lines, more than {MAX_LINES}"));
    }
    if (name.ends_with("/lib.rs") || (!name.contains("/tests/") && !name.starts_with("fuzz/"))) && !text.trim_start().starts_with("//!") {
        findings.push(format!("{name}: no module comment that says what it is for"));
    }
    if !["/tests/", "/testing", "fuzz/"].iter().any(|tests| name.contains(tests)) {
        let long = functions::long(text).into_iter();
        findings.extend(long.map(|(function, lines)| format!("{name}: {function} has {lines} lines, more than {}", functions::MOST)));
    }
    if name == "xtask/src/tidy.rs" {
        return;
    }
    let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    for (number, line) in code.enumerate() {
        let mut ban = |what: &str, why: &str| {
            if line.contains(what) {
                findings.push(format!("{name}: near line {}: {what} ({why})", number + 1));
            }
        };
        if name != "ui/src/field.rs" {
            ban("<textarea", "its content is not escaped; use ui::TextArea");
        }
        // The keys are a text of our own, included when the program is compiled.
        if name != "app/src/pages/mod.rs" {
            ban("inner_html", "unescaped output");
        }
        ban(" style=\"", "no inline styles: the policy forbids them");
        ban(" OFFSET ", "keyset paging only");
        ban("sqlx::Any", "it cannot carry our types");
        // How a word stands in a column is declared with the words (docs/adr/0009).
        if !name.starts_with("store/") && !name.starts_with("xtask/") && name != "domain/src/words.rs" {
            ban("sqlx::", "SQL lives in store");
        }
    }
}

fn migrations(findings: &mut Vec<String>) -> Res<()> {
    let list = |engine: &str| -> Res<Vec<String>> {
        let mut names: Vec<String> = fs::read_dir(sh::root().join("migrations").join(engine))?
            .map(|e| Ok(e?.file_name().to_string_lossy().into_owned()))
            .collect::<Res<_>>()?;
        names.sort();
        Ok(names)
    };
    let (lite, big) = (list("sqlite")?, list("postgres")?);
    if lite != big {
        findings.push(format!("migrations: sqlite has {lite:?}, postgres {big:?}"));
    }
    for name in &lite {
        let tables = |engine: &str| -> Res<Vec<String>> {
            let text = fs::read_to_string(sh::root().join("migrations").join(engine).join(name))?;
            Ok(text.lines().filter_map(|l| l.strip_prefix("CREATE TABLE ")).map(|l| l.trim_end_matches(" (").to_owned()).collect())
        };
        if tables("sqlite")? != tables("postgres")? {
            findings.push(format!("migrations: {name} makes other tables on the two engines"));
        }
        let text = fs::read_to_string(sh::root().join("migrations/sqlite").join(name))?;
        stated_kinds(name, &text, findings);
    }
    Ok(())
}

/// Ahead of every table stands which kind it is.
fn stated_kinds(name: &str, text: &str, findings: &mut Vec<String>) {
    let mut stated = String::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("-- ") {
            comment.clone_into(&mut stated);
        }
        if let Some(table) = line.strip_prefix("CREATE TABLE ") {
            let known = ["governed: ", "recorded: ", "log: ", "operational: ", "side: "].iter().any(|k| stated.starts_with(k));
            if !known {
                findings.push(format!("migrations/sqlite/{name}: {} does not say of which kind it is", table.trim_end_matches(" (")));
            }
        }
    }
}

/// Every page gives the frame a title.
fn pages(findings: &mut Vec<String>) -> Res<()> {
    for path in rust_files()? {
        let name = path.strip_prefix(sh::root())?.to_string_lossy().into_owned();
        if !name.starts_with("app/src/pages/") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let (pages, titles) = (text.matches("page(|").count(), text.matches("Content::new(").count());
        if pages > titles {
            findings.push(format!("{name}: {pages} pages, {titles} titles"));
        }
    }
    Ok(())
}

/// Every route that the router or the app names stands in the permission matrix.
fn routes(findings: &mut Vec<String>) -> Res<()> {
    let matrix = fs::read_to_string(sh::root().join("server/tests/it/matrix.txt"))?;
    let mut named = Vec::new();
    for file in ["server/src/web/routes.rs", "server/src/web/router.rs"] {
        collect_routes(&sh::root().join(file), ".route(\"", &mut named)?;
    }
    collect_routes(&sh::root().join("app/src/pages/mod.rs"), "path!(\"", &mut named)?;
    for route in named {
        let shown = route.replace("/:id", "/{id}").replace("/:seq", "/{seq}");
        if !matrix.lines().any(|l| l.split_whitespace().nth(1) == Some(shown.as_str())) {
            findings.push(format!("the route {shown} does not stand in server/tests/it/matrix.txt"));
        }
    }
    Ok(())
}

fn collect_routes(path: &Path, before: &str, out: &mut Vec<String>) -> Res<()> {
    let text = fs::read_to_string(path)?;
    out.extend(text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    Ok(())
}
