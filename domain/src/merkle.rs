//! The Merkle tree of RFC 6962 (kept in RFC 9162): leaf and node hashes, the right frontier for appends,
//! and inclusion and consistency proofs, also for the aligned subtrees of Merkle tree certificates.
//! It must not store anything.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// SHA-256(0x00 ‖ data).
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut h = Sha256::new();
    h.update([0u8]);
    h.update(data);
    h.finalize().into()
}

/// SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut h = Sha256::new();
    h.update([1u8]);
    h.update(left);
    h.update(right);
    h.finalize().into()
}

/// The root of the empty tree: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The right frontier: the roots of the perfect subtrees that make up a tree of `size` leaves, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash in O(log n).
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        let mut size = self.size;
        while size & 1 == 1 {
            // INVARIANT: a set bit of `size` stands for one node of the frontier.
            if let Some(left) = self.nodes.pop() {
                node = node_hash(&left, &node);
            }
            size >>= 1;
        }
        self.nodes.push(node);
        self.size += 1;
    }

    pub fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev();
        let Some(mut root) = nodes.next().copied() else { return empty_root() };
        for left in nodes {
            root = node_hash(left, &root);
        }
        root
    }

    /// Eight bytes of size, then the nodes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.size.to_be_bytes().to_vec();
        for node in &self.nodes {
            out.extend_from_slice(node);
        }
        out
    }

    /// Reads `to_bytes` back; `None` when the bytes cannot be a frontier.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_be_bytes(*size);
        if rest.len() != 32 * size.count_ones() as usize {
            return None;
        }
        let nodes = rest.chunks_exact(32).filter_map(|c| c.try_into().ok()).collect();
        Some(Self { size, nodes })
    }
}

/// The root over leaf hashes.
pub fn root(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(leaf);
    }
    frontier.root()
}

fn split(n: usize) -> usize {
    // the largest power of two smaller than n
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

fn subtree_root(leaves: &[Hash]) -> Hash {
    root(leaves.iter().copied())
}

/// The audit path of leaf `index` in the tree over `leaves`; `None` when out of range.
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    inclusion_proofs(leaves, &[index])?.pop()
}

/// The audit paths of several leaves, in one walk over the tree; `None` when one is out of range.
pub fn inclusion_proofs(leaves: &[Hash], wanted: &[usize]) -> Option<Vec<Vec<Hash>>> {
    if wanted.iter().any(|index| *index >= leaves.len()) {
        return None;
    }
    let mut paths = vec![Vec::new(); wanted.len()];
    if !wanted.is_empty() {
        walk(leaves, 0, wanted, &mut paths);
    }
    Some(paths)
}

/// The root of a part that begins at `from`; each wanted leaf in it is told what stands beside it on the way up.
fn walk(part: &[Hash], from: usize, wanted: &[usize], paths: &mut [Vec<Hash>]) -> Hash {
    if part.len() < 2 || !wanted.iter().any(|index| (from..from + part.len()).contains(index)) {
        return subtree_root(part);
    }
    let middle = split(part.len());
    let (left, right) = part.split_at(middle);
    let (left, right) = (walk(left, from, wanted, paths), walk(right, from + middle, wanted, paths));
    for (index, path) in wanted.iter().zip(paths) {
        if (from..from + middle).contains(index) {
            path.push(right);
        } else if (from + middle..from + part.len()).contains(index) {
            path.push(left);
        }
    }
    node_hash(&left, &right)
}

/// The proof that the tree over the first `old` leaves is a prefix of the tree over all of `leaves`.
pub fn consistency_proof(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    if old == 0 || old > leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    let (mut part, mut m, mut complete) = (leaves, old, true);
    while m != part.len() {
        let k = split(part.len());
        let (left, right) = part.split_at(k);
        if m <= k {
            proof.push(subtree_root(right));
            part = left;
        } else {
            proof.push(subtree_root(left));
            part = right;
            m -= k;
            complete = false;
        }
    }
    if !complete {
        proof.push(subtree_root(part));
    }
    proof.reverse();
    Some(proof)
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    #[error("the index or size is out of range")]
    Range,
    #[error("the proof is too short or too long")]
    Length,
    #[error("the proof leads to another root")]
    Root,
}

