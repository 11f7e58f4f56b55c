//! A private PostgreSQL cluster in a temporary folder for the tests, or the one of
//! `COUNTERSIGN_TEST_POSTGRES_URL`. PostgreSQL refuses to run as root: then the `postgres` user does.

use crate::sh::{self, Res};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running cluster; stops when dropped.
pub struct Cluster {
    pub url: String,
    running: Option<Running>,
}

struct Running {
    bin: PathBuf,
    data: PathBuf,
    as_root: bool,
    _folder: tempfile::TempDir,
}

/// Starts a cluster, or takes the one that is named.
pub fn start() -> Res<Cluster> {
    if let Ok(url) = std::env::var("COUNTERSIGN_TEST_POSTGRES_URL") {
        return Ok(Cluster { url, running: None });
    }
    let bin = if let Some(bin) = binaries() {
        bin
    } else {
        sh::apt_install(&["postgresql"])?;
        binaries().ok_or("PostgreSQL's initdb is not where packages put it")?
    };
    let folder = tempfile::Builder::new().prefix("countersign-pg").tempdir()?;
    let as_root = sh::output(Command::new("id").arg("-u"))?.trim() == "0";
    if as_root {
        sh::run(Command::new("chown").arg("postgres").arg(folder.path()))?;
    }
    let data = folder.path().join("data");
    let port = free_port()?;
    let running = Running { bin, data: data.clone(), as_root, _folder: folder };
    running.run("initdb", &["-D", &path(&data)?, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8"])?;
    let options = format!(
        "-p {port} -k {} -c listen_addresses=127.0.0.1 -c max_connections=400 -c shared_buffers=256MB",
        path(running.data.parent().ok_or("no folder")?)?
    );
    let log = path(&data.with_file_name("log"))?;
    running.run("pg_ctl", &["-D", &path(&data)?, "-o", &options, "-l", &log, "-w", "start"])?;
    Ok(Cluster { url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), running: Some(running) })
}

impl Cluster {
    /// Makes an empty database, in place of one that an earlier run left; gives its address.
    pub fn database(&self, name: &str) -> Res<String> {
        if sh::which("psql").is_none() {
            sh::apt_install(&["postgresql-client"])?;
        }
        for statement in [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"),
        ] {
            let mut psql = Command::new("psql");
            psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", &self.url, "--command", &statement]);
            sh::run(psql.env("PGOPTIONS", "--client-min-messages=warning"))?;
        }
        let (address, query) = self.url.split_once('?').map_or((self.url.as_str(), None), |(a, q)| (a, Some(q)));
        let (server, _) = address.rsplit_once('/').ok_or("the address of the cluster names no database")?;
        Ok(query.map_or_else(|| format!("{server}/{name}"), |q| format!("{server}/{name}?{q}")))
    }
}

impl Running {
    fn run(&self, program: &str, args: &[&str]) -> Res<()> {
        let mut command = if self.as_root {
            let mut c = Command::new("setpriv");
            c.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(self.bin.join(program));
            c
        } else {
            Command::new(self.bin.join(program))
        };
        sh::run(command.args(args).current_dir("/").stdout(std::process::Stdio::null()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            let data = running.data.display().to_string();
            let _ = running.run("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
        }
    }
}

fn path(p: &Path) -> Res<String> {
    Ok(p.to_str().ok_or("a path that is not UTF-8")?.to_owned())
}

/// The newest installed version's programs.
fn binaries() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|e| Some(e.ok()?.path().join("bin")))
        .filter(|b| b.join("initdb").exists() && b.join("postgres").exists())
        .collect();
    found.sort_by_key(|p| p.parent().and_then(|v| v.file_name()?.to_str()?.parse::<u32>().ok()));
    found.pop()
}

fn free_port() -> Res<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
