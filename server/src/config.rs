//! Configuration: flags over `COUNTERSIGN_*` variables over a TOML file over defaults. Read once.

use clap::Args;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Options every subcommand takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// `sqlite://PATH` or `postgres://…`; by default SQLite in the data directory
    #[arg(long, env = "COUNTERSIGN_DATABASE_URL", global = true)]
    pub database_url: Option<String>,
    /// Where keys, the SQLite file and the local checkpoint file are
    #[arg(long, env = "COUNTERSIGN_DATA_DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// A TOML file with the same names
    #[arg(long, env = "COUNTERSIGN_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, env = "COUNTERSIGN_LISTEN", global = true)]
    pub listen: Option<String>,
    /// A directory outside the data directory that receives every checkpoint; may be repeated
    #[arg(long, env = "COUNTERSIGN_CHECKPOINT_SINK", global = true)]
    pub checkpoint_sink: Vec<PathBuf>,
    /// Logs as JSON lines
    #[arg(long, env = "COUNTERSIGN_LOG_JSON", global = true)]
    pub log_json: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    database_url: Option<String>,
    data_dir: Option<PathBuf>,
    listen: Option<String>,
    checkpoint_sink: Vec<PathBuf>,
    log_json: bool,
}

/// The configuration in force.
#[derive(Clone, Debug)]
pub struct Config {
    pub database_url: String,
    pub data_dir: PathBuf,
    pub listen: String,
    pub checkpoint_sinks: Vec<PathBuf>,
    pub log_json: bool,
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: {1}")]
    Read(PathBuf, std::io::Error),
    #[error("{0}: {1}")]
    Parse(PathBuf, toml::de::Error),
    #[error("the checkpoint sink {0} lies inside the data directory; a copy of both together would prove nothing")]
    SinkInside(PathBuf),
}

impl Config {
    pub fn load(flags: &Flags) -> Result<Self, Error> {
        let file = match &flags.config {
            Some(path) => read(path)?,
            None => File::default(),
        };
        let data_dir = flags.data_dir.clone().or(file.data_dir).unwrap_or_else(|| PathBuf::from("data"));
        let database_url = flags
            .database_url
            .clone()
            .or(file.database_url)
            .unwrap_or_else(|| format!("sqlite://{}", data_dir.join("countersign.db").display()));
        let sinks = if flags.checkpoint_sink.is_empty() { file.checkpoint_sink } else { flags.checkpoint_sink.clone() };
        for sink in &sinks {
            if sink.starts_with(&data_dir) {
                return Err(Error::SinkInside(sink.clone()));
            }
        }
        Ok(Self {
            database_url,
            listen: flags.listen.clone().or(file.listen).unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            checkpoint_sinks: sinks,
            log_json: flags.log_json || file.log_json,
            data_dir,
        })
    }
}

fn read(path: &Path) -> Result<File, Error> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::Read(path.to_path_buf(), e))?;
    toml::from_str(&text).map_err(|e| Error::Parse(path.to_path_buf(), e))
}

/// The port as a browser on this machine reaches it: a passkey's relying party cannot be an address.
pub fn local_url(listen: &std::net::SocketAddr) -> String {
    format!("http://localhost:{}", listen.port())
}
