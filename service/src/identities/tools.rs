//! What the last version of each tools surface changed, tool by tool.

use super::Detail;
use crate::comparison;
use crate::{Read, Result};
use domain::asof::AsOf;
use domain::difference::Difference;
use domain::ids::SurfaceId;
use domain::permission::Action;
use domain::surface::SurfaceKind;
use std::collections::HashMap;
use store::comparison::{self as rows, Between};

/// The tools that came, went or changed with the newest version of a tools surface; nothing of one that has no older version.
pub type ToolChanges = HashMap<SurfaceId, Vec<Difference>>;

/// Compares the tools of every tools surface on the page with those ahead of its newest version.
pub async fn tool_changes(read: &mut Read, detail: &Detail) -> Result<ToolChanges> {
    read.authorise(Action::ReadInventory)?;
    let mut out = ToolChanges::new();
    for shown in detail.surfaces.iter().filter(|s| s.surface.kind == SurfaceKind::Tools && s.versions.len() > 1) {
        let since = shown.surface.since;
        // Only rows are compared, whatever the instants.
        let at = |seq| AsOf { seq, at: detail.as_of.at };
        let between = Between { from: at(since.plus(-1)), to: at(since) };
        // Where more moved than is read, none is told of: the texts stand on the page whole.
        let Some(moved) = rows::tools(read.tx(), &[detail.facts.identity_id], between).await? else { continue };
        out.insert(shown.surface.id, comparison::tools(moved.iter().filter(|t| t.row.surface_id == shown.surface.id)));
    }
    Ok(out)
}
