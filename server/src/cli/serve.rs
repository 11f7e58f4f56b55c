//! `countersign serve`

use super::Outcome;
use crate::config::{Config, is_plain_to_others, local_url};
use crate::web::listen::{self, Limits};
use crate::web::router;
use crate::{compose, sinks};
use std::io::Write;
use tokio::net::TcpListener;

pub async fn run(config: Config) -> Outcome {
    let services = compose::services(&config, true).await?;
    let listener = TcpListener::bind(&config.listen).await.map_err(|e| format!("{}: {e}", config.listen))?;
    let address = listener.local_addr()?;
    let url = config.public_url.clone().unwrap_or_else(|| local_url(&address));
    if is_plain_to_others(&address, &url) {
        tracing::warn!(
            %address,
            "other machines reach this server by plain http: passwords and sessions can be read on the way. Listen on 127.0.0.1 \
             behind a proxy with https, and name its address by --public-url https://HOST"
        );
    }
    let services = services.at(&url);
    tokio::spawn(sinks::serve(config.clone(), services.clone()));
    // Whoever started the server may have stopped reading; that is no reason to end.
    let mut out = std::io::stdout();
    let _ = writeln!(out, "Countersign at {url}");
    let restored = service::restored::state(&services).await?;
    if let Some(statement) = &restored {
        tracing::error!(missing = statement.says(), "the store was restored from an older copy");
        let _ = writeln!(out, "Restored from an older copy; see what is missing: {url}/restored or countersign restored show");
    } else if service::people::is_empty(&services).await? {
        let secret = service::people::setup_secret(&services).await?;
        let _ = writeln!(out, "Set up the first account (one use, 24 hours): {url}/setup?token={secret}");
    }
    tokio::spawn(service::jobs::work(services.clone()));
    tokio::spawn(purge(services.clone()));
    tokio::spawn(settle(services.clone()));
    tokio::spawn(watch_clock(services.clone()));
    let doors = router::Doors { secure: url.starts_with("https://"), trusted_proxies: config.trusted_proxies.clone().into() };
    let app = router::router(services.clone(), &doors);
    let limits = Limits { proxies: config.trusted_proxies.clone().into(), ..Limits::default() };
    let drain = limits.drain;
    listen::serve(listener, app, limits, stop()).await?;
    sinks::append_newest(&config, &services).await;
    // A long statement of a job may hold a connection still: the job is carried on by the next process.
    if tokio::time::timeout(drain, services.close()).await.is_err() {
        tracing::warn!("jobs that were under way are broken off; the next start carries them on");
    }
    Ok(())
}

/// Sessions, attempts and ended jobs that have run out go every five minutes.
async fn purge(services: service::Services) {
    loop {
        if let Err(error) = service::sessions::purge(&services).await {
            tracing::warn!(?error, "what has run out could not be removed");
        }
        if let Err(error) = service::jobs::sweep(&services).await {
            tracing::warn!(?error, "what ended jobs left could not be removed");
        }
        // Jobs say when a change is due; one that was lost is found here.
        if let Err(error) = service::changes::sweep(&services).await {
            tracing::warn!(?error, "changes that are due could not be moved on");
        }
        tokio::time::sleep(std::time::Duration::from_mins(5)).await;
    }
}

/// Grants that end move the figures of lists within half a minute; whoever is refused access is refused at once.
async fn settle(services: service::Services) {
    let mut from = domain::time::Timestamp(0);
    loop {
        let to = services.now();
        match service::identities::settle_ended(&services, from, to).await {
            Ok(_) => from = to,
            Err(error) => tracing::warn!(?error, "figures of ended grants could not be settled"),
        }
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    }
}

/// A clock that jumps is on record: time decides what has ended.
async fn watch_clock(services: service::Services) {
    // Kept until a jump is recorded: many small steps are one large one.
    let mut begun = (std::time::Instant::now(), services.machine_clock());
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        let now = (std::time::Instant::now(), services.machine_clock());
        let passed = i64::try_from((now.0 - begun.0).as_micros()).unwrap_or(i64::MAX);
        match service::ledger::clock_jumped(&services, now.1.since(begun.1) - passed).await {
            Ok(Some(_)) => begun = now,
            Ok(None) => {}
            Err(error) => tracing::warn!(?error, "a jump of the clock could not be recorded"),
        }
    }
}

/// Ctrl-C or the service manager's TERM: open requests are finished first.
async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = interrupt.await;
        return;
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
}
