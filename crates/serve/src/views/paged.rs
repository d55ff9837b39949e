//! Lists page by page.

use serde_json::{Value, json};

/// Leaves one page of a list of a view; beside it stands which, and how many there are in all.
pub fn paged(view: &mut Value, list: &str, offset: usize, limit: usize) {
    let Some(items) = view.get_mut(list).and_then(Value::as_array_mut) else { return };
    let total = items.len();
    let shown: Vec<Value> = items.drain(..).skip(offset).take(limit).collect();
    *items = shown;
    view["total"] = total.into();
    view["page"] = json!({"offset": offset, "limit": limit});
}
