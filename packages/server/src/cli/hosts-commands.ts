import type { Command } from "commander";
import { type AddCommand, json } from "./command-line.js";
import { fleetSettings } from "./fleet-address.js";

/** Commands about the database of several hosts. */
export function addHosts(program: Command, add: AddCommand): void {
  program.commandsGroup("Several hosts:");
  const hosts = add(program, {
    name: "hosts",
    description: "Lists the hosts of the fleet database: which beat, and how far behind they are.",
    summary: "the hosts that share a fleet database",
    options: [json()],
    settings: fleetSettings,
    notes: "\nExit code 1: a host is silent, two hosts have one name, or a bot is online on\ntwo hosts.",
    action: async () => (await import("./hosts.js")).runHosts,
  }).helpCommand(false);
  add(hosts, {
    name: "check",
    description:
      "Checks a fleet database: reach, TLS, password, rights, version, pooler, clock, partitions, connections.",
    summary: "what is wrong with it, and what to do about it",
    options: [json()],
    settings: fleetSettings,
    notes: "\nChanges nothing. Exit code 1: no monitor can send to it.",
    action: async () => (await import("./hosts-check.js")).runHostsCheck,
  });
  add(hosts, {
    name: "migrate",
    description: "Makes or updates the tables, and makes the partitions of the days to come.",
    summary: "make or update its tables",
    options: [json()],
    settings: fleetSettings,
    notes:
      "\nFor a user who owns the tables. Monitors of an owner do it by themselves;\nwith roles, run it after an update and once a day.",
    action: async () => (await import("./hosts-migrate.js")).runHostsMigrate,
  });
  add(hosts, {
    name: "roles",
    description: "Prints the SQL that makes an owner, a writer and a reader. Connects to nothing.",
    summary: "the SQL of its roles",
    settings: fleetSettings,
    notes:
      "\nExample:\n  kissbot-monitor hosts roles --fleet postgres://admin@db/kissbot > roles.sql\n  psql --file roles.sql postgres://admin@db/kissbot",
    action: async () => (await import("./hosts-roles.js")).runHostsRoles,
  });
  addKeeping(hosts, add);
}

function addKeeping(hosts: Command, add: AddCommand): void {
  add(hosts, {
    name: "forget",
    description: "Hides a host that is gone for good, and removes its bots. What it sent stays.",
    summary: "hide a host that is gone for good",
    arguments: { "<host>": "its name, or its id where two have that name" },
    options: [json()],
    settings: fleetSettings,
    notes: "\nA host that beats is not forgotten; one that beats again comes back.",
    action: async () => (await import("./hosts-forget.js")).runHostsForget,
  });
  add(hosts, {
    name: "retention",
    description: "Shows how long the fleet database keeps rows of each kind, or sets it for all hosts.",
    summary: "how long it keeps rows",
    options: [
      ["--usage <days>", "calls of language models, one by one: days, or forever"],
      ["--minutes <days>", "CPU and memory by the minute"],
      ["--hours <days>", "CPU and memory by the hour"],
      ["--custom <days>", "custom metrics"],
      ["--status <days>", "changes of status"],
      json(),
    ],
    settings: fleetSettings,
    notes:
      "\nThe monitor that leads deletes what is older, once an hour. Sums of calls by the\nhour are never deleted.\n\nExample:\n  kissbot-monitor hosts retention --usage 400 --minutes 14",
    action: async () => (await import("./hosts-retention.js")).runHostsRetention,
  });
}
