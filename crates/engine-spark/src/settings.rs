//! The settings of a session without which results would not be equal.

/// Rules of the optimizer that move a condition below a join: a cast in it would then fail on rows that the join drops. What may
/// be moved has been moved before.
const EXCLUDED_RULES: &str = "org.apache.spark.sql.catalyst.optimizer.PushPredicateThroughJoin,\
                              org.apache.spark.sql.catalyst.optimizer.PushDownPredicates,\
                              org.apache.spark.sql.catalyst.optimizer.PushPredicateThroughNonJoin";

/// What every session is set to.
pub(crate) const REQUIRED: &[(&str, &str)] = &[
    ("spark.sql.ansi.enabled", "true"),
    ("spark.sql.session.timeZone", "UTC"),
    ("spark.sql.caseSensitive", "true"),
    ("spark.sql.decimalOperations.allowPrecisionLoss", "false"),
    ("spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED"),
    ("spark.sql.parquet.datetimeRebaseModeInRead", "CORRECTED"),
    ("spark.sql.files.maxRecordsPerFile", "0"),
    ("spark.sql.analyzer.maxIterations", "1000"),
    ("spark.sql.optimizer.maxIterations", "1000"),
    // Otherwise '${env:HOME}' in a text is replaced by what it is on the server.
    ("spark.sql.variable.substitute", "false"),
    ("spark.sql.optimizer.excludedRules", EXCLUDED_RULES),
];

/// Whether results depend on a setting.
pub(crate) fn is_required(key: &str) -> bool {
    REQUIRED.iter().any(|(required, _)| *required == key)
}

/// The settings of a session: those required, then the user's own.
///
/// # Errors
/// If the user's name one that is required.
pub(crate) fn of_session(own: &[(String, String)]) -> Result<Vec<(String, String)>, String> {
    if let Some((key, _)) = own.iter().find(|(key, _)| is_required(key)) {
        return Err(format!("`settings` may not change {key}: results would differ from those of this machine"));
    }
    let required = REQUIRED.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Ok(required.chain(own.iter().cloned()).collect())
}
