//! A place in a tree, and what can be asked of it. `null` is nothing, wherever it stands.

use super::{Kind, NODE, Repeat, Tree};

#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    tree: &'a Tree,
    at: u32,
}

impl<'a> Node<'a> {
    pub(super) fn new(tree: &'a Tree, at: u32) -> Self {
        Self { tree, at }
    }

    fn kind(self) -> Kind {
        self.tree.entries[self.at as usize].kind
    }

    pub(crate) fn line(self) -> u32 {
        self.tree.entries[self.at as usize].line
    }

    pub(crate) fn is_nothing(self) -> bool {
        self.kind() == Kind::Nothing
    }

    /// What it weighs with everything in it, aliases written out: a node 32, and its text.
    pub(crate) fn weight(self) -> u64 {
        u64::from(self.tree.entries[self.at as usize].weight)
    }

    /// The same of the node alone, and of the table of its members, which is looked through for each that is asked for.
    pub(crate) fn own_weight(self) -> u64 {
        let members = if self.kind() == Kind::Map { self.tree.children(self.at).len() } else { 0 };
        u64::from(NODE) * (1 + members as u64)
    }

    /// Whether it is a word that stands without quotation marks and without a tag.
    pub(crate) fn is_plain(self) -> bool {
        self.kind() == Kind::Plain
    }

    /// What it is, for a sentence about what was expected.
    pub(crate) fn what(self) -> &'static str {
        match self.kind() {
            Kind::Nothing => "nothing",
            Kind::Plain | Kind::Quoted => "text",
            Kind::List => "a list",
            Kind::Map => "an object",
        }
    }

    pub(crate) fn text(self) -> Option<&'a str> {
        self.tree.text(self.at)
    }

    pub(crate) fn list(self) -> Option<impl ExactSizeIterator<Item = Node<'a>> + DoubleEndedIterator + use<'a>> {
        let tree = self.tree;
        (self.kind() == Kind::List).then(|| tree.children(self.at).iter().map(move |at| Node::new(tree, *at)))
    }

    /// The members of an object whose names are texts.
    pub(crate) fn members(self) -> Option<impl Iterator<Item = (&'a str, Node<'a>)> + use<'a>> {
        let tree = self.tree;
        let pairs = (self.kind() == Kind::Map).then(|| tree.children(self.at).chunks_exact(2))?;
        Some(pairs.filter_map(move |pair| tree.text(pair[0]).map(|name| (name, Node::new(tree, pair[1])))))
    }

    /// A member of an object; none where it is absent or null, or where this is no object.
    pub(crate) fn get(self, name: &str) -> Option<Node<'a>> {
        self.members()?.find(|(own, _)| *own == name).map(|(_, node)| node).filter(|node| !node.is_nothing())
    }

    /// The keys that stand twice in one of the objects within.
    pub(crate) fn repeats(self) -> impl Iterator<Item = &'a Repeat> {
        let until = self.tree.entries[self.at as usize].until;
        self.tree.repeats.range(self.at..until).map(|(_, repeat)| repeat)
    }
}
