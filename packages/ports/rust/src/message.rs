//! The messages of protocol 1.1 as lines of JSON.
//!
//! [`crate::MonitorClient`] makes them by itself. They are here for a program that writes lines by
//! other means, and for tests. What no receiver would accept is refused, and nothing is written.

use std::collections::HashSet;
use std::fmt::{self, Write as _};

/// The longest line, without its newline.
const MOST_BYTES: usize = 65_536;
const MOST_INTEGER: u64 = (1 << 53) - 1;
const MOST_FEATURES: usize = 256;

/// Why a message cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which field is at fault, as it is named on the wire.
    pub field: &'static str,
    /// What the field has to be.
    pub expected: &'static str,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: expected {}", self.field, self.expected)
    }
}

impl std::error::Error for Refusal {}

/// The bot is there, and this is what it can do.
#[derive(Clone, Debug, Default)]
pub struct Register<'a> {
    /// Name of the bot.
    pub channel: &'a str,
    /// Its process.
    pub pid: u32,
    /// At most 256 features, on or off; of two of the same name the last counts.
    pub features: Vec<(&'a str, bool)>,
    /// Version of the bot.
    pub version: Option<&'a str>,
    /// When the process started, in Unix milliseconds.
    pub started_at: Option<f64>,
    /// How often the bot beats, in seconds.
    pub interval_s: Option<f64>,
    /// Why the bot does not work although it is alive.
    pub trouble: Option<&'a str>,
    /// When it happened, in Unix milliseconds.
    pub ts: Option<f64>,
}

/// The bot is alive.
#[derive(Clone, Debug, Default)]
pub struct Heartbeat<'a> {
    /// Name of the bot.
    pub channel: &'a str,
    /// Its process.
    pub pid: u32,
    /// Resident memory, in units of 1,048,576 bytes.
    pub rss_mb: Option<f64>,
    /// CPU, in percent of one core.
    pub cpu_pct: Option<f64>,
    /// Usage and metric lines that the client lost since its start.
    pub dropped: Option<u64>,
    /// When the process started, in Unix milliseconds.
    pub started_at: Option<f64>,
    /// How often the bot beats, in seconds.
    pub interval_s: Option<f64>,
    /// Why the bot does not work although it is alive.
    pub trouble: Option<&'a str>,
    /// When it happened, in Unix milliseconds.
    pub ts: Option<f64>,
}

/// The bot ends on purpose.
#[derive(Clone, Debug, Default)]
pub struct Unregister<'a> {
    /// Name of the bot.
    pub channel: &'a str,
    /// Its process.
    pub pid: u32,
    /// When it happened, in Unix milliseconds.
    pub ts: Option<f64>,
}

/// One call of a language model. See [`crate::LlmUsage`] for what the fields mean.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct LlmUsageLine<'a> {
    pub channel: &'a str,
    pub model: &'a str,
    pub feature: &'a str,
    pub tokens_in: u64,
    pub tokens_out: u64,
    pub latency_ms: Option<f64>,
    pub provider: Option<&'a str>,
    pub tokens_cached: Option<u64>,
    pub tokens_cache_write: Option<u64>,
    pub cost_usd: Option<f64>,
    pub error: Option<&'a str>,
    pub ts: Option<f64>,
}

/// A number of the bot's own.
#[derive(Clone, Debug, Default)]
pub struct CustomMetric<'a> {
    /// Name of the bot.
    pub channel: &'a str,
    /// Name of the metric.
    pub metric_name: &'a str,
    /// Its value.
    pub value: f64,
    /// When it happened, in Unix milliseconds.
    pub ts: Option<f64>,
}

impl Register<'_> {
    /// The message as a line, with its newline.
    pub fn encode(&self) -> Result<String, Refusal> {
        let features = features_text(self.features.iter().copied())?;
        self.encode_with(&features)
    }

    /// The same with features that [`features_text`] made.
    pub(crate) fn encode_with(&self, features: &str) -> Result<String, Refusal> {
        let mut line = Line::begin("register", 160 + features.len());
        line.channel(self.channel)?;
        line.pid(self.pid)?;
        line.name("features");
        line.text.push_str(features);
        line.label("version", self.version)?;
        line.time("started_at", self.started_at)?;
        line.interval(self.interval_s)?;
        line.label("trouble", self.trouble)?;
        line.time("ts", self.ts)?;
        line.end()
    }
}

