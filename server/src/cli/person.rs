//! `countersign person add`

use super::Outcome;
use domain::permission::Role;
use service::{Principal, Services, people};
use std::io::BufRead;

#[derive(clap::Subcommand)]
pub enum Person {
    /// Add a person; the password is read from standard input
    Add {
        email: String,
        #[arg(long)]
        name: Option<String>,
        /// executive, analyst, reviewer, security_reviewer, auditor or admin; may be repeated
        #[arg(long = "role", required = true, value_parser = parse_role)]
        roles: Vec<Role>,
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "one of executive, analyst, reviewer, security_reviewer, auditor, admin".to_owned())
}

pub async fn run(services: &Services, who: &Principal, command: Person) -> Outcome {
    let Person::Add { email, name, roles, password_stdin: _ } = command;
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password)?;
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    people::add(services, who, &name, &email, password.trim_end_matches(['\r', '\n']), &roles).await?;
    say!("added {}", domain::text::terminal(&email));
    Ok(())
}
