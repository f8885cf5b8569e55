//! Reports: the department's data inventory, its release plan, and how far the work has come.
//!
//! All take plain rows and give bytes; who asks and where the rows come from is not known here. Rule that must hold:
//! the same rows in any order give the same bytes.

mod html;
mod inventory;
mod plan_page;
mod progress;
mod release_plan;

pub use inventory::{
    INVENTORY_COLUMNS, Inventory, InventoryProblem, InventoryRow, eligible, language_code,
};
pub use plan_page::PlanPage;
pub use progress::{Late, Progress, ProgressInput, ReleaseLine, SourceLine, WaitingLine, due_day};
pub use release_plan::{Expected, PlanInput, PlanLine, ReleasePlan};
