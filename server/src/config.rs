//! Configuration: flags over `COUNTERSIGN_*` variables over a TOML file over defaults. Read once.

use axum::http::Uri;
use clap::Args;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Options every subcommand takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// `sqlite:PATH` or `postgres://…`; by default SQLite in the data directory
    #[arg(long, env = "COUNTERSIGN_DATABASE_URL", global = true)]
    pub database_url: Option<String>,
    /// Where keys, the SQLite file and the local checkpoint file are
    #[arg(long, env = "COUNTERSIGN_DATA_DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// A TOML file with the same names
    #[arg(long, env = "COUNTERSIGN_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// A directory outside the data directory that receives every checkpoint; may be repeated, or parted by commas
    #[arg(long, env = "COUNTERSIGN_CHECKPOINT_SINK", global = true, value_delimiter = ',')]
    pub checkpoint_sink: Vec<PathBuf>,
    /// Logs as JSON lines
    #[arg(long, env = "COUNTERSIGN_LOG_JSON", global = true)]
    pub log_json: bool,
}

/// Options of `serve`.
#[derive(Args, Clone, Debug, Default)]
pub struct Doors {
    /// Address to listen on
    #[arg(long, env = "COUNTERSIGN_LISTEN")]
    pub listen: Option<String>,
    /// The address people use, for example `https://countersign.example.org`; with https, cookies are `Secure`
    #[arg(long, env = "COUNTERSIGN_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Address of a proxy whose X-Forwarded-For counts; may be repeated, or parted by commas
    #[arg(long, env = "COUNTERSIGN_TRUSTED_PROXY", value_delimiter = ',')]
    pub trusted_proxy: Vec<IpAddr>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    database_url: Option<String>,
    data_dir: Option<PathBuf>,
    listen: Option<String>,
    checkpoint_sink: Vec<PathBuf>,
    public_url: Option<String>,
    trusted_proxy: Vec<IpAddr>,
    log_json: bool,
}

/// The configuration in force.
#[derive(Clone, Debug)]
pub struct Config {
    pub database_url: String,
    pub data_dir: PathBuf,
    pub listen: String,
    pub checkpoint_sinks: Vec<PathBuf>,
    pub public_url: Option<String>,
    pub trusted_proxies: Vec<IpAddr>,
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
    #[error("{0} is not an address of the form https://host or http://localhost:PORT")]
    PublicUrl(String),
}

impl Config {
    /// As commands need it, and of the doors what the file says.
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
            if resolved(sink).starts_with(resolved(&data_dir)) {
                return Err(Error::SinkInside(sink.clone()));
            }
        }
        Ok(Self {
            public_url: file.public_url.map(public).transpose()?,
            trusted_proxies: file.trusted_proxy,
            database_url,
            listen: file.listen.unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            checkpoint_sinks: sinks,
            log_json: flags.log_json || file.log_json,
            data_dir,
        })
    }

    /// The same with what `serve` was told of its doors.
    pub fn with(mut self, doors: Doors) -> Result<Self, Error> {
        if let Some(listen) = doors.listen {
            self.listen = listen;
        }
        if let Some(url) = doors.public_url {
            self.public_url = Some(public(url)?);
        }
        if !doors.trusted_proxy.is_empty() {
            self.trusted_proxies = doors.trusted_proxy;
        }
        Ok(self)
    }
}

/// An address people use: scheme, host and port, and nothing else.
fn public(url: String) -> Result<String, Error> {
    let read = || {
        let parsed = url.parse::<Uri>().ok().filter(|_| !url.contains('#'))?;
        let (scheme, authority) = (parsed.scheme_str()?, parsed.authority()?);
        let host = authority.host();
        let named = host.starts_with('[') || (!host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)));
        let plain = authority.as_str() == authority.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let port = authority.port().is_none_or(|port| port.as_str().parse::<u16>().is_ok_and(|p| p > 0));
        let safe = scheme == "https" || (scheme == "http" && is_this_machine(host));
        let bare = parsed.path() == "/" && parsed.query().is_none();
        (named && plain && port && safe && bare).then(|| format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()))
    };
    read().ok_or(Error::PublicUrl(url.clone()))
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|a| a.is_loopback())
}

