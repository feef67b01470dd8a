import type { IOctavo } from '../../tokens';

/** Open the form of a view; null: of a new one. */
export function openEdit(octavo: IOctavo, project: string, view: { name: string } | null): void {
  octavo.open('feature-edit', view ? { project, name: view.name } : { project });
}
