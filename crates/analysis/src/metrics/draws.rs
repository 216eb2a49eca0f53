//! Redraws of groups with replacement: the bootstrap, the same on every machine.

/// Draws that an interval is read from.
pub const DRAWS: usize = 1000;

/// Which groups a redraw holds, and how often; splitmix64 (Steele, Lea and Flood, OOPSLA 2014) from a fixed seed.
#[derive(Clone, Debug)]
pub struct Draws {
    state: u64,
    groups: usize,
}

impl Draws {
    /// Redraws of so many groups. The same number of groups gives the same draws.
    pub const fn new(groups: usize) -> Self {
        Self { state: 0x00fa_cef1_c710_0001, groups }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// How often each group is in the next redraw; as many groups are drawn as there are.
    pub fn draw(&mut self) -> Vec<u32> {
        let mut times = vec![0; self.groups];
        for _ in 0..self.groups {
            let at = (u128::from(self.next()) * self.groups as u128) >> 64;
            if let Some(times) = times.get_mut(at as usize) {
                *times += 1;
            }
        }
        times
    }
}

/// The value below which this share of `sorted` lies, linear between neighbours (NumPy's default). `None` when
/// empty.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(low + (high - low) * (place - place.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_draw_holds_as_many_groups_as_there_are() {
        let mut draws = Draws::new(40);
        let (first, second) = (draws.draw(), draws.draw());
        assert_eq!([first.iter().sum::<u32>(), second.iter().sum::<u32>()], [40, 40]);
        assert_ne!(first, second);
        assert_eq!(Draws::new(40).draw(), first, "the same on every run");
        assert!(Draws::new(0).draw().is_empty());
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[7.0], 0.025), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
