//! The cheapest one-to-one matching.

/// For each row the column it is matched with, so that the summed cost is least; rows may stay alone
/// at `alone` each, and pairs that cost more than that (or are not finite) are never matched.
/// `costs` holds one row per row, all of the same length. Hungarian algorithm, O(n³).
pub(crate) fn assign(costs: &[Vec<f64>], alone: f64) -> Vec<Option<usize>> {
    let rows = costs.len();
    let real = costs.first().map_or(0, Vec::len);
    // A private column for each row makes staying alone an ordinary choice.
    let columns = real + rows;
    let forbidden = 1e6 * (1.0 + alone.abs());
    let cost = |row: usize, column: usize| {
        if column >= real {
            return if column - real == row { alone } else { forbidden };
        }
        let c = costs.get(row).and_then(|r| r.get(column)).copied().unwrap_or(f64::INFINITY);
        if c <= alone { c } else { forbidden }
    };
    Hungarian::new(rows, columns).solve(cost).into_iter().map(|c| c.filter(|&c| c < real)).collect()
}

/// Potentials and matching of the successive-shortest-path form (Jonker and Volgenant 1987), indices
/// shifted by one so that 0 means none.
struct Hungarian {
    rows: usize,
    columns: usize,
    row_potential: Vec<f64>,
    column_potential: Vec<f64>,
    row_of: Vec<usize>,
    way: Vec<usize>,
}

#[expect(clippy::indexing_slicing, reason = "every index is a row or column number below the lengths set in new")]
impl Hungarian {
    fn new(rows: usize, columns: usize) -> Self {
        Self {
            rows,
            columns,
            row_potential: vec![0.0; rows + 1],
            column_potential: vec![0.0; columns + 1],
            row_of: vec![0; columns + 1],
            way: vec![0; columns + 1],
        }
    }

    fn solve(mut self, cost: impl Fn(usize, usize) -> f64) -> Vec<Option<usize>> {
        for row in 1..=self.rows {
            let mut column = self.shortest_path(row, &cost);
            while column != 0 {
                let before = self.way[column];
                self.row_of[column] = self.row_of[before];
                column = before;
            }
        }
        let mut matched = vec![None; self.rows];
        for column in 1..=self.columns {
            if self.row_of[column] != 0 {
                matched[self.row_of[column] - 1] = Some(column - 1);
            }
        }
        matched
    }

    /// Grows the alternating tree from `row` to a free column, which it returns.
    fn shortest_path(&mut self, row: usize, cost: &impl Fn(usize, usize) -> f64) -> usize {
        let mut least = vec![f64::INFINITY; self.columns + 1];
        let mut used = vec![false; self.columns + 1];
        self.row_of[0] = row;
        let mut at = 0;
        while self.row_of[at] != 0 {
            used[at] = true;
            let from = self.row_of[at];
            let (mut delta, mut next) = (f64::INFINITY, 0);
            for column in 1..=self.columns {
                if used[column] {
                    continue;
                }
                let reduced = cost(from - 1, column - 1) - self.row_potential[from] - self.column_potential[column];
                if reduced < least[column] {
                    least[column] = reduced;
                    self.way[column] = at;
                }
                if least[column] < delta {
                    delta = least[column];
                    next = column;
                }
            }
            for column in 0..=self.columns {
                if used[column] {
                    self.row_potential[self.row_of[column]] += delta;
                    self.column_potential[column] -= delta;
                } else {
                    least[column] -= delta;
                }
            }
            at = next;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn total(costs: &[Vec<f64>], alone: f64, matched: &[Option<usize>]) -> f64 {
        matched.iter().enumerate().map(|(r, c)| c.map_or(alone, |c| costs[r][c])).sum()
    }

    /// Tries everything.
    fn best(costs: &[Vec<f64>], alone: f64, row: usize, used: &mut Vec<usize>) -> f64 {
        let Some(line) = costs.get(row) else { return 0.0 };
        let mut least = alone + best(costs, alone, row + 1, used);
        for (column, &c) in line.iter().enumerate() {
            if c <= alone && !used.contains(&column) {
                used.push(column);
                least = least.min(c + best(costs, alone, row + 1, used));
                used.pop();
            }
        }
        least
    }

    #[test]
    fn the_sum_counts_not_the_first_come() {
        let costs = [vec![0.1, 0.2], vec![0.2, 0.9]];
        assert_eq!(assign(&costs, 1.0), [Some(1), Some(0)]);
        assert_eq!(assign(&costs, 0.15), [Some(0), None]);
        assert_eq!(assign(&[], 1.0), []);
        assert_eq!(assign(&[vec![], vec![]], 1.0), [None, None]);
        assert_eq!(assign(&[vec![f64::NAN]], 1.0), [None]);
    }

    proptest! {
        #[test]
        fn it_is_the_cheapest(flat in prop::collection::vec(0.0f64..2.0, 25), rows in 0usize..=5, columns in 0usize..6) {
            let costs: Vec<Vec<f64>> = (0..rows).map(|r| flat[r * 5..r * 5 + columns.min(5)].to_vec()).collect();
            let matched = assign(&costs, 1.0);
            let mut columns: Vec<_> = matched.iter().flatten().collect();
            columns.sort_unstable();
            columns.dedup();
            prop_assert_eq!(columns.len(), matched.iter().flatten().count());
            prop_assert!((total(&costs, 1.0, &matched) - best(&costs, 1.0, 0, &mut Vec::new())).abs() < 1e-9);
        }
    }
}
