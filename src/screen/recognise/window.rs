//! The text around a match: what stands just before and after, cut at character boundaries.

/// Up to `bytes` before `at`.
pub(super) fn before(text: &str, at: usize, bytes: usize) -> &str {
    let mut start = at.saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..at).unwrap_or_default()
}

/// Up to `bytes` from `at` on.
pub(super) fn after(text: &str, at: usize, bytes: usize) -> &str {
    let mut end = at.saturating_add(bytes).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(at..end).unwrap_or_default()
}

/// Where the last match in a text ends, if there is one.
pub(super) fn last_end(pattern: &regex::Regex, text: &str) -> Option<usize> {
    pattern.find_iter(text).last().map(|found| found.end())
}
