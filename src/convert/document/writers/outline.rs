//! Heading levels as outputs need them: one title, and no level left out.

/// Gives each heading its level in the output, in document order.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Headings above the current one: level in the source, level in the output.
    above: Vec<(u8, u8)>,
    previous: Option<u8>,
}

impl Outline {
    /// The output level, 2 to 6, and whether the source skips a level here.
    pub(super) fn next(&mut self, source: u8) -> (u8, bool) {
        let source = source.max(1);
        let skips = self.previous.is_some_and(|previous| source > previous + 1);
        self.previous = Some(source);
        while self.above.last().is_some_and(|(level, _)| *level >= source) {
            self.above.pop();
        }
        let level = self.above.last().map_or(2, |(_, level)| level + 1).min(6);
        self.above.push((source, level));
        (level, skips)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_never_skip() {
        let check = |source: &[u8], expect: &[u8]| {
            let mut outline = Outline::default();
            let got: Vec<u8> = source.iter().map(|level| outline.next(*level).0).collect();
            assert_eq!(got, expect, "{source:?}");
        };
        check(&[1, 2, 3, 1], &[2, 3, 4, 2]);
        check(&[1, 3, 3, 2, 4], &[2, 3, 3, 3, 4]);
        check(&[3, 1, 2], &[2, 2, 3]);
        check(&[1, 2, 3, 4, 5, 6, 7, 9], &[2, 3, 4, 5, 6, 6, 6, 6]);
        check(&[0, 1], &[2, 2]);
        assert!(
            Outline {
                previous: Some(1),
                ..Outline::default()
            }
            .next(3)
            .1
        );
    }
}
