import type { Episode } from "../alerts/episode.js";
import type { Explanation } from "../alerts/explanation.js";
import type { ReceiverState, ToldReceiver } from "../alerts/receiver-state.js";
import type { Silence } from "../alerts/silence.js";

/** The read side of the desk of the alerts. */
export interface AlertsView {
  /** Whether any receiver is set. */
  readonly isOn: boolean;
  openAlerts(): readonly Episode[];
  alert(alertId: string): Episode | null;
  tellsOf(alertId: string): readonly ToldReceiver[];
  receivers(): readonly ReceiverState[];
  silences(): readonly Silence[];
  explain(channel: string): Explanation;
}