impl Heartbeat<'_> {
    /// The message as a line, with its newline.
    pub fn encode(&self) -> Result<String, Refusal> {
        let mut line = Line::begin("heartbeat", 192);
        line.channel(self.channel)?;
        line.pid(self.pid)?;
        line.amount("rss_mb", self.rss_mb)?;
        line.amount("cpu_pct", self.cpu_pct)?;
        line.count("dropped", self.dropped)?;
        line.time("started_at", self.started_at)?;
        line.interval(self.interval_s)?;
        line.label("trouble", self.trouble)?;
        line.time("ts", self.ts)?;
        line.end()
    }
}

impl Unregister<'_> {
    /// The message as a line, with its newline.
    pub fn encode(&self) -> Result<String, Refusal> {
        let mut line = Line::begin("unregister", 96);
        line.channel(self.channel)?;
        line.pid(self.pid)?;
        line.time("ts", self.ts)?;
        line.end()
    }
}

impl LlmUsageLine<'_> {
    /// The message as a line, with its newline.
    pub fn encode(&self) -> Result<String, Refusal> {
        let mut line = Line::begin("llm_usage", 288);
        line.channel(self.channel)?;
        line.label("model", Some(self.model))?;
        line.label("feature", Some(self.feature))?;
        line.count("tokens_in", Some(self.tokens_in))?;
        line.count("tokens_out", Some(self.tokens_out))?;
        line.amount("latency_ms", self.latency_ms)?;
        line.label("provider", self.provider)?;
        line.count("tokens_cached", self.tokens_cached)?;
        line.count("tokens_cache_write", self.tokens_cache_write)?;
        line.amount("cost_usd", self.cost_usd)?;
        line.kind_of_error(self.error)?;
        line.time("ts", self.ts)?;
        line.end()
    }
}

impl CustomMetric<'_> {
    /// The message as a line, with its newline.
    pub fn encode(&self) -> Result<String, Refusal> {
        let mut line = Line::begin("custom_metric", 128);
        line.channel(self.channel)?;
        line.label("metric_name", Some(self.metric_name))?;
        line.finite("value", self.value, "a finite number")?;
        line.time("ts", self.ts)?;
        line.end()
    }
}

/// The features as JSON, each name once.
pub(crate) fn features_text<'a>(
    features: impl DoubleEndedIterator<Item = (&'a str, bool)>,
) -> Result<String, Refusal> {
    let refusal = Refusal { field: "features", expected: "at most 256 names of 1 to 128 code points" };
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    // From the end, as the last of the same name counts.
    for (name, is_on) in features.rev() {
        if !seen.insert(name) {
            continue;
        }
        if kept.len() == MOST_FEATURES || name.is_empty() || name.chars().take(129).count() > 128 {
            return Err(refusal);
        }
        kept.push((name, is_on));
    }
    let mut text = String::from("{");
    for (index, (name, is_on)) in kept.iter().rev().enumerate() {
        if index > 0 {
            text.push(',');
        }
        push_quoted(&mut text, name);
        text.push_str(if *is_on { ":true" } else { ":false" });
    }
    text.push('}');
    Ok(text)
}

/// Why no bot can have this name; `None` where one can.
pub(crate) fn refusal_of_channel(channel: &str) -> Option<Refusal> {
    Line::begin("", 0).channel(channel).err()
}

