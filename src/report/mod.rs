//! Reports: the department's data inventory, and how far the work has come.
//!
//! Both take plain rows and give bytes; who asks and where the rows come from is not known here. Rule that must hold:
//! the same rows in any order give the same bytes.

mod inventory;
mod progress;

pub use inventory::{
    INVENTORY_COLUMNS, Inventory, InventoryProblem, InventoryRow, eligible, language_code,
};
pub use progress::{Late, Progress, ProgressInput, ReleaseLine, SourceLine, WaitingLine, due_day};
