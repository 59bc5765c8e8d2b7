/** What people call the settings of a listener, for sentences that tell them what to change. */
export interface SettingNames {
  readonly path: string;
  readonly group: string;
  readonly owner: string;
}

/** Those of `socket_path`. */
export const socketSettings: SettingNames = {
  path: "--socket",
  group: "--socket-group",
  owner: "the owner",
};

/** Those of a listener of its own, in the section `listeners:`. */
export function settingsOfListener(principal: string): SettingNames {
  const of = `of the listener ${principal}`;
  return { path: `socket: ${of}`, group: `group: ${of}`, owner: `owner: ${of}` };
}
