//! The cheapest set of cells that meets every cut: branch and bound with a dual bound, in a given number of steps.

use std::collections::{BTreeMap, BTreeSet};

/// Cells that meet every cut, and whether nothing cheaper does. Uses up `steps`.
pub(super) fn cheapest(
    cuts: &BTreeSet<BTreeSet<usize>>,
    cost: &[i64],
    steps: &mut usize,
) -> (BTreeSet<usize>, bool) {
    let mut chosen = BTreeSet::new();
    let mut proven = true;
    for group in groups(minimal(cuts)) {
        // The cells of a group get numbers of their own, so that lists instead of maps can hold what is known of them.
        let cells: Vec<usize> = group
            .iter()
            .flatten()
            .copied()
            .collect::<BTreeSet<usize>>()
            .into_iter()
            .collect();
        let own: Vec<Vec<usize>> = group
            .iter()
            .map(|cut| {
                cut.iter()
                    .filter_map(|cell| cells.binary_search(cell).ok())
                    .collect()
            })
            .collect();
        let prices: Vec<i64> = cells.iter().map(|&cell| cost[cell]).collect();
        let best = greedy(&own, &prices);
        let mut search = Search {
            best_cost: best.iter().map(|&cell| prices[cell]).sum(),
            best,
            state: vec![State::Free; cells.len()],
            cuts: own,
            cost: prices,
            steps: *steps,
        };
        search.branch(0);
        *steps = search.steps;
        proven &= search.steps > 0;
        chosen.extend(search.best.iter().map(|&cell| cells[cell]));
    }
    (chosen, proven)
}

/// Without cuts that contain another one.
fn minimal(cuts: &BTreeSet<BTreeSet<usize>>) -> Vec<Vec<usize>> {
    let mut ordered: Vec<&BTreeSet<usize>> = cuts.iter().filter(|cut| !cut.is_empty()).collect();
    ordered.sort_by_key(|cut| cut.len());
    let mut kept: Vec<&BTreeSet<usize>> = Vec::new();
    for cut in ordered {
        if !kept.iter().any(|smaller| smaller.is_subset(cut)) {
            kept.push(cut);
        }
    }
    kept.into_iter()
        .map(|cut| cut.iter().copied().collect())
        .collect()
}

