//! From files to objects: which documents are manifests at all, and what the rest is. In a folder the rest is counted and
//! named, because real ones hold templates, values and patches beside manifests; a single file is refused instead. What costs
//! too much, and a list whose pages are not all there, is refused in either case.

use super::budget::Budget;
use super::notes::{Notes, Skip, Topic};
use super::objects::{Api, Kind, Object, Place};
use super::pages::Pages;
use super::wire::{Fault, LONGEST, Reader};
use crate::input::{Input, InputFile, normal};
use crate::work::{Left, Work};
use crate::yaml::{self, Node, Tree};
use crate::{Error, Result, text};
use std::collections::HashSet;

/// Everything read, before objects are put together.
pub(super) struct Read<'a> {
    pub(super) objects: Vec<Object>,
    pub(super) budget: Budget<'a>,
    pub(super) notes: Notes,
}

struct Intake<'a> {
    input: &'a Input,
    objects: Vec<Object>,
    /// Objects of any kind, for the difference between an input of other things and no input.
    any: u64,
    /// Kustomizations, and files that they name as patches.
    kustomizations: u64,
    patches: HashSet<String>,
    pages: Pages,
    budget: Budget<'a>,
    notes: Notes,
}

/// One document on its way: the file it is in.
#[derive(Clone, Copy)]
struct Source<'a> {
    number: u32,
    name: &'a str,
    /// True where the text holds what Helm would fill in.
    templated: bool,
}

/// What a list says of items that do not say it themselves.
#[derive(Clone, Copy, Default)]
struct Inherited<'a> {
    version: Option<&'a str>,
    kind: Option<&'a str>,
}

pub(super) fn read<'a>(input: &'a Input, work: &'a Work) -> Result<Read<'a>> {
    let (objects, patches) = (Vec::new(), HashSet::new());
    let (pages, budget, notes) = (Pages::default(), Budget::of(work), Notes::default());
    let mut intake = Intake { input, objects, any: 0, kustomizations: 0, patches, pages, budget, notes };
    for (number, file) in input.files.iter().enumerate() {
        intake.file(number as u32, file)?;
    }
    intake.without_patches();
    if intake.kustomizations > 0 {
        let note = "Kustomizations are not applied: what they patch, rename or put into a namespace is read as it stands in the files (run kustomize build and import what comes out)";
        intake.notes.say(Topic::Kustomize, note.to_owned());
    }
    intake.pages.complete(&mut intake.notes)?;
    if intake.any == 0 && intake.notes.skips(Skip::Helm) == 0 {
        let first = intake.notes.first_skip().map(|s| format!(" ({s})")).unwrap_or_default();
        return Err(Error::new(&input.name, format!("no Kubernetes object with a kind in it{first}")));
    }
    let Intake { objects, budget, notes, .. } = intake;
    Ok(Read { objects, budget, notes })
}

impl<'a> Intake<'a> {
    fn file(&mut self, number: u32, file: &'a InputFile) -> Result<()> {
        // A file that cannot be opened is no reason to believe that its objects are gone.
        let bytes = file.bytes()?;
        let name = self.input.shown(&file.name);
        if bytes.iter().all(u8::is_ascii_whitespace) && self.input.is_folder() {
            self.notes.skip(Skip::Empty, name.to_owned());
            return Ok(());
        }
        let read = file.refuse_archive().and_then(|()| text::decoded(name, bytes));
        let text = match read {
            Ok(text) => text,
            Err(e) => return self.unread(Skip::Unread, Error { file: name.to_owned(), ..e }),
        };
        let templated = is_template(&text);
        let tree = match tree(name, &text) {
            Ok(tree) => tree,
            Err(e) if templated => return self.unread(Skip::Helm, Error { reason: helm(&e.reason), ..e }),
            Err(e) => return self.unread(Skip::Unread, e),
        };
        if self.input.is_folder() && tree.roots().all(Node::is_nothing) {
            self.notes.skip(Skip::Empty, name.to_owned());
        }
        self.budget.written(tree.written());
        let source = Source { number, name, templated };
        tree.roots().try_for_each(|root| self.document(source, root))
    }

