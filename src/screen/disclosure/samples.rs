//! Tables for tests.

use crate::{Dimension, Node, Table};

/// A whole and its parts.
pub(crate) fn flat(parts: usize) -> Dimension {
    tree(&vec![1; parts])
}

/// A whole, groups, and their parts; a group of one is a leaf.
pub(crate) fn tree(groups: &[usize]) -> Dimension {
    let mut nodes = vec![Node {
        label: "all".to_owned(),
        parent: None,
    }];
    for (group, &size) in groups.iter().enumerate() {
        let head = nodes.len();
        nodes.push(Node {
            label: format!("g{group}"),
            parent: Some(0),
        });
        if size > 1 {
            for part in 0..size {
                nodes.push(Node {
                    label: format!("g{group}.{part}"),
                    parent: Some(head),
                });
            }
        }
    }
    Dimension {
        name: format!("d{}", groups.len()),
        nodes,
    }
}

fn leaves(dimension: &Dimension, node: usize) -> Vec<usize> {
    let parts = dimension.parts(node);
    if parts.is_empty() {
        return vec![node];
    }
    parts
        .into_iter()
        .flat_map(|part| leaves(dimension, part))
        .collect()
}

/// The nodes without parts.
pub(crate) fn leaves_of(dimension: &Dimension) -> Vec<usize> {
    (0..dimension.nodes.len())
        .filter(|&node| dimension.parts(node).is_empty())
        .collect()
}

/// A table of counts from the values of its innermost cells, the last dimension fastest; missing values are 0.
///
/// Each dimension gets its place in front of its name, so that two of the same shape are told apart.
pub(crate) fn table(dimensions: &[Dimension], values: &[i64]) -> Table {
    let named: Vec<Dimension> = dimensions
        .iter()
        .enumerate()
        .map(|(axis, dimension)| Dimension {
            name: format!("{axis}{}", dimension.name),
            nodes: dimension.nodes.clone(),
        })
        .collect();
    let dimensions = named.as_slice();
    let inner: Vec<Vec<usize>> = dimensions.iter().map(leaves_of).collect();
    Table::cross(dimensions, "count", |at| {
        let under: Vec<Vec<usize>> = dimensions
            .iter()
            .zip(at)
            .map(|(dimension, &node)| leaves(dimension, node))
            .collect();
        let mut sum = 0;
        let mut pick = vec![0; under.len()];
        loop {
            let index = (0..under.len()).fold(0, |index, axis| {
                let leaf = under[axis][pick[axis]];
                let place = inner[axis].iter().position(|&node| node == leaf).unwrap();
                index * inner[axis].len() + place
            });
            sum += values.get(index).copied().unwrap_or(0);
            let Some(axis) = (0..under.len())
                .rev()
                .find(|&axis| pick[axis] + 1 < under[axis].len())
            else {
                return sum;
            };
            pick[axis] += 1;
            for rest in &mut pick[axis + 1..] {
                *rest = 0;
            }
        }
    })
    .unwrap()
}
