//! From files to objects: which documents are manifests at all, and what the rest is. In a folder the rest is counted and
//! named, because real ones hold templates, values and patches beside manifests; a single file is refused instead. What costs
//! too much, and a list whose pages are not all there, is refused in either case.

use super::budget::Budget;
use super::notes::{Notes, Skip, Topic};
use super::objects::{Api, Kind, Object, Place};
use super::pages::Pages;
use super::wire::{Fault, Reader};
use crate::input::{Input, InputFile};
use crate::yaml::{self, Node, Tree};
use crate::{Error, Result, text};
use std::collections::HashSet;

/// Everything read, before objects are put together.
pub(super) struct Read {
    pub(super) objects: Vec<Object>,
    pub(super) budget: Budget,
    pub(super) notes: Notes,
}

struct Intake<'a> {
    input: &'a Input,
    objects: Vec<Object>,
    /// Objects of any kind, for the difference between an input of other things and no input.
    any: u64,
    /// Files that a kustomization names as patches.
    patches: HashSet<String>,
    pages: Pages,
    budget: Budget,
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

pub(super) fn read(input: &Input) -> Result<Read> {
    let (objects, patches) = (Vec::new(), HashSet::new());
    let (pages, budget, notes) = (Pages::default(), Budget::default(), Notes::default());
    let mut intake = Intake { input, objects, any: 0, patches, pages, budget, notes };
    for (number, file) in input.files.iter().enumerate() {
        intake.file(number as u32, file)?;
    }
    intake.without_patches();
    intake.pages.complete(&mut intake.notes)?;
    if intake.any == 0 && intake.notes.skips(Skip::Helm) == 0 {
        let first = intake.notes.first_skip().map(|s| format!(" ({s})")).unwrap_or_default();
        return Err(Error::new(&input.name, format!("no Kubernetes object with a kind in it{first}")));
    }
    let Intake { objects, budget, notes, .. } = intake;
    Ok(Read { objects, budget, notes })
}

impl<'a> Intake<'a> {
    fn is_folder(&self) -> bool {
        self.input.files.len() > 1
    }

    fn file(&mut self, number: u32, file: &'a InputFile) -> Result<()> {
        // A file that cannot be opened is no reason to believe that its objects are gone.
        let bytes = file.bytes()?;
        if bytes.iter().all(u8::is_ascii_whitespace) && self.is_folder() {
            self.notes.skip(Skip::Empty, file.name.clone());
            return Ok(());
        }
        let read = file.refuse_archive().and_then(|()| text::decoded(&file.name, bytes));
        let text = match read {
            Ok(text) => text,
            Err(e) => return self.unread(Skip::Unread, e),
        };
        let templated = text.contains("{{") && text.contains("}}");
        let tree = match tree(&file.name, &text) {
            Ok(tree) => tree,
            Err(e) if templated => return self.unread(Skip::Helm, Error { reason: helm(&e.reason), ..e }),
            Err(e) => return self.unread(Skip::Unread, e),
        };
        if self.is_folder() && tree.roots().all(Node::is_nothing) {
            self.notes.skip(Skip::Empty, file.name.clone());
        }
        let source = Source { number, name: &file.name, templated };
        tree.roots().try_for_each(|root| self.document(source, root))
    }

    /// In a folder a file or object that is none is named and passed by; alone it is refused.
    fn unread(&mut self, why: Skip, error: Error) -> Result<()> {
        if !self.is_folder() {
            return Err(error);
        }
        let said = if why == Skip::Unread { error.to_string() } else { place_of(&error) };
        self.notes.skip(why, said);
        Ok(())
    }

