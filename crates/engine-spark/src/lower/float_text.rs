//! Floats as texts.

/// The shortest digits that read back, without an exponent: `1000000`, `0.1`, `NaN`, `-inf`.
///
/// A JVM before 19 sometimes gives a digit too many; then the first of 15, 16 and 17 digits that reads back is taken.
pub(super) fn float_text(x: &str) -> String {
    let short = format!(
        "case when length(cast({x} as string)) > 17 then element_at(filter(transform(array(14, 15, 16), \
         p -> format_string(concat('%.', p, 'E'), {x})), s -> cast(s as double) = {x}), 1) else cast({x} as string) end"
    );
    let mantissa = "trim(trailing '0' from replace(replace(substring_index(v, 'E', 1), '-', ''), '.', ''))";
    let digits = "case when w.e < 0 then concat('0.', repeat('0', - w.e - 1), w.m) \
                  when length(w.m) <= w.e + 1 then rpad(w.m, w.e + 1, '0') \
                  else concat(substring(w.m, 1, w.e + 1), '.', substring(w.m, w.e + 2)) end";
    let plain = format!(
        "concat(case when v like '-%' then '-' else '' end, element_at(transform(array(named_struct('m', {mantissa}, \
         'e', cast(substring_index(v, 'E', -1) as int))), w -> {digits}), 1))"
    );
    format!(
        "element_at(transform(array({short}), v -> case when v is null then null when v = 'NaN' then 'NaN' \
         when v like '%Infinity' then replace(v, 'Infinity', 'inf') \
         when v not like '%E%' then case when v like '%.0' then substring(v, 1, length(v) - 2) else v end \
         else {plain} end), 1)"
    )
}