    /// In a folder a file or object that is none is named and passed by; alone it is refused.
    fn unread(&mut self, why: Skip, error: Error) -> Result<()> {
        if !self.input.is_folder() {
            return Err(error);
        }
        self.notes.skip(why, if why == Skip::Unread { error.to_string() } else { error.file });
        Ok(())
    }

    /// Passes by something of a file: in a folder the file says enough.
    fn skip(&mut self, why: Skip, source: Source<'_>, line: u32) {
        let place = if self.input.is_folder() { source.name.to_owned() } else { at(source.name, line) };
        self.notes.skip(why, place);
    }

    fn document(&mut self, source: Source<'_>, root: Node<'_>) -> Result<()> {
        if root.is_nothing() {
            return Ok(());
        }
        let is_object = |node: Node<'_>| node.get("kind").is_some();
        let mut waiting: Vec<(Node<'_>, Inherited<'_>)> = vec![(root, Inherited::default())];
        if let Some(items) = root.list() {
            let looked_at = root.list().into_iter().flatten().map(Node::own_weight).fold(0, u64::saturating_add);
            self.afford(source, root, |budget| budget.unfolds(looked_at))?;
            if items.len() > 0 && root.list().is_some_and(|mut all| all.all(|n| n.get("op").is_some())) {
                self.skip(Skip::JsonPatch, source, root.line());
                return Ok(());
            }
            if !root.list().is_some_and(|mut all| all.any(is_object)) {
                self.skip(Skip::NoKind, source, root.line());
                return Ok(());
            }
            waiting = items.rev().map(|item| (item, Inherited::default())).collect();
        }
        // Lists may stand within lists, and an alias may name one many times: the budget ends what would not end soon.
        while let Some((node, inherited)) = waiting.pop() {
            if node.is_nothing() {
                continue;
            }
            self.afford(source, node, |budget| budget.object().and_then(|()| budget.unfolds(node.own_weight())))?;
            if let Some((items, of)) = self.node(source, node, inherited)? {
                waiting.extend(items.rev().map(|item| (item, of)));
            }
        }
        Ok(())
    }

    /// Counts what is about to be done, ahead of doing it.
    fn afford(&mut self, source: Source<'_>, node: Node<'_>, spend: impl FnOnce(&mut Budget<'a>) -> Left) -> Result<()> {
        spend(&mut self.budget).map_err(|reason| Error::at(source.name, format!("line {}", node.line()), reason))
    }

    /// One object; of a list its items.
    fn node<'n>(
        &mut self,
        source: Source<'_>,
        node: Node<'n>,
        inherited: Inherited<'n>,
    ) -> Result<Option<(impl DoubleEndedIterator<Item = Node<'n>> + use<'n>, Inherited<'n>)>> {
        let (kind, version) = match (member(node, "kind"), member(node, "apiVersion")) {
            (Ok(kind), Ok(version)) => (kind.or(inherited.kind), version.or(inherited.version)),
            (Err(fault), _) | (_, Err(fault)) => {
                self.fault(source, "", fault)?;
                return Ok(None);
            }
        };
        let Some(kind) = kind else {
            self.kindless(source, node)?;
            return Ok(None);
        };
        if kind.contains("{{") {
            self.fault(source, "", Fault::Template(node.line()))?;
            return Ok(None);
        }
        self.any += 1;
        let items = node.get("items");
        if kind == "List" || (kind.ends_with("List") && items.is_some()) {
            let of = kind.strip_suffix("List").filter(|of| !of.is_empty());
            let metadata = node.get("metadata").map_or(0, Node::own_weight);
            self.afford(source, node, |budget| budget.unfolds(metadata))?;
            self.pages.list(source.name, version.unwrap_or_default(), kind, node);
            let of = Inherited { kind: of, version: of.and(version) };
            return match items.map(|n| n.list().ok_or_else(|| Fault::expected(n, "items", "a list"))) {
                None => Ok(None),
                Some(Ok(items)) => Ok(Some((items, of))),
                Some(Err(fault)) => self.fault(source, kind, fault).map(|()| None),
            };
        }
        self.object(source, kind, version, node)?;
        Ok(None)
    }