/// Cuts that share cells, together.
fn groups(cuts: Vec<Vec<usize>>) -> Vec<Vec<Vec<usize>>> {
    let mut groups: Vec<(BTreeSet<usize>, Vec<Vec<usize>>)> = Vec::new();
    for cut in cuts {
        let mut cells: BTreeSet<usize> = cut.iter().copied().collect();
        let mut members = vec![cut];
        let (touching, apart): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|(other, _)| !other.is_disjoint(&cells));
        groups = apart;
        for (other, more) in touching {
            cells.extend(other);
            members.extend(more);
        }
        groups.push((cells, members));
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// A first answer: the cell that meets most cuts for its cost, again and again; then what is not needed goes.
fn greedy(cuts: &[Vec<usize>], cost: &[i64]) -> Vec<usize> {
    let mut left: Vec<&Vec<usize>> = cuts.iter().collect();
    let mut chosen: Vec<usize> = Vec::new();
    while !left.is_empty() {
        let mut meets: BTreeMap<usize, i64> = BTreeMap::new();
        for cut in &left {
            for &cell in *cut {
                *meets.entry(cell).or_insert(0) += 1;
            }
        }
        let best = meets.into_iter().reduce(|best, next| {
            if next.1 * cost[best.0] > best.1 * cost[next.0] {
                next
            } else {
                best
            }
        });
        let Some((cell, _)) = best else { break };
        chosen.push(cell);
        left.retain(|cut| !cut.contains(&cell));
    }
    let mut order = chosen.clone();
    order.sort_by_key(|&cell| (std::cmp::Reverse(cost[cell]), cell));
    for cell in order {
        let needed = cuts.iter().any(|cut| {
            cut.contains(&cell)
                && !cut
                    .iter()
                    .any(|other| *other != cell && chosen.contains(other))
        });
        if !needed {
            chosen.retain(|&other| other != cell);
        }
    }
    chosen
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    In,
    Out,
}

struct Search {
    cuts: Vec<Vec<usize>>,
    cost: Vec<i64>,
    state: Vec<State>,
    best: Vec<usize>,
    best_cost: i64,
    steps: usize,
}

impl Search {
    fn branch(&mut self, spent: i64) {
        if self.steps == 0 {
            return;
        }
        // A step over many cuts is as much work as many steps over few.
        self.steps = self.steps.saturating_sub(1 + self.cuts.len() / 16);
        let Some(mut open) = self.open() else { return };
        if open.is_empty() {
            if spent < self.best_cost {
                self.best_cost = spent;
                self.best = (0..self.state.len())
                    .filter(|&cell| self.state[cell] == State::In)
                    .collect();
            }
            return;
        }
        open.sort_by_key(Vec::len);
        if spent + self.bound(&open) >= self.best_cost {
            return;
        }
        let mut meets = vec![0_i64; self.state.len()];
        for &cell in open.iter().flatten() {
            meets[cell] += 1;
        }
        let mut order = open.swap_remove(0);
        order.sort_by(|&a, &b| {
            let (left, right) = (meets[a] * self.cost[b], meets[b] * self.cost[a]);
            right.cmp(&left).then(a.cmp(&b))
        });
        for &cell in &order {
            self.state[cell] = State::In;
            self.branch(spent + self.cost[cell]);
            self.state[cell] = State::Out;
        }
        for cell in order {
            self.state[cell] = State::Free;
        }
    }

    /// The cuts that are not met yet, as the cells that may still meet them; none when one cannot be met any more.
    fn open(&self) -> Option<Vec<Vec<usize>>> {
        let mut open = Vec::new();
        for cut in &self.cuts {
            if cut.iter().any(|&cell| self.state[cell] == State::In) {
                continue;
            }
            let free: Vec<usize> = cut
                .iter()
                .copied()
                .filter(|&cell| self.state[cell] == State::Free)
                .collect();
            if free.is_empty() {
                return None;
            }
            open.push(free);
        }
        Some(open)
    }

    /// What the open cuts cost at least: each is paid for from what its cells have left.
    fn bound(&self, open: &[Vec<usize>]) -> i64 {
        let mut left = self.cost.clone();
        let mut bound = 0;
        for cut in open {
            let pay = cut.iter().map(|&cell| left[cell]).min().unwrap_or(0);
            bound += pay;
            for &cell in cut {
                left[cell] -= pay;
            }
        }
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cuts: &[&[usize]], cost: &[i64], expect: &[usize]) {
        let cuts: BTreeSet<BTreeSet<usize>> = cuts
            .iter()
            .map(|cut| cut.iter().copied().collect())
            .collect();
        let mut steps = 10_000;
        let (chosen, proven) = cheapest(&cuts, cost, &mut steps);
        assert!(proven);
        assert_eq!(chosen.into_iter().collect::<Vec<_>>(), expect);
    }

    #[test]
    fn the_cheapest_cells_are_found() {
        check(&[&[0, 1], &[1, 2], &[2, 3]], &[1, 1, 1, 9], &[1, 2]);
        check(&[&[0, 1], &[1, 2]], &[1, 3, 1], &[0, 2]);
        check(&[&[0], &[3, 4], &[0, 3]], &[1, 1, 1, 5, 2], &[0, 4]);
        check(&[], &[1], &[]);
    }

    #[test]
    fn without_steps_the_answer_still_meets_all_cuts() {
        let cuts: BTreeSet<BTreeSet<usize>> = [[0, 1], [1, 2], [0, 2]]
            .into_iter()
            .map(BTreeSet::from)
            .collect();
        let mut steps = 0;
        let (chosen, proven) = cheapest(&cuts, &[1, 1, 1], &mut steps);
        assert!(!proven);
        assert!(cuts.iter().all(|cut| !cut.is_disjoint(&chosen)));
    }
}
