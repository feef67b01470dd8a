import type { components } from './schema';

/** The platform's records by the names they have in its OpenAPI. */
export type Schemas = components['schemas'];

/** A page of a list. */
export interface IPage<T> {
  items: T[];
  next_cursor: string | null;
}

/** Join path segments below a project, each percent-encoded. */
export function projectPath(project: string, ...segments: readonly (string | number)[]): string {
  return ['projects', project, ...segments].map(segment => encodeURIComponent(String(segment))).join('/');
}