    fn object(&mut self, source: Source<'_>, kind: &str, version: Option<&str>, node: Node<'_>) -> Result<()> {
        let Some(of_ours) = Kind::of(kind) else {
            // What stands in it is made only where somebody fills the template in.
            if kind == "Template" && node.get("objects").is_some() {
                self.skip(Skip::OpenShift, source, node.line());
                return Ok(());
            }
            self.notes.count(kind);
            if kind == "Kustomization" || kind == "Component" {
                self.kustomization(source, node)?;
            }
            return Ok(());
        };
        let Some(api) = api(of_ours, version) else {
            let group = version.map_or("", |v| v.rsplit_once('/').map_or(v, |(group, _)| group));
            let of: String = group.chars().filter(|c| !c.is_control()).take(80).collect();
            self.notes.elsewhere(format!("{kind} of {of}"), at(source.name, node.line()));
            return Ok(());
        };
        self.afford(source, node, |budget| budget.unfolds(node.weight()).and_then(|()| budget.keeps_object()))?;
        let alpha = version.is_some_and(|v| v.ends_with("/v1alpha1"));
        let mut reader = Reader { file: source.number, api, alpha, budget: &mut self.budget, beside: Vec::new() };
        let read = reader.object(of_ours, node);
        let mut beside = reader.beside;
        let object = match read {
            Ok(object) => object,
            Err(fault) => {
                let name = node.get("metadata").and_then(|m| m.get("name")).and_then(Node::text).unwrap_or_default();
                let name: String = name.chars().take(80).filter(|c| !c.is_control()).collect();
                return self.fault(source, format!("{kind} {name}").trim_end(), fault);
            }
        };
        if version.is_none() {
            beside.push("no apiVersion, without which Kubernetes takes no object: read as one of Kubernetes' own".to_owned());
        }
        self.aside(&format!("{}: {kind} {}", at(source.name, node.line()), object.name), node, beside);
        self.objects.push(object);
        Ok(())
    }

    /// Notes what an object says beside what is read, and what it says twice.
    fn aside(&mut self, what: &str, node: Node<'_>, beside: Vec<String>) {
        for note in beside {
            self.notes.say(Topic::Beside, format!("{what}: {note}"));
        }
        for twice in node.repeats() {
            let lines = format!("lines {} and {}", twice.first, twice.last);
            self.notes.say(Topic::Repeats, format!("{what}: the member {:?} stands twice, in {lines}. The last one counts", twice.key));
        }
    }

    fn fault(&mut self, source: Source<'_>, object: &str, fault: Fault) -> Result<()> {
        let place = |line: u32, member: &str| {
            let parts = [format!("line {line}"), object.to_owned(), member.to_owned()];
            parts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")
        };
        match fault {
            Fault::Patch(line) => {
                self.skip(Skip::Patch, source, line);
                Ok(())
            }
            Fault::Template(line) => self.unread(Skip::Helm, Error::at(source.name, format!("line {line}"), helm(""))),
            Fault::Wrong { line, member, reason } => self.unread(Skip::Unread, Error::at(source.name, place(line, &member), reason)),
            Fault::TooMuch { line, member, reason } => Err(Error::at(source.name, place(line, &member), reason)),
        }
    }

    /// A document that names no kind: a kustomization may leave it out.
    fn kindless(&mut self, source: Source<'_>, node: Node<'_>) -> Result<()> {
        let base = source.name.rsplit(['/', '\\']).next().unwrap_or(source.name);
        if matches!(base, "kustomization.yaml" | "kustomization.yml") {
            self.notes.count("Kustomization");
            return self.kustomization(source, node);
        }
        // What is left of a template may be YAML: its braces make an object whose keys are objects.
        let bare = node.members().is_some_and(|mut all| all.next().is_none());
        let template = source.templated && (bare || source.name.contains("templates/"));
        let why = if template { Skip::Helm } else { Skip::NoKind };
        self.skip(why, source, node.line());
        Ok(())
    }

