/** The texts below the options in the help of commands. */
export const programNotes = `
Examples:
  kissbot-monitor start                  run the monitor with its defaults
  kissbot-monitor demo                   see it with a simulated fleet
  kissbot-monitor usage --by day,model --since 30d

A setting comes from its flag, else from the environment (--stale-timeout is
KISSBOT_MONITOR_STALE_TIMEOUT), else from a YAML file (--config, section
monitoring:, key stale_timeout), else from its default. Commands use the
addresses of the running monitor before the defaults.
Exit codes: 0 ok, 1 a problem was found, 2 wrong usage.`;

export const startNotes = `
Examples:
  kissbot-monitor start
  kissbot-monitor start --socket /run/kissbot/monitor.sock --socket-group bots
  KISSBOT_MONITOR_HTTP_TOKEN=... kissbot-monitor start --http 0.0.0.0:7788
  kissbot-monitor start --config config.yaml --log-level debug

A config file of the Python monitor works as it is. Durations: plain numbers are
seconds; also 500ms, 2m, 1h, 7d.`;

export const hubNotes = `
Examples:
  kissbot-monitor hub --fleet postgres://kissbot_writer@db.example.org/bots
  kissbot-monitor hub --config hub.yaml --no-fleet-lead`;

export const botsNotes = `
In a narrow terminal, WHY moves below its bot, and PID, LAST SEEN and RESTARTS
are left out.

Examples:
  kissbot-monitor bots --status dead,stale,trouble
  kissbot-monitor bots --channel 'twitch/*' --sort cpu
  kissbot-monitor bots --watch
  kissbot-monitor bots --json`;

export const usageNotes = `Examples:
  kissbot-monitor usage --by day --since 30d
  kissbot-monitor usage --by channel,feature --model gpt-5
  kissbot-monitor usage --since 2026-11-01 --until 2026-12-01 --order cost
A cost "(of 80 %)" covers that share of the tokens, a latency that share of the
calls; "-" means unknown. "prices check" shows why a model has no price.`;

export const sendNotes = `
Examples:
  kissbot-monitor send heartbeat --channel my_bot --pid $$
  kissbot-monitor send llm_usage --channel my_bot --model gpt-5 --feature chat \\
    --tokens-in 900 --tokens-out 120
  kissbot-monitor send '{"type":"heartbeat","channel":"my_bot","pid":4711}'`;

export const configNotes = `
Examples:
  kissbot-monitor config check monitor.yaml
  kissbot-monitor config show
  kissbot-monitor config show --stale-timeout 90s --json
The config file is the first of --config, KISSBOT_MONITOR_CONFIG,
/etc/kissbot/monitor.yaml and $XDG_CONFIG_HOME/kissbot/monitor.yaml (~/.config
if that is not set).`;
