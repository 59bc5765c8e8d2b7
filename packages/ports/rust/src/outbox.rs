//! The lines that wait, in the order of the calls, and what becomes of each.

use std::collections::VecDeque;
use std::sync::Arc;

/// How much is handed over in one write. A Unix socket of Linux takes so much whole or not at all,
/// so no line is cut there.
const CHUNK_BYTES: usize = 16_384;

/// What a line is made of. State lines are written when they leave, with what is true then.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// The registration, repeated for a new connection. No call made it.
    Greeting,
    Register {
        ts: Option<f64>,
        features: Arc<str>,
    },
    Heartbeat {
        ts: Option<f64>,
        rss_mb: Option<f64>,
        cpu_pct: Option<f64>,
    },
    Unregister {
        ts: Option<f64>,
    },
    /// Usage or a metric.
    Row {
        line: String,
    },
}

impl Item {
    fn slot(&self) -> Option<usize> {
        match self {
            Item::Register { .. } => Some(REGISTER),
            Item::Heartbeat { .. } => Some(HEARTBEAT),
            Item::Unregister { .. } => Some(UNREGISTER),
            Item::Greeting | Item::Row { .. } => None,
        }
    }

    /// The bytes of a row; other lines count nowhere.
    fn row_bytes(&self) -> usize {
        match self {
            Item::Row { line } => line.len(),
            _ => 0,
        }
    }
}

const REGISTER: usize = 0;
const HEARTBEAT: usize = 1;
const UNREGISTER: usize = 2;

#[derive(Debug)]
struct Waiting {
    order: u64,
    item: Item,
}

#[derive(Debug)]
struct Leaving {
    waiting: Waiting,
    start: usize,
    end: usize,
}

/// Lines that are being written.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    /// How many of the bytes are gone: only ever those of a line that was cut.
    gone: usize,
    lines: VecDeque<Leaving>,
}

impl Chunk {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What is still to be written.
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.gone..).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.gone = 0;
        self.lines.clear();
    }
}

/// The lines that wait. Usage and metrics wait in a ring, bounded by count and by bytes, whose
/// oldest are dropped; of registration, heartbeat and goodbye the newest waits, in the place of the
/// one that it replaces.
#[derive(Debug)]
pub(crate) struct Outbox {
    most_lines: usize,
    most_bytes: usize,
    rows: VecDeque<Waiting>,
    row_bytes: usize,
    slots: [Option<Waiting>; 3],
    is_greeting: bool,
    order: u64,
    /// What comes now is lost without being counted again.
    is_abandoned: bool,
    /// Lines of calls in the chunk that is being written, and how many of them are rows.
    leaving: usize,
    leaving_rows: u64,
    /// Usage and metric lines that were taken and then lost.
    pub(crate) lost: u64,
    /// Lines of calls that the operating system took.
    pub(crate) sent: u64,
}

impl Outbox {
    pub(crate) fn new(most_lines: usize, most_bytes: usize) -> Outbox {
        Outbox {
            most_lines: most_lines.max(1),
            most_bytes,
            rows: VecDeque::new(),
            row_bytes: 0,
            slots: [None, None, None],
            is_greeting: false,
            order: 0,
            is_abandoned: false,
            leaving: 0,
            leaving_rows: 0,
            lost: 0,
            sent: 0,
        }
    }

    /// Lines of calls that are neither sent nor lost.
    pub(crate) fn waiting(&self) -> usize {
        self.rows.len() + self.slots.iter().flatten().count() + self.leaving
    }

