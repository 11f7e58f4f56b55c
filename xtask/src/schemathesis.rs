//! The API against what its OpenAPI document says: schemathesis makes up requests, good and bad, and compares status,
//! media type, headers and body of every answer with the document. On both databases, from a fixed seed. It must not
//! leave anything outside the cache and a temporary folder.

use crate::browser;
use crate::postgres::Cluster;
use crate::python;
use crate::sh::{self, Res, step};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const VERSION: &str = "4.32.5";
const SEED: &str = "20261126";
/// Made-up requests for each operation, besides those that walk the edges of its schema.
const EXAMPLES: &str = "20";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
    response_headers_conformance,negative_data_rejection";
/// Not `stateful`: the ids that exist are given, so that operations on one thing find it without a chain of calls.
const PHASES: &str = "examples,coverage,fuzzing";
/// What the token opens: everything. No operation ends the right to call the others, so that none is left out.
const SCOPES: [&str; 4] = ["inventory:read", "inventory:write", "change:read", "ledger:read"];

pub fn run(cluster: &Cluster) -> Res<()> {
    let tool = python::tool("schemathesis", VERSION)?;
    step("schemathesis on SQLite", || against(&tool, None))?;
    let database = cluster.database("countersign_schemathesis")?;
    step("schemathesis on PostgreSQL", || against(&tool, Some(&database)))
}

/// A store of its own: the program's commands and the server work on it.
struct Store<'a> {
    program: PathBuf,
    place: &'a Path,
    database: Option<&'a str>,
}

impl Store<'_> {
    fn on(&self, mut command: Command) -> Command {
        match self.database {
            Some(url) => command.env("COUNTERSIGN_DATABASE_URL", url),
            None => command.env_remove("COUNTERSIGN_DATABASE_URL"),
        };
        command
    }

    fn folder(&self) -> PathBuf {
        self.place.join("data")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).arg("--data-dir").arg(self.folder());
        self.on(command)
    }

    /// Somebody who may call everything, something to look at, and a token. Gives the token, an identity and an import.
    fn fill(&self) -> Res<(String, String, String)> {
        if self.database.is_some() {
            sh::run(self.command(&["migrate"]).stdout(Stdio::null()))?;
        }
        let mut add = self.command(&["person", "add", "ann@example.org", "--role", "admin", "--password-stdin"]);
        let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        child.stdin.take().ok_or("no input")?.write_all(b"a long enough sentence\n")?;
        if !child.wait()?.success() {
            return Err("nobody could be added".into());
        }
        let sample = sh::root().join("end2end/samples/aws.json").display().to_string();
        let told = sh::output(&mut self.command(&["import", "aws", &sample, "--source", "aws", "--json"]))?;
        let import = member(&told, "import")?;
        let listed = sh::output(&mut self.command(&["identities", "list", "--limit", "1", "--json"]))?;
        let identity = member(&listed, "id")?;
        let mut mint = self.command(&["token", "mint", "schemathesis", "--person", "ann@example.org"]);
        for scope in SCOPES {
            mint.args(["--scope", scope]);
        }
        Ok((sh::output(&mut mint)?.trim().to_owned(), identity, import))
    }
}

fn member(json: &str, name: &str) -> Res<String> {
    let value: serde_json::Value = serde_json::from_str(json)?;
    Ok(value[name].as_str().ok_or_else(|| format!("no {name} in {json}"))?.to_owned())
}

/// What is there, and that a run which was let in nowhere is no run.
fn configuration(identity: &str, import: &str) -> String {
    format!(
        "[warnings]\nfail-on = [\"missing_auth\", \"rate_limited\"]\n\n\
         [[operations]]\ninclude-path = [\"/api/v1/identities/{{id}}\", \"/api/v1/identities/{{id}}/grants\"]\n\
         parameters = {{ \"path.id\" = \"{identity}\" }}\n\n\
         [[operations]]\ninclude-path = \"/api/v1/imports/{{id}}\"\n\
         parameters = {{ \"path.id\" = \"{import}\" }}\n"
    )
}

fn against(tool: &Path, database: Option<&str>) -> Res<()> {
    let place = tempfile::tempdir()?;
    let store = Store { program: browser::built()?, place: place.path(), database };
    let (token, identity, import) = store.fill()?;
    let config = place.path().join("schemathesis.toml");
    fs::write(&config, configuration(&identity, &import))?;
    let server = browser::start(store.on(browser::program(&store.program, &store.folder())), false)?;
    let mut run = Command::new(tool);
    run.current_dir(place.path())
        .arg("--config-file")
        .arg(&config)
        .args(["run", &format!("{}/api/openapi.json", server.url), "--url", &server.url])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--checks", CHECKS, "--phases", PHASES, "--max-examples", EXAMPLES, "--seed", SEED])
        .args(["--workers", "1", "--generation-with-security-parameters", "false", "--generation-database", "none"])
        .args(["--continue-on-failure", "--no-color"]);
    sh::run(&mut run)
}
