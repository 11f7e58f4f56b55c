//! Which format an input is of, by its beginning: the words at the top of it. It reads no further than it must, never fails,
//! and says nothing of whether the input is right.

use crate::input::{Input, InputFile};
use crate::text;
use domain::snapshot::Format;
use std::io::Read;

/// How much of a file is looked at, and how many files of a folder.
const HEAD: u64 = 256 * 1024;
const FILES: usize = 200;
/// How many members of objects are looked at, and how deep.
const WORDS: usize = 5_000;
const DEEP: usize = 4;

/// The format an input looks like: of the files of a folder, what most of those look like that look like anything.
pub fn recognise(input: &Input) -> Option<Format> {
    let mut votes: Vec<(Format, usize)> = Vec::new();
    for format in input.files.iter().take(FILES).filter_map(of_file) {
        match votes.iter_mut().find(|(f, _)| *f == format) {
            Some((_, n)) => *n += 1,
            None => votes.push((format, 1)),
        }
    }
    // The first of those with most: a later one has to have more.
    votes.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(format, _)| format)
}

/// Where an input looks like another format than the chosen one: a sentence that says which.
pub fn wrong_choice(chosen: Format, input: &Input) -> Option<String> {
    let found = recognise(input).filter(|found| *found != chosen)?;
    Some(format!("this looks like {}; choose {found}", looks(found)))
}

/// What an input of a format is, as a person says it.
pub(crate) fn looks(format: Format) -> &'static str {
    match format {
        Format::Aws => "an AWS account or policy",
        Format::Kubernetes => "Kubernetes manifests",
        Format::Mcp => "MCP tools, servers or a client's configuration",
        Format::A2a => "an A2A agent card",
        Format::Csv => "a CSV table",
        Format::Countersign => "Countersign JSON",
    }
}

/// The beginning of a file as text.
pub(crate) fn beginning(file: &InputFile) -> Option<String> {
    let mut bytes = Vec::new();
    file.open().ok()?.take(HEAD).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 == HEAD {
        // Cut where a character or a unit of two bytes may be cut: the last line is not needed.
        let end = bytes.iter().rposition(|b| *b == b'\n').unwrap_or(bytes.len()) & !1;
        bytes.truncate(end);
    }
    // What is cut may end within a character, and a table may be in an old encoding.
    Some(text::decoded(&file.name, bytes.clone()).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned()))
}

pub(crate) fn of_file(file: &InputFile) -> Option<Format> {
    let text = beginning(file)?;
    let text = text::of_events(&text).unwrap_or(text);
    let begins = text.trim_start();
    let json = begins.starts_with(['{', '[']) || begins.starts_with("//") || begins.starts_with("/*");
    if json { of_json(&text, &words(&text::plain_json(&text))) } else { of_yaml(&text).or_else(|| of_table(&text)) }
}

/// A member of an object: how deep it stands in objects, its name, its value where that is a text, and what else it begins with.
struct Word<'a> {
    depth: usize,
    name: &'a str,
    value: &'a str,
    begins: Begins,
}

/// What a value is, so far as its first letters say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    Object,
    /// A list that is empty or begins with an object.
    Objects,
    Other,
}

impl Begins {
    fn of(value: &str) -> Self {
        match value.strip_prefix('[').map(str::trim_start) {
            Some(inner) if inner.starts_with(['{', ']']) => Self::Objects,
            None if value.starts_with('{') => Self::Object,
            _ => Self::Other,
        }
    }
}

/// The members at the beginning of a JSON text, which may be cut. Lists do not count as depth.
fn words(json: &str) -> Vec<Word<'_>> {
    let mut out: Vec<Word<'_>> = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    let bytes = json.as_bytes();
    while at < bytes.len() && out.len() < WORDS {
        match bytes[at] {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                let end = string_end(bytes, at);
                let name = json.get(at + 1..end);
                at = end;
                // Behind a name stands its value; a text is looked at, what else it is does not matter.
                let rest = json.get(end + 1..).map(str::trim_start);
                if let (Some(name), Some(rest)) = (name, rest.and_then(|r| r.strip_prefix(':')))
                    && depth <= DEEP
                {
                    let value = rest.trim_start();
                    let begins = Begins::of(value);
                    let value = value.strip_prefix('"').and_then(|v| v.split('"').next()).unwrap_or_default();
                    out.push(Word { depth, name, value, begins });
                }
            }
            _ => {}
        }
        at += 1;
    }
    out
}

fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

fn of_json(text: &str, words: &[Word<'_>]) -> Option<Format> {
    let top = |names: &[&str]| words.iter().any(|w| w.depth == 1 && names.contains(&w.name));
    let within = |names: &[&str], most: usize| words.iter().any(|w| w.depth <= most && names.contains(&w.name));
    let all = |names: &[&str]| names.iter().all(|name| top(&[name]));
    let aws =
        ["UserDetailList", "RoleDetailList", "GroupDetailList", "Statement", "PolicyVersion", "PolicyDocument", "AssumeRolePolicyDocument"];
    if top(&OF_INTERFACES) {
        return None;
    }
    if all(&["version", "identities"]) {
        return Some(Format::Countersign);
    }
    if top(&aws) || all(&["name", "document"]) || within(&["PolicyVersionList", "UserPolicyList", "RolePolicyList"], 2) {
        return Some(Format::Aws);
    }
    if all(&["apiVersion", "kind"]) || (top(&["kind"]) && top(&["items", "metadata", "rules", "roleRef"])) {
        return Some(Format::Kubernetes);
    }
    // Directories put a card into an entry of theirs.
    let deep = if within(&["agentCard", "agent_card", "card"], 2) { 3 } else { 2 };
    let card = within(&["supportedInterfaces", "supported_interfaces", "defaultInputModes", "default_input_modes"], 2)
        // A résumé lists skills of a person beside what it calls basics.
        || (!top(&["basics"]) && within_of(words, &["skills"], deep, &[Begins::Objects]) && within(&["url", "capabilities", "protocolVersion"], deep));
    if card {
        return Some(Format::A2a);
    }
    is_mcp(text, words).then_some(Format::Mcp)
}

/// Members that say what a description of interfaces is: the servers in it are none of MCP.
pub(crate) const OF_INTERFACES: [&str; 3] = ["openapi", "swagger", "asyncapi"];
/// The words of clients for servers that are not started but called.
const REMOTE: [&str; 6] = ["http", "sse", "ws", "streamable-http", "streamable_http", "streamableHttp"];

/// Whether a member of one of these names stands so deep at most and begins like this.
fn within_of(words: &[Word<'_>], names: &[&str], most: usize, begins: &[Begins]) -> bool {
    words.iter().any(|w| w.depth <= most && names.contains(&w.name) && begins.contains(&w.begins))
}

fn is_mcp(text: &str, words: &[Word<'_>]) -> bool {
    let top = |names: &[&str]| words.iter().any(|w| w.depth == 1 && names.contains(&w.name));
    let within = |names: &[&str], most: usize| words.iter().any(|w| w.depth <= most && names.contains(&w.name));
    let all = |names: &[&str]| names.iter().all(|name| top(&[name]));
    let registry = words.iter().any(|w| w.name == "$schema" && crate::mcp::is_schema(w.value));
    let servers = ["mcpServers", "context_servers", "mcp.servers", "servers", "mcp"];
    let of_clients = ["mcpServers", "context_servers", "modelContextProtocolServers", "github.copilot.chat.modelContextProtocolServers"];
    // Settings of an editor may lie in those of a container.
    let nested = within_of(words, &["mcp"], DEEP, &[Begins::Object]) && within_of(words, &["servers"], DEEP, &[Begins::Object]);
    let clients = within(&of_clients, DEEP) || top(&servers) || nested;
    // A list of packages: where npm locks its own, they are members of an object.
    let listed = within_of(words, &["packages", "remotes"], 2, &[Begins::Objects]) || within(&["version_detail"], 2);
    let described = listed && within(&["name"], 2);
    let tools =
        within(&["inputSchema"], 4) || within_of(words, &["tools"], 1, &[Begins::Objects]) || all(&["name", "description", "arguments"]);
    let called = words.iter().any(|w| w.depth == 2 && w.name == "type" && REMOTE.contains(&w.value)) && within(&["url"], 2);
    let started = within(&["command", "httpUrl", "serverUrl"], 2) || called;
    let entry = started && words.iter().all(|w| w.depth != 1 || w.value.is_empty());
    let settings = top(&crate::mcp::OF_SETTINGS) || (top(&["permissions"]) && text.contains("\"mcp__"));
    let bundle = top(&["manifest_version", "dxt_version"]) && within(&["mcp_config"], 2);
    let catalogue = within_of(words, &["registry"], 1, &[Begins::Object]) && within(&["image", "remote"], 3);
    registry || catalogue || clients || described || tools || entry || settings || bundle
}

/// What YAML holds: manifests have a line that says the version of an API, and one that says the kind; answers of AWS a list of
/// theirs; a server of Docker's catalogue says what it is about; clients of MCP keep their servers under their own words.
pub(crate) fn of_yaml(text: &str) -> Option<Format> {
    if text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let says = |name: &str| text.lines().any(|line| line.strip_prefix("- ").unwrap_or(line).starts_with(name));
    let any = |names: &[&str]| names.iter().any(|name| says(name));
    if says("kind:") && any(&["apiVersion:", "metadata:", "rules:"]) {
        return Some(Format::Kubernetes);
    }
    if any(&["UserDetailList:", "RoleDetailList:", "GroupDetailList:", "Statement:", "PolicyVersion:", "PolicyDocument:"]) {
        return Some(Format::Aws);
    }
    let starts = |words: &[&str]| text.lines().any(|line| words.iter().any(|word| line.trim_start_matches([' ', '-']).starts_with(word)));
    let described = says("name:") && says("about:") && any(&["image:", "remote:", "source:"]);
    let catalogue = says("registry:") && starts(&["image:", "remote:", "ref:"]);
    // Extensions of Goose; elsewhere the word means other things.
    let extensions = says("extensions:") && starts(&["cmd:", "uri:", "bundled:"]);
    // What a program fills in first is not YAML yet: quoted braces are text.
    let template = text.lines().map(str::trim).any(|line| line.trim_start_matches("- ").starts_with("{{") || line.contains(": {{"));
    ((described || catalogue || extensions || says("mcpServers:")) && !template).then_some(Format::Mcp)
}

/// What an input is that no format is read from, and what to do about it: an archive, or another notation of the same. Of several
/// files only what all of them are is said.
pub fn unreadable(input: &Input) -> Option<String> {
    let mut all = input.files.iter().take(FILES).map(other_notation);
    let first = all.next()??;
    all.all(|said| said.as_ref() == Some(&first)).then_some(first)
}

fn other_notation(file: &InputFile) -> Option<String> {
    let head = file.head().ok()?;
    if head.trim_ascii().is_empty() && file.size().ok()? == head.len() as u64 {
        return Some("an empty file: choose one that holds something".to_owned());
    }
    if let Some(what) = crate::input::archive(&head) {
        return Some(format!("a {what}: unpack it first"));
    }
    let text = text::decoded(&file.name, head.clone()).unwrap_or_else(|_| String::from_utf8_lossy(&head).into_owned());
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let begins = |words: &[&str]| words.iter().any(|word| first.starts_with(word));
    let said = if begins(&["<"]) {
        "XML or HTML: JSON is read, as the AWS command line gives it with --output json"
    } else if begins(&["data:", "event:"]) {
        "the lines of an event stream: keep the JSON that stands behind data:"
    } else if begins(&["\""]) && first.contains(['{', '[']) {
        "a text with JSON in it: take the JSON out of its quotation marks (jq -r .)"
    } else if is_toml(&text) {
        "TOML, as Codex keeps its servers: write the servers as JSON, in mcpServers"
    } else if begins(&["AWSTemplateFormatVersion"]) {
        "a template of CloudFormation, which says what will be made: export the account, with `aws iam get-account-authorization-details`"
    } else if begins(&["servers:", "name:"]) {
        "YAML: this format is read as JSON"
    } else if begins(&["USERDETAILLIST", "ROLEDETAILLIST", "GROUPDETAILLIST", "POLICIES\t"]) {
        "text of the AWS command line: JSON is read, which it gives with --output json"
    } else {
        return None;
    };
    Some(said.to_owned())
}

/// Whether a text is TOML: lines that begin a table, and lines with values.
fn is_toml(text: &str) -> bool {
    let mut said = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_table = |line: &str| {
        line.strip_prefix('[').and_then(|l| l.strip_suffix(']')).is_some_and(|l| l.starts_with(|c: char| c.is_alphabetic() || c == '['))
    };
    let is_value = |line: &str| line.split_once('=').is_some_and(|(name, _)| !name.contains(['{', '[', '"', '<', ':', ',', ';']));
    said.clone().next().is_some_and(|first| is_table(first) || is_value(first)) && said.clone().any(is_table) && said.any(is_value)
}

/// A table: the first line names columns of ours.
fn of_table(text: &str) -> Option<Format> {
    crate::csv::is_table(text).then_some(Format::Csv)
}
