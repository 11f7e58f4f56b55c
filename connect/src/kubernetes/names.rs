//! What the API server takes as names of service accounts and namespaces: RFC 1123, in small letters. Templates of other tools
//! are none.

/// A subdomain: labels between points, at most 253 bytes.
pub(super) fn is_account(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(|label| is_label(label, 253))
}

pub(super) fn is_namespace(name: &str) -> bool {
    is_label(name, 63)
}

fn is_label(text: &str, longest: usize) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = |b: Option<&u8>| b.is_some_and(|b| inner(*b));
    let bytes = text.as_bytes();
    text.len() <= longest && ends(bytes.first()) && ends(bytes.last()) && bytes.iter().all(|b| inner(*b) || *b == b'-')
}

/// Why a name is none.
pub(super) fn why(name: &str, of: &str) -> String {
    let shown = domain::text::capped(name, 80);
    if name.contains("${") || name.contains("$(") {
        return format!("{shown:?} is a template that nobody filled in, and no name of {of}");
    }
    if let Some(own) = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')).map(|(_, own)| own) {
        return format!("{shown:?} is what an account is called as a user: as {of} it is called {:?}", domain::text::capped(own, 80));
    }
    format!("{shown:?} is no name of {of} that Kubernetes takes")
}
