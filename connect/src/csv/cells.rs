//! Cells that do not mean what they say: words for nothing, sums below a table, lists in JSON, numbers that a spreadsheet made
//! of names. It must not know a row.

use super::table::Column;

/// Words that people and programs write where there is nothing.
const NOTHING: [&str; 14] =
    ["n/a", "#n/a", "na", "none", "null", "nil", "-", "--", "–", "unknown", "unassigned", "tbd", "not set", "(blank)"];

/// Whether a cell of a column says that there is nothing to say. An identity, an action and a resource may be called anything.
pub(super) fn is_nothing(column: Column, value: &str) -> bool {
    let lower = value.to_lowercase();
    match column {
        Column::Identity | Column::Action | Column::Resource | Column::PermissionSet | Column::Effect => false,
        // A word of its own there.
        Column::Environment | Column::Criticality if lower == "unknown" => false,
        Column::EndsAt if lower == "never" => true,
        _ => NOTHING.contains(&lower.as_str()),
    }
}

/// Whether what stands as an identity is the sum below a table.
pub(super) fn is_sum(identity: &str) -> bool {
    let lower = identity.to_lowercase();
    let words = ["grand total", "subtotal", "total", "totals", "sum", "summe", "gesamt", "count"];
    words.iter().any(|word| {
        lower
            .strip_prefix(word)
            .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || matches!(c, ':' | '=' | '.' | ',')))
    })
}

/// The texts of a cell that holds a list in JSON.
pub(super) fn listed(cell: &str) -> Option<Vec<String>> {
    if !cell.starts_with('[') || !cell.ends_with(']') {
        return None;
    }
    let texts: Vec<String> = serde_json::from_str(cell).ok()?;
    Some(texts.iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect())
}

/// Why a cell is refused of which a spreadsheet made a number: its last digits are lost.
pub(super) fn rounded(column: Column, value: &str) -> Option<String> {
    let (number, exponent) = value.split_once(['E', 'e'])?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_number = digits(&number.replacen(['.', ','], "", 1)) && exponent.strip_prefix('+').is_some_and(digits);
    is_number.then(|| {
        format!("the {} {value:?} is a number that a spreadsheet rounded: keep the column as text and write it again", column.name())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_say_nothing_else_or_too_little_are_told_apart() {
        for (column, value, nothing) in [
            (Column::Owner, "N/A", true),
            (Column::Owner, "-", true),
            (Column::Owner, "Nora", false),
            (Column::Kind, "NULL", true),
            (Column::EndsAt, "never", true),
            (Column::Environment, "unknown", false),
            (Column::Identity, "none", false),
            (Column::Action, "-", false),
        ] {
            assert_eq!(is_nothing(column, value), nothing, "{value}");
        }
        for (value, sum) in
            [("Total: 3", true), ("TOTAL", true), ("Sum 1,204", true), ("total-bot", false), ("summer", false), ("counter", false)]
        {
            assert_eq!(is_sum(value), sum, "{value}");
        }
        assert_eq!(listed("[\"a\", \" b\", \"\"]"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!((listed("[a]"), listed("a")), (None, None));
        for (value, bad) in
            [("1.11122E+11", true), ("1,5E+10", true), ("12E+3", true), ("abE+3", false), ("1E3", false), ("111122223333", false)]
        {
            assert_eq!(rounded(Column::Account, value).is_some(), bad, "{value}");
        }
    }
}