/// Checks that `leaf` stands at `index` of the tree of `size` leaves with this root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), BadProof> {
    if index >= size {
        return Err(BadProof::Range);
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(BadProof::Length);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(BadProof::Root),
        _ => Err(BadProof::Length),
    }
}

/// Checks that the tree of `new` leaves extends the tree of `old` leaves.
pub fn verify_consistency(old: u64, new: u64, proof: &[Hash], old_root: &Hash, new_root: &Hash) -> Result<(), BadProof> {
    if old == 0 || old > new {
        return Err(BadProof::Range);
    }
    verify_subtree_consistency(0, old, new, proof, old_root, new_root)
}

/// An aligned subtree `[start, end)`: `start` is a multiple of the power of two that covers its length.
pub fn is_subtree(start: u64, end: u64) -> bool {
    start < end && (end - start).checked_next_power_of_two().is_some_and(|span| start.is_multiple_of(span))
}

/// `verify_inclusion` within the aligned subtree `[start, end)`.
pub fn verify_subtree_inclusion(leaf: &Hash, index: u64, (start, end): (u64, u64), proof: &[Hash], root: &Hash) -> Result<(), BadProof> {
    if !is_subtree(start, end) || index < start || index >= end {
        return Err(BadProof::Range);
    }
    verify_inclusion(leaf, index - start, end - start, proof, root)
}

/// Checks that the aligned subtree `[start, end)` with root `part` stands in the tree of `size` leaves.
pub fn verify_subtree_consistency(start: u64, end: u64, size: u64, proof: &[Hash], part: &Hash, root: &Hash) -> Result<(), BadProof> {
    if start == end && end <= size {
        // The empty subtree stands in every tree, and needs no proof.
        return match (proof.is_empty(), *part == empty_root()) {
            (true, true) => Ok(()),
            (true, false) => Err(BadProof::Root),
            (false, _) => Err(BadProof::Length),
        };
    }
    if !is_subtree(start, end) || end > size {
        return Err(BadProof::Range);
    }
    let (mut first, mut last, mut top) = (start, end - 1, size - 1);
    let whole = last == top;
    while first != last && (whole || last & 1 == 1) {
        first >>= 1;
        last >>= 1;
        top >>= 1;
    }
    let (mut low, mut high, rest) = if first == last {
        (*part, *part, proof)
    } else {
        let (head, rest) = proof.split_first().ok_or(BadProof::Length)?;
        (*head, *head, rest)
    };
    for sibling in rest {
        if top == 0 {
            return Err(BadProof::Length);
        }
        if last & 1 == 1 || last == top {
            if first < last {
                low = node_hash(sibling, &low);
            }
            high = node_hash(sibling, &high);
            while last & 1 == 0 && last != 0 {
                first >>= 1;
                last >>= 1;
                top >>= 1;
            }
        } else {
            high = node_hash(&high, sibling);
        }
        first >>= 1;
        last >>= 1;
        top >>= 1;
    }
    match (top, low == *part && high == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(BadProof::Root),
        _ => Err(BadProof::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    proptest! {
        #[test]
        fn every_leaf_is_proven_and_no_other(n in 1usize..80, pick: u64) {
            let all = leaves(n);
            let index = (pick as usize) % n;
            let top = root(all.iter().copied());
            let proof = inclusion_proof(&all, index).expect("in range");
            prop_assert!(verify_inclusion(&all[index], index as u64, n as u64, &proof, &top).is_ok());
            let other = (index + 1) % n;
            if other != index {
                prop_assert!(verify_inclusion(&all[other], index as u64, n as u64, &proof, &top).is_err());
            }
        }

        #[test]
        fn every_prefix_is_proven(n in 1usize..80, pick: u64) {
            let all = leaves(n);
            let old = (pick as usize) % n + 1;
            let proof = consistency_proof(&all, old).expect("in range");
            let (a, b) = (root(all[..old].iter().copied()), root(all.iter().copied()));
            prop_assert!(verify_consistency(old as u64, n as u64, &proof, &a, &b).is_ok());
            if old != n {
                prop_assert!(verify_consistency(old as u64, n as u64, &proof, &b, &a).is_err());
            }
        }

        #[test]
        fn the_frontier_survives_its_bytes(n in 0usize..200) {
            let mut frontier = Frontier::default();
            for leaf in leaves(n) { frontier.push(leaf); }
            prop_assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Some(frontier));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Frontier::from_bytes(&bytes);
        }
    }
}
