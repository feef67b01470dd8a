import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type EdgeDevice = Schemas['EdgeDevice'];
export type EdgeDeviceList = Schemas['EdgeDeviceList'];

/** The devices that follow a deployment, those that need a look first. */
export function listDevices(requests: Requests, project: string, deployment: string, signal?: AbortSignal): Promise<EdgeDeviceList> {
  return requests.send<EdgeDeviceList>(projectPath(project, 'deployments', deployment, 'edge', 'devices'), { signal });
}

/** Forget a device that is gone. */
export function removeDevice(requests: Requests, project: string, deployment: string, device: string, reason: string): Promise<EdgeDeviceList> {
  return requests.send<EdgeDeviceList>(projectPath(project, 'deployments', deployment, 'edge', 'devices', device, 'remove'), { method: 'POST', body: { reason } });
}
