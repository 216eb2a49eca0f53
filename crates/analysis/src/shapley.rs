//! Exact Shapley values of a few players (Shapley 1953).

/// Most players; every subset of them was evaluated, so more would not be exact but endless.
const MAX_PLAYERS: u32 = 20;

/// What each player contributes to the value of all together: its marginal contribution, averaged over
/// every order in which the players can arrive. `values[s]` is the worth of the subset whose members are
/// the bits of `s`: `values[0]` of nobody, the last of all. The contributions sum to the difference of
/// the two (efficiency), a player that changes nothing gets zero (dummy), players that change the same
/// get the same (symmetry).
///
/// `None` unless the length is 2ⁿ for n of 1 to 20.
pub fn shapley(values: &[f64]) -> Option<Vec<f64>> {
    let players = values.len().checked_ilog2().filter(|n| (1..=MAX_PLAYERS).contains(n))?;
    if !values.len().is_power_of_two() {
        return None;
    }
    let shares = shares_of_orders(players);
    let mut contributions = vec![0.0; players as usize];
    for (subset, value) in values.iter().enumerate() {
        for (player, contribution) in contributions.iter_mut().enumerate() {
            let bit = 1 << player;
            if subset & bit == 0
                && let (Some(joined), Some(share)) =
                    (values.get(subset | bit), shares.get(subset.count_ones() as usize))
            {
                *contribution += share * (joined - value);
            }
        }
    }
    Some(contributions)
}

/// By size of a subset: the share of all orders in which exactly its members come before a given player,
/// s! (n − s − 1)! / n!.
fn shares_of_orders(players: u32) -> Vec<f64> {
    let n = f64::from(players);
    let mut share = 1.0 / n;
    (0..players)
        .map(|size| {
            let this = share;
            let s = f64::from(size);
            share *= (s + 1.0) / (n - s - 1.0);
            this
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * (1.0 + a.abs() + b.abs())
    }

    #[test]
    fn the_glove_game_has_its_known_solution() {
        // One left glove (player 0), two right ones; only pairs are worth something.
        let worth = |s: usize| f64::from(u8::from(s & 1 == 1 && s & 6 != 0));
        let values: Vec<f64> = (0..8).map(worth).collect();
        let got = shapley(&values).unwrap();
        for (g, w) in got.iter().zip([2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0]) {
            assert!(close(*g, w), "{got:?}");
        }
    }

    #[test]
    fn one_player_takes_all() {
        assert_eq!(shapley(&[2.0, 5.0]), Some(vec![3.0]));
    }

    #[test]
    fn other_lengths_have_no_answer() {
        for length in [0, 1, 3, 6, 255, 257] {
            assert_eq!(shapley(&vec![1.0; length]), None, "{length}");
        }
    }

    /// The definition, order by order.
    fn by_orders(values: &[f64], players: usize) -> Vec<f64> {
        fn walk(values: &[f64], players: usize, seen: usize, sums: &mut [f64]) -> f64 {
            let left = (0..players).filter(|p| seen & (1 << p) == 0);
            let mut orders = 0.0;
            for p in left {
                let below = walk(values, players, seen | (1 << p), sums);
                sums[p] += below * (values[seen | (1 << p)] - values[seen]);
                orders += below;
            }
            if orders == 0.0 { 1.0 } else { orders }
        }
        let mut sums = vec![0.0; players];
        // Each subset is reached once for every order of its members.
        let mut all = vec![0.0; players];
        let orders = walk(values, players, 0, &mut sums);
        for (a, s) in all.iter_mut().zip(&sums) {
            *a = s / orders;
        }
        all
    }

    proptest! {
        #[test]
        fn contributions_sum_to_the_whole(values in proptest::collection::vec(-50.0f64..50.0, 256)) {
            let sum: f64 = shapley(&values).unwrap().iter().sum();
            prop_assert!(close(sum, values[255] - values[0]));
        }

        #[test]
        fn they_are_the_mean_over_all_orders(values in proptest::collection::vec(-5.0f64..5.0, 16)) {
            let got = shapley(&values).unwrap();
            for (g, w) in got.iter().zip(by_orders(&values, 4)) {
                prop_assert!(close(*g, w));
            }
        }

        #[test]
        fn who_changes_nothing_gets_nothing(half in proptest::collection::vec(-5.0f64..5.0, 16), player in 0usize..5) {
            // A game of four players, into which a fifth that is ignored is put at any place.
            let low = (1usize << player) - 1;
            let values: Vec<f64> = (0..32).map(|s: usize| half[(s & low) | ((s >> (player + 1)) << player)]).collect();
            prop_assert_eq!(shapley(&values).unwrap()[player], 0.0);
        }
    }
}