    fn document(&mut self, source: Source<'_>, root: Node<'_>) -> Result<()> {
        if root.is_nothing() {
            return Ok(());
        }
        let is_object = |node: Node<'_>| node.get("kind").is_some();
        let mut waiting: Vec<(Node<'_>, Inherited<'_>)> = vec![(root, Inherited::default())];
        if let Some(items) = root.list() {
            if root.list().is_some_and(|mut all| all.all(|n| n.get("op").is_some())) {
                self.notes.skip(Skip::JsonPatch, at(source.name, root.line()));
                return Ok(());
            }
            if !root.list().is_some_and(|mut all| all.any(is_object)) {
                self.notes.skip(Skip::NoKind, at(source.name, root.line()));
                return Ok(());
            }
            waiting = items.rev().map(|item| (item, Inherited::default())).collect();
        }
        // Lists may stand within lists, and an alias may name one many times: the budget ends what would not end soon.
        while let Some((node, inherited)) = waiting.pop() {
            self.budget.object().map_err(|reason| Error::at(source.name, format!("line {}", node.line()), reason))?;
            if let Some((items, of)) = self.node(source, node, inherited)? {
                waiting.extend(items.rev().map(|item| (item, of)));
            }
        }
        Ok(())
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
                self.fault(source, None, fault)?;
                return Ok(None);
            }
        };
        let Some(kind) = kind else {
            self.kindless(source, node);
            return Ok(None);
        };
        if kind.contains("{{") {
            self.fault(source, None, Fault::Template(node.line()))?;
            return Ok(None);
        }
        self.any += 1;
        let items = node.get("items");
        if kind == "List" || (kind.ends_with("List") && items.is_some()) {
            let of = kind.strip_suffix("List").filter(|of| !of.is_empty());
            self.pages.list(source.name, version.unwrap_or_default(), kind, node);
            let of = Inherited { kind: of, version: of.and(version) };
            return match items.map(|n| n.list().ok_or_else(|| Fault::expected(n, "items", "a list"))) {
                None => Ok(None),
                Some(Ok(items)) => Ok(Some((items, of))),
                Some(Err(fault)) => self.fault(source, Some(kind), fault).map(|()| None),
            };
        }
        self.object(source, kind, version, node)?;
        Ok(None)
    }

    fn object(&mut self, source: Source<'_>, kind: &str, version: Option<&str>, node: Node<'_>) -> Result<()> {
        let Some(of_ours) = Kind::of(kind) else {
            self.notes.count(kind);
            if kind == "Kustomization" || kind == "Component" {
                self.kustomization(source, node);
            }
            return Ok(());
        };
        let (group, number) = version.map_or(("", ""), |v| v.rsplit_once('/').unwrap_or(("", v)));
        let api = match (group, number, of_ours) {
            ("", "v1", Kind::Account) => Api::Kubernetes,
            ("rbac.authorization.k8s.io", "v1" | "v1beta1" | "v1alpha1", Kind::Role { .. } | Kind::Binding { .. }) => Api::Kubernetes,
            ("authorization.openshift.io", "v1", Kind::Role { .. } | Kind::Binding { .. }) => Api::OpenShift,
            ("", "", _) => Api::Kubernetes,
            _ => {
                let of = if group.is_empty() { number } else { group };
                self.notes.elsewhere(format!("{kind} of {of}"), at(source.name, node.line()));
                return Ok(());
            }
        };
        let mut reader = Reader { file: source.number, api, budget: &mut self.budget, beside: Vec::new() };
        let read = reader.object(of_ours, node);
        let mut beside = reader.beside;
        if version.is_none() {
            beside.push("no apiVersion, without which Kubernetes takes no object: read as one of Kubernetes' own".to_owned());
        }
        let object = match read {
            Ok(object) => object,
            Err(fault) => return self.fault(source, Some(kind), fault),
        };
        let what = format!("{}: {kind} {}", at(source.name, node.line()), object.name);
        for note in beside {
            self.notes.say(Topic::Beside, format!("{what}: {note}"));
        }
        for twice in node.repeats() {
            let note = format!("{what}: the member {:?} stands twice, in lines {} and {}: the last one counts", twice.key, twice.first, twice.last);
            self.notes.say(Topic::Repeats, note);
        }
        self.objects.push(object);
        Ok(())
    }

    fn fault(&mut self, source: Source<'_>, kind: Option<&str>, fault: Fault) -> Result<()> {
        let place = |line: u32, member: &str| {
            let member = [kind.unwrap_or_default(), member].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
            format!("line {line}, {member}")
        };
        match fault {
            Fault::Patch(line) => {
                self.notes.skip(Skip::Patch, at(source.name, line));
                Ok(())
            }
            Fault::Template(line) => self.unread(Skip::Helm, Error::at(source.name, format!("line {line}"), helm(""))),
            Fault::Wrong { line, member, reason } => self.unread(Skip::Unread, Error::at(source.name, place(line, &member), reason)),
            Fault::TooMuch { line, member, reason } => Err(Error::at(source.name, place(line, &member), reason)),
        }
    }

    /// A document that names no kind: a kustomization may leave it out.
    fn kindless(&mut self, source: Source<'_>, node: Node<'_>) {
        let base = source.name.rsplit(['/', '\\']).next().unwrap_or(source.name);
        if matches!(base, "kustomization.yaml" | "kustomization.yml") {
            self.notes.count("Kustomization");
            self.kustomization(source, node);
        } else {
            let why = if source.templated { Skip::Helm } else { Skip::NoKind };
            self.notes.skip(why, at(source.name, node.line()));
        }
    }

    /// Remembers the files that a kustomization lays over objects: they hold parts of objects.
    fn kustomization(&mut self, source: Source<'_>, node: Node<'_>) {
        for name in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
            for patch in node.get(name).and_then(Node::list).into_iter().flatten() {
                if let Some(path) = patch.text().or_else(|| patch.get("path").and_then(Node::text)) {
                    let folder = source.name.rsplit_once('/').map_or("", |(folder, _)| folder);
                    self.patches.insert(normal(&format!("{folder}/{path}")));
                }
            }
        }
    }

    /// A patch looks like an object and is part of one: read as an object it would take the place of the whole.
    fn without_patches(&mut self) {
        if self.patches.is_empty() {
            return;
        }
        let is_patch: Vec<bool> = self.input.files.iter().map(|f| self.patches.contains(&normal(&f.name))).collect();
        for object in self.objects.extract_if(.., |o| is_patch[o.place.file as usize]) {
            self.notes.skip(Skip::Patch, place(self.input, object.place));
        }
    }
}

