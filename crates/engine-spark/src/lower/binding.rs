//! Values that an expression needs several times.

/// `body`, in which `name` stands for the value of `x`: a transform over an array of one.
pub(super) fn bound(x: &str, name: &str, body: &str) -> String {
    format!("element_at(transform(array({x}), {name} -> {body}), 1)")
}