    /// Remembers the files that a kustomization lays over objects: they hold parts of objects.
    fn kustomization(&mut self, source: Source<'_>, node: Node<'_>) -> Result<()> {
        self.afford(source, node, |budget| budget.unfolds(node.weight()))?;
        self.kustomizations += 1;
        for name in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
            for patch in node.get(name).and_then(Node::list).into_iter().flatten() {
                if let Some(path) = patch.text().or_else(|| patch.get("path").and_then(Node::text)) {
                    let folder = source.name.rsplit_once('/').map_or("", |(folder, _)| folder);
                    self.patches.insert(normal(&format!("{folder}/{path}")));
                }
            }
        }
        Ok(())
    }

    /// A patch looks like an object and is part of one: read as an object it would take the place of the whole.
    fn without_patches(&mut self) {
        if self.patches.is_empty() {
            return;
        }
        let is_patch: Vec<bool> = self.input.files.iter().map(|f| self.patches.contains(&normal(self.input.shown(&f.name)))).collect();
        for object in self.objects.extract_if(.., |o| is_patch[o.place.file as usize]) {
            self.notes.skip(Skip::Patch, self.input.shown(&self.input.files[object.place.file as usize].name).to_owned());
        }
    }
}

/// The documents of a file: YAML, or JSON with one value or several, with or without comments. JSON comes first: to YAML its
/// comments are words, and part of the name that follows.
fn tree(file: &str, text: &str) -> Result<Tree> {
    if !text.trim_start().starts_with(['{', '[', '/']) {
        return yaml::documents(file, &[(1, text)]);
    }
    let plain = text::plain_json(text);
    let is_json = text::is_json(&plain);
    match text::split(if is_json { &plain } else { text }) {
        Some(values) if is_json || values.len() > 1 => yaml::documents(file, &values),
        _ => yaml::documents(file, &[(1, text)]),
    }
}

/// Whose object it is; none where a kind of ours is of another group or version.
fn api(kind: Kind, version: Option<&str>) -> Option<Api> {
    let is_account = kind == Kind::Account;
    match version {
        None => Some(Api::Kubernetes),
        Some("v1") if is_account => Some(Api::Kubernetes),
        Some("authorization.openshift.io/v1") if !is_account => Some(Api::OpenShift),
        Some(version) if !is_account => match version.strip_prefix("rbac.authorization.k8s.io/") {
            Some("v1" | "v1beta1" | "v1alpha1") => Some(Api::Kubernetes),
            _ => None,
        },
        Some(_) => None,
    }
}

fn helm(why: &str) -> String {
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    format!("a Helm template that is not rendered{why}: run helm template and import what comes out")
}

/// A member that is a text; none where it is absent, null or empty.
fn member<'n>(node: Node<'n>, name: &str) -> std::result::Result<Option<&'n str>, Fault> {
    let Some(found) = node.get(name) else { return Ok(None) };
    let text = found.text().ok_or_else(|| Fault::expected(found, name, "text"))?;
    if text.len() > LONGEST {
        return Err(Fault::wrong(found, name, format!("a text longer than {LONGEST} bytes")));
    }
    Ok(Some(text).filter(|t| !t.is_empty()))
}

/// True where Helm would fill something in. GitHub's workflows write `${{`.
fn is_template(text: &str) -> bool {
    text.contains("}}") && text.match_indices("{{").any(|(at, _)| !text[..at].ends_with('$'))
}

/// A place as people look for it.
pub(super) fn at(file: &str, line: u32) -> String {
    format!("{file}, line {line}")
}

/// Where an object stands, in words.
pub(super) fn place(input: &Input, place: Place) -> String {
    at(input.files.get(place.file as usize).map_or("", |f| input.shown(&f.name)), place.line)
}
