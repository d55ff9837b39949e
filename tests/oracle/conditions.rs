//! Conditions, written twice: as the pipeline says them and as SQLite does.

use tidemill_core::table::DataType;

use super::scalar::{Family, SAFE, Scalar, Scalars, family};

impl Scalars<'_> {
    /// A condition.
    pub fn condition(&mut self, depth: usize) -> Scalar {
        self.lazily(|this| {
            let bool = |ours: String, theirs: String| Scalar::new(ours, theirs, DataType::Bool);
            match this.choices.below(9) {
                0..=2 => this.comparison(depth),
                3 => {
                    let (a, not) = (this.any(depth), this.choices.one(&["", "not "]));
                    bool(format!("({} is {not}null)", a.ours), format!("({} is {not}null)", a.theirs))
                }
                4 => {
                    let (a, b) = (this.of(Family::Bool, depth), this.of(Family::Bool, depth));
                    let word = this.choices.one(&["and", "or"]);
                    bool(format!("({} {word} {})", a.ours, b.ours), format!("({} {word} {})", a.theirs, b.theirs))
                }
                5 => {
                    let a = this.of(Family::Bool, depth);
                    bool(format!("(not {})", a.ours), format!("(not {})", a.theirs))
                }
                6 => {
                    let a = this.of(Family::Text, depth);
                    let pattern = this.choices.one(&["a%", "%b", "_", "%", "", "%日%", "__%"]);
                    let not = this.choices.one(&["", "not "]);
                    bool(format!("({} {not}like '{pattern}')", a.ours), format!("({} {not}like '{pattern}')", a.theirs))
                }
                7 => {
                    let family = this.choices.one(&[Family::Int, Family::Text, Family::Date]);
                    let parts: Vec<Scalar> = (0..3).map(|_| this.of(family, depth.min(1))).collect();
                    let not = this.choices.one(&["", "not "]);
                    let say = |of: fn(&Scalar) -> &str| {
                        format!("({} {not}in ({}, {}))", of(&parts[0]), of(&parts[1]), of(&parts[2]))
                    };
                    bool(say(|part| &part.ours), say(|part| &part.theirs))
                }
                _ => {
                    let family = this.choices.one(&[Family::Int, Family::Text, Family::Float]);
                    let parts: Vec<Scalar> = (0..3).map(|_| this.of(family, depth.min(1))).collect();
                    let say = |of: fn(&Scalar) -> &str| {
                        format!("({} between {} and {})", of(&parts[0]), of(&parts[1]), of(&parts[2]))
                    };
                    bool(say(|part| &part.ours), say(|part| &part.theirs))
                }
            }
        })
    }

    /// Two values compared in their common type.
    fn comparison(&mut self, depth: usize) -> Scalar {
        let a = self.any(depth);
        let b = match family(a.data_type) {
            Family::Int => {
                let other = self.choices.one(&[Family::Int, Family::Int, Family::Float, Family::Decimal]);
                self.of(other, depth)
            }
            other => self.of(other, depth),
        };
        let (x, y) = match (family(a.data_type), family(b.data_type)) {
            (Family::Int, Family::Float) => (a.real(), b.real()),
            (_, Family::Decimal) => {
                let scale = a.scale().max(b.scale());
                if a.bound_at(scale) > SAFE || b.bound_at(scale) > SAFE {
                    return self.leaf(Family::Bool);
                }
                (a.at_scale(scale), b.at_scale(scale))
            }
            _ => (a.theirs.clone(), b.theirs.clone()),
        };
        let (ours, theirs) = self.choices.one(&[
            ("=", "="),
            ("<>", "<>"),
            ("<", "<"),
            (">=", ">="),
            ("is distinct from", "is not"),
            ("is not distinct from", "is"),
        ]);
        Scalar::new(format!("({} {ours} {})", a.ours, b.ours), format!("({x} {theirs} {y})"), DataType::Bool)
    }
}