/// A path without links and dots, as far as it exists: `data/../data/sink` and a link into it lie inside.
fn resolved(path: &Path) -> PathBuf {
    let mut there = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut rest = Vec::new();
    loop {
        if let Ok(real) = std::fs::canonicalize(&there) {
            return rest.iter().rev().fold(real, |at: PathBuf, part| at.join(part));
        }
        match (there.file_name().map(std::ffi::OsStr::to_owned), there.parent()) {
            (Some(name), Some(parent)) => {
                rest.push(name);
                there = parent.to_path_buf();
            }
            _ => return there,
        }
    }
}

fn read(path: &Path) -> Result<File, Error> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::Read(path.to_path_buf(), e))?;
    toml::from_str(&text).map_err(|e| Error::Parse(path.to_path_buf(), e))
}

/// True where passwords and sessions could be read on their way from another machine.
pub fn is_plain_to_others(listen: &std::net::SocketAddr, url: &str) -> bool {
    !url.starts_with("https://") && !listen.ip().is_loopback()
}

/// The port as a browser on this machine reaches it: a passkey's relying party cannot be an address.
pub fn local_url(listen: &std::net::SocketAddr) -> String {
    format!("http://localhost:{}", listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(change: impl Fn(&mut Flags)) -> Result<Config, Error> {
        let mut flags = Flags { data_dir: Some(PathBuf::from("/tmp/countersign-test/data")), ..Flags::default() };
        change(&mut flags);
        Config::load(&flags)
    }

    #[test]
    fn a_sink_inside_the_data_directory_is_refused_however_it_is_written() {
        for sink in ["/tmp/countersign-test/data/out", "/tmp/countersign-test/data", "/tmp/countersign-test/./data/out"] {
            assert!(matches!(load(|f| f.checkpoint_sink = vec![PathBuf::from(sink)]), Err(Error::SinkInside(_))), "{sink}");
        }
        assert!(load(|f| f.checkpoint_sink = vec![PathBuf::from("/tmp/countersign-test/data-out")]).is_ok());
    }

    #[test]
    fn an_address_is_written_as_browsers_write_it() {
        for (typed, url) in
            [("https://Countersign.Example.org/", "https://countersign.example.org"), ("http://localhost:1/", "http://localhost:1")]
        {
            assert_eq!(public(typed.to_owned()).expect("an address"), url);
        }
    }

    #[test]
    fn plain_http_beyond_this_machine_is_told() {
        for (listen, url, told) in [
            ("127.0.0.1:8080", "http://localhost:8080", false),
            ("[::1]:8080", "http://localhost:8080", false),
            ("0.0.0.0:8080", "http://localhost:8080", true),
            ("192.0.2.7:80", "http://localhost:80", true),
            ("0.0.0.0:8080", "https://countersign.example.org", false),
        ] {
            assert_eq!(is_plain_to_others(&listen.parse().expect("an address"), url), told, "{listen} {url}");
        }
    }

    #[test]
    fn the_public_address_is_https_or_this_machine() {
        for (url, fine) in [
            ("https://countersign.example.org/", true),
            ("http://localhost:8080", true),
            ("http://countersign.example.org", false),
            ("https://", false),
            ("https://a/b", false),
            ("https://a:8443", true),
            ("https://[2001:db8::1]:8443", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://localhost.evil.example", false),
            ("http://localhostevil", false),
            ("https://user:word@a", false),
            ("https://a?x=1", false),
            ("https://a#x", false),
            ("https://a:99999", false),
            ("https://a:", false),
            ("https://a b", false),
            ("https://a\n", false),
            ("ftp://a", false),
            ("a.example", false),
            ("", false),
        ] {
            let doors = Doors { public_url: Some(url.to_owned()), ..Doors::default() };
            assert_eq!(load(|_| {}).expect("a configuration").with(doors).is_ok(), fine, "{url}");
        }
    }
}
