/**
 * A notebook's path as runs name it: relative to the person's home, or whole outside it.
 *
 * `root` is the folder that JupyterLab serves, with `~` for the home as JupyterLab writes it.
 */
export function homePath(path: string, root: string): string {
  const below = root.replace(/\/+$/, '');
  if (below === '~' || below === '') {
    return path;
  }
  return below.startsWith('~/') ? `${below.slice(2)}/${path}` : `${below}/${path}`;
}
