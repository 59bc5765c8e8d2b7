from __future__ import annotations

import random
from typing import Optional
from unittest import TestCase

from kissbot_monitor._outbox import GREETING, HEARTBEAT, REGISTER, UNREGISTER, Item, Outbox


def name_of(item: Item) -> Optional[bytes]:
    return item.kind.encode() + b"\n"


def text(outbox: Outbox) -> str:
    return outbox.fill(name_of).decode().replace("\n", " ")


class TheOutbox(TestCase):
    def setUp(self) -> None:
        self.outbox = Outbox(10, 1_000)

    def rows(self, *names: str) -> None:
        for name in names:
            self.outbox.put_row(name.encode() + b"\n")

    def states(self, *kinds: str) -> None:
        for kind in kinds:
            self.outbox.put_state(kind, {})

    def test_lines_leave_in_the_order_of_the_calls(self) -> None:
        self.rows("1")
        self.states(REGISTER)
        self.rows("2")
        self.states(HEARTBEAT)
        self.rows("3")
        self.states(UNREGISTER)
        # The goodbye took the heartbeat away.
        self.assertEqual(text(self.outbox), "1 register 2 3 unregister ")

    def test_a_state_line_takes_the_place_of_the_one_that_it_replaces(self) -> None:
        self.states(HEARTBEAT)
        self.rows("1")
        self.states(HEARTBEAT)
        self.assertEqual(text(self.outbox), "heartbeat 1 ")

    def test_a_heartbeat_stays_behind_a_registration_that_came_before_it(self) -> None:
        self.states(HEARTBEAT, REGISTER, HEARTBEAT)
        self.assertEqual(text(self.outbox), "register heartbeat ")

    def test_a_bot_that_is_back_does_not_say_goodbye(self) -> None:
        self.states(REGISTER, UNREGISTER, REGISTER)
        self.assertEqual(text(self.outbox), "register ")

    def test_a_connection_begins_with_the_registration_that_waits_or_a_greeting(self) -> None:
        self.rows("1")
        self.outbox.greet()
        self.assertEqual(text(self.outbox), f"{GREETING} 1 ")
        self.outbox = Outbox(10, 1_000)
        self.rows("1")
        self.states(REGISTER)
        self.outbox.greet()
        self.assertEqual(text(self.outbox), "register 1 ")

    def test_a_line_that_was_cut_is_finished_first_or_lost_with_its_connection(self) -> None:
        for is_lost in (False, True):
            self.outbox = Outbox(10, 1_000)
            self.rows("1111", "2222", "3333")
            text(self.outbox)
            self.outbox.advance(7)
            self.states(HEARTBEAT)
            if is_lost:
                self.outbox.lose(False)
                self.assertEqual((self.outbox.sent, self.outbox.lost), (1, 1))
            else:
                self.assertEqual(text(self.outbox), "22 ")
                self.outbox.advance(1)
                self.assertEqual(text(self.outbox), "2 ")
                self.outbox.advance(0)
                self.outbox.advance(2)
            self.assertEqual(text(self.outbox), "3333 heartbeat ")

    def test_a_goodbye_that_was_cut_is_said_again_unless_the_bot_is_back(self) -> None:
        for is_gone in (True, False):
            self.outbox = Outbox(10, 1_000)
            self.states(UNREGISTER)
            text(self.outbox)
            self.outbox.advance(3)
            self.outbox.lose(is_gone)
            self.assertEqual(self.outbox.waiting, int(is_gone))

    def test_every_row_is_sent_or_lost_or_waits(self) -> None:
        chance = random.Random(7)
        outbox = self.outbox = Outbox(8, 60)
        for calls in range(1, 10_000):
            self.rows("x" * chance.randrange(70 if chance.random() < 0.01 else 9))
            what = chance.randrange(7)
            if what == 0:
                outbox.lose(False)
            elif what < 4:
                outbox.advance(chance.randint(0, len(outbox.fill(name_of))))
            self.assertEqual(outbox.sent + outbox.lost + outbox.waiting, calls)
            self.assertLessEqual(len(outbox._rows), 8)
            self.assertLessEqual(outbox._row_bytes, 60)
