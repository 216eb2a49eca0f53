//! Who is drawn.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::recipe::Balance;

/// Things drawn by weight.
#[derive(Clone, Debug)]
pub(crate) struct Weighted<T> {
    things: Vec<T>,
    /// Sum of the weights up to each of them.
    upto: Vec<f64>,
}

impl<T> Weighted<T> {
    /// Things and their weights, which are above 0.
    pub fn new(things: impl IntoIterator<Item = (T, f32)>) -> Self {
        let mut sum = 0.0;
        let (things, upto) = things
            .into_iter()
            .map(|(thing, weight)| {
                sum += f64::from(weight);
                (thing, sum)
            })
            .unzip();
        Self { things, upto }
    }

    /// The thing at this part, in [0, 1), of all weight; `None` where there are none.
    pub fn at(&self, part: f64) -> Option<&T> {
        let place = part * self.upto.last().copied()?;
        let i = self.upto.partition_point(|&upto| upto <= place);
        self.things.get(i.min(self.things.len() - 1))
    }

    /// One of them.
    pub fn draw(&self, dice: &mut Dice) -> Option<&T> {
        self.at(f64::from(dice.unit()))
    }

    /// All of them.
    pub fn things(&self) -> &[T] {
        &self.things
    }
}

/// Faces in groups: a group is drawn by a weight that depends on its size, then one face of it.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Weighted<Vec<u32>>);

impl Pool {
    /// Faces by the name of their group.
    pub fn new(groups: BTreeMap<String, Vec<u32>>, balance: Balance) -> Self {
        let weight = |n: usize| match balance {
            Balance::Sqrt => (n as f32).sqrt(),
            Balance::Equal => 1.0,
            Balance::Size => n as f32,
        };
        Self(Weighted::new(groups.into_values().filter(|g| !g.is_empty()).map(|g| {
            let weight = weight(g.len());
            (g, weight)
        })))
    }

    /// One face; `None` when there are none.
    pub fn draw(&self, dice: &mut Dice) -> Option<u32> {
        let group = self.0.draw(dice)?;
        group.get(dice.below(group.len())).copied()
    }

    /// How many faces there are.
    pub fn len(&self) -> usize {
        self.0.things().iter().map(Vec::len).sum()
    }
}

/// Divides `total` by shares: to each what its share comes to, rounded down to whole units of its own, and what is
/// left to those that lost most by rounding. `None` when something is left that nobody's unit fits.
pub(crate) fn divide(total: usize, shares: &[(f32, usize)]) -> Option<Vec<usize>> {
    let sum: f64 = shares.iter().map(|(share, _)| f64::from(*share)).sum();
    let ideal: Vec<f64> = shares.iter().map(|(share, _)| f64::from(*share) / sum * total as f64).collect();
    // A hair is added, so that 0.25 of 48 is 12 whatever the sum of the shares rounds to.
    let down = |(ideal, (_, unit)): (&f64, &(f32, usize))| ((ideal + 1e-6) / *unit as f64).floor() as usize * unit;
    let mut parts: Vec<usize> = ideal.iter().zip(shares).map(down).collect();
    let mut left = total.checked_sub(parts.iter().sum())?;
    let mut order: Vec<usize> = (0..shares.len()).collect();
    let lost = |i: &usize| ideal.get(*i).unwrap_or(&0.0) - parts.get(*i).map_or(0.0, |p| *p as f64);
    let losses: Vec<f64> = order.iter().map(lost).collect();
    order.sort_by(|a, b| losses.get(*b).partial_cmp(&losses.get(*a)).unwrap_or(std::cmp::Ordering::Equal));
    while left > 0 {
        let fits = order.iter().position(|&i| shares.get(i).is_some_and(|(_, unit)| *unit <= left))?;
        let i = order.remove(fits);
        let unit = shares.get(i).map_or(1, |(_, unit)| *unit);
        *parts.get_mut(i)? += unit;
        left -= unit;
        if order.is_empty() {
            order = (0..shares.len()).collect();
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::dice::Purpose;

    #[test]
    fn groups_are_drawn_as_their_balance_says() {
        let groups = || {
            BTreeMap::from([("few".to_owned(), (0..4).collect()), ("many".to_owned(), (4..104).collect::<Vec<u32>>())])
        };
        let mut dice = Dice::new(1, 0, 0, Purpose::Choice);
        let mut few = |balance| {
            let pool = Pool::new(groups(), balance);
            assert_eq!(pool.len(), 104);
            (0..6000).filter(|_| pool.draw(&mut dice).unwrap() < 4).count() as f32 / 6000.0
        };
        assert!((few(Balance::Sqrt) - 2.0 / 12.0).abs() < 0.02);
        assert!((few(Balance::Equal) - 0.5).abs() < 0.02);
        assert!((few(Balance::Size) - 4.0 / 104.0).abs() < 0.01);
        assert_eq!(Pool::new(BTreeMap::new(), Balance::Sqrt).draw(&mut dice), None);
    }

    #[test]
    fn a_batch_is_divided_as_the_shares_say() {
        assert_eq!(divide(48, &[(0.5, 2), (0.25, 2), (0.25, 2)]), Some(vec![24, 12, 12]));
        assert_eq!(divide(48, &[(1.0, 2), (1.0, 2), (1.0, 2)]), Some(vec![16, 16, 16]));
        assert_eq!(divide(16, &[(1.0, 2), (1.0, 2), (1.0, 2)]), Some(vec![6, 6, 4]));
        assert_eq!(divide(7, &[(1.0, 2), (1.0, 1)]), Some(vec![4, 3]));
        assert_eq!(divide(7, &[(1.0, 2)]), None, "a couple needs two places");
    }

    #[test]
    fn the_whole_of_the_weight_is_shared_out() {
        let weighted = Weighted::new([("a", 1.0), ("b", 3.0)]);
        assert_eq!([0.0, 0.24, 0.26, 0.999].map(|part| *weighted.at(part).unwrap()), ["a", "a", "b", "b"]);
    }
}
