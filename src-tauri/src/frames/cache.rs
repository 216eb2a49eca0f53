//! The JPEGs that were asked for last, up to a number of bytes.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Address, Jpeg};

/// Forgets what was not asked for the longest.
#[derive(Debug)]
pub(super) struct Cache {
    most_bytes: usize,
    bytes: usize,
    clock: u64,
    kept: HashMap<Address, (u64, Jpeg)>,
}

impl Cache {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, bytes: 0, clock: 0, kept: HashMap::new() }
    }

    pub(super) fn get(&mut self, address: &Address) -> Option<Jpeg> {
        self.clock += 1;
        let (used, jpeg) = self.kept.get_mut(address)?;
        *used = self.clock;
        Some(Arc::clone(jpeg))
    }

    pub(super) fn keep(&mut self, address: Address, jpeg: Jpeg) {
        self.clock += 1;
        self.bytes += jpeg.len();
        if let Some((_, old)) = self.kept.insert(address, (self.clock, jpeg)) {
            self.bytes -= old.len();
        }
        while self.bytes > self.most_bytes {
            let oldest = self.kept.iter().min_by_key(|(_, (used, _))| *used).map(|(address, _)| address.clone());
            let Some((_, old)) = oldest.and_then(|address| self.kept.remove(&address)) else { return };
            self.bytes -= old.len();
        }
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Owner, Picture};
    use super::*;

    #[test]
    fn the_least_used_goes_first_and_bytes_stay_bounded() {
        let at = |id| Address { owner: Owner::Analysis(id), picture: Picture::Poster };
        let mut cache = Cache::new(100);
        for id in 0..3 {
            cache.keep(at(id), Arc::new(vec![0; 40]));
            cache.get(&at(0));
        }
        assert!(cache.get(&at(0)).is_some() && cache.get(&at(1)).is_none() && cache.get(&at(2)).is_some());
        cache.keep(at(2), Arc::new(vec![0; 10]));
        assert_eq!(cache.bytes, 50);
        cache.keep(at(9), Arc::new(vec![0; 101]));
        assert_eq!((cache.bytes, cache.kept.len()), (0, 0));
    }
}
