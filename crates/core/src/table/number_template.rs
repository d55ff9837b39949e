//! Numbers as PostgreSQL's templates of `to_char` write them: `FM999,990.00`.

/// One part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// `9`, or `0`, which is written as zero where there is no digit.
    Digit { is_zero: bool },
    /// `.` or `D`.
    Point,
    /// `,` or `G`.
    Comma,
    /// `S`, whose place the digits know.
    Anchored,
    /// `MI`: a minus below zero.
    Minus,
    /// `PL`: a plus above it.
    Plus,
    /// `SG`: either.
    Sign,
    /// Anything else, as it stands.
    Letter(char),
}

/// Where the sign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignPlace {
    /// Before the first digit, a blank for a plus.
    Usual,
    /// `S` before the digits.
    Before,
    /// `S` behind them.
    Behind,
    /// `PR`: `<12>` below zero.
    Brackets,
    /// Where `MI` or `SG` says.
    Apart,
}

/// A template of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberTemplate {
    parts: Vec<Part>,
    sign: SignPlace,
    /// `FM`: nothing is filled up.
    bare: bool,
    /// Digits before the point.
    whole: usize,
    /// Digits behind it.
    fraction: usize,
    has_point: bool,
    /// At which digit before the point zeros begin.
    zeros_from: Option<usize>,
    /// Behind which digit no `0` stands any more.
    zeros_to: usize,
}

/// Patterns that write a number in ways that are not here.
const REFUSED: [(&str, &str); 6] = [
    ("EEEE", "exponents are not written here: a float has its own text by `cast(x as string)`"),
    ("RN", "Roman numerals are not written here"),
    ("TH", "ordinals are not written here: join the ending by `||`"),
    ("L", "there is no currency of a place here: write its sign in double quotes, as `\"€\"`"),
    ("V", "nothing is shifted here: multiply before"),
    ("PR", "`PR` stands at the end, and alone"),
];

