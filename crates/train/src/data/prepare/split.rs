//! Which side of the split a file belongs to: decided by person and scene, never by frame.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use super::layout::{Found, Layout};

/// Where a file goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// The smallest unit that must not be split, by the name of one of its groups.
    pub cluster: String,
    /// `train`, `val`, or what the data set says.
    pub split: String,
    /// Why it is left out, when it is.
    pub left_out: Option<&'static str>,
}

/// A swap between a person who is trained on and one who is held out.
pub(crate) const ACROSS: &str = "shows one person who is trained on and one who is held out";
/// A copy of a held-out picture.
pub(crate) const NEAR_HELD_OUT: &str = "nearly the same as a held-out one";
/// A copy of another picture.
pub(crate) const COPY: &str = "a copy of another one";

/// Sides for all files. `scenes` are pairs of files that show nearly the same picture.
pub(crate) fn sides(found: &[Found], layout: Layout, scenes: &[(usize, usize)], held_out: f32, seed: u64) -> Vec<Side> {
    let key = |source: &str, group: &str| format!("{source}\u{1f}{group}");
    let mut clusters = Clusters::default();
    for file in found {
        clusters.add(&key(&file.source, &file.group));
        // In Celeb-DF swaps join nearly everybody: persons are split instead, and swaps across are left out.
        if let (Some(other), true) = (&file.other_group, layout != Layout::CelebDf) {
            clusters.join(&key(&file.source, &file.group), &key(&file.source, other));
        }
    }
    for (a, b) in scenes {
        if let (Some(a), Some(b)) = (found.get(*a), found.get(*b)) {
            clusters.join(&key(&a.source, &a.group), &key(&b.source, &b.group));
        }
    }
    // What a data set says of one file of a cluster holds for all of them that it says nothing about.
    let mut stated: BTreeMap<String, String> = BTreeMap::new();
    for file in found {
        if let Some(split) = &file.split {
            stated.entry(clusters.root(&key(&file.source, &file.group))).or_insert_with(|| split.clone());
        }
    }
    let drawn = |cluster: &str| if fraction(seed, cluster) < f64::from(held_out) { "val" } else { "train" };
    let mut side_of = |file: &Found| {
        let cluster = clusters.root(&key(&file.source, &file.group));
        let split_of = |cluster: &str| stated.get(cluster).cloned().unwrap_or_else(|| drawn(cluster).to_owned());
        let split = file.split.clone().unwrap_or_else(|| split_of(&cluster));
        let other = file.other_group.as_ref().map(|other| clusters.root(&key(&file.source, other)));
        let across = other.is_some_and(|other| split_of(&other) != split);
        let left_out = across.then_some(ACROSS);
        let name = cluster.split('\u{1f}').next_back().unwrap_or_default().to_owned();
        Side { cluster: name, split, left_out }
    };
    let mut sides: Vec<Side> = found.iter().map(&mut side_of).collect();
    for &(a, b) in scenes {
        let splits = |i: usize| sides.get(i).map(|s| s.split.clone()).unwrap_or_default();
        if splits(a) != splits(b) {
            let trained = if splits(a) == "train" { a } else { b };
            if let Some(side) = sides.get_mut(trained) {
                side.left_out.get_or_insert(NEAR_HELD_OUT);
            }
        }
    }
    sides
}

/// A number in [0, 1) that depends on the name alone, so that new files move no old ones.
fn fraction(seed: u64, name: &str) -> f64 {
    let digest = Sha256::digest(format!("{seed} {name}"));
    let bits = digest.iter().take(6).fold(0u64, |bits, b| bits << 8 | u64::from(*b));
    bits as f64 / (1u64 << 48) as f64
}

/// Names that belong together.
#[derive(Debug, Default)]
struct Clusters {
    parent: HashMap<String, String>,
}

impl Clusters {
    fn add(&mut self, name: &str) {
        self.parent.entry(name.to_owned()).or_insert_with(|| name.to_owned());
    }

    fn root(&mut self, name: &str) -> String {
        self.add(name);
        let mut at = name.to_owned();
        while let Some(up) = self.parent.get(&at).filter(|up| **up != at) {
            at = up.clone();
        }
        self.parent.insert(name.to_owned(), at.clone());
        at
    }

    /// The smaller name becomes the name of both.
    fn join(&mut self, a: &str, b: &str) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        self.parent.insert(high, low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(group: &str, other: Option<&str>, split: Option<&str>) -> Found {
        Found {
            source: "s".into(),
            group: group.into(),
            other_group: other.map(Into::into),
            split: split.map(Into::into),
            ..Found::default()
        }
    }

    #[test]
    fn both_people_of_a_swap_are_on_one_side() {
        let found: Vec<Found> = (0..60)
            .flat_map(|i| [file(&format!("{i}"), None, None), file(&format!("{i}"), Some(&format!("{}", i ^ 1)), None)])
            .collect();
        let sides = sides(&found, Layout::FaceForensics, &[], 0.3, 0);
        for pair in sides.chunks(4) {
            assert!(
                pair.iter().all(|s| s.split == pair[0].split && s.cluster == pair[0].cluster && s.left_out.is_none())
            );
        }
        let held_out = sides.iter().filter(|s| s.split == "val").count();
        assert!((12..60).contains(&held_out), "{held_out} of 120");
    }

    #[test]
    fn swaps_across_the_split_are_left_out_where_everybody_is_swapped_with_everybody() {
        let found: Vec<Found> = (0..20)
            .flat_map(|i| {
                (0..20).map(move |j| file(&format!("id{i}"), (i != j).then(|| format!("id{j}")).as_deref(), None))
            })
            .collect();
        let sides = sides(&found, Layout::CelebDf, &[], 0.3, 1);
        let split_of = |id: &str| sides.iter().zip(&found).find(|(_, f)| f.group == id).unwrap().0.split.clone();
        for (side, file) in sides.iter().zip(&found) {
            let across = file.other_group.as_ref().is_some_and(|other| split_of(other) != side.split);
            assert_eq!(side.left_out == Some(ACROSS), across);
        }
    }

    #[test]
    fn one_scene_is_on_one_side_and_never_beside_what_is_held_out() {
        let found: Vec<Found> = (0..40).map(|i| file(&format!("{i}"), None, None)).collect();
        let scenes: Vec<(usize, usize)> = (0..20).map(|i| (2 * i, 2 * i + 1)).collect();
        let drawn = sides(&found, Layout::Plain, &scenes, 0.5, 0);
        assert!(drawn.chunks(2).all(|pair| pair[0].split == pair[1].split && pair[0].cluster == pair[1].cluster));
        let stated = [file("a", None, Some("train")), file("b", None, Some("val")), file("a", None, None)];
        let drawn = sides(&stated, Layout::Csv, &[(0, 1)], 0.5, 0);
        assert_eq!(drawn.iter().map(|s| s.left_out).collect::<Vec<_>>(), [Some(NEAR_HELD_OUT), None, None]);
    }
}
