/**
 * A notebook's path as runs name it: relative to the person's home, or whole outside it.
 *
 * `folder` is the folder that JupyterLab serves, named in the same way; empty: home itself.
 */
export function homePath(path: string, folder: string): string {
  return folder ? `${folder.replace(/\/+$/, '')}/${path}` : path;
}
