//! Scalar expressions, written twice: as the pipeline says them and as SQLite does. Conditions are next door.

use tidemill_core::table::DataType;

use super::choices::Choices;

/// An expression in both languages.
#[derive(Clone)]
pub struct Scalar {
    /// As the pipeline says it.
    pub ours: String,
    /// The same in SQLite.
    pub theirs: String,
    pub data_type: DataType,
    /// No value is farther from zero (of decimals: the digits without the point).
    pub bound: f64,
    /// Of floats: every sum of its values is exact, whatever the order.
    pub exact: bool,
}

/// The largest numbers for which SQLite's integers are trusted.
pub const SAFE: f64 = 4e18;

/// A division that rounds half to even, of integers.
pub fn half_even(n: &str, d: &str) -> String {
    format!(
        "(({n})/({d}) + case when 2*abs(({n})%({d})) > abs({d}) or (2*abs(({n})%({d})) = abs({d}) and (({n})/({d}))%2 <> 0) \
         then (case when (({n}) < 0) = (({d}) < 0) then 1 else -1 end) else 0 end)"
    )
}

/// `10^digits` as SQLite takes it.
pub fn power(digits: u8) -> String {
    format!("1{}", "0".repeat(digits.into()))
}

/// An integer that fails where it has become too large for 64 bits.
fn guarded(theirs: String) -> String {
    format!("case when typeof({theirs}) = 'real' then abs(-9223372036854775807 - 1) else {theirs} end")
}

/// The kinds of values that expressions are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    Int,
    Float,
    Bool,
    Text,
    Date,
    Decimal,
}

pub const FAMILIES: [Family; 6] =
    [Family::Int, Family::Text, Family::Float, Family::Decimal, Family::Bool, Family::Date];

pub fn family(data_type: DataType) -> Family {
    match data_type {
        DataType::Int => Family::Int,
        DataType::Float => Family::Float,
        DataType::Bool => Family::Bool,
        DataType::String => Family::Text,
        DataType::Date => Family::Date,
        DataType::Decimal { .. } => Family::Decimal,
        other => panic!("no column of the oracle is {other}"),
    }
}

impl Scalar {
    pub fn new(ours: impl Into<String>, theirs: impl Into<String>, data_type: DataType) -> Self {
        Self { ours: ours.into(), theirs: theirs.into(), data_type, bound: 9.3e18, exact: true }
    }

    fn bounded(self, bound: f64) -> Self {
        Self { bound, ..self }
    }

    fn inexact(self) -> Self {
        Self { exact: false, ..self }
    }

    pub fn scale(&self) -> u8 {
        if let DataType::Decimal { scale, .. } = self.data_type { scale } else { 0 }
    }

    fn digits(&self) -> (u8, u8) {
        match self.data_type {
            DataType::Decimal { precision, scale } => (precision, scale),
            _ => (19, 0),
        }
    }

    /// Its digits at a larger scale.
    pub fn at_scale(&self, scale: u8) -> String {
        let by = scale - self.scale();
        if by == 0 { self.theirs.clone() } else { format!("({} * {})", self.theirs, power(by)) }
    }

    pub fn bound_at(&self, scale: u8) -> f64 {
        self.bound * 10f64.powi((scale - self.scale()).into())
    }

    /// As SQLite's float.
    pub fn real(&self) -> String {
        if self.data_type == DataType::Float { self.theirs.clone() } else { format!("cast({} as real)", self.theirs) }
    }
}

/// Makes expressions over the columns that it knows.
pub struct Scalars<'a> {
    pub choices: &'a mut Choices,
    pub columns: &'a [Scalar],
    /// Whether what is made may overflow: only where it is certainly computed for each row.
    pub may_fail: bool,
}

