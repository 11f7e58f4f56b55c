//! `countersign demo`

use super::Outcome;
use crate::compose;
use crate::config::Config;
use domain::ports::Clock;
use service::{Principal, demo};

/// Loads the demo into an empty store and says what to look at.
pub async fn run(config: &Config, who: &Principal) -> Outcome {
    let now = compose::SystemClock.now();
    let clock = demo::SetClock::before(now);
    let services = compose::services_at(config, false, clock.clone()).await?;
    let password = services.secret_hex()[..20].to_owned();
    let told = demo::load(&services, who, &clock, now, &password).await?;
    crate::sinks::append_newest(config, &services).await;
    services.close().await;
    for step in &told {
        let link = step.identity.as_ref().map(|i| format!("  /identities/{i}?as_of={}", step.seq)).unwrap_or_default();
        let story = if step.story.is_empty() { "start" } else { &step.story };
        say!("{}  entry {:>3}  {story:10}  {}{link}", step.at.rfc3339().chars().take(10).collect::<String>(), step.seq, step.says);
    }
    say!(
        "\nSign in as mara@ (analyst), jonas@ (reviewer), ines@ (security reviewer), tom@ (auditor), priya@ (executive) or lena@ (admin) example.org."
    );
    say!("Everyone's password: {password}");
    say!("Next: countersign serve, then sign in as mara@example.org.");
    Ok(())
}