    /// Whether there is nothing to write, no greeting either.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting() == 0 && !self.is_greeting
    }

    pub(crate) fn has_heartbeat(&self) -> bool {
        self.slots[HEARTBEAT].is_some()
    }

    pub(crate) fn put(&mut self, item: Item) {
        self.order += 1;
        let mut order = self.order;
        let Some(slot) = item.slot() else {
            self.put_row(Waiting { order, item });
            return;
        };
        if self.is_abandoned {
            return;
        }
        let registered = order_of(self.slots[REGISTER].as_ref());
        let replaced = order_of(self.slots[slot].as_ref());
        match slot {
            // The bot is back.
            REGISTER => self.slots[UNREGISTER] = None,
            UNREGISTER => self.slots[HEARTBEAT] = None,
            _ => {}
        }
        // A heartbeat stays behind a registration that came before it: of what both say, the newest
        // must arrive last.
        let is_passed = slot == HEARTBEAT && registered > replaced;
        if let (Some(replaced), false) = (replaced, is_passed) {
            order = replaced;
        }
        self.slots[slot] = Some(Waiting { order, item });
    }

    /// A new connection begins with the registration; one that waits takes that place.
    pub(crate) fn greet(&mut self) {
        match &mut self.slots[REGISTER] {
            Some(register) => register.order = 0,
            None => self.is_greeting = true,
        }
    }

    /// Moves the oldest lines into the chunk, unless a line in it was cut. `write` makes the text
    /// of a state line; nothing where it would say nothing any more.
    pub(crate) fn fill(
        &mut self,
        chunk: &mut Chunk,
        mut write: impl FnMut(&Outbox, &Item) -> Option<String>,
    ) {
        if !chunk.is_empty() {
            return;
        }
        chunk.clear();
        while chunk.bytes.len() < CHUNK_BYTES {
            let next = self.rows.front().map_or(0, |row| row.item.row_bytes());
            if !chunk.is_empty() && chunk.bytes.len() + next > CHUNK_BYTES {
                return;
            }
            let Some(waiting) = self.take_oldest() else {
                return;
            };
            let start = chunk.bytes.len();
            if let Item::Row { line } = &waiting.item {
                chunk.bytes.extend_from_slice(line.as_bytes());
            } else if let Some(text) = write(self, &waiting.item) {
                chunk.bytes.extend_from_slice(text.as_bytes());
            } else {
                continue;
            }
            if waiting.item != Item::Greeting {
                self.leaving += 1;
            }
            self.leaving_rows += u64::from(waiting.item.row_bytes() > 0);
            let end = chunk.bytes.len();
            chunk.lines.push_back(Leaving { waiting, start, end });
        }
    }

    /// The operating system took that many of the chunk's bytes. A line that was cut stays in it,
    /// to be finished before anything else; those that were not begun wait again.
    pub(crate) fn advance(&mut self, chunk: &mut Chunk, taken: usize) {
        let gone = chunk.gone + taken;
        while chunk.lines.front().is_some_and(|line| line.end <= gone) {
            let Some(line) = chunk.lines.pop_front() else {
                break;
            };
            if line.waiting.item != Item::Greeting {
                self.sent += 1;
            }
            self.end_leaving(&line.waiting.item);
        }
        let is_cut = chunk.lines.front().is_some_and(|line| line.start < gone);
        while chunk.lines.len() > usize::from(is_cut) {
            let Some(line) = chunk.lines.pop_back() else {
                break;
            };
            self.put_back(line.waiting);
        }
        match chunk.lines.front() {
            Some(line) => {
                chunk.bytes.truncate(line.end);
                chunk.gone = gone;
            }
            None => chunk.clear(),
        }
    }

    /// The connection broke. A line that was begun is lost, as the monitor may have it. Only a
    /// goodbye is said again, where it still stands: it cannot count twice.
    pub(crate) fn lose(&mut self, chunk: &mut Chunk, is_gone: bool) {
        while let Some(line) = chunk.lines.pop_back() {
            if is_gone && line.waiting.item.slot() == Some(UNREGISTER) {
                self.put_back(line.waiting);
            } else {
                let rows = self.leaving_rows;
                self.end_leaving(&line.waiting.item);
                self.lost += rows - self.leaving_rows;
            }
        }
        chunk.clear();
        self.is_greeting = false;
    }

    /// Drops all that waits, also what is being written, and all that comes.
    pub(crate) fn abandon(&mut self) {
        self.is_abandoned = true;
        self.lost += self.rows.len() as u64;
        self.rows = VecDeque::new();
        self.row_bytes = 0;
        self.slots = [None, None, None];
        self.is_greeting = false;
        self.abandon_leaving();
    }

    /// The chunk that was being written is gone, nobody knows how much of it.
    pub(crate) fn abandon_leaving(&mut self) {
        self.lost += self.leaving_rows;
        self.leaving = 0;
        self.leaving_rows = 0;
    }

    fn put_row(&mut self, row: Waiting) {
        let bytes = row.item.row_bytes();
        if bytes > self.most_bytes || self.is_abandoned {
            self.lost += 1;
            return;
        }
        while self.rows.len() >= self.most_lines || self.row_bytes + bytes > self.most_bytes {
            let Some(oldest) = self.rows.pop_front() else {
                break;
            };
            self.row_bytes -= oldest.item.row_bytes();
            self.lost += 1;
        }
        self.row_bytes += bytes;
        self.rows.push_back(row);
    }

    fn take_oldest(&mut self) -> Option<Waiting> {
        if self.is_greeting {
            self.is_greeting = false;
            return Some(Waiting { order: 0, item: Item::Greeting });
        }
        let row = order_of(self.rows.front());
        let mut oldest: Option<(u64, usize)> = None;
        for (slot, waiting) in self.slots.iter().enumerate() {
            if let Some(order) = order_of(waiting.as_ref()) {
                if oldest.map_or(true, |(other, _)| order < other) {
                    oldest = Some((order, slot));
                }
            }
        }
        match oldest {
            Some((order, slot)) if row.map_or(true, |row| order < row) => self.slots[slot].take(),
            _ => {
                let waiting = self.rows.pop_front()?;
                self.row_bytes -= waiting.item.row_bytes();
                Some(waiting)
            }
        }
    }

    /// A line of the chunk waits again, as the oldest of its kind. There may be no room for it any
    /// more, or a newer one in its place.
    fn put_back(&mut self, waiting: Waiting) {
        self.end_leaving(&waiting.item);
        if self.is_abandoned {
            return;
        }
        let bytes = waiting.item.row_bytes();
        match waiting.item.slot() {
            Some(slot) => {
                let is_ended = slot == HEARTBEAT && self.slots[UNREGISTER].is_some();
                let is_back = slot == UNREGISTER && self.slots[REGISTER].is_some();
                if self.slots[slot].is_none() && !is_ended && !is_back {
                    self.slots[slot] = Some(waiting);
                }
            }
            None if bytes == 0 => self.is_greeting = true,
            None if self.rows.len() >= self.most_lines || self.row_bytes + bytes > self.most_bytes => {
                self.lost += 1;
            }
            None => {
                self.row_bytes += bytes;
                self.rows.push_front(waiting);
            }
        }
    }

    fn end_leaving(&mut self, item: &Item) {
        if *item != Item::Greeting {
            self.leaving = self.leaving.saturating_sub(1);
        }
        if item.row_bytes() > 0 {
            self.leaving_rows = self.leaving_rows.saturating_sub(1);
        }
    }
}

