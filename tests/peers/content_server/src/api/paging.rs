//! Cutting a list into pages.
//!
//! Rule that must hold: with any size of page the pages together are the list, each item once.

use serde_json::{Value, json};

use crate::{asked::Asked, config::OutOfRange, world::World};

/// One page of a list.
pub(super) struct Section<T> {
    pub(super) items: Vec<T>,
    pub(super) limit: usize,
    pub(super) page: usize,
    pub(super) page_total: usize,
    pub(super) range_min: usize,
    pub(super) range_max: usize,
    pub(super) total: usize,
}

impl<T> Section<T> {
    /// The page that is asked for. `total` may be more than there is in `all`.
    pub(super) fn cut(world: &World, asked: &Asked, all: Vec<T>, total: usize) -> Self {
        let switches = &world.switches;
        let wanted = asked
            .number("limit")
            .or_else(|| asked.number("page_size"))
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| *number > 0)
            .unwrap_or(switches.page_items.max(1));
        let limit = match switches.page_items_max {
            0 => wanted,
            most => wanted.min(most),
        };
        let page_total = total.div_ceil(limit).max(1);
        let mut page = asked
            .number("page")
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(1)
            .max(1);
        if page > page_total && switches.out_of_range == OutOfRange::RepeatLast {
            page = page_total;
        }
        let start = (page - 1).saturating_mul(limit);
        let items: Vec<T> = all.into_iter().skip(start).take(limit).collect();
        let (range_min, range_max) = if items.is_empty() {
            (0, 0)
        } else {
            (start + 1, start + items.len())
        };
        Self {
            items,
            limit,
            page,
            page_total,
            range_min,
            range_max,
            total,
        }
    }

    /// `paging` of an answer.
    pub(super) fn told(&self, asked: &Asked) -> Value {
        let mut paging = json!({
            "limit": self.limit, "page": self.page, "page_total": self.page_total,
            "range_max": self.range_max, "range_min": self.range_min, "total_count": self.total,
        });
        if self.page < self.page_total {
            paging["actions"] = json!({ "next": {
                "body": "", "content_type": "", "href": asked.target, "method": "GET", "name": "Next",
            } });
        }
        paging
    }
}
