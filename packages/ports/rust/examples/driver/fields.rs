//! The fields of a message as the types of the client hold them.

use crate::json::Value;

/// The types cannot hold what the runner asks for.
pub struct Unrepresentable;

pub type Held<T> = Result<T, Unrepresentable>;

pub fn text(value: &Value) -> Held<Option<&str>> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(text)),
        _ => Err(Unrepresentable),
    }
}

pub fn number(value: &Value) -> Held<Option<f64>> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(Some(*number)),
        _ => Err(Unrepresentable),
    }
}

pub fn integer(value: &Value) -> Held<Option<u64>> {
    match number(value)? {
        None => Ok(None),
        Some(number) if number.fract() == 0.0 && (0.0..1.8e19).contains(&number) => Ok(Some(number as u64)),
        Some(_) => Err(Unrepresentable),
    }
}

pub fn pid(value: &Value) -> Held<u32> {
    required(integer(value)?)?.try_into().map_err(|_| Unrepresentable)
}

pub fn features(value: &Value) -> Held<Vec<(&str, bool)>> {
    let entries = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(entries) => entries,
        _ => return Err(Unrepresentable),
    };
    let held = entries.iter().map(|entry| match entry {
        (Value::Text(name), Value::Bool(is_on)) => Ok((name.as_str(), *is_on)),
        _ => Err(Unrepresentable),
    });
    held.collect()
}

pub fn required<T>(value: Option<T>) -> Held<T> {
    value.ok_or(Unrepresentable)
}