/// The text on one line of at most 256 code points, as `trouble` has to be: control characters
/// become spaces. `None` where nothing is left.
pub(crate) fn as_label(text: &str) -> Option<String> {
    let plain: String = text
        .trim_start_matches(|c: char| c.is_whitespace() || c.is_control())
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(256)
        .collect();
    let plain = plain.trim_end();
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// A line that is being written.
struct Line {
    text: String,
}

impl Line {
    fn begin(kind: &str, capacity: usize) -> Line {
        let mut text = String::with_capacity(capacity);
        text.push_str("{\"type\":\"");
        text.push_str(kind);
        text.push('"');
        Line { text }
    }

    fn name(&mut self, name: &str) {
        self.text.push_str(",\"");
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    fn channel(&mut self, channel: &str) -> Result<(), Refusal> {
        if !is_plain(channel, 128) || channel == "." || channel == ".." {
            let expected = "1 to 128 code points without control characters, neither . nor ..";
            return Err(Refusal { field: "channel", expected });
        }
        self.name("channel");
        push_quoted(&mut self.text, channel);
        Ok(())
    }

    fn pid(&mut self, pid: u32) -> Result<(), Refusal> {
        if pid == 0 {
            return Err(Refusal { field: "pid", expected: "an integer from 1 to 4294967295" });
        }
        self.name("pid");
        let _ = write!(self.text, "{pid}");
        Ok(())
    }

    fn label(&mut self, field: &'static str, value: Option<&str>) -> Result<(), Refusal> {
        let Some(value) = value else { return Ok(()) };
        if !is_plain(value, 256) {
            let expected = "1 to 256 code points without control characters";
            return Err(Refusal { field, expected });
        }
        self.name(field);
        push_quoted(&mut self.text, value);
        Ok(())
    }

    fn kind_of_error(&mut self, value: Option<&str>) -> Result<(), Refusal> {
        let Some(value) = value else { return Ok(()) };
        let is_kind = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if value.is_empty() || value.len() > 64 || !value.bytes().all(is_kind) {
            let expected = "1 to 64 characters of a-z, 0-9 and _";
            return Err(Refusal { field: "error", expected });
        }
        self.label("error", Some(value))
    }

    fn count(&mut self, field: &'static str, value: Option<u64>) -> Result<(), Refusal> {
        let Some(value) = value else { return Ok(()) };
        if value > MOST_INTEGER {
            return Err(Refusal { field, expected: "an integer from 0 to 2^53 - 1" });
        }
        self.name(field);
        let _ = write!(self.text, "{value}");
        Ok(())
    }

    fn amount(&mut self, field: &'static str, value: Option<f64>) -> Result<(), Refusal> {
        match value {
            None => Ok(()),
            Some(value) if value < 0.0 => Err(Refusal { field, expected: "a number of 0 or more" }),
            Some(value) => self.finite(field, value, "a number of 0 or more"),
        }
    }

    fn interval(&mut self, value: Option<f64>) -> Result<(), Refusal> {
        let (field, expected) = ("interval_s", "a number above 0");
        match value {
            None => Ok(()),
            Some(value) if value <= 0.0 => Err(Refusal { field, expected }),
            Some(value) => self.finite(field, value, expected),
        }
    }

    fn time(&mut self, field: &'static str, value: Option<f64>) -> Result<(), Refusal> {
        value.map_or(Ok(()), |value| self.finite(field, value, "a finite number"))
    }

    fn finite(&mut self, field: &'static str, value: f64, expected: &'static str) -> Result<(), Refusal> {
        if !value.is_finite() {
            return Err(Refusal { field, expected });
        }
        self.name(field);
        push_number(&mut self.text, value);
        Ok(())
    }

    fn end(mut self) -> Result<String, Refusal> {
        self.text.push('}');
        if self.text.len() > MOST_BYTES {
            // Nothing else can be that long.
            let expected = "features that fit into a line of 65536 bytes";
            return Err(Refusal { field: "features", expected });
        }
        self.text.push('\n');
        Ok(self.text)
    }
}

fn is_plain(text: &str, most: usize) -> bool {
    let mut count = 0;
    for character in text.chars() {
        count += 1;
        if count > most || character.is_control() {
            return false;
        }
    }
    count > 0
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\x1f' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// The shortest text that is read back as the same double.
fn push_number(out: &mut String, value: f64) {
    let _ = if value == 0.0 {
        out.write_char('0')
    } else if value.fract() == 0.0 && value.abs() < 1e15 {
        write!(out, "{}", value as i64)
    } else {
        // Unlike `{}`, with an exponent where the number is very large or small.
        write!(out, "{value:?}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_written_with_its_required_fields_alone() {
        let line = Register { channel: "lounge", pid: 4242, ..Register::default() }.encode();
        assert_eq!(
            line.as_deref(),
            Ok("{\"type\":\"register\",\"channel\":\"lounge\",\"pid\":4242,\"features\":{}}\n")
        );
    }

    #[test]
    fn numbers_are_read_back_as_they_were() {
        for value in
            [0.1, -0.0, 1e300, 5e-324, 1.7976931348623157e308, 9007199254740993.0, -7.0, 1e15, 0.3e-7]
        {
            let mut text = String::new();
            push_number(&mut text, value);
            assert_eq!(text.parse::<f64>(), Ok(value), "{text}");
        }
    }

    #[test]
    fn names_are_escaped_where_json_asks_for_it() {
        let features = features_text([("a\"b\\c\n\u{1f}é😀", true)].into_iter());
        assert_eq!(features.as_deref(), Ok("{\"a\\\"b\\\\c\\u000a\\u001fé😀\":true}"));
    }

    #[test]
    fn of_two_features_of_the_same_name_the_last_is_written_in_its_place() {
        let features = features_text([("a", true), ("b", true), ("a", false)].into_iter());
        assert_eq!(features.as_deref(), Ok("{\"b\":true,\"a\":false}"));
    }

    #[test]
    fn what_a_receiver_would_reject_is_refused_with_its_field() {
        let long = "x".repeat(257);
        let usage = LlmUsageLine { channel: "c", model: "m", feature: "f", ..LlmUsageLine::default() };
        for (line, field) in [
            (Unregister { channel: "", pid: 1, ts: None }.encode(), "channel"),
            (Unregister { channel: "..", pid: 1, ts: None }.encode(), "channel"),
            (Unregister { channel: "a\u{85}", pid: 1, ts: None }.encode(), "channel"),
            (Unregister { channel: &long[..129], pid: 1, ts: None }.encode(), "channel"),
            (Unregister { channel: "c", pid: 0, ts: None }.encode(), "pid"),
            (Unregister { channel: "c", pid: 1, ts: Some(f64::NAN) }.encode(), "ts"),
            (LlmUsageLine { model: &long, ..usage.clone() }.encode(), "model"),
            (LlmUsageLine { tokens_in: 1 << 53, ..usage.clone() }.encode(), "tokens_in"),
            (LlmUsageLine { cost_usd: Some(-0.5), ..usage.clone() }.encode(), "cost_usd"),
            (LlmUsageLine { latency_ms: Some(f64::INFINITY), ..usage.clone() }.encode(), "latency_ms"),
            (LlmUsageLine { error: Some("Rate limit"), ..usage.clone() }.encode(), "error"),
            (
                Heartbeat { channel: "c", pid: 1, interval_s: Some(0.0), ..Heartbeat::default() }.encode(),
                "interval_s",
            ),
        ] {
            assert_eq!(line.map_err(|refusal| refusal.field), Err(field));
        }
        let names: Vec<String> = (0..257).map(|n| n.to_string()).collect();
        let many = names.iter().map(|name| (name.as_str(), true));
        assert_eq!(features_text(many).map_err(|refusal| refusal.field), Err("features"));
    }

    #[test]
    fn lengths_are_counted_in_code_points() {
        let channel = "😀".repeat(128);
        assert!(Unregister { channel: &channel, pid: 1, ts: None }.encode().is_ok());
        let channel = "😀".repeat(129);
        assert!(Unregister { channel: &channel, pid: 1, ts: None }.encode().is_err());
    }

    #[test]
    fn a_line_longer_than_any_receiver_takes_is_refused() {
        let names: Vec<String> = (0..256).map(|n| format!("{n:03}{}", "😀".repeat(125))).collect();
        let features = names.iter().map(|name| (name.as_str(), true)).collect();
        let line = Register { channel: "c", pid: 1, features, ..Register::default() }.encode();
        assert_eq!(line.map_err(|refusal| refusal.field), Err("features"));
    }

    #[test]
    fn trouble_becomes_one_line() {
        assert_eq!(as_label("\n gateway\nclosed \u{7f}").as_deref(), Some("gateway closed"));
        assert_eq!(as_label(" \n\t"), None);
        assert_eq!(as_label(&"é".repeat(300)).map(|text| text.chars().count()), Some(256));
    }
}