fn order_of(waiting: Option<&Waiting>) -> Option<u64> {
    waiting.map(|waiting| waiting.order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Item {
        Item::Row { line: format!("{text}\n") }
    }

    fn register() -> Item {
        Item::Register { ts: None, features: "{}".into() }
    }

    fn beat() -> Item {
        Item::Heartbeat { ts: None, rss_mb: None, cpu_pct: None }
    }

    fn name_of(item: &Item) -> String {
        match item {
            Item::Greeting => "greeting\n",
            Item::Register { .. } => "register\n",
            Item::Heartbeat { .. } => "heartbeat\n",
            Item::Unregister { .. } => "unregister\n",
            Item::Row { line } => line,
        }
        .to_owned()
    }

    /// What would be written now.
    fn filled(outbox: &mut Outbox) -> Chunk {
        let mut chunk = Chunk::default();
        outbox.fill(&mut chunk, |_, item| Some(name_of(item)));
        chunk
    }

    fn text(chunk: &Chunk) -> String {
        String::from_utf8_lossy(chunk.rest()).replace('\n', " ")
    }

    #[test]
    fn lines_leave_in_the_order_of_the_calls() {
        let mut outbox = Outbox::new(10, 1_000);
        for item in [row("1"), register(), row("2"), beat(), row("3"), Item::Unregister { ts: None }] {
            outbox.put(item);
        }
        // The goodbye took the heartbeat away.
        assert_eq!(text(&filled(&mut outbox)), "1 register 2 3 unregister ");
    }

    #[test]
    fn a_state_line_takes_the_place_of_the_one_that_it_replaces() {
        let mut outbox = Outbox::new(10, 1_000);
        for item in [beat(), row("1"), beat(), row("2")] {
            outbox.put(item);
        }
        assert_eq!(text(&filled(&mut outbox)), "heartbeat 1 2 ");
        for item in [beat(), register(), row("1"), beat()] {
            outbox.put(item);
        }
        outbox.rows.clear();
        assert_eq!(outbox.waiting(), 2 + 3);
    }

    #[test]
    fn a_bot_that_is_back_does_not_say_goodbye() {
        let mut outbox = Outbox::new(10, 1_000);
        for item in [register(), Item::Unregister { ts: None }, register()] {
            outbox.put(item);
        }
        assert_eq!(text(&filled(&mut outbox)), "register ");
    }

    #[test]
    fn a_connection_begins_with_the_registration_that_waits_or_with_a_greeting() {
        let mut outbox = Outbox::new(10, 1_000);
        outbox.put(row("1"));
        outbox.greet();
        assert_eq!(text(&filled(&mut outbox)), "greeting 1 ");
        let mut outbox = Outbox::new(10, 1_000);
        outbox.put(row("1"));
        outbox.put(register());
        outbox.greet();
        assert_eq!(text(&filled(&mut outbox)), "register 1 ");
    }

    #[test]
    fn the_oldest_rows_are_dropped_at_either_bound_and_counted() {
        let mut outbox = Outbox::new(3, 1_000);
        for name in ["1", "2", "3", "4", "5"] {
            outbox.put(row(name));
        }
        assert_eq!((outbox.lost, outbox.waiting()), (2, 3));
        assert_eq!(text(&filled(&mut outbox)), "3 4 5 ");

        let mut outbox = Outbox::new(100, 10);
        for name in ["12345", "123", "1234"] {
            outbox.put(row(name));
        }
        assert_eq!(outbox.lost, 1);
        assert_eq!(text(&filled(&mut outbox)), "123 1234 ");
    }

    #[test]
    fn a_row_larger_than_the_bound_is_dropped_and_displaces_nothing() {
        let mut outbox = Outbox::new(10, 10);
        outbox.put(row("123"));
        outbox.put(row("1234567890"));
        assert_eq!(outbox.lost, 1);
        assert_eq!(text(&filled(&mut outbox)), "123 ");
    }

    #[test]
    fn what_was_not_taken_waits_again_in_its_order() {
        let mut outbox = Outbox::new(10, 1_000);
        for item in [row("1"), beat(), row("2"), row("3")] {
            outbox.put(item);
        }
        let mut chunk = filled(&mut outbox);
        outbox.advance(&mut chunk, 2);
        assert!(chunk.is_empty());
        assert_eq!((outbox.sent, outbox.waiting()), (1, 3));
        outbox.put(row("4"));
        assert_eq!(text(&filled(&mut outbox)), "heartbeat 2 3 4 ");
    }

    #[test]
    fn a_line_that_was_cut_is_finished_before_anything_else() {
        let mut outbox = Outbox::new(10, 1_000);
        for name in ["1111", "2222", "3333"] {
            outbox.put(row(name));
        }
        let mut chunk = filled(&mut outbox);
        outbox.advance(&mut chunk, 7);
        outbox.put(beat());
        outbox.fill(&mut chunk, |_, item| Some(name_of(item)));
        assert_eq!(text(&chunk), "22 ");
        outbox.advance(&mut chunk, 1);
        assert_eq!(text(&chunk), "2 ");
        outbox.advance(&mut chunk, 2);
        assert!(chunk.is_empty());
        assert_eq!(text(&filled(&mut outbox)), "3333 heartbeat ");
    }

    #[test]
    fn a_line_that_was_cut_is_lost_with_its_connection_and_never_sent_again() {
        let mut outbox = Outbox::new(10, 1_000);
        for name in ["1111", "2222", "3333"] {
            outbox.put(row(name));
        }
        let mut chunk = filled(&mut outbox);
        outbox.advance(&mut chunk, 7);
        outbox.lose(&mut chunk, false);
        outbox.greet();
        assert_eq!((outbox.sent, outbox.lost), (1, 1));
        assert_eq!(text(&filled(&mut outbox)), "greeting 3333 ");
    }

    #[test]
    fn a_goodbye_that_was_cut_is_said_again_unless_the_bot_is_back() {
        for is_gone in [true, false] {
            let mut outbox = Outbox::new(10, 1_000);
            outbox.put(Item::Unregister { ts: None });
            let mut chunk = filled(&mut outbox);
            outbox.advance(&mut chunk, 3);
            outbox.lose(&mut chunk, is_gone);
            assert_eq!(outbox.waiting(), usize::from(is_gone));
        }
    }

    #[test]
    fn the_bound_holds_for_rows_that_wait_again() {
        let mut outbox = Outbox::new(2, 1_000);
        for name in ["1", "2"] {
            outbox.put(row(name));
        }
        let mut chunk = filled(&mut outbox);
        outbox.put(row("3"));
        outbox.advance(&mut chunk, 0);
        assert_eq!((outbox.waiting(), outbox.lost), (2, 1));
        assert_eq!(text(&filled(&mut outbox)), "2 3 ");
    }

    #[test]
    fn every_row_is_sent_or_lost_or_waits() {
        let mut outbox = Outbox::new(8, 60);
        let mut chunk = Chunk::default();
        let mut seed = 7u64;
        for calls in 1..20_000u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            outbox.put(row(&"x".repeat((seed >> 33) as usize % 9)));
            match (seed >> 40) % 7 {
                0 => outbox.lose(&mut chunk, false),
                1..=3 => {
                    outbox.fill(&mut chunk, |_, item| Some(name_of(item)));
                    let taken = (seed >> 50) as usize % (chunk.rest().len() + 1);
                    outbox.advance(&mut chunk, taken);
                }
                _ => {}
            }
            assert_eq!(outbox.sent + outbox.lost + outbox.waiting() as u64, calls);
            assert!(outbox.rows.len() <= 8 && outbox.row_bytes <= 60);
        }
    }
}
