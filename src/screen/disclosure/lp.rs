//! The one door to a linear solver: minimise a cost over bounded columns under linear equations.
//!
//! `microlp` is built in; `highs` takes its place as a feature. Rule that must hold: nobody believes a number from here
//! without checking it in whole numbers, or without taking the cautious side.

#[derive(Clone, Debug)]
struct Column {
    cost: f64,
    low: f64,
    high: f64,
    whole: bool,
}

#[derive(Clone, Debug)]
struct Line {
    terms: Vec<(usize, f64)>,
    right: f64,
}

/// A model under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    columns: Vec<Column>,
    lines: Vec<Line>,
}

/// What the solver said.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// The value of every column where the cost is least.
    Optimal(Vec<f64>),
    /// Nothing fits.
    Infeasible,
    /// No answer: unbounded, out of time, or the solver gave up.
    None,
}

impl Model {
    /// A column with its cost and its bounds (infinite ones allowed).
    pub(crate) fn column(&mut self, cost: f64, low: f64, high: f64) -> usize {
        self.push(cost, low, high, false)
    }

    /// A column that takes whole numbers only.
    pub(crate) fn whole(&mut self, cost: f64, low: f64, high: f64) -> usize {
        self.push(cost, low, high, true)
    }

    fn push(&mut self, cost: f64, low: f64, high: f64, whole: bool) -> usize {
        self.columns.push(Column {
            cost,
            low,
            high,
            whole,
        });
        self.columns.len() - 1
    }

    /// A line that equals its right side; every column at most once. An empty line says nothing and is left out.
    pub(crate) fn line(&mut self, terms: Vec<(usize, f64)>, right: f64) {
        if !terms.is_empty() {
            self.lines.push(Line { terms, right });
        }
    }

    /// Asks the solver.
    pub(crate) fn minimise(&self) -> Answer {
        if self.columns.is_empty() {
            return Answer::None;
        }
        solve(self)
    }
}

/// How long one question may take. It bounds, it does not decide: no answer means "not proven".
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

#[cfg(not(feature = "highs"))]
fn solve(model: &Model) -> Answer {
    use microlp::{
        ComparisonOp, Error, OptimizationDirection, Problem, SolutionStatus, SolveOutcome,
    };

    let mut problem = Problem::new(OptimizationDirection::Minimize);
    problem.set_time_limit(PATIENCE);
    let variables: Vec<microlp::Variable> = model
        .columns
        .iter()
        .map(|column| {
            if column.whole {
                problem.add_integer_var(column.cost, (small(column.low), small(column.high)))
            } else {
                problem.add_var(column.cost, (column.low, column.high))
            }
        })
        .collect();
    for line in &model.lines {
        let terms: Vec<(microlp::Variable, f64)> = line
            .terms
            .iter()
            .map(|&(column, factor)| (variables[column], factor))
            .collect();
        problem.add_constraint(&terms, ComparisonOp::Eq, line.right);
    }
    match problem.solve() {
        Ok(SolveOutcome::Solution(solution)) if solution.status() == SolutionStatus::Optimal => {
            Answer::Optimal(
                variables
                    .iter()
                    .map(|&variable| solution.var_value(variable))
                    .collect(),
            )
        }
        Err(Error::Infeasible) => Answer::Infeasible,
        Ok(_) | Err(_) => Answer::None,
    }
}

#[cfg(feature = "highs")]
fn solve(model: &Model) -> Answer {
    use highs::{HighsModelStatus, RowProblem, Sense};

    let mut problem = RowProblem::default();
    let columns: Vec<highs::Col> = model
        .columns
        .iter()
        .map(|column| {
            if column.whole {
                problem.add_integer_column(column.cost, column.low..=column.high)
            } else {
                problem.add_column(column.cost, column.low..=column.high)
            }
        })
        .collect();
    for line in &model.lines {
        let terms: Vec<(highs::Col, f64)> = line
            .terms
            .iter()
            .map(|&(column, factor)| (columns[column], factor))
            .collect();
        problem.add_row(line.right..=line.right, &terms);
    }
    let mut asked = problem.optimise(Sense::Minimise);
    asked.make_quiet();
    asked.set_option("time_limit", PATIENCE.as_secs_f64());
    asked.set_option("threads", 1);
    let solved = asked.solve();
    match solved.status() {
        HighsModelStatus::Optimal => Answer::Optimal(solved.get_solution().columns().to_vec()),
        HighsModelStatus::Infeasible => Answer::Infeasible,
        _ => Answer::None,
    }
}

/// Bounds of whole columns are small; anything else is cut to what the solver's type holds.
#[cfg(not(feature = "highs"))]
#[expect(clippy::cast_possible_truncation, reason = "cut to the range first")]
fn small(bound: f64) -> i32 {
    bound.clamp(-1e9, 1e9) as i32
}

/// A count as the solver's number. Counts are below 2^53 (see [`crate::Table::new`]).
#[expect(clippy::cast_precision_loss, reason = "table values are below 2^53")]
pub(crate) fn real(value: i64) -> f64 {
    value as f64
}

/// The whole number next to a solver's number; none when it is not near one.
#[expect(clippy::cast_possible_truncation, reason = "the size is checked first")]
pub(crate) fn whole(value: f64) -> Option<i64> {
    let near = value.round();
    ((value - near).abs() < 1e-6 && near.abs() < 1e15).then_some(near as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_model_is_solved() {
        // Least -x - 2y with x + y + rest = 4, x - y = 1.
        let mut model = Model::default();
        let x = model.column(-1.0, 0.0, 10.0);
        let y = model.column(-2.0, 0.0, 10.0);
        let rest = model.column(0.0, 0.0, f64::INFINITY);
        model.line(vec![(x, 1.0), (y, 1.0), (rest, 1.0)], 4.0);
        model.line(vec![(x, 1.0), (y, -1.0)], 1.0);
        let Answer::Optimal(values) = model.minimise() else {
            panic!("no answer");
        };
        assert!((values[x] - 2.5).abs() < 1e-9);
        assert_eq!((whole(3.000_000_01), whole(0.5)), (Some(3), None));
    }
}
