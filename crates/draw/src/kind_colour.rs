//! The colour of each type of task.

/// As `#rrggbb`, dark enough for white text; a grey for a type without its own.
pub fn kind_colour(kind: &str) -> &'static str {
    match kind {
        "load" => "#2f6fb5",
        "normalize" => "#0f857c",
        "join" => "#7a4fb3",
        "aggregate" => "#a8570f",
        "sql" => "#8a6a00",
        "chart" => "#b3386b",
        "report" => "#3f7d2c",
        "email" | "webhook" => "#b23b32",
        "command" => "#4d5b6a",
        _ => "#6b7280",
    }
}