/// The documents of a file: YAML, or JSON with one value or several, with or without comments.
fn tree(file: &str, text: &str) -> Result<Tree> {
    if let Some(values) = text::split(text).filter(|values| values.len() > 1) {
        return yaml::documents(file, &values);
    }
    yaml::documents(file, &[(1, text)]).or_else(|error| {
        if !text.trim_start().starts_with(['{', '[', '/']) {
            return Err(error);
        }
        let plain = text::plain_json(text);
        text::split(&plain).and_then(|values| yaml::documents(file, &values).ok()).ok_or(error)
    })
}

fn helm(why: &str) -> String {
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    format!("a Helm template that is not rendered{why}: run helm template and import what comes out")
}

/// A member that is a text; none where it is absent, null or empty.
fn member<'n>(node: Node<'n>, name: &str) -> std::result::Result<Option<&'n str>, Fault> {
    let Some(found) = node.get(name) else { return Ok(None) };
    let text = found.text().ok_or_else(|| Fault::expected(found, name, "text"))?;
    Ok(Some(text).filter(|t| !t.is_empty()))
}

/// A place as people look for it.
pub(super) fn at(file: &str, line: u32) -> String {
    format!("{file}, line {line}")
}

fn place_of(error: &Error) -> String {
    error.place.as_ref().map_or_else(|| error.file.clone(), |place| format!("{}, {place}", error.file))
}

/// A path without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Where an object stands, in words.
pub(super) fn place(input: &Input, place: Place) -> String {
    at(input.files.get(place.file as usize).map_or("", |f| f.name.as_str()), place.line)
}
