//! Which format an input is read as: the one that was said, else the one it looks like.

use crate::{Error, Result};
use connect::Input;
use domain::snapshot::Format;

/// The format said, or the one recognised by the beginning of the input.
pub async fn format(said: Option<&str>, input: &Input) -> Result<Format> {
    let one_of = || Format::WORDS.join(", ");
    if let Some(word) = said.filter(|word| !word.is_empty()) {
        return Format::parse(word).ok_or_else(|| Error::invalid("format", format!("The format must be one of {}.", one_of())));
    }
    let of = input.clone();
    let found = tokio::task::spawn_blocking(move || connect::recognise(&of).ok_or_else(|| connect::unreadable(&of)));
    found.await.map_err(|e| Error::Internal(e.to_string()))?.map_err(|unreadable| {
        let name = &input.name;
        Error::invalid(
            "format",
            match unreadable {
                Some(what) => format!("{name} is {what}"),
                None => format!("The format of {name} isn't recognised. Choose one of {}.", one_of()),
            },
        )
    })
}
