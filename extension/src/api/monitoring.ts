import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type MonitorSummary = Schemas['MonitorSummary'];
export type Light = Schemas['Light'];
export type SeriesPoint = Schemas['SeriesPoint'];
export type Alert = Schemas['Alert'];
export type AlertList = Schemas['AlertList'];

/** What a deployment did in a window. */
export function readMonitor(requests: Requests, project: string, deployment: string, window: MonitorSummary['window'], signal?: AbortSignal): Promise<MonitorSummary> {
  return requests.send<MonitorSummary>(projectPath(project, 'monitoring', deployment), { query: { window }, signal });
}

/** Alerts, the newest first. */
export function listAlerts(requests: Requests, project: string, signal?: AbortSignal): Promise<AlertList> {
  return requests.send<AlertList>(projectPath(project, 'monitoring', 'alerts'), { signal });
}

/** Take an alert. */
export function acknowledge(requests: Requests, project: string, id: string, note: string): Promise<Alert> {
  return requests.send<Alert>(projectPath(project, 'monitoring', 'alerts', id, 'acknowledge'), { method: 'POST', body: { note } });
}