impl NumberTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn parse(template: &str) -> Result<Self, String> {
        let mut format = Self {
            parts: Vec::new(),
            sign: SignPlace::Usual,
            bare: false,
            whole: 0,
            fraction: 0,
            has_point: false,
            zeros_from: None,
            zeros_to: 0,
        };
        let mut before_sign = None;
        let mut rest = template;
        while let Some(first) = rest.chars().next() {
            let upper = rest.get(..2).unwrap_or_default().to_ascii_uppercase();
            let (length, part) = match (upper.as_str(), first) {
                ("FM", _) => {
                    format.bare = true;
                    rest = &rest[2..];
                    continue;
                }
                ("PR", _) if rest.len() == 2 && format.sign == SignPlace::Usual => {
                    format.sign = SignPlace::Brackets;
                    break;
                }
                ("MI", _) => (2, Part::Minus),
                ("PL", _) => (2, Part::Plus),
                ("SG", _) => (2, Part::Sign),
                (_, '"') => {
                    let Some((quoted, behind)) = rest[1..].split_once('"') else {
                        return Err("a quote is not closed".to_owned());
                    };
                    format.parts.extend(quoted.chars().map(Part::Letter));
                    rest = behind;
                    continue;
                }
                (_, '9' | '0') => (1, Part::Digit { is_zero: first == '0' }),
                (_, '.' | 'D' | 'd') if format.has_point => return Err("a number has one point".to_owned()),
                (_, '.' | 'D' | 'd') => (1, Part::Point),
                (_, ',' | 'G' | 'g') => (1, Part::Comma),
                (_, 'S' | 's') if format.sign != SignPlace::Usual => return Err("a number has one sign".to_owned()),
                (_, 'S' | 's') => (1, Part::Anchored),
                (_, other) if other.is_alphanumeric() => return Err(refused(rest)),
                (_, other) => (other.len_utf8(), Part::Letter(other)),
            };
            format.add(part, &mut before_sign);
            rest = &rest[length..];
        }
        if format.whole + format.fraction == 0 {
            return Err("it has no digits: `9` or `0` for each".to_owned());
        }
        if format.sign == SignPlace::Before && before_sign == Some(format.whole) {
            format.sign = SignPlace::Behind;
        }
        Ok(format)
    }

    fn add(&mut self, part: Part, before_sign: &mut Option<usize>) {
        match part {
            Part::Digit { is_zero } => {
                if is_zero && !self.has_point && self.zeros_from.is_none() {
                    self.zeros_from = Some(self.whole);
                }
                *(if self.has_point { &mut self.fraction } else { &mut self.whole }) += 1;
                if is_zero {
                    self.zeros_to = self.whole + self.fraction;
                }
            }
            Part::Point => self.has_point = true,
            Part::Anchored if self.has_point => self.sign = SignPlace::Behind,
            Part::Anchored => {
                self.sign = SignPlace::Before;
                *before_sign = Some(self.whole);
            }
            Part::Minus | Part::Sign => self.sign = SignPlace::Apart,
            Part::Plus | Part::Comma | Part::Letter(_) => {}
        }
        self.parts.push(part);
    }

    /// How many digits behind the point it writes: the number is to be rounded to these.
    pub fn places(&self) -> usize {
        self.fraction
    }

    /// Writes a number: whether it is below zero, its digits before the point without zeros at the start, at least one, and as
    /// many behind the point as the template has.
    pub fn write(&self, is_negative: bool, whole: &str, fraction: &str) -> String {
        let digits: Vec<char> = if whole.len() > self.whole {
            let sharps = |count| std::iter::repeat_n('#', count);
            let point = (self.fraction > 0).then_some('.');
            sharps(self.whole).chain(point).chain(sharps(self.fraction)).collect()
        } else {
            let point = if self.fraction > 0 { "." } else { "" };
            [whole, point, fraction].concat().chars().collect()
        };
        let blanks = self.whole.saturating_sub(whole.len());
        let mut writer = Writer {
            format: self,
            is_negative,
            digits,
            blanks,
            at: 0,
            slot: 0,
            began: false,
            out: String::new(),
            signed: false,
        };
        writer.signed = self.sign == SignPlace::Apart || (self.sign == SignPlace::Usual && self.bare && !is_negative);
        self.parts.iter().for_each(|part| writer.part(*part));
        writer.out
    }
}

fn refused(rest: &str) -> String {
    let upper = rest.to_ascii_uppercase();
    let known = REFUSED.iter().find(|(pattern, _)| upper.starts_with(pattern)).map(|(_, why)| (*why).to_owned());
    known.unwrap_or_else(|| {
        let word: String = rest.chars().take_while(|letter| letter.is_alphanumeric()).collect();
        format!(
            "`{word}` is no pattern of a number: there are `9 0 . , D G S MI PL SG PR FM`, and text in double quotes"
        )
    })
}

/// A number being written.
struct Writer<'f> {
    format: &'f NumberTemplate,
    is_negative: bool,
    /// The digits with their point.
    digits: Vec<char>,
    /// Places before the first digit.
    blanks: usize,
    /// The next digit.
    at: usize,
    /// The place in the template, digits and point counted.
    slot: usize,
    /// Whether a digit has been written.
    began: bool,
    signed: bool,
    out: String,
}