impl Scalars<'_> {
    /// An expression of that family.
    pub fn of(&mut self, family: Family, depth: usize) -> Scalar {
        if depth == 0 || self.choices.once_in(4) {
            return self.leaf(family);
        }
        match family {
            Family::Int => self.int(depth - 1),
            Family::Float => self.float(depth - 1),
            Family::Bool => self.condition(depth - 1),
            Family::Text => self.text(depth - 1),
            Family::Date => self.date(depth - 1),
            Family::Decimal => self.decimal(depth - 1),
        }
    }

    /// An expression of any family.
    pub fn any(&mut self, depth: usize) -> Scalar {
        let family = match self.columns.is_empty() {
            true => self.choices.one(&FAMILIES),
            false => family(self.choices.one(self.columns).data_type),
        };
        let family = if self.choices.once_in(4) { self.choices.one(&FAMILIES) } else { family };
        self.of(family, depth)
    }

    pub fn lazily<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.may_fail, false);
        let made = make(self);
        self.may_fail = before;
        made
    }

    pub fn leaf(&mut self, wanted: Family) -> Scalar {
        let known: Vec<Scalar> = self.columns.iter().filter(|one| family(one.data_type) == wanted).cloned().collect();
        if !known.is_empty() && !self.choices.once_in(6) {
            return self.choices.one(&known);
        }
        match wanted {
            Family::Int => {
                let value = self.choices.one(&[1i64, 0, 2, 3, -1, 10, 1_000_003]);
                Scalar::new(value.to_string(), value.to_string(), DataType::Int).bounded(value.unsigned_abs() as f64)
            }
            Family::Float => {
                // An exponent makes a constant a float wherever it stands.
                let (ours, theirs) =
                    self.choices.one(&[("5e-1", "0.5"), ("0e0", "0.0"), ("-225e-2", "-2.25"), ("4e0", "4.0")]);
                Scalar::new(ours, theirs, DataType::Float).bounded(4.0)
            }
            Family::Bool => {
                let (ours, theirs) = self.choices.one(&[("true", "1"), ("false", "0")]);
                Scalar::new(ours, theirs, DataType::Bool)
            }
            Family::Text => {
                let text = self.choices.one(&["'a'", "''", "'ab'", "'日本'", "'O''Neil'", "'%'"]);
                Scalar::new(text, text, DataType::String)
            }
            Family::Date => {
                let (ours, days) =
                    self.choices.one(&[("2024-02-29", 19_782), ("1969-12-31", -1), ("2024-12-31", 20_088)]);
                Scalar::new(format!("date '{ours}'"), days.to_string(), DataType::Date)
            }
            Family::Decimal => {
                let (ours, unscaled) = self.choices.one(&[("1.50", 150), ("0.00", 0), ("-12.34", -1234)]);
                let data_type = DataType::Decimal { precision: 10, scale: 2 };
                Scalar::new(format!("cast('{ours}' as decimal(10,2))"), unscaled.to_string(), data_type).bounded(1234.0)
            }
        }
    }

    /// What every family has: `coalesce`, `case`, `nullif`, `greatest`, `least`. Both values have one type.
    fn chosen(&mut self, family: Family, depth: usize) -> Scalar {
        let form = self.choices.below(5);
        let (a, b) = match form {
            1 | 2 => self.lazily(|this| (this.of(family, depth), this.of(family, depth))),
            _ => (self.of(family, depth), self.of(family, depth)),
        };
        if a.data_type != b.data_type {
            return a;
        }
        let (x, y) = ((&a.ours, &a.theirs), (&b.ours, &b.theirs));
        let (ours, theirs) = match form {
            0 => (format!("nullif({}, {})", x.0, y.0), format!("nullif({}, {})", x.1, y.1)),
            1 => (format!("coalesce({}, {})", x.0, y.0), format!("coalesce({}, {})", x.1, y.1)),
            2 => {
                let when = self.lazily(|this| this.of(Family::Bool, depth));
                (
                    format!("case when {} then {} else {} end", when.ours, x.0, y.0),
                    format!("case when {} then {} else {} end", when.theirs, x.1, y.1),
                )
            }
            form => {
                let (our_name, their_name) = if form == 3 { ("greatest", "max") } else { ("least", "min") };
                (
                    format!("{our_name}({}, {})", x.0, y.0),
                    format!("coalesce({their_name}({}, {}), {}, {})", x.1, y.1, x.1, y.1),
                )
            }
        };
        Scalar { ours, theirs, data_type: a.data_type, bound: a.bound.max(b.bound), exact: a.exact && b.exact }
    }

    fn int(&mut self, depth: usize) -> Scalar {
        match self.choices.below(8) {
            0..=2 => {
                let (a, b) = (self.of(Family::Int, depth), self.of(Family::Int, depth));
                let (sign, bound) =
                    self.choices.one(&[("+", a.bound + b.bound), ("-", a.bound + b.bound), ("*", a.bound * b.bound)]);
                let theirs = format!("({} {sign} {})", a.theirs, b.theirs);
                let theirs = match bound < SAFE {
                    true => theirs,
                    false if self.may_fail => guarded(theirs),
                    false => return a,
                };
                Scalar::new(format!("({} {sign} {})", a.ours, b.ours), theirs, DataType::Int).bounded(bound)
            }
            3 => {
                let (a, b) = (self.of(Family::Int, depth), self.of(Family::Int, depth));
                let bound = a.bound;
                Scalar::new(
                    format!("({} % {})", a.ours, b.ours),
                    format!("({} % {})", a.theirs, b.theirs),
                    DataType::Int,
                )
                .bounded(bound)
            }
            4 => {
                let text = self.of(Family::Text, depth);
                Scalar::new(format!("length({})", text.ours), format!("length({})", text.theirs), DataType::Int)
                    .bounded(1e4)
            }
            5 => {
                let (a, b) = (self.of(Family::Date, depth), self.of(Family::Date, depth));
                Scalar::new(
                    format!("({} - {})", a.ours, b.ours),
                    format!("({} - {})", a.theirs, b.theirs),
                    DataType::Int,
                )
                .bounded(1e6)
            }
            6 => {
                let day = self.of(Family::Date, depth);
                let (part, format) =
                    self.choices.one(&[("year", "%Y"), ("month", "%m"), ("day", "%d"), ("doy", "%j"), ("dow", "%w")]);
                let theirs = format!("cast(strftime('{format}', ({}) * 86400, 'unixepoch') as integer)", day.theirs);
                Scalar::new(format!("extract({part} from {})", day.ours), theirs, DataType::Int).bounded(1e4)
            }
            _ => self.chosen(Family::Int, depth),
        }
    }

    fn float(&mut self, depth: usize) -> Scalar {
        match self.choices.below(6) {
            0 => {
                let other = self.choices.one(&[Family::Float, Family::Int]);
                let (a, b) = (self.of(Family::Float, depth), self.of(other, depth));
                let sign = self.choices.one(&["+", "-", "*"]);
                let made = Scalar::new(
                    format!("({} {sign} {})", a.ours, b.ours),
                    format!("({} {sign} {})", a.real(), b.real()),
                    DataType::Float,
                );
                if a.exact && b.exact && other == Family::Float && sign != "*" { made } else { made.inexact() }
            }
            1 => {
                let family = self.choices.one(&[Family::Int, Family::Float]);
                let (a, b) = (self.of(family, depth), self.of(family, depth));
                let theirs = format!("({} / {})", a.real(), b.real());
                Scalar::new(format!("({} / {})", a.ours, b.ours), theirs, DataType::Float).inexact()
            }
            2 => {
                let a = self.of(Family::Float, depth);
                let name = self.choices.one(&["abs", "floor", "ceil"]);
                let theirs = match name {
                    "abs" => format!("abs({})", a.theirs),
                    // Without SQLite's mathematical functions; the floats are far below 2^63.
                    "floor" => format!("(cast(cast({0} as integer) as real) - ({0} < cast({0} as integer)))", a.theirs),
                    _ => format!("(cast(cast({0} as integer) as real) + ({0} > cast({0} as integer)))", a.theirs),
                };
                // A product may be beyond what an integer holds.
                if name != "abs" && !a.exact {
                    return a;
                }
                Scalar { ours: format!("{name}({})", a.ours), theirs, ..a }
            }
            3 => {
                let a = self.of(Family::Float, depth);
                Scalar { ours: format!("(- {})", a.ours), theirs: format!("(- {})", a.theirs), ..a }
            }
            _ => self.chosen(Family::Float, depth),
        }
    }

    fn text(&mut self, depth: usize) -> Scalar {
        let text = |ours: String, theirs: String| Scalar::new(ours, theirs, DataType::String);
        match self.choices.below(7) {
            0 => {
                let other = self.choices.one(&[Family::Text, Family::Int, Family::Bool]);
                let (a, b) = (self.of(Family::Text, depth), self.of(other, depth));
                let theirs = match other {
                    Family::Bool => format!("(case {} when 1 then 'true' when 0 then 'false' end)", b.theirs),
                    _ => b.theirs.clone(),
                };
                text(format!("({} || {})", a.ours, b.ours), format!("({} || {theirs})", a.theirs))
            }
            1 => {
                let a = self.of(Family::Text, depth);
                let name = self.choices.one(&["lower", "upper"]);
                text(format!("{name}({})", a.ours), format!("{name}({})", a.theirs))
            }
            2 => {
                let a = self.of(Family::Text, depth);
                text(format!("trim({})", a.ours), format!("trim({}, char(32, 10))", a.theirs))
            }
            3 => {
                let a = self.of(Family::Text, depth);
                let (from, count) = (self.choices.below(4) + 1, self.choices.below(3));
                text(format!("substr({}, {from}, {count})", a.ours), format!("substr({}, {from}, {count})", a.theirs))
            }
            4 => {
                let (a, what) = (self.of(Family::Text, depth), self.of(Family::Text, 0));
                text(
                    format!("replace({}, {}, 'z')", a.ours, what.ours),
                    format!("replace({}, {}, 'z')", a.theirs, what.theirs),
                )
            }
            5 => {
                let a = self.of(Family::Int, depth);
                text(format!("cast({} as string)", a.ours), format!("cast({} as text)", a.theirs))
            }
            _ => self.chosen(Family::Text, depth),
        }
    }

    fn date(&mut self, depth: usize) -> Scalar {
        match self.choices.below(3) {
            0 => {
                let day = self.of(Family::Date, depth);
                let days = self.choices.one(&[1, 30, -365, 0]);
                Scalar::new(format!("({} + {days})", day.ours), format!("({} + {days})", day.theirs), DataType::Date)
            }
            1 => {
                let day = self.of(Family::Date, depth);
                let part = self.choices.one(&["month", "year"]);
                let theirs = format!(
                    "(cast(strftime('%s', ({}) * 86400, 'unixepoch', 'start of {part}') as integer) / 86400)",
                    day.theirs
                );
                Scalar::new(format!("date_trunc('{part}', {})", day.ours), theirs, DataType::Date)
            }
            _ => self.chosen(Family::Date, depth),
        }
    }

    fn decimal(&mut self, depth: usize) -> Scalar {
        let a = self.of(Family::Decimal, depth);
        let (p1, s1) = a.digits();
        match self.choices.below(6) {
            0 | 1 => {
                let other = self.choices.one(&[Family::Decimal, Family::Int]);
                let b = self.of(other, depth.min(1));
                let sign = self.choices.one(&["+", "-"]);
                // A constant that fits takes the type of the decimal that it meets; another has the digits it shows.
                let (p2, s2) = match b.ours.parse::<i64>() {
                    Ok(_) if b.bound_at(s1) < 10f64.powi(p1.into()) => (p1, s1),
                    Ok(value) => (value.unsigned_abs().to_string().len() as u8, 0),
                    Err(_) => b.digits(),
                };
                let scale = s1.max(b.scale());
                let bound = a.bound_at(scale) + b.bound_at(scale);
                if bound > SAFE {
                    return a;
                }
                let precision = ((p1 - s1).max(p2 - s2) + scale + 1).min(38);
                let theirs = format!("({} {sign} {})", a.at_scale(scale), b.at_scale(scale));
                Scalar::new(format!("({} {sign} {})", a.ours, b.ours), theirs, DataType::Decimal { precision, scale })
                    .bounded(bound)
            }
            2 => {
                let b = self.of(Family::Decimal, depth.min(1));
                let ((p2, s2), bound) = (b.digits(), a.bound * b.bound);
                if bound > SAFE || s1 + s2 > 12 {
                    return a;
                }
                let data_type = DataType::Decimal { precision: (p1 + p2).min(38), scale: s1 + s2 };
                Scalar::new(format!("({} * {})", a.ours, b.ours), format!("({} * {})", a.theirs, b.theirs), data_type)
                    .bounded(bound)
            }
            3 => {
                let b = self.of(Family::Decimal, depth.min(1));
                let bound = a.bound * 10f64.powi((b.scale() + 6).into());
                if bound > SAFE || s1 > 6 {
                    return a;
                }
                let theirs = half_even(&format!("{} * {}", a.theirs, power(b.scale() + 6)), &b.theirs);
                let data_type = DataType::Decimal { precision: 38, scale: s1 + 6 };
                Scalar::new(format!("({} / {})", a.ours, b.ours), theirs, data_type).bounded(bound)
            }
            4 => Scalar { ours: format!("abs({})", a.ours), theirs: format!("abs({})", a.theirs), ..a },
            _ => self.chosen(Family::Decimal, depth),
        }
    }
}
