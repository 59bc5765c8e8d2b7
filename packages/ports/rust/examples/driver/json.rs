//! Reads the commands of the conformance runner: JSON, with the tags of the fixtures.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A string that Rust's cannot hold: it has a lone surrogate.
    IllFormedText,
    List(Vec<Value>),
    Object(Vec<(Value, Value)>),
}

impl Value {
    pub fn parse(text: &str) -> Option<Value> {
        let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
        let value = reader.value()?;
        reader.skip_space();
        (reader.at == reader.bytes.len()).then_some(value)
    }

    /// A field; `Null` where there is none.
    pub fn get(&self, name: &str) -> &Value {
        let Value::Object(fields) = self else {
            return &Value::Null;
        };
        let found = fields.iter().rev().find(|(key, _)| matches!(key, Value::Text(key) if key == name));
        found.map_or(&Value::Null, |(_, value)| value)
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The value that the tags in it mean.
    pub fn untagged(self) -> Value {
        match self {
            Value::List(items) => Value::List(items.into_iter().map(Value::untagged).collect()),
            Value::Object(fields) => {
                if let [(Value::Text(tag), value)] = fields.as_slice() {
                    match (tag.as_str(), value) {
                        ("$number", Value::Text(text)) => {
                            return text.parse().map_or(Value::Null, Value::Number);
                        }
                        ("$string", Value::List(parts)) => return text_of(&units_of(parts)),
                        ("$entries", Value::List(entries)) => return entries_of(entries),
                        _ => {}
                    }
                }
                let fields = fields.into_iter().map(|(name, value)| (name, value.untagged()));
                Value::Object(fields.collect())
            }
            plain => plain,
        }
    }
}

fn entries_of(entries: &[Value]) -> Value {
    let pairs = entries.iter().filter_map(|entry| match entry {
        Value::List(pair) => match pair.as_slice() {
            [name, value] => Some((name.clone().untagged(), value.clone().untagged())),
            _ => None,
        },
        _ => None,
    });
    Value::Object(pairs.collect())
}

fn units_of(parts: &[Value]) -> Vec<u16> {
    let mut units = Vec::new();
    for part in parts {
        match part {
            Value::Text(text) => units.extend(text.encode_utf16()),
            part => {
                if let Value::List(numbers) = part.get("utf16") {
                    units.extend(numbers.iter().filter_map(Value::number).map(|unit| unit as u16));
                }
                let repeated = part.get("repeat");
                if *repeated != Value::Null {
                    let repeated = units_of(std::slice::from_ref(repeated));
                    for _ in 0..part.get("times").number().unwrap_or(0.0) as usize {
                        units.extend_from_slice(&repeated);
                    }
                }
            }
        }
    }
    units
}

fn text_of(units: &[u16]) -> Value {
    String::from_utf16(units).map_or(Value::IllFormedText, Value::Text)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.bytes[self.at..].starts_with(word.as_bytes());
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    fn value(&mut self) -> Option<Value> {
        self.skip_space();
        match self.bytes.get(self.at)? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.string(),
            b'n' => self.takes("null").then_some(Value::Null),
            b't' => self.takes("true").then_some(Value::Bool(true)),
            b'f' => self.takes("false").then_some(Value::Bool(false)),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Option<Value> {
        let mut fields = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.takes("}") {
            return Some(Value::Object(fields));
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.skip_space();
            if !self.takes(":") {
                return None;
            }
            fields.push((name, self.value()?));
            self.skip_space();
            if self.takes("}") {
                return Some(Value::Object(fields));
            }
            if !self.takes(",") {
                return None;
            }
        }
    }

    fn list(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.takes("]") {
            return Some(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            if self.takes("]") {
                return Some(Value::List(items));
            }
            if !self.takes(",") {
                return None;
            }
        }
    }

    fn string(&mut self) -> Option<Value> {
        if !self.takes("\"") {
            return None;
        }
        let mut units = Vec::new();
        loop {
            let start = self.at;
            while !matches!(self.bytes.get(self.at)?, b'"' | b'\\') {
                self.at += 1;
            }
            units.extend(std::str::from_utf8(&self.bytes[start..self.at]).ok()?.encode_utf16());
            if self.takes("\"") {
                return Some(text_of(&units));
            }
            self.at += 1;
            let escape = *self.bytes.get(self.at)?;
            self.at += 1;
            units.push(match escape {
                b'b' => 8,
                b'f' => 12,
                b'n' => 10,
                b'r' => 13,
                b't' => 9,
                b'u' => {
                    let digits = std::str::from_utf8(self.bytes.get(self.at..self.at + 4)?).ok()?;
                    self.at += 4;
                    u16::from_str_radix(digits, 16).ok()?
                }
                plain => u16::from(plain),
            });
        }
    }

    fn number(&mut self) -> Option<Value> {
        let rest = std::str::from_utf8(&self.bytes[self.at..]).ok()?;
        let end = rest.find(|c: char| !"-+.eE0123456789".contains(c)).unwrap_or(rest.len());
        self.at += end;
        rest[..end].parse().ok().map(Value::Number)
    }
}