impl Writer<'_> {
    fn part(&mut self, part: Part) {
        let bare = self.format.bare;
        let unless_bare = |letter: char| (!bare).then_some(letter);
        let written = match part {
            Part::Digit { .. } | Part::Point => return self.slot(part),
            Part::Comma if self.began => Some(','),
            Part::Comma => unless_bare(' '),
            Part::Minus if self.is_negative => Some('-'),
            Part::Plus if !self.is_negative => Some('+'),
            Part::Minus | Part::Plus => unless_bare(' '),
            Part::Sign => Some(self.sign()),
            Part::Letter(letter) => Some(letter),
            Part::Anchored => None,
        };
        self.out.extend(written);
    }

    fn sign(&self) -> char {
        if self.is_negative { '-' } else { '+' }
    }

    /// The last digit that counts where nothing is filled up: behind it `9` writes nothing.
    fn last_relevant(&self) -> Option<usize> {
        let point = self.digits.iter().position(|digit| *digit == '.').filter(|_| self.format.bare)?;
        let counting = self.digits.iter().rposition(|digit| *digit != '0').unwrap_or(point).max(point);
        let forced = match self.format.zeros_to.checked_sub(self.blanks) {
            Some(place) if place > 0 => place.min(self.digits.len() - 1),
            _ => 0,
        };
        Some(counting.max(forced))
    }

    /// Whether the next digit is a zero before the point that nothing asks for.
    fn is_bare_zero(&self) -> bool {
        self.format.zeros_from.is_none() && self.at == 0 && self.digits[0] == '0' && self.format.fraction > 0
    }

    fn slot(&mut self, part: Part) {
        let last = self.last_relevant();
        let ends_with_point = last.is_some_and(|last| self.digits[last] == '.');
        let begins = self.slot >= self.blanks || self.format.zeros_from == Some(self.slot);
        if !self.signed && begins && (!self.is_bare_zero() || ends_with_point) {
            self.first_sign();
        }
        if self.slot < self.blanks {
            let zero = self.format.zeros_from.is_some_and(|from| from <= self.slot);
            match (zero, self.format.bare) {
                (true, _) => {
                    self.out.push('0');
                    self.began = true;
                }
                (false, false) => self.out.push(' '),
                (false, true) => {}
            }
        } else {
            self.digit(part, last, ends_with_point);
        }
        self.slot += 1;
        let slots = self.format.whole + self.format.fraction + usize::from(self.format.has_point);
        if self.slot == slots {
            self.last_sign();
        }
    }

    fn first_sign(&mut self) {
        self.signed = true;
        let sign = match self.format.sign {
            SignPlace::Before => Some(self.sign()),
            SignPlace::Brackets if self.is_negative => Some('<'),
            SignPlace::Brackets => (!self.format.bare).then_some(' '),
            SignPlace::Usual if self.is_negative => Some('-'),
            SignPlace::Usual => (!self.format.bare).then_some(' '),
            SignPlace::Behind | SignPlace::Apart => None,
        };
        self.out.extend(sign);
    }

    fn digit(&mut self, part: Part, last: Option<usize>, ends_with_point: bool) {
        let Some(digit) = self.digits.get(self.at).copied() else {
            // A point behind which no digits are asked for.
            if part == Part::Point {
                self.out.push('.');
            }
            return;
        };
        let is_left_out = last.is_some_and(|last| self.at > last) && part != (Part::Digit { is_zero: true });
        if digit == '.' {
            self.out.push('.');
        } else if is_left_out {
        } else if self.is_bare_zero() {
            match (self.format.bare, ends_with_point) {
                (false, _) => self.out.push(' '),
                (true, true) => self.out.push('0'),
                (true, false) => {}
            }
        } else {
            self.out.push(digit);
            self.began = true;
        }
        self.at += 1;
    }

    fn last_sign(&mut self) {
        let sign = match self.format.sign {
            SignPlace::Brackets if self.is_negative => Some('>'),
            SignPlace::Brackets => (!self.format.bare).then_some(' '),
            SignPlace::Behind => Some(self.sign()),
            _ => None,
        };
        self.out.extend(sign);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_that_are_none_say_why() {
        for (template, why) in [
            ("9EEEE", "exponents are not written here"),
            ("RN", "Roman numerals"),
            ("9TH", "ordinals"),
            ("9.9.9", "one point"),
            ("S9S", "one sign"),
            ("FM", "has no digits"),
            ("\"9", "a quote is not closed"),
            ("9 kg", "`kg` is no pattern"),
            ("PR9", "stands at the end"),
        ] {
            let error = NumberTemplate::parse(template).unwrap_err();
            assert!(error.contains(why), "{template}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_template_is_answered(template in "[90.,DGSMIPLR FM\"x]{0,9}", whole in "[1-9][0-9]{0,5}", negative: bool) {
            if let Ok(format) = NumberTemplate::parse(&template) {
                format.write(negative, &whole, &"5".repeat(format.places()));
                format.write(negative, "0", &"0".repeat(format.places()));
            }
        }
    }
}
